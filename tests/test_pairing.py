from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.pairing import against_baseline, balanced, place, round_robin, swapped
from judge.records import Answer, Candidate, Case, Dialogue, Model, Question, Turn

CANDIDATES = [Candidate(name, Model("test", name)) for name in ("甲", "乙", "丙")]


def held(questions: int, abilities: int = 1) -> list[Dialogue]:
    return [
        Dialogue(question, candidate, (Answer("问", f"{candidate.name}答"),))
        for number in range(questions)
        for question in [Question("题库", f"q{number}", f"能力{number % abilities}", (Turn("问"),))]
        for candidate in CANDIDATES
    ]


def names(case: Case) -> tuple[str, ...]:
    return tuple(dialogue.candidate.name for dialogue in case.dialogues)


def test_round_robin_lets_every_two_meet_on_every_question() -> None:
    cases = round_robin(held(4), [one.key for one in CANDIDATES])
    assert Counter(map(names, cases)) == {("甲", "乙"): 4, ("甲", "丙"): 4, ("乙", "丙"): 4}


def test_a_baseline_meets_each_of_the_others() -> None:
    cases = against_baseline(held(4), [one.key for one in CANDIDATES], CANDIDATES[1].key)
    assert Counter(map(names, cases)) == {("甲", "乙"): 4, ("丙", "乙"): 4}


def test_what_one_of_two_did_not_answer_is_no_case() -> None:
    cases = round_robin(held(3)[:-1], [one.key for one in CANDIDATES])
    assert Counter(map(names, cases)) == {("甲", "乙"): 3, ("甲", "丙"): 2, ("乙", "丙"): 2}


def test_samples_meet_their_like() -> None:
    dialogues = [Dialogue(one.question, one.candidate, one.answers, sample) for one in held(1) for sample in (0, 1)]
    cases = round_robin(dialogues, [one.key for one in CANDIDATES])
    assert all(len({dialogue.sample for dialogue in case.dialogues}) == 1 for case in cases)
    assert len(cases) == 6


def test_few_cases_are_shown_both_ways() -> None:
    cases = round_robin(held(10), [one.key for one in CANDIDATES[:2]])
    placed = place(cases)
    assert Counter(map(names, placed)) == {("甲", "乙"): 10, ("乙", "甲"): 10}


def test_many_cases_are_shown_once_balanced_within_ability_and_a_tenth_again() -> None:
    cases = round_robin(held(200, abilities=4), [one.key for one in CANDIDATES[:2]])
    placed = place(cases, seed=7)
    assert len(placed) == 220
    first = placed[:200]
    assert {case.target for case in first} == {case.target for case in cases}
    for ability in range(4):
        shown = Counter(names(case) for case in first if case.question.ability == f"能力{ability}")
        assert shown == {("甲", "乙"): 25, ("乙", "甲"): 25}
    assert all(swapped(case) in first for case in placed[200:])


def test_the_seed_decides_and_the_order_of_the_file_does_not() -> None:
    cases = round_robin(held(150), [one.key for one in CANDIDATES[:2]])
    first = {case.target: names(case) for case in place(cases, "single", seed=1)[:150]}
    turned = {case.target: names(case) for case in place(cases[::-1], "single", seed=1)[:150]}
    assert first == turned
    assert first != {case.target: names(case) for case in place(cases, "single", seed=2)[:150]}


# ── balanced orders ───────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.lists(st.sampled_from("甲乙丙丁"), max_size=60), st.integers(0, 5))
def test_every_beginning_holds_each_group_in_about_its_share(groups: list[str], seed: int) -> None:
    """Off by less than one of its own and what the others are off by, each less than one, in its share."""
    order = balanced(groups, seed)
    assert sorted(order) == list(range(len(groups)))
    sizes, seen = Counter(groups), Counter[str]()
    for count, at in enumerate(order, 1):
        seen[groups[at]] += 1
        for group, size in sizes.items():
            share = size / len(groups)
            assert abs(seen[group] - count * share) <= 1 + share * len(sizes)


def test_equal_groups_take_turns() -> None:
    groups = ["甲", "乙", "丙"] * 20
    order = balanced(groups, "seed")
    for start in range(0, 60, 3):
        assert {groups[at] for at in order[start : start + 3]} == {"甲", "乙", "丙"}


def test_the_order_comes_from_the_seed_and_not_from_names() -> None:
    groups = ["甲", "乙", "乙", "丙", "甲", "乙"] * 5
    assert balanced(groups, 1) == balanced(groups, 1) == balanced(groups, "1")
    assert balanced(groups, 1) != balanced(groups, 2)
    assert balanced([{"甲": 0, "乙": 1, "丙": 2}[one] for one in groups], 1) == balanced(groups, 1)
    assert balanced([], 1) == []
    assert balanced(["甲"], 1) == [0]


@pytest.mark.parametrize("groups", [["甲"] * 5, ["甲", "乙"] * 3])
def test_every_position_is_as_likely_as_any_other_to_come_first(groups: list[str]) -> None:
    """Of 3,000 seeds; four standard deviations."""
    first = Counter(balanced(groups, seed)[0] for seed in range(3000))
    chance = 1 / len(groups)
    for at in range(len(groups)):
        assert first[at] / 3000 == pytest.approx(chance, abs=4 * (chance * (1 - chance) / 3000) ** 0.5)


def test_a_group_of_one_may_stand_anywhere() -> None:
    places = [balanced(["甲"] * 9 + ["乙"], seed).index(9) for seed in range(2000)]
    assert set(places) == set(range(10))
    assert sum(places) / 2000 == pytest.approx(4.5, abs=0.25)
