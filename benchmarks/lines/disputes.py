"""Lines 1a-1c: what share of a judge's errors stands at the head of the queue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from judge.importers.detection import load
from judge.records import Side, Verdict
from judge.review.disputes import Signals, capture, doubt, learned
from judge.stats.bradley_terry import rate
from judge.stats.games import NotIdentified
from judge.stats.intervals import cluster_mean
from judge.style import style
from lines.found import Found, between
from lines.recorded import Array, Stars, counted, stars


def against(of: Stars, *, reference: bool = True) -> tuple[Signals, Array, Array, Array]:
    """Return what speaks against the judge on pairs that it and people decided; who is wrong; question and pair of each."""
    judge, people = of.verdicts(of.judge), of.verdicts(of.people)
    question, pair = np.nonzero((judge != 0.5) & (people != 0.5))
    side = np.where(judge[question, pair] > 0.5, 1.0, -1.0)
    first, second = of.pairs
    share = of.judge / of.full[:, None]
    gap = share[:, first] - share[:, second]
    rated = rate(counted(of, of.judge, np.arange(len(of.judge))))
    assert not isinstance(rated, NotIdentified)
    stronger = rated.strength[first] - rated.strength[second]
    nothing = np.full(len(question), np.nan)
    signals = Signals(
        order=nothing,
        margin=-side * gap[question, pair],
        offline=-side * of.offline()[question, pair] if reference else nothing,  # without one it abstains
        strength=-side * stronger[pair],
        panel=nothing,
        ploy=nothing,
    )
    return signals, judge[question, pair] != people[question, pair], question, pair


def recorded(data: Path) -> Iterator[Found]:
    """1a, 1b, 1c on llmeval2: reversals, where the judge decides and people decide otherwise."""
    of = stars(data)
    plain = np.zeros(0)
    for reference, low in ((True, 0.51), (False, 0.47)):
        signals, wrong, question, pair = against(of, reference=reference)
        nobody = np.zeros(len(wrong), bool)
        plain = doubt(signals, nobody, nobody)
        found = capture(plain, wrong)
        assert found is not None
        name = "fixed formula" if reference else "fixed formula, without reference"
        if reference:
            name += f" ({len(wrong):,} pairs, {100 * wrong.mean():.1f} % wrong)"
        yield between("1a", f"errors in the top 20 %, {name}", found.found[1], low=low)
        if reference:
            yield between("1c", "lift at 10 %, fixed formula", found.lift, low=2.9)
    signals, wrong, question, pair = against(of)
    rows = _eleven(of, signals, question, pair)
    held = np.zeros(len(wrong))
    for group in range(len(of.groups)):
        mine = of.group[question] == group
        # What is learned from on other disciplines saw neither those nor this one.
        side = np.where(of.verdicts(of.judge)[question, pair] > 0.5, 1.0, -1.0)
        inner = rows.copy()
        inner[:, 1] = -side * of.offline_for(group)[question, pair]
        inner[:, 7] = np.abs(inner[:, 1])
        both = np.where(mine[:, None], rows, inner)
        fitted = learned(both, np.flatnonzero(~mine), wrong[~mine], question, folds=2)
        held[mine] = fitted.everywhere[mine]
    found = capture(held, wrong)
    assert found is not None
    yield between("1b", "errors in the top 20 %, learned on other disciplines", found.found[1], low=0.50)


def _eleven(of: Stars, signals: Signals, question: Array, pair: Array) -> Array:
    """Return eleven signals that need no people."""
    first, second = of.pairs
    side = np.where(of.verdicts(of.judge)[question, pair] > 0.5, 1.0, -1.0)
    share = of.judge / of.full[:, None]
    chars = np.log1p(of.chars)
    recall = of.features[:, :, 0]

    def of_pair(values: Array) -> tuple[Array, Array]:
        return values[question, first[pair]], values[question, second[pair]]

    (one, other), (long, short), (said, unsaid) = of_pair(share), of_pair(chars), of_pair(recall)
    winner = np.where(side > 0, said, unsaid)
    return np.column_stack(
        [
            signals.margin,
            signals.offline,
            signals.strength,
            one + other,
            np.where(side > 0, long - short, short - long),
            np.abs(long - short),
            winner,
            np.abs(signals.offline),
            of.kind[question] == 1,
            np.abs(signals.strength),
            share.std(axis=1)[question],
        ]
    ).astype(float)


def second_opinions(data: Path) -> Iterator[Found]:
    """1b, 1c on pandalm: each judge doubted by the other one's dissent, length and ties; 10 folds × 5."""
    found = load("pandalm").read(data / "pandalm")
    labels: dict[str, dict[str, list[int]]] = {}
    length: dict[str, float] = {}
    for one in (*found.judgments, *found.human_verdicts):
        by = getattr(one, "judge", None)
        name = by.name.rpartition("/")[2] if by else "people"
        value = {Side.FIRST: 1, Side.TIE: 0, Side.SECOND: -1}[one.result.side] if isinstance(one.result, Verdict) else 0
        labels.setdefault(one.case.target, {}).setdefault(name, []).append(value)
        texts = [dialogue.answers[0].text for dialogue in one.case.dialogues]
        length[one.case.target] = float(np.log1p(style(texts[0]).chars) - np.log1p(style(texts[1]).chars))
    people = np.array(
        [
            np.sign(sum(row["people"]))
            if abs(sum(row["people"])) > 1 or 0 not in row["people"]
            else _majority(row["people"])
            for row in labels.values()
        ]
    )
    longer = np.array([length[target] for target in labels])
    said = {
        name: np.array([row[name][0] for row in labels.values()])
        for name in sorted({name for row in labels.values() for name in row} - {"people"})
    }
    for name, mine in said.items():
        other = next(values for another, values in said.items() if another != name)
        wrong = mine != people
        rows = np.column_stack(
            [other != mine, other * mine < 0, other == 0, longer * mine, np.abs(longer), mine == 0]
        ).astype(float)
        each = []
        for turn in range(5):
            shuffled = np.random.default_rng([11, turn]).permutation(len(wrong))
            held = learned(rows, np.arange(len(wrong)), wrong, shuffled).audited
            seen = capture(held, wrong)
            assert seen is not None
            each.append([*seen.found, seen.lift])
        ten, twenty, thirty, lift = np.mean(each, axis=0)
        title = f"{name} ({wrong.sum()} of {len(wrong)} wrong; top 10 % {ten:.3f}, 30 % {thirty:.3f})"
        yield between("1b", f"errors in the top 20 %, learned, {title}", twenty, low=0.42)
        if "gpt" in name:
            yield between("1c", "lift at 10 %, learned, pandalm", lift, low=2.3)


def _majority(votes: list[int]) -> int:
    return max((-1, 0, 1), key=votes.count)


def unfit(data: Path) -> Iterator[Found]:
    """1b on judgebench: a judge that is wrong more often than right, which no queue can mend."""
    found = load("judgebench").read(data / "judgebench")
    truth = {}
    for one in found.human_verdicts:
        assert isinstance(one.result, Verdict)
        truth[one.case.target] = one.case.dialogues[0 if one.result.side is Side.FIRST else 1].key
    games: dict[str, list[float]] = {}
    for one in found.judgments:
        right = truth[one.case.target]
        if isinstance(one.result, Verdict) and one.result.side is not Side.TIE:
            won = one.case.dialogues[0 if one.result.side is Side.FIRST else 1].key
            games.setdefault(one.case.target, []).append(1.0 if won == right else -1.0)
        else:
            games.setdefault(one.case.target, []).append(0.0)
    score = np.array([sum(games[target]) for target in truth])
    conflict = np.array([float(len(set(games[target])) > 1) for target in truth])
    wrong = score <= 0
    seen = capture(conflict, wrong)
    assert seen is not None
    accuracy = cluster_mean((~wrong).astype(float), np.arange(len(wrong)))
    assert accuracy is not None
    yield between("1b", f"accuracy of Haiku ({wrong.sum()} of {len(wrong)} wrong), both placements", accuracy.value)
    yield between("1b", "errors in the top 20 % by order conflict, Haiku", seen.found[1])
    yield between("1b", "called unfit (1: yes)", float(not seen.helps and accuracy.high < 0.5), low=1.0)
