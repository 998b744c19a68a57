from __future__ import annotations

import math
from collections.abc import Callable
from itertools import combinations, pairwise
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from judge.stats.sequential import (
    BETS,
    GRID,
    betting,
    boundaries,
    confidence_sequence,
    e_bh,
    group_sequential,
    repeated_interval,
)

SIXTHS = st.lists(st.integers(0, 6), max_size=40)  # values as numbers of sixths, as a mean of two orders, three repeats


def nothing(values: np.ndarray, where: list[bool]) -> np.ndarray:
    """The same values, some of which could not be had."""
    return np.where(np.resize(np.array([*where, False]), len(values)), np.nan, values)


# ── e-values ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_three_values_by_hand() -> None:
    """Won, lost, tied against a half: bets of a stake s keep (1 + s/2)(1 - s/2) of 1, whichever side they take.

    The mean stake is .65, the mean square 6.2375 / 9; a tie moves nothing.
    """
    square = 6.2375 / 9
    found = betting(np.array([1.0, 0.0, 0.5]))
    assert found.above == pytest.approx([1.325, 1 - square / 4, 1 - square / 4], rel=1e-12)
    assert found.below == pytest.approx([0.675, 1 - square / 4, 1 - square / 4], rel=1e-12)
    assert found.both == pytest.approx([1.0, 1 - square / 4, 1 - square / 4], rel=1e-12)


def test_three_values_of_a_bank_of_four_by_hand() -> None:
    """After a win three are left with one point to share under the null: a third each; from below, two thirds.

    There 1.6 would lose more than all, and is cut to .99 / (2 / 3).
    """
    stakes = np.array([0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.3, 1.6])
    cut = np.array([0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.3, 1.485])
    assert stakes.tolist() == BETS.tolist()
    found = betting(np.array([1.0, 0.0, 0.5]), total=4)
    above, below = ((1 + stakes / 2) * (1 - stakes / 3)).mean(), ((1 - stakes / 2) * (1 + cut / 3)).mean()
    assert (above, below) == pytest.approx((0.992824, 0.775306), abs=1e-6)
    assert found.above == pytest.approx([1.325, above, above], rel=1e-12)
    assert found.below == pytest.approx([0.675, below, below], rel=1e-12)


def test_a_value_that_could_not_be_had_counts_against_whichever_side_is_tested() -> None:
    values = np.array([1.0, np.nan, 0.5, np.nan])
    for total in (None, 8):
        found = betting(values, total)
        assert_allclose(found.above, betting(np.array([1.0, 0.0, 0.5, 0.0]), total).above)
        assert_allclose(found.below, betting(np.array([1.0, 1.0, 0.5, 1.0]), total).below)
    assert betting(np.full(50, np.nan), 50).stop() is None
    assert betting(np.full(50, np.nan)).both.max() < 1


@given(
    st.lists(st.integers(0, 8), max_size=40),  # eighths, so that the mirror is exact
    st.lists(st.booleans(), max_size=5),
    st.integers(0, 20),
    st.booleans(),
    st.integers(0, 8),
)
def test_swapping_the_sides_swaps_above_and_below(
    eighths: list[int], where: list[bool], more: int, bank: bool, level: int
) -> None:
    values, null = nothing(np.array(eighths) / 8, where), level / 8
    total = len(values) + more if bank else None
    one, other = betting(values, total, null), betting(1 - values, total, 1 - null)
    assert_allclose(other.above, one.below, rtol=1e-12)
    assert_allclose(other.below, one.above, rtol=1e-12)
    assert_allclose(other.both, one.both, rtol=1e-12)


@given(SIXTHS, st.lists(st.booleans(), max_size=5), st.integers(0, 40), st.booleans())
def test_later_values_change_no_earlier_evidence(sixths: list[int], where: list[bool], cut: int, bank: bool) -> None:
    values = nothing(np.array(sixths) / 6, where)
    total = len(values) + 3 if bank else None
    early, all_of_it = betting(values[:cut], total), betting(values, total)
    for side in ("above", "below", "both"):
        assert_allclose(getattr(early, side), getattr(all_of_it, side)[:cut], rtol=1e-12)


@given(SIXTHS, st.integers(0, 20))
def test_a_bank_is_certain_exactly_when_the_rest_cannot_bring_the_mean_to_the_null(
    sixths: list[int], more: int
) -> None:
    found = betting(np.array(sixths) / 6, len(sixths) + more)
    points, half = np.cumsum(np.array(sixths, int)), 3 * (len(sixths) + more)
    rest = 6 * np.arange(1, len(sixths) + 1)
    assert np.isinf(found.above).tolist() == (points > half).tolist()
    assert np.isinf(found.below).tolist() == (rest - points > half).tolist()
    assert not np.isnan(found.both).any()


def test_rounding_is_no_certainty() -> None:
    """Six questions worth 9 of 18 thirds: exactly even, though 2/3 + 1/3 + 1/3 + 0 + 2/3 + 1 is above 3 in binary."""
    values = np.array([2, 1, 1, 0, 2, 3]) / 3
    assert np.isfinite(betting(values, 6).both).all()
    assert betting(np.array([2, 1, 1, 0, 3, 3]) / 3, 6).above[-1] == math.inf


def test_the_last_of_a_bank_settles_it() -> None:
    assert betting(np.ones(1), 1).stop() == 1
    assert betting(np.array([0.0, 1.0, 0.5, 0.0]), 4).stop() == 4
    assert betting(np.array([0.0, 1.0, 0.5, 0.5]), 4).stop() is None
    assert betting(np.ones(10), 10).stop() == 6  # the seventh may be lost, and all after it


def test_ends_of_the_range_and_long_rows_are_finite() -> None:
    for null in (0.0, 1.0):
        like = betting(np.array([0.0, 0.5, 1.0]), None, null)
        assert np.isfinite(like.both).all()
        bank = betting(np.array([0.0, 0.5, 1.0]), 9, null)
        assert not np.isnan(bank.both).any()
    long = betting(np.ones(5000))
    assert np.isfinite(long.both).all()
    assert (np.diff(long.above) >= 0).all()
    assert long.stop() == 9


@pytest.mark.parametrize("total", [None, 0, 5])
def test_no_values_are_no_evidence(total: int | None) -> None:
    found = betting(np.zeros(0), total)
    assert len(found.above) == len(found.below) == len(found.both) == 0
    assert found.stop() is None
    assert confidence_sequence(np.zeros(0), total) == (0.0, 1.0)


@pytest.mark.parametrize("values", [[0.5, 1.01], [-0.01], [math.inf], [np.nan, -math.inf]])
def test_values_out_of_range_are_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="values lie in"):
        betting(np.array(values))


def test_more_values_than_the_bank_has_are_refused() -> None:
    with pytest.raises(ValueError, match="more values than there are"):
        betting(np.ones(3), 2)


# ── error of the first kind ───────────────────────────────────────────────────────────────────────────────────────────


def even_bank(kind: str, size: int, random: np.random.Generator) -> np.ndarray:
    """A bank whose mean is exactly a half, in random order."""
    half = {
        "coins": random.integers(0, 2, size // 2) / 1,
        "ties": random.choice([0.0, 0.5, 1.0], size // 2, p=[0.2, 0.6, 0.2]),
        "thirds": random.integers(0, 4, size // 2) / 3,
        "shares": random.beta(0.4, 0.4, size // 2),
    }[kind]
    return random.permutation(np.concatenate([half, 1 - half]))


def peeked(values: np.ndarray) -> bool:
    """Tell whether someone who tests at 5 % after every value from the tenth on would stop."""
    count = np.arange(1, len(values) + 1)
    mean = np.cumsum(values) / count
    error = np.sqrt(np.maximum(np.cumsum(values**2) / count - mean**2, 1e-12) / count)
    return bool((np.abs(mean - 0.5) / error > 1.96)[9:].any())


@pytest.mark.parametrize("kind", ["coins", "ties", "thirds", "shares"])
def test_looking_after_every_value_errs_in_five_percent_at_most(kind: str) -> None:
    """1,000 seeded banks of mean a half, and draws from them with replacement; naive peeking beside."""
    random = np.random.default_rng([41, len(kind)])
    bank = like = naive = 0
    for _ in range(1000):
        values = even_bank(kind, 120, random)
        bank += betting(values, 120).stop() is not None
        drawn = random.choice(values, 120)
        like += betting(drawn).stop() is not None
        naive += peeked(drawn)
    assert bank / 1000 <= 0.05
    assert like / 1000 <= 0.05
    assert naive / 1000 >= 0.25


def test_a_real_difference_is_found_with_the_right_side() -> None:
    random = np.random.default_rng(42)
    used = []
    for _ in range(100):
        found = betting((random.random(400) < 0.7).astype(float))
        end = found.stop()
        assert end is not None
        assert found.above[end - 1] > found.below[end - 1]
        used.append(end)
    assert np.mean(used) < 100


# ── confidence sequences ──────────────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=50)
@given(SIXTHS.filter(bool), st.lists(st.booleans(), max_size=5), st.integers(0, 20))
def test_an_interval_of_a_bank_stays_within_what_is_possible(sixths: list[int], where: list[bool], more: int) -> None:
    values = nothing(np.array(sixths) / 6, where)
    total = len(values) + more
    low, high = confidence_sequence(values, total)
    least = np.nan_to_num(values, nan=0.0).sum() / total
    most = (np.nan_to_num(values, nan=1.0).sum() + more) / total
    assert least - 1e-12 <= low <= high + 1e-12
    assert high <= most + 1e-12


@pytest.mark.parametrize("bank", [True, False])
def test_more_values_never_widen_an_interval(bank: bool) -> None:
    """All ends are those of an intersection, each within a step of the grid."""
    random = np.random.default_rng(43)
    for share in (0.5, 0.9, 0.3):
        values = random.choice([0.0, 0.5, 1.0], 150, p=[0.9 * (1 - share), 0.1, 0.9 * share])
        total = 150 if bank else None
        ends = [confidence_sequence(values[:one], total) for one in (1, 3, 10, 30, 60, 100, 150)]
        for (low, high), (next_low, next_high) in pairwise(ends):
            assert next_low >= low - 2 / GRID
            assert next_high <= high + 2 / GRID
        assert ends[-1][1] - ends[-1][0] < (0.01 if bank else 0.4)
        assert ends[-1][0] - 1e-9 <= values.mean() <= ends[-1][1] + 1e-9


def test_an_interval_holds_what_betting_does_not_refute() -> None:
    values = np.random.default_rng(44).choice([0.0, 0.5, 1.0], 80, p=[0.2, 0.2, 0.6])
    for total in (None, 200):
        low, high = confidence_sequence(values, total)
        for mean in np.linspace(0.01, 0.99, 99):
            kept = betting(values, total, mean).both.max() < 20
            if kept:
                assert low <= mean <= high
            elif low + 2 / GRID < mean < high - 2 / GRID:
                pytest.fail(f"{mean} is refuted and inside")


def test_an_early_lead_may_refute_the_mean_of_all_values() -> None:
    """13 won, then ten lost and ten tied in turn: the mean of all, .545, fell early; .67 to .75 did not."""
    values = np.concatenate([np.ones(13), np.tile([0.0, 0.5], 10)])
    assert values.mean() == pytest.approx(18 / 33)
    assert betting(values, None, 18 / 33).both.max() >= 20
    assert betting(values, None, 0.7).both.max() < 20
    low, high = confidence_sequence(values)
    assert (low, high) == pytest.approx((0.6675, 0.755), abs=0.005)


def test_a_bank_judged_to_the_end_is_known_up_to_what_could_not_be_had() -> None:
    values = np.array([1.0, 0.0, 0.5, 1.0, 2 / 3])
    assert confidence_sequence(values, 5) == pytest.approx((values.mean(), values.mean()), abs=1e-12)
    assert confidence_sequence(np.full(5, np.nan), 5) == (0.0, 1.0)
    assert confidence_sequence(np.full(5, np.nan)) == (0.0, 1.0)
    assert confidence_sequence(np.array([0.3]), 1) == pytest.approx((0.3, 0.3))
    assert confidence_sequence(np.ones(100), 100) == (1.0, 1.0)
    low, high = confidence_sequence(np.zeros(100))
    assert low == 0.0
    assert 0.02 < high < 0.08
    low, high = confidence_sequence(np.ones(100), 200)
    assert 0.9 < low < 1
    assert high == 1.0


@pytest.mark.parametrize("share", [0.5, 0.9])
@pytest.mark.parametrize("bank", [True, False])
@pytest.mark.parametrize("hidden", [0.0, 0.1])
def test_intervals_hold_at_the_worst_time_to_stop(share: float, bank: bool, hidden: float) -> None:
    """150 seeded runs with ties, each stopped where its evidence against the truth is greatest.

    Hidden: a tenth is missing, all of it on that side of the mean that would have spoken for it.
    """
    random = np.random.default_rng([45, int(100 * share), bank, int(100 * hidden)])
    held, runs, size = 0, 150, 120
    for _ in range(runs):
        values = random.choice([0.0, 0.5, 1.0], size, p=[0.9 - 0.9 * share, 0.1, 0.9 * share])
        truth = float(values.mean()) if bank else 0.9 * share + 0.05
        total = size if bank else None
        side = values < truth if random.random() < 0.5 else values > truth
        values[np.flatnonzero(side)[: int(hidden * size)]] = np.nan
        worst = int(np.argmax(betting(values, total, truth).both)) + 1
        low, high = confidence_sequence(values[:worst], total)
        held += low - 1e-9 <= truth <= high + 1e-9
    assert held / runs >= 0.95 - 2.33 * math.sqrt(0.05 * 0.95 / runs)


# ── a few looks ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("looks", "obf", "pocock"),
    [
        (1, 1.960, 1.960),
        (2, 1.977, 2.178),
        (5, 2.040, 2.413),
        (10, 2.087, 2.555),
    ],
)
def test_boundaries_equal_the_printed_tables(looks: int, obf: float, pocock: float) -> None:
    """Jennison and Turnbull (2000), tables 2.1 and 2.3, alpha .05."""
    flat, falling = boundaries(looks, 0.05, "pocock"), boundaries(looks, 0.05, "obf")
    assert flat == pytest.approx([pocock] * looks, abs=6e-4)
    assert falling == pytest.approx([obf * math.sqrt(looks / k) for k in range(1, looks + 1)], rel=3e-4)


def test_boundaries_at_other_levels_equal_the_printed_tables() -> None:
    assert boundaries(5, 0.01, "obf")[-1] == pytest.approx(2.621, abs=6e-4)
    assert boundaries(5, 0.1, "pocock")[-1] == pytest.approx(2.122, abs=6e-4)


def test_boundaries_are_crossed_by_five_percent_of_walks() -> None:
    walks = np.cumsum(np.random.default_rng(46).normal(size=(200_000, 10)), axis=1) / np.sqrt(np.arange(1, 11))
    for shape in ("obf", "pocock"):
        share = float((np.abs(walks) >= boundaries(10, 0.05, shape)).any(axis=1).mean())
        assert share == pytest.approx(0.05, abs=2.58 * math.sqrt(0.05 * 0.95 / 200_000))


@pytest.mark.parametrize(("size", "ties"), [(20, 0.0), (60, 0.0), (60, 0.4), (200, 0.4), (500, 0.0)])
@pytest.mark.parametrize("shape", ["obf", "pocock"])
def test_ten_looks_err_in_about_five_percent(size: int, ties: float, shape: Literal["obf", "pocock"]) -> None:
    """400 seeded banks; at 20 the t statistic of so few coins is coarse, so that bar is wider."""
    random = np.random.default_rng([47, size, int(10 * ties)])
    share = [(1 - ties) / 2, ties, (1 - ties) / 2]
    ended = sum(
        group_sequential(random.choice([0.0, 0.5, 1.0], size, p=share), size, shape=shape) is not None
        for _ in range(400)
    )
    assert ended / 400 <= (0.08 if size < 60 else 0.06) + 2.33 * math.sqrt(0.05 * 0.95 / 400)


def test_looks_are_at_equal_shares_and_values_between_do_not_matter() -> None:
    values = (np.random.default_rng(48).random(200) < 0.75).astype(float)
    found = group_sequential(values, 200)
    assert found is not None
    used, gap = found
    assert used % 20 == 0
    assert gap == pytest.approx(values[:used].mean() - 0.5)
    assert group_sequential(values[:used], 200) == found
    assert group_sequential(values[: used - 1], 200) is None
    mirrored = group_sequential(1 - values, 200)
    assert mirrored is not None
    assert mirrored == pytest.approx((used, -gap))


def test_one_look_is_a_t_test() -> None:
    """27 of 40: t = .175 / .0750 = 2.333 (p .025) ends; 26 of 40: t = 1.961 with 39 degrees (p .057) does not."""
    for won, ends in ((27, True), (26, False)):
        found = group_sequential(np.repeat([1.0, 0.0], [won, 40 - won]), 40, looks=1)
        assert (found is not None) == ends


@pytest.mark.parametrize(("value", "used"), [(0.0, 18), (0.7, 24), (1.0, 18)])
def test_values_all_alike_end_once_so_many_coins_would(value: float, used: int) -> None:
    """Of n alike 1 - Φ(-b)^(1/n) may be of another kind: of 18 at b = 3.81 up to .413, of 12 at 4.67 up to .672, too many.

    Values of .7 say less than wins: 24 at b = 3.30 leave .7 · .727 = .509.
    """
    assert group_sequential(np.full(60, value), 60) == (used, pytest.approx(value - 0.5))


def test_a_look_holds_what_could_not_be_had_for_the_worst() -> None:
    known = np.repeat([1.0, 0.5, 0.0], [20, 6, 14])
    hidden = np.where(np.arange(40) % 8 == 0, np.nan, known)
    low, high = repeated_interval(known, 4)
    assert repeated_interval(np.where(np.isnan(hidden), 0.0, hidden), 4)[0] == repeated_interval(hidden, 4)[0] < low
    assert repeated_interval(np.where(np.isnan(hidden), 1.0, hidden), 4)[1] == repeated_interval(hidden, 4)[1] > high
    assert repeated_interval(np.ones(1), 1) == (0.0, 1.0)


def test_two_values_alike_end_nothing() -> None:
    assert group_sequential(np.ones(11), 11) == (8, 0.5)
    assert group_sequential(np.ones(5), 5) is None
    assert group_sequential(np.full(60, 0.5), 60) is None


@pytest.mark.parametrize("size", [0, 1, 2])
def test_almost_no_values_end_nothing(size: int) -> None:
    assert group_sequential(np.ones(size), size) is None


# ── several pairs at once ─────────────────────────────────────────────────────────────────────────────────────────────


def by_definition(values: list[float]) -> tuple[bool, ...]:
    """Wang and Ramdas (2022): the largest set of which every member is at least n / (alpha · its size), alpha .05."""
    for size in range(len(values), 0, -1):
        for chosen in combinations(range(len(values)), size):
            if all(values[at] * size >= 20 * len(values) for at in chosen):
                return tuple(at in chosen for at in range(len(values)))
    return (False,) * len(values)


@given(st.lists(st.sampled_from([0.0, 1.0, 19.0, 20.0, 21.0, 30.0, 40.0, 60.0, 70.0, 120.0, math.inf]), max_size=7))
def test_e_bh_equals_its_definition(values: list[float]) -> None:
    assert e_bh(values) == by_definition(values)


def test_e_bh_by_hand() -> None:
    """Of four at .05: 80 alone, 40 for two, 26.7 for three, 20 for all."""
    assert e_bh([80, 0, 0, 0]) == (True, False, False, False)
    assert e_bh([79, 0, 0, 39]) == (False, False, False, False)
    assert e_bh([0, 40, 40, 26]) == (False, True, True, False)
    assert e_bh([20, 20, 20, 20]) == (True, True, True, True)
    assert e_bh([]) == ()
    assert e_bh([9.9], alpha=0.1) == (False,)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=12), st.integers(0, 11), st.floats(1, 1e3))
def test_more_evidence_for_one_spares_no_other(values: list[float], at: int, factor: float) -> None:
    more = [value * factor if here == at % len(values) else value for here, value in enumerate(values)]
    assert all(after or not before for before, after in zip(e_bh(values), e_bh(more), strict=True))


def same_questions(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Values of twelve pairs on the same questions, nearly the same for all; half of the pairs are even."""
    share = np.repeat([0.5, 0.7], 6)
    common, own = random.random(120), random.random((12, 120))
    luck = np.where(random.random((12, 120)) < 0.2, own, common)
    return (luck < share[:, None]).astype(float), share == 0.5


def same_models(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Values of all pairs of five models, of which one is better."""
    points = random.normal(size=(5, 120)) + np.array([0.8, 0, 0, 0, 0])[:, None]
    first, second = np.triu_indices(5, 1)
    return (points[first] > points[second]).astype(float), first > 0


@pytest.mark.parametrize("scene", [same_questions, same_models])
def test_few_of_those_that_fall_do_so_wrongly_though_they_hang_together(
    scene: Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]],
) -> None:
    """150 seeded boards, each pair stopped at its own time; the expected share is at most .1."""
    random = np.random.default_rng(49)
    wrongly, rightly = [], []
    for _ in range(150):
        values, null = scene(random)
        evidence = []
        for row in values:
            found = betting(row)
            evidence.append(float(found.both[(found.stop(0.01) or 120) - 1]))
        fell = np.array(e_bh(evidence, 0.1))
        wrongly.append((fell & null).sum() / max(1, fell.sum()))
        rightly.append(fell[~null].mean())
    assert np.mean(wrongly) <= 0.1
    assert np.mean(rightly) > 0.5
