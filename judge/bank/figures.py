"""What a bank holds, counted: questions and turns by ability, references, traps, sources. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from judge.identity import content_hash
from judge.records import Question


@dataclass(frozen=True, slots=True)
class Counts:
    """One ability, or all: how many questions of each number of turns, and of what kind their references are."""

    name: str
    questions: int
    turns: int
    by_turns: Mapping[int, int]  # questions by number of turns
    kinds: Mapping[str, int]  # turns by reference_kind
    refuse: int  # turns that expect a refusal
    traps: int
    difficulty: Mapping[int | None, int]
    sources: Mapping[str, int]
    characters: int  # of all user turns


def counts(name: str, questions: Sequence[Question]) -> Counts:
    """Count what some questions hold."""
    turns = [turn for one in questions for turn in one.turns]
    return Counts(
        name,
        len(questions),
        len(turns),
        Counter(len(one.turns) for one in questions),
        Counter(turn.reference_kind for turn in turns),
        sum(turn.expected == "refuse" for turn in turns),
        sum(bool(one.trap) for one in questions),
        Counter(one.difficulty for one in questions),
        Counter(one.source or "未写" for one in questions),
        sum(len(turn.prompt) for turn in turns),
    )


def by_ability(questions: Sequence[Question]) -> list[Counts]:
    """Count each ability, in the order in which they come, and all of them last."""
    groups: dict[str, list[Question]] = {}
    for one in questions:
        groups.setdefault(one.ability, []).append(one)
    return [*(counts(name, group) for name, group in groups.items()), counts("合计", questions)]


def bank_hash(questions: Sequence[Question]) -> str:
    """Name what a bank holds: the same questions give the same hash, in whatever order they stand."""
    return content_hash("questions", sorted(content_hash("question text", one) for one in questions))
