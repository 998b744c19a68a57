"""PandaLM: pairs with three annotators and two judges, some of whose outputs were not read."""

from __future__ import annotations

import json
from collections import Counter
from itertools import combinations
from pathlib import Path
from statistics import multimode

import pytest

from judge.errors import InputError
from judge.importers import pandalm
from judge.records import Answer, Outcome, Side, Turn, Unreadable, Verdict
from tests.importers.test_own import ALL, Line

ROW = {
    "id": 4,
    "application": "翻译",
    "model_1": "甲",
    "model_2": "乙",
    "instruction": "译成中文。",
    "input": "Good morning.",
    "response_1": "早上好。",
    "response_2": "",
    "human": ["1", "1", "tie"],
    "judges": {
        "评委一号": {"verdict": "2", "raw": "2", "reason": "第二份更短。"},
        "评委二号": {"verdict": "tie", "raw": 0, "reason": "一样。"},
        "评委三号": {"verdict": "unparsed", "raw": "……", "reason": "看不清。"},
    },
}


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_pair(tmp_path: Path) -> None:
    found = pandalm.read(write(tmp_path / "a.jsonl", ROW, {**ROW, "id": 5, "input": "", "response_2": "早。"}))
    assert [(bank.name, bank.complete) for bank in found.banks] == [("pandalm", False)]
    first, second = found.questions
    assert (first.id, first.ability, first.turns) == ("4", "翻译", (Turn("译成中文。\n\nGood morning."),))
    assert second.turns == (Turn("译成中文。"),)
    assert [dialogue.candidate.name for dialogue in found.dialogues[:2]] == [
        "recorded:pandalm/甲",
        "recorded:pandalm/乙",
    ]
    assert found.dialogues[1].answers == (Answer(first.turns[0].prompt, "", Outcome.EMPTY),)
    assert [(one.judge.name, one.result, one.reply) for one in found.judgments[:3]] == [
        ("recorded:pandalm/评委一号", Verdict(Side.SECOND), "2\n第二份更短。"),
        ("recorded:pandalm/评委二号", Verdict(Side.TIE, 0), "0\n一样。"),
        ("recorded:pandalm/评委三号", Unreadable("recorded as unparsed"), "……\n看不清。"),
    ]
    assert found.judgments[0].case.dialogues == tuple(found.dialogues[:2])
    assert [(one.reviewer, one.result, one.probability) for one in found.human_verdicts[:3]] == [
        ("标注者1", Verdict(Side.FIRST), 1.0),
        ("标注者2", Verdict(Side.FIRST), 1.0),
        ("标注者3", Verdict(Side.TIE, 0), 1.0),
    ]
    assert found.notes == {"回答是空白，记为空回答；评判照录": 1, "评委的输出没读出来（unparsed）": 2}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (ROW, "编号 4 已出现过"),
        ({**ROW, "id": None}, "id 应是文字或整数"),
        ({**ROW, "id": 5, "response_1": True}, "response_1 应是文字"),
        ({**ROW, "id": 5, "human": ["1", "3"]}, "不认识的判定 '3'"),
        ({**ROW, "id": 5, "human": [1]}, "不认识的判定 1"),
        ({**ROW, "id": 5, "judges": {"评委": {"verdict": "甲", "reason": ""}}}, "不认识的判定 '甲'"),
        ({**ROW, "id": 5, "judges": []}, "judges 应是对象"),
        ({**ROW, "id": 5, "model_2": "甲"}, "同一个模型"),
        ({name: value for name, value in ROW.items() if name != "input"} | {"id": 5}, "缺少字段 input"),
    ],
)
def test_bad_row_is_named(tmp_path: Path, bad: object, message: str) -> None:
    file = write(tmp_path / "a.jsonl", ROW, bad)
    with pytest.raises(InputError, match=message) as error:
        pandalm.read(file)
    assert error.value.where == f"{file} 第 2 行"


def side(result: object) -> str:
    return result.side.value if isinstance(result, Verdict) else "unread"


def kappa(one: list[str], two: list[str]) -> float:
    agreed = sum(a == b for a, b in zip(one, two, strict=True)) / len(one)
    counts = Counter(one), Counter(two)
    chance = sum(counts[0][label] * counts[1][label] for label in counts[0]) / len(one) ** 2
    return (agreed - chance) / (1 - chance)


@pytest.mark.recorded
def test_published_agreement(recorded: Path) -> None:
    """The majority's counts, Cohen's kappa of the annotators, and the judges' accuracy against the majority."""
    found = pandalm.read(recorded / "pandalm")
    assert (len(found.questions), len(found.dialogues)) == (999, 1998)
    people = [
        [side(one.result) for one in found.human_verdicts if one.reviewer == f"标注者{number}"] for number in (1, 2, 3)
    ]
    kappas = [round(kappa(one, two), 4) for one, two in combinations(people, 2)]
    assert kappas == [0.8520, 0.8789, 0.8617]  # 1-2, 1-3, 2-3
    votes = [multimode(labels) for labels in zip(*people, strict=True)]
    assert {len(modes) for modes in votes} == {1}
    majority = [modes[0] for modes in votes]
    assert Counter(majority) == {"tie": 105, "first": 422, "second": 472}
    said = {
        name: [side(one.result) for one in found.judgments if one.judge.model.model == name]
        for name in ("gpt-3.5-turbo", "pandalm-7b")
    }
    right = {name: sum(a == b for a, b in zip(said[name], majority, strict=True)) for name in said}
    unread = said["gpt-3.5-turbo"].count("unread")
    as_tie = sum(a == b or (a == "unread" and b == "tie") for a, b in zip(said["gpt-3.5-turbo"], majority, strict=True))
    assert unread == 25
    assert round(100 * as_tie / 999, 2) == 71.07
    assert round(100 * right["gpt-3.5-turbo"] / 999, 2) == 69.77
    assert round(100 * right["gpt-3.5-turbo"] / (999 - unread), 2) == 71.56
    assert round(100 * right["pandalm-7b"] / 999, 2) == 66.77
    assert found.notes == {"回答是空白，记为空回答；评判照录": 54, "评委的输出没读出来（unparsed）": 25}


@pytest.mark.parametrize("line", ALL)
def test_our_own_lines_are_not_recognised(tmp_path: Path, line: Line) -> None:
    (tmp_path / "own.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert not pandalm.recognises(tmp_path)
    assert not pandalm.recognises(tmp_path / "own.jsonl")


@pytest.mark.recorded
def test_other_formats_are_not_recognised(recorded: Path) -> None:
    others = [path for path in recorded.rglob("*") if "pandalm" not in path.parts]
    assert pandalm.recognises(recorded / "pandalm")
    assert not [path for path in [recorded, *others] if pandalm.recognises(path)]
