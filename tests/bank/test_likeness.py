"""Texts that are nearly the same are found, as they stand and with digits and names masked; exactly."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from judge.bank.likeness import GRAM, SHORT, Alike, masked, near, plain

FIRST = "老张周三从仓库领了12箱螺丝，每箱48盒，路上碰坏3盒，还剩多少盒能用？"


def grams(text: str) -> set[str]:
    form = plain(text)
    return {form[at : at + GRAM] for at in range(len(form) - GRAM + 1)} if len(form) >= SHORT else set()


def test_two_coats_of_one_question_are_alike() -> None:
    other = "小王周三从仓库领了35箱螺丝，每箱96盒，路上碰坏8盒，还剩多少盒能用？"
    assert near([FIRST, other]) == [Alike(0, 1, 1.0, True)]
    assert near([FIRST, FIRST.replace("，", " , ")]) == [Alike(0, 1, 1.0, False)]
    assert near([FIRST, "请把下面这段话改成三句，每句不超过十二个字，语气要客气。"]) == []


def test_others_are_compared_with_ours_and_not_among_themselves() -> None:
    assert near([FIRST], [FIRST, FIRST]) == [Alike(0, 1, 1.0, False), Alike(0, 2, 1.0, False)]
    assert near([], [FIRST, FIRST]) == []


def test_short_turns_are_not_twins() -> None:
    assert near(["再短一点", "再短一点"]) == []


def test_masking_leaves_one_form_of_numbers_and_names() -> None:
    assert masked("李师傅买了３８.５米") == masked("赵姐买了二十米") == "某买了0米"


@given(st.lists(st.text("甲乙丙一二三abc，。", min_size=0, max_size=60), max_size=8))
def test_likeness_is_the_jaccard_index_of_fives(texts: list[str]) -> None:
    expected = {}
    for (at, one), (to, other) in combinations(enumerate(texts), 2):
        mine, theirs = grams(one), grams(other)
        if mine & theirs and (likeness := len(mine & theirs) / len(mine | theirs)) >= 0.5:
            expected[at, to] = likeness
    found = {(one.first, one.second): one.likeness for one in near(texts) if not one.masked}
    assert found == expected
