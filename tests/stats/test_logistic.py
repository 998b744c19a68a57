from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.stats.intervals import cluster_mean, t_quantile
from judge.stats.logistic import fit, fit_pairs, fit_power, sigmoid


def test_coefficients_are_found_again() -> None:
    random = np.random.default_rng(1)
    differences = random.normal(size=(20_000, 3))
    truth = np.array([1.0, -0.5, 0.0])
    won = (random.random(20_000) < sigmoid(differences @ truth)).astype(float)
    assert fit_pairs(differences, won, ridge=1e-3) == pytest.approx(truth, abs=0.05)
    # Swapping sides is the same data.
    assert fit_pairs(-differences, 1 - won) == pytest.approx(fit_pairs(differences, won))


def test_one_feature_by_hand() -> None:
    """Two of three pairs won at a difference of 1: the share 2/3 is sigmoid(log 2)."""
    found = fit_pairs(np.ones((3, 1)), np.array([1.0, 1.0, 0.0]), ridge=1e-12)
    assert found == pytest.approx([np.log(2)])


def test_a_curved_logit_is_straightened() -> None:
    random = np.random.default_rng(2)
    logits = random.normal(scale=2, size=100_000)
    curved = np.sign(logits) * 1.3 * np.abs(logits) ** 0.6
    won = (random.random(100_000) < sigmoid(curved)).astype(float)
    scale, power = fit_power(logits, won)
    assert (scale, power) == pytest.approx((1.3, 0.6), abs=0.03)


def test_sigmoid_does_not_overflow() -> None:
    assert sigmoid(np.array([-1e4, 0.0, 1e4])) == pytest.approx([0, 0.5, 1])


# ── fit, with errors clustered by question ────────────────────────────────────────────────────────────────────────────


def drawn(rows: int, questions: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return design, points, questions and the true coefficients; ties where a second draw says otherwise."""
    random = np.random.default_rng(seed)
    design = np.column_stack([np.ones(rows), random.normal(size=(rows, 2))])
    truth = np.array([0.3, 1.0, -0.5])
    share = sigmoid(design @ truth)
    points = ((random.random(rows) < share).astype(float) + (random.random(rows) < share)) / 2
    return design, points, random.integers(0, questions, rows), truth


def test_known_coefficients_are_found_within_their_errors() -> None:
    design, points, questions, truth = drawn(50_000, 2000, 3)
    found = fit(design, points, questions)
    assert found.coefficients == pytest.approx(truth, abs=0.02)
    for column, true in enumerate(truth):
        one = found.coefficient(column)
        assert abs(one.value - true) < 3 * one.standard_error
        assert 0.005 < one.standard_error < 0.02
        assert (one.clusters, one.rows) == (2000, 50_000)


@pytest.mark.parametrize("case", range(3))
def test_covariance_is_that_of_statsmodels(oracles: dict[str, Any], case: int) -> None:
    """The design of Bradley and Terry with a reference; the factor is G / (G - 1), as in `covariance_g`."""
    known = oracles["statsmodels_cluster"]["logistic"][case]
    rows = np.arange(len(known["y"]))
    design = np.zeros((len(rows), known["items"]))
    design[rows, known["first"]] = 1.0
    design[rows, known["second"]] -= 1.0
    design = design[:, :-1]
    found = fit(design, np.array(known["y"]), np.array(known["question"]))
    assert found.coefficients == pytest.approx(known["coefficients"], abs=1e-9)
    assert found.bread == pytest.approx(np.array(known["covariance_model"]), rel=1e-9)
    factor = known["clusters"] / (known["clusters"] - 1)
    assert factor == known["factor_g"]
    covariance = factor * found.bread @ found.gradients.T @ found.gradients @ found.bread
    assert covariance == pytest.approx(np.array(known["covariance_g"]), rel=1e-9)
    for column, variance in enumerate(np.diag(known["covariance_g"])):
        one = found.coefficient(column)
        assert one.standard_error == pytest.approx(math.sqrt(variance), rel=1e-9)
        reach = t_quantile(0.975, known["clusters"] - 1) * math.sqrt(variance)
        assert (one.low, one.high) == pytest.approx((one.value - reach, one.value + reach), rel=1e-9)


def test_a_constant_alone_is_the_clustered_mean() -> None:
    """The mean prediction is the mean of the points, with the same error and interval."""
    _, points, questions, _ = drawn(300, 40, 4)
    found = fit(np.ones((300, 1)), points, questions)
    mean, plain = found.mean(np.ones((300, 1))), cluster_mean(points, questions, share=False)
    assert plain is not None
    assert found.coefficients[0] == pytest.approx(math.log(plain.value / (1 - plain.value)))
    assert (mean.value, mean.standard_error) == pytest.approx((plain.value, plain.standard_error), rel=1e-9)
    assert (mean.low, mean.high) == pytest.approx((plain.low, plain.high), rel=1e-9)


def test_predictions_on_the_own_design_are_the_points_in_the_mean() -> None:
    """With a constant in the design: rows chosen, an offset and another design change what is predicted."""
    design, points, questions, _ = drawn(2000, 100, 5)
    found = fit(design, points, questions)
    assert found.mean(design).value == pytest.approx(points.mean(), abs=1e-9)
    chosen = design[:, 1] > 0
    share = sigmoid(design @ found.coefficients)
    assert found.mean(design, chosen).value == pytest.approx(share[chosen].mean())
    assert found.mean(design, chosen).rows == chosen.sum()
    offset = np.linspace(-1, 1, 2000)
    assert found.mean(design, chosen, offset).value == pytest.approx(
        sigmoid(design @ found.coefficients + offset)[chosen].mean()
    )


def test_the_error_of_a_prediction_is_that_of_a_question_bootstrap() -> None:
    design, points, questions, _ = drawn(1200, 120, 6)
    level = np.random.default_rng(7).normal(0, 1, 120)[questions]
    points = (np.random.default_rng(8).random(1200) < sigmoid(design @ [0.3, 1.0, -0.5] + level)).astype(float)
    other = design * [1, 0, 1]
    found = fit(design, points, questions).mean(other)
    members = [np.flatnonzero(questions == one) for one in range(120)]
    random, means = np.random.default_rng(9), []
    for _ in range(300):
        rows = np.concatenate([members[one] for one in random.integers(0, 120, 120)])
        again = fit(design[rows], points[rows], questions[rows])
        means.append(sigmoid(other[rows] @ again.coefficients).mean())
    assert found.standard_error == pytest.approx(np.std(means), rel=0.1)


def test_weights_are_copies_and_an_offset_is_a_known_term() -> None:
    design, points, questions, _ = drawn(200, 20, 10)
    weights = np.tile([1.0, 2.0], 100)
    twice = np.repeat(np.arange(200), weights.astype(int))
    weighted = fit(design, points, questions, weights=weights)
    copied = fit(design[twice], points[twice], questions[twice])
    assert weighted.coefficients == pytest.approx(copied.coefficients, abs=1e-9)
    for column in range(3):
        one, other = weighted.coefficient(column), copied.coefficient(column)
        assert one.standard_error == pytest.approx(other.standard_error, rel=1e-9)
    known = fit(design[:, :2], points, questions, offset=0.7 * design[:, 2])
    score = design[:, :2].T @ (points - sigmoid(design[:, :2] @ known.coefficients + 0.7 * design[:, 2]))
    assert score == pytest.approx([0, 0], abs=1e-8)


@pytest.mark.parametrize("ridge", [0.5, np.array([0.0, 3.0, 0.5])])
def test_a_ridge_pulls_by_its_strength(ridge: float | np.ndarray) -> None:
    """At the maximum the score equals ridge · coefficient, column by column."""
    design, points, questions, _ = drawn(200, 20, 11)
    found = fit(design, points, questions, ridge=ridge)
    score = design.T @ (points - sigmoid(design @ found.coefficients))
    assert score == pytest.approx(ridge * found.coefficients, abs=1e-8)


def test_the_error_under_a_ridge_in_closed_form() -> None:
    """One constant, one row per question: sqrt(n) s / (n p q + ridge), s the sd of points: the ridge's pull is no residual."""
    points = np.repeat([1.0, 0.5, 0.0], [9, 4, 3])
    found = fit(np.ones((16, 1)), points, np.arange(16), ridge=2.0)
    share = sigmoid(found.coefficients)[0]
    error = 4 * points.std(ddof=1) / (16 * share * (1 - share) + 2)
    assert found.coefficient(0).standard_error == pytest.approx(error, rel=1e-9)


def test_columns_that_say_the_same_share_what_they_say() -> None:
    """A design without full rank has no single answer: the shortest one is given, with finite errors."""
    design, points, questions, _ = drawn(400, 30, 12)
    doubled = np.column_stack([design, design[:, 1]])
    plain, found = fit(design, points, questions), fit(doubled, points, questions)
    assert found.coefficients[[1, 3]] == pytest.approx(np.full(2, plain.coefficients[1] / 2), abs=1e-7)
    assert found.mean(doubled).value == pytest.approx(plain.mean(design).value, abs=1e-9)
    assert found.coefficient(1).standard_error == pytest.approx(plain.coefficient(1).standard_error / 2, rel=1e-6)


@given(st.permutations(range(30)), st.integers(0, 100))
def test_order_of_rows_and_names_of_questions_do_not_matter(order: list[int], seed: int) -> None:
    design, points, questions, _ = drawn(30, 6, seed)
    plain = fit(design, points, questions, ridge=0.1)
    again = fit(design[order], points[order], 50 - 3 * questions[order], ridge=0.1)
    assert again.coefficients == pytest.approx(plain.coefficients, abs=1e-8)
    one, other = plain.mean(design), again.mean(design[order])
    assert (other.low, other.high) == pytest.approx((one.low, one.high), abs=1e-8)


def test_one_question_bounds_nothing() -> None:
    design, points, _, _ = drawn(30, 6, 13)
    found = fit(design, points, np.zeros(30, np.int64))
    assert (found.coefficient(0).low, found.coefficient(0).high) == (-math.inf, math.inf)
    assert (found.mean(design).low, found.mean(design).high) == (0.0, 1.0)


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_values_that_are_not_finite_are_refused(wrong: float) -> None:
    design, points, questions, _ = drawn(30, 6, 14)
    broken = design.copy()
    broken[3, 1] = wrong
    with pytest.raises(ValueError, match="must be finite"):
        fit(broken, points, questions)
    points[3] = wrong
    with pytest.raises(ValueError, match="must be finite"):
        fit(design, points, questions)
