"""What people would say of everything, from a judge's verdicts on everything and people's on a part that was drawn.

An estimate is the judge's mean, scaled by a tuning factor, plus the mean error of the judge on the drawn items, each
weighted by the inverse of the chance with which it was drawn: unbiased whatever the judge is worth (Särndal, Swensson and
Wretman 1992; PPI++: Angelopoulos, Duchi and Zrnic 2023; active: Zrnic and Candès 2024). Replacing judgments that someone
chose to look at and averaging has no such property, and there is no function for it here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
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
        together = alike(wider, questions[audits.at], spread)
        moving = cluster_mean(lifted, questions, confidence, share=False)
        assert moving is not None
        items = float(sizes.sum())
        rest_of_people = (items * spread + (float(sizes @ sizes) - items) * together) / items**2
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


def alike(error: Reals, questions: Codes, spread: float) -> float:
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
