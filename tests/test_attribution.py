from __future__ import annotations

import pytest

from judge.attribution import Fault, attributed
from judge.records import (
    DIALOGUE,
    Answer,
    Candidate,
    Case,
    Dialogue,
    Judge,
    Judgment,
    Model,
    Question,
    Scope,
    Side,
    Turn,
    Verdict,
)

QUESTION = Question("题库", "q1", "计算", tuple(Turn(f"第{number}问") for number in range(1, 5)))


def dialogue(name: str) -> Dialogue:
    return Dialogue(
        QUESTION, Candidate(name, Model("e", name)), tuple(Answer(turn.prompt, "答") for turn in QUESTION.turns)
    )


def judgment(reply: str, scope: Scope = DIALOGUE, *, swapped: bool = False) -> Judgment:
    shown = (dialogue("乙"), dialogue("甲")) if swapped else (dialogue("甲"), dialogue("乙"))
    return Judgment(Case(QUESTION, scope, shown), Judge("评委", Model("e", "j")), Verdict(Side.FIRST), reply)


@pytest.mark.parametrize(
    ("reply", "candidate", "turn", "fault"),
    [
        ("助手A第三轮忘了用户说过不吃辣。", "甲", 3, Fault.FORGOT),
        ("助手B在第2轮写了80字，违反了60字以内的要求。", "乙", 2, Fault.FORGOT),
        ("第四轮B又说从没去过，与第一轮自相矛盾。", "乙", 4, Fault.CONTRADICTED),
        ("B第三轮前后不一致。", "乙", 3, Fault.CONTRADICTED),
        ("助手A第二轮沿用了算错的单价。", "甲", 2, Fault.CARRIED),
        ("第二轮助手B编造了一个不存在的出处。", "乙", 2, Fault.INVENTED),
        ("助手A最后一轮漏了运费。", "甲", 4, Fault.INCOMPLETE),
        ("第一轮A算错了余数。", "甲", 1, Fault.WRONG),
        ("助手B第一轮不该拒绝，用户只是问菜名。", "乙", 1, Fault.REFUSED),
        ("In turn 2, Assistant B ignored the word limit.", "乙", 2, Fault.FORGOT),
        ("Assistant A made a mistake in the third turn.", "甲", 3, Fault.WRONG),
    ],
)
def test_a_clause_that_names_side_turn_and_fault_is_laid_to_them(
    reply: str, candidate: str, turn: int, fault: Fault
) -> None:
    (found,) = attributed([judgment(reply)])
    assert (found.candidate, found.turn, found.fault) == (candidate, turn, fault)
    assert found.words in reply
    assert found.by == "评委"


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "两份都好，A略胜。",
        "助手A第二轮没有算错，结论也对。",
        "助手B识破了第三轮的错误前提。",
        "第三轮两边都算错了。",
        "A和B在第二轮都漏了单位。",
        "助手A忘了要求。",  # no turn
        "第二轮忘了要求。",  # no side
        "助手A第九轮忘了要求。",  # no such turn
        "助手B第一轮就改正了算错的地方。",
    ],
)
def test_what_names_no_side_no_turn_or_no_fault_is_left_alone(reply: str) -> None:
    assert attributed([judgment(reply)]) == []


def test_letters_are_placements_and_a_turn_scope_names_the_turn() -> None:
    (found,) = attributed([judgment("助手A第三轮忘了预算。", swapped=True)])
    assert found.candidate == "乙"
    (found,) = attributed([judgment("助手B漏了运费。", Scope(2))])
    assert (found.candidate, found.turn) == ("乙", 2)


def test_what_both_placements_say_counts_once() -> None:
    said = [judgment("助手A第三轮忘了预算。"), judgment("助手B第三轮忘记了预算。", swapped=True)]
    assert [(one.candidate, one.turn, one.fault) for one in attributed(said)] == [("甲", 3, Fault.FORGOT)]


def test_sides_and_turns_carry_over_within_one_reason() -> None:
    found = attributed([judgment("助手A前两轮都对；第三轮算错了税，第四轮漏了退款。助手B四轮都对。")])
    assert {(one.candidate, one.turn, one.fault) for one in found} >= {("甲", 3, Fault.WRONG)}
    assert all(one.candidate == "甲" for one in found)


@pytest.mark.parametrize(
    "reply",
    [
        "In turn 2, Assistant A identified and rectified all the errors.",
        "Assistant B's answer in the first turn is error-free.",
        "Assistant A's code in turn 2 is free of errors.",
    ],
)
def test_an_error_that_was_found_or_is_not_there_is_no_fault(reply: str) -> None:
    assert attributed([judgment(reply)]) == []


def test_a_long_clause_is_cut_with_a_mark() -> None:
    (found,) = attributed([judgment("助手A第三轮忘了用户说过不吃辣" + "还有香菜" * 60)])
    assert found.words == "助手A第三轮忘了用户说过不吃辣" + ("还有香菜" * 60)[:145] + "……"
