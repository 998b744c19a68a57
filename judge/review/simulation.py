"""What audits would have given on data where people judged everything: recorded verdicts play the reviewers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from judge.columns import Codes, Reals
from judge.errors import InputError
from judge.report.build import abilities_of
from judge.review.disputes import Capture, expected_error
from judge.review.queue import Queue
from judge.review.sampling import draw, mixture
from judge.stats.intervals import Estimate
from judge.stats.prediction_powered import Audits, Predicted, calibrated, correct, ridged

SIZES = (20, 40, 80, 160)
PAIRS, DRAWS = 40, 50


@dataclass(frozen=True, slots=True)
class Way:
    """One way to use people: how often its 95 % interval held the truth (%), its mean half-width in points, and people's
    verdicts it saves against people alone at equal width (%)."""

    name: str
    coverage: float
    half_width: float
    saved: float


@dataclass(frozen=True, slots=True)
class Simulated:
    """What audits of so many items per pair give; `overwriting`: coverage (%) of what nobody should do."""

    audits: int
    ways: tuple[Way, ...]
    overwriting: float


@dataclass(frozen=True, slots=True)
class Simulation:
    """Everything at once; rho: correlation of judge and people per item within a pair, mean over pairs."""

    pairs: int
    draws: int
    items: int
    capture: Capture | None
    rho: float
    rho_calibrated: float
    sizes: tuple[Simulated, ...]


def simulate(
    queue: Queue,
    *,
    sizes: tuple[int, ...] = SIZES,
    pairs: int = PAIRS,
    draws: int = DRAWS,
    seed: int = 0,
    step: Callable[[], None] = lambda: None,
) -> Simulation:
    """Draw audits again and again from verdicts that are all known, and hold what they give against the truth.

    The truth of a pair is people's mean over all its items (this bank). Raises InputError where people judged too little.
    """
    rows, audits = queue.rows, queue.people.audits
    whole = np.full(len(rows), np.nan)
    whole[audits.at] = audits.value
    code = np.stack([rows.first, rows.second], axis=1)
    names, place = np.unique(code, axis=0, return_inverse=True)
    known = [np.flatnonzero((place.ravel() == at) & ~np.isnan(whole)) for at in range(len(names))]
    usable = [one for one in known if len(one) >= 2 * min(sizes)]
    if not usable:
        fix = f"换一份人逐条判过的数据：每一对候选至少 {2 * min(sizes)} 条"
        raise InputError("人判过的不够，没法拿来演一遍", fix=fix)
    source = np.random.default_rng([seed, 0])
    chosen = [usable[at] for at in source.choice(len(usable), min(pairs, len(usable)), replace=False)]
    error = expected_error(queue.doubts, rows.label == 0, queue.unjudged)
    strata = abilities_of(queue.heard.material, rows.question)
    expected = _elsewhere(queue, audits, strata)
    found = []
    for size in sizes:
        there = [one for one in chosen if len(one) >= 2 * size]
        if there:
            found.append(_of_size(queue, whole, there, expected, error, strata, size, draws, seed, step))
    rho = [_rho(queue.said[one], whole[one]) for one in chosen]
    better = [_rho(expected[one], whole[one]) for one in chosen]
    return Simulation(
        len(chosen),
        draws,
        int(np.mean([len(one) for one in chosen])),
        queue.capture,
        float(np.nanmean(rho)),
        float(np.nanmean(better)),
        tuple(found),
    )


def _elsewhere(queue: Queue, audits: Audits, strata: Codes) -> Reals:
    """Predict people's verdicts by a calibration that learned on other abilities; with one ability, cross-fitted."""
    _, features = queue.features
    people = audits.value - 0.5
    spread = np.sqrt((features**2).mean(axis=0))
    units = features / np.where(spread > 0, spread, 1.0)
    found = np.full(len(features), 0.5)
    groups = np.unique(strata[audits.at])
    if len(groups) < 2:
        guess = calibrated(features, audits, queue.rows.question)
        return found if guess is None else guess.everywhere
    for one in groups:
        learned = strata[audits.at] != one
        slopes = ridged(units[audits.at][learned], people[learned])
        mine = strata == one
        found[mine] = np.clip(0.5 + units[mine] @ slopes, 0, 1)
    return found


def _of_size(
    queue: Queue,
    whole: Reals,
    chosen: list[Codes],
    expected: Reals,
    error: Reals,
    strata: Codes,
    size: int,
    draws: int,
    seed: int,
    step: Callable[[], None],
) -> Simulated:
    hits: dict[str, list[bool]] = {}
    widths: dict[str, list[float]] = {}
    overwritten = []

    def note(name: str, figure: Estimate, truth: float) -> None:
        hits.setdefault(name, []).append(figure.low <= truth <= figure.high)
        widths.setdefault(name, []).append((figure.high - figure.low) / 2)

    for number, mine in enumerate(chosen):
        step()
        said, people, questions = queue.said[mine], whole[mine], queue.rows.question[mine]
        truth = float(people.mean())
        worst = np.argsort(-queue.doubts[mine], kind="stable")[:size]
        mixed = said.copy()
        mixed[worst] = people[worst]
        overwritten.append(abs(mixed.mean() - truth) <= 1.96 * mixed.std(ddof=1) / np.sqrt(len(mine)))
        for turn in range(draws):
            rng = np.random.default_rng([seed, size, number, turn])
            at = np.sort(rng.choice(len(mine), size, replace=False))
            even = Audits(at, people[at], np.full(size, size / len(mine)), np.zeros(size, np.int64))
            plain = correct(said, Predicted.as_said(said, even), even, questions, target="bank")
            better = correct(said, Predicted.as_said(expected[mine], even), even, questions, target="bank")
            drawn = draw(mixture(error[mine]), strata[mine], size, rng)
            steered = Audits(drawn.at, people[drawn.at], drawn.probability, np.zeros(len(drawn.at), np.int64))
            active = correct(said, Predicted.as_said(expected[mine], steered), steered, questions, target="bank")
            assert plain is not None
            assert better is not None
            assert active is not None
            note("people", plain.people, truth)
            note("verdict", plain.corrected, truth)
            note("calibrated", better.corrected, truth)
            note("active", active.corrected, truth)
    alone = float(np.mean(widths["people"]))
    ways = tuple(
        Way(
            name,
            100 * float(np.mean(hits[name])),
            100 * float(np.mean(widths[name])),
            100 * (1 - (float(np.mean(widths[name])) / alone) ** 2),
        )
        for name in hits
    )
    return Simulated(size, ways, 100 * float(np.mean(overwritten)))


def _rho(one: Reals, other: Reals) -> float:
    return float(np.corrcoef(one, other)[0, 1]) if np.ptp(one) and np.ptp(other) else float("nan")
