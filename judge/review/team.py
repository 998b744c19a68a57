"""The people who vote on drawn items: what each does, and how far they agree. Pure but for `team_of`.

An adjudication is nobody's own vote: people are shown as they stood before it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from judge.review.agreement import (
    Among,
    Cells,
    Grid,
    Pair,
    ScoreAgreement,
    among,
    by_ability,
    confusion_of,
    label_of,
    pairs_of,
    scored,
)
from judge.review.desk import WITHDRAWN
from judge.stats.intervals import Estimate, cluster_mean
from judge.store import Store
from judge.store.people import Vote


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a vote that measures the reviewer; passed: None for a skip."""

    reviewer: str
    target: str
    question: int
    kind: Literal["repeat", "gold"]
    passed: bool | None


@dataclass(frozen=True, slots=True)
class Seconds:
    """Quartiles of the seconds that a vote took, over the votes whose time is known."""

    lower: float
    median: float
    upper: float
    votes: int


@dataclass(frozen=True, slots=True)
class Trial:
    """How often a reviewer passed a kind of check; rate: share passed, in [0, 1], None where there was none."""

    passed: int
    total: int
    rate: Estimate | None

    @property
    def failed(self) -> int:
        return self.total - self.passed


@dataclass(frozen=True, slots=True)
class Reviewer:
    """One person: votes and skips that stand, and how the person votes; shares are in [0, 1], intervals by question.

    changed: votes replaced by something else, withdrawn: votes taken back and not cast again. left: share of decided votes
    that went to the left; ties: of all verdicts. confidence: mean of `confident` votes, 1 hardly .. 3 quite. level: mean
    score, in shares of full points. unmasked: items. first, last: UTC, skips and replaced votes included.
    """

    name: str
    votes: int
    skips: int
    changed: int
    withdrawn: int
    seconds: Seconds | None
    left: Estimate | None
    ties: Estimate | None
    both_bad: int
    confidence: float | None
    confident: int
    level: Estimate | None
    repeats: Trial
    golds: Trial
    unmasked: int
    first: str | None
    last: str | None

    @property
    def leaning(self) -> bool:
        """Tell whether the interval leaves out one half, where it would lie if sides, which are random, did not matter."""
        return self.left is not None and not self.left.low <= 0.5 <= self.left.high


@dataclass(frozen=True, slots=True)
class Team:
    """The people of a bank, most votes first, and how far they agree.

    abilities: in the order of their questions. pairs: of people with a common item. confusion: pairs of labels of an item
    over all ordered pairs of people, hence symmetric. scores: None where no answer has two scores.
    """

    reviewers: tuple[Reviewer, ...]
    overall: Among
    abilities: tuple[Among, ...]
    pairs: tuple[Pair, ...]
    confusion: Cells
    scores: ScoreAgreement | None


# ── the team ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def team_of(
    store: Store, bank: str, history: str = "own", targets: Collection[str] = (), confidence: float = 0.95
) -> Team:
    """Read what people said on a bank, on some targets or on all, and how they did on what measures them.

    Questions taken out of the scores count in what each does, not in how far they agree. Who was purged keeps votes, and no
    check: those hang on the name.
    """
    wanted = set(targets)
    votes = [one for one in store.votes(bank, history) if not wanted or one.target in wanted]
    question = {one.target: one.question for one in votes}
    known = wanted or question.keys()
    checks, unmasked = [], []
    for entry in store.trail(events=("check", "unmask")):
        content = entry.content
        if entry.who is None or entry.subject not in known:
            continue
        if entry.event == "unmask":
            unmasked.append((entry.who, entry.subject))
        elif isinstance(content, dict) and entry.subject in question:
            kind: Literal["repeat", "gold"] = "gold" if content["kind"] == "gold" else "repeat"
            passed = None if content["passed"] is None else bool(content["passed"])
            checks.append(Checked(entry.who, entry.subject, question[entry.subject], kind, passed))
    codes = store.question_codes(bank)
    struck = {codes[key] for key in store.struck(bank)}
    return team(votes, checks, unmasked, _times(store, votes), struck=struck, confidence=confidence)


def _times(store: Store, votes: Sequence[Vote]) -> dict[str, str]:
    """Return when each person's first and last votes were cast, by key; votes stand in the order of time."""
    own = [one for one in votes if not one.adjudicates]
    last = {one.reviewer: one for one in own}
    first = {one.reviewer: one for one in reversed(own)}
    targets = {one.target for one in (*first.values(), *last.values())}
    if not targets:
        return {}
    told = store.trail(["verdict"], targets)
    return {str(entry.content["verdict"]): entry.time for entry in told if isinstance(entry.content, dict)}


def team(
    votes: Sequence[Vote],
    checks: Sequence[Checked] = (),
    unmasked: Collection[tuple[str, str]] = (),
    times: Mapping[str, str] = {},
    *,
    struck: Collection[int] = (),
    confidence: float = 0.95,
) -> Team:
    """Measure people by what they said.

    votes: in the order they were cast. unmasked: (reviewer, target). times: when votes were cast, by key, each person's first
    and last at least. struck: questions (codes) on which nobody is compared.
    """
    own = [one for one in votes if not one.adjudicates]
    stands = _standing(own)
    history: dict[str, list[Vote]] = defaultdict(list)
    for one in own:
        history[one.reviewer].append(one)
    tried: dict[str, list[Checked]] = defaultdict(list)
    for check in {(one.reviewer, one.target, one.kind): one for one in reversed(checks)}.values():
        tried[check.reviewer].append(check)  # the first time counts: a page may send a vote twice
    looked = Counter(who for who, _ in set(unmasked))
    people = [
        _reviewer(name, history[name], stands[name], tried[name], looked[name], times, confidence)
        for name in sorted({*history, *tried, *looked})
    ]
    compared = [one for mine in stands.values() for one in mine if one.question not in struck]
    labels = Grid.labels(compared)
    return Team(
        reviewers=tuple(sorted(people, key=lambda one: -one.votes)),
        overall=among(labels, None, confidence),
        abilities=by_ability(labels, confidence),
        pairs=pairs_of(labels, confidence),
        confusion=confusion_of(labels),
        scores=scored(Grid.scores(compared), confidence),
    )


def _standing(own: Sequence[Vote]) -> defaultdict[str, list[Vote]]:
    """Return by reviewer what was said last on each target and not superseded; what a ruling supersedes stands here."""
    later = {one.supersedes for one in own}
    latest = {(one.reviewer, one.target): one for one in own if one.key not in later}
    found: defaultdict[str, list[Vote]] = defaultdict(list)
    for one in latest.values():
        found[one.reviewer].append(one)
    return found


# ── one person ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _reviewer(
    name: str,
    history: list[Vote],
    stands: list[Vote],
    checks: list[Checked],
    unmasked: int,
    times: Mapping[str, str],
    confidence: float,
) -> Reviewer:
    votes = [one for one in stands if one.skipped is None]
    verdicts = [one for one in votes if one.side is not None]
    sure = [one.confidence for one in votes if one.confidence is not None]

    def mean(rows: Sequence[tuple[int, float]]) -> Estimate | None:
        questions, values = np.array([row[0] for row in rows], np.int64), np.array([row[1] for row in rows], np.float64)
        return cluster_mean(values, questions, confidence)

    def trial(kind: Literal["repeat", "gold"]) -> Trial:
        tried = [(one.question, float(one.passed)) for one in checks if one.kind == kind and one.passed is not None]
        return Trial(sum(passed > 0 for _, passed in tried), len(tried), mean(tried))

    return Reviewer(
        name=name,
        votes=len(votes),
        skips=sum(one.skipped not in (None, WITHDRAWN) for one in stands),
        changed=_changed(history),
        withdrawn=sum(one.skipped == WITHDRAWN for one in stands),
        seconds=_seconds([one.seconds for one in votes if one.seconds is not None]),
        left=mean([(one.question, one.side == 0) for one in verdicts if one.side != 1 and one.placed]),
        ties=mean([(one.question, one.side == 1) for one in verdicts]),
        both_bad=sum(one.both_bad for one in verdicts),
        confidence=float(np.mean(sure)) if sure else None,
        confident=len(sure),
        level=mean([(one.question, one.score) for one in votes if one.score is not None]),
        repeats=trial("repeat"),
        golds=trial("gold"),
        unmasked=unmasked,
        first=times.get(history[0].key) if history else None,
        last=times.get(history[-1].key) if history else None,
    )


def _changed(history: list[Vote]) -> int:
    """Count votes that something else took the place of; taking a vote back and casting it again is no change."""
    often = {target for target, count in Counter(one.target for one in history).items() if count > 1}
    by_target: dict[str, list[Vote]] = defaultdict(list)
    for one in history:
        if one.target in often and one.skipped != WITHDRAWN:
            by_target[one.target].append(one)

    def says(vote: Vote) -> tuple[int | None, bool, float | None, bool]:
        return None if vote.side is None else label_of(vote), vote.both_bad, vote.score, vote.skipped is not None

    steps = (step for said in by_target.values() for step in pairwise(said))
    return sum(before.skipped is None and says(before) != says(after) for before, after in steps)


def _seconds(known: list[float]) -> Seconds | None:
    """Return quartiles by linear interpolation (type 7 of Hyndman and Fan 1996)."""
    if not known:
        return None
    lower, median, upper = np.quantile(known, [0.25, 0.5, 0.75]).tolist()
    return Seconds(lower, median, upper, len(known))
