"""Which dialogues meet, and which of them a judge sees first: seeded, pure."""

from __future__ import annotations

import math
import random
from collections.abc import Hashable, Iterable, Sequence
from typing import Literal

from judge.identity import content_hash
from judge.records import DIALOGUE, Case, Dialogue, Scope

FEW = 100  # up to so many questions `auto` asks both placements
SWAPPED_SHARE = 0.1  # of single placements asked again swapped, to measure position bias


def against_baseline(
    dialogues: Iterable[Dialogue], candidates: Sequence[str], baseline: str, scope: Scope = DIALOGUE
) -> list[Case]:
    """Let every candidate meet the baseline (both by key) on each question and sample that both answered."""
    return _meet(dialogues, [(one, baseline) for one in candidates if one != baseline], scope)


def round_robin(dialogues: Iterable[Dialogue], candidates: Sequence[str], scope: Scope = DIALOGUE) -> list[Case]:
    """Let every two candidates (by key) meet on each question and sample that both answered."""
    pairs = [(one, other) for at, one in enumerate(candidates) for other in candidates[at + 1 :]]
    return _meet(dialogues, pairs, scope)


def _meet(dialogues: Iterable[Dialogue], pairs: Sequence[tuple[str, str]], scope: Scope) -> list[Case]:
    held: dict[tuple[str, int], dict[str, Dialogue]] = {}
    for dialogue in dialogues:
        held.setdefault((dialogue.question.key, dialogue.sample), {})[dialogue.candidate.key] = dialogue
    return [
        Case(by[one].question, scope, (by[one], by[other]))
        for by in held.values()
        for one, other in pairs
        if one in by and other in by
    ]


def place(cases: Sequence[Case], order: Literal["auto", "both", "single"] = "auto", seed: int = 0) -> list[Case]:
    """Say which dialogue each judge call shows first.

    both: every case in both placements. single: one placement each, half of every ability's cases either way, and a random
    tenth (SWAPPED_SHARE) again the other way round. auto: both up to FEW questions, single above.
    """
    if order == "both" or (order == "auto" and len({case.question.key for case in cases}) <= FEW):
        return [placed for case in cases for placed in (case, swapped(case))]
    shown: list[Case] = []
    for group in _by_ability(cases):
        # The order within an ability comes from the content, not from the file: a longer bank leaves most sides as they were.
        mixed = sorted(group, key=lambda case: content_hash("placement", [seed, case.target]))
        shown += [case if at % 2 else swapped(case) for at, case in enumerate(mixed)]
    again = random.Random(seed).sample(range(len(shown)), math.ceil(len(shown) * SWAPPED_SHARE))
    return shown + [swapped(shown[at]) for at in sorted(again)]


def swapped(case: Case) -> Case:
    """Return the same case with the other dialogue first."""
    return Case(case.question, case.scope, case.dialogues[::-1], case.placement_known)


def _by_ability(cases: Sequence[Case]) -> list[list[Case]]:
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(case.question.ability, []).append(case)
    return list(groups.values())


def evenly(groups: Sequence[Hashable], limit: int) -> list[int]:
    """Return the positions of so many items, taken in turn from every group, in their own order."""
    seen: dict[Hashable, int] = {}
    ranks = []
    for at, group in enumerate(groups):
        ranks.append((seen.setdefault(group, 0), at))
        seen[group] += 1
    return sorted(at for _, at in sorted(ranks)[:limit])


def balanced(groups: Sequence[Hashable], seed: object = 0) -> list[int]:
    """Return positions in a random order in which every beginning holds each group in about its share; seeded by content."""
    source = random.Random(content_hash("order", [str(seed), len(groups)]))
    members: dict[Hashable, list[int]] = {}
    for at, group in enumerate(groups):
        members.setdefault(group, []).append(at)
    ranked: list[tuple[float, float, int]] = []
    for inside in members.values():
        source.shuffle(inside)
        shift = source.random()
        ranked += [((rank + shift) / len(inside), source.random(), at) for rank, at in enumerate(inside)]
    return [at for *_, at in sorted(ranked)]
