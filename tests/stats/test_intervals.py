from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.stats.intervals import Estimate, cluster_mean, stratified_ratio, t_quantile, wilson
from judge.stats.power import questions_needed
from judge.stats.win_rate import bounds, win_rates


@pytest.mark.parametrize(
    ("probability", "freedom", "tabled"),
    [
        (0.975, 1, 12.7062047362),
        (0.975, 2, 4.30265272991),
        (0.95, 5, 2.01504837333),
        (0.975, 10, 2.22813885199),
        (0.995, 29, 2.75638590367),
        (0.975, 120, 1.97993040505),
        (0.9, 3, 1.63774435369),
    ],
)
def test_t_quantiles_equal_the_printed_tables(probability: float, freedom: int, tabled: float) -> None:
    assert t_quantile(probability, freedom) == pytest.approx(tabled, abs=1e-9)


def test_wilson_equals_a_worked_example() -> None:
    # 9 of 10 at 95 %: the example of Newcombe (1998), table I: 0.5958 to 0.9821.
    low, high = wilson(0.9, 10, 1.959963984540054)
    assert (low, high) == pytest.approx((0.59584, 0.98212), abs=1e-5)


def test_one_row_per_question_is_the_textbook_mean() -> None:
    values = np.array([0.0, 1.0, 1.0, 0.5] * 20)
    found = cluster_mean(values, np.arange(80))
    assert found is not None
    assert found.value == 0.625
    assert found.standard_error == pytest.approx(values.std(ddof=1) / math.sqrt(80), rel=1e-12)
    assert found.high - found.value == pytest.approx(t_quantile(0.975, 79) * found.standard_error, rel=1e-12)


def test_turns_of_one_question_are_one_cluster() -> None:
    """Doubling every row with its question's number must not narrow anything."""
    values = np.array([0.0, 1.0, 1.0, 0.5] * 10)
    once = cluster_mean(values, np.arange(40))
    twice = cluster_mean(np.repeat(values, 2), np.repeat(np.arange(40), 2))
    assert once is not None
    assert twice is not None
    assert (twice.low, twice.high) == pytest.approx((once.low, once.high), rel=1e-12)
    assert twice.rows == 80


def test_nothing_and_a_single_question_are_answers() -> None:
    assert cluster_mean(np.array([]), np.array([], np.int64)) is None
    one = cluster_mean(np.array([1.0, 0.0]), np.array([7, 7]))
    assert one is not None
    assert (one.value, one.low, one.high) == (0.5, 0.0, 1.0)


def test_all_won_is_not_certain() -> None:
    found = cluster_mean(np.ones(20), np.arange(20))
    assert found is not None
    assert found.value == found.high == 1.0
    assert found.low == pytest.approx(wilson(1.0, 20, t_quantile(0.975, 19))[0])
    assert 0.8 < found.low < 0.85


@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.integers(0, 12)), min_size=2, max_size=60),
    st.randoms(use_true_random=False),
)
def test_order_and_names_of_questions_do_not_matter(rows: list[tuple[float, int]], random: object) -> None:
    values, clusters = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    first = cluster_mean(values, clusters)
    mixed = np.random.default_rng(len(rows)).permutation(len(rows))
    second = cluster_mean(values[mixed], 1000 - 7 * clusters[mixed])
    assert first is not None
    assert second is not None
    assert (first.low, first.high) == pytest.approx((second.low, second.high), abs=1e-12)
    assert 0 <= first.low <= first.value <= first.high <= 1 or first.clusters > 1


def test_total_is_the_mean_of_ability_shares() -> None:
    points, full = np.array([4.0, 5.0, 10.0, 0.0]), np.array([5.0, 5.0, 14.0, 14.0])
    found = stratified_ratio(points, full, np.array([0, 0, 1, 1]), np.arange(4))
    assert found is not None
    assert found.value == pytest.approx((9 / 10 + 10 / 28) / 2)
    residuals = np.array([4 - 0.9 * 5, 5 - 0.9 * 5, 0, 0]) / 10 / 2
    residuals[2:] = np.array([10 - 14 * 10 / 28, 0 - 14 * 10 / 28]) / 28 / 2
    assert found.standard_error == pytest.approx(math.sqrt(4 / 2 * (residuals @ residuals)))


@pytest.mark.parametrize(("questions", "turns"), [(40, 3), (100, 1), (100, 3)])
def test_intervals_cover_where_turns_share_questions(questions: int, turns: int) -> None:
    """1,000 seeded evaluations: the share of 95 % intervals that hold the truth lies in .935-.965 up to chance."""
    random = np.random.default_rng(20260 + questions + turns)
    truth, covered, naive = 0.0, 0, 0
    replicates = 1000
    truth = float((1 / (1 + np.exp(-random.normal(0.4, 1.7, 400_000)))).mean())
    clusters = np.repeat(np.arange(questions), turns)
    for _ in range(replicates):
        strength = np.repeat(random.normal(0.4, 1.5, questions), turns) + random.normal(0, 0.8, questions * turns)
        won = (random.random(questions * turns) < 1 / (1 + np.exp(-strength))).astype(float)
        found = cluster_mean(won, clusters)
        rows = cluster_mean(won, np.arange(len(won)))
        assert found is not None
        assert rows is not None
        covered += found.low <= truth <= found.high
        naive += rows.low <= truth <= rows.high
    slack = 2.58 * math.sqrt(0.95 * 0.05 / replicates)
    assert 0.935 - slack <= covered / replicates <= 0.965 + slack
    if turns > 1:
        assert naive / replicates < 0.90  # rows taken for independent claim too much


def test_questions_needed_is_the_normal_theory_number() -> None:
    spread = Estimate(0.55, 0.5, 0.6, 0.05, 100, 100)  # sd 0.5 per question, 5 points from the bound
    assert questions_needed(spread, 0.5) == math.ceil(((1.959963985 + 0.8416212336) * 10) ** 2) == 785
    assert questions_needed(Estimate(0.5, 0.4, 0.6, 0.05, 100, 100), 0.5) is None


def test_questions_that_all_went_alike_are_counted_by_the_interval_itself() -> None:
    three = cluster_mean(np.ones(3), np.arange(3))
    assert three is not None
    needed = questions_needed(three, 0.47)
    assert needed is not None
    enough, short = (
        cluster_mean(np.ones(needed), np.arange(needed)),
        cluster_mean(np.ones(needed - 1), np.arange(needed - 1)),
    )
    assert enough is not None
    assert short is not None
    assert short.low <= 0.47 < enough.low
    assert needed > 3


def test_all_ties_are_no_certainty() -> None:
    found = cluster_mean(np.full(10, 0.5), np.arange(10))
    assert found is not None
    assert (found.low, found.high) == pytest.approx(wilson(0.5, 10, t_quantile(0.975, 9)))
    alike = stratified_ratio(np.full(9, 2.0), np.full(9, 7.0), np.repeat([0, 1, 2], 3), np.arange(9))
    assert alike is not None
    assert (alike.low, alike.high) == (-math.inf, math.inf)
    assert stratified_ratio(np.ones(2), np.zeros(2), np.zeros(2, np.int64), np.arange(2)) is None


def test_open_is_read_against_its_no_difference_value() -> None:
    """109 wins, 176 ties, 35 losses: 89.0625 one way; two equal candidates with these ties would get 77.5."""
    win, tie = np.repeat([1.0, 0.0, 0.0], [109, 176, 35]), np.repeat([0.0, 1.0, 0.0], [109, 176, 35])
    rates = win_rates(win, tie, np.arange(320))
    assert rates is not None
    assert (rates.open_score.value, rates.half_tie.value, rates.no_difference) == (89.0625, 61.5625, 77.5)
    assert rates.open_bounds == (89.0625, 89.0625)


def test_bounds_say_what_the_missing_could_change() -> None:
    # SuperCLUE-OPEN prints 94.64 for 448 judged of 600: 70.67 had the rest been lost.
    low, high = bounds(424 / 448, 448, 152)
    assert (round(low, 2), round(high, 2)) == (70.67, 96.0)
