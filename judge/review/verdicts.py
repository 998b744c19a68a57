"""What people said of a judge's comparisons, and with which probability each came to be asked: what corrections may use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from judge import resolve
from judge.certificate import Evidence
from judge.columns import Codes, Flags, JudgmentColumns, Kind, Reals
from judge.comparison import Comparisons, State
from judge.hearing import Heard, combine, evidence_of
from judge.limits import LIMITS, Limit
from judge.meetings import positions
from judge.records import Plan
from judge.review.draws import Draw, draws_of
from judge.stats.prediction_powered import Audits
from judge.store import Store


@dataclass(frozen=True, slots=True)
class DrawState:
    """One draw, its items of these candidates: how many, how many have a verdict, which share of its mass was uniform.

    usable: everything looked at here could have been drawn; else it says nothing of the whole.
    """

    name: str
    items: int
    judged: int
    uniform: float
    usable: bool = True


@dataclass(frozen=True)
class Spoken:
    """All that people said of a bank that stands and is about what a judge was heard on; and how each came to be asked.

    probability: nan where it is not known here. batch: draws in the order they were made. judged: of each row's draw, the
    share of items that was judged so far: they are shown in random order.
    """

    rows: JudgmentColumns
    probability: Reals
    batch: Codes
    judged: Reals
    draws: tuple[DrawState, ...]

    @property
    def drawn(self) -> Flags:
        return np.asarray(~np.isnan(self.probability), np.bool_)


@dataclass(frozen=True)
class People:
    """What people said of some rows.

    audits: positions among the rows with a known probability, and people's points of the first; label: 1, 0, -1 and
    open_points: win + tie of each audit. chosen: rows people judged without being drawn from these: shown, never part of a
    corrected figure. implied: people scored answers: what was drawn are questions, and all pairs on them.
    """

    audits: Audits
    label: Codes
    open_points: Reals
    chosen: int
    draws: tuple[DrawState, ...]
    reviewers: int
    implied: bool = False


NOBODY = Audits(np.zeros(0, np.int64), np.zeros(0), np.ones(0), np.zeros(0, np.int64))


def spoken(store: Store, heard: Heard, plan: Plan) -> Spoken:
    """Read what people said on what a judge was heard on."""
    material = heard.material
    bank, codes = material.bank.name, material.candidates.tolist()
    with store.at_once() as still:
        everything = still.human_columns(bank, plan.history)
        origin = still.human_draws(bank, plan.history)
    draws = [one for one in draws_of(store, bank) if one.history == plan.history]
    cells = store.dialogue_keys(bank, plan.history) if draws else {}
    questions, candidates = _looked_at(store, heard) if draws else (set(), set())
    states = {one.name: _state(one, cells, everything, codes, one.covers(questions, candidates)) for one in draws}
    others = dict.fromkeys(name for ways in origin for _, name in ways if name not in states)
    order = {name: at for at, name in enumerate([*others, *states])}
    narrow = {name for name, one in states.items() if not one.usable}
    shares = {name: one.judged / one.items for name, one in states.items() if one.items and one.judged}
    inside = (everything.kind != Kind.UNANSWERED) & np.isin(everything.scope, np.unique(heard.comparisons.scope))
    inside &= np.isin(everything.question, material.questions.code)
    inside &= np.isin(everything.first, codes) & np.isin(everything.second, [0, *codes])
    asked = [next((way for way in ways if way[1] not in narrow), (np.nan, None)) for ways in origin]
    return Spoken(
        everything.take(inside),
        np.array([chance for chance, _ in asked], np.float64)[inside],
        np.array([-1 if name is None else order[name] for _, name in asked], np.int64)[inside],
        np.array([1.0 if name is None else shares.get(name, 1.0) for _, name in asked], np.float64)[inside],
        tuple(one for one in states.values() if one.items),
    )


def _looked_at(store: Store, heard: Heard) -> tuple[set[str], set[str]]:
    """Return the keys of the questions and candidates there are comparisons of."""
    there = heard.comparisons.take(heard.comparisons.state != State.NO_DIALOGUE)
    keys = {code: key for key, code in store.question_codes(heard.material.bank.name).items()}
    names = store.candidate_keys()
    questions = {keys[code] for code in np.unique(there.question).tolist()}
    return questions, {names[code] for code in np.unique(np.concatenate([there.first, there.second])).tolist()}


def _state(
    draw: Draw,
    cells: Mapping[str, tuple[int, int, int]],
    everything: JudgmentColumns,
    candidates: list[int],
    usable: bool,
) -> DrawState:
    """Count the items of a draw that are of these candidates, and those that have a verdict."""
    answered = set(_targets(everything.take(everything.kind != Kind.UNANSWERED)))
    mine = []
    for item in draw.items:
        shown = [cells[key] for key in item.dialogues if key in cells]
        if len(shown) == len(item.dialogues) and all(cell[1] in candidates for cell in shown):
            question, _, sample = shown[0]
            mine.append((question, item.scope, sample, frozenset(cell[1] for cell in shown)))
    return DrawState(draw.name, len(mine), sum(one in answered for one in mine), draw.uniform, usable)


Target: TypeAlias = tuple[int, int, int, frozenset[int]]  # question, scope, sample, and whose answers are judged


def _targets(rows: JudgmentColumns) -> Iterator[Target]:
    """Yield what every row is about, whichever side stood left."""
    columns = (rows.question, rows.scope, rows.first_sample, rows.first, rows.second)
    for question, scope, sample, first, second in zip(*(one.tolist() for one in columns), strict=True):
        yield question, scope, sample, frozenset({first, second} - {0})


def evidence_on(store: Store, heard: Heard, plan: Plan, limits: Mapping[str, Limit] = LIMITS) -> Evidence:
    """Gather what a certificate is computed from; where people judged drawn items, these alone, each by its chance."""
    found = evidence_of(store, heard, plan, limits)
    if found.people is None:
        return found
    everything = np.ones(len(heard.comparisons), bool)
    audits = people_on(spoken(store, heard, plan), heard, plan, everything).audits
    if not len(audits):
        return found
    weight = np.zeros(len(everything))
    weight[audits.at] = 1 / audits.probability
    return replace(found, weight=weight, drawn=True)


def people_on(said: Spoken, heard: Heard, plan: Plan, rows: Flags) -> People:
    """Lay people's verdicts over some rows of what a judge said; of each row one value, over its reviewers."""
    drawn = said.drawn
    chosen = _judged_rows(heard, plan, said.rows.take(~drawn), rows)
    more = np.zeros(int(rows.sum()), bool) if chosen is None else chosen.judged & ~chosen.settled
    reviewers = len(np.unique(said.rows.repeat))
    people = _judged_rows(heard, plan, said.rows.take(drawn), rows)
    if people is None:
        nothing = np.zeros(0, np.int64)
        return People(NOBODY, nothing, np.zeros(0), int(more.sum()), said.draws, reviewers)
    row = _row_of(people, said.rows.take(drawn))
    at = np.flatnonzero(people.judged & ~people.settled & (row >= 0))
    origin = np.flatnonzero(drawn)[row[at]]
    audits = _audits(at, people.half_tie[at], said, origin)
    more[at] = False
    implied = not bool((said.rows.second[drawn] > 0).any())
    return People(
        audits, people.label[at], (people.win + people.tie)[at], int(more.sum()), said.draws, reviewers, implied
    )


def _audits(at: Codes, value: Reals, said: Spoken, origin: Codes) -> Audits:
    """Return audits of some positions, each as it came to be asked: by the row of what people said it stands on."""
    judged = said.judged[origin]
    batch = np.unique(said.batch[origin], return_inverse=True)[1].ravel().astype(np.int64)
    return Audits(at, value, np.minimum(said.probability[origin] * judged, 1.0), batch, judged)


@dataclass(frozen=True)
class Scored:
    """One candidate's answers as a judge scored them, in shares of full points, and what people said of a drawn part.

    One value per question, the mean over its turns and samples: what is drawn is a question.
    """

    said: Reals
    questions: Codes
    audits: Audits


def scores_on(said: Spoken, heard: Heard) -> dict[int, Scored] | None:
    """Lay people's scores over a judge's, by candidate; None where the judge gave none or people scored nothing drawn."""
    material, reviews = heard.material, said.rows
    known = said.drawn & reviews.scored & (reviews.second == 0)
    if heard.source != "scores" or not known.any():
        return None
    found = {}
    for code in material.candidates.tolist():
        mine = material.judgments.take(material.judgments.scored & (material.judgments.first == code))
        questions, value = _by_question(mine.take(np.isin(mine.scope, np.unique(heard.comparisons.scope))))
        theirs = np.flatnonzero(known & (reviews.first == code))
        answered, people = _by_question(reviews.take(theirs))
        kept, at = positions(answered, questions)
        origin = theirs[np.unique(reviews.question[theirs], return_index=True)[1]][kept]
        found[code] = Scored(value, questions, _audits(at[kept], people[kept], said, origin))
    return found


def _by_question(rows: JudgmentColumns) -> tuple[Codes, Reals]:
    """Return questions and the mean share of full points on each."""
    share = (rows.value - rows.worst) / (rows.best - rows.worst)
    questions, place = np.unique(rows.question, return_inverse=True)
    count = np.bincount(place.ravel(), minlength=len(questions))
    total = np.bincount(place.ravel(), share, len(questions))
    return questions.astype(np.int64), np.asarray(total / np.maximum(count, 1), np.float64)


def _judged_rows(heard: Heard, plan: Plan, reviews: JudgmentColumns, rows: Flags) -> Comparisons | None:
    """Return people's verdicts on the same rows; None where there are none."""
    if not len(reviews):
        return None
    material = heard.material
    theirs = replace(material, judge=resolve.PEOPLE, judge_code=None, judgments=reviews)
    pairs = material.judged_pairs() if material.paired else None
    scopes = np.unique(heard.comparisons.scope)
    return combine(theirs, plan, pairs=pairs, scopes=scopes)[0].take(rows)


def _row_of(people: Comparisons, reviews: JudgmentColumns) -> Codes:
    """Return for every comparison a row of what people said on which it stands; -1 where its draw is not known.

    A comparison that two scores imply was drawn with its question: it stands on the first one's score, where both were
    scored.
    """
    row: dict[Target, int] = {}
    for at, target in enumerate(_targets(reviews)):
        row.setdefault(target, at)
    columns = (people.question, people.scope, people.sample, people.first, people.second)
    found = []
    for question, scope, sample, first, second in zip(*(one.tolist() for one in columns), strict=True):
        both = row.get((question, scope, sample, frozenset({first, second})), -1)
        one, other = (row.get((question, scope, sample, frozenset({side})), -1) for side in (first, second))
        found.append(both if both >= 0 else one if one >= 0 and other >= 0 else -1)
    return np.array(found, np.int64)
