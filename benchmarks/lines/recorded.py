"""Recorded stars of a judge and of people as arrays: questions × models; and the offline judge fitted without what it judges."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from judge.importers.detection import load
from judge.judges.features import NAMES, features
from judge.records import Scores
from judge.stats.games import Games, of_shares
from judge.stats.logistic import fit_pairs, fit_power, sigmoid
from judge.style import style

Array = np.ndarray
EQUAL = 1e-9


@dataclass(frozen=True, eq=False)
class Stars:
    """Totals of a judge and of people on single turns, with what the offline judge counts of each answer.

    judge, people, chars: questions × models. kind: per question, 0 objective, 1 open; group: its discipline. features:
    questions × models × features, of questions with a `reference`. full: the most stars there are.
    """

    judge: Array
    people: Array
    chars: Array
    kind: Array
    group: Array
    groups: tuple[str, ...]
    features: Array
    reference: Array
    full: Array

    @property
    def models(self) -> int:
        return self.judge.shape[1]

    @cached_property
    def pairs(self) -> tuple[Array, Array]:
        """The first and the second model of every pair."""
        return np.triu_indices(self.models, 1)

    def verdicts(self, totals: Array) -> Array:
        """Return points of the first model of every pair, questions × pairs: 1, 0.5 or 0."""
        first, second = self.pairs
        gap = totals[:, first] - totals[:, second]
        return (np.sign(np.where(np.abs(gap) < EQUAL, 0, gap)) + 1) / 2

    def games(self, totals: Array, questions: Array | None = None) -> tuple[Array, Array, Array, Array]:
        """Return first, second, question and points of all pairs on some questions."""
        chosen = np.arange(len(totals)) if questions is None else questions
        first, second = self.pairs
        count = len(chosen)
        points = self.verdicts(totals[chosen])
        return np.tile(first, count), np.tile(second, count), np.repeat(np.arange(count), len(first)), points.ravel()

    # ── the offline judge ─────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _decided(self) -> tuple[Array, Array, Array, Array]:
        """Question, first, second and winner of the pairs that people decided on questions with a reference."""
        first, second = self.pairs
        people = self.verdicts(self.people)
        question, pair = np.nonzero((people != 0.5) & self.reference[:, None])
        return question, first[pair], second[pair], people[question, pair]

    def weights(self, groups: Array, models: Array | None = None) -> Array:
        """Fit the offline judge on the questions of some groups and the pairs of some models, in standard deviations."""
        question, first, second, won = self._decided
        learned = np.isin(self.group[question], groups)
        if models is not None:
            learned &= np.isin(first, models) & np.isin(second, models)
        seen = np.zeros(self.judge.shape, bool)
        seen[question[learned], first[learned]] = seen[question[learned], second[learned]] = True
        spread = self.features[seen].std(axis=0)
        spread[spread == 0] = 1.0
        gap = self.features[question[learned], first[learned]] - self.features[question[learned], second[learned]]
        return fit_pairs(gap / spread, won[learned]) / spread

    @lru_cache(maxsize=256)  # noqa: B019
    def without(self, *groups: int) -> Array:
        """Return the weights of a fit that saw none of these groups."""
        return self.weights(np.setdiff1d(np.arange(len(self.groups)), groups))

    def logits(self, weights: Array, questions: Array) -> Array:
        """Return the offline judge's logit of the first of every pair, questions × pairs; 0 without a reference."""
        first, second = self.pairs
        scores = self.features[questions] @ weights
        return np.where(self.reference[questions][:, None], scores[:, first] - scores[:, second], 0.0)

    @lru_cache(maxsize=4)  # noqa: B019
    def offline(self) -> Array:
        """Return the logits of every pair, each discipline by a fit that left it out."""
        found = np.zeros((len(self.judge), len(self.pairs[0])))
        for at in range(len(self.groups)):
            mine = np.flatnonzero(self.group == at)
            found[mine] = self.logits(self.without(at), mine)
        return found

    @lru_cache(maxsize=4)  # noqa: B019
    def offline_for(self, held: int) -> Array:
        """Return the logits a second model may learn from where `held` is tested: each by a fit that saw neither."""
        found = np.zeros((len(self.judge), len(self.pairs[0])))
        for at in range(len(self.groups)):
            mine = np.flatnonzero(self.group == at)
            found[mine] = self.logits(self.without(*sorted({at, held})), mine)
        return found

    @lru_cache(maxsize=1)  # noqa: B019
    def sure(self) -> Array:
        """Return the offline judge's probability that the first of every pair is better, calibrated without its discipline."""
        found = np.full((len(self.judge), len(self.pairs[0])), 0.5)
        people = self.verdicts(self.people)
        for at in range(len(self.groups)):
            learned = self.offline_for(at)
            rows = (people != 0.5) & self.reference[:, None] & (self.group != at)[:, None]
            scale, power = fit_power(learned[rows], people[rows])
            mine = self.group == at
            logit = self.offline()[mine]
            found[mine] = sigmoid(np.sign(logit) * scale * np.abs(logit) ** power)
        return found


@lru_cache(maxsize=1)
def stars(data: Path) -> Stars:
    found = load("llmeval2").read(data / "llmeval2")
    questions: dict[str, int] = {}
    models: dict[str, int] = {}
    groups: dict[str, int] = {}
    kind: dict[int, int] = {}
    group: dict[int, int] = {}
    chars: dict[tuple[int, int], int] = {}
    counted_of: dict[tuple[int, int], tuple[float, ...]] = {}
    references: set[int] = set()
    for one in found.dialogues:
        at = questions.setdefault(one.question.key, len(questions)), models.setdefault(one.candidate.key, len(models))
        turn, text = one.question.turns[0], one.answers[0].text
        chars[at] = style(text).chars
        counted_of[at] = features(turn.prompt, turn.reference or "", text)
        kind[at[0]] = int(one.question.subcategory == "subjective")
        group[at[0]] = groups.setdefault(one.question.ability, len(groups))
        if turn.reference:
            references.add(at[0])
    shape = len(questions), len(models)
    sides, full = [], np.zeros(len(questions))
    for records in (found.judgments, found.human_verdicts):
        totals = np.full(shape, np.nan)
        for record in records:
            shown = record.case.dialogues[0]
            assert isinstance(record.result, Scores)
            assert record.result.overall is not None
            totals[questions[shown.question.key], models[shown.candidate.key]] = record.result.overall.value
            full[questions[shown.question.key]] = record.result.overall.maximum
        sides.append(totals)
    nothing = (0.0,) * len(NAMES)

    def grid(of: dict) -> Array:
        return np.array([[of.get((q, m), 0) for m in range(shape[1])] for q in range(shape[0])], float)

    return Stars(
        sides[0],
        sides[1],
        grid(chars),
        np.array([kind[q] for q in range(shape[0])]),
        np.array([group[q] for q in range(shape[0])]),
        tuple(groups),
        np.array([[counted_of.get((q, m), nothing) for m in range(shape[1])] for q in range(shape[0])]),
        np.array([q in references for q in range(shape[0])]),
        full,
    )


def counted(of: Stars, totals: Array, questions: Array) -> Games:
    first, second, question, points = of.games(totals, questions)
    win, tie = (points == 1).astype(float), (points == 0.5).astype(float)
    return of_shares(first, second, question, win, tie, 1 - win - tie, of.models, len(questions))


def tau(one: Array, other: Array) -> float:
    first, second = np.triu_indices(len(one), 1)
    return float((np.sign(one[first] - one[second]) * np.sign(other[first] - other[second])).mean())
