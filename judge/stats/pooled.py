"""A whole board corrected at once from people's verdicts on a part of it: the judge's error on a pair is that of its models."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from judge.stats.intervals import Estimate, cluster_mean, of_variance
from judge.stats.prediction_powered import Audits, Predicted, Target, alike

Reals: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64]
FEW = 10  # audits beyond the first of a pair, from which the noise within pairs is known
ADDITIVE = 0.01  # sd of a pair's error beyond its models', assumed where the audits show no more (measured .007)
PLAIN = 1.3  # standard errors by which pairs must deviate beyond chance before their own deviation is estimated


@dataclass(frozen=True)
class Pooled:
    """Points of models against each other, in [0, 1]: win plus half a tie over all items of a board.

    judge, people, corrected: per model over its items, None where nothing links it to the others. rates, errors: models ×
    models, the corrected points of the row's model against the column's, and their standard errors. tuning, rho, saved: as
    in `Corrected`, over the whole board (saved: mean over models).
    """

    judge: tuple[Estimate | None, ...]
    people: tuple[Estimate | None, ...]
    corrected: tuple[Estimate | None, ...]
    rates: Reals
    errors: Reals
    freedom: int
    tuning: float
    rho: float | None
    saved: float | None
    audits: int
    population: int
    target: Target


def pooled(
    first: Codes,
    second: Codes,
    said: Reals,
    predicted: Predicted,
    audits: Audits,
    questions: Codes,
    models: int,
    *,
    target: Target = "like",
    confidence: float = 0.95,
) -> Pooled | None:
    """Correct a whole board at once: the judge's error on a pair is that of the first model less that of the second.

    first, second: models of every item, from 0; said, predicted: of the first, in [0, 1]. Least squares over all audits,
    weighted by the inverse of their chances, of error = b_first - b_second + a deviation of the pair (its variance by the
    moment of DerSimonian and Laird 1986) + noise; every figure then holds the errors of the b, the deviation and the draw.
    On LLMEval-2 93 % of the judge's bias of pairs is additive (benchmarks/validity.py, 2d). None with too few audits to fit the models.
    """
    if len(audits) < models + 3:
        return None
    # Every pair stands one way round; what is said of it is turned where it did not.
    turned = first > second
    first, second = np.where(turned, second, first), np.where(turned, first, second)
    said, everywhere = (np.where(turned, 1 - one, one) for one in (said, predicted.everywhere))
    back = turned[audits.at]
    predicted = Predicted(everywhere, np.where(back, 1 - predicted.audited, predicted.audited))
    audits = replace(audits, value=np.where(back, 1 - audits.value, audits.value))
    plain = _additive(first, second, np.full(len(said), 0.5), np.full(len(audits), 0.5), audits, questions, models)
    both = _additive(first, second, predicted.everywhere, predicted.audited, audits, questions, models)
    sides = _Sides(first, second, questions, models)
    judge = sides.means(said, target, confidence)
    if len(audits) == len(said):  # people judged everything: there is nothing to estimate
        whole = np.zeros(len(said))
        whole[audits.at] = audits.value
        people = corrected = sides.means(whole, target, confidence)
    else:
        people, corrected = (sides.figures(one, target, confidence) for one in (plain, both))
    pairs = [
        (one, other) for one, other in zip(people, corrected, strict=True) if one is not None and other is not None
    ]
    ratios = [other.standard_error**2 / one.standard_error**2 for one, other in pairs if one.standard_error > 0]
    rates, errors = both.matrix(models)
    return Pooled(
        judge,
        people,
        corrected,
        rates,
        errors,
        both.freedom,
        both.tuning,
        both.rho,
        1 - float(np.mean(ratios)) if ratios else None,
        len(audits),
        len(said),
        target,
    )


@dataclass(frozen=True)
class _Additive:
    """Effects of models and what is known of them; `pairs`: codes of the pairs there are, `level`: predicted points less a half."""

    effects: Reals
    covariance: Reals
    deviation: float  # variance of a pair's error beyond its models'
    noise: float  # variance of one item's error
    alike: float  # covariance of a model's errors against different opponents on one question
    tuning: float
    rho: float | None  # of prediction and people beyond what the models explain
    lifted: Reals  # tuned predictions less a half, per item
    pairs: tuple[Codes, Codes]
    level: Reals
    linked: NDArray[np.bool_]  # models that some audit links to the largest group
    freedom: int

    def matrix(self, models: int) -> tuple[Reals, Reals]:
        """Return points of rows against columns, and their standard errors."""
        rates, errors = np.full((models, models), math.nan), np.full((models, models), math.nan)
        one, other = self.pairs
        known = self.linked[one] & self.linked[other]
        value = 0.5 + self.level + self.effects[one] - self.effects[other]
        own = np.diag(self.covariance)
        error = np.sqrt(own[one] + own[other] - 2 * self.covariance[one, other] + self.deviation)
        value, error = (np.where(known, both, math.nan) for both in (value, error))
        rates[one, other], rates[other, one] = value, 1 - value
        errors[one, other] = errors[other, one] = error
        return rates, errors


def _additive(
    first: Codes, second: Codes, predicted: Reals, at_audits: Reals, audits: Audits, questions: Codes, models: int
) -> _Additive:
    """Fit people's value less a half = tuning · (prediction less a half) + b_first - b_second."""
    code, place = np.unique(first * models + second, return_inverse=True)
    one, other = code // models, code % models
    size = np.bincount(place)
    pair = place[audits.at]
    weight, _ = audits.weights
    design = np.zeros((len(code), models))
    design[np.arange(len(code)), one], design[np.arange(len(code)), other] = 1.0, -1.0
    people, guess = audits.value - 0.5, at_audits - 0.5
    tuning, rho = _tuning(guess, people, design[pair], weight)
    error = people - tuning * guess
    total = np.bincount(pair, weight, len(code)).astype(np.float64)
    seen = total > 0
    mean = np.bincount(pair, weight * error, len(code)) / np.where(seen, total, 1)
    # Equally likely draws of which as much would be known.
    cases = total**2 / np.maximum(np.bincount(pair, weight**2, len(code)), 1e-300)
    left = np.maximum(1 - np.bincount(pair, minlength=len(code)) / size, 0)  # of a pair wholly audited nothing is
    count = np.bincount(pair, minlength=len(code))
    within = float((weight / weight.mean()) @ (error - mean[pair]) ** 2)
    inside = int((count[seen] - 1).sum())
    groups = _linked(design[seen], models)
    freedom = max(1, len(audits) - int(groups.sum()) - (1 if tuning else 0) + 1)
    enough = inside >= FEW
    if enough:
        noise = within / inside
    else:
        fitted = _weighted(design[seen], mean[seen], total[seen])[0]
        rest = error - design[pair] @ fitted
        noise = float((weight / weight.sum()) @ rest**2) * len(audits) / freedom
    # Errors that are all alike say that there are few others, not that there are none: one in so many, by half a point.
    noise = max(noise, 0.25 / (len(audits) + 1))
    variance = np.maximum(noise * left[seen] / cases[seen], 1e-9)
    deviation = _deviation(design[seen], mean[seen], variance)
    # Weighted by what each audit stands for, so that what was drawn more often does not speak louder.
    effects, bread = _weighted(design[seen], mean[seen], total[seen])
    pull = bread @ (design[seen] * total[seen][:, None]).T
    covariance = np.asarray((pull * (variance + deviation)) @ pull.T, np.float64)
    level = np.bincount(place, tuning * (predicted - 0.5)) / size
    rest = error - design[pair] @ effects
    asked = questions[audits.at]
    sides = np.concatenate([first[audits.at], second[audits.at]])
    on = np.unique(np.stack([sides, np.tile(asked, 2)]), axis=1, return_inverse=True)[1].ravel()
    return _Additive(
        effects,
        covariance,
        deviation,
        noise,
        alike(np.concatenate([rest, -rest]), on, noise),
        tuning,
        rho,
        tuning * (predicted - 0.5),
        (one, other),
        level,
        groups,
        freedom,
    )


def _tuning(guess: Reals, people: Reals, design: Reals, weight: Reals) -> tuple[float, float | None]:
    """Return the factor of the prediction in a weighted fit beside the models' effects, and their partial correlation."""
    if np.ptp(guess) == 0:
        return 0.0, None
    root = np.sqrt(weight)
    rest = []
    for one in (guess, people):
        slopes = np.linalg.lstsq(design * root[:, None], one * root, rcond=1e-9)[0]
        rest.append(root * (one - design @ slopes))
    product, square, other = float(rest[0] @ rest[1]), float(rest[0] @ rest[0]), float(rest[1] @ rest[1])
    if square < 1e-12:  # the prediction is what the models' effects are
        return 0.0, None
    return product / square, product / math.sqrt(square * other) if other > 1e-12 else None


def _weighted(design: Reals, values: Reals, weight: Reals) -> tuple[Reals, Reals]:
    """Return weighted least squares on models' effects, which sum to 0, and their covariance."""
    curvature = (design * weight[:, None]).T @ design
    covariance = np.asarray(np.linalg.pinv(curvature, rcond=1e-10, hermitian=True), np.float64)
    return covariance @ (design.T @ (weight * values)), covariance


def _deviation(design: Reals, values: Reals, variance: Reals) -> float:
    """Return the variance of pairs' errors beyond their models' (DerSimonian and Laird 1986, with covariates)."""
    weight = 1 / variance
    effects, covariance = _weighted(design, values, weight)
    rest = values - design @ effects
    heat = float(weight @ rest**2)
    freedom = len(values) - int(np.linalg.matrix_rank(design))
    if freedom <= 0:  # every pair has an effect of its own: it deviates from nothing
        return 0.0
    squared = (design * (weight**2)[:, None]).T @ design
    scale = float(weight.sum() - np.trace(covariance @ squared))
    if scale <= 0:
        return ADDITIVE**2
    moment, error = (heat - freedom) / scale, math.sqrt(2 * freedom) / scale
    if error < ADDITIVE**2:  # well enough known to be believed
        return max(0.0, moment)
    # No more than chance: the moment's positive part alone would claim some.
    return ADDITIVE**2 if moment <= PLAIN * error else max(ADDITIVE**2, moment)


def _linked(design: Reals, models: int) -> NDArray[np.bool_]:
    """Tell which models the audited pairs link into one group, the largest."""
    reach = (np.abs(design).T @ np.abs(design) > 0) | np.eye(models, dtype=bool)
    for middle in range(models):
        reach |= reach[:, middle : middle + 1] & reach[middle]
    sizes = reach.sum(axis=1)
    return np.asarray(reach[int(sizes.argmax())] & (sizes.max() > 1), np.bool_)


@dataclass(frozen=True)
class _Sides:
    """Items of a board by model."""

    first: Codes
    second: Codes
    questions: Codes
    models: int

    def mine(self, model: int) -> NDArray[np.bool_]:
        return np.asarray((self.first == model) | (self.second == model), np.bool_)

    def means(self, values: Reals, target: Target, confidence: float) -> tuple[Estimate | None, ...]:
        """Return every model's mean of values that are known of all items; of a bank as they are."""
        found: list[Estimate | None] = []
        for model in range(self.models):
            mine = self.mine(model)
            own = np.where(self.first[mine] == model, values[mine], 1 - values[mine])
            one = cluster_mean(own, self.questions[mine], confidence)
            if one is not None and target == "bank":
                one = replace(one, low=one.value, high=one.value, standard_error=0.0, effective=None)
            found.append(one)
        return tuple(found)

    def figures(self, found: _Additive, target: Target, confidence: float) -> tuple[Estimate | None, ...]:
        """Return every model's points over its items."""
        figures: list[Estimate | None] = []
        for model in range(self.models):
            mine = self.mine(model)
            others = np.where(self.first == model, self.second, self.first)[mine]
            if not mine.any() or not found.linked[model] or not found.linked[others].all():
                figures.append(None)
                continue
            share = np.bincount(others, minlength=self.models) / len(others)
            contrast = -share
            contrast[model] += 1
            turned = np.where(self.first[mine] == model, 1.0, -1.0) * found.lifted[mine]
            value = 0.5 + float(turned.mean() + contrast @ found.effects)
            variance = float(contrast @ found.covariance @ contrast + found.deviation * (share @ share))
            questions = self.questions[mine]
            clusters = len(np.unique(questions))
            if target == "like":
                moving = cluster_mean(turned, questions, confidence, share=False)
                assert moving is not None
                sizes = np.unique(questions, return_counts=True)[1].astype(np.float64)
                items = float(sizes.sum())
                together = (items * found.noise + (float(sizes @ sizes) - items) * found.alike) / items**2
                variance += together + moving.standard_error**2
            # The error is that of effects shared by the board, not of a share of so many: no Wilson interval.
            one = of_variance(value, variance, float(found.freedom), clusters, len(turned), confidence, share=False)
            inside = min(max(value, 0.0), 1.0)
            figures.append(replace(one, value=inside, low=max(0.0, one.low), high=min(1.0, one.high)))
        return tuple(figures)
