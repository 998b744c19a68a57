from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from judge.hearing import place_of
from judge.records import (
    DIALOGUE,
    Answer,
    Bank,
    Candidate,
    Case,
    Dialogue,
    Judge,
    Judgment,
    Model,
    Plan,
    Question,
    Side,
    Turn,
    Unreadable,
    Verdict,
)
from judge.schedule import NOTHING, Part, Schedule, Standing, among, settled, standing
from judge.stats.sequential import LOOKS, betting, confidence_sequence
from judge.stopping import Order, Seen
from judge.store import Store, open_store
from judge.work import Design, Work, draw
from tests.test_stopping import LOSS, TIE, WIN, A, B, compared

JUDGE = Judge("评委", Model("test", "评委"), "pair")
PLAN = Plan(bank="题库", judge="评委", until="decided")
Said = Callable[[str, str, int], float | None]  # points of the first against the second on a question; None: unreadable
STRENGTH = {"甲": 3, "乙": 2, "丙": 1, "丁": 1}


def named(name: str) -> Candidate:
    return Candidate(name, Model("test", name))


def question(number: int) -> Question:
    return Question("题库", f"q{number}", ("计算", "闲聊")[number % 2], (Turn("问"),))


def held(one: Question, candidate: Candidate) -> Dialogue:
    return Dialogue(one, candidate, (Answer("问", f"{candidate.name}答"),))


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Callable[[str], Store]]:
    opened: list[Store] = []

    def new(name: str = "judge") -> Store:
        opened.append(open_store(str(tmp_path / f"{name}.db"), create=True))
        return opened[-1]

    yield new
    for one in opened:
        one.engine.dispose()


def laid_out(
    store: Store, count: int, names: Sequence[str], design: Design = "round-robin", *, back: bool = False
) -> Work:
    """Work on questions whose answers are in the store; `back`: put there from the last to the first."""
    questions, candidates = [question(at) for at in range(count)], [named(name) for name in names]
    dialogues = [held(one, candidate) for one in questions for candidate in candidates]
    turned = -1 if back else 1
    store.add(banks=[Bank("题库")], questions=questions[::turned], dialogues=dialogues[::turned])
    placed = draw(dialogues, [one.key for one in candidates], design=design, order="single")
    return Work(questions, candidates, {}, [], placed)


def judged(store: Store, work: Work, part: Part, said: Said) -> None:
    """Judge what a part asks for, as the script says."""
    found = []
    for one in work.questions:
        for pair in sorted(part.get(one.key, ()), key=sorted):
            first, second = (candidate for candidate in work.candidates if candidate.key in pair)
            points = said(first.name, second.name, int(one.id[1:]))
            sides = {1.0: Side.FIRST, 0.0: Side.SECOND}
            case = Case(one, DIALOGUE, (held(one, first), held(one, second)))
            side = sides.get(-1.0 if points is None else points, Side.TIE)
            result = Unreadable("没有结论") if points is None else Verdict(side, 0 if side is Side.TIE else 1)
            found.append(Judgment(case, JUDGE, result))
    store.add(judgments=found)


def sizes(part: Part, work: Work) -> dict[tuple[str, ...], int]:
    """How many questions of every pair, by name."""
    found: dict[tuple[str, ...], int] = {}
    for pairs in part.values():
        for pair in pairs:
            names = tuple(one.name for one in work.candidates if one.key in pair)
            found[names] = found.get(names, 0) + 1
    return found


def through(schedule: Schedule, said: Said) -> list[dict[tuple[str, ...], int]]:
    """Judge part after part until nothing is wanted."""
    found = []
    while part := schedule():
        found.append(sizes(part, schedule.work))
        judged(schedule.store, schedule.work, part, said)
    return found


def stronger(first: str, second: str, number: int) -> float:
    gap = STRENGTH[first] - STRENGTH[second]
    return 0.5 if gap == 0 else float(gap > 0)


def even(first: str, second: str, number: int) -> float:
    return float(number % 4 < 2)


def unread(first: str, second: str, number: int) -> None:
    return None


# ── how far a pair is ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_pair_stands_in_points_of_the_first_whichever_way_its_rows_do() -> None:
    rows = compared((1, WIN), (2, TIE), (3, LOSS, B, A), (4, WIN, A, 33), (5, WIN))
    of = Order(np.array([3, 1, 2, 5, 4]), 3)
    found = standing(rows, A, B, of, PLAN)
    values = np.array([1.0, 1.0, 0.5])
    assert found.seen.values.tolist() == values.tolist()
    assert found.seen.total == 5
    assert found.e_value == betting(values).both[-1]
    assert found.interval == confidence_sequence(values)
    other = standing(rows, B, A, of, PLAN)
    assert other.seen.values.tolist() == (1 - values).tolist()
    assert other.e_value == pytest.approx(found.e_value)


def test_who_is_ahead_is_said_by_the_interval() -> None:
    assert (stands(0.4, 0.9).ahead, stands(0.1, 0.6).ahead) == (1, -1)


def test_evidence_of_several_pairs_is_that_of_now_not_the_largest() -> None:
    """e-BH wants e-values of one time: an early lead that is gone decides nothing."""
    rows = compared((1, WIN), (2, WIN), (3, LOSS), (4, LOSS))
    found = standing(rows, A, B, Order(np.arange(1, 5), 4), PLAN)
    assert found.e_value == betting(np.array([1.0, 1, 0, 0])).both[3]
    assert found.e_value < betting(np.array([1.0, 1])).both[1]


def test_of_a_bank_the_rest_is_known_to_be_few() -> None:
    rows = compared((1, WIN), (2, WIN), (3, WIN))
    of = Order(np.arange(1, 5), 3)
    assert standing(rows, A, B, of, replace(PLAN, target="bank")).e_value == np.inf
    assert standing(rows, A, B, of, PLAN).e_value < 10


def stands(low: float, high: float, e_value: float = 1.0) -> Standing:
    return Standing(Seen(np.zeros(1), 9), e_value, (low, high))


def test_one_pair_is_decided_as_compare_decides() -> None:
    """The margin is 3 points: above 47 the first may take the place, below 50 it may not."""
    plan = replace(PLAN, margin=3.0)
    for low, high, decided, equal in (
        (0.48, 0.9, True, False),
        (0.469, 0.9, False, False),
        (0.1, 0.499, True, False),
        (0.1, 0.501, False, False),
        (0.475, 0.525, True, True),
        (0.475, 0.531, True, False),
    ):
        assert settled([stands(low, high)], plan) == ([decided], [equal])


def test_several_pairs_are_decided_together() -> None:
    """At 5 %, of three the largest needs 60, two of them 30 each."""
    open_one = stands(0.4, 0.9)
    e_values = [[59.9, 1, 1], [60.1, 1, 1], [31, 31, 1], [31, 29, 1], [21, 21, 21]]
    found = [settled([replace(open_one, e_value=e) for e in row], PLAN)[0] for row in e_values]
    no = False
    assert found == [[no] * 3, [True, no, no], [True, True, no], [no] * 3, [True] * 3]
    equal = settled([stands(0.48, 0.52), stands(0.48, 0.54)], replace(PLAN, margin=3.0))
    assert equal == ([no, no], [True, no])


def test_of_looks_several_pairs_are_decided_by_stricter_intervals() -> None:
    plan = replace(PLAN, until="looks")
    assert settled([stands(0.51, 0.9, 1.0), stands(0.5, 0.9, 1e9), stands(0.1, 0.49)], plan)[0] == [True, False, True]
    assert among(plan, 5).confidence == pytest.approx(0.99)
    assert among(plan, 0).confidence == pytest.approx(0.95)
    assert among(PLAN, 5) is PLAN


# ── one pair ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_pair_is_judged_sixteen_at_a_time_until_it_is_decided(fresh: Callable[..., Store]) -> None:
    store = fresh()
    work = laid_out(store, 60, ["甲", "乙"])
    schedule = Schedule(store, work, PLAN)
    first = schedule()
    assert set(first) == set(schedule.orders["甲", "乙"][:16])
    assert store.reached(list(schedule.places.values())) == {schedule.places["甲", "乙"]: 16}  # before it is asked
    judged(store, work, first, stronger)
    assert schedule() == {}
    low, _ = confidence_sequence(np.ones(16))
    assert low > 0.5


def test_a_pair_that_is_never_decided_is_judged_to_the_end(fresh: Callable[..., Store]) -> None:
    store = fresh()
    schedule = Schedule(store, laid_out(store, 40, ["甲", "乙"]), PLAN)
    assert [one["甲", "乙"] for one in through(schedule, even)] == [16, 16, 8]
    assert schedule() == {}


def test_unreadable_replies_decide_nothing(fresh: Callable[..., Store]) -> None:
    store = fresh()
    schedule = Schedule(store, laid_out(store, 20, ["甲", "乙"]), PLAN)
    assert [one["甲", "乙"] for one in through(schedule, unread)] == [16, 4]


def test_looks_are_at_equal_shares_of_the_questions(fresh: Callable[..., Store]) -> None:
    store = fresh()
    plan = replace(PLAN, until="looks")
    schedule = Schedule(store, laid_out(store, 25, ["甲", "乙"]), plan)
    ends = np.cumsum([one["甲", "乙"] for one in through(schedule, even)]).tolist()
    assert ends == [round(2.5 * look) for look in range(1, LOOKS + 1)]


def test_looks_of_few_questions_are_at_every_one(fresh: Callable[..., Store]) -> None:
    store = fresh()
    schedule = Schedule(store, laid_out(store, 4, ["甲", "乙"]), replace(PLAN, until="looks"))
    assert [one["甲", "乙"] for one in through(schedule, even)] == [1, 1, 1, 1]


def test_a_run_that_goes_on_in_another_way_begins_with_the_first_look(fresh: Callable[..., Store]) -> None:
    """Sixteen were asked in another order, of which the looks know nothing."""
    store = fresh()
    work = laid_out(store, 40, ["甲", "乙"])
    judged(store, work, Schedule(store, work, PLAN)(), even)
    found = through(Schedule(store, work, replace(PLAN, until="looks")), even)
    assert [one["甲", "乙"] for one in found] == [4] * 10


# ── a fresh process ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_fresh_process_first_fills_what_an_earlier_one_began(fresh: Callable[..., Store]) -> None:
    store, untouched = fresh("一"), fresh("二")
    names = ["甲", "乙", "丙", "丁"]
    work, same = laid_out(store, 30, names), laid_out(untouched, 30, names)
    begun = Schedule(store, work, PLAN)
    part = begun()
    half = {key: pairs for at, (key, pairs) in enumerate(sorted(part.items())) if at % 2}
    judged(store, work, half, stronger)  # and then it was killed
    again = Schedule(store, work, PLAN)
    assert again() == part
    judged(store, work, part, stronger)
    whole = Schedule(untouched, same, PLAN)
    judged(untouched, same, whole(), stronger)
    while wanted := whole():
        assert again() == wanted
        judged(untouched, same, wanted, stronger)
        judged(store, work, wanted, stronger)
    assert again() == {}
    assert Schedule(store, work, PLAN)() != {}  # what was asked, to be filled
    assert store.reached(list(again.places.values())) == untouched.reached(list(whole.places.values()))


def test_what_another_run_asked_is_another_runs(fresh: Callable[..., Store]) -> None:
    store = fresh()
    work = laid_out(store, 40, ["甲", "乙"])
    Schedule(store, work, PLAN)()
    other = Schedule(store, work, replace(PLAN, seed=1))
    assert sizes(other(), work) == {("甲", "乙"): 16}
    assert other.orders != Schedule(store, work, PLAN).orders
    turned = place_of(PLAN, "题库", ["乙", "甲"])
    assert turned == Schedule(store, work, PLAN).places["甲", "乙"]


# ── boards ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_against_a_baseline_five_at_a_time_of_every_pair(fresh: Callable[..., Store]) -> None:
    """乙 and 丙 both lose to 甲 all the time; 丁 wins half of its games and is judged to the end."""
    store = fresh()
    schedule = Schedule(store, laid_out(store, 30, ["乙", "丙", "丁", "甲"], "baseline"), PLAN)
    assert schedule.pairs == [("乙", "甲"), ("丙", "甲"), ("丁", "甲")]

    def said(first: str, second: str, number: int) -> float:
        return even(first, second, number) if first == "丁" else stronger(first, second, number)

    found = through(schedule, said)
    assert found[0] == {("乙", "甲"): 5, ("丙", "甲"): 5, ("丁", "甲"): 5}
    # Two pairs fall together once each e-value is 3 / (2 · .05) = 30.
    used = next(n for n in range(1, 30) if betting(np.ones(n)).both[-1] >= 30)
    assert sum(one.get(("乙", "甲"), 0) for one in found) == sum(one.get(("丙", "甲"), 0) for one in found)
    assert sum(one.get(("乙", "甲"), 0) for one in found) == 5 * -(-used // 5)
    assert sum(one.get(("丁", "甲"), 0) for one in found) == 30


def test_a_round_robin_warms_up_and_then_draws_pairs_that_are_open(fresh: Callable[..., Store]) -> None:
    store = fresh()
    schedule = Schedule(store, laid_out(store, 60, ["甲", "乙", "丙"]), PLAN)
    assert schedule.pairs == [("甲", "乙"), ("甲", "丙"), ("乙", "丙")]
    first = schedule()
    assert sizes(first, schedule.work) == dict.fromkeys(schedule.pairs, 5)
    for pair, keys in schedule.orders.items():
        met = frozenset(one.key for one in schedule.work.candidates if one.name in pair)
        assert {key for key, pairs in first.items() if met in pairs} == set(keys[:5])
    judged(store, schedule.work, first, stronger)
    second = sizes(schedule(), schedule.work)
    assert sum(second.values()) == 12  # four for each open pair
    assert set(second) <= set(schedule.pairs)


def test_no_two_pairs_share_an_order(fresh: Callable[..., Store]) -> None:
    store = fresh()
    orders = list(Schedule(store, laid_out(store, 30, ["甲", "乙", "丙"]), PLAN).orders.values())
    assert len({tuple(one) for one in orders}) == 3
    assert len({frozenset(one) for one in orders}) == 1


def test_decided_pairs_are_asked_no_more_and_equals_to_the_end(fresh: Callable[..., Store]) -> None:
    """丙 and 丁 win by turns: they are never told apart, and all others are."""
    store = fresh()
    schedule = Schedule(store, laid_out(store, 40, ["甲", "丙", "丁"]), PLAN)

    def said(first: str, second: str, number: int) -> float:
        return even(first, second, number) if {first, second} == {"丙", "丁"} else 1.0

    found = through(schedule, said)
    total = {pair: sum(one.get(pair, 0) for one in found) for pair in schedule.pairs}
    assert total["丙", "丁"] == 40
    assert 10 <= total["甲", "丙"] < 40
    assert 10 <= total["甲", "丁"] < 40
    # Both others fall together once each e-value is 3 / (2 · .05) = 30.
    used = next(n for n in range(1, 40) if betting(np.ones(n)).both[-1] >= 30)
    so_far = dict.fromkeys(schedule.pairs, 0)
    for one in found:
        if min(so_far["甲", "丙"], so_far["甲", "丁"]) >= used:
            assert set(one) == {("丙", "丁")}
        so_far = {pair: count + one.get(pair, 0) for pair, count in so_far.items()}
    assert min(so_far["甲", "丙"], so_far["甲", "丁"]) >= used


def test_a_bank_smaller_than_the_warm_up_is_asked_whole_once(fresh: Callable[..., Store]) -> None:
    store = fresh()
    schedule = Schedule(store, laid_out(store, 3, ["甲", "乙", "丙"]), PLAN)
    assert through(schedule, even) == [dict.fromkeys(schedule.pairs, 3)]


def test_on_a_bank_judged_whole_nothing_is_left(fresh: Callable[..., Store]) -> None:
    store = fresh()
    schedule = Schedule(store, laid_out(store, 7, ["甲", "乙", "丙"]), PLAN)
    found = through(schedule, even)
    assert {pair: sum(one.get(pair, 0) for one in found) for pair in schedule.pairs} == dict.fromkeys(schedule.pairs, 7)


def test_looks_of_a_board_are_each_pairs_own(fresh: Callable[..., Store]) -> None:
    store = fresh()
    schedule = Schedule(store, laid_out(store, 20, ["甲", "乙", "丙"]), replace(PLAN, until="looks"))
    found = through(schedule, even)
    assert found == [dict.fromkeys(schedule.pairs, 2)] * LOOKS


def test_nothing_hangs_on_the_order_in_which_a_store_was_filled(fresh: Callable[..., Store]) -> None:
    names = ["甲", "乙", "丙", "丁"]
    one, other = fresh("一"), fresh("二")
    first = Schedule(one, laid_out(one, 40, names), PLAN)
    second = Schedule(other, laid_out(other, 40, names, back=True), PLAN)
    assert one.question_codes("题库") != other.question_codes("题库")
    assert one.candidates("题库") != other.candidates("题库")
    assert first.orders == second.orders

    def said(first: str, second: str, number: int) -> float:
        return even(first, second, number) if number % 3 else stronger(first, second, number)

    while wanted := first():
        assert second() == wanted
        for schedule in (first, second):
            judged(schedule.store, schedule.work, wanted, said)
    assert second() == {}


def test_before_anything_was_seen_a_pair_is_open() -> None:
    assert settled([NOTHING], PLAN) == ([False], [False])
    assert settled([NOTHING, NOTHING], PLAN) == ([False, False], [False, False])
