from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.stats.intervals import Estimate, cluster_mean, t_quantile, t_tails, wilson
from judge.stats.significance import holm, p_value, paired, rank_ranges

SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


# ── one statement ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("t", "freedom", "expected"),
    [(12.7062047362, 1, 0.05), (2.22813885199, 10, 0.05), (2.75638590367, 29, 0.01), (1.63774435369, 3, 0.2)],
)
def test_p_values_equal_the_printed_tables(t: float, freedom: int, expected: float) -> None:
    for sign in (1, -1):
        estimate = Estimate(0.5 + sign * t * 0.04, 0, 1, 0.04, freedom + 1, freedom + 1)
        assert p_value(estimate, 0.5) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("case", range(3))
def test_one_sample_equals_scipy(oracles: dict[str, Any], case: int) -> None:
    known = oracles["t_paired"]["ttest_1samp"][case]
    values = np.array(known["values"])
    found = cluster_mean(values, np.arange(len(values)), known["confidence"], share=False)
    assert found is not None
    assert (found.value, found.standard_error) == pytest.approx((known["mean"], known["se"]), rel=1e-12)
    assert (found.low, found.high) == pytest.approx(tuple(known["interval"]), abs=1e-9)
    assert p_value(found, known["null"]) == pytest.approx(known["p_value"], rel=1e-9)


@pytest.mark.parametrize("case", range(3))
def test_a_clustered_mean_equals_statsmodels(oracles: dict[str, Any], case: int) -> None:
    """The factor G / (G - 1), and t with G - 1 degrees of freedom."""
    known = oracles["statsmodels_cluster"]["mean"][case]
    found = cluster_mean(np.array(known["y"]), np.array(known["cluster"]), share=False)
    assert found is not None
    assert (found.value, found.standard_error) == pytest.approx((known["mean"], known["se_g"]), rel=1e-11)
    assert (found.low, found.high) == pytest.approx(tuple(known["t_interval_95"]), rel=1e-9)
    assert p_value(found, 0.5) == pytest.approx(known["p_value_of_half"], rel=1e-8)


def test_near_0_and_1_the_score_test_speaks() -> None:
    """18 of 20 against .5: z = .4 / sqrt(.25 / 20) (Wilson 1927), held against t with 19 degrees; in percent the same."""
    found = cluster_mean(np.repeat([1.0, 0.0], [18, 2]), np.arange(20))
    assert found is not None
    assert found.effective == pytest.approx(20 * 19 / 20)  # the sample variance has n - 1 below it
    assert p_value(found, 0.5) == pytest.approx(t_tails(0.4 / math.sqrt(0.25 / 19), 19), rel=1e-12)
    assert p_value(found.scaled(100), 50, unit=100) == pytest.approx(p_value(found, 0.5), rel=1e-12)


@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.integers(0, 25)), min_size=2, max_size=80),
    st.floats(0.01, 0.99),
    st.sampled_from([0.8, 0.95]),
)
def test_a_value_outside_the_interval_is_one_the_test_rejects(
    rows: list[tuple[float, int]], null: float, confidence: float
) -> None:
    values, clusters = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    found = cluster_mean(values, clusters, confidence)
    assert found is not None
    if min(abs(null - found.low), abs(null - found.high)) > 1e-6:
        assert (p_value(found, null) < 1 - confidence) == (not found.low < null < found.high)


def test_without_any_spread_the_sign_test_speaks() -> None:
    """Ten questions all won: 2 / 2^10 (Dixon and Mood 1946); one question says nothing, nor does the bound itself."""
    assert p_value(Estimate(1.0, 0.7, 1.0, 0.0, 10, 10), 0.5) == 2 / 1024
    assert p_value(Estimate(1.0, 0.0, 1.0, 0.0, 1, 4), 0.5) == 1.0
    assert p_value(Estimate(0.5, 0.4, 0.6, 0.05, 30, 30), 0.5) == 1.0
    assert p_value(Estimate(0.5, 0.3, 0.7, 0.0, 30, 30), 0.5) == 1.0


# ── several statements ────────────────────────────────────────────────────────────────────────────────────────────────


def test_holm_by_hand() -> None:
    """Sorted .005 · 4, .01 · 3, then .03 · 2 = .06, below which .04 · 1 may not fall."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([]) == ()
    assert holm([0.2]) == (0.2,)


def test_holm_equals_statsmodels(oracles: dict[str, Any]) -> None:
    for known in oracles["holm"]:
        assert holm(known["p"]) == pytest.approx(known["adjusted"], rel=1e-12)


@given(SHARES, st.randoms(use_true_random=False))
def test_holm_adjusts_between_nothing_and_bonferroni_in_any_order(values: list[float], random: Any) -> None:
    adjusted = holm(values)
    for value, now in zip(values, adjusted, strict=True):
        assert value <= now <= min(1.0, len(values) * value) or now == value
    order = list(range(len(values)))
    random.shuffle(order)
    assert holm([values[at] for at in order]) == tuple(adjusted[at] for at in order)


# ── two candidates ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("case", range(3))
def test_pairs_equal_scipy(oracles: dict[str, Any], case: int) -> None:
    known = oracles["t_paired"]["ttest_rel"][case]
    questions = np.arange(len(known["first"]))
    mixed = np.random.default_rng(case).permutation(len(questions))
    second = np.array(known["second"])[mixed]
    found = paired(np.array(known["first"]), questions, second, questions[mixed], known["confidence"])
    assert found is not None
    assert found.value == pytest.approx(known["mean_difference"], rel=1e-12)
    assert (found.low, found.high) == pytest.approx(tuple(known["interval"]), abs=1e-9)
    assert p_value(found, 0) == pytest.approx(known["p_value"], rel=1e-9)


def test_only_shared_questions_count_and_each_the_same() -> None:
    """Questions 3 and 5: (.5 + 1) / 2 - 0 and 1 - .5; questions 1 and 9 have one candidate only."""
    found = paired(
        np.array([1.0, 0.5, 1.0, 1.0]), np.array([9, 3, 3, 5]), np.array([0.5, 0.0, 0.0]), np.array([5, 1, 3])
    )
    assert found is not None
    assert found.value == pytest.approx((0.75 + 0.5) / 2)
    assert found.standard_error == pytest.approx(0.125)
    assert (found.clusters, found.rows) == (2, 2)
    assert paired(np.ones(2), np.array([1, 2]), np.ones(1), np.array([3])) is None
    assert paired(np.ones(0), np.zeros(0, np.int64), np.ones(1), np.array([3])) is None


def test_a_difference_without_spread_is_no_certainty() -> None:
    questions = np.arange(3)
    found = paired(np.ones(3), questions, np.zeros(3), questions)
    assert found is not None
    assert (found.value, found.low, found.high) == (1.0, -math.inf, math.inf)
    # Within bounds, as many questions may differ as Wilson's interval of none in so many says, and by all that there is.
    bounded = paired(np.full(20, 0.75), np.arange(20), np.full(20, 0.25), np.arange(20), within=(-1, 1))
    assert bounded is not None
    other = wilson(0, 20, t_quantile(0.975, 19))[1]
    assert (bounded.low, bounded.high) == pytest.approx((0.5 - 1.5 * other, 0.5 + 0.5 * other), rel=1e-12)


# ── ranks ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def errors(count: int, error: float) -> np.ndarray:
    return np.full((count, count), error) * (1 - np.eye(count))


def test_ranks_of_models_far_apart_are_certain() -> None:
    assert rank_ranges(np.array([0.0, 30.0, 10.0, 20.0]), errors(4, 1.0), 50) == [(4, 4), (1, 1), (3, 3), (2, 2)]


def test_ranks_of_equals_are_open() -> None:
    assert rank_ranges(np.zeros(3), errors(3, 1.0), 50) == [(1, 3)] * 3


def test_two_groups_share_ranks_within() -> None:
    strength = np.array([10.0, 0.1, 10.1, 0.0, 9.9])
    assert rank_ranges(strength, errors(5, 1.0), 50) == [(1, 3), (4, 5), (1, 3), (4, 5), (1, 3)]


def test_ranks_keep_the_confidence_over_all_statements_on_one_model() -> None:
    """A gap of 2.1 errors is clear at 95 % between two models (p = .0409, 50 df), not among three (Holm: twice that)."""
    assert rank_ranges(np.array([2.1, 0.0]), errors(2, 1.0), 50) == [(1, 1), (2, 2)]
    assert rank_ranges(np.array([2.1, 0.0, 1.05]), errors(3, 1.0), 50) == [(1, 3)] * 3
    # Once the farther one is clear, the nearer one is held against its own p value.
    assert rank_ranges(np.array([4.0, 0.0, 1.9]), errors(3, 1.0), 50)[0] == (1, 1)


@pytest.mark.parametrize("error", [0.0, math.nan, math.inf])
def test_a_gap_of_unknown_error_says_nothing(error: float) -> None:
    assert rank_ranges(np.array([9.0, 0.0]), np.full((2, 2), error), 50) == [(1, 2), (1, 2)]
    assert rank_ranges(np.array([9.0, 0.0]), errors(2, 0.1), 0) == [(1, 2), (1, 2)]


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=6), st.floats(0.05, 3), st.integers(1, 100))
def test_ranges_hold_the_rank_and_grow_with_the_confidence(found: list[float], error: float, freedom: int) -> None:
    strength = np.array(found)
    spread = errors(len(found), error)
    wide, narrow = (rank_ranges(strength, spread, freedom, level) for level in (0.99, 0.8))
    for at, ((best, worst), (inner_best, inner_worst)) in enumerate(zip(wide, narrow, strict=True)):
        assert 1 <= best <= inner_best <= inner_worst <= worst <= len(found)
        assert inner_best <= 1 + (strength > strength[at]).sum() <= inner_worst
