"""The certificate of a judge: what its verdicts are worth, measured on what is stored, and a plain word on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

import numpy as np

from judge.columns import Codes, JudgmentColumns, Kind, Reals
from judge.comparison import Comparisons
from judge.limits import LIMITS, Limit, Mark
from judge.stats.agreement import Agreement, GroupAgreement, several_raters, two_raters
from judge.stats.bias import excess_for, position_bias, share_of_larger
from judge.stats.intervals import Estimate, cluster_mean
from judge.styles import Styles

Word: TypeAlias = Literal["alone", "correct", "unfit", "unproven"]


@dataclass(frozen=True, slots=True)
class Check:
    """One figure of the certificate in percent or points, with its denominator and how it stands to its limit."""

    name: str
    figure: Estimate
    limit: Limit
    mark: Mark


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is known of a judge on one bank.

    word: usable alone, needs correction by people, unfit; unproven where nobody was there to hold it against. longer_judge,
    longer_people: share of decided items that go to the longer answer (%). agreement: three-way labels, ties included.
    people: agreement of reviewers among themselves, the ceiling. family: candidates of the judge's own family.
    """

    judge: str
    word: Word
    checks: tuple[Check, ...] = ()
    agreement: Agreement | None = None
    people: GroupAgreement | None = None
    longer_judge: Estimate | None = None
    longer_people: Estimate | None = None
    swap_cost: float | None = None
    family: tuple[str, ...] = ()
    calls: int = 0
    drawn: bool = True  # people judged a sample, or everything, not what they chose

    def check(self, name: str) -> Check | None:
        """Return one of the figures; None where it was not measured."""
        return next((one for one in self.checks if one.name == name), None)


@dataclass(frozen=True)
class Evidence:
    """What a certificate is computed from: rows of `said` and of `people` stand for the same comparisons.

    longer: characters of the first less those of the second per row, 0 where not known. kin: 1 where only the first is of
    the judge's family, -1 where only the second is, else 0.
    """

    judge: str
    judgments: JudgmentColumns
    said: Comparisons
    people: Comparisons | None
    reviews: JudgmentColumns | None  # people's verdicts one by one
    longer: Reals
    kin: Codes
    styles: Styles
    family: tuple[str, ...] = ()
    limits: Mapping[str, Limit] = field(default_factory=lambda: LIMITS)
    confidence: float = 0.95
    drawn: bool = True  # whether people judged what was drawn for them, or all there is, rather than what they chose
    weight: Reals | None = (
        None  # per row, the inverse of the chance with which people were asked; 0 where they were not
    )

    @property
    def partly(self) -> bool:
        """Tell whether people judged a drawn part, rather than all there is."""
        return self.weight is not None and bool((self.weight > 1).any())


def certify(evidence: Evidence) -> Certificate:
    """Measure a judge by its own verdicts, and by people's where there are some."""
    said, people, level = evidence.said, evidence.people, evidence.confidence
    # What a rule settled, nobody judged: both sides would agree by construction.
    both = said.judged & ~said.settled & (people.judged & ~people.settled if people is not None else False)
    if evidence.weight is not None:
        both = both & (evidence.weight > 0)

    def weights(rows: np.ndarray) -> Reals | None:
        return None if evidence.weight is None else evidence.weight[rows]

    checks: list[Check] = []

    def add(name: str, figure: Estimate | None) -> None:
        if figure is not None:
            limit = evidence.limits[name]
            mark = limit.mark(figure)
            # What people chose to look at is no sample: agreement on it cannot vouch for the rest.
            if mark == "alone" and name in ("agreement", "longer", "self") and not evidence.drawn:
                mark = "correct"
            checks.append(Check(name, figure, limit, mark))

    agreement = None
    if people is not None and both.any():
        mine, theirs, questions = said.label[both], people.label[both], said.question[both]
        agreement = two_raters(mine + 1, theirs + 1, questions, 3, level, weights(both))
        add("agreement", _percent(decided_agreement(mine, theirs, questions, level, weights(both))))
    twice = said.take(said.judged & (said.placements == 2))
    bias = position_bias(twice.as_first, twice.as_second, twice.question, level)
    if bias is not None:
        flips = cluster_mean(twice.flipped.astype(np.float64), twice.question, level)
        add("flips", _percent(flips))
        add("first", _away(bias.first_wins, 0.5))
    judged = both if people is not None and both.any() else said.judged & ~said.settled
    longer_judge = _longer(said, judged, evidence.longer, level)
    longer_people = None if people is None else _longer(people, both, evidence.longer, level)
    if longer_judge is not None and longer_people is not None and people is not None:
        add("longer", _longer_excess(said, people, both, evidence.longer, level, evidence.weight))
    add("readable", _readable(evidence.judgments, level))
    add("retest", _retest(evidence.judgments, level))
    if people is not None and (own := both & (evidence.kin != 0)).any():
        turned = evidence.kin[own] < 0
        points, theirs_points = (np.where(turned, 1 - one.half_tie[own], one.half_tie[own]) for one in (said, people))
        kept = excess_for(points, theirs_points, said.question[own], level, weights(own))
        add("self", None if kept is None else kept.scaled(100))
    return Certificate(
        judge=evidence.judge,
        word=word_of(checks),
        checks=tuple(checks),
        agreement=agreement,
        people=None if evidence.reviews is None else among_people(evidence.reviews, level),
        longer_judge=_percent(longer_judge),
        longer_people=_percent(longer_people),
        swap_cost=None if bias is None else bias.swap_cost,
        family=evidence.family,
        calls=len(evidence.judgments),
        drawn=evidence.drawn,
    )


def word_of(checks: list[Check]) -> Word:
    """Return the plain word: unfit where any figure is, usable alone where all are and people were there to say so."""
    marks = {one.mark for one in checks}
    if "unfit" in marks:
        return "unfit"
    if not any(one.name == "agreement" for one in checks):
        return "unproven"
    return "correct" if "correct" in marks else "alone"


def decided_agreement(
    mine: Codes, theirs: Codes, questions: Codes, confidence: float = 0.95, weights: Reals | None = None
) -> Estimate | None:
    """Share of items that people decided on which a judge says the same, its ties counted half; labels -1, 0, 1.

    weights: the inverse of the chance with which each item was drawn.
    """
    decided = theirs != 0
    same = np.where(mine == 0, 0.5, mine == theirs).astype(np.float64)
    chosen = None if weights is None else weights[decided]
    return cluster_mean(same[decided], questions[decided], confidence, weights=chosen)


def _longer(rows: Comparisons, chosen: np.ndarray, longer: Reals, confidence: float) -> Estimate | None:
    return share_of_larger(rows.half_tie[chosen], longer[chosen], rows.question[chosen], confidence)


def _longer_excess(
    said: Comparisons,
    people: Comparisons,
    both: np.ndarray,
    longer: Reals,
    confidence: float,
    weight: Reals | None = None,
) -> Estimate | None:
    """Points by which the longer answer gets more from the judge than from people, on the same items."""
    unequal = both & (longer != 0)
    sign = np.sign(longer[unequal])
    gap = sign * (said.half_tie[unequal] - people.half_tie[unequal])
    chosen = None if weight is None else weight[unequal]
    found = cluster_mean(gap, said.question[unequal], confidence, share=False, within=(-1, 1), weights=chosen)
    return _away(found, 0.0)


def _readable(judgments: JudgmentColumns, confidence: float) -> Estimate | None:
    """Share of the judge's replies that could be read."""
    replied = judgments.take(judgments.kind != Kind.UNANSWERED)
    return _percent(cluster_mean((replied.kind != Kind.UNREADABLE).astype(np.float64), replied.question, confidence))


def _retest(judgments: JudgmentColumns, confidence: float) -> Estimate | None:
    """Share of repeated calls that say what the first call on the same case said."""
    rows = judgments.take(np.isin(judgments.kind, (Kind.VERDICT, Kind.SCORES)))
    about = (
        rows.judge,
        rows.question,
        rows.scope,
        rows.first,
        rows.second,
        rows.first_sample,
        rows.second_sample,
        rows.placement_known,
    )
    case = np.stack(about, axis=1)
    _, place = np.unique(case, axis=0, return_inverse=True)
    order = np.lexsort((rows.repeat, place.ravel()))
    place, said = place.ravel()[order], np.where(rows.kind == Kind.VERDICT, rows.side, rows.value)[order]
    start = np.append(True, place[1:] != place[:-1]) if len(place) else np.zeros(0, bool)
    first = np.maximum.accumulate(np.where(start, np.arange(len(place)), 0)) if len(place) else place
    again = ~start
    return _percent(
        cluster_mean((said[again] == said[first[again]]).astype(np.float64), rows.question[order][again], confidence)
    )


def among_people(reviews: JudgmentColumns, confidence: float) -> GroupAgreement | None:
    """Return how far reviewers agree on pairs that several of them saw; None where none was seen twice."""
    rows = reviews.take((reviews.kind == Kind.VERDICT) & (reviews.second > 0))
    turned = rows.first > rows.second
    low, high = np.where(turned, rows.second, rows.first), np.where(turned, rows.first, rows.second)
    label = np.where(turned, rows.side, 2 - rows.side)  # 2: the candidate of the smaller code is better
    target = np.stack([rows.question, rows.scope, low, high, rows.first_sample], axis=1)
    if not len(target):
        return None
    _, item = np.unique(target, axis=0, return_inverse=True)
    return several_raters(item.ravel(), rows.repeat, label, rows.question, 3, confidence)


def _percent(figure: Estimate | None) -> Estimate | None:
    return None if figure is None else figure.scaled(100)


def _away(figure: Estimate | None, centre: float) -> Estimate | None:
    """Return how far a figure lies from a centre, in points, with the interval of that distance."""
    if figure is None:
        return None
    low, high = figure.low - centre, figure.high - centre
    ends = sorted((abs(low), abs(high)))
    near = 0.0 if low <= 0 <= high else ends[0]
    return replace(figure, value=abs(figure.value - centre), low=near, high=ends[1]).scaled(100)
