"""A run laid out before its first call: who answers what, who meets whom in which placement, who judges."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from judge import pairing
from judge.dialogue import Manner
from judge.judges import Judging
from judge.models import ChatModel
from judge.models.pacing import Pace
from judge.records import DIALOGUE, Candidate, Case, Dialogue, Question


@dataclass(frozen=True)
class Voice:
    """A model that can be asked, and the pace at which its endpoint may be asked."""

    model: ChatModel
    pace: Pace


@dataclass
class Progress:
    """What a run has done so far, for whoever shows it."""

    planned_calls: int = 0
    dialogues: int = 0
    judgments: int = 0
    failed: list[str] = field(default_factory=list)
    calls: int = 0
    in_flight: int = 0


@dataclass(frozen=True)
class Work:
    """All that a run is to do: who answers what, who meets whom, who judges.

    `candidates` without a voice must have their dialogues in the store. `place` says in which placements a case is judged.
    """

    questions: Sequence[Question]
    candidates: Sequence[Candidate]
    voices: Mapping[str, Voice]  # by candidate key
    judges: Sequence[tuple[Judging, Voice]]
    cases: Callable[[Sequence[Dialogue]], Sequence[Case]]
    manner: Manner = field(default_factory=Manner)
    samples: int = 1
    max_calls: int | None = None
    stages: frozenset[str] = frozenset({"answer", "judge"})


Design = Literal["baseline", "round-robin"]
Order = Literal["auto", "both", "single"]


def cases_of(
    questions: Sequence[Question],
    candidates: Sequence[Candidate],
    *,
    design: Design,
    order: Order,
    seed: int,
    samples: int = 1,
    history: Literal["own", "golden"] = "own",
) -> tuple[Callable[[Sequence[Dialogue]], Sequence[Case]], int]:
    """Say in which placements the dialogues of a question meet, and how many cases that makes in all.

    Placements are drawn before anything is answered, so that they do not hang on what is answered first. Under `baseline`
    the last candidate is the one that the others are held against.
    """
    blank = [
        Dialogue(question, candidate, (), sample, history)
        for question in questions
        for sample in range(samples)
        for candidate in candidates
    ]
    keys = [candidate.key for candidate in candidates]
    met = pairing.round_robin(blank, keys)
    if design == "baseline":
        met = pairing.against_baseline(blank, keys[:-1], keys[-1])
    drawn: dict[tuple[str, int], list[tuple[str, ...]]] = {}
    for case in pairing.place(met, order, seed):
        at = (case.question.key, case.dialogues[0].sample)
        drawn.setdefault(at, []).append(tuple(dialogue.candidate.key for dialogue in case.dialogues))

    def cases(dialogues: Sequence[Dialogue]) -> list[Case]:
        if not dialogues:
            return []
        first = dialogues[0]
        by = {dialogue.candidate.key: dialogue for dialogue in dialogues}
        placed = drawn.get((first.question.key, first.sample), [])
        return [
            Case(first.question, DIALOGUE, tuple(by[key] for key in shown))
            for shown in placed
            if all(key in by for key in shown)
        ]

    return cases, sum(map(len, drawn.values()))


def single_cases(dialogues: Sequence[Dialogue]) -> list[Case]:
    """Return one case for each dialogue, for judges that score them one by one."""
    return [Case(dialogue.question, DIALOGUE, (dialogue,)) for dialogue in dialogues]
