"""What people would say of everything, from a judge's verdicts on everything and people's on a part that was drawn.

An estimate is the judge's mean, scaled by a tuning factor, plus the mean error of the judge on the drawn items, each
weighted by the inverse of the chance with which it was drawn: unbiased whatever the judge is worth (Särndal, Swensson and
Wretman 1992; PPI++: Angelopoulos, Duchi and Zrnic 2023; active: Zrnic and Candès 2024). Replacing judgments that someone
chose to look at and averaging has no such property, and there is no function for it here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from judge.stats.intervals import Estimate, cluster_mean, of_variance

Reals: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64]
Target: TypeAlias = Literal["bank", "like"]  # the mean over these very items, or over questions like these

FOLDS = 5
RIDGE = 5.0  # of the calibration, in items
HOLD = 20.0  # audits by which one model's tuning is held to the common one
TELLING = 10  # pairs of items of one question (counted both ways) by which their errors are taken for the same
FEW = 10  # audits below which nothing is calibrated
ADDITIVE = 0.01  # sd of a pair's error beyond its models', assumed where the audits show no more (measured .007)
PLAIN = 1.3  # standard errors by which pairs must deviate beyond chance before their own deviation is estimated


@dataclass(frozen=True)
class Audits:
    """What people said of drawn items.

    at: positions in the population, each once. value: what people say of it. probability: the chance with which it was
    drawn, in (0, 1]. batch: draws in the order they were made, from 0; each drew from what no earlier one had drawn.
    judged: of each audit's draw, the share of items that was judged, where people are not through; 1 without it.
    Raises ValueError for a probability out of range, an item that stands twice, or a position below 0.
    """

    at: Codes
    value: Reals
    probability: Reals
    batch: Codes
    judged: Reals | None = None

    def __post_init__(self) -> None:
        if len({len(self.at), len(self.value), len(self.probability), len(self.batch)}) > 1:
            raise ValueError("columns differ in length")
        if len(np.unique(self.at)) < len(self.at):
            raise ValueError("an item is audited once: average its reviewers first")
        if (self.at < 0).any():
            raise ValueError("positions count from 0")
        if not ((self.probability > 0) & (self.probability <= 1)).all():
            raise ValueError("a probability lies in (0, 1]: what was not drawn has none and corrects nothing")
        if not np.isfinite(self.value).all():
            raise ValueError("values must be finite")

    def __len__(self) -> int:
        return len(self.at)

    def take(self, rows: NDArray[np.bool_] | Codes, at: Codes | None = None) -> Audits:
        """Return some of the audits; `at`: their positions in another population."""
        where = self.at[rows] if at is None else at
        judged = None if self.judged is None else self.judged[rows]
        return Audits(where, self.value[rows], self.probability[rows], self.batch[rows], judged)

    @property
    def weights(self) -> tuple[Reals, Reals]:
        """Return how much each audit counts, and how much of that is left to chance.

        A later draw sees what earlier ones found, so every draw gives an unbiased estimate of its own; they are averaged by
        their size, and their errors add up as if independent (a martingale).
        """
        sizes = np.bincount(self.batch)
        share = sizes / max(1, sizes.sum())
        later = (share[::-1].cumsum()[::-1] - share)[self.batch]  # of the draws after each, which know what it found
        own = share[self.batch] / self.probability
        chance = own * np.sqrt(1 - self.probability)
        return own + (later if self.judged is None else later / self.judged), chance


@dataclass(frozen=True)
class Predicted:
    """What is predicted of every item of a population, and of audited ones by a prediction that never saw them; all finite."""

    everywhere: Reals
    audited: Reals

    def __post_init__(self) -> None:
        if not (np.isfinite(self.everywhere).all() and np.isfinite(self.audited).all()):
            raise ValueError("predictions must be finite")

    @classmethod
    def as_said(cls, said: Reals, audits: Audits) -> Predicted:
        """Take the judge's own verdicts for the prediction."""
        return cls(said, said[audits.at])


@dataclass(frozen=True, slots=True)
class Corrected:
    """A mean as the judge, people alone, and both together see it, in the unit of the values.

    tuning: the factor by which the prediction counts (PPI++); 1 is never assumed. rho: correlation of prediction and people
    on audited items, None where one of them does not vary. saved: share of people's verdicts that the judge saves at equal
    width, 1 - variance(corrected) / variance(people); below 0 it costs some.
    """

    judge: Estimate
    people: Estimate
    corrected: Estimate
    tuning: float
    rho: float | None
    saved: float | None
    audits: int
    population: int
    target: Target


def correct(
    said: Reals,
    predicted: Predicted,
    audits: Audits,
    questions: Codes,
    *,
    target: Target = "like",
    confidence: float = 0.95,
    share: bool = True,
    tuning: float | None = None,
) -> Corrected | None:
    """Estimate the mean of what people would say over a population of items; None with fewer than four audits.

    said: the judge's value of every item; predicted: what stands in for people (the verdicts themselves, or `calibrated`);
    questions: codes, the unit of what is sampled for the target "like". share: values lie in [0, 1]. tuning: known from
    elsewhere (`shared_tuning`) instead of from these audits.

    Regression estimator on (1, prediction) with the tuning that leaves least variance (PPI++; Särndal et al. 1992), the
    variance over the draw of without-replacement sampling with unequal probabilities (Hájek 1964), t quantiles on audits - 2
    degrees, audits counted by how far they were left to chance (Deville 1999). For "like", that the questions themselves are a
    sample is added: the predictions' variance by question and people's deviations from them.
    """
    if len(audits) < 4:
        return None

    def estimate(prediction: Predicted, fixed: float | None) -> _Fitted:
        return _regression(prediction, fixed, audits, questions, target, confidence, share)

    alone = estimate(Predicted(np.zeros(len(said)), np.zeros(len(audits))), 0.0)
    both = estimate(predicted, tuning)
    judge = cluster_mean(said, questions, confidence, share=share)
    assert judge is not None
    if target == "bank":  # nothing was drawn: the judge's own figure is what it is
        judge = Estimate(judge.value, judge.value, judge.value, 0.0, judge.clusters, judge.rows)
    rho = _correlation(predicted.audited, audits.value, 1 / audits.probability)
    saved = 1 - both.variance / alone.variance if alone.variance > 0 else None
    return Corrected(judge, alone.estimate, both.estimate, both.tuning, rho, saved, len(audits), len(said), target)


@dataclass(frozen=True, slots=True)
class _Fitted:
    estimate: Estimate
    variance: float  # over the draw alone
    tuning: float


def _regression(
    predicted: Predicted,
    tuning: float | None,
    audits: Audits,
    questions: Codes,
    target: Target,
    confidence: float,
    share: bool,
) -> _Fitted:
    weight, chance = audits.weights
    count, width = len(audits), 1 if tuning is not None else 2
    whole = count == len(predicted.everywhere)  # everything was looked at: nothing is left to chance
    # Least squares by what each error adds to the variance; where all were drawn for sure, nothing does.
    pull = chance / chance.max() if chance.max() > 0 else np.ones(count)
    # Around its mean, so that a prediction that is the same for all audits has no slope rather than any.
    centre = float(pull**2 @ predicted.audited / (pull @ pull))
    guess = predicted.audited - centre
    columns = np.column_stack([np.ones(count), guess])[:, :width]
    people = audits.value - (tuning or 0.0) * guess
    slopes: Reals = np.linalg.lstsq(columns * pull[:, None], people * pull, rcond=1e-9)[0].astype(np.float64)
    tuning = float(slopes[1]) if tuning is None else tuning
    lifted = slopes[0] + tuning * (predicted.everywhere - centre)
    error = audits.value - slopes[0] - tuning * guess
    total = float(weight.sum())
    value = float(audits.value.mean() if whole else lifted.mean() + weight @ error / total)
    value = min(max(value, 0.0), 1.0) if share else value  # a steep slope may reach beyond
    # Audits drawn for sure, or nearly, say little of the errors that chance leaves (Deville 1999).
    loose = 1 - audits.probability if chance.max() > 0 else np.ones(count)
    rest = max(1.0, float(loose.sum() ** 2 / (loose @ loose)) - width)
    variance = 0.0 if whole else (rest + width) / rest * float((chance * error) @ (chance * error)) / total**2
    freedom = rest
    sizes = np.unique(questions, return_counts=True)[1]
    clusters = len(sizes)
    if target == "like":
        wider = error * math.sqrt(count / max(1, count - width))
        spread = float((weight / total) @ wider**2)
        alike = _alike(wider, questions[audits.at], spread)
        moving = cluster_mean(lifted, questions, confidence, share=False)
        assert moving is not None
        items = float(sizes.sum())
        rest_of_people = (items * spread + (float(sizes @ sizes) - items) * alike) / items**2
        own, by_questions = variance + rest_of_people, moving.standard_error**2
        if clusters < 2:
            anywhere = Estimate(value, *((0.0, 1.0) if share else (-math.inf, math.inf)), 0.0, 1, count)
            return _Fitted(anywhere, variance, tuning)
        # Degrees of freedom of a sum of variances (Welch 1947, Satterthwaite 1946).
        shares = own**2 / rest + by_questions**2 / (clusters - 1)
        freedom = (own + by_questions) ** 2 / shares if shares > 0 else rest
        found = of_variance(value, own + by_questions, freedom, count, count, confidence, share=share)
    elif whole:
        found = Estimate(value, value, value, 0.0, count, count)
    else:
        found = of_variance(value, variance, freedom, count, count, confidence, share=share)
    return _Fitted(found, variance, tuning)


def _alike(error: Reals, questions: Codes, spread: float) -> float:
    """Return the covariance of errors of one question's items, between 0 and their variance; the latter where few pairs tell."""
    _, place = np.unique(questions, return_inverse=True)
    count = np.bincount(place.ravel())
    sums = np.bincount(place.ravel(), error)
    products, pairs = float((sums**2).sum() - error @ error), int((count * (count - 1)).sum())
    return min(max((products + TELLING * spread) / (pairs + TELLING), 0.0), spread)


def shared_tuning(predicted: Reals, people: Reals, group: Codes, groups: int, weight: Reals) -> Reals:
    """Return a tuning per group (a model whose answers are scored), each held towards the common one (Hoerl and Kennard 1970).

    predicted, people, group: per audit; the common one is the slope within groups.
    """
    size = np.maximum(np.bincount(group, weight, groups), 1e-300)
    centre = [np.bincount(group, weight * one, groups) / size for one in (predicted, people)]
    guess, said = (one - mean[group] for one, mean in zip((predicted, people), centre, strict=True))
    product, square = (np.bincount(group, weight * guess * one, groups) for one in (said, guess))
    if square.sum() == 0:
        return np.zeros(groups)
    common, hold = product.sum() / square.sum(), HOLD * square.sum() / weight.sum() * weight.mean()
    return np.asarray((product + hold * common) / (square + hold), np.float64)


def _correlation(one: Reals, other: Reals, weight: Reals) -> float | None:
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    of = np.cov(one, other, aweights=weight)
    return float(of[0, 1] / math.sqrt(of[0, 0] * of[1, 1]))


# ── calibration ───────────────────────────────────────────────────────────────────────────────────────────────────────


def calibrated(features: Reals, audits: Audits, questions: Codes, *, ridge: float = RIDGE) -> Predicted | None:
    """Predict what people say of a pair, in [0, 1], from signals that change sign with its sides; None with few audits.

    features: items × signals (verdict less a half, margin, logit of another judge, ...). Ridge regression of people's value
    less a half without intercept, so that swapping the sides mirrors the prediction; cross-fitted over folds of questions,
    so that no audited item is predicted by a fit that saw its question (cross-PPI: Zrnic and Candès 2024).
    """
    asked = np.unique(questions[audits.at])
    if len(audits) < FEW or len(asked) < FOLDS:
        return None
    spread = np.sqrt((features**2).mean(axis=0))
    units = features / np.where(spread > 0, spread, 1.0)
    fold = np.searchsorted(asked, questions[audits.at]) % FOLDS
    rows, people = units[audits.at], audits.value - 0.5
    everywhere, audited = np.zeros(len(features)), np.zeros(len(audits))
    for held in range(FOLDS):
        learned, mine = fold != held, fold == held
        slopes = ridged(rows[learned], people[learned], ridge)
        everywhere += mine.mean() * np.clip(0.5 + units @ slopes, 0, 1)
        audited[mine] = np.clip(0.5 + rows[mine] @ slopes, 0, 1)
    return Predicted(everywhere, audited)


def ridged(rows: Reals, values: Reals, ridge: float = RIDGE) -> Reals:
    """Return least-squares slopes without intercept, held towards 0 by a ridge in items (Hoerl and Kennard 1970)."""
    return np.asarray(np.linalg.solve(rows.T @ rows + ridge * np.eye(rows.shape[1]), rows.T @ values), np.float64)


# ── boards: the judge's error belongs to the model ────────────────────────────────────────────────────────────────────


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
    sides = _Sides.of(first, second, questions, models)
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
    cases = total**2 / np.maximum(
        np.bincount(pair, weight**2, len(code)), 1e-300
    )  # equal draws of which as much is known
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
        _alike(np.concatenate([rest, -rest]), on, noise),
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

    @classmethod
    def of(cls, first: Codes, second: Codes, questions: Codes, models: int) -> _Sides:
        return cls(first, second, questions, models)

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
