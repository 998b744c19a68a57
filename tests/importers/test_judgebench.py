"""JudgeBench: two answers by one model, an objective label, and games in both orders."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from judge.errors import InputError
from judge.importers import judgebench
from judge.records import Side, Turn, Unreadable, Verdict
from tests.importers.test_own import ALL, Line

GAMES = [{"decision": "A>B", "text": "前一份好。"}, {"decision": "A=B", "text": "一样好。"}]
ROW = {
    "id": "q1",
    "source": "算术题",
    "group": "math",
    "question": "二加二？",
    "response_model": "甲",
    "response_A": "四。",
    "response_B": "五。",
    "label": "A>B",
    "judges": {"评委": GAMES},
}


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_second_game_shows_b_first(tmp_path: Path) -> None:
    unread = [{"decision": None, "text": "说不清。"}, {"decision": "A>B", "text": "前一份好。"}]
    again = {**ROW, "id": "q2", "label": "B>A", "judges": {"评委": unread}}
    found = judgebench.read(write(tmp_path / "a.jsonl", ROW, again))
    question = found.questions[0]
    assert (question.ability, question.subcategory, question.turns) == ("math", "算术题", (Turn("二加二？"),))
    a, b = found.dialogues[:2]
    assert (a.candidate.name, b.candidate.name) == ("recorded:judgebench/甲#A", "recorded:judgebench/甲#B")
    one, two, three, four = found.judgments
    assert (one.case.dialogues, one.result, one.reply) == ((a, b), Verdict(Side.FIRST), "前一份好。")
    assert (two.case.dialogues, two.result, two.reply) == ((b, a), Verdict(Side.TIE, 0), "一样好。")
    assert three.result == Unreadable("recorded as unparsed")
    assert four.case.dialogues == tuple(found.dialogues[:1:-1])  # B first, and so B preferred
    assert four.result == Verdict(Side.FIRST)
    assert (one.judge.name, one.judge.protocol) == ("recorded:judgebench/评委", "pair")
    assert [(one.reviewer, one.result, one.probability) for one in found.human_verdicts] == [
        ("objective label", Verdict(Side.FIRST), 1.0),
        ("objective label", Verdict(Side.SECOND), 1.0),
    ]
    assert found.notes == {"评委的原文没读出判定（decision 为空）": 1, "题目文字与另一题相同，编号不同，照录": 1}


def test_reward_model_scores_have_no_scale(tmp_path: Path) -> None:
    game = {"decision": "B>A", "scores": [0.5, 1.25]}
    found = judgebench.read(write(tmp_path / "a.jsonl", {**ROW, "judges": {"奖励模型": [game]}}))
    (judgment,) = found.judgments
    assert (judgment.result, judgment.reply) == (Verdict(Side.SECOND), '{"scores":[0.5,1.25]}')
    assert found.notes == {"奖励模型的得分没有上下限，只取胜负，原得分存作原文": 1}


def test_pairs_without_judges(tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", {name: value for name, value in ROW.items() if name != "judges"})
    assert judgebench.recognises(file)
    assert not judgebench.read(file).judgments


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (ROW, "编号 q1 已出现过"),
        ({**ROW, "id": "q2", "label": "A"}, "不认识的判定 'A'"),
        ({**ROW, "id": "q2", "label": None}, "label 应是文字"),
        ({**ROW, "id": "q2", "judges": {"评委": [{"text": "好。"}]}}, "缺少字段 decision"),
        ({**ROW, "id": "q2", "judges": {"评委": [{"decision": "A>B"}]}}, "缺少字段 text"),
        ({**ROW, "id": "q2", "judges": {"评委": ["A>B"]}}, "每一局应是对象"),
        ({**ROW, "id": "q2", "judges": {"评委": [*GAMES, GAMES[0]]}}, "有 3 局"),
        ({**ROW, "id": "q2", "judges": {"评委": {}}}, "评委 应是列表"),
        ({name: value for name, value in ROW.items() if name != "response_B"} | {"id": "q2"}, "缺少字段 response_B"),
    ],
)
def test_bad_row_is_named(tmp_path: Path, bad: object, message: str) -> None:
    file = write(tmp_path / "a.jsonl", ROW, bad)
    with pytest.raises(InputError, match=message) as error:
        judgebench.read(file)
    assert error.value.where == f"{file} 第 2 行"


@pytest.mark.recorded
def test_accuracy_by_the_authors_rule(recorded: Path) -> None:
    """+1 for each game equal to the label, -1 for each opposite one; right where the sum is positive."""
    found = judgebench.read(recorded / "judgebench")
    labels = {one.case.question.id: one.result for one in found.human_verdicts}
    votes: Counter[str] = Counter()
    first_right: Counter[bool] = Counter()
    for judgment in found.judgments:
        result, label = judgment.result, labels[judgment.case.question.id]
        assert isinstance(label, Verdict)
        if isinstance(result, Verdict) and result.side is not Side.TIE:
            preferred = judgment.case.dialogues[0 if result.side is Side.FIRST else 1].candidate.name[-1]
            right = preferred == ("A" if label.side is Side.FIRST else "B")
            votes[judgment.case.question.id] += 1 if right else -1
            first_right[judgment.case.dialogues[0].candidate.name.endswith("#A")] += right
    groups = {question.id: question.ability for question in found.questions}
    total, right_in = Counter(groups.values()), Counter(groups[name] for name, sum_ in votes.items() if sum_ > 0)
    accuracy = {group: round(100 * right_in[group] / total[group], 2) for group in total}
    assert total == {"knowledge": 154, "reasoning": 51, "math": 34, "coding": 31}
    assert accuracy == {"knowledge": 37.66, "reasoning": 29.41, "math": 32.35, "coding": 9.68}
    assert round(100 * right_in.total() / total.total(), 2) == 32.22
    assert first_right == {True: 80, False: 89}  # game 1 and game 2
    assert found.notes == {"评委的原文没读出判定（decision 为空）": 13, "题目文字与另一题相同，编号不同，照录": 1}


@pytest.mark.parametrize("line", ALL)
def test_our_own_lines_are_not_recognised(tmp_path: Path, line: Line) -> None:
    (tmp_path / "own.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert not judgebench.recognises(tmp_path)
    assert not judgebench.recognises(tmp_path / "own.jsonl")


@pytest.mark.recorded
def test_other_formats_are_not_recognised(recorded: Path) -> None:
    others = [path for path in recorded.rglob("*") if "judgebench" not in path.parts]
    assert judgebench.recognises(recorded / "judgebench")
    assert not [path for path in [recorded, *others] if judgebench.recognises(path)]
