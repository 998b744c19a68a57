"""Sequential Elo, for comparison: it depends on the order of games and does not settle, however many there are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from judge.stats.games import Codes

K = 4.0  # points a game can move, as chatbot arenas used it
INITIAL = 1000.0


def sequential(
    first: Codes,
    second: Codes,
    score: NDArray[np.float64],
    models: int,
    *,
    k: float = K,
    initial: float = INITIAL,
) -> NDArray[np.float64]:
    """Return Elo points after all games in the order given (Elo 1978), base 10 and scale 400.

    first, second: codes from 0; score: of the first, in [0, 1]. Raises ValueError for a score outside, or a model against itself.
    """
    if len(score) and not (float(np.min(score)) >= 0 and float(np.max(score)) <= 1):
        raise ValueError("a score lies in [0, 1]")
    if any(len(one) and not (int(one.min()) >= 0 and int(one.max()) < models) for one in (first, second)):
        raise ValueError(f"a code lies outside 0..{models - 1}")
    if (np.asarray(first) == np.asarray(second)).any():
        raise ValueError("a model cannot meet itself")
    points = [initial] * models
    for one, other, won in zip(first.tolist(), second.tolist(), score.tolist(), strict=True):
        move = k * (won - 1 / (1 + 10 ** ((points[other] - points[one]) / 400)))
        points[one] += move
        points[other] -= move
    return np.array(points)
