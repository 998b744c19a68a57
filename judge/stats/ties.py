"""Models of a game that can end in a tie, and the probabilities they give.

Both are concave in the strengths and in the logarithm of their parameter of ties; `bradley_terry.rate` fits them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from judge.stats.bradley_terry import PRIOR, Model, Ratings, Reals, Scored, half_wins, rate
from judge.stats.games import Games, NotIdentified
from judge.stats.intervals import t_quantile

NO_TIE = -30.0  # log of a parameter of ties that gives none


def davidson(difference: Reals, tie: float) -> Scored:
    """Win : tie : loss = e^(d/2) : nu : e^(-d/2), tie = log nu (Davidson 1970)."""
    up, down = np.exp(difference / 2), np.exp(-difference / 2)
    total = up + math.exp(tie) + down
    win, drawn, loss = up / total, math.exp(tie) / total, down / total
    expected = win + drawn / 2
    score = np.stack(
        [
            np.stack([1 - expected, -drawn]),
            np.stack([0.5 - expected, 1 - drawn]),
            np.stack([-expected, -drawn]),
        ]
    )
    return Scored(score, _information(score, np.stack([win, drawn, loss])), np.stack([win, drawn, loss]))


def rao_kupper(difference: Reals, tie: float) -> Scored:
    """Win = s(d - η), loss = s(-d - η), tie the rest, s the logistic function, tie = log η (Rao and Kupper 1967).

    Their threshold θ is e^η.
    """
    edge = math.exp(tie)
    win = 0.5 + 0.5 * np.tanh((difference - edge) / 2)
    loss = 0.5 + 0.5 * np.tanh((-difference - edge) / 2)
    drawn = win * loss * math.expm1(2 * edge)
    # By the threshold's logarithm: d log s(d - η) / d log η = -(1 - s) η, and a tie is s(d - η) s(-d - η) (e^2η - 1).
    both = 2 * math.exp(2 * edge) / math.expm1(2 * edge)
    score = np.stack(
        [
            np.stack([1 - win, -edge * (1 - win)]),
            np.stack([loss - win, edge * (both - (1 - win) - (1 - loss))]),
            np.stack([loss - 1, -edge * (1 - loss)]),
        ]
    )
    probability = np.stack([win, drawn, loss])
    return Scored(score, _information(score, probability), probability)


MODELS: dict[str, Model] = {"davidson": davidson, "rao-kupper": rao_kupper}


def _information(score: Reals, probability: Reals) -> Reals:
    return np.asarray(np.einsum("kap,kbp,kp->abp", score, score, probability), np.float64)


@dataclass(frozen=True, slots=True)
class Chances:
    """Probabilities of win, tie and loss of one model against another, each as (value, low, high)."""

    win: tuple[float, float, float]
    tie: tuple[float, float, float]
    loss: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class TieRatings:
    """Strengths with a parameter of ties: `nu` of Davidson, or the threshold `theta` of Rao and Kupper."""

    ratings: Ratings
    model: Model
    parameter: float

    def chances(self, first: int, second: int) -> Chances:
        """Return what a game between two models would give, with intervals by the delta method on the logit scale."""
        rated = self.ratings
        difference = float(rated.strength[first] - rated.strength[second])
        tie = rated.tie if rated.tie is not None else NO_TIE
        said = self.model(np.array([difference]), tie)
        assert said.probability is not None
        score = said.score[:, :, 0]
        contrast = np.zeros((score.shape[1], len(rated.covariance)))
        contrast[0, first], contrast[0, second] = 1.0, -1.0
        if len(rated.covariance) > rated.models:
            contrast[1, -1] = 1.0
        spread = contrast @ rated.covariance @ contrast.T
        if not rated.freedom:  # one question says nothing of others
            win, tie_share, loss = ((value, 0.0, 1.0) for value in said.probability[:, 0].tolist())
            return Chances(win, tie_share, loss)
        reach = t_quantile(0.5 + rated.confidence / 2, rated.freedom)
        found = []
        for value, slope in zip(said.probability[:, 0].tolist(), score, strict=True):
            # d log p = slope, so d logit p = slope / (1 - p).
            error = math.sqrt(max(float(slope @ spread @ slope), 0.0)) / max(1 - value, 1e-300)
            middle = math.log(value / (1 - value)) if 0 < value < 1 else math.copysign(math.inf, value - 0.5)
            found.append((value, _share(middle - reach * error), _share(middle + reach * error)))
        return Chances(*found)


def rate_with_ties(
    games: Games, model: Model = davidson, *, prior: float = PRIOR, confidence: float = 0.95
) -> TieRatings | NotIdentified:
    """Rate models by games with ties of their own probability; where nobody tied, ties have none."""
    drawn = games.totals[1].sum()
    if not drawn:
        rated = rate(games, half_wins, prior=prior, confidence=confidence)
        return (
            rated if isinstance(rated, NotIdentified) else TieRatings(rated, model, 0.0 if model is davidson else 1.0)
        )
    share = drawn / games.totals.sum()
    start = math.log(2 * share / max(1 - share, 1e-6)) if model is davidson else math.log(math.atanh(min(share, 0.999)))
    rated = rate(games, model, prior=prior, confidence=confidence, ties=start)
    if isinstance(rated, NotIdentified):
        return rated
    assert rated.tie is not None
    parameter = math.exp(rated.tie)
    return TieRatings(rated, model, parameter if model is davidson else math.exp(parameter))


def _share(logit: float) -> float:
    return 0.5 + 0.5 * math.tanh(logit / 2) if not math.isnan(logit) else math.nan
