from __future__ import annotations

from collections import Counter

from judge.pairing import against_baseline, place, round_robin, swapped
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
