"""How far raters agree beyond chance, each coefficient with an interval that leaves out one question at a time.

Every coefficient is a function of sums over items, so that leaving a question out is a subtraction. Categories count from 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from judge.stats.intervals import Estimate, t_quantile

Reals: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two raters agree on the items both labelled; coefficients are None where chance alone explains everything.

    raw: share of equal labels. kappa: Cohen (1960). ac1: Gwet (2008), which stays useful where one label prevails.
    first_base, second_base: each rater's share of every label.
    """

    items: int
    raw: Estimate
    kappa: Estimate | None
    ac1: Estimate | None
    first_base: tuple[float, ...]
    second_base: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class GroupAgreement:
    """How several raters agree, not all of whom need label every item; items with one label only count in base rates.

    raw: share of equal labels among pairs of raters of an item. fleiss: Fleiss (1971), for unequal numbers of raters as in
    Gwet (2014). alpha: Krippendorff (2011), nominal. ac1: Gwet (2008).
    """

    items: int
    raters: int
    raw: Estimate
    fleiss: Estimate | None
    alpha: Estimate | None
    ac1: Estimate | None
    base: tuple[float, ...]


def two_raters(
    first: Codes, second: Codes, clusters: Codes, categories: int, confidence: float = 0.95
) -> Agreement | None:
    """Compare two raters' labels of the same items; None where there is no item.

    first, second: labels in 0..categories-1; clusters: question codes. Raises ValueError for labels out of range.
    """
    if not len(first):
        return None
    for labels in (first, second):
        if labels.min() < 0 or labels.max() >= categories:
            raise ValueError(f"labels lie in 0..{categories - 1}")
    table = np.zeros((len(first), categories * categories))
    table[np.arange(len(first)), first * categories + second] = 1.0
    sums = _per_cluster(table, clusters)

    def shares(counted: Reals) -> tuple[Reals, Reals, Reals]:
        joint = counted.reshape(*counted.shape[:-1], categories, categories)
        joint = joint / np.maximum(joint.sum(axis=(-2, -1), keepdims=True), 1e-300)
        return np.trace(joint, axis1=-2, axis2=-1), joint.sum(axis=-1), joint.sum(axis=-2)

    def cohen(counted: Reals) -> Reals:
        agreed, one, other = shares(counted)
        return _beyond(agreed, (one * other).sum(axis=-1))

    def gwet(counted: Reals) -> Reals:
        agreed, one, other = shares(counted)
        return _beyond(agreed, _gwet_chance((one + other) / 2))

    size = len(first)
    raw = _jackknife(sums, lambda counted: shares(counted)[0], size, confidence, floor=0.0)
    assert raw is not None
    _, one, other = shares(sums.sum(axis=0))
    return Agreement(
        items=size,
        raw=raw,
        kappa=_jackknife(sums, cohen, size, confidence),
        ac1=_jackknife(sums, gwet, size, confidence),
        first_base=tuple(one.tolist()),
        second_base=tuple(other.tolist()),
    )


def several_raters(
    item: Codes, rater: Codes, label: Codes, clusters: Codes, categories: int, confidence: float = 0.95
) -> GroupAgreement | None:
    """Compare several raters; one row per label given. None where no item has two labels.

    item, rater, clusters: codes per row; label: in 0..categories-1. A rater labels an item once at most.
    """
    names, place = np.unique(item, return_inverse=True)
    given = np.zeros((len(names), categories))
    np.add.at(given, (place, label), 1.0)
    question = np.zeros(len(names), np.int64)
    question[place] = clusters
    number = given.sum(axis=1)
    shared = number >= 2
    if not shared.any():
        return None
    equal = (given * (given - 1)).sum(axis=1)
    agreed = np.where(shared, equal / np.maximum(number * (number - 1), 1), 0.0)
    weighted = np.where(shared, equal / np.maximum(number - 1, 1), 0.0)
    columns = np.column_stack(
        [agreed, shared, np.ones(len(names)), given / number[:, None], weighted, given * shared[:, None]]
    )
    sums = _per_cluster(columns, question)
    base, ratings = slice(3, 3 + categories), slice(4 + categories, 4 + 2 * categories)

    def observed(counted: Reals) -> Reals:
        return np.asarray(counted[..., 0] / np.maximum(counted[..., 1], 1e-300), np.float64)

    def labels(counted: Reals) -> Reals:
        return np.asarray(counted[..., base] / np.maximum(counted[..., 2:3], 1e-300), np.float64)

    def krippendorff(counted: Reals) -> Reals:
        marks = counted[..., ratings]
        total = np.maximum(marks.sum(axis=-1), 2)
        chance = (marks * (marks - 1)).sum(axis=-1) / (total * (total - 1))
        return _beyond(counted[..., 3 + categories] / total, chance)

    size = int(shared.sum())
    raw = _jackknife(sums, observed, size, confidence, floor=0.0)
    assert raw is not None
    return GroupAgreement(
        items=size,
        raters=len(np.unique(rater)),
        raw=raw,
        fleiss=_jackknife(sums, lambda c: _beyond(observed(c), (labels(c) ** 2).sum(axis=-1)), size, confidence),
        alpha=_jackknife(sums, krippendorff, size, confidence),
        ac1=_jackknife(sums, lambda c: _beyond(observed(c), _gwet_chance(labels(c))), size, confidence),
        base=tuple(labels(sums.sum(axis=0)).tolist()),
    )


def _beyond(agreed: Reals, chance: Reals) -> Reals:
    """Return the agreement beyond chance; NaN where chance alone agrees always."""
    room = 1 - chance
    return np.asarray(np.where(room > 1e-12, (agreed - chance) / np.where(room > 1e-12, room, 1), np.nan), np.float64)


def _gwet_chance(base: Reals) -> Reals:
    return np.asarray((base * (1 - base)).sum(axis=-1) / (base.shape[-1] - 1), np.float64)


def _per_cluster(columns: Reals, clusters: Codes) -> Reals:
    names, place = np.unique(clusters, return_inverse=True)
    sums = np.zeros((len(names), columns.shape[1]))
    np.add.at(sums, place, columns)
    return sums


def _jackknife(
    sums: Reals, coefficient: Callable[[Reals], Reals], rows: int, confidence: float, floor: float = -1.0
) -> Estimate | None:
    """Return a coefficient of the sums with a t interval from leaving out each question in turn (Tukey 1958)."""
    whole = sums.sum(axis=0)
    value = float(coefficient(whole))
    if math.isnan(value):
        return None
    count = len(sums)
    if count == 1:
        return Estimate(value, floor, 1.0, 0.0, 1, rows)
    without = coefficient(whole - sums)
    without = without[~np.isnan(without)]
    error = math.sqrt((count - 1) / count * float(((without - without.mean()) ** 2).sum())) if len(without) else 0.0
    reach = t_quantile(0.5 + confidence / 2, count - 1) * error
    return Estimate(value, max(floor, value - reach), min(1.0, value + reach), error, count, rows)
