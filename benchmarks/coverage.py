"""Do 95 % intervals hold the truth 95 % of the time? Simulated evaluations in which turns and placements share questions.

    python benchmarks/coverage.py [--replicates 4000] [--json FILE]

Per cell: coverage, its Monte-Carlo 99 % interval, and whether that meets .935-.965; naive intervals, which take rows or
games for independent, stand beside. All seeds are fixed. Truths are integrals, or fits to integrals, never samples, but
for style control (one sample of 400,000 questions).
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from judge.review.disputes import expected_error, ranks
from judge.review.sampling import draw, mixture
from judge.stats.agreement import two_raters
from judge.stats.bias import position_bias
from judge.stats.bradley_terry import rate
from judge.stats.games import Games, NotIdentified, of_shares
from judge.stats.intervals import Estimate, bootstrap_mean, cluster_mean
from judge.stats.length import control
from judge.stats.pooled import pooled
from judge.stats.prediction_powered import Audits, Predicted, calibrated, correct
from judge.stats.sequential import betting, confidence_sequence, group_sequential
from judge.stats.significance import paired
from judge.stats.ties import rate_with_ties

QUESTION, TURN, ORDER, EDGE = (
    1.5,
    0.7,
    0.4,
    0.6,
)  # sd of questions and turns, order bias, half-width of ties (all logits)
LOW, HIGH = 0.935, 0.965
Array = np.ndarray


def logistic(z: Array | float) -> Array:
    return 1 / (1 + np.exp(-np.asarray(z)))


@lru_cache(maxsize=4)
def nodes(count: int = 100) -> tuple[Array, Array]:
    """Return points and weights of a standard normal."""
    at, weight = np.polynomial.hermite_e.hermegauss(count)
    return at, weight / weight.sum()


def chances(centre: float, spread: float, edge: float = EDGE) -> tuple[float, float]:
    """Return P(win) and P(tie) over questions, turns and both placements."""
    at, weight = nodes()
    z = centre + spread * at
    win = sum((weight @ logistic(z + side - edge)) / 2 for side in (ORDER, -ORDER))
    loss = sum((weight @ logistic(-z - side - edge)) / 2 for side in (ORDER, -ORDER))
    return float(win), float(1 - win - loss)


def verdicts(
    rng: np.random.Generator, centre: Array | float, questions: int, turns: int, orders: int
) -> tuple[Array, Array, Array]:
    """Return win and tie of a candidate per row, and the rows' questions; effects of questions and turns are shared."""
    z = centre + QUESTION * rng.normal(size=(questions, 1, 1)) + TURN * rng.normal(size=(questions, turns, 1))
    if orders == 2:
        side = np.array([ORDER, -ORDER])
    else:  # one placement per question, each as often
        side = np.where(rng.permutation(questions) % 2 == 0, ORDER, -ORDER)[:, None, None]
    z = np.broadcast_to(z + side, (questions, turns, orders)) + rng.logistic(size=(questions, turns, orders))
    win, tie = (z > EDGE).astype(float), (np.abs(z) <= EDGE).astype(float)
    return win.ravel(), tie.ravel(), np.repeat(np.arange(questions), turns * orders)


@dataclass
class Tally:
    """Hits of several intervals per replicate."""

    hits: dict[str, list[float]] = field(default_factory=dict)

    def note(self, name: str, interval: tuple[float, float] | Estimate | None, truth: float) -> None:
        if interval is None:
            return
        low, high = (interval.low, interval.high) if isinstance(interval, Estimate) else interval
        self.hits.setdefault(name, []).append(float(low <= truth <= high))

    def rows(self) -> Iterator[tuple[str, float, float, float]]:
        for name, hits in self.hits.items():
            coverage = float(np.mean(hits))
            error = 2.576 * math.sqrt(max(coverage * (1 - coverage), 1e-9) / len(hits))
            yield name, coverage, coverage - error, coverage + error


def naive(values: Array) -> tuple[float, float]:
    """Return the interval of rows taken for independent."""
    half = 1.96 * values.std(ddof=1) / math.sqrt(len(values))
    return values.mean() - half, values.mean() + half


def win_rates(tally: Tally, rng: np.random.Generator, questions: int, turns: int, orders: int) -> None:
    """Rates of one candidate, the paired difference of two, position bias, and agreement of two raters."""
    centre = 0.4
    win, tie, asked = verdicts(rng, centre, questions, turns, orders)
    won, tied = chances(centre, math.hypot(QUESTION, TURN))
    tally.note("OPEN", cluster_mean(win + tie, asked), won + tied)
    tally.note("win rate", cluster_mean(win, asked), won)
    tally.note("win + half ties", cluster_mean(win + tie / 2, asked), won + tied / 2)
    tally.note("win + half ties, cluster bootstrap", bootstrap_mean(win + tie / 2, asked, rounds=1000), won + tied / 2)
    tally.note("naive: rows independent", naive(win + tie / 2), won + tied / 2)
    other_win, other_tie, _ = verdicts(rng, -0.3, questions, turns, orders)
    first, second = win + tie / 2, other_win + other_tie / 2
    other_won, other_tied = chances(-0.3, math.hypot(QUESTION, TURN))
    tally.note("paired difference", paired(first, asked, second, asked), won + tied / 2 - other_won - other_tied / 2)
    if orders == 2:
        points = first.reshape(-1, 2)
        found = position_bias(points[:, 0], points[:, 1], asked[::2])
        tally.note("position bias", None if found is None else found.first_wins, first_wins(centre))


@lru_cache(maxsize=8)
def first_wins(centre: float) -> float:
    at, weight = nodes()
    z = centre + math.hypot(QUESTION, TURN) * at
    points = lambda side: weight @ (logistic(z + side - EDGE) + logistic(z + side + EDGE)) / 2  # noqa: E731
    return float((points(ORDER) + 1 - points(-ORDER)) / 2)


def extreme(tally: Tally, rng: np.random.Generator, questions: int, turns: int, orders: int) -> None:
    """A candidate that nearly always wins: the interval must stay inside [0, 1] and still hold the truth."""
    centre = 4.5
    win, tie, asked = verdicts(rng, centre, questions, turns, orders)
    won, tied = chances(centre, math.hypot(QUESTION, TURN))
    tally.note("win + half ties near 1 (Wilson)", cluster_mean(win + tie / 2, asked), won + tied / 2)
    tally.note("naive near 1: rows independent", naive(win + tie / 2), won + tied / 2)


RATER = 1.0  # sd of what each rater sees differently


@lru_cache(maxsize=1)
def agreement_truth() -> tuple[float, float, float]:
    """Return raw agreement, kappa and AC1 of two raters in the long run."""
    at, weight = nodes(120)
    z = 0.3 + math.hypot(QUESTION, TURN) * at
    inner, inner_weight = nodes(80)
    seen = z[:, None] + RATER * inner[None]
    win, loss = logistic(seen - EDGE) @ inner_weight, logistic(-seen - EDGE) @ inner_weight
    shares = np.stack([loss, 1 - win - loss, win])
    raw = float(((shares**2).sum(axis=0)) @ weight)
    base = shares @ weight
    chance = float((base**2).sum())
    gwet = float((base * (1 - base)).sum() / 2)
    return raw, (raw - chance) / (1 - chance), (raw - gwet) / (1 - gwet)


def agreement(tally: Tally, rng: np.random.Generator, questions: int, turns: int, _orders: int) -> None:
    z = 0.3 + QUESTION * rng.normal(size=(questions, 1)) + TURN * rng.normal(size=(questions, turns))
    labels = []
    for _ in range(2):
        seen = z + RATER * rng.normal(size=z.shape) + rng.logistic(size=z.shape)
        labels.append((1 + np.sign(seen) * (np.abs(seen) > EDGE)).astype(np.int64).ravel())
    found = two_raters(labels[0], labels[1], np.repeat(np.arange(questions), turns), 3)
    assert found is not None
    raw, kappa, ac1 = agreement_truth()
    tally.note("agreement, raw", found.raw, raw)
    tally.note("agreement, Cohen's kappa", found.kappa, kappa)
    tally.note("agreement, Gwet's AC1", found.ac1, ac1)


STRENGTHS = np.array([0.9, 0.4, 0.1, -0.2, -0.4, -0.8])
MODEL = 1.0  # sd of a model's strength from question to question


@lru_cache(maxsize=1)
def rating_truth() -> tuple[Array, Array]:
    """Return strengths of Bradley-Terry, and win, tie, loss of Davidson for the first pair, in the long run."""
    first, second = np.triu_indices(len(STRENGTHS), 1)
    at, weight = nodes()
    z = (STRENGTHS[first] - STRENGTHS[second])[:, None] + math.sqrt(2) * MODEL * at
    win, loss = logistic(z - EDGE) @ weight, logistic(-z - EDGE) @ weight
    games = Games(len(STRENGTHS), 2, np.repeat(np.stack([win, 1 - win - loss, loss])[:, :, None], 2, axis=2) * 1e6)
    rated, with_ties = rate(games, prior=math.inf), rate_with_ties(games, prior=math.inf)
    assert not isinstance(rated, NotIdentified)
    assert not isinstance(with_ties, NotIdentified)
    chance = with_ties.chances(0, 1)
    return rated.strength, np.array([chance.win[0], chance.tie[0], chance.loss[0]])


def ratings(tally: Tally, rng: np.random.Generator, questions: int, turns: int, orders: int) -> None:
    """Ratings of models that share all questions; every pair meets turns x orders times on each."""
    count = len(STRENGTHS)
    first, second = np.triu_indices(count, 1)
    strength = STRENGTHS + MODEL * rng.normal(size=(questions, count))
    z = (strength[:, first] - strength[:, second]).T
    seen = z[:, :, None] + rng.logistic(size=(*z.shape, turns * orders))
    win, loss = (seen > EDGE).sum(axis=2), (seen < -EDGE).sum(axis=2)
    games = Games(count, questions, np.stack([win, turns * orders - win - loss, loss]))
    truth, chance = rating_truth()
    rated = rate(games)
    assert not isinstance(rated, NotIdentified)
    for at in range(count):
        tally.note("Bradley-Terry strengths", (rated.low[at], rated.high[at]), float(truth[at]))
    gap, error = rated.strength[0] - rated.strength[1], rated.difference_error[0, 1]
    reach = (rated.high[0] - rated.low[0]) / 2 / rated.standard_error[0]
    tally.note("Bradley-Terry difference", (gap - reach * error, gap + reach * error), float(truth[0] - truth[1]))
    with_ties = rate_with_ties(games)
    assert not isinstance(with_ties, NotIdentified)
    found = with_ties.chances(0, 1)
    for name, interval, true in zip(("win", "tie", "loss"), (found.win, found.tie, found.loss), chance, strict=True):
        tally.note(f"Davidson P({name})", interval[1:], float(true))
    # Naive: every game its own question.
    single = of_shares(
        np.tile(first, questions),
        np.tile(second, questions),
        np.arange(len(first) * questions),
        *(games.counts[plane].T.ravel().astype(float) for plane in range(3)),
    )
    apart = rate(single)
    assert not isinstance(apart, NotIdentified)
    for at in range(count):
        tally.note("naive: games independent", (apart.low[at], apart.high[at]), float(truth[at]))


def styled(rng: np.random.Generator, questions: int, turns: int) -> tuple[Array, Array, Array]:
    """Return points, length terms and questions of one candidate against another, the longer one liked better."""
    excess = np.tanh(0.5 + rng.normal(size=(questions, turns)))
    z = 0.3 + 0.8 * excess + 0.8 * rng.normal(size=(questions, 1)) + rng.logistic(size=excess.shape)
    points = np.where(np.abs(z) <= EDGE, 0.5, (z > 0).astype(float))
    return points.ravel(), excess.reshape(-1, 1), np.repeat(np.arange(questions), turns)


@lru_cache(maxsize=1)
def style_truth() -> float:
    points, terms, asked = styled(np.random.default_rng(99), 400_000, 1)
    zeros = np.zeros(len(points), np.int64)
    found = control(zeros, zeros + 1, asked, points, terms, 2).controlled[0]
    assert found is not None
    return found.value


def style(tally: Tally, rng: np.random.Generator, questions: int, turns: int, _orders: int) -> None:
    points, terms, asked = styled(rng, questions, turns)
    zeros = np.zeros(len(points), np.int64)
    tally.note("at equal length", control(zeros, zeros + 1, asked, points, terms, 2).controlled[0], style_truth())


JUDGE_BIAS, JUDGE_NOISE = 0.5, 1.2  # what the judge adds to what people see (logits)


@lru_cache(maxsize=2)
def people_truth(centre: float) -> float:
    """Return people's win plus half ties in the long run."""
    at, weight = nodes()
    z = centre + math.sqrt(QUESTION**2 + TURN**2) * at
    return float(weight @ (logistic(z - EDGE) + logistic(z + EDGE)) / 2)


def audits(tally: Tally, rng: np.random.Generator, questions: int, turns: int, _orders: int) -> None:
    """People judge a drawn part of what a biased judge judged: corrected means of this bank, and of questions like these."""
    centre, items = 0.4, questions * turns
    count = min(40, items // 2)
    z = np.broadcast_to(centre + QUESTION * rng.normal(size=(questions, 1)), (questions, turns))
    z = (z + TURN * rng.normal(size=(questions, turns))).ravel()

    def points(seen: Array) -> Array:
        return np.where(np.abs(seen) <= EDGE, 0.5, (seen > 0).astype(float))

    people = points(z + rng.logistic(size=items))
    judged = z + JUDGE_BIAS + JUDGE_NOISE * rng.normal(size=items) + rng.logistic(size=items)
    said, asked = points(judged), np.repeat(np.arange(questions), turns)
    offline = z + 2 * rng.normal(size=items)  # another, weaker opinion
    doubt = expected_error(ranks(-np.abs(judged)), said == 0.5, np.zeros(items, bool))
    even = rng.choice(items, count, replace=False)
    plain = Audits(even, people[even], np.full(count, count / items), np.zeros(count, np.int64))
    drawn = draw(mixture(doubt), np.zeros(items, np.int64), count, rng)
    steered = Audits(drawn.at, people[drawn.at], drawn.probability, np.zeros(len(drawn.at), np.int64))
    features = np.column_stack([said - 0.5, offline])
    for target, truth in (("bank", float(people.mean())), ("like", people_truth(centre))):
        found = correct(said, Predicted.as_said(said, plain), plain, asked, target=target)
        learned = calibrated(features, plain, asked)
        active = correct(said, Predicted.as_said(said, steered), steered, asked, target=target)
        assert found is not None
        assert learned is not None
        assert active is not None
        better = correct(said, learned, plain, asked, target=target)
        assert better is not None
        tally.note(f"people's drawn verdicts alone, {target}", found.people, truth)
        tally.note(f"corrected, {target}", found.corrected, truth)
        tally.note(f"corrected, calibrated, {target}", better.corrected, truth)
        tally.note(f"corrected, drawn by doubt, {target}", active.corrected, truth)
    mixed = said.copy()
    worst = np.argsort(-doubt)[:count]
    mixed[worst] = people[worst]
    tally.note("naive: the most doubtful overwritten, all averaged", naive(mixed), people_truth(centre))
    tally.note("naive: the judge alone", naive(said), people_truth(centre))


LEANING = np.array([0.5, 0.0, 0.0, -0.3, 0.0, 0.4])  # how much the judge likes each model beyond people, in logits


def board_points(rng: np.random.Generator, questions: int) -> tuple[Array, Array]:
    """Return people's and a leaning judge's points of the first of every pair, questions x pairs."""
    first, second = np.triu_indices(len(STRENGTHS), 1)
    strength = STRENGTHS + MODEL * rng.normal(size=(questions, len(STRENGTHS)))
    z = strength[:, first] - strength[:, second]
    seen = z + rng.logistic(size=z.shape), z + LEANING[first] - LEANING[second] + rng.logistic(size=z.shape)
    people, judge = (np.where(np.abs(one) <= EDGE, 0.5, (one > 0).astype(float)) for one in seen)
    return people, judge


def of_models(points: Array) -> Array:
    """Return every model's mean points against all others, from those of the first of every pair."""
    first, second = np.triu_indices(len(STRENGTHS), 1)
    count = len(STRENGTHS)
    return (np.bincount(first, points, count) + np.bincount(second, 1 - points, count)) / (count - 1)


@lru_cache(maxsize=1)
def board_truth() -> Array:
    """Return people's points of every model in the long run."""
    first, second = np.triu_indices(len(STRENGTHS), 1)
    at, weight = nodes()
    z = (STRENGTHS[first] - STRENGTHS[second])[:, None] + math.sqrt(2) * MODEL * at
    return of_models((logistic(z - EDGE) + logistic(z + EDGE)) @ weight / 2)


def board(tally: Tally, rng: np.random.Generator, questions: int, _turns: int, _orders: int) -> None:
    """People judge 120 drawn comparisons of a board of six models: the judge's errors pooled over pairs."""
    people, said = board_points(rng, questions)
    first, second = (np.tile(one, questions) for one in np.triu_indices(len(STRENGTHS), 1))
    asked = np.repeat(np.arange(questions), people.shape[1])
    at = rng.choice(people.size, 120, replace=False)
    drawn = Audits(at, people.ravel()[at], np.full(120, 120 / people.size), np.zeros(120, np.int64))
    guess = Predicted.as_said(said.ravel(), drawn)
    for target, truth in (("bank", of_models(people.mean(axis=0))), ("like", board_truth())):
        found = pooled(first, second, said.ravel(), guess, drawn, asked, len(STRENGTHS), target=target)
        assert found is not None
        for model in range(len(STRENGTHS)):
            tally.note(f"corrected board, {target}", found.corrected[model], float(truth[model]))
            tally.note(f"board of people's verdicts alone, {target}", found.people[model], float(truth[model]))
            tally.note(
                "naive: the judge's board", found.judge[model] if target == "like" else None, float(truth[model])
            )


def stopping(tally: Tally, rng: np.random.Generator, questions: int, _turns: int, _orders: int) -> None:
    """Judging that stops when it is decided: intervals at that time, and decisions where there is nothing to decide."""
    centre = 0.4
    win, tie, _ = verdicts(rng, centre, questions, 1, 1)
    values = win + tie / 2
    won, tied = chances(centre, math.hypot(QUESTION, TURN))
    for target, total, truth in (("bank", questions, float(values.mean())), ("like", None, won + tied / 2)):
        used = betting(values, total).stop() or questions
        tally.note(f"anytime: interval when it stopped, {target}", confidence_sequence(values[:used], total), truth)
    null = np.where(rng.random(questions) < 0.5, values, 1 - values)
    half = len(null) // 2
    level = rng.permutation(np.concatenate([values[:half], 1 - values[:half]]))
    tally.hits.setdefault("anytime: nothing to decide, like", []).append(float(betting(null).stop() is None))
    tally.hits.setdefault("anytime: nothing to decide, bank", []).append(
        float(betting(level, len(level)).stop() is None)
    )
    tally.hits.setdefault("looks fixed beforehand: nothing to decide", []).append(
        float(group_sequential(null, questions) is None)
    )
    count = np.arange(1, questions + 1)
    mean = np.cumsum(null) / count
    spread = np.sqrt(np.maximum(np.cumsum(null**2) / count - mean**2, 1e-12))
    peeked = (np.abs(mean - 0.5) / (spread / np.sqrt(count)))[9:] > 1.96
    tally.hits.setdefault("naive: peeking after every question", []).append(float(not peeked.any()))


SCENES: dict[str, Callable[[Tally, np.random.Generator, int, int, int], None]] = {
    "rates": win_rates,
    "extreme": extreme,
    "agreement": agreement,
    "ratings": ratings,
    "style": style,
    "audits": audits,
    "stopping": stopping,
    "board": board,
}
LEAST = 0.95  # what holds at any time at once holds at least so often, with no upper line
LAYOUTS = [
    (questions, turns, orders) for questions in (40, 100, 480) for turns, orders in ((1, 1), (1, 2), (3, 1), (3, 2))
]


def cell(scene: str, questions: int, turns: int, orders: int, replicates: int) -> Tally:
    """Run one cell; its seed hangs on what it is alone."""
    tally = Tally()
    seed = [list(SCENES).index(scene), questions, turns, orders]
    for replicate in range(replicates):
        SCENES[scene](tally, np.random.default_rng([*seed, replicate]), questions, turns, orders)
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=4000)
    parser.add_argument("--scenes", default=",".join(SCENES))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows, missed = [], 0
    started = time.perf_counter()
    for scene in options.scenes.split(","):
        for questions, turns, orders in LAYOUTS:
            if scene in ("agreement", "style", "audits") and orders == 2:
                continue  # these have no placements
            if scene in ("stopping", "board") and (turns, orders) != (1, 1):
                continue  # one value per question
            if scene == "ratings" and (turns, orders) in ((1, 2), (3, 1)):
                continue  # the number of games per question is what counts: 1 and 6
            for name, coverage, low, high in cell(scene, questions, turns, orders, options.replicates).rows():
                fits = high >= LEAST if name.startswith("anytime") else low <= HIGH and high >= LOW
                mark = "" if name.startswith("naive") else "ok" if fits else "OFF"
                missed += mark == "OFF"
                rows.append(
                    {
                        "interval": name,
                        "questions": questions,
                        "turns": turns,
                        "orders": orders,
                        "coverage": round(coverage, 4),
                        "low": round(low, 4),
                        "high": round(high, 4),
                        "fits": mark,
                    }
                )
                print(
                    f"{questions:4d} x {turns} x {orders}  {name:36s} {coverage:.3f} [{low:.3f}, {high:.3f}] {mark}",
                    flush=True,
                )
    print(f"{len(rows)} cells, {missed} off, {options.replicates} replicates, {time.perf_counter() - started:.0f} s")
    line = json.dumps({"bench": "coverage", "replicates": options.replicates, "missed": missed, "rows": rows})
    if options.json:
        options.json.write_text(line + "\n", encoding="utf-8")
    else:
        print(line)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
