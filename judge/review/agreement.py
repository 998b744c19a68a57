"""How far people agree among themselves, and a judge with them. Pure.

What is said of two dialogues is labelled by what was judged, never by its side: 0, 1, 2 for a win, a tie and a loss.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

import numpy as np

from judge.columns import Codes, Flags, Reals
from judge.report.build import abilities_of
from judge.review.queue import Queue
from judge.stats.agreement import Agreement, GroupAgreement, several_raters, two_raters
from judge.stats.intervals import Estimate, cluster_mean
from judge.store.people import Vote

LEAST = 5  # items in common: with fewer there is no figure
Cells: TypeAlias = tuple[tuple[int, ...], ...]  # 3 × 3: win, tie, loss of the one × of the other
Shares: TypeAlias = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Among:
    """How far people agree on items that several of them labelled, of one ability or (None) of all; None with too few."""

    ability: str | None
    items: int
    agreement: GroupAgreement | None


@dataclass(frozen=True, slots=True)
class Pair:
    """How far two people agree on the items both labelled; None with too few."""

    first: str
    second: str
    items: int
    agreement: Agreement | None


@dataclass(frozen=True, slots=True)
class ScorePair:
    """How two people score the same answers: mean absolute difference (shares of full points) and Pearson's correlation.

    None with too few answers; the correlation also where one of them always gives the same score.
    """

    first: str
    second: str
    items: int
    difference: Estimate | None
    correlation: float | None


@dataclass(frozen=True, slots=True)
class ScoreAgreement:
    """How people score the same answers; difference: mean over answers of that over pairs of people, None with too few."""

    items: int
    difference: Estimate | None
    pairs: tuple[ScorePair, ...]


@dataclass(frozen=True, slots=True)
class Against:
    """How far a judge agrees with people on drawn rows of one ability or (None) of all; the judge is first.

    agreement: rows weigh by the inverse of their chance; None with too few. confusion: rows, judge × people; weighted: the
    same as shares of all rows that could have been drawn, all 0 without rows.
    """

    ability: str | None
    items: int
    agreement: Agreement | None
    confusion: Cells
    weighted: Shares


@dataclass(frozen=True)
class Grid:
    """What people said of items in the order of their questions; value: people × items, nan where a person said nothing."""

    names: tuple[str, ...]
    question: Codes
    ability: tuple[str, ...]
    value: Reals

    @classmethod
    def labels(cls, votes: Sequence[Vote]) -> Grid:
        """Lay out verdicts as labels, of the dialogue with the smaller key; one vote per person and target."""
        return cls._of([(one, float(label_of(one))) for one in votes if one.side is not None])

    @classmethod
    def scores(cls, votes: Sequence[Vote]) -> Grid:
        """Lay out scores, in shares of full points; one vote per person and target."""
        return cls._of([(one, one.score) for one in votes if one.score is not None])

    @classmethod
    def _of(cls, said: Sequence[tuple[Vote, float]]) -> Grid:
        names = sorted({vote.reviewer for vote, _ in said})
        about = {vote.target: (vote.question, vote.ability) for vote, _ in said}
        order = sorted(about, key=lambda target: (about[target][0], target))
        row, column = ({one: at for at, one in enumerate(many)} for many in (names, order))
        value = np.full((len(names), len(order)), np.nan)
        for vote, one in said:
            value[row[vote.reviewer], column[vote.target]] = one
        questions = np.array([about[target][0] for target in order], np.int64)
        return cls(tuple(names), questions, tuple(about[target][1] for target in order), value)

    def of_ability(self, name: str) -> Grid:
        """Return the items of one ability."""
        mine = np.array([one == name for one in self.ability], np.bool_)
        return Grid(self.names, self.question[mine], (name,) * int(mine.sum()), self.value[:, mine])

    @property
    def there(self) -> Flags:
        return np.asarray(~np.isnan(self.value), np.bool_)

    def common(self) -> Iterator[tuple[int, int, Flags]]:
        """Yield every two people (positions) with a common item, and which items they have in common."""
        there = self.there
        for one, other in combinations(range(len(self.names)), 2):
            both = there[one] & there[other]
            if both.any():
                yield one, other, both


def label_of(vote: Vote) -> int:
    """Return 0, 1, 2 for a win, a tie and a loss of the dialogue with the smaller key."""
    assert vote.side is not None
    assert vote.second is not None
    return vote.side if vote.first < vote.second else 2 - vote.side


# ── people among themselves ───────────────────────────────────────────────────────────────────────────────────────────


def among(labels: Grid, ability: str | None = None, confidence: float = 0.95) -> Among:
    """Return how far people agree; an item with one label only counts in base rates."""
    shared = int((labels.there.sum(axis=0) >= 2).sum())
    if shared < LEAST:
        return Among(ability, shared, None)
    rater, item = np.nonzero(labels.there)
    given = labels.value[rater, item].astype(np.int64)
    return Among(ability, shared, several_raters(item, rater, given, labels.question[item], 3, confidence))


def by_ability(labels: Grid, confidence: float = 0.95) -> tuple[Among, ...]:
    """Return how far people agree on each ability, in the order of their questions."""
    return tuple(among(labels.of_ability(one), one, confidence) for one in dict.fromkeys(labels.ability))


def pairs_of(labels: Grid, confidence: float = 0.95) -> tuple[Pair, ...]:
    """Return how far every two people agree who have a common item."""

    def pair(one: int, other: int, both: Flags) -> Pair:
        count, found = int(both.sum()), None
        if count >= LEAST:
            mine, theirs = labels.value[[one, other]][:, both].astype(np.int64)
            found = two_raters(mine, theirs, labels.question[both], 3, confidence)
        return Pair(labels.names[one], labels.names[other], count, found)

    return tuple(pair(*common) for common in labels.common())


def confusion_of(labels: Grid) -> Cells:
    """Count pairs of labels of the same item over all ordered pairs of people, so that the table is symmetric."""
    given = np.stack([(labels.value == label).sum(axis=0) for label in range(3)])
    table: Codes = given @ given.T - np.diag(given.sum(axis=1))  # nobody is paired with oneself
    return _cells(table)


def scored(scores: Grid, confidence: float = 0.95) -> ScoreAgreement | None:
    """Return how far apart people's scores of the same answers lie; None where no answer has two."""
    apart, weight = np.zeros(len(scores.question)), np.zeros(len(scores.question))
    pairs = []
    for one, other, both in scores.common():
        mine, theirs = scores.value[[one, other]][:, both]
        gap = np.abs(mine - theirs)
        apart[both] += gap
        weight[both] += 1
        enough = len(gap) >= LEAST
        difference = cluster_mean(gap, scores.question[both], confidence) if enough else None
        varied = enough and np.ptp(mine) > 0 and np.ptp(theirs) > 0
        correlation = float(np.corrcoef(mine, theirs)[0, 1]) if varied else None
        pairs.append(ScorePair(scores.names[one], scores.names[other], len(gap), difference, correlation))
    if not pairs:
        return None
    seen = weight > 0
    count = int(seen.sum())
    whole = cluster_mean(apart[seen] / weight[seen], scores.question[seen], confidence) if count >= LEAST else None
    return ScoreAgreement(count, whole, tuple(pairs))


# ── a judge and people ────────────────────────────────────────────────────────────────────────────────────────────────


def against_people(queue: Queue, confidence: float = 0.95) -> tuple[Against, ...]:
    """Compare a judge with people on what was drawn: first on all of it, as its certificate does, then by ability.

    Labels are of the candidate that a row names first; people's are the items' values, rulings included. Rows that the judge
    left open, or that a rule settled, are left out.
    """
    rows, people = queue.rows, queue.people
    both = (rows.judged & ~rows.settled)[people.audits.at]
    at = people.audits.at[both]
    judge, person, weight = 1 - rows.label[at], 1 - people.label[both], 1 / people.audits.probability[both]
    questions, names = rows.question[at], queue.heard.material.abilities
    ability = abilities_of(queue.heard.material, questions)

    def part(name: str | None, chosen: Flags) -> Against:
        mine, theirs, mass = judge[chosen], person[chosen], weight[chosen]
        found = None
        if len(mine) >= LEAST:
            found = two_raters(mine, theirs, questions[chosen], 3, confidence, mass)
        cells = mine * 3 + theirs
        count: Codes = np.bincount(cells, minlength=9).reshape(3, 3)
        share: Reals = np.bincount(cells, mass, 9).reshape(3, 3) / max(float(mass.sum()), 1e-300)
        return Against(name, len(mine), found, _cells(count), tuple(tuple(row) for row in share.tolist()))

    everything = np.ones(len(at), np.bool_)
    return (part(None, everything), *(part(names[one], ability == one) for one in np.unique(ability).tolist()))


def _cells(table: Codes) -> Cells:
    return tuple(tuple(row) for row in table.tolist())
