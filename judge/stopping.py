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

Orders: TypeAlias = Mapping[frozenset[int], Codes]  # of questions, by the two candidates that meet on them


@dataclass(frozen=True, slots=True)
class Stopping:
    """How far judging of one pair went: `used` of `total` questions, in an order drawn beforehand.

    way: decided (betting, looked at after every question) or looks (group-sequential, LOOKS looks). e_value: the largest that
    betting against "both are equal" has reached; 1 / (1 - confidence) refutes it (Ville 1939). unread: questions asked that gave no verdict; they count against
    whoever is ahead.
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


def sequence(values: Reals, rows: Comparisons, order: Codes) -> Reals:
    """Return one value per question in order, up to the last that was asked: the mean of its judged rows, nan where none is."""
    rank = {code: at for at, code in enumerate(order.tolist())}
    place = np.array([rank.get(code, -1) for code in rows.question.tolist()], np.int64)
    asked = np.isin(rows.state, (State.JUDGED, State.UNREADABLE, State.UNANSWERED)) & (place >= 0)
    if not asked.any():
        return np.zeros(0)
    size = int(place[asked].max()) + 1
    judged = rows.judged & (place >= 0)
    count = np.bincount(place[judged], minlength=size)
    total = np.bincount(place[judged], values[judged], size)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), math.nan), np.float64)


def stopping(rows: Comparisons, order: Codes, plan: Plan) -> Stopping:
    """Say how far judging went, and how strong the evidence is."""
    seen = sequence(rows.half_tie, rows, order)
    way: Literal["decided", "looks"] = "looks" if plan.until == "looks" else "decided"
    evidence = None
    if way == "decided":
        both = betting(seen, len(order) if plan.target == "bank" else None).both
        evidence = float(both.max()) if len(both) else 1.0
    return Stopping(way, plan.target, len(seen), len(order), int(np.isnan(seen).sum()), evidence)


def anytime(found: WinRates, rows: Comparisons, order: Codes, plan: Plan) -> WinRates:
    """Return the same rates with intervals that hold although judging stopped for what was seen; in percent.

    Of rows on some of the questions, `order` those questions alone.
    """

    def of(estimate: Estimate, values: Reals) -> Estimate:
        seen = sequence(values, rows, order)
        low, high = ends(seen, len(order), plan)
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
    opponents = np.unique(rows.second[rows.judged]).tolist()
    each = replace(plan, confidence=1 - (1 - plan.confidence) / max(1, len(opponents)))
    for other in opponents:
        mine = rows.second == other
        met = rows.take(mine)
        order = orders[frozenset((int(met.first[0]), other))]
        seen = sequence(values[mine], met, order[np.isin(order, met.question)])
        parts.append((float(np.nanmean(seen)), *ends(seen, len(order), each)))
    if not parts:
        return None
    value, low, high = np.mean(parts, axis=0).tolist()
    questions = len(np.unique(rows.question[rows.judged]))
    return Estimate(value, low, high, 0.0, questions, int(rows.judged.sum()))


def ends(seen: Reals, total: int, plan: Plan) -> tuple[float, float]:
    """Return the interval of a mean in [0, 1] at the time judging stopped.

    A confidence sequence; of looks fixed beforehand the repeated confidence interval at the last one.
    """
    if plan.until != "looks":
        return confidence_sequence(seen, total if plan.target == "bank" else None, plan.confidence)
    look = max(1, min(LOOKS, round(len(seen) * LOOKS / total)))
    return repeated_interval(seen, look, alpha=1 - plan.confidence)
