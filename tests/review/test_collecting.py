"""Sheets that come back other than before: nothing that stands is overwritten unless that is asked for."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from judge.errors import InputError, UnknownName
from judge.records import HumanVerdict, Score, Scores, Skipped, Verdict
from judge.review.collecting import TAKEN_BACK, collected, superseding
from judge.review.verifying import verify
from judge.store import Store
from tests.review.scene import LOSS, TIE, WIN, drawn, filled, held, item, pair, question, said

ONES = [question(number) for number in range(8)]
CASES = [pair(one, "甲", "乙") for one in ONES]
DRAW = drawn("题库-1-abcd", [item(one, 0.5) for one in CASES], ONES, "甲乙")
AGAIN = drawn("题库-2-abcd", [item(one, 0.25) for one in CASES], ONES, "甲乙")
SCORED = drawn(
    "题库-3-abcd", [replace(DRAW.items[0], dialogues=(held(ONES[0], "甲").key,))], ONES, "甲乙", unit="scores"
)


@pytest.fixture
def world(store: Store) -> Store:
    filled(store, [said(one, WIN) for one in CASES], (), DRAW, AGAIN, SCORED)
    return store


class Sheet:
    """A sheet on which one person fills in items by number."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.path = store, folder / "判卷.jsonl"

    def take(
        self, *rows: dict[str, Any], replacing: bool = False, reviewer: str | None = "小陈"
    ) -> tuple[int, int, int]:
        """Import rows; return how many were new, of these changed, and known."""
        lines = (json.dumps({"draw": DRAW.name, **row}, ensure_ascii=False) + "\n" for row in rows)
        self.path.write_text("".join(lines), encoding="utf-8")
        found = collected(self.store, self.path, reviewer, replacing=replacing)
        self.store.add(human_verdicts=found.verdicts)
        return len(found.verdicts), found.changed, found.known

    def refused(self, *rows: dict[str, Any], reviewer: str | None = "小陈") -> str:
        head = self.store.trail_head()
        with pytest.raises(InputError) as caught:
            self.take(*rows, reviewer=reviewer)
        assert caught.value.fix == "确实要改，加 --replace"
        assert self.store.trail_head() == head
        return caught.value.message.replace(f"{self.path} ", "")


@pytest.fixture
def sheet(world: Store, tmp_path: Path) -> Sheet:
    return Sheet(world, tmp_path)


def standing(store: Store) -> list[Verdict | Scores | Skipped]:
    return [one.said for one in store.voices()]


def test_the_same_twice_is_once_and_another_word_is_refused_until_it_is_asked_for(sheet: Sheet) -> None:
    assert sheet.take({"item": 1, "verdict": "左"}, {"item": 2, "verdict": ""}) == (1, 0, 0)
    assert sheet.take({"item": 1, "verdict": "左"}, {"item": 2, "verdict": "平"}) == (1, 0, 1)
    other = [{"item": 1, "verdict": "右"}, {"item": 2, "verdict": "都不好"}, {"item": 3, "verdict": "左"}]
    assert sheet.refused(*other) == (
        "有 2 条与已有的判定不同，一条也没有收：\n  第 1 行：小陈 判 q00，左 → 右\n  第 2 行：小陈 判 q01，平 → 都不好"
    )
    assert sheet.take(*other, replacing=True) == (3, 2, 0)
    assert standing(sheet.store) == [LOSS, TIE, WIN]
    assert sheet.take(*other) == (0, 0, 3)
    assert verify(sheet.store).faults == ()


def test_five_are_named_and_the_others_counted(sheet: Sheet) -> None:
    sheet.take(*({"item": number, "verdict": "左"} for number in range(1, 9)))
    message = sheet.refused(*({"item": number, "verdict": "跳过"} for number in range(1, 9)))
    assert message.count("左 → 跳过") == 5
    assert message.endswith("\n  ……还有 3 条")


def test_what_was_said_beside_the_verdict_is_not_lost_unsaid_either(sheet: Sheet) -> None:
    sheet.take({"item": 1, "verdict": "左", "comment": "右边编的", "confidence": 3})
    assert sheet.refused({"item": 1, "verdict": "左"}).endswith("左 → 左（附言等不同）")
    assert sheet.refused({"item": 1, "verdict": "左", "comment": "右边编的"}).endswith("左 → 左（附言等不同）")
    assert sheet.take({"item": 1, "verdict": "左", "comment": "右边编的", "confidence": 3}) == (0, 0, 1)


def test_sides_are_told_apart_from_who_stood_there(sheet: Sheet) -> None:
    sheet.take({"item": 1, "verdict": "左"})
    assert sheet.take({"item": 1, "verdict": "右", "swapped": True}) == (0, 0, 1)  # the same one is better
    assert sheet.refused({"item": 1, "verdict": "左", "swapped": True}).endswith("右 → 左")
    assert sheet.take({"item": 2, "verdict": "平"}) == (1, 0, 0)
    assert sheet.take({"item": 2, "verdict": "平", "swapped": True}) == (0, 0, 1)


def test_another_persons_verdict_and_a_ruling_are_left_alone(sheet: Sheet) -> None:
    sheet.store.add(human_verdicts=[HumanVerdict(CASES[0], "小陈", LOSS, 0.5, DRAW.name, adjudicates=True)])
    assert sheet.take({"item": 1, "verdict": "左"}) == (1, 0, 0)
    assert sheet.take({"item": 1, "verdict": "右", "reviewer": "小李"}) == (1, 0, 0)
    assert standing(sheet.store) == [LOSS, WIN, LOSS]


def test_a_second_draw_may_ask_again_but_not_for_another_word(sheet: Sheet) -> None:
    sheet.take({"item": 1, "verdict": "左"}, {"item": 2, "verdict": "左"})
    assert sheet.take({"item": 1, "verdict": "左", "draw": AGAIN.name}) == (1, 0, 0)
    assert sheet.take({"item": 1, "verdict": "左", "draw": AGAIN.name}) == (0, 0, 1)
    assert "左 → 右" in sheet.refused({"item": 2, "verdict": "右", "draw": AGAIN.name})


def test_what_was_taken_back_may_be_said_anew(sheet: Sheet) -> None:
    sheet.take({"item": 1, "verdict": "左"})
    [voice] = sheet.store.voices()
    taken = HumanVerdict(CASES[0], "小陈", TAKEN_BACK, 0.5, DRAW.name, supersedes=voice.standing.key)
    sheet.store.add(human_verdicts=[taken])
    assert sheet.take({"item": 1, "verdict": "右"}) == (1, 0, 0)
    assert standing(sheet.store) == [LOSS]


def test_scores_are_told_in_full(sheet: Sheet) -> None:
    line = {"draw": SCORED.name, "item": 1, "verdict": 7, "scores": {"准确": 8}}
    assert sheet.take(line) == (1, 0, 0)
    assert sheet.take({**line, "verdict": " 7 "}) == (0, 0, 1)
    assert sheet.refused({**line, "scores": {"准确": 6.5}}).endswith("7、准确 8 → 7、准确 6.5")
    assert standing(sheet.store) == [Scores(Score(7, 1, 10), (("准确", Score(8, 1, 10)),))]


def test_lines_must_say_who_and_of_which_draw(sheet: Sheet) -> None:
    assert sheet.take({"item": 1, "verdict": "左", "reviewer": "小李"}, reviewer=None) == (1, 0, 0)
    with pytest.raises(InputError, match="没有写是谁判的"):
        sheet.take({"item": 2, "verdict": "左"}, reviewer=None)
    for wrong in ("别的", ["题库"], 3):
        with pytest.raises(UnknownName):
            sheet.take({"draw": wrong, "item": 1, "verdict": "左"})


# ── our own lines ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_own_lines_that_say_otherwise_than_what_stands_are_refused_unless_they_say_so(world: Store) -> None:
    first = HumanVerdict(CASES[0], "小陈", WIN, 0.5, DRAW.name)
    other = replace(first, result=LOSS)
    world.add(human_verdicts=[first])
    assert superseding(world, [("文件 第 1 行", first)]) == [first]
    with pytest.raises(InputError, match="小陈 判 q00，左 → 右") as caught:
        superseding(world, [("文件 第 1 行", first), ("文件 第 2 行", other)])
    assert "文件 第 2 行" in caught.value.message
    [kept] = superseding(world, [("文件 第 2 行", other)], replacing=True)
    assert kept == replace(other, supersedes=first.key)
    # Said openly, for another draw, by choice, by another person, as a ruling: no overwriting.
    for one in (
        kept,
        replace(other, draw=AGAIN.name),
        replace(other, draw=None, probability=None),
        replace(other, reviewer="小李"),
        replace(other, adjudicates=True),
    ):
        assert superseding(world, [("文件 第 3 行", one)]) == [one]
    world.add(human_verdicts=[kept])
    assert superseding(world, [("文件 第 1 行", first), ("文件 第 2 行", kept)]) == [first, kept]  # both are known
    assert superseding(world, []) == []
