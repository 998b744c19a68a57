"""How good each rater is, from their labels alone, and the labels that follow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Reals: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64]
SMOOTHING = 0.01  # labels added to every cell of a confusion matrix: nobody is certain from a handful


@dataclass(frozen=True, slots=True)
class Consensus:
    """What raters together say, and what each is worth.

    posterior: items × categories. confusion: raters × true category × label given. accuracy: chance that each rater gives
    the true label. weight: the log odds of that, against guessing among all labels, by which a vote counts (after Nitzan and Paroush
    1982, whose labels are two); never below 0.
    """

    posterior: Reals
    prior: Reals
    confusion: Reals
    accuracy: Reals
    weight: Reals
    rounds: int


def dawid_skene(
    item: Codes, rater: Codes, label: Codes, categories: int, *, most: int = 1000, tolerance: float = 1e-10
) -> Consensus:
    """Estimate true labels and raters' confusion by expectation maximisation (Dawid and Skene 1979), from the majority.

    item, rater: codes from 0; label: in 0..categories-1; one row per label given. Raises ValueError without rows.
    """
    if not len(item):
        raise ValueError("no labels")
    items, raters = int(item.max()) + 1, int(rater.max()) + 1
    posterior = np.zeros((items, categories))
    np.add.at(posterior, (item, label), 1.0)
    posterior /= np.maximum(posterior.sum(axis=1, keepdims=True), 1)
    before = -math.inf
    for rounds in range(1, most + 1):  # noqa: B007
        prior = posterior.mean(axis=0) + 1e-12
        prior /= prior.sum()
        confusion = np.full((raters, categories, categories), SMOOTHING)
        for true in range(categories):
            np.add.at(confusion[:, true], (rater, label), posterior[item, true])
        confusion /= confusion.sum(axis=2, keepdims=True)
        logs = np.tile(np.log(prior), (items, 1))
        np.add.at(logs, item, np.log(confusion[rater, :, label]))
        peak = logs.max(axis=1, keepdims=True)
        odds = np.exp(logs - peak)
        likelihood = float((peak[:, 0] + np.log(odds.sum(axis=1))).sum())
        posterior = odds / odds.sum(axis=1, keepdims=True)
        if likelihood - before < tolerance * abs(likelihood):
            break
        before = likelihood
    accuracy = np.einsum("t,rtt->r", prior, confusion)
    sure = np.clip(accuracy, 1e-6, 1 - 1e-6)
    weight = np.maximum(np.log(sure * (categories - 1) / (1 - sure)), 0.0)
    return Consensus(posterior, prior, confusion, accuracy, weight, rounds)
