"""Ratings for boards: strengths on the Elo scale with intervals and the ranks they leave open. Data, not text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np

from judge.columns import Codes
from judge.comparison import Comparisons
from judge.records import Plan
from judge.stats import bradley_terry, elo, games, ties
from judge.stats.games import Games, NotIdentified
from judge.stats.intervals import Estimate, t_quantile
from judge.stats.length import StyleControl, control, length_controlled, style_differences
from judge.stats.significance import rank_ranges
from judge.styles import FEATURES, Styles

Method: TypeAlias = Literal["bt", "davidson", "rao-kupper", "elo", "open", "winrate"]
METHODS: tuple[Method, ...] = get_args(Method)
RATED: tuple[Method, ...] = ("bt", "davidson", "rao-kupper", "elo")  # the others are plain rates
CENTRE = 1000.0  # Elo points of the mean candidate
ENOUGH = 200  # comparisons judged by people too, below which their taste for style is not known well (STATISTICS 5)


@dataclass(frozen=True, slots=True)
class Rating:
    """One candidate's strength in Elo points, the mean candidate at 1000.

    low, high: its interval, None at an end that the games set no bound on, or for sequential Elo, which has none.
    ranks: the best and the worst rank that differences from all others leave open.
    """

    elo: float
    low: float | None
    high: float | None
    ranks: tuple[int, int] | None
    bounded: tuple[bool, bool]  # whether the games bound it from below, from above


@dataclass(frozen=True, slots=True)
class Rated:
    """Ratings by candidate code, and what they were computed with.

    tie: nu of Davidson or the threshold of Rao and Kupper. prior: sd in Elo points. interval: sandwich, bootstrap or none.
    """

    ratings: dict[int, Rating]
    questions: int
    tie: float | None
    prior: float | None
    interval: Literal["sandwich", "bootstrap", "none"]
    k: float | None


def games_of(comparisons: Comparisons, candidates: Codes) -> Games:
    """Count the judged comparisons between candidates."""
    judged = comparisons.take(comparisons.judged)
    order = np.argsort(candidates)
    first, second = (order[np.searchsorted(candidates[order], side)] for side in (judged.first, judged.second))
    names, question = np.unique(judged.question, return_inverse=True)
    return games.of_shares(
        first, second, question, judged.win, judged.tie, judged.loss, len(candidates), max(1, len(names))
    )


def rated(
    comparisons: Comparisons, candidates: Codes, method: Method, plan: Plan, *, resample: bool = False
) -> Rated | NotIdentified:
    """Rate candidates by one of the methods that rate; `resample`: intervals by cluster bootstrap instead."""
    counted = games_of(comparisons, candidates)
    fault = counted.fault()
    if fault is not None:
        return fault
    if method == "elo":
        return _sequential(comparisons, candidates, counted)
    tie = None
    if method == "bt":
        found = bradley_terry.rate(counted, confidence=plan.confidence)
    else:
        with_ties = ties.rate_with_ties(counted, ties.MODELS[method], confidence=plan.confidence)
        if isinstance(with_ties, NotIdentified):
            return with_ties
        found, tie = with_ties.ratings, with_ties.parameter
    if isinstance(found, NotIdentified):
        return found
    low, high = found.low, found.high
    if resample and method == "bt" and found.freedom:
        low, high = _resampled(counted, found, plan)
    ranks = rank_ranges(found.strength, found.difference_error, found.freedom, plan.confidence)
    points, lows, highs = (found.elo(one, CENTRE).tolist() for one in (found.strength, low, high))
    return Rated(
        {
            int(code): Rating(
                points[at],
                lows[at] if math.isfinite(lows[at]) else None,
                highs[at] if math.isfinite(highs[at]) else None,
                ranks[at],
                (not found.no_floor[at], not found.no_ceiling[at]),
            )
            for at, code in enumerate(candidates)
        },
        questions=found.questions,
        tie=tie,
        prior=found.prior * bradley_terry.ELO,
        interval="bootstrap" if resample and method == "bt" else "sandwich",
        k=None,
    )


def _resampled(counted: Games, found: bradley_terry.Ratings, plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """Return interval ends from the spread of resampled strengths, by t quantiles."""
    draws = bradley_terry.bootstrap(counted, seed=plan.seed)
    assert not isinstance(draws, NotIdentified)
    factor = math.sqrt(found.questions / found.freedom)
    half = t_quantile(0.5 + plan.confidence / 2, found.freedom) * factor * draws.std(axis=0)
    low, high = found.strength - half, found.strength + half
    return np.where(found.no_floor, -math.inf, low), np.where(found.no_ceiling, math.inf, high)


def _sequential(comparisons: Comparisons, candidates: Codes, counted: Games) -> Rated:
    """Rate by sequential Elo, in the order of questions."""
    judged = comparisons.take(comparisons.judged)
    judged = judged.take(np.argsort(judged.question, kind="stable"))
    order = np.argsort(candidates)
    first, second = (order[np.searchsorted(candidates[order], side)] for side in (judged.first, judged.second))
    points = elo.sequential(first, second, judged.half_tie, len(candidates), initial=CENTRE)
    ratings = {
        int(code): Rating(float(one), None, None, None, (True, True))
        for code, one in zip(candidates, points, strict=True)
    }
    return Rated(ratings, counted.asked, None, None, "none", elo.K)


@dataclass(frozen=True, slots=True)
class Styled:
    """Win plus half a tie in percent: as judged, at equal length and form, and with people's taste for these."""

    raw: Estimate
    controlled: Estimate
    calibrated: Estimate | None
    length_controlled: Estimate | None = None  # against the board's baseline, as AlpacaEval 2 does it model by model


@dataclass(frozen=True, slots=True)
class StyleBoard:
    """Style control of a board: candidates by code, and what the judge (and people) reward, in logits per unit."""

    rows: dict[int, Styled]
    features: tuple[str, ...]
    judge: tuple[Estimate, ...]
    people: tuple[Estimate, ...] | None
    people_rows: int
    without_text: int


def styled(
    comparisons: Comparisons,
    people: Comparisons | None,
    candidates: Codes,
    styles: Styles,
    groups: Codes,
    plan: Plan,
    baseline: int | None = None,
) -> StyleBoard | None:
    """Set candidates side by side as judged and at equal style; None where no texts are known.

    groups: the ability of every comparison. people: the same comparisons by people; with enough of them, also what is left
    when only the judge's excess over people's taste is removed.
    """
    known, first, second = styles.of_both(comparisons)
    used = known & comparisons.judged
    if not used.any():
        return None
    terms = style_differences(first[used], second[used])
    moving = np.abs(terms).max(axis=0) > 0
    terms = terms[:, moving]
    if not terms.shape[1]:
        return None
    order = np.argsort(candidates)
    codes = [order[np.searchsorted(candidates[order], side[used])] for side in (comparisons.first, comparisons.second)]
    questions, points = comparisons.question[used], comparisons.half_tie[used]
    _, group = np.unique(groups[used], return_inverse=True)

    taste, both = None, np.zeros(len(questions), bool)
    if people is not None:
        both = people.judged[used]
        if both.sum() >= ENOUGH:
            said = people.half_tie[used]
            taste = _control(
                [one[both] for one in codes], questions[both], said[both], terms[both], candidates, group[both], plan
            )
    found = _control(codes, questions, points, terms, candidates, group, plan, taste)
    rows = {}
    for at, code in enumerate(candidates.tolist()):
        raw, controlled = found.raw[at], found.controlled[at]
        calibrated = None if found.calibrated is None else found.calibrated[at]
        if raw is not None and controlled is not None:
            shares = raw, controlled, calibrated, _against(comparisons, styles, code, baseline, plan)
            rows[code] = Styled(*(None if one is None else one.scaled(100) for one in shares))  # type: ignore[arg-type]
    return StyleBoard(
        rows,
        tuple(name for name, moves in zip(FEATURES, moving, strict=True) if moves),
        found.common,
        None if taste is None else taste.common,
        int(both.sum()),
        int((comparisons.judged & ~known).sum()),
    )


def _against(comparisons: Comparisons, styles: Styles, code: int, baseline: int | None, plan: Plan) -> Estimate | None:
    """Return a candidate's points against the baseline at equal length, in [0, 1]."""
    if baseline is None or code == baseline:
        return None
    known, first, second = styles.of_both(comparisons)
    met = (
        known
        & comparisons.judged
        & np.isin(comparisons.first, (code, baseline))
        & np.isin(comparisons.second, (code, baseline))
    )
    turned = comparisons.first[met] == baseline
    own, other = (np.where(turned, one[met, 0], two[met, 0]) for one, two in ((second, first), (first, second)))
    points = np.where(turned, 1 - comparisons.half_tie[met], comparisons.half_tie[met])
    found = length_controlled(points, own, other, comparisons.question[met], confidence=plan.confidence)
    return None if found is None else found.controlled


def _control(
    codes: Sequence[Codes],
    questions: Codes,
    points: np.ndarray,
    terms: np.ndarray,
    candidates: Codes,
    group: Codes,
    plan: Plan,
    taste: StyleControl | None = None,
) -> StyleControl:
    people = None
    if taste is not None:
        # An ability that people judged nothing of takes their common taste, of which as little is known as of the widest.
        groups, features = int(group.max()) + 1, len(taste.common)
        coefficients = np.tile([one.value for one in taste.common], (groups, 1))
        coefficients[: len(taste.coefficients)] = taste.coefficients
        covariance = np.kron(np.eye(groups), np.diag([one.standard_error**2 for one in taste.common]))
        known = len(taste.coefficients) * features
        covariance[:known, :known] = taste.covariance
        people = np.asarray(coefficients, np.float64), np.asarray(covariance, np.float64)
    return control(
        codes[0],
        codes[1],
        questions,
        points,
        terms,
        len(candidates),
        groups=group,
        people=people,
        confidence=plan.confidence,
    )
