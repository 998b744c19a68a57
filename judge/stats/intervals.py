"""Estimates of means with intervals whose unit is the question."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

RARE = 5.0  # below this many effective cases on the rarer side the t interval leaves [0, 1] or is too short


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its interval, in the unit of the values; `clusters` questions and `rows` values went into it."""

    value: float
    low: float
    high: float
    standard_error: float
    clusters: int
    rows: int

    def scaled(self, factor: float) -> Estimate:
        """Return the same estimate in another unit."""
        return Estimate(
            self.value * factor,
            self.low * factor,
            self.high * factor,
            self.standard_error * factor,
            self.clusters,
            self.rows,
        )


def cluster_mean(
    values: NDArray[np.float64], clusters: NDArray[np.int64], confidence: float = 0.95, *, share: bool = True
) -> Estimate | None:
    """Mean of rows in [0, 1] that share questions, with a question-cluster t interval (Liang and Zeger 1986).

    values and clusters: one per row; rows of one question are one cluster, Q - 1 degrees of freedom. With `share`, near
    0 and 1 a Wilson interval (Wilson 1927) with the effective number of questions takes over. None where there is no row;
    a single question gives the whole range [0, 1] (or an infinite one), since nothing is known of its neighbours.
    """
    rows = len(values)
    if not rows:
        return None
    mean = float(values.mean())
    sums = _sums(values - mean, clusters)
    count = len(sums)
    if count == 1:
        low, high = (0.0, 1.0) if share else (-math.inf, math.inf)
        return Estimate(mean, low, high, 0.0, 1, rows)
    variance = count / (count - 1) * float(sums @ sums) / rows**2
    error = math.sqrt(variance)
    reach = t_quantile(0.5 + confidence / 2, count - 1)
    if share:
        spread = mean * (1 - mean)
        effective = spread / variance if variance > spread / count**2 else float(count)
        if effective * min(mean, 1 - mean) < RARE:
            low, high = wilson(mean, effective, reach)
            return Estimate(mean, low, high, error, count, rows)
    return Estimate(mean, mean - reach * error, mean + reach * error, error, count, rows)


def stratified_ratio(
    values: NDArray[np.float64],
    weights: NDArray[np.float64],
    strata: NDArray[np.int64],
    clusters: NDArray[np.int64],
    confidence: float = 0.95,
) -> Estimate | None:
    """Mean over strata of sum(values) / sum(weights), with a linearised question-cluster interval (Cochran 1977, 6.3).

    The total of graded boards: points obtained / full points per ability, abilities weighing the same. A question may lie
    in several strata (dimensions). None where there is no row; with no more questions than strata nothing is known of
    the spread, and the interval is infinite.
    """
    if not len(values):
        return None
    names, stratum = np.unique(strata, return_inverse=True)
    full = np.bincount(stratum, weights)
    ratio = np.bincount(stratum, values) / full
    residuals = _sums((values - ratio[stratum] * weights) / full[stratum], clusters) / len(names)
    questions, freedom = len(residuals), len(residuals) - len(names)
    mean = float(ratio.mean())
    if freedom <= 0:
        return Estimate(mean, -math.inf, math.inf, 0.0, questions, len(values))
    error = math.sqrt(questions / freedom * float(residuals @ residuals))
    reach = t_quantile(0.5 + confidence / 2, freedom) * error
    return Estimate(mean, mean - reach, mean + reach, error, questions, len(values))


def wilson(share: float, count: float, reach: float) -> tuple[float, float]:
    """Wilson score interval of a share in [0, 1] from `count` cases, `reach` standard errors wide (Wilson 1927)."""
    centre = (share + reach**2 / (2 * count)) / (1 + reach**2 / count)
    half = reach / (1 + reach**2 / count) * math.sqrt(share * (1 - share) / count + reach**2 / (4 * count**2))
    # At 0 and 1 the bound is the share itself; rounding must not push it inside.
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))


def questions_needed(deviation: float, distance: float, confidence: float = 0.95, power: float = 0.8) -> int:
    """How many questions tell a mean from a bound at `distance`, given the sd per question (Cohen 1988, normal theory).

    Both in the unit of the values; distance > 0.
    """
    normal = NormalDist()
    reach = normal.inv_cdf(0.5 + confidence / 2) + normal.inv_cdf(power)
    return max(2, math.ceil((reach * deviation / distance) ** 2))


def _sums(values: NDArray[np.float64], clusters: NDArray[np.int64]) -> NDArray[np.float64]:
    _, place = np.unique(clusters, return_inverse=True)
    sums: NDArray[np.float64] = np.bincount(place, values).astype(np.float64)
    return sums


@lru_cache(maxsize=1024)
def t_quantile(probability: float, freedom: float) -> float:
    """Quantile of Student's t (Student 1908), probability in (0.5, 1); within 1e-9 of tabled values for freedom >= 1."""
    low, high = 0.0, 2.0
    while _t_cdf(high, freedom) < probability:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _t_cdf(middle, freedom) < probability else (low, middle)
    return (low + high) / 2


def _t_cdf(t: float, freedom: float) -> float:
    return 1 - 0.5 * _beta(freedom / (freedom + t * t), freedom / 2, 0.5)


def _beta(x: float, a: float, b: float) -> float:
    """Regularised incomplete beta function by its continued fraction (Abramowitz and Stegun 1964, 26.5.8)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(1 - x, b, a)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    fraction = 0.0
    for term in range(400, 0, -1):
        half, odd = divmod(term, 2)
        if odd:
            step = -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1))
        else:
            step = half * (b - half) * x / ((a + 2 * half - 1) * (a + 2 * half))
        fraction = step / (1 + fraction)
    return front / (a * (1 + fraction))
