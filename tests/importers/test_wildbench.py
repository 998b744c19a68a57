"""WildBench: answers without questions, scores with reasons, a second judge and repeated calls."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from pathlib import Path
from statistics import fmean

import pytest

from judge.errors import InputError
from judge.importers import wildbench
from judge.records import Answer, Judgment, Outcome, Score, Scores, Unreadable
from tests.importers.test_own import ALL, Line

ROW = {
    "id": "w1",
    "model": "甲",
    "output": "答案。",
    "judge": "评委一号",
    "score": "7",
    "strengths": "简短。",
    "weaknesses": "太短。",
    "other_scores": {"评委一号 earlier judgment": "6", "评委二号": "10"},
}


def write(path: Path, *rows: object) -> Path:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def test_scores_of_two_judges(tmp_path: Path) -> None:
    blank = {**ROW, "model": "乙", "output": " ", "score": "N/A"}
    del blank["other_scores"]
    found = wildbench.read(write(tmp_path / "a.jsonl.gz", ROW, blank))
    (question,) = found.questions
    assert (question.bank, question.id, question.ability, question.turns) == ("wildbench", "w1", "未标注", ())
    assert found.dialogues[0].candidate.name == "recorded:wildbench/甲"
    assert [one.answers for one in found.dialogues] == [
        (Answer(None, "答案。"),),
        (Answer(None, " ", Outcome.EMPTY),),
    ]
    reply = "strengths: 简短。\n\nweaknesses: 太短。"
    assert [(one.judge.name, one.result, one.reply) for one in found.judgments] == [
        ("recorded:wildbench/评委一号", Scores(Score(7, 1, 10)), reply),
        ("recorded:wildbench/评委一号+earlier", Scores(Score(6, 1, 10)), None),
        ("recorded:wildbench/评委二号", Scores(Score(10, 1, 10)), None),
        ("recorded:wildbench/评委一号", Unreadable("recorded score 'N/A'"), reply),
    ]
    assert {one.repeat for one in found.judgments} == {0}
    assert found.notes == {
        "回答是空白，记为空回答；评判照录": 1,
        "得分不是 1–10 的整数，记为读不出": 1,
        "同一评委较早的得分，记为另一个评委（+earlier）": 1,
    }


@pytest.mark.parametrize("score", ["0", "11", "7.5", "", "七"])
def test_a_score_off_the_scale_is_unreadable(tmp_path: Path, score: str) -> None:
    found = wildbench.read(write(tmp_path / "a.jsonl", {**ROW, "score": score}))
    assert found.judgments[0].result == Unreadable(f"recorded score {score!r}")


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (ROW, "甲 对 w1 已有一份回答"),
        ({**ROW, "id": "w2", "score": 7}, "score 应是文字"),
        ({**ROW, "id": "w2", "other_scores": {"评委二号": 7}}, "评委二号 应是文字"),
        ({**ROW, "id": "w2", "other_scores": []}, "other_scores 应是对象"),
        ({**ROW, "id": "w2", "output": None}, "output 应是文字"),
        ({name: value for name, value in ROW.items() if name != "strengths"} | {"id": "w2"}, "缺少字段 strengths"),
    ],
)
def test_bad_row_is_named(tmp_path: Path, bad: object, message: str) -> None:
    file = write(tmp_path / "a.jsonl", ROW, bad)
    with pytest.raises(InputError, match=message) as error:
        wildbench.read(file)
    assert error.value.where == f"{file} 第 2 行"


def value(judgment: Judgment) -> float:
    assert isinstance(judgment.result, Scores)
    assert judgment.result.overall
    return judgment.result.overall.value


@pytest.mark.recorded
@pytest.mark.parametrize("model", ["gpt-3.5-turbo-0125", "gemma-2b-it"])
def test_published_figures(recorded: Path, model: str) -> None:
    """The mean, the length, and both comparisons: a second judge, and the same judge's earlier score."""
    expected = json.loads((recorded / "wildbench/expected.json").read_text(encoding="utf-8"))[model]
    found = wildbench.read(recorded / "wildbench" / f"{model}.jsonl.gz")
    scores: dict[str, dict[str, float]] = defaultdict(dict)
    for judgment in found.judgments:
        scores[judgment.judge.name.rpartition("/")[2]][judgment.case.question.id] = value(judgment)
    now = scores["gpt-4o-2024-05-13"]
    assert len(now) == expected["published"]["total"]
    assert fmean(now.values()) == pytest.approx(expected["published"]["score"], abs=1e-12)
    texts = [dialogue.answers[0].text.strip() for dialogue in found.dialogues]
    assert texts.count("") == expected["empty_outputs"]
    assert fmean(len(text) for text in texts if text) == pytest.approx(expected["published"]["avg_len"], abs=1e-9)
    for key, name in (
        ("gpt-4o-2024-05-13+earlier", "vs gpt-4o-2024-05-13 earlier judgment"),
        ("gpt-4-turbo-2024-04-09", "vs gpt-4-turbo-2024-04-09"),
    ):
        gaps = [abs(score - now[question]) for question, score in scores[key].items()]
        assert {
            "n": len(gaps),
            "equal": gaps.count(0),
            "abs_diff_ge_2": sum(gap >= 2 for gap in gaps),
            "abs_diff_ge_3": sum(gap >= 3 for gap in gaps),
            "mean_other": fmean(scores[key].values()),
            "mean_this": fmean(now[question] for question in scores[key]),
        } == pytest.approx(expected[name], abs=1e-12)


@pytest.mark.recorded
def test_recorded_notes(recorded: Path) -> None:
    found = wildbench.read(recorded / "wildbench")
    assert (len(found.questions), len(found.dialogues), len(found.judgments)) == (1024, 2044, 4215)
    assert found.notes == {"回答是空白，记为空回答；评判照录": 1, "同一评委较早的得分，记为另一个评委（+earlier）": 139}


@pytest.mark.parametrize("line", ALL)
def test_our_own_lines_are_not_recognised(tmp_path: Path, line: Line) -> None:
    (tmp_path / "own.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert not wildbench.recognises(tmp_path)
    assert not wildbench.recognises(tmp_path / "own.jsonl")


@pytest.mark.recorded
def test_other_formats_are_not_recognised(recorded: Path) -> None:
    others = [path for path in recorded.rglob("*") if "wildbench" not in path.parts]
    assert wildbench.recognises(recorded / "wildbench")
    assert not [path for path in [recorded, *others] if wildbench.recognises(path)]
