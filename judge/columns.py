"""Records as columns of integer codes: what the store hands to the statistics, at a cost that does not grow with text.

Candidates, questions, judges and dialogues are the store's codes (>= 1); 0 stands for "none" where one is optional.
All arrays of one table have the same length, one entry per row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

Codes: TypeAlias = NDArray[np.int64]
Reals: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]


class Kind(IntEnum):
    """What a judgment holds."""

    VERDICT = 0
    SCORES = 1
    UNREADABLE = 2
    UNANSWERED = 3


class Table:
    """Rows can be chosen by a mask or by positions."""

    def take(self, rows: Flags | Codes) -> Self:
        """Return the chosen rows."""
        return replace(self, **{field.name: getattr(self, field.name)[rows] for field in fields(self)})  # type: ignore[type-var,arg-type]

    def joined(self, others: Sequence[Self]) -> Self:
        """Return these rows and then those of other tables of the kind."""
        names = [field.name for field in fields(self)]  # type: ignore[arg-type]
        together = {name: np.concatenate([getattr(one, name) for one in (self, *others)]) for name in names}
        return replace(self, **together)  # type: ignore[type-var]

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))  # type: ignore[arg-type]


@dataclass(frozen=True)
class QuestionColumns(Table):
    """One row per question of a bank; versions of one question share `identity`.

    `ability` is a position in a list of names; `refuse`: some turn expects a refusal.
    """

    code: Codes
    identity: Codes
    version: Codes
    ability: Codes
    turns: Codes  # 0: not published
    refuse: Flags


@dataclass(frozen=True)
class DialogueColumns(Table):
    """One row per dialogue.

    `outcome` is the position in `records.Outcome`, `ended` the first turn without an answer (0: none); equal `prompts` mean
    equal user turns.
    """

    code: Codes
    question: Codes
    candidate: Codes
    sample: Codes
    outcome: Codes
    ended: Codes
    prompts: Codes


@dataclass(frozen=True)
class JudgmentColumns(Table):
    """One row per judgment, by a judge or by a person (whose verdicts have no placement that matters).

    `shares` (rows x 3) are first, tie, second: one-hot, or the judge's probabilities; zeros unless `kind` is a verdict.
    `value`, `worst`, `best` are the overall score and its scale; equal `worst` and `best` mean there is none.
    """

    question: Codes
    scope: Codes  # 0: dialogue; k: turn k
    judge: Codes
    repeat: Codes
    kind: Codes
    first: Codes  # candidate
    second: Codes  # candidate, 0 where one dialogue is scored
    first_sample: Codes
    second_sample: Codes
    placement_known: Flags
    side: Codes  # 0 first, 1 tie, 2 second; meaningful for verdicts
    shares: Reals
    value: Reals
    worst: Reals
    best: Reals

    @property
    def scored(self) -> Flags:
        """Tell which rows carry an overall score."""
        found: Flags = (self.kind == Kind.SCORES) & (self.worst != self.best)
        return found
