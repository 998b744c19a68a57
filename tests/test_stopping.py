from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from judge.comparison import Comparisons, State
from judge.records import Plan
from judge.stats.intervals import Estimate
from judge.stats.sequential import BETS, confidence_sequence, repeated_interval
from judge.stats.win_rate import WinRates, win_rates
from judge.stopping import Order, Seen, Stopping, against, anytime, ends, in_order, sequence, stopping

A, B, C = 11, 22, 33  # candidates' codes
WIN, TIE, LOSS = (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)  # win, tie
DECIDED, LOOKS = Plan(until="decided"), Plan(until="looks")
BANK = replace(DECIDED, target="bank")


def compared(
    *said: tuple[int, tuple[float, float] | State] | tuple[int, tuple[float, float] | State, int, int],
) -> Comparisons:
    """(question, (win, tie) or why there is no verdict[, first, second]) per row."""
    states = [State.JUDGED if isinstance(one[1], tuple) else one[1] for one in said]
    shares = np.array([one[1] if isinstance(one[1], tuple) else LOSS for one in said], np.float64).reshape(-1, 2)
    sides = np.array([one[2:] or (A, B) for one in said], np.int64).reshape(-1, 2)
    judged = np.array(states, np.int64) == State.JUDGED
    none, nothing = np.zeros(len(said), np.int64), np.zeros(len(said), bool)
    return Comparisons(
        question=np.array([one[0] for one in said], np.int64),
        scope=none,
        sample=none,
        first=sides[:, 0],
        second=sides[:, 1],
        state=np.array(states, np.int64),
        win=shares[:, 0],
        tie=shares[:, 1],
        loss=(1 - shares.sum(axis=1)) * judged,
        label=none,
        placements=none,
        flipped=nothing,
        opposed=nothing,
        settled=nothing,
        texts_differ=nothing,
        as_first=none.astype(float),
        as_second=none.astype(float),
    )


def order(*questions: int, reached: int) -> Order:
    return Order(np.array(questions, np.int64), reached)


def seen(rows: Comparisons, of: Order) -> tuple[list[float | None], int]:
    """Values in order, None where there is no verdict, and how many questions there are."""
    found = sequence(rows.half_tie, rows, of)
    return [None if math.isnan(one) else one for one in found.values.tolist()], found.total


def rates(rows: Comparisons) -> WinRates:
    judged = rows.take(rows.judged)
    found = win_rates(judged.win, judged.tie, judged.question, len(rows) - len(judged))
    assert found is not None
    return found


# ── in which order questions are asked ────────────────────────────────────────────────────────────────────────────────


def test_the_order_hangs_on_content_and_seed_alone() -> None:
    keys = [f"k{at}" for at in range(12)]
    abilities = ["计算" if at % 3 else "闲聊" for at in range(12)]
    listed = [keys[at] for at in in_order(keys, abilities, "对")]
    assert sorted(listed) == sorted(keys)
    back = [keys[::-1][at] for at in in_order(keys[::-1], abilities[::-1], "对")]
    assert back == listed
    assert [keys[at] for at in in_order(keys, abilities, "另一对")] != listed


def test_every_beginning_holds_each_ability_in_its_share() -> None:
    abilities = ["计算"] * 30 + ["闲聊"] * 10
    found = [abilities[at] for at in in_order([f"k{at}" for at in range(40)], abilities, 0)]
    for end in range(4, 41):
        assert Counter(found[:end])["闲聊"] == pytest.approx(end / 4, abs=1)


def test_some_of_the_questions_keep_their_order_and_how_far_it_came() -> None:
    part = order(7, 3, 9, 1, 5, reached=3).among(np.array([1, 9, 3, 4]))
    assert (part.questions.tolist(), part.reached) == ([3, 9, 1], 2)
    assert order(7, 3, reached=1).among(np.array([3])).reached == 0
    none = order(7, 3, reached=2).among(np.zeros(0, np.int64))
    assert (none.questions.tolist(), none.reached) == ([], 0)


# ── what was seen ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_values_come_in_the_order_in_which_questions_were_asked() -> None:
    rows = compared((1, WIN), (2, TIE), (3, LOSS), (4, WIN))
    assert seen(rows, order(3, 1, 4, 2, reached=3)) == ([0.0, 1.0, 1.0], 4)


def test_what_was_judged_beyond_what_was_reached_was_not_seen() -> None:
    """A pilot's questions stand anywhere in the order; so does a question that is in no order."""
    rows = compared((1, WIN), (2, LOSS), (8, WIN))
    assert seen(rows, order(2, 4, 1, reached=1)) == ([0.0], 3)
    assert seen(rows, order(2, 4, 1, reached=0)) == ([], 3)


@pytest.mark.parametrize("state", [State.UNREADABLE, State.UNANSWERED, State.MISSING])
def test_a_question_without_a_verdict_has_no_value_and_counts(state: State) -> None:
    assert seen(compared((1, WIN), (2, state), (3, TIE)), order(1, 2, 3, reached=3)) == ([1.0, None, 0.5], 3)


def test_a_question_without_a_dialogue_is_none() -> None:
    """One that was met on the way is left out of the total; one that comes later is not known to lack it yet."""
    rows = compared((1, WIN), (2, State.NO_DIALOGUE), (3, TIE), (4, State.NO_DIALOGUE))
    assert seen(rows, order(2, 1, 3, 4, reached=3)) == ([1.0, 0.5], 3)
    assert seen(rows.take(rows.question == 1), order(2, 1, reached=2)) == ([1.0], 1)  # of which there is not even a row


def test_turns_of_one_question_are_one_value() -> None:
    """The mean of those that were judged; a turn without a dialogue takes nothing away."""
    rows = compared((1, WIN), (1, TIE), (1, State.UNREADABLE), (2, LOSS), (2, State.NO_DIALOGUE))
    assert seen(rows, order(1, 2, reached=2)) == ([0.75, 0.0], 2)


def test_no_rows_are_no_values() -> None:
    assert seen(compared(), order(1, 2, reached=0)) == ([], 2)
    assert seen(compared(), order(reached=0)) == ([], 0)


# ── how far it went ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_evidence_of_two_wins_by_hand() -> None:
    """Every stake gains half of itself twice, or loses it twice on the other side."""
    rows = compared((1, WIN), (2, WIN), (3, State.MISSING))
    found = stopping(rows, order(2, 1, 3, reached=2), DECIDED)
    assert found == Stopping(
        "decided", "like", 2, 3, 0, pytest.approx(np.mean((1 + BETS / 2) ** 2 + (1 - BETS / 2) ** 2) / 2)
    )


def test_the_largest_evidence_on_the_way_counts() -> None:
    one = compared((1, WIN), (2, WIN))
    most = stopping(one, order(1, 2, reached=2), DECIDED).e_value
    later = compared((1, WIN), (2, WIN), (3, LOSS), (4, LOSS))
    found = stopping(later, order(1, 2, 3, 4, reached=4), DECIDED)
    assert (found.used, found.e_value) == (4, most)


def test_evidence_on_a_bank_is_certain_once_the_rest_cannot_turn_it() -> None:
    rows = compared((1, WIN), (2, WIN), (3, WIN), (4, State.MISSING))
    assert stopping(rows, order(1, 2, 3, 4, reached=2), BANK).e_value != math.inf
    assert stopping(rows, order(1, 2, 3, 4, reached=3), BANK) == Stopping("decided", "bank", 3, 4, 0, math.inf)


def test_what_was_not_read_is_counted_and_is_evidence_for_nobody() -> None:
    rows = compared((1, WIN), (2, State.UNREADABLE))
    found = stopping(rows, order(1, 2, reached=2), DECIDED)
    assert (found.used, found.unread) == (2, 1)
    first = np.mean((1 + BETS / 2) + (1 - BETS / 2)) / 2
    both = np.mean((1 + BETS / 2) * (1 - BETS / 2) + (1 - BETS / 2) * (1 - BETS / 2)) / 2
    assert first == 1.0
    assert both < 1
    assert found.e_value == pytest.approx(1.0)  # the win alone; then neither side gains


def test_looks_have_no_e_value() -> None:
    rows = compared((1, WIN), (2, WIN))
    assert stopping(rows, order(1, 2, reached=2), LOOKS) == Stopping("looks", "like", 2, 2, 0, None)


def test_nothing_asked_is_no_evidence() -> None:
    assert stopping(compared((1, State.MISSING)), order(1, reached=0), DECIDED).e_value == 1.0


# ── intervals at that time ────────────────────────────────────────────────────────────────────────────────────────────

LONG = compared(*((at, (WIN, WIN, TIE, LOSS, State.UNREADABLE)[at % 5]) for at in range(40)))
ASKED = Order(np.random.default_rng(3).permutation(40), 30)


def test_an_interval_that_allows_for_stopping_is_the_confidence_sequence_of_the_same_values() -> None:
    place = ASKED.questions[:30]
    values = np.where(LONG.judged[place], LONG.half_tie[place], math.nan)
    assert ends(sequence(LONG.half_tie, LONG, ASKED), DECIDED) == confidence_sequence(values, None, 0.95)
    assert ends(sequence(LONG.half_tie, LONG, ASKED), BANK) == confidence_sequence(values, 40, 0.95)
    strict = replace(DECIDED, confidence=0.99)
    assert ends(sequence(LONG.half_tie, LONG, ASKED), strict) == confidence_sequence(values, None, 0.99)


def test_anytime_moves_the_ends_and_nothing_else() -> None:
    found = rates(LONG)
    wider = anytime(found, LONG, ASKED, BANK)
    place = ASKED.questions[:30]
    for name, each in (
        ("open_score", LONG.win + LONG.tie),
        ("win_rate", LONG.win),
        ("half_tie", LONG.half_tie),
    ):
        values = np.where(LONG.judged[place], each[place], math.nan)
        low, high = confidence_sequence(values, 40, 0.95)
        before: Estimate = getattr(found, name)
        assert getattr(wider, name) == replace(before, low=100 * low, high=100 * high, effective=None)
    assert replace(wider, open_score=found.open_score, win_rate=found.win_rate, half_tie=found.half_tie) == found


@pytest.mark.parametrize(("used", "look"), [(4, 1), (8, 2), (20, 5), (40, 10), (1, 1), (3, 1), (7, 2)])
def test_of_looks_the_interval_is_that_of_the_last_one(used: int, look: int) -> None:
    rows = compared(*((at, (WIN, LOSS, WIN)[at % 3]) for at in range(40)))
    values = sequence(rows.half_tie, rows, Order(np.arange(40), used))
    assert ends(values, LOOKS) == repeated_interval(values.values, look, alpha=1 - LOOKS.confidence)


def test_nothing_seen_leaves_everything_open() -> None:
    assert ends(Seen(np.zeros(0), 0), DECIDED) == (0.0, 1.0)
    assert ends(Seen(np.zeros(0), 0), LOOKS) == (0.0, 1.0)
    assert ends(Seen(np.zeros(0), 9), BANK) == (0.0, 1.0)


# ── one candidate against all others ──────────────────────────────────────────────────────────────────────────────────


def halves(rows: Comparisons, orders: dict[frozenset[int], Order], plan: Plan = DECIDED) -> Estimate | None:
    return against(rows.half_tie, rows, orders, plan)


def test_against_one_opponent_is_the_pair() -> None:
    found = halves(LONG, {frozenset({A, B}): ASKED})
    mine = sequence(LONG.half_tie, LONG, ASKED)
    assert found is not None
    assert (found.value, found.low, found.high) == (np.nanmean(mine.values), *ends(mine, DECIDED))
    assert (found.clusters, found.rows) == (32, 32)  # of judged rows, whether asked for or there before


def test_several_opponents_weigh_the_same_and_their_intervals_hold_together() -> None:
    """Three of four against B and all six against C: the mean of .75 and 1, each interval at 97.5 percent."""
    with_b = [(at, WIN if at else LOSS) for at in range(4)]
    rows = compared(*with_b, *((at, WIN, A, C) for at in range(6)))
    orders = {frozenset({A, B}): order(*range(8), reached=4), frozenset({A, C}): order(*range(7, -1, -1), reached=8)}
    found = halves(rows, orders)
    assert found is not None
    assert found.value == 0.875
    one = confidence_sequence(np.array([0.0, 1, 1, 1]), None, 0.975)
    other = confidence_sequence(np.ones(6), None, 0.975)
    assert (found.low, found.high) == pytest.approx(np.mean([one, other], axis=0))
    assert (found.clusters, found.rows) == (6, 10)


def test_turned_sides_are_one_less_the_same() -> None:
    turned = replace(LONG, first=LONG.second, second=LONG.first, win=LONG.loss, loss=LONG.win)
    orders = {frozenset({A, B}): ASKED}
    one, other = halves(LONG, orders), halves(turned, orders)
    assert one is not None
    assert other is not None
    assert (other.value, other.low, other.high) == pytest.approx((1 - one.value, 1 - one.high, 1 - one.low))


def test_opponents_are_those_that_were_judged_and_asked_for() -> None:
    """A pair without an order, or of which no question asked for has a verdict, adds nothing."""
    rows = compared((1, WIN), (1, LOSS, A, C), (2, LOSS, A, 44))
    orders = {frozenset({A, B}): order(1, 2, reached=1), frozenset({A, 44}): order(1, 2, reached=1)}
    found = halves(rows, orders)
    assert found is not None
    assert found.value == 1.0
    assert halves(compared((1, State.UNREADABLE)), {frozenset({A, B}): order(1, reached=1)}) is None
    assert halves(compared(), {}) is None
    assert halves(compared((1, WIN)), {}) is None


def test_of_looks_against_several_each_is_held_more_strictly() -> None:
    rows = compared(*((at, (WIN, LOSS, WIN)[at % 3], A, other) for at in range(20) for other in (B, C)))
    orders = {frozenset({A, other}): Order(np.arange(20), 10) for other in (B, C)}
    found = halves(rows, orders, LOOKS)
    values = rows.half_tie[rows.second == B][:10]
    assert found is not None
    assert (found.low, found.high) == pytest.approx(repeated_interval(values, 5, alpha=0.025))
