"""Which judgments to doubt, and why: signals that need no person, one queue, and how much of what is wrong it finds. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from judge.stats.logistic import fit, sigmoid

Reals: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]
Unjudged: TypeAlias = Literal["missing", "unread", "unanswered"]
Why: TypeAlias = Literal[Unjudged, "order", "margin", "offline", "strength", "panel", "ploy"]

# How much each signal counts, as ranks in [0, 1]; measured on LLMBar and LLMEval-2 (benchmarks/validity.py, 1a). What was
# not measured there (a panel's split, a ploy) counts as the others do.
WEIGHTS: Mapping[str, float] = {
    "order": 1.0,
    "margin": 1.0,
    "offline": 1.0,
    "strength": 0.5,
    "panel": 1.0,
    "ploy": 1.0,
}
ENOUGH = 300  # random audits of decided items from which weights are learned; below, the fixed formula is as good
FOLDS = 10
RIDGE = 1.0
TOP = (0.1, 0.2, 0.3)


@dataclass(frozen=True)
class Signals:
    """What speaks against verdicts, one entry per comparison, larger for more; nan where nothing is known.

    order: 1 where the two placements disagree, 2 where they name opposite winners. margin: points by which the same judge's
    scores favour the other side. offline: the offline judge's logit for the other side. strength: by how much the other
    side is the stronger candidate, in logits. panel: share of a panel that says otherwise. ploy: 1 where the winner's answer
    seems meant for the judge. Of a tie, `margin`, `offline` and `strength` hold how far the sides seem apart.
    """

    order: Reals
    margin: Reals
    offline: Reals
    strength: Reals
    panel: Reals
    ploy: Reals

    def take(self, rows: Flags | Codes) -> Signals:
        """Return the chosen rows."""
        return Signals(*(getattr(self, one.name)[rows] for one in fields(self)))

    @property
    def known(self) -> tuple[str, ...]:
        """Names of the signals that tell some rows apart."""
        names = (one.name for one in fields(self))
        return tuple(name for name in names if _tells(getattr(self, name)))


def _tells(values: Reals) -> bool:
    there = values[~np.isnan(values)]
    return len(there) > 1 and float(np.ptp(there)) > 0


def ranks(values: Reals, group: Codes | None = None) -> Reals:
    """Return the rank of every value within its group, in (0, 1), equal ones their mean rank; 0.5 where nothing is known."""
    found = np.full(len(values), 0.5)
    groups = np.zeros(len(values), np.int64) if group is None else group
    for one in np.unique(groups):
        rows = np.flatnonzero((groups == one) & ~np.isnan(values))
        if len(rows):
            _, place, count = np.unique(values[rows], return_inverse=True, return_counts=True)
            ends = np.cumsum(count)
            found[rows] = ((ends - (count - 1) / 2 - 0.5) / len(rows))[place.ravel()]
    return found


def doubt(signals: Signals, tie: Flags, unjudged: Flags) -> Reals:
    """Return how much each verdict is to be doubted, in [0, 1]: the weighted ranks of what speaks against it.

    Ties are ranked among themselves and count half: who was taken for equal and is not is half an error. What was not
    judged at all comes first.
    """
    total = np.zeros(len(tie))
    weight = 0.0
    for name in signals.known:
        total += WEIGHTS[name] * ranks(getattr(signals, name), tie.astype(np.int64))
        weight += WEIGHTS[name]
    found = total / weight if weight else np.full(len(tie), 0.5)
    return np.asarray(np.where(unjudged, 1.0, np.where(tie, found / 2, found)), np.float64)


def expected_error(doubts: Reals, tie: Flags, unjudged: Flags) -> Reals:
    """Return how far people's value is expected to lie from what is predicted, in [0, 1], before anyone was asked.

    Of LLMEval-2's decided verdicts the sd grows evenly with doubt, from .19 in the lowest tenth to .39 in the highest; of
    ties it is .3 whatever speaks against them.
    """
    return np.asarray(np.where(unjudged, 0.4, np.where(tie, 0.3, 0.1 + 0.4 * doubts)), np.float64)


# ── reasons ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that speaks against a verdict; `amount` in the unit of its signal."""

    why: Why
    amount: float = 0.0


def reasons(signals: Signals, at: int, *, tie: bool, state: Unjudged | None = None) -> tuple[Reason, ...]:
    """Say what speaks against one verdict, the weightiest first; empty where nothing does. state: why there is no verdict."""
    if state is not None:
        return (Reason(state),)
    found = []
    for name, least in {**LEAST, **(TIED if tie else {})}.items():
        value = float(getattr(signals, name)[at])
        if not math.isnan(value) and value > least:
            found.append((WEIGHTS[name] * _strength(signals, name, value), Reason(name, value)))
    return tuple(reason for _, reason in sorted(found, key=lambda one: -one[0]))


# From where on a signal is worth a word: the verdict's own direction is contradicted.
LEAST: dict[Why, float] = {"order": 0, "margin": -1e-9, "offline": 0.2, "strength": 0.3, "panel": 0, "ploy": 0}
TIED: dict[Why, float] = {"margin": 1e-9, "offline": 1.0, "strength": 1.0}
assert set(LEAST) <= set(get_args(Why))


def _strength(signals: Signals, name: str, value: float) -> float:
    """Return the share of rows on which a signal speaks less."""
    known = getattr(signals, name)
    known = known[~np.isnan(known)]
    return float((known < value).mean())


# ── does the queue find what is wrong? ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Capture:
    """What share of all errors lies at the head of a queue, by share of the items looked at, in [0, 1].

    found: at TOP. oracle: what a queue that knows all errors would find. errors: estimated share of items that are wrong;
    audits: what it is computed from. lift: found over looked at, at TOP[0].
    """

    found: tuple[float, ...]
    oracle: tuple[float, ...]
    errors: float
    audits: int

    @property
    def lift(self) -> float:
        return self.found[0] / TOP[0]

    @property
    def helps(self) -> bool:
        """Tell whether looking at the head of the queue beats looking at random."""
        return self.found[1] > 1.25 * TOP[1]


def capture(doubts: Reals, wrong: Flags, weight: Reals | None = None) -> Capture | None:
    """Measure a queue by what people said, equal doubts in random order; None where nothing is wrong.

    weight: of every audited item, the inverse of the chance with which it was drawn; without it, all items were looked at.
    """
    mass = np.ones(len(doubts)) if weight is None else weight
    errors = float(mass @ wrong)
    if errors == 0:
        return None
    _, place = np.unique(-doubts, return_inverse=True)
    of_all, of_wrong = np.bincount(place.ravel(), mass), np.bincount(place.ravel(), mass * wrong)
    ends = np.concatenate([[0.0], np.cumsum(of_all)]) / mass.sum()
    reached = np.concatenate([[0.0], np.cumsum(of_wrong)]) / errors
    share = errors / float(mass.sum())
    return Capture(
        tuple(float(one) for one in np.interp(TOP, ends, reached)),
        tuple(min(1.0, one / share) for one in TOP),
        share,
        len(doubts),
    )


@dataclass(frozen=True)
class Learned:
    """Doubt learned from audits: of every item, and of audited ones by a fit that did not see their question."""

    everywhere: Reals
    audited: Reals


def learned(rows: Reals, audited: Codes, wrong: Flags, questions: Codes, *, folds: int = FOLDS) -> Learned:
    """Learn the chance that a verdict is wrong from its signals (items × signals): logistic regression with a ridge.

    audited: positions of audited items; questions: of every item, the unit by which folds are made.
    """
    columns = np.column_stack([np.ones(len(rows)), standardised(rows)])
    ridge = np.array([1e-6, *[RIDGE] * rows.shape[1]])

    def chance(train: Codes, said: Flags, on: Codes) -> Reals:
        slopes = fit(columns[train], said.astype(np.float64), questions[train], ridge=ridge).coefficients
        return sigmoid(columns[on] @ slopes)

    fold = np.unique(questions[audited], return_inverse=True)[1].ravel() % folds
    held = np.zeros(len(audited))
    for one in range(folds):
        mine = fold == one
        if mine.any() and not mine.all():
            held[mine] = chance(audited[~mine], wrong[~mine], audited[mine])
    return Learned(chance(audited, wrong, np.arange(len(rows))), held)


def standardised(rows: Reals) -> Reals:
    """Return columns with mean 0 and sd 1; what is not known stands at the mean."""
    centre = np.nan_to_num(np.nanmean(rows, axis=0)) if len(rows) else np.zeros(rows.shape[1])
    spread = np.nanstd(rows, axis=0) if len(rows) else centre
    return np.asarray(np.nan_to_num((rows - centre) / np.where(spread > 0, spread, 1.0)), np.float64)
