"""Chinese-Mixtral: two answers scored in one reply; the published table stands where the reply differs."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path
from statistics import fmean

import pytest

from judge.errors import InputError
from judge.importers import mixtral_pairs
from judge.records import Score, Scores, Turn
from tests.importers.test_own import ALL, Line

ROW = {
    "id": 3,
    "question": "讲个笑话。",
    "model_1": "甲",
    "response_1": "从前有座山。",
    "model_2": "乙",
    "response_2": "不会。",
    "judge": "gpt-4",
    "judge_text": "- **System 1:** 8/10. 还行。\n- **System 2:** 3/10. 没有讲。",
    "score_1": 8.0,
    "score_2": 3.0,
}


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_two_judgments_of_one_reply(tmp_path: Path) -> None:
    found = mixtral_pairs.read(write(tmp_path / "a.jsonl", ROW))
    (question,) = found.questions
    assert (question.bank, question.id, question.turns) == ("zh_mixtral_pairs", "3", (Turn("讲个笑话。"),))
    assert [one.candidate.name for one in found.dialogues] == [f"recorded:zh_mixtral_pairs/{name}" for name in "甲乙"]
    assert [one.result for one in found.judgments] == [Scores(Score(8, 1, 10)), Scores(Score(3, 1, 10))]
    assert [one.case.dialogues for one in found.judgments] == [(one,) for one in found.dialogues]
    assert {one.reply for one in found.judgments} == {ROW["judge_text"]}
    judge = found.judgments[0].judge
    assert (judge.name, judge.protocol) == ("recorded:zh_mixtral_pairs/gpt-4+joint", "joint")
    assert found.notes == {}


def test_oddities_are_noted(tmp_path: Path) -> None:
    off = {**ROW, "id": 4, "score_1": 0, "judge_text": "说不好。"}
    found = mixtral_pairs.read(write(tmp_path / "a.jsonl", {**ROW, "score_2": 4}, off))
    assert found.judgments[1].result == Scores(Score(4, 1, 10))
    assert found.notes == {"评委原文里的得分与公布的表不同，取表中的": 1, "得分不在 1–10 之内，照录": 1}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (ROW, "编号 3 已出现过"),
        ({**ROW, "id": 4, "score_1": "8"}, "score_1 应是数"),
        ({**ROW, "id": 4, "response_2": None}, "response_2 应是文字"),
        ({**ROW, "id": 4, "model_2": "甲"}, "同一个模型"),
        ({name: value for name, value in ROW.items() if name != "judge"} | {"id": 4}, "缺少字段 judge"),
    ],
)
def test_bad_row_is_named(tmp_path: Path, bad: object, message: str) -> None:
    file = write(tmp_path / "a.jsonl", ROW, bad)
    with pytest.raises(InputError, match=message) as error:
        mixtral_pairs.read(file)
    assert error.value.where == f"{file} 第 2 行"


@pytest.mark.recorded
def test_published_means(recorded: Path) -> None:
    found = mixtral_pairs.read(recorded / "zh_mixtral_pairs")
    scores: dict[str, list[float]] = defaultdict(list)
    for one in found.judgments:
        assert isinstance(one.result, Scores)
        assert one.result.overall
        scores[one.case.dialogues[0].candidate.model.model].append(one.result.overall.value)
    ours, base = scores["Chinese-Mixtral-Instruct"], scores["Chinese-Alpaca-2-13B"]
    assert (len(ours), round(fmean(ours), 9), round(fmean(base), 9)) == (20, 8.2, 7.05)
    assert Counter((a > b) - (a < b) for a, b in zip(ours, base, strict=True)) == {1: 11, 0: 6, -1: 3}
    assert found.notes == {"评委原文里的得分与公布的表不同，取表中的": 1}


@pytest.mark.parametrize("line", ALL)
def test_our_own_lines_are_not_recognised(tmp_path: Path, line: Line) -> None:
    (tmp_path / "own.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert not mixtral_pairs.recognises(tmp_path)
    assert not mixtral_pairs.recognises(tmp_path / "own.jsonl")


@pytest.mark.recorded
def test_other_formats_are_not_recognised(recorded: Path) -> None:
    others = [path for path in recorded.rglob("*") if "zh_mixtral_pairs" not in path.parts]
    assert mixtral_pairs.recognises(recorded / "zh_mixtral_pairs")
    assert not [path for path in [recorded, *others] if mixtral_pairs.recognises(path)]
