"""How far the offline judge agrees with people, each group of questions judged by coefficients that never saw it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from judge.judges.baseline import Coefficients, shipped
from judge.judges.features import NAMES, features
from judge.records import Dialogue, HumanVerdict, Scores, Side, Verdict
from judge.stats.intervals import Estimate, cluster_mean
from judge.stats.logistic import fit_pairs, fit_power

Reals = NDArray[np.float64]
Codes = NDArray[np.int64]
MODEL_FOLDS = 5
ENOUGH = 1000  # pairs of other groups, below which no refit is made
BINS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True)
class Preferences:
    """Pairs of answers to questions with a reference of which people preferred one.

    first, second: rows of `features` (n answers × features). won: 1 where the first was preferred, else 0. question, group:
    codes per pair; model: code per answer.
    """

    features: Reals
    first: Codes
    second: Codes
    won: Reals
    question: Codes
    group: Codes
    groups: tuple[str, ...]
    model: Codes
    without_reference: int  # preferences on questions without a reference, which are not here
    several_turns: int  # preferences on dialogues of several turns, which are not here either

    @cached_property
    def differences(self) -> Reals:
        """Features of the first less those of the second, per pair."""
        return np.asarray(self.features[self.first] - self.features[self.second], np.float64)


@dataclass(frozen=True, slots=True)
class Group:
    """Agreement on the pairs of one group, in percent; the interval is clustered by question."""

    name: str
    pairs: int
    agreement: Estimate | None


@dataclass(frozen=True, slots=True)
class Bin:
    """Pairs of which the judge was about so sure: how sure it said it was, and how often people agreed (both in percent)."""

    low: float
    high: float
    pairs: int
    said: float
    agreed: float


@dataclass(frozen=True, slots=True)
class Validation:
    """What the offline judge is worth on some data. `refitted`: its coefficients were fitted anew without what they judge."""

    pairs: int
    without_reference: int
    several_turns: int
    refitted: bool
    overall: Estimate | None
    groups: tuple[Group, ...]
    models_left_out: Estimate | None
    calibration: tuple[Bin, ...]


def preferences(humans: Iterable[HumanVerdict]) -> Preferences:
    """Gather the pairs that people decided, from verdicts on pairs and from scores of single answers to one question."""
    rows: dict[str, int] = {}
    numbers: list[tuple[float, ...]] = []
    models: list[int] = []
    names: dict[str, int] = {}
    pairs: list[tuple[int, int, float, int, int]] = []
    questions: dict[str, int] = {}
    groups: dict[str, int] = {}
    scored: dict[tuple[str, str], list[tuple[Dialogue, float]]] = {}  # by question and reviewer: scales differ
    judged = list(humans)
    overruled = {human.supersedes for human in judged}
    said: set[frozenset[str]] = set()  # pairs on which people said which is better, beside scoring each
    without = several = 0

    def row(dialogue: Dialogue) -> int:
        if dialogue.key not in rows:
            turn, answer = dialogue.question.turns[0], dialogue.answers[0]
            rows[dialogue.key] = len(numbers)
            numbers.append(features(turn.prompt, turn.reference or "", answer.text))
            models.append(names.setdefault(dialogue.candidate.key, len(names)))
        return rows[dialogue.key]

    def add(one: Dialogue, other: Dialogue, won: bool) -> None:
        question = questions.setdefault(one.question.key, len(questions))
        group = groups.setdefault(one.question.ability, len(groups))
        pairs.append((row(one), row(other), float(won), question, group))

    for human in judged:
        question, dialogues = human.case.question, human.case.dialogues
        if human.key in overruled:
            continue
        single = len(question.turns) == 1 and all(len(one.answers) == 1 for one in dialogues)
        if isinstance(human.result, Verdict) and human.result.side is not Side.TIE:
            said.add(frozenset(one.key for one in dialogues))
            if not single:
                several += 1
            elif question.turns[0].reference:
                add(dialogues[0], dialogues[1], human.result.side is Side.FIRST)
            else:
                without += 1
        elif isinstance(human.result, Scores) and human.result.overall is not None:
            scored.setdefault((question.key, human.reviewer), []).append((dialogues[0], human.result.overall.value))
    for given in scored.values():
        decided = [
            (one, other, mine > his)
            for at, (one, mine) in enumerate(given)
            for other, his in given[at + 1 :]
            if mine != his and one.key != other.key and frozenset((one.key, other.key)) not in said
        ]
        asked_of = given[0][0].question
        if len(asked_of.turns) != 1 or any(len(one.answers) != 1 for one, _ in given):
            several += len(decided)
            continue
        if not asked_of.turns[0].reference:
            without += len(decided)
            continue
        for one, other, won in decided:
            add(one, other, won)
    columns = np.array(pairs, np.float64).reshape(-1, 5)
    first, second, asked, group = (columns[:, at].astype(np.int64) for at in (0, 1, 3, 4))
    return Preferences(
        np.array(numbers, np.float64).reshape(-1, len(NAMES)),
        first,
        second,
        columns[:, 2],
        asked,
        group,
        tuple(groups),
        np.array(models, np.int64),
        without,
        several,
    )


def fitted(data: Preferences, pairs: NDArray[np.bool_]) -> Coefficients:
    """Fit weights on some of the pairs, and the calibration on the same, each group of them left out in turn."""
    weights = _weights(data, pairs)
    held = np.zeros(len(data.won))
    for group in np.unique(data.group[pairs]):
        inside = pairs & (data.group == group)
        others = pairs & (data.group != group)
        held[inside] = data.differences[inside] @ (_weights(data, others) if others.any() else weights)
    scale, power = fit_power(held[pairs], data.won[pairs])
    return Coefficients(tuple(weights.tolist()), tuple(_answers(data, pairs).mean(0).tolist()), scale, power, None)


def left_out(data: Preferences, trained_on: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """Return, for every group the offline judge was trained on, weights fitted without it; none where too little is left."""
    found = {}
    for at, name in enumerate(data.groups):
        others = data.group != at
        if name in trained_on and others.sum() >= ENOUGH:
            found[name] = tuple(_weights(data, others).tolist())
    return found


def _answers(data: Preferences, pairs: NDArray[np.bool_]) -> Reals:
    """Return the features of every answer that stands in some of the pairs."""
    return np.asarray(data.features[np.unique(np.concatenate([data.first[pairs], data.second[pairs]]))], np.float64)


def _weights(data: Preferences, pairs: NDArray[np.bool_]) -> Reals:
    """Fit on features in standard deviations, so that the ridge weighs on all alike; return weights per unit."""
    spread = _answers(data, pairs).std(0)
    spread[spread == 0] = 1.0
    return np.asarray(fit_pairs(data.differences[pairs] / spread, data.won[pairs]) / spread, np.float64)


def validate(data: Preferences, trained_on: Sequence[str] = ()) -> Validation:
    """Hold the offline judge against people; the groups it was trained on are judged by a fit that left them out."""
    probability = np.zeros(len(data.won))
    strict = np.full(len(data.won), np.nan)
    known = {at for at, name in enumerate(data.groups) if name in trained_on}
    for at in range(len(data.groups)):
        inside = data.group == at
        others = data.group != at
        if at not in known:
            probability[inside] = _probability(shipped(), data.differences[inside])
            continue
        if others.sum() < ENOUGH or len(np.unique(data.group[others])) < 2:
            probability[inside] = np.nan  # nothing fair can be said: the shipped numbers have seen this group
            continue
        probability[inside] = _probability(fitted(data, others), data.differences[inside])
        for fold in range(MODEL_FOLDS):
            of_fold = data.model % MODEL_FOLDS == fold
            # A pair is judged by the fold of its first answer; neither of its models' fold has been seen.
            other_fold = data.model[data.second] % MODEL_FOLDS
            for twin in range(MODEL_FOLDS):
                judged = inside & of_fold[data.first] & (other_fold == twin)
                unseen = ~np.isin(data.model % MODEL_FOLDS, (fold, twin))
                learned = others & unseen[data.first] & unseen[data.second]
                if judged.any() and learned.any():
                    strict[judged] = data.differences[judged] @ _weights(data, learned)
    agreed = _agreed(probability - 0.5, data.won)
    fair = ~np.isnan(probability)
    held = ~np.isnan(strict)
    return Validation(
        pairs=len(data.won),
        without_reference=data.without_reference,
        several_turns=data.several_turns,
        refitted=bool(known),
        overall=_share(agreed[fair], data.question[fair]),
        groups=tuple(
            Group(name, int((data.group == at).sum()), _share(agreed[of], data.question[of]))
            for at, name in enumerate(data.groups)
            for of in [fair & (data.group == at)]
        ),
        models_left_out=_share(_agreed(strict[held], data.won[held]), data.question[held]),
        calibration=tuple(_bins(probability[fair], agreed[fair])),
    )


def _probability(coefficients: Coefficients, differences: Reals) -> Reals:
    return np.array(
        [coefficients.calibrated(logit) for logit in (differences @ np.array(coefficients.weights)).tolist()]
    )


def _agreed(lean: Reals, won: Reals) -> Reals:
    """Return 1 where the judge leans to the one people preferred, a half where it does not lean."""
    return np.where(lean == 0, 0.5, (lean > 0) == (won > 0)).astype(np.float64)


def _share(agreed: Reals, question: Codes) -> Estimate | None:
    found = cluster_mean(agreed, question, 0.95)
    return None if found is None else found.scaled(100)


def _bins(probability: Reals, agreed: Reals) -> Iterable[Bin]:
    sure = np.maximum(probability, 1 - probability)
    for low, high in pairwise(BINS):
        inside = (sure >= low) & ((sure < high) | (high == 1.0))
        if inside.any():
            yield Bin(
                low, high, int(inside.sum()), 100 * float(sure[inside].mean()), 100 * float(agreed[inside].mean())
            )
