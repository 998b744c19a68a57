"""Which pair of models to judge next on a board: the one whose order is least certain for the least work."""

from __future__ import annotations

from statistics import NormalDist
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from judge.stats.bradley_terry import Ratings

Reals: TypeAlias = NDArray[np.float64]
WARM_UP = 5  # random questions for every pair before any pair is chosen
REFIT = 190  # judgments after which strengths are fitted anew, at most


def urgency(ratings: Ratings) -> Reals:
    """Return how much every pair asks to be judged, in the order of numpy.triu_indices; sums to 1.

    [Φ(-|b_i - b_j| / s_ij) · s_ij]²: the chance that the two stand in the wrong order, times how little is known of their
    difference (after Chiang et al. 2024). Even where nothing is known.
    """
    first, second = np.triu_indices(ratings.models, 1)
    gap = np.abs(ratings.strength[first] - ratings.strength[second])
    error = ratings.difference_error[first, second]
    normal = NormalDist()
    known = np.isfinite(error) & (error > 0)
    doubt = np.array([normal.cdf(-g / s) * s if ok else np.nan for g, s, ok in zip(gap, error, known, strict=True)])
    doubt = np.where(known, doubt, np.nanmax(doubt, initial=1.0) if known.any() else 1.0) ** 2
    total = float(doubt.sum())
    return np.asarray(doubt / total if total > 0 else np.full(len(doubt), 1 / len(doubt)), np.float64)
