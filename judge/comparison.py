"""Judgments to comparisons: one row per question, scope, sample and pair of candidates, the table all statistics read.

Here, and only here, a placement becomes a candidate. Pure: columns in, columns out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Literal

import numpy as np

from judge.columns import Codes, DialogueColumns, Flags, JudgmentColumns, Kind, Reals, Table
from judge.meetings import Meetings, cells, ends, positions

EXACT = 1e-9  # scores that differ by less are equal: means of repeats are not exact


class State(IntEnum):
    """What became of a planned comparison."""

    JUDGED = 0
    UNREADABLE = 1  # the judge's reply breaks the agreed format
    UNANSWERED = 2  # the judge gave no reply
    MISSING = 3  # never judged
    NO_DIALOGUE = 4  # a candidate has no dialogue here, or its call failed


@dataclass(frozen=True)
class Comparisons(Table):
    """One row per planned comparison; shares and label are those of `first`, the candidate named first.

    `win`, `tie`, `loss` sum to 1 in judged rows and are 0 elsewhere. `label` is 1, 0 or -1: the verdict most votes agree
    on, else a tie. `placements` counts the placements that were read.
    """

    question: Codes
    scope: Codes
    sample: Codes
    first: Codes
    second: Codes
    state: Codes
    win: Reals
    tie: Reals
    loss: Reals
    label: Codes
    placements: Codes
    flipped: Flags  # the two placements disagree
    opposed: Flags  # they name opposite winners
    settled: Flags  # decided by how an answer ended (filtered, empty), not by a judge
    texts_differ: Flags  # the two candidates were sent different user turns
    as_first: Reals  # points of `first` where it was shown first; meaningful where `placements` is 2
    as_second: Reals  # and where it was shown second

    @property
    def judged(self) -> Flags:
        """Tell which rows count in rates."""
        found: Flags = self.state == State.JUDGED
        return found

    @property
    def half_tie(self) -> Reals:
        """Win plus half a tie, the value that is 0.5 between equals."""
        found: Reals = self.win + self.tie / 2
        return found


@dataclass(frozen=True)
class Rule:
    """How judgments and outcomes become verdicts."""

    tie_within: float = 0.0
    filtered: Literal["loss", "tie", "exclude"] = "loss"


def from_verdicts(
    judgments: JudgmentColumns,
    dialogues: DialogueColumns,
    meetings: Meetings,
    rule: Rule = Rule(),
    *,
    by_placement: bool = True,
) -> Comparisons:
    """Combine the verdicts of one judge: repeats within a placement first, then placements, each placement one half.

    Without `by_placement` every verdict is one vote whatever was shown first, as it is for people.
    """
    cell, swapped, rows = cells(judgments, meetings)
    size = int(np.prod(meetings.shape))
    read = rows.kind == Kind.VERDICT
    shares = np.where(swapped[:, None], rows.shares[:, ::-1], rows.shares)
    vote = np.where(swapped, rows.side - 1, 1 - rows.side)

    # Repeats of one placement are averaged before the placements, or the placement asked more often would weigh more.
    shown = rows.placement_known & by_placement
    slot = cell * 2 + np.where(shown, swapped, 0)
    repeats = np.bincount(slot[read], minlength=2 * size).reshape(size, 2)
    sums = np.stack([np.bincount(slot[read], shares[read, k], 2 * size) for k in range(3)], axis=1)
    per_placement = sums.reshape(size, 2, 3) / np.maximum(repeats, 1)[:, :, None]
    slots = (repeats > 0).sum(axis=1)
    mean = per_placement.sum(axis=1) / np.maximum(slots, 1)[:, None]
    known = np.bincount(slot[read], shown[read], 2 * size).reshape(size, 2) > 0
    placements = known.sum(axis=1).astype(np.int64)

    votes = np.stack([np.bincount(cell[read], vote[read] == value, size) for value in (1, 0, -1)])
    both = placements == 2
    told = np.sign(per_placement[:, :, 0] - per_placement[:, :, 2])
    return _comparisons(
        dialogues,
        meetings,
        rule,
        state=_state(size, cell, rows.kind),
        shares=mean,
        label=_plurality(votes),
        placements=placements,
        flipped=both & (told[:, 0] != told[:, 1]),
        opposed=both & (told[:, 0] * told[:, 1] < 0),
        points=per_placement[:, :, 0] + per_placement[:, :, 1] / 2,
    )


def from_scores(
    judgments: JudgmentColumns, dialogues: DialogueColumns, meetings: Meetings, rule: Rule = Rule()
) -> Comparisons:
    """Compare the overall scores that one judge gave each dialogue on the same scale; equal within `tie_within` is a tie.

    Repeats are averaged first. Two scores on different scales are not compared: the row stays missing.
    """
    pairs, questions, scopes, samples = meetings.shape
    count = len(meetings.candidates)
    rows = judgments.take(judgments.second == 0)
    known, at = positions(rows.first, meetings.candidates)
    known_scope, scope = positions(rows.scope, meetings.scopes)
    known_question, question = positions(rows.question, meetings.questions)
    known_sample, sample = positions(rows.first_sample, meetings.samples)
    inside = known & known_scope & known_question & known_sample
    rows = rows.take(inside)
    cell = np.ravel_multi_index(
        (at[inside], question[inside], scope[inside], sample[inside]), (count, questions, scopes, samples)
    )
    size = count * questions * scopes * samples
    scored = rows.scored
    number = np.bincount(cell[scored], minlength=size)
    direction = np.sign(rows.best - rows.worst)
    mean = np.bincount(cell[scored], (rows.value * direction)[scored], size) / np.maximum(number, 1)
    scale = np.zeros((size, 2))
    scale[cell[scored]] = np.stack([rows.worst, rows.best], axis=1)[scored]
    state = _state(
        size, cell, np.where(scored, Kind.VERDICT, np.where(rows.kind == Kind.SCORES, Kind.UNANSWERED, rows.kind))
    )

    def of(values: Reals | Codes, side: int) -> Reals | Codes:
        grid = values.reshape(count, -1, *values.shape[1:])
        return np.concatenate([grid[pair[side]] for pair in meetings.pairs]) if meetings.pairs else values[:0]

    difference = of(mean, 0) - of(mean, 1)
    label = np.where(np.abs(difference) <= rule.tie_within + EXACT, 0, np.sign(difference)).astype(np.int64)
    worse = np.maximum(of(state, 0), of(state, 1))
    same_scale = (of(scale, 0) == of(scale, 1)).all(axis=1)
    return _comparisons(
        dialogues,
        meetings,
        rule,
        state=np.where((worse == State.JUDGED) & ~same_scale, State.MISSING, worse).astype(np.int64),
        shares=np.stack([label == 1, label == 0, label == -1], axis=1).astype(float),
        label=label,
        placements=np.zeros(pairs * questions * scopes * samples, np.int64),
        flipped=np.zeros(len(label), bool),
        opposed=np.zeros(len(label), bool),
        points=np.zeros((len(label), 2)),
    )


def panel(members: Sequence[Comparisons], weights: Sequence[float] | None = None) -> Comparisons:
    """Combine what several judges said of the same meetings, row by row: each that gave a verdict weighs the same, or as told.

    A row is judged where any of them judged it; its label is the one most of their labels agree on, else a tie.
    """
    judged = np.stack([member.judged for member in members])
    weight = (np.ones(len(members)) if weights is None else np.asarray(weights, np.float64))[:, None]
    weight = np.where((judged * weight).sum(axis=0) > 0, weight, 1.0)  # where none that counts spoke, all count
    voices = np.where(judged.any(axis=0), (judged * weight).sum(axis=0), 1.0)
    labels = np.stack([np.where(member.judged, member.label, 9) for member in members])
    # What the panel as a whole says of each placement, by those that judged both.
    twice = np.stack([member.placements == 2 for member in members])
    heard = np.maximum((twice * weight).sum(axis=0), 1e-300)
    placed = np.stack([[member.as_first, member.as_second] for member in members], axis=1)
    points = (placed * twice * weight).sum(axis=1) / heard
    told = np.sign(np.round(points - 0.5, 9))
    state = np.min([member.state for member in members], axis=0)
    return replace(
        members[0],
        state=np.where(judged.any(axis=0), State.JUDGED, state).astype(np.int64),
        win=(np.stack([member.win for member in members]) * weight).sum(axis=0) / voices,
        tie=(np.stack([member.tie for member in members]) * weight).sum(axis=0) / voices,
        loss=(np.stack([member.loss for member in members]) * weight).sum(axis=0) / voices,
        label=_plurality(np.stack([((labels == value) * weight).sum(axis=0) for value in (1, 0, -1)])),
        placements=np.max([member.placements for member in members], axis=0),
        flipped=twice.any(axis=0) & (told[0] != told[1]),
        opposed=twice.any(axis=0) & (told[0] * told[1] < 0),
        settled=np.all([member.settled for member in members], axis=0),
        as_first=points[0],
        as_second=points[1],
    )


def votes(members: Sequence[Comparisons]) -> tuple[Codes, Codes, Codes]:
    """Return (item, judge, label from 0) of every label given, each row also turned round: sides have no meaning here."""
    judge, row = np.nonzero(np.stack([member.judged for member in members]))
    label = np.stack([member.label for member in members])[judge, row] + 1
    turned = len(members[0])
    return (
        np.concatenate([row, row + turned]).astype(np.int64),
        np.concatenate([judge, judge]).astype(np.int64),
        np.concatenate([label, 2 - label]),
    )


def _comparisons(
    dialogues: DialogueColumns,
    meetings: Meetings,
    rule: Rule,
    *,
    state: Codes,
    shares: Reals,
    label: Codes,
    placements: Codes,
    flipped: Flags,
    opposed: Flags,
    points: Reals,
) -> Comparisons:
    """Lay what was judged over what was planned; what is not judged counts nowhere.

    A filtered or empty answer loses without a judge. Where one was asked all the same (recorded data), its verdict stands,
    unless the rule says otherwise.
    """
    pair, question, scope, sample = (axis.ravel() for axis in np.indices(meetings.shape))
    sides = np.array(meetings.pairs, np.int64).reshape(-1, 2)[pair]
    ended = [ends(dialogues, meetings, sides[:, k], question, scope, sample) for k in (0, 1)]
    there = (ended[0].present & ended[1].present) if len(pair) else np.zeros(0, bool)

    empty = [end.empty & ~meetings.refuse[question] for end in ended]
    settled = there & (empty[0] | empty[1]) & ((state != State.JUDGED) | (rule.filtered != "loss"))
    verdict = np.where(empty[0] == empty[1], 0, np.where(empty[1], 1, -1))
    if rule.filtered == "tie":
        verdict = np.zeros_like(verdict)
    state = np.where(settled, State.JUDGED, state)
    if rule.filtered == "exclude":
        there &= ~settled
    label = np.where(settled, verdict, label)
    one_hot = np.stack([verdict == 1, verdict == 0, verdict == -1], axis=1)
    shares = np.where(settled[:, None], one_hot, shares)
    state = np.where(there, state, State.NO_DIALOGUE)
    judged = state == State.JUDGED

    found = Comparisons(
        question=meetings.questions[question],
        scope=meetings.scopes[scope],
        sample=meetings.samples[sample],
        first=meetings.candidates[sides[:, 0]],
        second=meetings.candidates[sides[:, 1]],
        state=state.astype(np.int64),
        win=shares[:, 0] * judged,
        tie=shares[:, 1] * judged,
        loss=shares[:, 2] * judged,
        label=np.where(judged, label, 0).astype(np.int64),
        placements=np.where(settled, 0, placements),
        flipped=flipped & judged & ~settled,
        opposed=opposed & judged & ~settled,
        settled=settled & judged,
        texts_differ=there & (ended[0].prompts != ended[1].prompts),
        as_first=points[:, 0],
        as_second=points[:, 1],
    )
    excluded = settled & (rule.filtered == "exclude")
    turns = meetings.turns[question]
    asked = (turns == 0) | (meetings.scopes[scope] <= turns)
    planned = asked & ~excluded & (there | meetings.complete)
    return found.take(planned)


def _state(size: int, cell: Codes, kind: Codes) -> Codes:
    """Return the best thing that happened in each cell: judged, else unreadable, else unanswered, else missing."""
    state = np.full(size, int(State.MISSING))
    meaning = {Kind.UNANSWERED: State.UNANSWERED, Kind.UNREADABLE: State.UNREADABLE, Kind.VERDICT: State.JUDGED}
    for one, becomes in meaning.items():
        state[cell[kind == one]] = becomes
    return state


def _plurality(votes: Reals | Codes) -> Codes:
    """Return the label with most votes, a tie where two labels have as many: agree, else tie (Zheng et al. 2023)."""
    win, tie, loss = votes
    label = np.where(win > np.maximum(tie, loss), 1, np.where(loss > np.maximum(tie, win), -1, 0))
    return label.astype(np.int64)
