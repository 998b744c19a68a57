"""Whether a difference is more than chance, for one or for several at a time; and the ranks that follow."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from judge.stats.intervals import Estimate, cluster_mean, t_tails


def p_value(estimate: Estimate, null: float, unit: float = 1.0) -> float:
    """Two-sided p value of a mean against a value in the same unit, by Student's t on clusters - 1 degrees (Student 1908).

    It is small just where the interval leaves the value outside: of a Wilson interval the score test (Wilson 1927), in
    which `unit` says what a share of 1 is in the unit of the estimate. Where all differences are alike, the sign test of
    that many questions (Dixon and Mood 1946).
    """
    if estimate.clusters < 2 or estimate.value == null:
        return 1.0
    error = estimate.standard_error
    if estimate.effective is not None:
        expected = null / unit
        error = unit * math.sqrt(max(expected * (1 - expected), 0.0) / estimate.effective)
    if not error > 0:
        return min(1.0, 2 * 0.5**estimate.clusters)
    return t_tails((estimate.value - null) / error, estimate.clusters - 1)


def holm(values: Sequence[float]) -> tuple[float, ...]:
    """Adjust p values so that all claims together err with the stated probability (Holm 1979), in the order given."""
    order = sorted(range(len(values)), key=values.__getitem__)
    adjusted = [0.0] * len(values)
    worst = 0.0
    for done, at in enumerate(order):
        worst = max(worst, min(1.0, (len(values) - done) * values[at]))
        adjusted[at] = worst
    return tuple(adjusted)


def paired(
    first: NDArray[np.float64],
    first_questions: NDArray[np.int64],
    second: NDArray[np.float64],
    second_questions: NDArray[np.int64],
    confidence: float = 0.95,
    within: tuple[float, float] = (-math.inf, math.inf),
) -> Estimate | None:
    """Mean difference of two candidates over the questions both have values on, each question weighing the same.

    values and their question codes, rows in any order; several rows of a question are averaged first. A t interval on
    the questions' differences (Student 1908), which lie `within` bounds; None where they share no question.
    """
    shared = np.intersect1d(first_questions, second_questions)
    if not len(shared):
        return None
    difference = _per_question(first, first_questions, shared) - _per_question(second, second_questions, shared)
    return cluster_mean(difference, shared.astype(np.int64), confidence, share=False, within=within)


def _per_question(
    values: NDArray[np.float64], questions: NDArray[np.int64], wanted: NDArray[np.int64]
) -> NDArray[np.float64]:
    inside = np.isin(questions, wanted)
    at = np.searchsorted(wanted, questions[inside])
    return np.asarray(np.bincount(at, values[inside], len(wanted)) / np.bincount(at, minlength=len(wanted)), np.float64)


def rank_ranges(
    strength: NDArray[np.float64], difference_error: NDArray[np.float64], freedom: int, confidence: float = 0.95
) -> list[tuple[int, int]]:
    """Return the best and the worst rank of each model that its differences from all others leave open, 1 the best.

    strength: models; difference_error: models × models, standard errors of differences. Holm's adjustment over the other
    models keeps all statements on one model together at the confidence (Mogstad et al. 2024, with Holm 1979).
    """
    count = len(strength)
    found = []
    for one in range(count):
        others = [other for other in range(count) if other != one]
        lead = [float(strength[one] - strength[other]) for other in others]
        values = []
        for other, gap in zip(others, lead, strict=True):
            error = float(difference_error[one, other])
            sure = freedom > 0 and error > 0 and math.isfinite(error)
            values.append(t_tails(gap / error, freedom) if sure else 1.0)
        clear = [adjusted < 1 - confidence for adjusted in holm(values)]
        above = sum(said and gap < 0 for said, gap in zip(clear, lead, strict=True))
        below = sum(said and gap > 0 for said, gap in zip(clear, lead, strict=True))
        found.append((1 + above, count - below))
    return found
