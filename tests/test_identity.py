"""The names of records: one JSON text for equal values, and hashes that must never change by accident."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from enum import Enum, StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.identity import canonical_json, content_hash, plain
from judge.records import (
    DIALOGUE,
    Answer,
    Candidate,
    Case,
    Dialogue,
    HumanVerdict,
    Judge,
    Judgment,
    Model,
    Question,
    Run,
    Scope,
    Score,
    Scores,
    Side,
    Tally,
    Turn,
    Verdict,
)

QUESTION = Question("小库", "q1", "代码", (Turn("写一段冒泡排序"), Turn("再改成降序", depends_on=(1,))), version=3)
JIA = Candidate("甲", Model("https://api.example/v1", "jia-1", (("temperature", 0.5), ("stop", ["。"])), "你好", "r1"))
YI = Candidate("乙", Model("recorded:小库", "乙"))
JUDGE = Judge("评委", Model("recorded:小库", "gpt-4"), "pairwise", "t1", "r1", "text-2")
JIA_SAID = Dialogue(QUESTION, JIA, (Answer("写一段冒泡排序", "好"), Answer("再改成降序", "好")))
YI_SAID = Dialogue(QUESTION, YI, ())
CASE = Case(QUESTION, DIALOGUE, (JIA_SAID, YI_SAID))
SWAPPED = Case(QUESTION, DIALOGUE, (YI_SAID, JIA_SAID))
JUDGMENT = Judgment(CASE, JUDGE, Verdict(Side.FIRST))
HUMAN = HumanVerdict(CASE, "李", Verdict(Side.FIRST, 2), 0.5, "d1", comment="清楚")


# ── canonical JSON ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": {"d": 2, "c": 3}}, '{"a":{"c":3,"d":2},"b":1}'),
        ({"甲": 1, "a": 2, "😀": 3}, '{"a":2,"甲":1,"😀":3}'),
        (1.0, "1"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (1e22, "1e+22"),
        (1e-7, "1e-07"),
        (10**30, "1" + "0" * 30),
        (True, "true"),
        ([1, 1.0, True], "[1,1,true]"),
        (None, "null"),
        ("中文“引号”\u2028\x00\n😀", '"中文“引号”\u2028\\u0000\\n😀"'),
        ((1, (2, [3])), "[1,[2,[3]]]"),
        ({1: "a"}, '{"1":"a"}'),
        (Side.FIRST, '"first"'),
        (Turn("问"), '{"prompt":"问"}'),
        (Score(2.0, 4, 1.5), '{"maximum":1.5,"minimum":4,"value":2}'),
        (Scores(None, (("深度", Score(1, 0, 1)),)), '{"dimensions":[["深度",{"maximum":1,"minimum":0,"value":1}]]}'),
        (Scope(), "{}"),
        (Verdict(Side.TIE, 1), '{"side":"tie"}'),
        (Verdict(Side.TIE, 0), '{"side":"tie","strength":0}'),
    ],
)
def test_one_text_for_one_value(value: object, text: str) -> None:
    assert canonical_json(value) == text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def shuffled(value: object) -> object:
    """Return an equal value with the order of fields turned round and lists as tuples."""
    if isinstance(value, dict):
        return {name: shuffled(value[name]) for name in reversed(value)}
    return tuple(shuffled(one) for one in value) if isinstance(value, list) else value


@given(json_values)
def test_order_of_fields_and_kind_of_sequence_do_not_matter(value: object) -> None:
    assert canonical_json(shuffled(value)) == canonical_json(value)


@given(json_values)
def test_the_text_reads_back_as_the_same_value_and_text(value: object) -> None:
    text = canonical_json(value)
    assert json.loads(text) == value
    assert canonical_json(json.loads(text)) == text


@given(st.integers(-(2**53) + 1, 2**53 - 1))
def test_a_whole_number_is_the_same_as_integer_and_as_float(number: int) -> None:
    assert canonical_json(float(number)) == canonical_json(number) == str(number)


def test_equal_looking_texts_of_other_code_points_are_others() -> None:
    assert canonical_json("é") != canonical_json("e\u0301")  # what was written is not normalised
    assert canonical_json("1") != canonical_json(1)
    assert canonical_json(None) != canonical_json("null")
    assert canonical_json(False) != canonical_json(0)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_none_is_refused(number: float) -> None:
    for value in (number, {"a": [number]}, Score(number, 0, 1), (("temperature", number),)):
        with pytest.raises(ValueError, match="not a finite number"):
            canonical_json(value)


@pytest.mark.parametrize("text", ["\ud83d", "好\udc80", "\ude00\ud83d"])
def test_half_an_emoji_has_no_hash(text: str) -> None:
    for value in (text, {text: 1}, Turn(text), [[text]]):
        with pytest.raises(UnicodeEncodeError):
            content_hash("turn", value)


@pytest.mark.parametrize("value", [{1, 2}, b"bytes", 1j, object(), Turn])
def test_what_has_no_json_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="no JSON form for"):
        canonical_json(value)


def test_enums_stand_for_their_values() -> None:
    class Colour(Enum):
        RED = ("r", 1.0)

    class Word(StrEnum):
        YES = "是"

    assert plain([Colour.RED, Word.YES]) == [["r", 1], "是"]


def test_a_new_optional_field_does_not_rename_what_is_stored() -> None:
    @dataclass(frozen=True)
    class Before:
        name: str
        size: int = 1

    @dataclass(frozen=True)
    class After:
        name: str
        size: int = 1
        colour: str | None = None
        tags: tuple[str, ...] = ()

    assert content_hash("thing", After("a", 2)) == content_hash("thing", Before("a", 2))
    assert content_hash("thing", After("a", 2, "red")) != content_hash("thing", Before("a", 2))
    assert plain(After("a")) == {"name": "a"}  # a field without a default is always there


# ── the hash ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_hash_is_the_first_half_of_sha256_over_kind_and_text() -> None:
    text = 'question\n["小库","q1",3]'
    assert content_hash("question", ["小库", "q1", 3]) == hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]


def test_kinds_of_the_same_content_are_told_apart() -> None:
    assert content_hash("a", "b") != content_hash("b", "b")
    assert content_hash("a", '\n"b"') != content_hash('a\n"', "b")


PINNED = {
    "question": (QUESTION.key, "349afb814cfc1a79a668e1f67f516bf0"),
    "candidate": (JIA.key, "759a8248b809fc07452307c658a40943"),
    "recorded candidate": (YI.key, "fe1752880d40851bd343384fde658830"),
    "judge": (JUDGE.key, "841b5636f5dc5ac8683b2a98b5fa99d5"),
    "dialogue": (JIA_SAID.key, "658ad90fd67738012f64f02bfa96aafe"),
    "second sample": (replace(JIA_SAID, sample=1).key, "2a8d1c8b568c6865b299141c2f2ebba0"),
    "golden history": (replace(JIA_SAID, history="golden").key, "49506b004a1d28cb782cdcb46161dc82"),
    "target": (CASE.target, "922c0d7e23781ad2024c5bf57761b115"),
    "target of a turn": (Case(QUESTION, Scope(2), (JIA_SAID,)).target, "b5112f73e733c7818b478777ac775d46"),
    "judgment": (JUDGMENT.key, "b66247d2ac7d152db982d08c9c3048cf"),
    "repeated judgment": (replace(JUDGMENT, repeat=1).key, "eb32cfb92616d7544250c47dd42ace90"),
    "judgment in the other placement": (
        Judgment(SWAPPED, JUDGE, Verdict(Side.FIRST)).key,
        "43d460c4bd035911c1c3eb0921cf4c9d",
    ),
    "human verdict": (HUMAN.key, "e5f2519a157c55289e64eb1914169c74"),
    "adjudication": (replace(HUMAN, adjudicates=True, supersedes=HUMAN.key).key, "d26e04c7da1e342c435d143e18b29ce4"),
    "human scores": (
        replace(HUMAN, result=Scores(Score(1.0, 0, 2.5), (("深度", Score(3, 4, 1)),))).key,
        "666f3bd7a7416583061a83dd66d56945",
    ),
    "tally": (Tally("小库", JIA, YI, JUDGE, 1, 2, 3).key, "65e0b188dbc5705df289fdd6995b705d"),
    "run": (Run("导入", "import", {"rows": 9, "notes": {"空": 1.0}}).key, "cbc819df61ed1815e2454b34a25b4ec3"),
}


@pytest.mark.parametrize(("key", "pinned"), PINNED.values(), ids=PINNED)
def test_keys_never_change(key: str, pinned: str) -> None:
    # Every store in use is named by these keys. If this fails, the change loses people's data: find another way.
    assert key == pinned


def test_a_key_names_what_a_record_is_about_and_not_what_it_says() -> None:
    assert replace(QUESTION, turns=(), ability="闲聊").key == QUESTION.key
    assert replace(JIA, name="别名").key == JIA.key
    assert replace(JUDGE, name="别名").key == JUDGE.key
    assert replace(JIA_SAID, answers=()).key == JIA_SAID.key
    assert replace(JUDGMENT, result=Verdict(Side.TIE), reply="平").key == JUDGMENT.key
    assert Tally("小库", JIA, YI, JUDGE, 9, 9, 9).key == PINNED["tally"][0]


def test_a_key_changes_with_what_a_record_is_about() -> None:
    others = [
        *(replace(QUESTION, **{name: value}).key for name, value in {"bank": "别库", "id": "q2", "version": 4}.items()),  # type: ignore[arg-type]
        *(
            replace(JIA, model=replace(JIA.model, **{name: value})).key  # type: ignore[arg-type]
            for name, value in {
                "endpoint": "https://other/v1",
                "model": "jia-2",
                "parameters": (("temperature", 0.6), ("stop", ["。"])),
                "system": None,
                "revision": "r2",
            }.items()
        ),
        *(replace(JUDGE, **{name: "新"}).key for name in ("protocol", "template", "rubric", "reader")),  # type: ignore[arg-type]
        Tally("小库", YI, JIA, JUDGE, 1, 2, 3).key,
        replace(HUMAN, reviewer="王").key,
        replace(HUMAN, comment="").key,
        replace(HUMAN, both_bad=True).key,
    ]
    assert len({*others, *(key for key, _ in PINNED.values())}) == len(others) + len(PINNED)


def test_a_target_is_the_same_whichever_was_shown_first() -> None:
    assert SWAPPED.target == CASE.target
    assert Judgment(SWAPPED, JUDGE, JUDGMENT.result).key != JUDGMENT.key
    assert replace(CASE, placement_known=False).target == CASE.target
