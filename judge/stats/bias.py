"""What a judge looks at beside the answers: the place in which they stand, their length, who wrote them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from judge.stats.intervals import Estimate, cluster_mean

Reals: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PositionBias:
    """What the place does, from items that were judged in both placements.

    first_wins: share of points that go to the one shown first, 0.5 without bias. same: share of items on which both
    placements say the same. swap_cost: variance of a win rate from both placements of n items over that from one placement,
    balanced, of 2n items (about 1 + the correlation of the two); None where nothing varies.
    """

    items: int
    first_wins: Estimate
    same: Estimate
    swap_cost: float | None


def position_bias(forward: Reals, backward: Reals, questions: Codes, confidence: float = 0.95) -> PositionBias | None:
    """Measure position bias (Wang et al. 2023); None where no item was judged in both placements.

    forward: points (win 1, tie 1/2) of a candidate shown first, backward: points of the same candidate shown second,
    per item; questions: codes, the unit of the interval.
    """
    if not len(forward):
        return None
    lean = cluster_mean((forward - backward) / 2, questions, confidence, share=False, within=(-0.5, 0.5))
    same = cluster_mean((np.abs(forward - backward) < 1e-9).astype(np.float64), questions, confidence)
    assert lean is not None
    assert same is not None
    first_wins = replace(lean, value=0.5 + lean.value, low=max(0.0, 0.5 + lean.low), high=min(1.0, 0.5 + lean.high))
    single = float(forward.var() + backward.var())
    both = float(((forward + backward) / 2).var())
    return PositionBias(len(forward), first_wins, same, 4 * both / single if single > 0 else None)


def share_of_larger(points: Reals, excess: Reals, questions: Codes, confidence: float = 0.95) -> Estimate | None:
    """Share of decided items that go to the side that has more of something.

    points: of the first side, 0.5 is undecided; excess: how much more the first side has. It tells a taste only beside
    another's on the same items: what is better may be longer. None where no item is decided between two unequal sides.
    """
    decided = (np.abs(points - 0.5) > 1e-9) & (excess != 0)
    won = np.where(excess > 0, points > 0.5, points < 0.5)
    return cluster_mean(won[decided].astype(np.float64), questions[decided], confidence)


def excess_for(
    points: Reals, people: Reals, questions: Codes, confidence: float = 0.95, weights: Reals | None = None
) -> Estimate | None:
    """Points a judge gives some candidates beyond what people give them on the same items: self-preference.

    points, people: of the candidates in question, per item, in [0, 1]. 0 without preference (Panickssery et al. 2024).
    """
    return cluster_mean(points - people, questions, confidence, share=False, within=(-1.0, 1.0), weights=weights)
