"""Lines 7: the offline judge held against people, beside the recorded judge, and what it can save."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from judge.stats.intervals import cluster_mean
from lines.found import Found, between
from lines.recorded import Array, stars, tau

UNSURE = 0.3  # |p - .5| up to which a cascade asks the judge


def baseline(data: Path) -> Iterator[Found]:
    """7: agreement with people on decided pairs, disciplines left out, and models too; tie-break; cascade."""
    of = stars(data)
    people, judge, logit = of.verdicts(of.people), of.verdicts(of.judge), of.offline()
    question, pair = np.nonzero(people != 0.5)

    def agreed(said: Array) -> Array:
        mine = said[question, pair]
        return np.where(mine == 0.5, 0.5, (mine > 0.5) == (people[question, pair] > 0.5))

    def share(said: Array) -> float:
        found = cluster_mean(agreed(said).astype(float), question)
        assert found is not None
        return found.value

    alone = (np.sign(logit) + 1) / 2
    yield between("7", f"agreement of the offline judge, {len(question):,} pairs", share(alone), low=0.69)
    yield between("7", "agreement of the recorded judge", share(judge))
    unseen = []
    for turn in range(4):
        models = np.random.default_rng([7, turn]).permutation(of.models)
        half = models[: of.models // 2]
        first, second = of.pairs
        held = ~np.isin(first, half) & ~np.isin(second, half)
        right = []
        for group in range(len(of.groups)):
            weights = of.weights(np.setdiff1d(np.arange(len(of.groups)), [group]), half)
            mine = np.flatnonzero(of.group == group)
            gap = of.logits(weights, mine)
            truth = people[mine]
            rows = (truth != 0.5) & held[None]
            right.append(np.where(gap == 0, 0.5, (gap > 0) == (truth > 0.5))[rows])
        unseen.append(float(np.concatenate(right).mean()))
    spread = f"({min(unseen):.3f}-{max(unseen):.3f})"
    yield between(
        "7", f"agreement, half of the models unseen too, 4 splits {spread}", float(np.mean(unseen)), low=0.685
    )
    yield between(
        "7",
        "agreement of the recorded judge, ties broken offline",
        share(np.where(judge == 0.5, alone, judge)),
        low=0.775,
    )
    chance = of.sure()
    sure = np.abs(chance - 0.5) > 0.2
    said = np.where(sure, alone, np.where(judge == 0.5, alone, judge))
    yield between("7", "calls saved by a cascade, |p - .5| > .2", float(sure[question, pair].mean()), low=0.38)
    yield between("7", "agreement of that cascade", share(said), low=0.76)
    ranking = _points(people, of.models)
    yield between("7", "tau of the recorded judge's board with people", tau(_points(judge, of.models), ranking))
    for limit in (0.2, UNSURE, 0.4):
        sure = np.abs(chance - 0.5) > limit
        board = np.where(sure, alone, judge)
        name = f"tau of a cascade's board, |p - .5| > {limit:g} ({100 * sure.mean():.0f} % of calls saved)"
        yield between("7", name, tau(_points(board, of.models), ranking))


def _points(verdicts: Array, models: int) -> Array:
    first, second = np.triu_indices(models, 1)
    mean = verdicts.mean(axis=0)
    return np.bincount(first, mean, models) + np.bincount(second, 1 - mean, models)
