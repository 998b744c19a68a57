"""FairEval: answers of several models, people's verdict on one pair."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from judge.errors import InputError
from judge.importers import faireval
from judge.records import Answer, Outcome, Side, Turn, Verdict
from tests.importers.test_own import ALL, Line

ROW = {
    "id": 1,
    "category": "writing",
    "question": "写一句问候。",
    "answers": {"甲": "你好。", "乙": "", "丙": "早。"},
    "human_pair": ["甲", "丙"],
    "human_verdict": "丙",
}


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_verdict_on_one_pair(tmp_path: Path) -> None:
    won, tied = {**ROW, "id": 2, "human_verdict": "甲"}, {**ROW, "id": 3, "human_verdict": "tie"}
    found = faireval.read(write(tmp_path / "a.jsonl", ROW, won, tied))
    question = found.questions[0]
    assert (question.bank, question.id, question.ability) == ("faireval", "1", "writing")
    assert question.turns == (Turn("写一句问候。"),)
    first, empty, third = found.dialogues[:3]
    assert [one.candidate.name for one in (first, empty, third)] == [f"recorded:faireval/{name}" for name in "甲乙丙"]
    assert empty.answers == (Answer("写一句问候。", "", Outcome.EMPTY),)
    human = found.human_verdicts[0]
    assert (human.case.dialogues, human.case.placement_known) == ((first, third), False)
    assert (human.reviewer, human.probability) == ("FairEval 标注者", 1.0)
    assert [one.result for one in found.human_verdicts] == [
        Verdict(Side.SECOND),
        Verdict(Side.FIRST),
        Verdict(Side.TIE, 0),
    ]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (ROW, "编号 1 已出现过"),
        ({**ROW, "id": 2, "human_verdict": "乙"}, "不认识的胜者 乙"),
        ({**ROW, "id": 2, "human_pair": ["甲"]}, "两个不同的"),
        ({**ROW, "id": 2, "human_pair": ["甲", "丁"]}, "两个不同的"),
        ({**ROW, "id": 2, "answers": {"甲": 1}}, "甲 应是文字"),
        ({**ROW, "id": 2, "answers": []}, "answers 应是对象"),
        ({name: value for name, value in ROW.items() if name != "category"} | {"id": 2}, "缺少字段 category"),
    ],
)
def test_bad_row_is_named(tmp_path: Path, bad: object, message: str) -> None:
    file = write(tmp_path / "a.jsonl", ROW, bad)
    with pytest.raises(InputError, match=message) as error:
        faireval.read(file)
    assert error.value.where == f"{file} 第 2 行"


@pytest.mark.recorded
def test_recorded_verdicts(recorded: Path) -> None:
    found = faireval.read(recorded / "faireval")
    assert (len(found.questions), len(found.dialogues)) == (80, 320)
    said: Counter[str] = Counter()
    for human in found.human_verdicts:
        assert isinstance(human.result, Verdict)
        names = [one.candidate.model.model for one in human.case.dialogues]
        said[{Side.FIRST: names[0], Side.SECOND: names[1], Side.TIE: "tie"}[human.result.side]] += 1
    assert said == {"gpt35": 41, "vicuna-13b": 25, "tie": 14}
    assert not found.notes


@pytest.mark.parametrize("line", ALL)
def test_our_own_lines_are_not_recognised(tmp_path: Path, line: Line) -> None:
    (tmp_path / "own.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert not faireval.recognises(tmp_path)
    assert not faireval.recognises(tmp_path / "own.jsonl")


@pytest.mark.recorded
def test_other_formats_are_not_recognised(recorded: Path) -> None:
    others = [path for path in recorded.rglob("*") if "faireval" not in path.parts]
    assert faireval.recognises(recorded / "faireval")
    assert not [path for path in [recorded, *others] if faireval.recognises(path)]
