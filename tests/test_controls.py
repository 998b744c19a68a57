from __future__ import annotations

from dataclasses import replace

import pytest

from judge.controls import (
    COPY,
    EMPTY,
    EXPECTED,
    SELF,
    SLACK,
    Control,
    control_dialogues,
    control_of,
    controls,
    is_control,
    of_baseline,
    without_controls,
)
from judge.records import Answer, Candidate, Dialogue, Model, Outcome, Question, Turn, Usage

QUESTION = Question("小库", "q1", "代码", (Turn("写一段冒泡排序"), Turn("再改成降序")))
BASE = Candidate("甲/7b", Model("https://api.example/v1", "jia-1"))
SAID = Dialogue(
    QUESTION,
    BASE,
    (
        Answer("写一段冒泡排序", "好的：……", reasoning="想", usage=Usage(5, 9)),
        Answer("再改成降序", "改好了", Outcome.TRUNCATED),
    ),
    sample=2,
    history="golden",
)


def of_kind(dialogues: list[Dialogue], kind: str) -> Dialogue:
    return next(one for one in dialogues if one.candidate.name == f"control:{kind}/甲/7b")


# ── names ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_controls_are_named_for_their_kind_and_baseline() -> None:
    found = controls(BASE)
    assert {kind: one.name for kind, one in found.items()} == {
        "self": "control:self/甲/7b",
        "empty": "control:empty/甲/7b",
        "copy": "control:copy/甲/7b",
    }
    assert [control_of(one.name) for one in found.values()] == [Control(kind, "甲/7b") for kind in EXPECTED]
    assert {one.model.endpoint for one in found.values()} == {"control"}


def test_controls_of_two_baselines_of_one_name_are_two() -> None:
    other = replace(BASE, model=Model("https://api.example/v1", "jia-2"))
    for kind in EXPECTED:
        assert controls(BASE)[kind].key != controls(other)[kind].key
        assert controls(BASE)[kind] == controls(BASE)[kind]


@pytest.mark.parametrize("name", ["甲", "control", "control:", "control:other/甲", "self/甲", "Control:self/甲", ""])
def test_other_names_are_no_controls(name: str) -> None:
    assert control_of(name) is None
    assert not is_control(name)


def test_a_control_is_told_from_candidates() -> None:
    names = {1: "甲", 2: "control:self/甲", 3: "control:other/甲", 4: "control:empty/乙", 5: "乙"}
    assert [code for code, name in names.items() if is_control(name)] == [2, 4]
    assert without_controls(names) == [1, 3, 5]
    assert of_baseline(list(names.values()), "甲") == ["control:self/甲"]
    assert of_baseline(list(names.values()), "丙") == []


def test_every_kind_has_what_is_expected_of_it_and_a_slack() -> None:
    assert EXPECTED == {SELF: 50.0, EMPTY: 0.0, COPY: 0.0}
    assert SLACK.keys() == EXPECTED.keys()
    assert all(0 < slack < 50 for slack in SLACK.values())


# ── what they say ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_self_says_what_the_baseline_said() -> None:
    found = of_kind(control_dialogues([SAID]), SELF)
    assert found.answers == SAID.answers
    assert (found.question, found.sample, found.history) == (QUESTION, 2, "golden")
    assert found.key != SAID.key


def test_empty_is_blank_text_that_is_judged_all_the_same() -> None:
    found = of_kind(control_dialogues([SAID]), EMPTY)
    assert found.answers == (Answer("写一段冒泡排序", " "), Answer("再改成降序", " "))
    assert (found.outcome, found.ended) == (Outcome.OK, 0)


def test_copy_gives_the_users_words_back() -> None:
    found = of_kind(control_dialogues([SAID]), COPY)
    assert [answer.text for answer in found.answers] == ["写一段冒泡排序", "再改成降序"]
    assert [answer.prompt for answer in found.answers] == ["写一段冒泡排序", "再改成降序"]
    assert (found.outcome, found.answers[0].reasoning, found.answers[0].usage) == (Outcome.OK, None, None)


@pytest.mark.parametrize("outcome", [Outcome.FILTERED_INPUT, Outcome.FILTERED_OUTPUT, Outcome.EMPTY, Outcome.FAILED])
def test_dialogues_that_ended_or_hold_no_answers_are_left_out(outcome: Outcome) -> None:
    ended = replace(SAID, answers=(SAID.answers[0], Answer("再改成降序", "", outcome)))
    published_without = replace(SAID, answers=())
    assert control_dialogues([ended, published_without]) == []
    assert len(control_dialogues([ended, SAID, published_without])) == 3


def test_every_dialogue_of_every_baseline_has_its_controls() -> None:
    other = replace(SAID, candidate=Candidate("乙", Model("https://api.example/v1", "yi")))
    found = control_dialogues([SAID, replace(SAID, sample=0), other])
    assert len({one.key for one in found}) == 9
    assert sorted({one.candidate.name for one in found}) == sorted(
        f"control:{kind}/{name}" for kind in EXPECTED for name in ("甲/7b", "乙")
    )
    assert control_dialogues([]) == []
