from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from judge.errors import InputError
from judge.records import Bank, Plan, Scope, Verdict
from judge.review.asking import draw_pairs, draw_scores
from judge.review.draws import Draw, draws_of
from judge.review.queue import queue
from judge.store import Store, open_store
from tests.review.scene import (
    LOSS,
    PLAN,
    TIE,
    WIN,
    History,
    drawn,
    filled,
    held,
    item,
    marked,
    named,
    pair,
    question,
    said,
)

ONES = [question(number) for number in range(12)]
NAMES = ("甲", "乙", "丙")
PAIRS = (("甲", "乙"), ("甲", "丙"), ("乙", "丙"))


def result(number: int, at: int) -> Verdict:
    return (WIN, LOSS, TIE)[(number * 5 + at * 3) % 7 % 3]


def board(store: Store, turn: int = 1, history: History = "own") -> Store:
    """Twelve questions on which three candidates meet; `turn`: filled from the first, or (-1) from the last on."""
    judgments = [
        said(pair(one, *two, history=history), result(number, at))
        for number, one in enumerate(ONES)
        for at, two in enumerate(PAIRS)
    ]
    filled(store, judgments[::turn])
    return store


def pairs(
    store: Store, count: int, plan: Plan = PLAN, *, uniform: float = 0.3, overlap: float = 0.0, seed: int = 0
) -> Draw:
    made = draw_pairs(store, queue(store, plan), plan, count, uniform, overlap, seed)
    store.add(run=made.run)
    return made


def scores(store: Store, count: int, plan: Plan, *, overlap: float = 0.0, seed: int = 0) -> Draw:
    made = draw_scores(store, queue(store, plan), plan, count, overlap, seed)
    store.add(run=made.run)
    return made


def targets(draws: Sequence[Draw]) -> Counter[tuple[int, frozenset[str]]]:
    return Counter(one.target for draw in draws for one in draw.items)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Callable[[str], Store]]:
    opened: list[Store] = []

    def new(name: str) -> Store:
        opened.append(open_store(str(tmp_path / f"{name}.db"), create=True))
        return opened[-1]

    yield new
    for one in opened:
        one.engine.dispose()


# ── comparisons ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_draw_holds_what_it_was_drawn_from(store: Store) -> None:
    made = pairs(board(store), 10, uniform=0.4, seed=7)
    assert (made.bank, made.judge, made.history, made.unit, made.seed) == ("题库", "评委", "own", "pairs", 7)
    assert (made.frame, made.uniform, len(made.items)) == (36, 0.4, 10)
    assert made.questions == tuple(sorted(one.key for one in ONES))
    assert made.candidates == tuple(sorted(named(one).key for one in NAMES))
    assert made.name.startswith("题库-1-")
    assert draws_of(store) == [made]
    keys = {held(one, name).key: (one.id, name) for one in ONES for name in NAMES}
    for one in made.items:
        (left, name), (right, other) = (keys[key] for key in one.dialogues)
        assert left == right == one.question
        assert name != other
        assert one.scope == 0


def test_nothing_is_drawn_twice_and_in_the_end_all_is(store: Store) -> None:
    board(store)
    draws = [pairs(store, 15, seed=seed) for seed in range(3)]
    assert [(one.frame, len(one.items)) for one in draws] == [(36, 15), (21, 15), (6, 6)]
    assert set(targets(draws).values()) == {1}
    assert len(targets(draws)) == 36
    assert [one.name.split("-")[1] for one in draws] == ["1", "2", "3"]
    assert {one.probability for one in draws[2].items} == {1.0}
    assert draws[2].uniform == 1.0  # what was left whole was steered by nothing
    with pytest.raises(InputError, match="每一条都抽过了"):
        pairs(store, 1)


@pytest.mark.parametrize("count", [1, 7, 20, 35])
def test_chances_of_all_items_sum_to_the_number_drawn(fresh: Callable[[str], Store], count: int) -> None:
    """Of every item, seen by its chance in some seed: what was drawn under many seeds has the same chance in each."""
    store = board(fresh("一"))
    known = queue(store, PLAN)
    chance: dict[tuple[int, frozenset[str]], float] = {}
    for seed in range(300):
        made = draw_pairs(store, known, PLAN, count, 0.3, 0.0, seed)
        assert len(made.items) == count
        for one in made.items:
            assert chance.setdefault(one.target, one.probability) == one.probability
        if len(chance) == 36:
            break
    assert len(chance) == 36
    assert sum(chance.values()) == pytest.approx(count)
    assert all(0 < one <= 1 for one in chance.values())


def test_an_even_draw_gives_all_the_same_chance(store: Store) -> None:
    made = pairs(board(store), 9, uniform=1.0)
    assert {one.probability for one in made.items} == {0.25}
    assert Counter(int(one.question[1:]) % 2 for one in made.items).most_common()[0][1] <= 5  # spread over abilities


def test_what_is_doubted_more_is_drawn_more_often(store: Store) -> None:
    """甲 beats 乙 on eleven questions; that it loses the twelfth is against all else that is known."""
    filled(store, [said(pair(one, "甲", "乙"), LOSS if at == 11 else WIN) for at, one in enumerate(ONES)])
    known = queue(store, PLAN)
    made = [draw_pairs(store, known, PLAN, 3, 0.3, 0.0, seed) for seed in range(30)]
    chance = {one.question: one.probability for draw in made for one in draw.items}
    assert len(chance) == 12
    assert max(chance, key=chance.__getitem__) == "q11"
    assert len({round(one, 9) for one in chance.values()}) == 2


def test_a_part_is_for_two_readers(store: Store) -> None:
    made = pairs(board(store), 10, overlap=0.25)
    assert [one.reviewers for one in made.items] == [2, 2, 2, 1, 1, 1, 1, 1, 1, 1]
    assert {one.reviewers for one in pairs(store, 5, overlap=1.0).items} == {2}


def test_what_a_narrower_draw_drew_may_be_drawn_again(store: Store) -> None:
    board(store)
    narrow = pairs(store, 18, replace(PLAN, abilities=("计算",)))
    assert (narrow.frame, len(narrow.items)) == (18, 18)
    fewer = pairs(store, 6, replace(PLAN, candidates=("甲", "乙"), abilities=("闲聊",)))
    assert fewer.frame == 6
    wide = pairs(store, 36)
    assert (wide.frame, len(wide.items)) == (36, 36)
    # And what the wide one drew is drawn for every narrower one.
    with pytest.raises(InputError, match="每一条都抽过了"):
        pairs(store, 1, replace(PLAN, candidates=("甲", "丙")))


def test_a_draw_of_questions_leaves_comparisons_to_be_drawn(store: Store) -> None:
    board(store)
    scores(store, 12, PLAN)
    assert pairs(store, 5).frame == 36


def test_golden_history_is_drawn_apart(store: Store) -> None:
    board(store)
    board(store, history="golden")
    own = pairs(store, 36)
    golden = pairs(store, 36, replace(PLAN, history="golden"))
    assert (own.history, own.frame, golden.history, golden.frame) == ("own", 36, "golden", 36)
    assert not set(targets([own])) & set(targets([golden]))
    of_golden = {held(one, name, history="golden").key for one in ONES for name in NAMES}
    assert {key for one in golden.items for key in one.dialogues} == of_golden


def test_turns_are_items_of_their_own(store: Store) -> None:
    one = question(30, turns=2)
    filled(store, [said(pair(one, "甲", "乙", scope), WIN) for scope in (Scope(1), Scope(2))])
    made = pairs(store, 9)
    assert sorted(one.scope for one in made.items) == [1, 2]


def test_what_the_judge_left_open_may_be_drawn_and_what_nobody_answered_not(store: Store) -> None:
    filled(store, [said(pair(one, "甲", "乙"), WIN) for one in ONES[:4]])
    store.add(banks=[Bank("题库")], dialogues=[held(ONES[4], "甲"), held(ONES[4], "乙"), held(ONES[5], "甲")])
    made = pairs(store, 99)
    assert sorted(one.question for one in made.items) == ["q00", "q01", "q02", "q03", "q04"]
    assert ONES[5].key not in made.questions


def test_a_seed_says_the_same_in_every_store(fresh: Callable[[str], Store]) -> None:
    one, other = board(fresh("一")), board(fresh("二"), -1)
    assert one.question_codes("题库") != other.question_codes("题库")
    for seed in range(6):  # each drawn from what the ones before left
        first, second = (pairs(store, 5, overlap=0.5, seed=seed) for store in (one, other))
        assert [replace(each, probability=0) for each in first.items] == [
            replace(each, probability=0) for each in second.items
        ]
        assert [each.probability for each in first.items] == pytest.approx([each.probability for each in second.items])


def test_another_seed_draws_others(store: Store) -> None:
    known = queue(board(store), PLAN)
    one, other = (draw_pairs(store, known, PLAN, 8, 0.3, 0.0, seed) for seed in (3, 4))
    assert targets([one]) != targets([other])
    assert draw_pairs(store, known, PLAN, 8, 0.3, 0.0, 3) == one


def test_sides_are_turned_for_about_half(store: Store) -> None:
    made = pairs(board(store), 36)
    keys = {held(one, name).key: name for one in ONES for name in NAMES}
    shown = Counter((keys[one.dialogues[0]], keys[one.dialogues[1]]) in PAIRS for one in made.items)
    assert 9 <= shown[True] <= 27


# ── questions whose answers are scored ────────────────────────────────────────────────────────────────────────────────

MARKS = replace(PLAN, judge="打分")


def marks(store: Store, missing: tuple[int, str] = (99, "")) -> Store:
    filled(
        store,
        [
            marked(one, name, (number + at) % 10)
            for number, one in enumerate(ONES)
            for at, name in enumerate(NAMES)
            if (number, name) != missing
        ],
    )
    return store


def test_of_a_drawn_question_every_answer_is_an_item(store: Store) -> None:
    made = scores(marks(store), 4, MARKS)
    assert (made.unit, made.uniform, made.frame, made.judge) == ("scores", 1.0, 12, "打分")
    assert {round(one.probability, 9) for one in made.items} == {round(1 / 3, 9)}
    assert Counter(one.question for one in made.items) == dict.fromkeys({one.question for one in made.items}, 3)
    asked = {one.question for one in made.items}
    assert {key for one in made.items for key in one.dialogues} == {
        held(one, name).key for one in ONES if one.id in asked for name in NAMES
    }


def test_no_question_is_drawn_twice(store: Store) -> None:
    marks(store)
    first, second = scores(store, 5, MARKS), scores(store, 20, MARKS)
    assert (second.frame, len(second.items)) == (7, 21)
    assert not {one.question for one in first.items} & {one.question for one in second.items}
    with pytest.raises(InputError, match="每一条都抽过了"):
        scores(store, 1, MARKS)


def test_an_answer_that_is_not_there_is_no_item(store: Store) -> None:
    made = scores(marks(store, (3, "丙")), 12, MARKS)
    assert len(made.items) == 35


def test_questions_are_the_same_in_every_store(fresh: Callable[[str], Store]) -> None:
    one, other = fresh("一"), fresh("二")
    filled(one, [marked(each, name, 5) for each in ONES for name in NAMES])
    filled(other, [marked(each, name, 5) for each in ONES[::-1] for name in NAMES[::-1]])
    for seed in range(3):
        first, second = (scores(store, 3, MARKS, overlap=0.5, seed=seed) for store in (one, other))
        assert first.items == second.items


def test_names_of_draws_count_what_was_made_by_hand(store: Store) -> None:
    board(store)
    store.add(run=drawn("手工", [item(pair(ONES[0], "甲", "乙"), 0.5)], ONES, NAMES).run)
    made = pairs(store, 99)
    assert made.name.startswith("题库-2-")
    assert made.frame == 35
