"""When to stop judging: evidence that holds however often one looks, for who is ahead on a bank or on questions like these.

Values of one candidate against another come in random order, in [0, 1], a half for a tie. "bank": the mean over the `total`
questions of this bank, drawn without replacement; "like": the mean over questions like these.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from judge.stats.intervals import t_quantile

Reals: TypeAlias = NDArray[np.float64]
Target: TypeAlias = Literal["bank", "like"]
Shape: TypeAlias = Literal["obf", "pocock"]

BETS = np.array([0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.3, 1.6])  # stakes, mixed evenly over both sides
MOST = 0.99  # of what a stake may lose at once
ROUNDING = 1e-9  # of a mean
GRID = 400  # values of a mean at which a confidence sequence is inverted
LOOKS = 10


@dataclass(frozen=True)
class Evidence:
    """Evidence after each value against "the mean is `null`", as e-values: 1 / alpha ends the test at level alpha.

    above, below: for a mean above and below it; both: against equality. inf: impossible on this bank. All have length of
    the values.
    """

    above: Reals
    below: Reals
    both: Reals

    def stop(self, alpha: float = 0.05) -> int | None:
        """Return after how many values the test ends, None where it does not."""
        found = np.flatnonzero(self.both >= 1 / alpha)
        return int(found[0]) + 1 if len(found) else None


def betting(values: Reals, total: int | None = None, null: float = 0.5) -> Evidence:
    """Bet on the next value (Waudby-Smith and Ramdas 2024): the mean of ∏ (1 + stake · (x - m)) over BETS of either sign.

    With `total`, values are drawn without replacement from so many, and m is what the mean of those left would be under the
    null; without, m is the null. A value of nan is one that could not be had: it counts against whichever side is tested.
    Raises ValueError for values outside [0, 1] or more of them than `total`.
    """
    known = values[~np.isnan(values)]
    if len(known) and not (known.min() >= 0 and known.max() <= 1):
        raise ValueError("values lie in [0, 1]")
    if total is not None and len(values) > total:
        raise ValueError("more values than there are")
    above = _wealth(np.where(np.isnan(values), 0.0, values), total, null)
    below = _wealth(1 - np.where(np.isnan(values), 1.0, values), total, 1 - null)
    return Evidence(above, below, (above + below) / 2)


def _wealth(values: Reals, total: int | None, null: float) -> Reals:
    """Return the mean wealth of bets that the mean is above the null, after each value."""
    count = len(values)
    before = np.concatenate([[0.0], np.cumsum(values)[:-1]]) if count else values
    mean = np.full(count, null) if total is None else (total * null - before) / (total - np.arange(count))
    # Sure: those left cannot bring the mean down to the null any more; that a sum of thirds is off by rounding proves nothing.
    sure = np.full(count, False) if total is None else before + values > total * (null + ROUNDING)
    lost = mean > 1  # those left cannot bring it up to the null: nothing is at stake any more
    stakes = np.minimum(BETS[:, None], MOST / np.maximum(mean, 1e-12))
    steps = np.where(lost, 0.0, np.log1p(stakes * (values - np.clip(mean, 0, 1))))
    paths = np.exp(np.minimum(np.cumsum(steps, axis=1), 700.0))
    return np.asarray(np.where(sure, math.inf, paths.mean(axis=0)), np.float64)


def confidence_sequence(values: Reals, total: int | None = None, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of the mean that holds at every time at once, so also when judging stopped because of what was seen.

    All means that betting does not refute at 1 - confidence (Waudby-Smith and Ramdas 2024), within 1 / GRID. On a bank it
    never leaves what the values seen and those left can make of the mean.
    """
    if not len(values):
        return 0.0, 1.0
    nothing = np.isnan(values)
    least, most = np.where(nothing, 0.0, values), np.where(nothing, 1.0, values)
    low_end = 0.0 if total is None else float(least.sum()) / total
    high_end = 1.0 if total is None else (float(most.sum()) + total - len(values)) / total

    def kept(mean: float) -> bool:
        return not bool((betting(values, total, mean).both >= 1 / (1 - confidence)).any())

    grid = np.linspace(low_end, high_end, GRID + 1)
    inside = float(np.clip(least.mean() if total is None else (low_end + high_end) / 2, low_end, high_end))
    centre = int(np.argmin(np.abs(grid - (float(np.nanmean(values)) if not nothing.all() else inside))))
    if not kept(float(grid[centre])):  # an early lead may refute what the mean has come to since
        centre = int(np.argmin([betting(values, total, float(mean)).both.max() for mean in grid]))
    low, high = _edge(grid[: centre + 1][::-1], kept), _edge(grid[centre:], kept)
    return max(low_end, low - 1 / GRID), min(high_end, high + 1 / GRID)


def _edge(grid: Reals, kept: Callable[[float], bool]) -> float:
    """Return the last value, from the first on, that is kept; the kept ones are an interval."""
    near, far = 0, len(grid) - 1
    if kept(float(grid[far])):
        return float(grid[far])
    while far - near > 1:
        middle = (near + far) // 2
        near, far = (middle, far) if kept(float(grid[middle])) else (near, middle)
    return float(grid[near])


# ── a few looks, fixed beforehand ─────────────────────────────────────────────────────────────────────────────────────


def group_sequential(
    values: Reals, total: int, *, looks: int = LOOKS, alpha: float = 0.05, shape: Shape = "obf"
) -> tuple[int, float] | None:
    """Look only `looks` times, after equal shares of `total` questions; return (values used, their mean less 0.5) where it ended.

    It ends where the repeated interval leaves 0.5 out. None where it did not by the last look among the
    values there are. nan is a value that could not be had.
    """
    for look in range(1, looks + 1):
        used = round(look * total / looks)
        if used > len(values):
            return None
        low, high = repeated_interval(values[:used], look, looks=looks, alpha=alpha, shape=shape)
        if low > 0.5 or high < 0.5:
            return used, float(np.nanmean(values[:used])) - 0.5
    return None


def repeated_interval(
    values: Reals, look: int, *, looks: int = LOOKS, alpha: float = 0.05, shape: Shape = "obf"
) -> tuple[float, float]:
    """Interval of the mean over questions like these at one of the looks; all of them hold it at once with 1 - alpha.

    Repeated confidence interval (Jennison and Turnbull 1989): the boundary of O'Brien and Fleming (1979) or Pocock (1977) at
    this look, as the quantile of Student's t of the same tail. Values that are all alike are so many coins (Clopper and Pearson 1934).
    A value of nan stands for the worst it could be at either end.
    """
    bound = boundaries(looks, alpha, shape)[look - 1]
    low, _ = _reach(np.where(np.isnan(values), 0.0, values), bound)
    _, high = _reach(np.where(np.isnan(values), 1.0, values), bound)
    return low, high


def _reach(values: Reals, bound: float) -> tuple[float, float]:
    count = len(values)
    if count < 2:
        return 0.0, 1.0
    mean, error = float(values.mean()), float(values.std(ddof=1)) / math.sqrt(count)
    if error <= ROUNDING:
        other = 1 - NormalDist().cdf(-bound) ** (1 / count)  # how many of another kind there may be
        return mean * (1 - other), mean + other * (1 - mean)
    half = error * t_quantile(NormalDist().cdf(bound), count - 1)
    return max(0.0, mean - half), min(1.0, mean + half)


@lru_cache(maxsize=64)
def boundaries(looks: int, alpha: float = 0.05, shape: Shape = "obf") -> tuple[float, ...]:
    """Return |z| at which each of several equally spaced looks stops, with overall two-sided error alpha under the null.

    O'Brien and Fleming (1979): constant · √(looks / k); Pocock (1977): a constant. The constant by recursive integration of
    the sub-density of the sum (Armitage, McPherson and Rowe 1969). Raises ValueError for no look, or alpha outside (0, 0.5).
    """
    if looks < 1 or not 0 < alpha < 0.5:
        raise ValueError("at least one look, and 0 < alpha < 0.5")
    scale = [math.sqrt(looks / k) if shape == "obf" else 1.0 for k in range(1, looks + 1)]
    low, high = 0.5, 8.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if _crossing([middle * one for one in scale]) > alpha else (low, middle)
    return tuple(high * one for one in scale)


def _crossing(bounds: Sequence[float]) -> float:
    """Return the probability that a driftless sum of unit normals leaves the bounds at some look."""
    points = 801
    edge = bounds[0]
    at = np.linspace(-edge, edge, points)
    density = np.exp(-(at**2) / 2) / math.sqrt(2 * math.pi)
    for look in range(2, len(bounds) + 1):
        limit = bounds[look - 1] * math.sqrt(look)
        new = np.linspace(-limit, limit, points)
        weight = np.full(len(at), at[1] - at[0])
        weight[[0, -1]] /= 2
        kernel = np.exp(-((new[:, None] - at[None]) ** 2) / 2) / math.sqrt(2 * math.pi)
        density = kernel @ (density * weight)
        at = new
    weight = np.full(len(at), at[1] - at[0])
    weight[[0, -1]] /= 2
    return 1 - float(density @ weight)


# ── several pairs at once ─────────────────────────────────────────────────────────────────────────────────────────────


def e_bh(values: Sequence[float], alpha: float = 0.05) -> tuple[bool, ...]:
    """Say which hypotheses fall so that at most a share alpha of those that do does so wrongly, on average.

    e-BH (Wang and Ramdas 2022), whatever their dependence: the k largest e-values where the k-th is at least n / (alpha k).
    """
    count = len(values)
    order = sorted(range(count), key=lambda at: -values[at])
    kept = max((k for k in range(1, count + 1) if values[order[k - 1]] * k * alpha >= count), default=0)
    fallen = set(order[:kept])
    return tuple(at in fallen for at in range(count))
