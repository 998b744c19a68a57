"""Judging that may stop early: in which order questions are asked, what has been seen so far, and what it says. Pure."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from judge.columns import Codes, Reals
from judge.comparison import Comparisons, State
from judge.identity import content_hash
from judge.pairing import balanced
from judge.records import Plan
from judge.stats.intervals import Estimate
from judge.stats.sequential import LOOKS, betting, confidence_sequence, repeated_interval
from judge.stats.win_rate import WinRates


@dataclass(frozen=True)
class Order:
    """The questions of a pair (codes) in the order in which they are judged, and how many of them were asked so far."""

    questions: Codes
    reached: int

    def among(self, questions: Codes) -> Order:
        """Leave out all but some questions."""
        inside = np.isin(self.questions, questions)
        return Order(self.questions[inside], int(inside[: self.reached].sum()))


@dataclass(frozen=True)
class Seen:
    """One value per question that was asked, in order, in [0, 1]; nan where it gave no verdict. total: questions there are."""

    values: Reals
    total: int


Orders: TypeAlias = Mapping[frozenset[int], Order]  # by the two candidates that meet


@dataclass(frozen=True, slots=True)
class Stopping:
    """How far judging of one pair went: `used` of `total` questions, in an order drawn beforehand.

    way: decided (betting, looked at after every question) or looks (group-sequential, LOOKS looks). e_value: the largest that
    betting against "both are equal" has reached; 1 / (1 - confidence) refutes it (Ville 1939). unread: questions asked that
    gave no verdict; they count against whoever is ahead.
    """

    way: Literal["decided", "looks"]
    target: Literal["like", "bank"]
    used: int
    total: int
    unread: int
    e_value: float | None


def in_order(keys: Sequence[str], abilities: Sequence[Hashable], seed: object) -> list[int]:
    """Return positions of questions in a random order that holds every ability in about its share from the start.

    keys: content keys of the questions; the order hangs on them and the seed alone, not on how they are listed.
    """
    canonical = sorted(range(len(keys)), key=lambda at: content_hash("place", [str(seed), keys[at]]))
    return [canonical[at] for at in balanced([abilities[at] for at in canonical], seed)]


def sequence(values: Reals, rows: Comparisons, order: Order) -> Seen:
    """Return the mean value of every question that was asked; questions of which there is no dialogue are none.

    values: one per row, of the same candidate. A question without a verdict is nan, and counts against whoever is ahead.
    """
    place = {code: at for at, code in enumerate(order.questions[: order.reached].tolist())}
    at = np.array([place.get(code, -1) for code in rows.question.tolist()], np.int64)
    judged = rows.judged & (at >= 0)
    held = (rows.state != State.NO_DIALOGUE) & (at >= 0)
    there = np.bincount(at[held], minlength=order.reached) > 0
    count = np.bincount(at[judged], minlength=order.reached)
    total = np.bincount(at[judged], values[judged], order.reached)
    mean = np.where(count > 0, total / np.maximum(count, 1), math.nan)
    return Seen(np.asarray(mean[there], np.float64), len(order.questions) - int((~there).sum()))


def stopping(rows: Comparisons, order: Order, plan: Plan) -> Stopping:
    """Say how far judging went, and how strong the evidence is."""
    seen = sequence(rows.half_tie, rows, order)
    way: Literal["decided", "looks"] = "looks" if plan.until == "looks" else "decided"
    evidence = None
    if way == "decided":
        both = betting(seen.values, seen.total if plan.target == "bank" else None).both
        evidence = float(both.max()) if len(both) else 1.0
    unread = int(np.isnan(seen.values).sum())
    return Stopping(way, plan.target, len(seen.values), seen.total, unread, evidence)


def anytime(found: WinRates, rows: Comparisons, order: Order, plan: Plan) -> WinRates:
    """Return the same rates with intervals that hold although judging stopped for what was seen; in percent.

    Of rows on some of the questions, `order` those questions alone.
    """

    def of(estimate: Estimate, values: Reals) -> Estimate:
        low, high = ends(sequence(values, rows, order), plan)
        return replace(estimate, low=100 * low, high=100 * high, effective=None)

    return replace(
        found,
        open_score=of(found.open_score, np.asarray(rows.win + rows.tie, np.float64)),
        win_rate=of(found.win_rate, rows.win),
        half_tie=of(found.half_tie, rows.half_tie),
    )


def against(values: Reals, rows: Comparisons, orders: Orders, plan: Plan) -> Estimate | None:
    """Return a candidate's mean over its opponents, each the same weight, in [0, 1], with an interval that allows for stopping.

    rows: all turned so that the candidate stands first; values: per row. Several opponents' intervals hold together
    (Bonferroni), for how far each pair was judged hangs on what was seen. None where nothing was judged.
    """
    parts = []
    pairs = {other: frozenset((int(rows.first[0]), other)) for other in np.unique(rows.second[rows.judged]).tolist()}
    pairs = {other: pair for other, pair in pairs.items() if pair in orders}
    each = replace(plan, confidence=1 - (1 - plan.confidence) / max(1, len(pairs)))
    for other, pair in pairs.items():
        mine = rows.second == other
        met = rows.take(mine)
        seen = sequence(values[mine], met, orders[pair].among(met.question))
        if not np.isnan(seen.values).all():
            parts.append((float(np.nanmean(seen.values)), *ends(seen, each)))
    if not parts:
        return None
    value, low, high = np.mean(parts, axis=0).tolist()
    questions = len(np.unique(rows.question[rows.judged]))
    return Estimate(value, low, high, 0.0, questions, int(rows.judged.sum()))


def ends(seen: Seen, plan: Plan) -> tuple[float, float]:
    """Return the interval of a mean in [0, 1] at the time judging stopped.

    A confidence sequence; of looks fixed beforehand the repeated confidence interval at the last one.
    """
    if plan.until != "looks":
        return confidence_sequence(seen.values, seen.total if plan.target == "bank" else None, plan.confidence)
    look = max(1, min(LOOKS, round(len(seen.values) * LOOKS / max(1, seen.total))))
    return repeated_interval(seen.values, look, alpha=1 - plan.confidence)
