"""Win rates of one candidate against another: OPEN, win rate and win plus half a tie, each with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from judge.stats.intervals import Estimate, cluster_mean


@dataclass(frozen=True, slots=True)
class WinRates:
    """Rates in [0, 100] over judged comparisons; None where there is none.

    `open_score` is (win + tie) / (win + tie + loss) (SuperCLUE-OPEN 2023); it rewards ties, so it is read against
    `no_difference`, the 50 + 50 · tie rate that two equal candidates would get. `half_tie` is 50 between equals.
    """

    open_score: Estimate
    no_difference: float
    tie_rate: float
    win_rate: Estimate
    half_tie: Estimate
    open_bounds: tuple[float, float]  # had every missing comparison been lost / won
    half_tie_bounds: tuple[float, float]


def win_rates(
    win: NDArray[np.float64],
    tie: NDArray[np.float64],
    questions: NDArray[np.int64],
    missing: int = 0,
    confidence: float = 0.95,
) -> WinRates | None:
    """Rates of one candidate from its shares of win and tie per judged row; rows of one question are one cluster.

    `missing` counts planned rows that were not judged; the bounds say what they could change.
    """
    open_score = cluster_mean(win + tie, questions, confidence)
    won = cluster_mean(win, questions, confidence)
    half_tie = cluster_mean(win + tie / 2, questions, confidence)
    if open_score is None or won is None or half_tie is None:
        return None
    tie_rate = float(tie.mean())
    return WinRates(
        open_score.scaled(100),
        50 + 50 * tie_rate,
        100 * tie_rate,
        won.scaled(100),
        half_tie.scaled(100),
        bounds(open_score.value, len(win), missing),
        bounds(half_tie.value, len(win), missing),
    )


def bounds(share: float, judged: int, missing: int) -> tuple[float, float]:
    """Return 100 · share had all missing rows been lost, and had they been won."""
    planned = judged + missing
    return 100 * share * judged / planned, 100 * (share * judged + missing) / planned
