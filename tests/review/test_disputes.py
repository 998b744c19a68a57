from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.review.disputes import (
    TOP,
    WEIGHTS,
    Capture,
    Reason,
    Signals,
    capture,
    doubt,
    learned,
    ranks,
    reasons,
    standardised,
)

NONE = math.nan
KNOWN_OR_NOT = st.one_of(st.integers(-20, 20).map(float), st.just(NONE))


def signals(rows: int, **known: list[float]) -> Signals:
    """Signals of which only the named ones say anything."""
    return Signals(**{name: np.array(known.get(name, [NONE] * rows), float) for name in WEIGHTS})


def nobody(rows: int) -> np.ndarray:
    return np.zeros(rows, bool)


def captured(doubts: np.ndarray, wrong: np.ndarray, weight: np.ndarray | None = None) -> Capture:
    found = capture(doubts, wrong, weight)
    assert found is not None
    return found


# ── ranks ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_ranks_by_hand() -> None:
    """Of 3, 1, 1 and 2 the ones share places 1 and 2; a place is the middle of its quarter."""
    assert ranks(np.array([3.0, 1.0, 1.0, NONE, 2.0])).tolist() == [0.875, 0.25, 0.25, 0.5, 0.625]
    assert ranks(np.array([math.inf, -math.inf, 0.0])).tolist() == pytest.approx([5 / 6, 1 / 6, 0.5])
    assert ranks(np.full(3, NONE)).tolist() == [0.5] * 3
    assert ranks(np.zeros(0)).tolist() == []


@given(st.lists(KNOWN_OR_NOT, max_size=30))
def test_ranks_follow_the_order_and_nothing_else(values: list[float]) -> None:
    given_values = np.array(values, float)
    found = ranks(given_values)
    assert ranks(np.exp(given_values / 7) - 100).tolist() == found.tolist()
    assert ranks(-given_values) == pytest.approx(1 - found, abs=1e-12)
    assert ((found > 0) & (found < 1)).all()
    if len(values):
        assert found.mean() == pytest.approx(0.5)


@given(st.lists(st.tuples(KNOWN_OR_NOT, st.integers(0, 2)), max_size=30))
def test_groups_are_ranked_apart(rows: list[tuple[float, int]]) -> None:
    values, groups = np.array([one for one, _ in rows]), np.array([group for _, group in rows], np.int64)
    found = ranks(values, groups)
    for group in range(3):
        assert found[groups == group].tolist() == ranks(values[groups == group]).tolist()


# ── doubt ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_doubt_by_hand() -> None:
    """Order ranks 1/6, 1/2, 5/6 of weight 1, strength 5/6, 1/2, 1/6 of weight 1/2; what tells no rows apart says nothing."""
    of = signals(3, order=[0, 1, 2], strength=[0.3, 0.2, 0.1], panel=[1, 1, 1])
    assert of.known == ("order", "strength")
    assert doubt(of, nobody(3), nobody(3)) == pytest.approx([7 / 18, 1 / 2, 11 / 18], abs=1e-12)


def test_ties_are_ranked_among_themselves_and_count_half() -> None:
    of = signals(4, margin=[5.0, 1.0, 9.0, 7.0])
    found = doubt(of, np.array([True, True, False, False]), nobody(4))
    assert found == pytest.approx([0.75 / 2, 0.25 / 2, 0.75, 0.25])


def test_what_was_not_judged_comes_first() -> None:
    of = signals(3, margin=[5.0, NONE, 9.0])
    found = doubt(of, np.array([False, True, False]), np.array([False, True, False]))
    assert found.argmax() == 1
    assert found[1] == 1.0


def test_where_nothing_is_known_all_are_doubted_alike() -> None:
    assert doubt(signals(3), nobody(3), nobody(3)).tolist() == [0.5] * 3
    assert doubt(signals(3), np.array([False, True, False]), nobody(3)).tolist() == [0.5, 0.25, 0.5]
    assert doubt(signals(0), nobody(0), nobody(0)).tolist() == []
    assert signals(3).known == ()
    assert signals(3, order=[1, NONE, NONE]).known == ()


@given(st.lists(st.tuples(KNOWN_OR_NOT, KNOWN_OR_NOT, st.booleans(), st.booleans()), max_size=25))
def test_doubt_is_a_share_and_grows_with_what_speaks_against(rows: list[tuple[float, float, bool, bool]]) -> None:
    order, margin, tie, unjudged = zip(*rows, strict=True) if rows else ((), (), (), ())
    of = signals(len(rows), order=list(order), margin=list(margin))
    ties, open_rows = np.array(tie, bool), np.array(unjudged, bool)
    found = doubt(of, ties, open_rows)
    assert ((found >= 0) & (found <= 1)).all()
    assert (found[open_rows] == 1).all()
    mapped = signals(len(rows), order=[2 * one + 5 for one in order], margin=[math.exp(one / 9) for one in margin])
    assert doubt(mapped, ties, open_rows).tolist() == found.tolist()
    # One that has more of both signals than another of its kind is doubted more.
    for one in np.flatnonzero(~open_rows):
        for other in np.flatnonzero(~open_rows & (ties == ties[one])):
            if order[one] > order[other] and margin[one] > margin[other]:
                assert found[one] > found[other]


# ── reasons ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_reasons_are_what_contradicts_the_verdict_weightiest_first() -> None:
    of = signals(4, order=[0, 1, 2, NONE], margin=[-1, 0, 2, 1], offline=[0.1, 0.3, 1.0, -2.0])
    state = None
    assert reasons(of, 0, tie=False, state=state) == ()
    # Offline speaks louder than on two of four rows, order and margin than on one of three and one of four.
    assert reasons(of, 1, tie=False, state=state) == (Reason("offline", 0.3), Reason("order", 1), Reason("margin", 0))
    assert {one.why for one in reasons(of, 2, tie=False, state=state)} == {"order", "margin", "offline"}
    assert reasons(of, 3, tie=False, state=state) == (Reason("margin", 1),)


def test_a_tie_needs_sides_that_seem_further_apart() -> None:
    of = signals(2, order=[0, 1], margin=[0, 0.5], offline=[0.9, 1.1], strength=[0.9, 1.1])
    assert reasons(of, 0, tie=True) == ()
    assert {one.why for one in reasons(of, 1, tie=True)} == {"order", "margin", "offline", "strength"}
    assert {one.why for one in reasons(of, 0, tie=False)} == {"margin", "offline", "strength"}


def test_what_was_not_judged_has_that_reason_alone() -> None:
    of = signals(1, order=[2])
    assert reasons(of, 0, tie=False, state="missing") == (Reason("missing"),)
    assert reasons(of, 0, tie=True, state="unread") == (Reason("unread"),)
    assert reasons(signals(1), 0, tie=False) == ()


# ── capture ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_capture_by_hand() -> None:
    """Ten items, errors at places 1, 3 and 10: the first tenth holds one of three, the first three tenths two."""
    wrong = np.array([True, False, True, False, False, False, False, False, False, True])
    found = captured(np.arange(10, 0, -1) / 10, wrong)
    assert found.found == pytest.approx((1 / 3, 1 / 3, 2 / 3))
    assert found.oracle == pytest.approx((1 / 3, 2 / 3, 1))
    assert (found.errors, found.audits) == (0.3, 10)
    assert found.lift == pytest.approx(10 / 3)
    assert found.helps


@given(st.lists(st.booleans(), min_size=1, max_size=40).filter(any))
def test_a_queue_without_an_order_finds_the_share_looked_at(wrong: list[bool]) -> None:
    found = captured(np.full(len(wrong), 0.3), np.array(wrong))
    assert found.found == pytest.approx(TOP)
    assert found.lift == pytest.approx(1)
    assert not found.helps


@given(st.lists(st.tuples(st.booleans(), st.floats(0.5, 20)), min_size=1, max_size=40))
def test_a_queue_that_knows_all_errors_is_the_oracle(rows: list[tuple[bool, float]]) -> None:
    wrong, weight = np.array([one for one, _ in rows]), np.array([one for _, one in rows])
    for mass in (None, weight):
        best = capture(wrong.astype(float), wrong, mass)
        worst = capture(-wrong.astype(float), wrong, mass)
        if best is None or worst is None:
            assert not wrong.any()
            continue
        assert best.found == pytest.approx(best.oracle)
        right = 1 - best.errors
        lowest = tuple(max(0.0, (one - right) / best.errors) for one in TOP)
        assert worst.found == pytest.approx(lowest, abs=1e-9)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(1, 4)), min_size=1, max_size=25))
def test_a_weight_is_so_many_items(rows: list[tuple[int, bool, int]]) -> None:
    doubts, wrong, weight = (np.array(column) for column in zip(*rows, strict=True))
    weighed = capture(doubts / 5, wrong, weight.astype(float))
    counted = capture(np.repeat(doubts / 5, weight), np.repeat(wrong, weight))
    if weighed is None or counted is None:
        assert weighed is counted is None
        return
    assert weighed.found == pytest.approx(counted.found)
    assert weighed.oracle == pytest.approx(counted.oracle)
    assert weighed.errors == pytest.approx(counted.errors)
    assert (weighed.audits, counted.audits) == (len(rows), weight.sum())


def test_equal_doubts_are_looked_at_in_random_order() -> None:
    """The mean over 4,000 shuffles of items that are doubted alike, within its own error."""
    random = np.random.default_rng(51)
    doubts = np.array([0.9, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.1, 0.1, 0.1])
    wrong = np.array([0, 1, 1, 0, 0, 0, 1, 1, 0, 0], bool)
    found = []
    for _ in range(4000):
        order = np.argsort(-(doubts + 1e-3 * random.random(10)))
        found.append([wrong[order[:count]].sum() / 4 for count in (1, 2, 3)])
    assert captured(doubts, wrong).found == pytest.approx(np.mean(found, axis=0), abs=0.02)


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_nothing_wrong_is_nothing_to_find(rows: int) -> None:
    assert capture(np.arange(rows) / 5, nobody(rows)) is None


def test_where_all_are_wrong_no_queue_helps() -> None:
    found = captured(np.arange(5) / 5, np.ones(5, bool))
    assert found.found == pytest.approx(TOP)
    assert found.oracle == pytest.approx(TOP)
    assert found.errors == 1
    assert not found.helps


def test_audits_drawn_by_doubt_and_weighed_find_what_all_items_would() -> None:
    """2,000 items of which the doubtful are audited five times as often; unweighed, the queue would seem better."""
    random = np.random.default_rng(52)
    doubts = random.random(2000)
    wrong = random.random(2000) < 0.3 * doubts**2
    chance = np.where(doubts > 0.8, 0.5, 0.1)
    weighed, plain = [], []
    for _ in range(200):
        drawn = random.random(2000) < chance
        weighed.append(captured(doubts[drawn], wrong[drawn], 1 / chance[drawn]).found[1])
        plain.append(captured(doubts[drawn], wrong[drawn]).errors)
    whole = captured(doubts, wrong)
    assert np.mean(weighed) == pytest.approx(whole.found[1], abs=0.02)
    assert np.mean(plain) > whole.errors + 0.03


# ── learned ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def table(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two signals, of which only the first tells whether an item is wrong."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(rows, 2))
    return values, random.random(rows) < 1 / (1 + np.exp(1.5 - 2 * values[:, 0]))


def test_what_is_learned_finds_errors_it_did_not_see() -> None:
    values, wrong = table(600, 53)
    audited = np.arange(0, 600, 2)
    found = learned(values, audited, wrong[audited], np.arange(600))
    assert ((found.everywhere > 0) & (found.everywhere < 1)).all()
    fresh = np.arange(1, 600, 2)
    assert captured(found.everywhere[fresh], wrong[fresh]).found[1] > 0.45
    assert captured(found.audited, wrong[audited]).found[1] > 0.45
    assert np.corrcoef(found.everywhere, values[:, 0])[0, 1] > 0.9


def test_an_audit_does_not_speak_of_its_own_question() -> None:
    """Turning all audits of one question round changes what is said of others, not of itself."""
    values, wrong = table(60, 54)
    questions, audited = np.arange(60) // 3, np.arange(60)
    turned = np.where(questions == 7, ~wrong, wrong)
    before, after = (learned(values, audited, one, questions) for one in (wrong, turned))
    mine = questions == 7
    assert after.audited[mine].tolist() == before.audited[mine].tolist()
    assert (after.audited[(questions % 10) != 7] != before.audited[(questions % 10) != 7]).all()
    assert (after.everywhere != before.everywhere).all()


def test_noise_is_not_learned() -> None:
    """Twenty seeded tables of signals that say nothing: held out, they find no more than chance."""
    found = []
    for seed in range(20):
        values = np.random.default_rng([55, seed]).normal(size=(300, 4))
        wrong = np.random.default_rng([56, seed]).random(300) < 0.2
        found.append(captured(learned(values, np.arange(300), wrong, np.arange(300)).audited, wrong).found[1])
    assert np.mean(found) == pytest.approx(0.2, abs=0.03)


@pytest.mark.parametrize("share", [False, True])
def test_audits_that_all_say_the_same_are_learned_from_too(share: bool) -> None:
    values, _ = table(40, 57)
    found = learned(values, np.arange(20), np.full(20, share), np.arange(40))
    assert np.isfinite(found.everywhere).all()
    assert (np.round(found.everywhere) == share).all()


def test_columns_are_brought_to_one_scale_and_the_unknown_to_their_mean() -> None:
    found = standardised(np.array([[1.0, 5.0, 2.0], [3.0, 5.0, NONE], [NONE, 5.0, 4.0]]))
    assert found.tolist() == [[-1, 0, -1], [1, 0, 0], [0, 0, 1]]
    assert standardised(np.zeros((0, 3))).shape == (0, 3)


@given(st.lists(st.integers(-50, 50), min_size=2, max_size=20), st.floats(0.1, 10), st.floats(-100, 100))
def test_the_unit_of_a_signal_does_not_matter(values: list[int], scale: float, shift: float) -> None:
    column = np.array(values, float)[:, None]
    once, twice = standardised(column), standardised(column * scale + shift)
    if np.ptp(column) > 0:
        assert twice == pytest.approx(once, abs=1e-6)


def test_the_chosen_rows_keep_their_signals() -> None:
    of = signals(4, order=[0, 1, 2, 3], ploy=[1, 0, 1, 0])
    part = of.take(np.array([True, False, False, True]))
    assert (part.order.tolist(), part.ploy.tolist()) == ([0, 3], [1, 0])
    assert np.isnan(part.margin).all()
    assert of.take(np.array([2, 0])).order.tolist() == [2, 0]
