"""AlpacaEval: soft preferences between a baseline and a model, in AlpacaEval's own layout and in one file per model."""

from __future__ import annotations

import csv
import gzip
import json
from collections import defaultdict
from pathlib import Path
from statistics import fmean, stdev

import pytest

from judge.errors import InputError
from judge.identity import content_hash
from judge.importers import alpaca_eval
from judge.records import Answer, Outcome, Side, Turn, Unreadable, Verdict
from tests.importers.test_own import ALL, Line

QUESTION = {"id": 0, "dataset": "日常", "instruction": "写一句问候。", "baseline": "基线", "baseline_output": "你好。"}
OUTPUT = {"id": 0, "model": "甲", "output": "早上好。", "preference": 1.75}
ANNOTATION = {
    "instruction": "写一句问候。",
    "generator_1": "基线",
    "output_1": "你好。",
    "generator_2": "甲",
    "output_2": "早上好。",
    "annotator": "评委一号",
    "preference": 1.25,
    "raw_completion": "m",
}


def write(path: Path, *rows: object) -> Path:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def write_list(path: Path, *rows: object) -> Path:
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=4), encoding="utf-8")
    return path


def test_one_file_per_model(tmp_path: Path) -> None:
    write(tmp_path / "questions.jsonl.gz", QUESTION)
    write(tmp_path / "甲.jsonl.gz", OUTPUT)
    (tmp_path / "leaderboard.csv").write_text("model,win_rate\n甲,75\n", encoding="utf-8")
    assert alpaca_eval.recognises(tmp_path)
    found = alpaca_eval.read(tmp_path)
    (question,) = found.questions
    assert (question.bank, question.id, question.ability) == ("alpaca_eval", "0", "日常")
    assert question.turns == (Turn("写一句问候。"),)
    assert [dialogue.candidate.name for dialogue in found.dialogues] == [
        "recorded:alpaca_eval/基线",
        "recorded:alpaca_eval/甲",
    ]
    (judgment,) = found.judgments
    assert judgment.case.dialogues == tuple(found.dialogues)
    assert not judgment.case.placement_known
    assert judgment.judge.name == "recorded:alpaca_eval/weighted_alpaca_eval_gpt4_turbo"
    assert judgment.result == Verdict(Side.SECOND, 1, (0.25, 0.0, 0.75))
    assert found.notes == {"公布的排行榜（*.csv）不是记录，未读": 1}


def test_a_single_model_finds_its_questions_beside_it(tmp_path: Path) -> None:
    write(tmp_path / "questions.jsonl", QUESTION)
    write(tmp_path / "乙.jsonl", {**OUTPUT, "model": "乙"})
    alone = write(tmp_path / "甲.jsonl", OUTPUT)
    found = alpaca_eval.read(alone)
    assert [dialogue.candidate.model.model for dialogue in found.dialogues] == ["基线", "甲"]
    (tmp_path / "questions.jsonl").unlink()
    with pytest.raises(InputError, match="没有题目文件") as error:
        alpaca_eval.read(alone)
    assert error.value.where == str(alone)


def test_own_layout(tmp_path: Path) -> None:
    write_list(tmp_path / "annotations.json", ANNOTATION, {**ANNOTATION, "preference": None})
    output = {"instruction": "写一句问候。", "output": " ", "generator": "乙", "dataset": "日常"}
    write_list(tmp_path / "model_outputs.json", output)
    write_list(tmp_path / "other.json", {"a": 1})
    assert alpaca_eval.recognises(tmp_path / "annotations.json")
    assert alpaca_eval.recognises(tmp_path / "model_outputs.json")
    assert not alpaca_eval.recognises(tmp_path / "other.json")
    found = alpaca_eval.read(tmp_path, "内部")
    (question,) = found.questions
    assert (question.id, question.ability) == (content_hash("instruction", "写一句问候。"), "日常")
    blank, baseline, model = found.dialogues
    assert blank.answers == (Answer("写一句问候。", " ", Outcome.EMPTY),)
    first, second = found.judgments
    assert first.case.dialogues == (baseline, model)
    assert (first.judge.name, first.reply, first.repeat) == ("recorded:内部/评委一号", "m", 0)
    assert first.result == Verdict(Side.FIRST, 1, (0.75, 0.0, 0.25))
    assert (second.result, second.repeat) == (Unreadable("recorded preference null"), 1)
    assert found.notes == {
        "文件不是 AlpacaEval 的格式，未读": 1,
        "同一对回答评了不止一次，依次记为重复": 1,
        "偏好为空（评委没给出可用的判定）": 1,
    }


@pytest.mark.parametrize(
    ("preference", "result"),
    [
        (1, Verdict(Side.FIRST, 1, (1.0, 0.0, 0.0))),
        (2, Verdict(Side.SECOND, 1, (0.0, 0.0, 1.0))),
        (1.5, Verdict(Side.TIE, 0, (0.5, 0.0, 0.5))),
        (0, Verdict(Side.TIE, 0, (0.5, 0.0, 0.5))),
    ],
)
def test_hard_preferences(tmp_path: Path, preference: float, result: Verdict) -> None:
    file = write(tmp_path / "annotations.jsonl", {**ANNOTATION, "preference": preference})
    found = alpaca_eval.read(file)
    assert found.judgments[0].result == result
    assert found.notes == ({"偏好为 0，按 AlpacaEval 旧规则作平": 1} if preference == 0 else {})


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({**OUTPUT, "id": 7}, "没有编号为 7 的题"),
        ({**OUTPUT, "model": "乙", "preference": 2.5}, "应在 1 到 2 之间"),
        ({**OUTPUT, "model": "乙", "preference": "好"}, "preference 应是数"),
        ({**OUTPUT, "model": "乙", "output": None}, "output 应是文字"),
        ({**OUTPUT, "output": "别的话。"}, "已有另一份回答"),
        ({**OUTPUT, "model": "基线", "output": "你好。"}, "模型与基线同名"),
        ({"id": 0, "model": "乙", "output": "嗯。"}, "缺少字段 preference"),
    ],
)
def test_bad_row_is_named(tmp_path: Path, bad: object, message: str) -> None:
    write(tmp_path / "questions.jsonl", QUESTION)
    file = write(tmp_path / "甲.jsonl", OUTPUT, bad)
    with pytest.raises(InputError, match=message) as error:
        alpaca_eval.read(tmp_path)
    assert error.value.where == f"{file} 第 2 行"


def test_bad_list_is_named(tmp_path: Path) -> None:
    file = write_list(tmp_path / "annotations.json", ANNOTATION, {**ANNOTATION, "output_2": 3})
    with pytest.raises(InputError, match="output_2 应是文字") as error:
        alpaca_eval.read(file)
    assert error.value.where == f"{file} 第 2 条"
    write_list(file, ANNOTATION, "行")
    with pytest.raises(InputError, match="应是一个 JSON 对象"):
        alpaca_eval.read(file)
    file.write_text(file.read_text(encoding="utf-8")[:-4], encoding="utf-8")
    with pytest.raises(InputError, match="JSON"):
        alpaca_eval.read(file)
    write(file, {"a": 1})
    with pytest.raises(InputError, match="第一行不是") as error:
        alpaca_eval.read(file)
    assert error.value.where == f"{file} 第 1 行"


def test_a_question_twice_is_an_error(tmp_path: Path) -> None:
    file = write(tmp_path / "questions.jsonl", QUESTION, QUESTION)
    with pytest.raises(InputError, match="编号 0 已有一道题") as error:
        alpaca_eval.read(file)
    assert error.value.where == f"{file} 第 2 行"


@pytest.mark.recorded
def test_published_figures(recorded: Path) -> None:
    """Win rate and standard error to 1e-9, and wins, losses and draws."""
    found = alpaca_eval.read(recorded / "alpaca_eval")
    assert (len(found.questions), len(found.dialogues), len(found.judgments)) == (805, 7 * 805, 6 * 805)
    verdicts: dict[str, list[Verdict]] = defaultdict(list)
    for judgment in found.judgments:
        assert isinstance(judgment.result, Verdict)
        assert judgment.case.dialogues[0].candidate.model.model == "gpt4_1106_preview"
        verdicts[judgment.case.dialogues[1].candidate.model.model].append(judgment.result)
    with (recorded / "alpaca_eval/published_leaderboard.csv").open(encoding="utf-8") as stream:
        published = {row["model"]: row for row in csv.DictReader(stream)}
    assert verdicts.keys() == published.keys()
    for model, row in published.items():
        wins = [100 * verdict.probabilities[2] for verdict in verdicts[model] if verdict.probabilities]
        sides = [verdict.side for verdict in verdicts[model]]
        assert len(wins) == int(row["n_total"]) == 805
        assert fmean(wins) == pytest.approx(float(row["win_rate"]), abs=1e-9)
        assert stdev(wins) / len(wins) ** 0.5 == pytest.approx(float(row["standard_error"]), abs=1e-9)
        assert [sides.count(side) for side in (Side.SECOND, Side.FIRST, Side.TIE)] == [
            int(row[name]) for name in ("n_wins", "n_wins_base", "n_draws")
        ]


@pytest.mark.parametrize("line", ALL)
def test_our_own_lines_are_not_recognised(tmp_path: Path, line: Line) -> None:
    (tmp_path / "own.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert not alpaca_eval.recognises(tmp_path)
    assert not alpaca_eval.recognises(tmp_path / "own.jsonl")


@pytest.mark.recorded
def test_other_formats_are_not_recognised(recorded: Path) -> None:
    others = [path for path in recorded.rglob("*") if "alpaca_eval" not in path.parts]
    assert not [path for path in [recorded, *others] if alpaca_eval.recognises(path)]
