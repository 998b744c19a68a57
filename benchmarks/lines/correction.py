"""Lines 2a-2e: people's verdicts on a drawn part, recorded stars standing for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from judge.review.sampling import draw
from judge.stats.intervals import Estimate, t_quantile
from judge.stats.pooled import pooled
from judge.stats.prediction_powered import (
    Audits,
    Predicted,
    calibrated,
    correct,
    ridged,
    shared_tuning,
)
from lines.found import Found, between
from lines.recorded import Array, Stars, stars

PAIRS, DRAWS, SIZES = 60, 150, (20, 40, 80, 160)
UNIFORM = 0.3


def signals(of: Stars, offline: Array, questions: Array) -> Array:
    """Return what a calibration looks at, questions × pairs × signals; each changes sign with the sides."""
    first, second = of.pairs
    share = of.judge[questions] / of.full[questions][:, None]
    verdict = of.verdicts(of.judge[questions]) - 0.5
    margin = share[:, first] - share[:, second]
    opened = of.kind[questions][:, None] == 1
    logit = offline[questions]
    return np.stack([verdict, margin, logit, np.where(opened, verdict, 0.0), np.where(opened, logit, 0.0)], axis=2)


def calibrated_elsewhere(of: Stars) -> tuple[Array, Array]:
    """Return, per question and pair, what people are expected to say and how far they are expected to be from it.

    Learned on the other disciplines; the offline logits learned from saw neither those nor the predicted one.
    """
    people = of.verdicts(of.people)
    expected, spread = np.zeros_like(people), np.zeros_like(people)
    for held in range(len(of.groups)):
        learned, mine = np.flatnonzero(of.group != held), np.flatnonzero(of.group == held)
        rows = signals(of, of.offline_for(held), learned).reshape(-1, 5)
        scale = rows.std(axis=0)
        slopes = ridged(rows / scale, (people[learned] - 0.5).ravel())
        shown = signals(of, of.offline(), mine)
        expected[mine] = np.clip(0.5 + (shown / scale) @ slopes, 0, 1)
        # The size of the error, from the size of what was predicted and from a tie of the judge.
        guess = np.clip((rows / scale) @ slopes, -0.5, 0.5)
        error = ((people[learned] - 0.5).ravel() - guess) ** 2
        about = _about(guess, rows)
        slope = np.linalg.lstsq(about, error, rcond=None)[0]
        spread[mine] = np.sqrt(
            np.maximum(_about(expected[mine].ravel() - 0.5, shown.reshape(-1, 5)) @ slope, 0.01)
        ).reshape(len(mine), -1)
    return expected, spread


def _about(guess: Array, rows: Array) -> Array:
    """Return what the size of an error hangs on: what was predicted, and the sizes of the signals."""
    return np.column_stack([np.ones(len(guess)), np.abs(guess), guess**2, rows[:, 0] == 0, np.abs(rows)])


def per_pair(data: Path) -> Iterator[Found]:
    """2a, 2b: coverage and labels saved of one pair's points, 60 pairs × 150 draws."""
    of = stars(data)
    people, judge = of.verdicts(of.people), of.verdicts(of.judge)
    expected, spread = calibrated_elsewhere(of)
    number, count = judge.shape
    chosen = np.random.default_rng(2).choice(count, min(PAIRS, count), replace=False)
    ways: dict[str, Callable[[int, Audits], Predicted]] = {
        "raw": lambda pair, audits: Predicted.as_said(judge[:, pair], audits),
        "calibrated": lambda pair, audits: Predicted.as_said(expected[:, pair], audits),
        "calibrated on these audits alone": lambda pair, audits: (
            calibrated(looked[:, pair], audits, questions) or Predicted.as_said(judge[:, pair], audits)
        ),
    }
    looked = signals(of, of.offline(), np.arange(number))
    questions = np.arange(number)
    for size in SIZES:
        if size > number / 2:
            continue
        hits, widths = defaultdict[str, list[bool]](list), defaultdict[str, list[float]](list)
        for pair in chosen:
            truth = float(people[:, pair].mean())
            for turn in range(DRAWS):
                rng = np.random.default_rng([2, size, pair, turn])
                at = rng.choice(number, size, replace=False)
                even = _audits(at, people[at, pair], np.full(size, size / number))
                seen: dict[str, Estimate | Interval] = {}
                for name, way in ways.items():
                    found = correct(judge[:, pair], way(pair, even), even, questions, target="bank")
                    assert found is not None
                    seen[name] = found.corrected
                    if name == "raw":
                        seen["people alone"] = found.people
                        error = even.value - judge[at, pair]
                        seen["tuning 1"] = _fixed(judge[:, pair].mean() + error.mean(), error, number)
                for name, doubt in (("active, calibrated", spread[:, pair]), ("active, raw", spread[:, pair])):
                    weights = UNIFORM / number + (1 - UNIFORM) * doubt / doubt.sum()
                    drawn = draw(weights, of.group, size, rng)
                    audits = _audits(drawn.at, people[drawn.at, pair], drawn.probability)
                    way = ways["calibrated" if "calibrated" in name else "raw"]
                    found = correct(judge[:, pair], way(pair, audits), audits, questions, target="bank")
                    assert found is not None
                    seen[name] = found.corrected
                for name, figure in seen.items():
                    hits[name].append(figure.low <= truth <= figure.high)
                    widths[name].append(figure.high - figure.low)
        alone = float(np.mean(widths["people alone"]))
        for name, held in hits.items():
            yield between("2a", f"coverage per pair, {size} audits, {name}", float(np.mean(held)), 0.935, 0.965)
        bars = {
            "raw": (1.18, np.inf),
            "calibrated": (1.25, np.inf),
            "active, calibrated": (1.28, np.inf),
            "active, raw": (-np.inf, np.inf),
            "calibrated on these audits alone": (0.98, np.inf),
            "tuning 1": (-np.inf, 1.0),
        }
        for name, (low, high) in bars.items():
            saved = (alone / float(np.mean(widths[name]))) ** 2
            yield between("2b", f"labels against people alone, {size} audits, {name}", saved, low, high)
    rho = {
        "verdict": judge,
        "margin": signals(of, of.offline(), questions)[:, :, 1],
        "offline judge": of.offline(),
        "calibrated": expected,
    }
    for name, said in rho.items():
        each = [np.corrcoef(said[:, pair], people[:, pair])[0, 1] for pair in range(count) if np.ptp(said[:, pair]) > 0]
        yield between("2b", f"rho per item, mean of pairs, {name}", float(np.nanmean(each)))


def _audits(at: Array, value: Array, probability: Array) -> Audits:
    return Audits(np.asarray(at, np.int64), value, probability, np.zeros(len(at), np.int64))


@dataclass(frozen=True)
class Interval:
    """The ends of an interval that is only shown."""

    low: float
    high: float


def _fixed(value: float, error: Array, number: int) -> Interval:
    """Return a t interval with the finite population's factor."""
    count = len(error)
    half = t_quantile(0.975, count - 1) * np.sqrt(error.var(ddof=1) / count * (1 - count / number))
    return Interval(value - half, value + half)


def scores(data: Path) -> Iterator[Found]:
    """2c: mean scores of models where people score all answers of drawn questions, 300 draws."""
    of = stars(data)
    people, judge = (one / of.full[:, None] for one in (of.people, of.judge))
    number = len(people)
    questions = np.arange(number)
    for size in (20, 40, 80):
        hits, wins, misses = [], [], []
        for turn in range(300):
            at = np.random.default_rng([22, size, turn]).choice(number, size, replace=False)
            group = np.tile(np.arange(of.models), size)
            tuning = shared_tuning(judge[at].ravel(), people[at].ravel(), group, of.models, np.ones(len(group)))
            for model in range(of.models):
                audits = _audits(at, people[at, model], np.full(size, size / number))
                said = judge[:, model]
                as_said = Predicted.as_said(said, audits)
                found = correct(said, as_said, audits, questions, target="bank", tuning=float(tuning[model]))
                assert found is not None
                truth = people[:, model].mean()
                hits.append(found.corrected.low <= truth <= found.corrected.high)
                wins.append([(one.high - one.low) ** 2 for one in (found.corrected, found.people)])
                misses.append([(one.value - truth) ** 2 for one in (found.corrected, found.people)])
        mine, alone = np.mean(wins, axis=0)
        error, other = np.mean(misses, axis=0)
        name = f"share of score audits saved, {size} questions (squared errors say {1 - error / other:.3f})"
        yield between("2c", name, 1 - mine / alone, low=0.40)
        yield between("2c", f"coverage, {size} questions", float(np.mean(hits)), 0.935, 0.965)


def board(data: Path) -> Iterator[Found]:
    """2d: audits pooled over a board, the judge's error being the model's, 60 draws."""
    of = stars(data)
    people, judge = of.verdicts(of.people), of.verdicts(of.judge)
    expected, _ = calibrated_elsewhere(of)
    number, count = judge.shape
    first, second = (np.tile(one, number) for one in of.pairs)
    questions = np.repeat(np.arange(number), count)
    truth = people.mean(axis=0)
    gap = judge.mean(axis=0) - truth
    design = np.zeros((count, of.models))
    design[np.arange(count), of.pairs[0]], design[np.arange(count), of.pairs[1]] = 1.0, -1.0
    rest = gap - design @ np.linalg.lstsq(design, gap, rcond=None)[0]
    explained = 1 - float(rest @ rest) / float(gap @ gap)
    yield between("2d", "share of pairs' bias that models explain", explained, low=0.88)
    alone = []
    for pair in range(count):
        for turn in range(10):
            at = np.random.default_rng([23, pair, turn]).choice(number, 20, replace=False)
            audits = _audits(at, people[at, pair], np.full(20, 20 / number))
            said = judge[:, pair]
            found = correct(said, Predicted.as_said(said, audits), audits, np.arange(number), target="bank")
            assert found is not None
            alone.append(found.people.high - found.people.low)
    flat = {"raw": judge.ravel(), "calibrated": expected.ravel()}
    for size in (2, 5, 20, 40):
        hits: dict[str, list[float]] = {}
        widths: dict[str, list[float]] = {}
        for turn in range(60):
            rng = np.random.default_rng([24, size, turn])
            asked = rng.random((count, number)).argsort(axis=1)[:, :size]
            at = (asked * count + np.arange(count)[:, None]).ravel()
            audits = _audits(at, people.ravel()[at], np.full(len(at), size / number))
            for name in flat if size == 20 else ("calibrated",):
                said = flat[name]
                found = pooled(
                    first,
                    second,
                    judge.ravel(),
                    Predicted.as_said(said, audits),
                    audits,
                    questions,
                    of.models,
                    target="bank",
                )
                assert found is not None
                value, error = found.rates[of.pairs], found.errors[of.pairs]
                reach = 1.96 * error
                hits.setdefault(name, []).append(float((np.abs(value - truth) <= reach).mean()))
                widths.setdefault(name, []).append(float((2 * reach).mean()))
        for name, seen in hits.items():
            low = 0.935 if size == 20 else 0.93
            yield between("2d", f"coverage of pairs, {size} audits per pair, {name}", float(np.mean(seen)), low=low)
        if size == 20:
            for name, seen in widths.items():
                ratio = (float(np.mean(alone)) / float(np.mean(seen))) ** 2
                yield between("2d", f"labels against people alone per pair, 20 per pair, {name}", ratio, low=8.0)


def overwriting(data: Path) -> Iterator[Found]:
    """2e: what nobody should do: people overwrite the most disputed items, and all is averaged."""
    of = stars(data)
    people, judge = of.verdicts(of.people), of.verdicts(of.judge)
    expected, spread = calibrated_elsewhere(of)
    number, count = judge.shape
    chosen = np.random.default_rng(2).choice(count, min(PAIRS, count), replace=False)
    for size in (0, *(one for one in SIZES if one <= number / 2)):
        hits = []
        for pair in chosen:
            doubt = np.abs(expected[:, pair] - judge[:, pair]) + spread[:, pair]
            worst = np.argsort(-doubt, kind="stable")[:size]
            mixed = judge[:, pair].copy()
            mixed[worst] = people[worst, pair]
            reach = 1.96 * mixed.std(ddof=1) / np.sqrt(number)
            hits.append(abs(mixed.mean() - people[:, pair].mean()) <= reach)
        name = f"overwriting the {size} most disputed" if size else "the judge alone, interval of its own spread"
        yield between("2e", f"coverage of {name}", float(np.mean(hits)), high=0.80)
