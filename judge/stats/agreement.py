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

from judge.stats.intervals import Estimate, cluster_mean, t_quantile

Reals: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64]
ALIKE = 1e-9  # an error below this is none


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
    first: Codes,
    second: Codes,
    clusters: Codes,
    categories: int,
    confidence: float = 0.95,
    weights: Reals | None = None,
) -> Agreement | None:
    """Compare two raters' labels of the same items; None where there is no item.

    first, second: labels in 0..categories-1; clusters: question codes; weights: of items drawn with unequal chances, the
    inverse of the chance. Raises ValueError for labels out of range.
    """
    if not len(first):
        return None
    if not len(first) == len(second) == len(clusters):
        raise ValueError("columns differ in length")
    _check_labels(first, categories)
    _check_labels(second, categories)
    table = np.zeros((len(first), categories * categories))
    table[np.arange(len(first)), first * categories + second] = 1.0 if weights is None else weights
    sums = _per_cluster(table, clusters)

    def shares(counted: Reals) -> tuple[Reals, Reals, Reals]:
        joint = counted.reshape(*counted.shape[:-1], categories, categories)
        joint = joint / np.maximum(joint.sum(axis=(-2, -1), keepdims=True), 1e-300)
        return np.trace(joint, axis1=-2, axis2=-1), joint.sum(axis=-1), joint.sum(axis=-2)

    def cohen(counted: Reals) -> tuple[Reals, Reals]:
        agreed, one, other = shares(counted)
        return agreed, (one * other).sum(axis=-1)

    def gwet(counted: Reals) -> tuple[Reals, Reals]:
        agreed, one, other = shares(counted)
        return agreed, _gwet_chance((one + other) / 2)

    size = len(first)
    raw = cluster_mean((first == second).astype(np.float64), clusters, confidence, weights=weights)
    assert raw is not None
    _, one, other = shares(sums.sum(axis=0))
    return Agreement(
        items=size,
        raw=raw,
        kappa=_jackknife(sums, cohen, raw, confidence),
        ac1=_jackknife(sums, gwet, raw, confidence),
        first_base=tuple(one.tolist()),
        second_base=tuple(other.tolist()),
    )


def several_raters(
    item: Codes, rater: Codes, label: Codes, clusters: Codes, categories: int, confidence: float = 0.95
) -> GroupAgreement | None:
    """Compare several raters; one row per label given. None where no item has two labels.

    item, rater, clusters: codes per row; label: in 0..categories-1. A rater labels an item once at most.
    """
    _check_labels(label, categories)
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

    def krippendorff(counted: Reals) -> tuple[Reals, Reals]:
        marks = counted[..., ratings]
        total = np.maximum(marks.sum(axis=-1), 2)
        chance = (marks * (marks - 1)).sum(axis=-1) / (total * (total - 1))
        return counted[..., 3 + categories] / total, chance

    def fleiss(counted: Reals) -> tuple[Reals, Reals]:
        return observed(counted), (labels(counted) ** 2).sum(axis=-1)

    def gwet(counted: Reals) -> tuple[Reals, Reals]:
        return observed(counted), _gwet_chance(labels(counted))

    size = int(shared.sum())
    raw = cluster_mean(agreed[shared], question[shared], confidence)
    assert raw is not None
    return GroupAgreement(
        items=size,
        raters=len(np.unique(rater)),
        raw=raw,
        fleiss=_jackknife(sums, fleiss, raw, confidence),
        alpha=_jackknife(sums, krippendorff, raw, confidence),
        ac1=_jackknife(sums, gwet, raw, confidence),
        base=tuple(labels(sums.sum(axis=0)).tolist()),
    )


def _check_labels(labels: Codes, categories: int) -> None:
    if categories < 2:
        raise ValueError("two categories at least")
    if len(labels) and (labels.min() < 0 or labels.max() >= categories):
        raise ValueError(f"labels lie in 0..{categories - 1}")


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
    sums: Reals, coefficient: Callable[[Reals], tuple[Reals, Reals]], raw: Estimate, confidence: float
) -> Estimate | None:
    """Return a coefficient with a t interval from leaving out each question in turn (Tukey 1958).

    coefficient: from sums to agreement and that expected by chance. Where leaving out changes nothing, as in full
    agreement, the interval is that of the raw agreement beyond chance.
    """
    whole = sums.sum(axis=0)
    agreed, chance = coefficient(whole)
    value = float(_beyond(agreed, chance))
    if math.isnan(value):
        return None
    count = raw.clusters  # questions with something to agree on; others only tell base rates
    if count == 1:
        return Estimate(value, -1.0, 1.0, 0.0, 1, raw.rows)
    without = _beyond(*coefficient(whole - sums))
    without = without[~np.isnan(without)]
    left = len(sums)
    error = math.sqrt((left - 1) / left * float(((without - without.mean()) ** 2).sum())) if len(without) else 0.0
    if error < ALIKE:
        low, high = (float(_beyond(np.asarray(end), chance)) for end in (raw.low, raw.high))
        return Estimate(value, max(-1.0, low), min(1.0, high), 0.0, count, raw.rows)
    reach = t_quantile(0.5 + confidence / 2, count - 1) * error
    return Estimate(value, max(-1.0, value - reach), min(1.0, value + reach), error, count, raw.rows)
