from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from judge.errors import InputError
from judge.records import (
    DIALOGUE,
    Answer,
    Deliberation,
    Dialogue,
    HumanVerdict,
    Question,
    Scope,
    Score,
    Scores,
    Side,
    Skipped,
    Turn,
    Verdict,
)
from judge.review.draws import Draw, DrawnItem, draws_of, sheet, shuffled, steered, verdicts
from judge.store import Store
from tests.review.scene import drawn, held, item, named, pair, question

ONES = [question(number) for number in range(4)]
CASES = [pair(one, "甲", "乙") for one in ONES]
ITEMS = [item(CASES[0], 0.5, 2), item(CASES[1], 0.25), item(CASES[2], 1.0, 2)]
DRAW = drawn("题库-1-abcd", ITEMS, ONES, "甲乙")
HELD = {one.key: one for case in CASES for one in case.dialogues}
SCORED = drawn("题库-2-abcd", [replace(ITEMS[0], dialogues=(held(ONES[0], "甲").key,))], ONES, "甲乙", unit="scores")
SCALES = {"q00": (1.0, 10.0)}


# ── what was drawn ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_target_is_the_same_whichever_side_is_left() -> None:
    one = item(CASES[0], 0.5)
    assert replace(one, dialogues=one.dialogues[::-1]).target == one.target
    assert item(CASES[1], 0.5).target != one.target
    assert item(pair(ONES[0], "甲", "乙", Scope(1)), 0.5).target != one.target  # a turn is another target
    alone = replace(one, dialogues=one.dialogues[:1])
    assert alone.target == (0, frozenset({held(ONES[0], "甲").key}))


def test_a_draw_covers_what_it_was_drawn_from() -> None:
    questions, candidates = {one.key for one in ONES}, {named(name).key for name in "甲乙"}
    assert DRAW.covers(questions, candidates)
    assert DRAW.covers({ONES[0].key}, {named("甲").key})
    assert DRAW.covers(set(), set())
    assert not DRAW.covers({*questions, question(9).key}, candidates)
    assert not DRAW.covers(questions, {*candidates, named("丙").key})


def test_a_name_hangs_on_number_and_content() -> None:
    one = replace(DRAW, name="").named(3)
    assert one.name.startswith("题库-3-")
    assert len(one.name) == len("题库-3-abcd")
    assert replace(DRAW, name="").named(3) == one
    assert replace(DRAW, name="", seed=1).named(3).name != one.name


def test_draws_are_kept_and_come_back_in_the_order_they_were_made(store: Store) -> None:
    other = replace(drawn("别的-1-abcd", [], [], ""), bank="别的", uniform=1.0)
    for one in (DRAW, other, SCORED):
        store.add(run=one.run)
    assert draws_of(store) == [DRAW, other, SCORED]
    assert draws_of(store, "题库") == [DRAW, SCORED]
    assert draws_of(store, "没有") == []
    assert (steered(store, "题库"), steered(store, "别的"), steered(store, "没有")) == (True, False, False)


def test_items_are_shown_in_a_random_order_that_hangs_on_content() -> None:
    items = [DrawnItem(f"q{at}", 0, (f"a{at}", f"b{at}"), 0.5) for at in range(40)]
    found = shuffled(items, 1)
    assert {one.target for one in found} == {one.target for one in items}
    turned = [replace(one, dialogues=one.dialogues[::-1]) for one in items[::-1]]
    assert shuffled(turned, 1) == found
    assert shuffled(items, 2) != found
    assert [one.question for one in found] != [one.question for one in items]
    assert 10 <= sum(one.dialogues[0].startswith("a") for one in found) <= 30
    assert shuffled([], 1) == ()


# ── sheets ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sheet_shows_both_sides_and_no_names() -> None:
    asked = Question(
        "题库",
        "难",
        "计算",
        (Turn("七乘八", "56", "exact", ("数对", "有步骤")), Turn("再加一")),
    )
    texts = {"甲": ("五十六", "五十七"), "乙": ("五十四",)}
    sides = [Dialogue(asked, named(name), tuple(Answer(None, text) for text in said)) for name, said in texts.items()]
    draw = drawn("题库-1-abcd", [DrawnItem("难", 0, (sides[1].key, sides[0].key), 0.5)], [asked], "甲乙")
    [row] = sheet(draw, {one.key: one for one in sides})
    assert row == {
        "draw": "题库-1-abcd",
        "item": 1,
        "question": "难",
        "ability": "计算",
        "scope": "dialogue",
        "turns": [
            {"用户": "七乘八", "左": "五十四", "右": "五十六", "参考": "56", "要点": ["数对", "有步骤"]},
            {"用户": "再加一", "左": "", "右": "五十七"},
        ],
        "verdict": "",
        "comment": "",
    }


def test_the_second_reader_sees_what_two_are_to_judge_under_the_same_numbers() -> None:
    assert [row["item"] for row in sheet(DRAW, HELD)] == [1, 2, 3]
    assert [row["item"] for row in sheet(DRAW, HELD, 2)] == [1, 3]
    assert list(sheet(DRAW, HELD, 3)) == []


def test_of_a_turn_the_sheet_goes_up_to_it() -> None:
    asked = question(8, turns=3)
    case = pair(asked, "甲", "乙", Scope(2))
    draw = drawn("轮", [item(case, 0.5)], [asked], "甲乙")
    [row] = sheet(draw, {one.key: one for one in case.dialogues})
    assert row["scope"] == 2
    assert [turn["用户"] for turn in row["turns"]] == ["第1问", "第2问"]  # type: ignore[index,union-attr,call-overload]


def test_a_single_answer_stands_alone() -> None:
    [row] = sheet(SCORED, HELD)
    assert row["turns"] == [{"用户": "第1问", "回答": "甲答"}]


# ── filled in ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def read(*rows: dict[str, Any], draw: Draw = DRAW) -> list[HumanVerdict]:
    lines = [(f"判卷.jsonl:{at}", row) for at, row in enumerate(rows, 1)]
    return [one for _, one in verdicts(draw, lines, "张", HELD, SCALES)]


@pytest.mark.parametrize(
    ("word", "side", "bad"),
    [
        ("左", Side.FIRST, False),
        ("右", Side.SECOND, False),
        ("平", Side.TIE, False),
        ("都不好", Side.TIE, True),
        (" Left ", Side.FIRST, False),
        ("RIGHT", Side.SECOND, False),
        ("tie", Side.TIE, False),
        ("Both bad", Side.TIE, True),
    ],
)
def test_words_are_sides(word: str, side: Side, bad: bool) -> None:
    [found] = read({"item": 1, "question": "q00", "verdict": word, "comment": "因为"})
    assert found == HumanVerdict(
        CASES[0], "张", Verdict(side, 0 if side is Side.TIE else 1), 0.5, DRAW.name, both_bad=bad, comment="因为"
    )


def test_the_left_one_is_the_first_of_the_item() -> None:
    back = replace(DRAW, items=(replace(ITEMS[0], dialogues=ITEMS[0].dialogues[::-1]),))
    [found] = read({"item": 1, "verdict": "左"}, draw=back)
    assert [one.candidate.name for one in found.case.dialogues] == ["乙", "甲"]
    assert found.result == Verdict(Side.FIRST)
    assert found.case.target == CASES[0].target


def test_skipped_is_said_with_its_reason_and_empty_is_not_said() -> None:
    found = read(
        {"item": 1, "verdict": "跳过", "comment": "看不懂"},
        {"item": 2, "verdict": "SKIP"},
        {"item": 3, "verdict": "  "},
        {"item": 3, "verdict": None},
        {"item": 3},
    )
    assert [one.result for one in found] == [Skipped("看不懂"), Skipped("跳过")]


def test_every_line_has_the_chance_of_its_item() -> None:
    """Whatever order the lines come in, and whether a number was written as text."""
    found = read({"item": 3, "verdict": "左"}, {"item": "2", "verdict": "右"}, {"item": " 1 ", "verdict": "平"})
    assert [(one.case.question.id, one.probability) for one in found] == [("q02", 1.0), ("q01", 0.25), ("q00", 0.5)]
    assert {one.draw for one in found} == {DRAW.name}


def test_a_line_may_name_its_reviewer() -> None:
    found = read(
        {"item": 1, "verdict": "左", "reviewer": "李"},
        {"item": 1, "verdict": "右"},
        {"item": 2, "verdict": "右", "reviewer": " "},
    )
    named_by = [(one.reviewer, one.case.question.id) for one in found]
    assert named_by == [("李", "q00"), ("张", "q00"), ("张", "q01")]  # a blank name is none


def test_sides_that_were_seen_the_other_way_round_stand_as_they_were_seen() -> None:
    [turned] = read({"item": 1, "verdict": "左", "swapped": True})
    assert [one.candidate.name for one in turned.case.dialogues] == ["乙", "甲"]
    assert (turned.result, turned.case.target) == (Verdict(Side.FIRST), CASES[0].target)
    [straight] = read({"item": 1, "verdict": "左", "swapped": False})
    assert straight == read({"item": 1, "verdict": "左"})[0]


def test_a_line_may_say_how_the_verdict_came_about() -> None:
    how = {"confidence": 3, "turn": 2, "aspects": ["准确", "得体"], "seconds": 41.5}
    [found] = read({"item": 1, "verdict": "右", **how})
    assert found.deliberation == Deliberation(3, 2, ("准确", "得体"), 41.5)


@pytest.mark.parametrize(("word", "mark"), [("平", True), ("都不好", True), ("都不好", False), ("tie", True)])
def test_both_may_be_bad_beside_the_verdict(word: str, mark: bool) -> None:
    [found] = read({"item": 1, "verdict": word, "both_bad": mark})
    assert (found.result, found.both_bad) == (Verdict(Side.TIE, 0), True)


@pytest.mark.parametrize(
    ("row", "where", "message"),
    [
        ({"verdict": "左", "confidence": 4}, " 的 confidence", "应是 1、2、3 之一，却是 4"),
        ({"verdict": "左", "confidence": "3"}, " 的 confidence", "却是文字 '3'"),
        ({"verdict": "左", "turn": 0}, " 的 turn", "不小于 1 的数"),
        ({"verdict": "左", "turn": 1.5}, " 的 turn", "应是整数"),
        ({"verdict": "左", "aspects": "准确"}, " 的 aspects", "应是列表"),
        ({"verdict": "左", "aspects": [1]}, " 的 aspects[0]", "应是文字"),
        ({"verdict": "左", "seconds": -1}, " 的 seconds", "不小于 0 的数"),
        ({"verdict": "左", "swapped": "是"}, " 的 swapped", "应是 true 或 false"),
        ({"verdict": "左", "scores": {"准确": "高"}}, " 的 scores.准确", "应是数"),
        ({"verdict": "左", "confidance": 3}, " 的 confidance", "不认识的字段 confidance；是不是 confidence"),
        ({"verdict": ["左"]}, " 的 verdict", "却是列表"),
        ({"verdict": "左", "both_bad": True}, "", "both_bad 只与 平 或 都不好 同写"),
        ({"verdict": "跳过", "both_bad": True}, "", "both_bad 只与"),
        ({"verdict": "左", "skip": "field"}, "", "skip 只与 跳过 同写"),
        ({"verdict": "左", "scores": {"准确": 7}}, "", "scores 只在打分时写"),
        ({"verdict": "", "scores": {"准确": 7}}, "", "verdict 空着"),
        ({"verdict": None, "both_bad": True}, "", "verdict 空着"),
    ],
)
def test_what_else_a_line_says_is_read_strictly(row: dict[str, Any], where: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read({"item": 3, "verdict": "左"}, {"item": 1, **row})
    assert message in caught.value.message
    assert caught.value.where.startswith(f"判卷.jsonl:2{where}")


def test_somebody_must_have_judged() -> None:
    with pytest.raises(InputError, match="没有写是谁判的") as caught:
        verdicts(DRAW, [("判卷.jsonl:1", {"item": 1, "verdict": "左", "reviewer": " "})], "", HELD, SCALES)
    assert caught.value.where == "判卷.jsonl:1"


def test_a_turn_comes_back_as_a_turn() -> None:
    case = pair(ONES[0], "甲", "乙", Scope(1))
    [found] = read({"item": 1, "verdict": "左"}, draw=drawn("轮", [item(case, 0.5)], ONES, "甲乙"))
    assert found.case == case
    [whole] = read({"item": 1, "verdict": "左"})
    assert whole.case.scope == DIALOGUE


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"item": 0}, "没有第 0 条"),
        ({"item": 4}, "没有第 4 条"),
        ({"item": -1}, "没有第 -1 条"),
        ({"item": "一"}, "没有第 一 条"),
        ({"item": 1.5}, "没有第 1.5 条"),
        ({}, "没有第 None 条"),
        ({"item": 2, "question": "q00"}, "第 2 条是 q01，不是 q00"),
        ({"item": 1, "verdict": "左边好"}, "看不懂的判定 '左边好'"),
        ({"item": 1, "verdict": "7"}, "看不懂的判定 '7'"),
    ],
)
def test_what_cannot_be_read_is_refused_by_line(row: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read({"item": 3, "verdict": "左"}, {"verdict": "左", **row})
    assert caught.value.where == "判卷.jsonl:2"
    assert caught.value.fix


def test_one_reviewer_judges_an_item_once() -> None:
    with pytest.raises(InputError, match="张 把第 1 条判了两次") as caught:
        read({"item": 1, "verdict": "左"}, {"item": 1, "verdict": "左", "reviewer": "张"})
    assert caught.value.where == "判卷.jsonl:2"


# ── scores ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("word", "value"), [("7", 7.0), ("6.5", 6.5), ("１０", 10.0), (" 1 ", 1.0)])
def test_scores_stand_on_the_scale_of_their_question(word: str, value: float) -> None:
    [found] = read({"item": 1, "verdict": word}, draw=SCORED)
    assert found.result == Scores(Score(value, 1, 10))
    assert found.case.dialogues == (held(ONES[0], "甲"),)


@pytest.mark.parametrize("value", [7, 6.5, 10])
def test_a_score_may_be_a_number(value: float) -> None:
    [found] = read({"item": 1, "verdict": value}, draw=SCORED)
    assert found.result == Scores(Score(value, 1, 10))


def test_dimensions_stand_beside_the_overall_score() -> None:
    [found] = read({"item": 1, "verdict": 7, "scores": {"准确": 8, "得体": 5.5}}, draw=SCORED)
    assert found.result == Scores(Score(7, 1, 10), (("准确", Score(8, 1, 10)), ("得体", Score(5.5, 1, 10))))
    with pytest.raises(InputError, match=r"分数 11.* 超出量程"):
        read({"item": 1, "verdict": 7, "scores": {"准确": 11}}, draw=SCORED)
    with pytest.raises(InputError, match="scores 只在打分时写"):
        read({"item": 1, "verdict": "跳过", "scores": {"准确": 8}}, draw=SCORED)


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("0", "超出量程"),
        ("10.1", "超出量程"),
        ("nan", "超出量程"),
        ("inf", "超出量程"),
        ("左", "看不懂的分数"),
        ("7分", "看不懂的分数"),
        (0, "超出量程"),
    ],
)
def test_scores_out_of_range_are_refused_by_line(word: str | int, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read({"item": 1, "verdict": word}, draw=SCORED)
    assert caught.value.where == "判卷.jsonl:1"
    assert "写 1 到 10 之间的数" in str(caught.value.fix)


def test_ranks_are_read_on_a_scale_that_falls() -> None:
    lines = [("判卷.jsonl:1", {"item": 1, "verdict": "2"})]
    [(_, found)] = verdicts(SCORED, lines, "张", HELD, {"q00": (4.0, 1.0)})
    assert found.result == Scores(Score(2, 4, 1))
    with pytest.raises(InputError, match="超出量程") as caught:
        verdicts(SCORED, [("判卷.jsonl:1", {"item": 1, "verdict": "5"})], "张", HELD, {"q00": (4.0, 1.0)})
    assert "写 1 到 4 之间的数" in str(caught.value.fix)


def test_an_answer_may_be_skipped() -> None:
    [found] = read({"item": 1, "verdict": "跳过"}, draw=SCORED)
    assert found.result == Skipped("跳过")


def test_a_sheet_filled_in_comes_back_whole() -> None:
    rows = [{**row, "verdict": "左"} for row in sheet(DRAW, HELD)]
    assert [one.case for one in read(*rows)] == CASES[:3]
