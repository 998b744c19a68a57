"""Lines 3a-3d: how much of a bank is judged before the order of two models is decided, and of twenty."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from judge.importers.detection import load
from judge.pairing import balanced
from judge.records import Scores, Verdict
from judge.stats.active import REFIT, WARM_UP, urgency
from judge.stats.bradley_terry import rate
from judge.stats.games import NotIdentified, of_shares
from judge.stats.sequential import betting, group_sequential
from lines.found import Found, between
from lines.recorded import Array, Stars, stars

NULLS = 4000
SLACK = 2.33 * math.sqrt(0.05 * 0.95 / NULLS)  # of a share of .05 among so many


@dataclass(frozen=True)
class Series:
    """Values of pairs, items × pairs, and the group of every item."""

    name: str
    values: Array
    groups: Array
    orders: int

    def order(self, turn: int) -> Array:
        return np.array(balanced(self.groups.tolist(), turn))


@lru_cache(maxsize=1)
def all_series(data: Path) -> tuple[Series, ...]:
    found = []
    if (data / "llmeval2").is_dir():
        of = stars(data)
        found.append(Series("llmeval2", of.verdicts(of.judge), of.group, 12))
    if (data / "alpaca_eval").is_dir():
        preferences = _preferences(data / "alpaca_eval")
        first, second = np.triu_indices(preferences.shape[1], 1)
        gap = preferences[:, first] - preferences[:, second]
        alike = np.zeros(len(gap), int)
        found.append(Series("alpaca_eval", 0.5 + gap / 2, alike, 40))
        found.append(Series("alpaca_eval, sign", 0.5 + np.sign(np.round(gap, 2)) / 2, alike, 40))  # equal to .01: a tie
    if (data / "wildbench").is_dir():
        scores = _scores(data / "wildbench")
        found.append(
            Series("wildbench", 0.5 + np.sign(scores[:, :1] - scores[:, 1:2]) / 2, np.zeros(len(scores), int), 150)
        )
    return tuple(found)


def _preferences(path: Path) -> Array:
    """Return preferences for every model against the baseline, of the questions that all have one, questions × models."""
    rows: dict[str, dict[str, float]] = {}
    for one in load("alpaca_eval").read(path).judgments:
        if isinstance(one.result, Verdict) and one.result.probabilities:
            model = one.case.dialogues[1].candidate.key
            rows.setdefault(one.case.question.key, {})[model] = (
                one.result.probabilities[2] + one.result.probabilities[1] / 2
            )
    return _complete(rows)


def _scores(path: Path) -> Array:
    rows: dict[str, dict[str, float]] = {}
    judge = None
    for one in load("wildbench").read(path).judgments:
        judge = judge or one.judge.key
        if one.judge.key == judge and one.repeat == 0 and isinstance(one.result, Scores) and one.result.overall:
            rows.setdefault(one.case.question.key, {})[one.case.dialogues[0].candidate.key] = one.result.overall.value
    return _complete(rows)


def _complete(rows: dict[str, dict[str, float]]) -> Array:
    models = sorted({model for row in rows.values() for model in row})
    return np.array([[row[model] for model in models] for row in rows.values() if len(row) == len(models)])


@dataclass
class Tally:
    """What became of the runs: share of the bank, decided, wrong."""

    share: list[float]
    decided: list[bool]
    wrong: list[bool]
    gap: list[float]
    used: list[int]


def stopped(series: Series, way: Callable[[Array], tuple[int, float] | None]) -> Tally:
    """Run a way of stopping over all pairs and orders; `way` returns (values used, lean) or None."""
    found = Tally([], [], [], [], [])
    size, pairs = series.values.shape
    for turn in range(series.orders):
        order = series.order(turn)
        for pair in range(pairs):
            values = series.values[:, pair][order]
            truth = float(values.mean() - 0.5)
            end = way(values)
            used, lean = (size, 0.0) if end is None else end
            found.share.append(used / size)
            found.decided.append(end is not None)
            found.wrong.append(end is not None and lean * truth < 0)
            found.gap.append(abs(truth))
            found.used.append(used)
    return found


def _betting(bank: bool) -> Callable[[Array], tuple[int, float] | None]:
    def way(values: Array) -> tuple[int, float] | None:
        evidence = betting(values, len(values) if bank else None)
        used = evidence.stop()
        return None if used is None else (used, float(evidence.above[used - 1] - evidence.below[used - 1]))

    return way


BARS = {
    "llmeval2": (0.42, 0.51, 0.15),
    "alpaca_eval": (0.38, 0.46, None),
    "alpaca_eval, sign": (0.28, 0.31, 0.07),
    "wildbench": (0.03, 0.03, None),
}


def pairs(data: Path) -> Iterator[Found]:
    """3a, 3b, 3c: share of the bank judged, decided, wrong; for this bank and for questions like these."""
    for series in all_series(data):
        bank, like, near = BARS[series.name]
        found = stopped(series, _betting(bank=True))
        yield between(
            "3a", f"share of the bank judged, this bank, {series.name}", float(np.mean(found.share)), high=bank
        )
        if series.name == "llmeval2":
            yield between("3a", "pairs decided, llmeval2", float(np.mean(found.decided)), low=0.87)
        yield between("3a", f"decided wrongly, {series.name}", float(np.mean(found.wrong)), high=0.005)
        if series.name == "llmeval2":
            other = stopped(series, lambda values: group_sequential(values, len(values)))
            yield between("3a", "share of the bank judged, O'Brien-Fleming, 10 looks", float(np.mean(other.share)))
            yield between("3a", "pairs decided, O'Brien-Fleming", float(np.mean(other.decided)))
            yield between("3a", "decided wrongly, O'Brien-Fleming", float(np.mean(other.wrong)), high=0.005)
        again = stopped(series, _betting(bank=False))
        yield between(
            "3b", f"share judged, questions like these, {series.name}", float(np.mean(again.share)), high=like
        )
        yield between("3b", f"decided wrongly, {series.name}", float(np.mean(again.wrong)), high=0.005)
        wide = np.array(found.gap) >= 0.10
        if near is not None and wide.any():
            yield between(
                "3c",
                f"share judged where the gap is >= .10, {series.name}",
                float(np.mean(np.array(found.share)[wide])),
                high=near,
            )
            if series.name == "llmeval2":
                yield between(
                    "3c",
                    "questions judged where the gap is >= .10",
                    float(np.mean(np.array(found.used)[wide])),
                    high=48,
                )


def nulls(data: Path) -> Iterator[Found]:
    """3b: how often a decision is reached where there is none to reach, 4,000 seeded replicates each."""
    for series in all_series(data):
        if series.name == "wildbench":
            continue
        fell, peeked = [], []
        size, count = series.values.shape
        for turn in range(NULLS):
            rng = np.random.default_rng([33, turn])
            values = series.values[rng.permutation(size), turn % count]
            values = np.where(rng.random(size) < 0.5, values, 1 - values)
            fell.append(betting(values).stop() is not None)
            if turn < 1000:
                peeked.append(peeking(values))
        yield between("3b", f"type I, questions like these, {series.name}", float(np.mean(fell)), high=0.05 + SLACK)
        yield between("3b", f"type I of peeking at p < .05, {series.name}", float(np.mean(peeked)), low=0.25)
    for series in all_series(data)[:1]:
        fell, grouped = [], []
        size, count = series.values.shape
        for turn in range(NULLS):
            rng = np.random.default_rng([34, turn])
            values = even(series.values[:, turn % count], rng)
            fell.append(betting(values, size).stop() is not None)
            flipped = np.where(rng.random(size) < 0.5, values, 1 - values)
            grouped.append(group_sequential(flipped, size) is not None)
        yield between("3b", f"type I, this bank, {series.name} made even", float(np.mean(fell)), high=0.05 + SLACK)
        yield between(
            "3b", f"type I, O'Brien-Fleming, 10 looks, {series.name}", float(np.mean(grouped)), high=0.05 + 2 * SLACK
        )


def even(values: Array, rng: np.random.Generator) -> Array:
    """Return a bank with the same decided questions of which exactly half went either way, in random order."""
    size = np.abs(values - 0.5)
    decided = np.flatnonzero(size > 0)
    decided = rng.permutation(decided)[: len(decided) // 2 * 2]
    made = np.full(len(values), 0.5)
    half = len(decided) // 2
    made[decided[:half]] = 0.5 + size[decided[:half]]
    made[decided[half:]] = 0.5 - size[decided[:half]]
    return rng.permutation(made)


def peeking(values: Array) -> bool:
    """Tell whether someone who tests after every question from the tenth on would have stopped."""
    count = np.arange(1, len(values) + 1)
    mean = np.cumsum(values) / count
    spread = np.sqrt(np.maximum(np.cumsum(values**2) / count - mean**2, 0) * count / np.maximum(count - 1, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.abs(mean - 0.5) / (spread / np.sqrt(count))
    return bool((z[9:] > 1.96).any())


# ── twenty models ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Bank:
    """Points of the first of every pair, questions × pairs, and which pairs the whole bank tells apart, with the order."""

    points: Array
    models: int
    clear: Array
    order: Array

    @classmethod
    def of(cls, found: Stars) -> Bank:
        points = found.verdicts(found.judge)
        gap = points.mean(axis=0) - 0.5
        error = points.std(axis=0, ddof=1) / np.sqrt(len(points))
        return cls(points, found.models, np.abs(gap) > 1.96 * error, np.sign(gap))

    def right(self, asked: Array) -> float:
        """Return the share of clear pairs that strengths fitted to the asked cells (questions × pairs) put in order."""
        found = self.fitted(asked)
        if isinstance(found, NotIdentified):
            return 0.5
        return self.ordered(found.strength)

    def ordered(self, strength: Array) -> float:
        first, second = np.triu_indices(self.models, 1)
        gap = strength[first] - strength[second]
        said = np.where(gap == 0, 0.5, np.sign(gap) == self.order)
        return float(said[self.clear].mean())

    def fitted(self, asked: Array):
        question, pair = np.nonzero(asked)
        first, second = np.triu_indices(self.models, 1)
        points = self.points[question, pair]
        win, tie = (points == 1).astype(float), (points == 0.5).astype(float)
        return rate(
            of_shares(first[pair], second[pair], question, win, tie, 1 - win - tie, self.models, len(self.points))
        )


def board(data: Path) -> Iterator[Found]:
    """3d: calls until 95 and 99 % of the pairs that the whole bank tells apart stand in order, 20 models, means of runs."""
    of = stars(data)
    bank = Bank.of(of)
    size, count = bank.points.shape
    near = [round(count * one) for one in (1, 2, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 11, 12, 14)]
    far = [count * one for one in (5, 10, 15, 20, 25, 30, 40, 50, 60, 70, 80, 100) if one < size]
    for name, way, steps, runs, bars in (
        ("warm-up, then active", _active, near, 120, (800, 2100)),
        ("balanced random, other questions for every pair", _balanced, near, 60, None),
        ("the same questions for all pairs", _same, far, 40, None),
    ):
        curves = np.array([way(bank, np.random.default_rng([35, turn]), steps) for turn in range(runs)]).mean(axis=0)
        needed = [_crosses(steps, curves, level) for level in (0.95, 0.99)]
        for level, calls, bar in zip((95, 99), needed, bars or (math.inf, math.inf), strict=True):
            yield between("3d", f"calls to {level} % of {bank.clear.sum()} clear pairs, {name}", calls * 1.0, high=bar)
        if way is _active:
            active = needed
        if way is _same:
            yield between(
                "3d", "the same questions for all cost, against active, at 95 %", needed[0] / active[0], low=5.0
            )
    curves, calls = [], [of.models * one for one in (10, 15, 20, 25, 29, 33, 40, 50, 60, 73, 85, 100, 130)]
    for turn in range(400):
        order = np.random.default_rng([36, turn]).permutation(size)
        curves.append([bank.ordered(_mean_points(bank, order[: one // of.models])) for one in calls])
    for level, bar in ((0.95, 660), (0.99, 1700)):
        name = f"calls to {level:.0%} of clear pairs, scores with implied pairs"
        yield between("3d", name, _crosses(calls, np.mean(curves, axis=0), level), high=bar)


def _mean_points(bank: Bank, questions: Array) -> Array:
    first, second = np.triu_indices(bank.models, 1)
    mean = bank.points[questions].mean(axis=0)
    return np.bincount(first, mean, bank.models) + np.bincount(second, 1 - mean, bank.models)


def _crosses(steps: list[int], curve: Array, level: float) -> float:
    """Return at how many calls a curve reaches a level, between steps by a straight line; nan where it does not."""
    for at in range(len(steps)):
        if curve[at] >= level:
            if at == 0:
                return float(steps[0])
            share = (level - curve[at - 1]) / (curve[at] - curve[at - 1])
            return steps[at - 1] + share * (steps[at] - steps[at - 1])
    return math.inf


def _queues(bank: Bank, rng: np.random.Generator) -> Array:
    """Return for every pair its own order of questions, questions × pairs."""
    return rng.random(bank.points.shape).argsort(axis=0)


def _balanced(bank: Bank, rng: np.random.Generator, steps: list[int]) -> list[float]:
    queues = _queues(bank, rng)
    count = bank.points.shape[1]
    asked, found, done = np.zeros(bank.points.shape, bool), [], 0
    order = np.concatenate([rng.permutation(count) for _ in range(max(steps) // count + 1)])
    taken = np.zeros(count, int)
    for step in steps:
        for pair in order[done:step]:
            asked[queues[taken[pair], pair], pair] = True
            taken[pair] += 1
        done = step
        found.append(bank.right(asked))
    return found


def _same(bank: Bank, rng: np.random.Generator, steps: list[int]) -> list[float]:
    order = rng.permutation(len(bank.points))
    count = bank.points.shape[1]
    asked, found = np.zeros(bank.points.shape, bool), []
    for step in steps:
        asked[order[: max(1, step // count)]] = True
        found.append(bank.right(asked))
    return found


def _active(bank: Bank, rng: np.random.Generator, steps: list[int]) -> list[float]:
    queues = _queues(bank, rng)
    size, count = bank.points.shape
    asked, taken = np.zeros((size, count), bool), np.zeros(count, int)
    found, done = [], 0
    marks = sorted({*steps, *range(0, max(steps) + 1, REFIT)})
    order = np.concatenate([rng.permutation(count) for _ in range(WARM_UP)])
    for mark in marks:
        while done < mark:
            if done < len(order):
                part = order[done : min(mark, len(order))]
            else:
                ratings = bank.fitted(asked)
                assert not isinstance(ratings, NotIdentified)
                part = rng.choice(count, mark - done, p=urgency(ratings))
            for pair in part:
                if taken[pair] < size:
                    asked[queues[taken[pair], pair], pair] = True
                    taken[pair] += 1
            done += len(part)
        if mark in steps:
            found.append(bank.right(asked))
    return found
