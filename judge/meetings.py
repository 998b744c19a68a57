"""Who meets whom, on which questions: the plan that judgments are laid over, and what it finds in the columns. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from judge.columns import Codes, DialogueColumns, Flags, JudgmentColumns
from judge.records import Outcome

OUTCOMES = tuple(Outcome)
NO_ANSWER = [OUTCOMES.index(one) for one in (Outcome.FILTERED_INPUT, Outcome.FILTERED_OUTPUT, Outcome.EMPTY)]
FAILED = OUTCOMES.index(Outcome.FAILED)


@dataclass(frozen=True)
class Meetings:
    """Which candidates meet on which questions: every pair of positions, on every question, in every scope and sample.

    `refuse` tells which questions expect a refusal: there a filtered answer does not lose by itself.
    `complete`: every candidate was meant to answer every question; else only what both answered is planned.
    """

    candidates: Codes
    questions: Codes
    turns: Codes  # per question, 0 where they are not published
    refuse: Flags
    scopes: Codes
    complete: bool = True
    pairs: Sequence[tuple[int, int]] = ()
    samples: Codes = field(default_factory=lambda: np.zeros(1, np.int64))

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Pairs x questions x scopes x samples."""
        return len(self.pairs), len(self.questions), len(self.scopes), len(self.samples)


def all_pairs(count: int) -> list[tuple[int, int]]:
    """Return every pair of `count` positions, the earlier first."""
    return [(one, other) for one in range(count) for other in range(one + 1, count)]


@dataclass(frozen=True)
class Ends:
    """How one side's dialogue ended, per planned comparison."""

    present: Flags
    empty: Flags
    prompts: Codes


def ends(
    dialogues: DialogueColumns, meetings: Meetings, side: Codes, question: Codes, scope: Codes, sample: Codes
) -> Ends:
    """Look up one side's dialogue: whether there is one, and whether it gave no answer by the end of the scope."""
    count, questions, samples = len(meetings.candidates), len(meetings.questions), len(meetings.samples)
    known, at = positions(dialogues.candidate, meetings.candidates)
    known_question, about = positions(dialogues.question, meetings.questions)
    known_sample, which = positions(dialogues.sample, meetings.samples)
    inside = known & known_question & known_sample
    row = np.full((count, questions, samples), -1)
    row[at[inside], about[inside], which[inside]] = np.flatnonzero(inside)
    found = row[side, question, sample]
    present = found >= 0
    if not len(dialogues):
        return Ends(present, present, np.zeros(len(found), np.int64))
    turn = meetings.scopes[scope]
    ended = (dialogues.ended[found] > 0) & ((turn == 0) | (dialogues.ended[found] <= turn))
    outcome = dialogues.outcome[found]
    return Ends(
        present & ~(ended & (outcome == FAILED)),
        present & ended & np.isin(outcome, NO_ANSWER),
        np.where(present, dialogues.prompts[found], 0),
    )


def cells(judgments: JudgmentColumns, meetings: Meetings) -> tuple[Codes, Codes, JudgmentColumns]:
    """Return, per judgment on a planned pair, its cell in the meetings, 1 where it shows the pair swapped, and the rows."""
    known_first, first = positions(judgments.first, meetings.candidates)
    known_second, second = positions(judgments.second, meetings.candidates)
    known_question, question = positions(judgments.question, meetings.questions)
    known_scope, scope = positions(judgments.scope, meetings.scopes)
    known_sample, sample = positions(judgments.first_sample, meetings.samples)
    count = max(len(meetings.candidates), 1)
    number = np.full((count, count), -1)
    for position, (one, other) in enumerate(meetings.pairs):
        number[one, other] = number[other, one] = position
    pair = number[first, second]
    inside = known_first & known_second & known_question & known_scope & known_sample & (pair >= 0)
    inside &= judgments.first_sample == judgments.second_sample
    forward = np.array(meetings.pairs, np.int64).reshape(-1, 2)[pair[inside], 0] == first[inside]
    cell = np.ravel_multi_index((pair[inside], question[inside], scope[inside], sample[inside]), meetings.shape)
    return cell.astype(np.int64), (~forward).astype(np.int64), judgments.take(inside)


def positions(values: Codes, known: Codes) -> tuple[Flags, Codes]:
    """Return for each value whether it is among the known ones, and where (0 if not)."""
    if not len(known):
        return np.zeros(len(values), bool), np.zeros(len(values), np.int64)
    order = np.argsort(known, kind="stable")
    at = order[np.minimum(np.searchsorted(known[order], values), len(known) - 1)]
    found = known[at] == values
    return found, np.where(found, at, 0)
