"""Estimates of means with intervals whose unit is the question."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

ALIKE = 1e-18  # a variance below this is none
RARE = 20.0  # below this many effective cases on the rarer side the t interval is too short (benchmarks/coverage.py)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its interval, in the unit of the values; `clusters` questions and `rows` values went into it.

    effective: how many coin tosses the questions are worth, where the interval is Wilson's of so many.
    """

    value: float
    low: float
    high: float
    standard_error: float
    clusters: int
    rows: int
    effective: float | None = None

    def scaled(self, factor: float) -> Estimate:
        """Return the same estimate in another unit."""
        return Estimate(
            self.value * factor,
            self.low * factor,
            self.high * factor,
            self.standard_error * factor,
            self.clusters,
            self.rows,
            self.effective,
        )


def cluster_mean(
    values: NDArray[np.float64],
    clusters: NDArray[np.int64],
    confidence: float = 0.95,
    *,
    share: bool = True,
    within: tuple[float, float] = (-math.inf, math.inf),
    weights: NDArray[np.float64] | None = None,
) -> Estimate | None:
    """Mean of rows in [0, 1] that share questions, with a question-cluster t interval (Liang and Zeger 1986).

    values and clusters: one per row; rows of one question are one cluster, Q - 1 degrees of freedom. With `share`, a Wilson
    interval (Wilson 1927) with the effective number of questions takes over where fewer than RARE of them lie on the rarer
    side, as they do near 0 and 1 and with few questions (after Korn and Graubard 1998). Without, values may lie anywhere
    `within` some bounds. None where there is no row; a single question gives the whole range, since nothing is known of its
    neighbours. weights (> 0): of rows drawn with unequal chances, the inverse of the chance; a ratio, linearised.
    """
    rows = len(values)
    if not rows:
        return None
    mass = float(rows) if weights is None else float(weights.sum())
    mean = float(values.mean()) if weights is None else float(weights @ values) / mass
    sums = _sums(values - mean if weights is None else weights * (values - mean), clusters)
    count = len(sums)
    if count == 1:
        low, high = (0.0, 1.0) if share else within
        return Estimate(mean, low, high, 0.0, 1, rows)
    variance = count / (count - 1) * float(sums @ sums) / mass**2
    if variance < ALIKE and not share:
        # No question differs among so many: how many may, and by how far at most.
        other = wilson(0.0, count, t_quantile(0.5 + confidence / 2, count - 1))[1]
        low, high = (mean + other * (bound - mean) for bound in within)
        return Estimate(mean, low, high, 0.0, count, rows)
    return of_variance(mean, variance, count - 1, count, rows, confidence, share=share)


def of_variance(
    mean: float, variance: float, freedom: float, count: int, rows: int, confidence: float = 0.95, *, share: bool = True
) -> Estimate:
    """Return a mean of `count` clusters with the interval of its variance: Student's t, or Wilson's where a share is rare.

    A share in [0, 1] whose variance is 0 has the Wilson interval of `count` cases.
    """
    error, reach = math.sqrt(variance), t_quantile(0.5 + confidence / 2, freedom)
    if not share:
        return Estimate(mean, mean - reach * error, mean + reach * error, error, count, rows)
    inside = min(max(mean, 0.0), 1.0)
    # Values that are all alike say that the spread is small, not that there is none.
    effective = float(count) if variance < ALIKE else inside * (1 - inside) / variance
    if variance < ALIKE or 0 < effective * min(inside, 1 - inside) < RARE:
        low, high = wilson(inside, effective, reach)
        return Estimate(mean, low, high, error, count, rows, effective)
    return Estimate(mean, max(0.0, mean - reach * error), min(1.0, mean + reach * error), error, count, rows)


def stratified_ratio(
    values: NDArray[np.float64],
    weights: NDArray[np.float64],
    strata: NDArray[np.int64],
    clusters: NDArray[np.int64],
    confidence: float = 0.95,
    shares: NDArray[np.float64] | None = None,
) -> Estimate | None:
    """Mean over strata of sum(values) / sum(weights), with a linearised question-cluster interval (separate ratios, Cochran 1977, ch. 6).

    The total of graded boards: points obtained / full points per ability, abilities weighing the same, or as
    `shares` says of each row's stratum (scaled to sum to 1 over strata). A question may lie in several strata (dimensions). None where there is no row or no weight; with no more questions than strata, or without
    any spread among them, nothing is known of the spread, and the interval is infinite.
    """
    if not len(values):
        return None
    names, stratum = np.unique(strata, return_inverse=True)
    full = np.bincount(stratum, weights)
    if (full <= 0).any():
        return None
    ratio = np.bincount(stratum, values) / full
    share = np.full(len(names), 1 / len(names))
    if shares is not None:
        share[stratum] = shares
        share /= share.sum()
    residuals = _sums(share[stratum] * (values - ratio[stratum] * weights) / full[stratum], clusters)
    questions, freedom = len(residuals), len(residuals) - len(names)
    mean = float(share @ ratio)
    if freedom <= 0 or float(residuals @ residuals) < ALIKE:
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


def bootstrap_mean(
    values: NDArray[np.float64],
    clusters: NDArray[np.int64],
    confidence: float = 0.95,
    *,
    rounds: int = 2000,
    seed: int = 0,
) -> Estimate | None:
    """Mean of rows that share questions, with an interval from resampled whole questions: a check on `cluster_mean`.

    Percentiles of the resampled means (Field and Welsh 2007), pushed out to the width that Student's t and Q / (Q - 1)
    ask for, without which few questions make them too short (Hesterberg 2015).
    """
    if not len(values):
        return None
    mean = float(values.mean())
    names, place = np.unique(clusters, return_inverse=True)
    sums, sizes = np.bincount(place, values), np.bincount(place).astype(np.float64)
    count = len(names)
    if count == 1:
        return Estimate(mean, -math.inf, math.inf, 0.0, 1, len(values))
    weights = resampled(count, rounds, seed)
    means = np.sort((weights @ sums) / (weights @ sizes))
    wide = NormalDist().cdf(math.sqrt(count / (count - 1)) * t_quantile(0.5 + confidence / 2, count - 1))
    low, high = np.quantile(means, [1 - wide, wide])
    error = float(means.std()) * math.sqrt(count / (count - 1))
    return Estimate(mean, float(low), float(high), error, count, len(values))


@lru_cache(maxsize=8)
def resampled(count: int, rounds: int, seed: int) -> NDArray[np.float64]:
    """Return how often each of `count` questions is drawn in each resample, rounds × count."""
    draw = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), rounds)
    return draw.astype(np.float64)


def _sums(values: NDArray[np.float64], clusters: NDArray[np.int64]) -> NDArray[np.float64]:
    _, place = np.unique(clusters, return_inverse=True)
    sums: NDArray[np.float64] = np.bincount(place, values).astype(np.float64)
    return sums


@lru_cache(maxsize=1024)
def t_quantile(probability: float, freedom: float) -> float:
    """Quantile of Student's t (Student 1908), probability in (0.5, 1); within 1e-9 of tabled values for freedom >= 1."""
    found = NormalDist().inv_cdf(probability)  # t has the heavier tails: its quantile lies beyond
    shape = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - math.log(freedom * math.pi) / 2
    for _ in range(100):  # Newton's method; the distribution function is concave here, so every step falls short
        density = math.exp(shape - (freedom + 1) / 2 * math.log1p(found * found / freedom))
        step = (probability - 1 + t_tails(found, freedom) / 2) / density
        found += step
        if abs(step) < 1e-12 * found:
            break
    return found


def t_tails(t: float, freedom: float) -> float:
    """Probability that Student's t lies beyond ±t (Student 1908): the two-sided p value of a statistic."""
    return _beta(freedom / (freedom + t * t), freedom / 2, 0.5)


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
