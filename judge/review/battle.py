"""A battle: what one person asks of two candidates who answer side by side, each with its own history, and its verdict. Pure.

A turn that only one side answered is no part of what is judged: it would be held against the one whose service was busy.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Literal, TypeAlias

from judge.dialogue import ENDING, Manner, finished, next_request
from judge.identity import Json
from judge.models import Request
from judge.records import DIALOGUE, Answer, Candidate, Case, Dialogue, Question, Rubric, Turn
from judge.review.showing import SIDES, shown

LONGEST = 8000  # characters of one user turn
MOST = 20  # turns
MANNER = Manner()

Pair: TypeAlias = frozenset[str]  # keys of two candidates
# Why a side did not answer: its service is busy, refuses, or may not be asked any more.
Fault: TypeAlias = Literal["busy", "refused", "capped"]


@dataclass
class Battle:
    """A battle that goes on: candidates left first, the user turns, and what each side answered so far.

    flight: how many answers each side had when those on their way were asked for; None: none are.
    """

    bank: str
    id: str
    who: str
    ability: str
    candidates: tuple[Candidate, Candidate]
    begun: str  # UTC, ISO 8601
    prompts: list[str] = field(default_factory=list)
    answers: tuple[list[Answer], list[Answer]] = field(default_factory=lambda: ([], []))
    faults: dict[int, Fault] = field(default_factory=dict)
    flight: tuple[int, int] | None = None

    @property
    def key(self) -> str:
        """Return the key of the question; it does not hang on what is asked."""
        return self.question(0).key

    @property
    def pair(self) -> Pair:
        return frozenset(one.key for one in self.candidates)

    @property
    def lacking(self) -> list[int]:
        """Return which sides have still to answer the last turn."""
        return [at for at in (0, 1) if len(self.answers[at]) < len(self.prompts) and not self.ended(at)]

    @property
    def whole(self) -> int:
        """Return how many turns both sides answered, or had ended before."""
        return len(self.prompts) - bool(self.lacking)

    def snapshot(self) -> Battle:
        """Return the battle as it stands now, whatever comes meanwhile."""
        first, second = self.answers
        return replace(self, prompts=[*self.prompts], answers=([*first], [*second]), faults={**self.faults})

    def ended(self, side: int) -> bool:
        """Tell whether a side answers no more: filtered or empty."""
        return any(answer.outcome in ENDING for answer in self.answers[side])

    def question(self, turns: int) -> Question:
        """Return what was asked in the first so many turns."""
        return Question(self.bank, self.id, self.ability, tuple(Turn(prompt) for prompt in self.prompts[:turns]))

    def blank(self, side: int) -> Dialogue:
        """Return the dialogue of a side without answers: it has its key already."""
        return Dialogue(self.question(0), self.candidates[side], ())

    def request(self, side: int) -> Request:
        """Return what a side that lacks an answer is asked: its own history, and the last turn."""
        found = next_request(self.question(len(self.prompts)), self.answers[side], MANNER)
        assert found is not None
        return found

    def case(self) -> Case:
        """Return what a verdict now is about, as shown."""
        question = self.question(self.whole)
        sides = (self._held(at, question, len(question.turns)) for at in (0, 1))
        return Case(question, DIALOGUE, tuple(sides))

    def laid(self, rubric: Rubric, names: Collection[str]) -> dict[str, Json]:
        """Lay the battle out as the vote screen shows an item; answers on their way are shown when both are there."""
        question = self.question(len(self.prompts))
        counts = self.flight or tuple(len(answers) for answers in self.answers)
        sides = [self._held(at, question, counts[at]) for at in (0, 1)]
        content = shown(question, sides, 0, rubric, None, names).content
        turns = content["turns"]
        assert isinstance(turns, list)
        for at in self.lacking if self.flight is None else (0, 1):
            last = turns[-1]
            assert isinstance(last, dict)
            if last[SIDES[at]] is None:
                last[SIDES[at]] = {"fault": "asking" if self.flight else self.faults.get(at, "lost")}
        return {
            "task": self.id,
            **content,
            "before": None,
            "whole": self.whole if self.flight is None else len(self.prompts) - 1,
            "asking": self.flight is not None,
            "lacking": self.flight is None and bool(self.lacking),
            "over": all(map(self.ended, (0, 1))),
            "full": len(self.prompts) >= MOST,
        }

    def _held(self, side: int, question: Question, count: int) -> Dialogue:
        """Return a side's first so many answers; the turns after it ended share its outcome."""
        answers, candidate = self.answers[side][:count], self.candidates[side]
        if any(answer.outcome in ENDING for answer in answers):
            return finished(question, candidate, answers, 0, MANNER)
        return Dialogue(question, candidate, tuple(answers))


@dataclass(frozen=True, slots=True)
class Fought:
    """A battle that was voted on: candidates and dialogues left first, how the first turn begins, and what was said."""

    id: str
    who: str
    ability: str
    candidates: tuple[Candidate, Candidate]
    dialogues: tuple[str, str]  # keys
    begun: str
    asked: str
    said: dict[str, Json]

    @property
    def pair(self) -> Pair:
        return frozenset(one.key for one in self.candidates)


def fought(battle: Battle, question: Question, said: dict[str, Json]) -> Fought:
    """Return a battle as it is remembered when it was voted on."""
    keys = (battle.blank(0).key, battle.blank(1).key)
    asked = question.turns[0].prompt[:80]
    return Fought(battle.id, battle.who, battle.ability, battle.candidates, keys, battle.begun, asked, said)


def drawn(met: Mapping[Pair, int], candidates: Sequence[Candidate], rng: random.Random) -> tuple[Candidate, Candidate]:
    """Return the two that met least so far, ties and sides by lot; the first stands left."""
    pairs = list(combinations(candidates, 2))
    often = [met.get(frozenset(one.key for one in pair), 0) for pair in pairs]
    left, right = rng.choice([pair for pair, count in zip(pairs, often, strict=True) if count == min(often)])
    return (right, left) if rng.random() < 0.5 else (left, right)
