"""Lines 4b, 4c, 5c, 6: ratings, ties, length control, position."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from judge.importers.detection import load
from judge.records import Side, Verdict
from judge.reply import read_verdict
from judge.stats.bias import position_bias
from judge.stats.bradley_terry import half_wins, rate
from judge.stats.games import Games, NotIdentified
from judge.stats.length import control, style_differences
from judge.stats.ties import davidson, rate_with_ties
from lines.found import Found, between
from lines.recorded import Array, counted, stars, tau


def line_4b(data: Path) -> Iterator[Found]:
    """Bradley-Terry coverage where all pairs share questions: recorded stars as the population, 200 draws."""
    of = stars(data)
    everything = np.arange(len(of.judge))
    truth = rate(counted(of, of.judge, everything), prior=math.inf)
    assert not isinstance(truth, NotIdentified)
    for size in (40, 100, 240):
        hits, naive_hits = [], []
        for draw in range(200):
            rng = np.random.default_rng([4, size, draw])
            games = counted(of, of.judge, rng.integers(0, len(everything), size))
            found = rate(games)
            assert not isinstance(found, NotIdentified)
            hits.append(((found.low <= truth.strength) & (truth.strength <= found.high)).mean())
            reach = 1.96 * rows_error(games, found.strength)
            naive_hits.append((np.abs(found.strength - truth.strength) <= reach).mean())
        yield between("4b", f"BT coverage, {size} questions, cluster sandwich", float(np.mean(hits)), 0.935, 0.965)
        yield between("4b", f"BT coverage, {size} questions, rows independent", float(np.mean(naive_hits)), high=0.55)


def rows_error(games: Games, strength: Array) -> Array:
    """Return standard errors that take every game for independent: what a bootstrap of rows gives."""
    first, second = games.pairs
    expected = 1 / (1 + np.exp(strength[second] - strength[first]))
    win, tie, loss = games.totals
    spread = win * (1 - expected) ** 2 + tie * (0.5 - expected) ** 2 + loss * expected**2
    curve = games.totals.sum(axis=0) * expected * (1 - expected)
    sides = []
    for weight in (curve, spread):
        matrix = np.zeros((games.models, games.models))
        matrix[first, second] = matrix[second, first] = -weight
        matrix[np.diag_indices(games.models)] = -matrix.sum(axis=1)
        sides.append(matrix)
    bread = np.linalg.pinv(sides[0])
    return np.sqrt(np.diag(bread @ sides[1] @ bread))


def line_4c(data: Path) -> Iterator[Found]:
    """Davidson against Bradley-Terry with a constant share of ties: three-way log-loss on held-out pairs, 5 folds."""
    of = stars(data)
    for name, totals, bar in (("judge", of.judge, -0.015), ("people", of.people, -0.012)):
        games = counted(of, totals, np.arange(len(totals)))
        fold = np.random.default_rng(0).permutation(len(games.pairs[0])) % 5
        gains, weights = [], []
        for held in range(5):
            learned = Games(of.models, games.questions, games.counts * (fold != held)[None, :, None])
            with_ties, plain = rate_with_ties(learned, davidson), rate(learned, half_wins)
            assert not isinstance(with_ties, NotIdentified)
            assert not isinstance(plain, NotIdentified)
            out = fold == held
            first, second = games.pairs[0][out], games.pairs[1][out]
            said = with_ties.model(
                with_ties.ratings.strength[first] - with_ties.ratings.strength[second], with_ties.ratings.tie or -30.0
            ).probability
            assert said is not None
            rate_of_ties = learned.totals[1].sum() / learned.totals.sum()
            expected = 1 / (1 + np.exp(plain.strength[second] - plain.strength[first]))
            constant = np.stack([expected, np.full(len(first), 1.0), 1 - expected])
            constant *= np.array([1 - rate_of_ties, rate_of_ties, 1 - rate_of_ties])[:, None]
            seen = games.totals[:, out]
            gains.append(-(seen * (np.log(said) - np.log(constant))).sum())
            weights.append(seen.sum())
        yield between(
            "4c", f"log-loss of Davidson less that of constant ties, {name}", sum(gains) / sum(weights), high=bar
        )


def line_5c(data: Path) -> Iterator[Found]:
    """Length control by people's taste, from 200 audited pairs per kind of question: tau with people's ranking, 60 draws."""
    of = stars(data)

    def rows(chosen: Array) -> tuple[Array, Array, Array, Array, Array, Array]:
        first, second, question, points = of.games(of.judge, chosen)
        his = of.games(of.people, chosen)[3]
        asked = chosen[question]
        terms = style_differences(of.chars[asked, first][:, None], of.chars[asked, second][:, None])
        return first, second, question, points, his, terms

    def values(estimates: tuple[object, ...]) -> Array:
        return np.array([getattr(one, "value", np.nan) for one in estimates])

    for name, kinds, bar in (("objective", [0], 0.82), ("open", [1], 0.75), ("all", [0, 1], 0.76)):
        chosen = np.flatnonzero(np.isin(of.kind, kinds))
        first, second, question, points, his, terms = rows(chosen)
        group = of.kind[chosen][question] if len(kinds) > 1 else np.zeros(len(first), np.int64)
        own = values(control(first, second, question, his, terms, of.models, groups=group).raw)
        plain = control(first, second, question, points, terms, of.models, groups=group)
        raw = tau(values(plain.raw), own)
        calibrated = []
        for draw in range(60):
            rng = np.random.default_rng([5, draw])
            tastes = []
            for kind in sorted(set(group.tolist())):
                audited = rng.choice(np.flatnonzero(group == kind), 200, replace=False)
                columns = (first, second, question, his, terms)
                tastes.append(control(*(one[audited] for one in columns), of.models).coefficients[0])
            people = np.array(tastes), np.zeros((len(tastes), len(tastes)))
            found = control(first, second, question, points, terms, of.models, groups=group, people=people)
            assert found.calibrated is not None
            calibrated.append(tau(values(found.calibrated), own))
        yield between(
            "5c",
            f"tau with people, calibrated, {name} (raw {raw:.3f}, equal length {tau(values(plain.controlled), own):.3f})",
            float(np.mean(calibrated)),
            low=bar,
        )
        if name == "open":
            yield between("5c", "the same, less the raw tau, open", float(np.mean(calibrated)) - raw, low=0.0)


def line_6(data: Path) -> Iterator[Found]:
    """Position: what one balanced placement on twice the questions saves against both placements."""
    for folder, name, wanted in (("judgebench", "Haiku", 1.28), ("mtbench_judgments", "GPT-4", 1.43)):
        if not (data / folder).is_dir():
            continue
        points = placements(data / folder)
        if points is None:
            continue
        found = position_bias(points[:, 0], points[:, 1], np.arange(len(points)))
        assert found is not None
        assert found.swap_cost is not None
        yield between(
            "6",
            f"variance of both placements per call, {name}, {len(points)} items",
            found.swap_cost,
            wanted - 0.02,
            wanted + 0.02,
        )
        yield between("6", f"never below one balanced placement, {name}", found.swap_cost, low=1.0)
        print(f"    {name}: first wins {100 * found.first_wins.value - 50:+.1f} points, same {found.same.value:.3f}")


def placements(folder: Path) -> Array | None:
    """Return points of one candidate shown first and shown second, per item judged in both placements."""
    from judge.importers.detection import find

    forward: dict[tuple[str, str], float] = {}
    backward: dict[tuple[str, str], float] = {}
    for one in find(folder):
        if one.format is None:
            continue
        for judgment in load(one.format).read(one.path).judgments:
            if (
                not isinstance(judgment.result, Verdict)
                or len(judgment.case.dialogues) != 2
                or not judgment.case.placement_known
            ):
                continue
            shown = [dialogue.key for dialogue in judgment.case.dialogues]
            item = judgment.case.target, judgment.judge.key
            won = {Side.FIRST: 1.0, Side.TIE: 0.5, Side.SECOND: 0.0}[judgment.result.side]
            if shown == sorted(shown):
                forward[item] = won
            else:
                backward[item] = 1 - won
    both = sorted(set(forward) & set(backward))
    return np.array([[forward[item], backward[item]] for item in both]) if both else None


def selective(data: Path) -> Iterator[Found]:
    """Swap again all but the strong verdicts: calls per item and accuracy, over both first placements, on judgebench."""
    found = load("judgebench").read(data / "judgebench")
    truth = {}
    for one in found.human_verdicts:
        assert isinstance(one.result, Verdict)
        truth[one.case.target] = one.case.dialogues[0 if one.result.side is Side.FIRST else 1].key
    games: dict[str, list[tuple[float, bool]]] = {}
    for one in found.judgments:
        if not isinstance(one.result, Verdict):
            games.setdefault(one.case.target, []).append((0.5, False))
            continue
        right = 0.5
        if one.result.side is not Side.TIE:
            won = one.case.dialogues[0 if one.result.side is Side.FIRST else 1].key
            right = float(won == truth[one.case.target])
        said = read_verdict(one.reply or "", levels=5)  # the recorded decision has no strength, its words have
        strong = isinstance(said, Verdict) and said.strength == 2
        games.setdefault(one.case.target, []).append((right, strong))
    both = [row[:2] for row in games.values() if len(row) >= 2]
    single = np.mean([row[at][0] for row in both for at in (0, 1)])
    full = np.mean([_settled(row[0][0], row[1][0]) for row in both])
    chosen = [
        (row[at][0], 1) if row[at][1] else (_settled(row[at][0], row[1 - at][0]), 2) for row in both for at in (0, 1)
    ]
    accuracy, calls = np.mean(chosen, axis=0)
    print(f"    one placement {single:.3f} at 1 call, both {full:.3f} at 2")
    yield between("6", "calls per item, all but strong verdicts swapped, Haiku", float(calls), high=1.95)
    yield between("6", "accuracy of that, less one placement's", float(accuracy - single), low=0.0)


def _settled(one: float, other: float) -> float:
    """Return what two placements say together: one win and a tie is a win, two opposite winners are none."""
    return float((np.sign(one + other - 1) + 1) / 2)
