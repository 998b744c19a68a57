"""Length and style control: what a board would say if answers were of equal length and form, or if people's taste ruled.

Rows are games between two models on one question; everything is keyed by question codes, never by row position.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from judge.stats.intervals import Estimate, cluster_mean, t_quantile, wilson
from judge.stats.logistic import Fit, fit

Reals: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64]
RIDGE_STRENGTH = 0.1  # a weak prior, about that of ratings: sd 3 logits
RIDGE_STYLE = 0.1
RIDGE_GROUP = 1.0  # how strongly the groups' coefficients hold on to the common one


def style_differences(first: Reals, second: Reals) -> Reals:
    """Return the style terms of games, rows × features, from what was counted of both sides' texts.

    Column 0, the length: log((1 + a) / (1 + b)) in units of its root mean square, through tanh (after Dubois et al. 2024). Other columns:
    (a - b) / (a + b + 1) (Li, Angelopoulos and Chiang 2024). Swapping the sides turns all signs.
    """
    length = np.log1p(first[:, :1]) - np.log1p(second[:, :1])
    spread = float(np.sqrt((length**2).mean())) if len(length) else 0.0
    rest = (first[:, 1:] - second[:, 1:]) / (first[:, 1:] + second[:, 1:] + 1)
    return np.asarray(np.hstack([np.tanh(length / spread) if spread else length, rest]), np.float64)


@dataclass(frozen=True, slots=True)
class StyleControl:
    """Win plus half a tie of every model, in [0, 1]: as judged, at equal style, and with people's taste for style.

    coefficients: groups × features, logits per unit of a term; common: what groups are drawn to, with intervals. calibrated is
    None where people's coefficients are not known.
    """

    raw: tuple[Estimate | None, ...]
    controlled: tuple[Estimate | None, ...]
    calibrated: tuple[Estimate | None, ...] | None
    common: tuple[Estimate, ...]
    coefficients: Reals
    covariance: Reals  # of the coefficients, row by row in one vector


def control(
    first: Codes,
    second: Codes,
    questions: Codes,
    points: Reals,
    terms: Reals,
    models: int,
    *,
    groups: Codes | None = None,
    people: tuple[Reals, Reals] | None = None,
    confidence: float = 0.95,
) -> StyleControl:
    """Fit strengths and style together and predict every model's points at equal style.

    logit P = strength difference + style coefficients · terms, the coefficients per group (ability) shrunk to a common one.
    first, second: codes from 0; points of the first in [0, 1]; terms: rows × features. people: groups × features, what
    people reward (`coefficients` of their verdicts), and the covariance of these: then also predict with them, which removes
    only the judge's excess.
    """
    if not len(first):
        raise ValueError("no games")
    count, group = terms.shape[1], np.zeros(len(first), np.int64) if groups is None else groups
    number = int(group.max(initial=0)) + 1
    rows = np.arange(len(first))
    design = np.zeros((len(first), models + count * (1 + number if number > 1 else 1)))
    design[rows, first], design[rows, second] = 1.0, -1.0
    design[:, models : models + count] = terms
    ridge = np.full(design.shape[1], RIDGE_GROUP)
    ridge[:models], ridge[models : models + count] = RIDGE_STRENGTH, RIDGE_STYLE
    if number > 1:
        for at in range(number):
            inside = group == at
            columns = slice(models + count * (1 + at), models + count * (2 + at))
            design[inside, columns] = terms[inside]
    fitted = fit(design, points, questions, ridge=ridge, confidence=confidence)
    styles = fitted.coefficients[models:].reshape(-1, count)
    coefficients = styles[:1] + styles[1:] if number > 1 else styles
    plain = design.copy()
    plain[:, models:] = 0.0
    spread = np.zeros((count * number, design.shape[1]))  # from the columns of the fit to the groups' coefficients
    for at in range(number):
        for feature in range(count):
            spread[at * count + feature, models + feature] = 1.0
            if number > 1:
                spread[at * count + feature, models + count * (1 + at) + feature] = 1.0
    raw = tuple(_of_model(at, first, second, points, questions, confidence) for at in range(models))
    calibrated = None if people is None else _predicted(fitted, plain, first, second, models, (terms, group, *people))
    return StyleControl(
        raw=raw,
        controlled=_guarded(raw, _predicted(fitted, plain, first, second, models), confidence),
        calibrated=None if calibrated is None else _guarded(raw, calibrated, confidence),
        common=tuple(fitted.coefficient(models + at) for at in range(count)),
        coefficients=coefficients,
        covariance=spread @ fitted.covariance @ spread.T,
    )


def _guarded(
    raw: Sequence[Estimate | None], found: Sequence[Estimate | None], confidence: float
) -> tuple[Estimate | None, ...]:
    """Give predictions of models whose games all went alike the interval of so many alike: they leave no residuals."""
    kept: list[Estimate | None] = []
    for seen, one in zip(raw, found, strict=True):
        if seen is None or one is None or seen.standard_error > 0 or seen.clusters < 2:
            kept.append(one)
            continue
        low, high = wilson(one.value, seen.clusters, t_quantile(0.5 + confidence / 2, seen.clusters - 1))
        kept.append(replace(one, low=min(one.low, low), high=max(one.high, high)))
    return tuple(kept)


def _of_model(
    model: int, first: Codes, second: Codes, points: Reals, questions: Codes, confidence: float
) -> Estimate | None:
    mine = (first == model) | (second == model)
    own = np.where(first == model, points, 1 - points)
    return cluster_mean(own[mine], questions[mine], confidence)


def _predicted(
    fitted: Fit,
    design: Reals,
    first: Codes,
    second: Codes,
    models: int,
    taste: tuple[Reals, Codes, Reals, Reals] | None = None,
) -> tuple[Estimate | None, ...]:
    """Return every model's mean prediction over its games, each turned so that the model stands first.

    taste: terms and groups of the rows, people's coefficients by group and their covariance.
    """
    offset, by_group, covariance = np.zeros(len(first)), np.zeros((len(first), 0)), np.zeros((0, 0))
    if taste is not None:
        terms, group, people, covariance = taste
        offset = np.einsum("rf,rf->r", terms, people[group])
        by_group = np.zeros((len(first), people.size))
        places = group[:, None] * people.shape[1] + np.arange(people.shape[1])
        np.put_along_axis(by_group, places, terms, axis=1)
    found: list[Estimate | None] = []
    for model in range(models):
        mine = (first == model) | (second == model)
        side = np.where(first == model, 1.0, -1.0)
        turned = (side[:, None] * by_group, covariance)
        found.append(fitted.mean(side[:, None] * design, mine, side * offset, turned) if mine.any() else None)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class LengthControlled:
    """A model's win rate against a baseline in [0, 1], as judged and at equal length; `length`: logits per unit of the term."""

    raw: Estimate
    controlled: Estimate
    length: Estimate


def length_controlled(
    preference: Reals,
    length: Reals,
    baseline_length: Reals,
    questions: Codes,
    *,
    difficulty: Mapping[int, float] | None = None,
    gamed: Sequence[tuple[Reals, Reals, Codes]] = (),
    ridge: float = 0.0,
    confidence: float = 0.95,
) -> LengthControlled | None:
    """Length-controlled win rate as in AlpacaEval 2 (Dubois et al. 2024), its interval clustered by question.

    logit P(preference) = w_len · tanh(length difference / its sd) + w_d · difficulty of the question + w_m; the controlled
    rate sets the first term to 0. preference: in [0, 1]; lengths in one unit; difficulty by question code, questions
    without one take 0. gamed: (preference, length difference, questions) of the baseline's own verbose and concise
    variants, which train w_len and w_d with a weight of 0.2 together. None without rows.
    """
    if not len(preference):
        return None
    known = difficulty or {}

    def columns(difference: Reals, asked: Codes, own: float) -> Reals:
        spread = float(difference.std(ddof=1)) if len(difference) > 1 else 0.0
        hard = np.array([known.get(int(one), 0.0) for one in asked])
        term = np.tanh(difference / spread) if spread else np.zeros(len(difference))
        return np.column_stack([term, hard, np.full(len(difference), own)])

    parts = [(columns(baseline_length - length, questions, 1.0), preference, questions, 1.0)]
    parts += [(columns(difference, on, 0.0), said, on, 0.2 / len(gamed)) for said, difference, on in gamed]
    design = np.vstack([one for one, *_ in parts])
    fitted = fit(
        design,
        np.concatenate([said for _, said, _, _ in parts]),
        np.concatenate([on for _, _, on, _ in parts]),
        ridge=ridge,
        weights=np.concatenate([np.full(len(one), weight) for one, _, _, weight in parts]),
        confidence=confidence,
    )
    design[:, 0] = 0.0
    raw = cluster_mean(preference, questions, confidence)
    assert raw is not None
    (controlled,) = _guarded([raw], [fitted.mean(design, np.arange(len(design)) < len(preference))], confidence)
    assert controlled is not None
    return LengthControlled(raw, controlled, fitted.coefficient(0))
