"""Strengths from pairwise games, with errors clustered by question.

The method in one paragraph: log-likelihood of all games plus a weak normal prior, maximised by Newton's method on totals
per pair; covariance H⁻¹ (Σ g_q g_q') H⁻¹ · Q/(Q-1) with one gradient per question. What is said here of games between two
models holds for every model of a game in `MODELS`: they differ only in the score of an outcome.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from judge.stats.games import Games, NotIdentified
from judge.stats.intervals import t_quantile

Reals: TypeAlias = NDArray[np.float64]
Floats: TypeAlias = NDArray[np.floating]
PRIOR = 3.0  # sd of a strength before any game, in logits (521 Elo): an unbeaten one of 20 games against its equal stands near 98 %
ELO = 400 / math.log(10)  # Elo points per logit
EXACT = 1e-9  # a step below this, no longer shrinking, is rounding
STEP = 2.0  # the longest step of Newton's method, in logits
ROUNDS = 1000


@dataclass(frozen=True, slots=True)
class Scored:
    """What a model of a game says of games at some difference of strength.

    probability: outcomes × pairs (win, tie, loss of the first). score: outcomes × parameters × pairs, the derivatives of
    the log-likelihood by the difference of strength and, where there is one, by the parameter of ties. information:
    parameters × parameters × pairs.
    """

    score: Reals
    information: Reals
    probability: Reals | None


Model: TypeAlias = Callable[[Reals, float], Scored]


def half_wins(difference: Reals, _tie: float = 0.0) -> Scored:
    """Bradley-Terry with a tie as half a win and half a loss (Bradley and Terry 1952)."""
    expected = 0.5 + 0.5 * np.tanh(difference / 2)
    score = np.stack([1 - expected, 0.5 - expected, -expected])[:, None]
    return Scored(score, (expected * (1 - expected))[None, None], None)


@dataclass(frozen=True)
class Ratings:
    """Strengths of models in logits, centred on 0, with intervals clustered by question.

    covariance: models × models (and the parameter of ties last, where there is one). low, high: each strength's interval,
    infinite where the games set no bound. freedom: questions less one.
    """

    strength: Reals
    low: Reals
    high: Reals
    covariance: Reals
    tie: float | None  # the parameter of ties, on its own scale (log)
    prior: float
    confidence: float
    questions: int
    freedom: int
    no_ceiling: NDArray[np.bool_]  # nobody took a point off it that the games link to the others
    no_floor: NDArray[np.bool_]

    @property
    def models(self) -> int:
        return len(self.strength)

    @cached_property
    def standard_error(self) -> Reals:
        """Return the standard errors of the strengths."""
        return np.sqrt(np.maximum(np.diag(self.covariance)[: self.models], 0))

    @cached_property
    def difference_error(self) -> Reals:
        """Return the standard errors of all differences, models × models."""
        of = self.covariance[: self.models, : self.models]
        own = np.diag(of)
        return np.sqrt(np.maximum(own[:, None] + own[None] - 2 * of, 0))

    def elo(self, values: Reals, centre: float = 1000.0) -> Reals:
        """Return strengths or bounds on the Elo scale (Elo 1978): 400 / ln 10 per logit."""
        return np.asarray(centre + ELO * values, np.float64)


def rate(
    games: Games,
    model: Model = half_wins,
    *,
    prior: float = PRIOR,
    confidence: float = 0.95,
    ties: float | None = None,
) -> Ratings | NotIdentified:
    """Rate models by their games; `ties` starts the parameter of ties of a model that has one.

    prior: sd of a strength in logits before any game; math.inf for plain maximum likelihood, which is infinite where a
    candidate won or lost everything. Newton's method (Hunter 2004 reviews the model); covariance clustered by question
    (Liang and Zeger 1986) with t quantiles on Q - 1 degrees of freedom. Raises ValueError for a prior or confidence out of range.
    """
    if not prior > 0 or not 0 < confidence < 1:
        raise ValueError("prior > 0 and 0 < confidence < 1")
    fault = games.fault()
    if fault is not None:
        return fault
    no_ceiling, no_floor = games.ends()
    if math.isinf(prior) and (no_ceiling.any() or no_floor.any()):
        raise ValueError("some model won or lost everything: without a prior its strength is infinite")
    place = _maximum(games, model, prior, ties)
    found, bread = place
    asked = games.asked
    meat = _meat(games, model, found) * (asked / (asked - 1) if asked > 1 else math.nan)
    covariance = bread @ meat @ bread
    if no_ceiling.any() or no_floor.any():
        # A row of wins leaves no residuals: there the curvature says more of what is not known than the spread does.
        covariance = np.where(np.diag(covariance).sum() > np.diag(bread).sum(), covariance, bread)
    count = games.models
    strength = found[:count]
    if asked > 1:
        reach = t_quantile(0.5 + confidence / 2, asked - 1)
        half = reach * np.sqrt(np.maximum(np.diag(covariance)[:count], 0))
    else:
        covariance, half = np.full_like(bread, math.nan), np.full(count, math.inf)
    return Ratings(
        strength=strength,
        low=np.where(no_floor, -math.inf, strength - half),
        high=np.where(no_ceiling, math.inf, strength + half),
        covariance=covariance,
        tie=float(found[count]) if ties is not None else None,
        prior=prior,
        confidence=confidence,
        questions=asked,
        freedom=asked - 1,
        no_ceiling=no_ceiling,
        no_floor=no_floor,
    )


def _maximum(games: Games, model: Model, prior: float, ties: float | None) -> tuple[Reals, Reals]:
    """Return the parameters at the maximum and the inverse of the curvature there, strengths centred."""
    first, second = games.pairs
    count, totals = games.models, games.totals
    size = count + (ties is not None)
    found = np.zeros(size)
    found[count:] = ties or 0.0
    weight = 0.0 if math.isinf(prior) else 1 / prior**2
    played = totals.sum(axis=0)
    centring = np.eye(size)
    centring[:count, :count] -= 1 / count
    # Adding a constant to all strengths changes no game: a term along it keeps the curvature invertible.
    gauge = np.zeros((size, size))
    gauge[:count, :count] = max(1.0, played.sum()) / count**2
    longest = math.inf
    for _ in range(2000):  # Newton's needs a dozen; scoring of a model with ties on odd games many more
        said = model(found[first] - found[second], float(found[-1]))
        pull = np.einsum("kp,kcp->cp", totals, said.score)
        gradient = np.zeros(size)
        gradient[:count] = _spread(pull[0], games) - weight * found[:count]
        gradient[count:] = pull[1:].sum(axis=1)
        curvature = _curvature(games, said.information * played) + gauge
        curvature[np.arange(count), np.arange(count)] += weight
        step = centring @ np.linalg.solve(curvature, gradient)
        before, longest = longest, float(np.abs(step).max())
        step *= min(1.0, STEP / max(longest, STEP))
        height = _height(games, model, found, weight)
        while longest > EXACT and _height(games, model, found + step, weight) < height - 1e-9 * abs(height):
            step /= 2
            if float(np.abs(step).max()) < EXACT:
                break
        found = found + step
        if longest < EXACT and longest >= before / 2:  # nothing is left but rounding
            break
    bread = centring @ np.linalg.inv(curvature) @ centring
    return centring @ found, bread


def _height(games: Games, model: Model, found: Reals, weight: float) -> float:
    """Return the penalised log-likelihood of a model that has probabilities; 0 of one that has none."""
    first, second = games.pairs
    probability = model(found[first] - found[second], float(found[-1])).probability
    if probability is None:
        return 0.0
    strengths = found[: games.models]
    fit = float((games.totals * np.log(np.maximum(probability, 1e-300))).sum())
    return fit - weight * float(strengths @ strengths) / 2


def _curvature(games: Games, information: Reals) -> Reals:
    """Return the information of all pairs as a matrix over strengths and, last, the parameter of ties."""
    first, second = games.pairs
    count, kinds = games.models, len(information)
    found = np.zeros((count + kinds - 1, count + kinds - 1))
    found[first, second] = found[second, first] = -information[0, 0]
    found[np.arange(count), np.arange(count)] = -found[:count, :count].sum(axis=1)
    if kinds > 1:
        found[:count, count] = found[count, :count] = _spread(information[0, 1], games)
        found[count, count] = information[1, 1].sum()
    return found


def _spread(values: Reals, games: Games) -> Reals:
    """Sum over pairs: what pulls the first up pulls the second down."""
    first, second = games.pairs
    return np.asarray(np.bincount(first, values, games.models) - np.bincount(second, values, games.models), np.float64)


def _meat(games: Games, model: Model, found: Reals) -> Reals:
    """Return the sum over questions of g g', each g a question's gradient less the mean gradient."""
    first, second = games.pairs
    count = games.models
    said = model(found[first] - found[second], float(found[-1])).score
    gradients = np.zeros((len(found), games.questions))
    for one, pairs in games.blocks():
        pull = np.einsum("kp,kpq->pq", said[:, 0, pairs], games.counts[:, pairs])
        gradients[one] += pull.sum(axis=0)
        gradients[one + 1 : count] -= pull
        if len(found) > count:
            gradients[count] += np.einsum("kp,kpq->q", said[:, 1, pairs], games.counts[:, pairs])
    asked = games.counts.sum(axis=(0, 1)) > 0
    gradients = gradients[:, asked]
    gradients -= gradients.mean(axis=1, keepdims=True)
    return np.asarray(gradients @ gradients.T, np.float64)


# ── bootstrap, as a check ─────────────────────────────────────────────────────────────────────────────────────────────


def bootstrap(games: Games, rounds: int = ROUNDS, *, seed: int = 0, prior: float = PRIOR) -> Reals | NotIdentified:
    """Return strengths in logits of `rounds` resamples of whole questions, rounds × models (Field and Welsh 2007).

    All resamples are solved together by steps with the full sample's curvature, starting from its estimate.
    """
    rated = rate(games, prior=prior)
    if isinstance(rated, NotIdentified):
        return rated
    asked = np.flatnonzero(games.counts.sum(axis=(0, 1)) > 0)
    draw = np.random.default_rng(seed).multinomial(len(asked), np.full(len(asked), 1 / len(asked)), rounds)
    weights = np.ascontiguousarray(draw.T.astype(np.float32))  # questions × rounds
    half_played = np.empty((games.counts.shape[1], len(asked)), np.float32)
    lead = np.zeros((games.models, len(asked)), np.float32)  # points beyond half of the games
    for one, pairs in games.blocks():
        win, tie, loss = games.counts[:, pairs][:, :, asked]
        half_played[pairs] = (win + tie + loss) / 2
        ahead = (win - loss) / 2
        lead[one] += ahead.sum(axis=0)
        lead[one + 1 :] -= ahead
    _, bread = _maximum(games, half_wins, prior, None)
    found = np.repeat(rated.strength[:, None], rounds, axis=1)
    for start in range(0, rounds, 250):  # 250 at a time keep memory flat
        part = slice(start, start + 250)
        found[:, part] = _solved(
            games, lead @ weights[:, part], half_played @ weights[:, part], found[:, part], bread, prior
        )
    return np.ascontiguousarray(found.T)


def _solved(games: Games, lead: Floats, half_played: Floats, found: Reals, bread: Reals, prior: float) -> Reals:
    """Solve many samples at once; lead: models × samples, half_played: pairs × samples."""
    weight = 0.0 if math.isinf(prior) else 1 / prior**2
    for _ in range(60):
        halved = (found / 2).astype(np.float32)
        gradient = lead - weight * found
        for one, pairs in games.blocks():
            pull = np.tanh(halved[one] - halved[one + 1 :])
            pull *= half_played[pairs]
            gradient[one] -= pull.sum(axis=0)
            gradient[one + 1 :] += pull
        step = bread @ gradient
        found = found + np.clip(step, -STEP, STEP)
        if np.abs(step).max() < 1e-5:
            break
    return np.asarray(found - found.mean(axis=0), np.float64)
