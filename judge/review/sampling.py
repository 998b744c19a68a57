"""Which items people are asked to judge, and with which probability: drawn, never picked. Pure, seeded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Reals: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64]
LEAST_UNIFORM = 0.3  # share of the draw's mass that doubt does not steer: it finds the errors no signal shows


@dataclass(frozen=True)
class Drawn:
    """Items by position, and the chance with which each came to be drawn, in (0, 1]."""

    at: Codes
    probability: Reals


def mixture(doubt: Reals, uniform: float = LEAST_UNIFORM) -> Reals:
    """Return how likely each item is to be drawn first: partly all alike, partly in proportion to its doubt (>= 0).

    Sums to 1. Raises ValueError where less than LEAST_UNIFORM would be uniform, or doubt is negative or not finite.
    """
    if not LEAST_UNIFORM <= uniform <= 1:
        raise ValueError(f"at least {LEAST_UNIFORM} of a draw is uniform")
    if not np.isfinite(doubt).all() or (doubt < 0).any():
        raise ValueError("doubt is finite and not negative")
    doubt = doubt / max(float(doubt.max(initial=0.0)), 1e-300)
    total = float(doubt.sum())
    even = np.full(len(doubt), 1 / max(1, len(doubt)))
    return np.asarray(even if total == 0 else uniform * even + (1 - uniform) * doubt / total, np.float64)


def draw(weights: Reals, strata: Codes, count: int, rng: np.random.Generator) -> Drawn:
    """Draw `count` items (>= 0) without replacement, each with a chance in proportion to its weight (> 0), spread over strata.

    Systematic sampling with unequal probabilities (Madow 1949; Hartley and Rao 1962) along a list in which strata stand
    together and items in random order: every stratum gets its expected number within one. An item whose chance would be
    above 1 is drawn for sure. Fewer items than `count`: all, with probability 1. Raises ValueError for weights or a count out
    of range.
    """
    if count < 0 or not (weights > 0).all() or not np.isfinite(weights).all():
        raise ValueError("no fewer than 0 items, and weights greater than 0")
    chance = inclusion(weights, count)
    order = np.lexsort((rng.random(len(weights)), rng.permutation(int(strata.max(initial=0)) + 1)[strata]))
    ends = np.cumsum(chance[order])
    ticks = np.floor(ends + rng.random() + 1e-9)
    taken = np.sort(order[np.diff(ticks, prepend=0.0) > 0])
    return Drawn(taken.astype(np.int64), chance[taken])


def inclusion(weights: Reals, count: int) -> Reals:
    """Return the chance with which each item is among `count`: proportional to its weight, at most 1."""
    if count >= len(weights):
        return np.ones(len(weights))
    chance = np.zeros(len(weights))
    sure = np.zeros(len(weights), bool)
    while True:
        left = count - int(sure.sum())
        chance = np.where(sure, 1.0, left * weights / float(weights[~sure].sum()))
        over = (chance >= 1) & ~sure
        if not over.any():
            return chance
        sure |= over
