"""What people said of a judge's comparisons, and with which probability each came to be asked: what corrections may use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

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
    """One draw: how many items, how many have a verdict, which share of it was uniform."""

    name: str
    items: int
    judged: int
    uniform: float | None


@dataclass(frozen=True)
class People:
    """What people said of some rows.

    audits: positions among the rows with a known probability, and people's points of the first; label: 1, 0, -1 and
    open_points: win + tie of each audit. chosen: rows people judged without being drawn from these: shown, never part of a
    corrected figure.
    """

    audits: Audits
    label: Codes
    open_points: Reals
    chosen: int
    draws: tuple[DrawState, ...]
    reviewers: int
    implied: bool = False  # people scored answers: what was drawn are questions, and all pairs on them

    @property
    def drawn(self) -> bool:
        return bool(len(self.audits))


def evidence_on(store: Store, heard: Heard, plan: Plan, limits: Mapping[str, Limit] = LIMITS) -> Evidence:
    """Gather what a certificate is computed from; where people judged drawn items, these alone, each by its chance."""
    found = evidence_of(store, heard, plan, limits)
    if found.people is None:
        return found
    everything = np.ones(len(heard.comparisons), bool)
    audits = people_on(store, heard, plan, everything).audits
    if not len(audits):
        return found
    weight = np.zeros(len(everything))
    weight[audits.at] = 1 / audits.probability
    return replace(found, weight=weight, drawn=True)


def people_on(store: Store, heard: Heard, plan: Plan, rows: Flags) -> People:
    """Lay people's verdicts over some rows of what a judge said; of each row one value, over its reviewers."""
    material = heard.material
    bank = material.bank.name
    everything = store.human_columns(bank, plan.history)
    origin = store.human_draws(bank, plan.history)
    probability = np.array([np.nan if one is None else one for one, _ in origin], np.float64)
    known_draws = {one.name: one for one in draws_of(store, bank)}
    names = [name for _, name in origin]
    narrower = _narrower(store, heard, known_draws)
    probability[np.array([name in narrower for name in names], bool)] = np.nan
    order = {
        name: at for at, name in enumerate([*dict.fromkeys(n for n in names if n not in known_draws), *known_draws])
    }
    batch = np.array([order[name] for name in names], np.int64)
    spoken = everything.kind != Kind.UNANSWERED
    states = tuple(
        _state(one, everything, batch == order[one.name]) for one in known_draws.values() if one.name in order
    )

    inside = (
        spoken
        & np.isin(everything.scope, np.unique(heard.comparisons.scope))
        & np.isin(everything.question, material.questions.code)
    )
    inside &= np.isin(everything.first, material.candidates) & np.isin(
        everything.second, [0, *material.candidates.tolist()]
    )
    drawn = inside & ~np.isnan(probability)
    size = int(rows.sum())
    chosen = _judged_rows(heard, plan, everything.take(inside & np.isnan(probability)), rows)
    nothing = Audits(np.zeros(0, np.int64), np.zeros(0), np.ones(0), np.zeros(0, np.int64))
    reviewers = len(np.unique(everything.repeat[inside]))
    if not drawn.any():
        empty = np.zeros(0, np.int64)
        return People(nothing, empty, np.zeros(0), 0 if chosen is None else int(chosen.judged.sum()), states, reviewers)
    people = _judged_rows(heard, plan, everything.take(drawn), rows)
    assert people is not None
    chance, drawn_in = _chances(people, everything.take(drawn), probability[drawn], batch[drawn])
    at = np.flatnonzero(people.judged & ~people.settled & ~np.isnan(chance))
    parts = _parts(states, order)
    judged = np.array([parts.get(one, 1.0) for one in drawn_in[at].tolist()], np.float64)
    audits = Audits(at, people.half_tie[at], np.minimum(chance[at] * judged, 1.0), _dense(drawn_in[at]), judged)
    more = 0 if chosen is None else int((chosen.judged & ~chosen.settled & ~np.isin(np.arange(size), at)).sum())
    implied = not bool((everything.second[drawn] > 0).any())
    return People(audits, people.label[at], (people.win + people.tie)[at], more, states, reviewers, implied)


def _narrower(store: Store, heard: Heard, draws: Mapping[str, Draw]) -> set[str]:
    """Return the draws that did not draw from all questions looked at here: of the others they could not have drawn any."""
    bank = heard.material.bank.name
    there = heard.comparisons.question[heard.comparisons.state != State.NO_DIALOGUE]
    codes, looked = store.question_codes(bank), set(np.unique(there).tolist())
    asked = {one.id for one in store.questions(bank) if codes[one.key] in looked} if draws else set()
    return {name for name, one in draws.items() if not asked <= set(one.questions)}


@dataclass(frozen=True)
class Scored:
    """One candidate's answers as a judge scored them, in shares of full points, and what people said of a drawn part.

    One value per question, the mean over its turns and samples: what is drawn is a question.
    """

    said: Reals
    questions: Codes
    audits: Audits


def scores_on(store: Store, heard: Heard, plan: Plan) -> dict[int, Scored] | None:
    """Lay people's scores over a judge's, by candidate; None where the judge gave none or people scored nothing drawn."""
    material = heard.material
    bank = material.bank.name
    reviews, origin = store.human_columns(bank, plan.history), store.human_draws(bank, plan.history)
    names = list(dict.fromkeys(name for _, name in origin))
    draws = {one.name: one for one in draws_of(store, bank)}
    narrower = _narrower(store, heard, draws)
    usable = np.array([one is not None and name not in narrower for one, name in origin], bool)
    known = usable & reviews.scored & (reviews.second == 0)
    if heard.source != "scores" or not known.any():
        return None
    chance = np.array([1.0 if one is None else one for one, _ in origin], np.float64)
    batch = np.array([names.index(name) for _, name in origin], np.int64)
    states = tuple(_state(one, reviews, batch == names.index(name)) for name, one in draws.items() if name in names)
    parts = _parts(states, {name: at for at, name in enumerate(names)})
    scopes, found = np.unique(heard.comparisons.scope), {}
    for code in material.candidates.tolist():
        mine = material.judgments.take(material.judgments.scored & (material.judgments.first == code))
        mine = mine.take(np.isin(mine.scope, scopes))
        questions, said = _by_question(mine)
        theirs = np.flatnonzero(known & (reviews.first == code) & np.isin(reviews.scope, scopes))
        answered, people = _by_question(reviews.take(theirs))
        kept, at = positions(answered, questions)
        first = theirs[np.unique(reviews.question[theirs], return_index=True)[1]][kept]
        judged = np.array([parts.get(one, 1.0) for one in batch[first].tolist()], np.float64)
        chances = np.minimum(chance[first] * judged, 1.0)
        audits = Audits(at[kept], people[kept], chances, _dense(batch[first]), judged)
        found[code] = Scored(said, questions, audits)
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


def _chances(people: Comparisons, reviews: JudgmentColumns, probability: Reals, batch: Codes) -> tuple[Reals, Codes]:
    """Return the chance with which every row was drawn and the draw; nan where it is not known.

    A comparison that two scores imply was drawn with its question: both have the same chance in the same draw, else it is
    not known with which chance they came together.
    """
    cell: dict[tuple[int, ...], tuple[float, int]] = {}
    pairs = bool((reviews.second > 0).any())
    columns = [reviews.question, reviews.scope, reviews.first_sample, reviews.first, reviews.second]
    for (question, scope, sample, first, second), chance, drawn in zip(
        zip(*(one.tolist() for one in columns), strict=True), probability.tolist(), batch.tolist(), strict=True
    ):
        names = (min(first, second), max(first, second)) if pairs else (first,)
        cell.setdefault((question, scope, sample, *names), (chance, drawn))
    found, drawn_in = np.full(len(people), np.nan), np.zeros(len(people), np.int64)
    for at, (question, scope, sample, first, second) in enumerate(
        zip(
            *(one.tolist() for one in (people.question, people.scope, people.sample, people.first, people.second)),
            strict=True,
        )
    ):
        if pairs:
            one = other = cell.get((question, scope, sample, min(first, second), max(first, second)))
        else:
            one, other = cell.get((question, scope, sample, first)), cell.get((question, scope, sample, second))
        if one is not None and one == other:
            found[at], drawn_in[at] = one
    return found, drawn_in


def _parts(states: tuple[DrawState, ...], order: Mapping[str, int]) -> dict[int, float]:
    """Return, by draw, the share of its items that has been judged so far: they are shown in random order."""
    return {order[one.name]: one.judged / one.items for one in states if one.items and one.judged}


def _state(draw: Draw, everything: JudgmentColumns, mine: Flags) -> DrawState:
    """Count the items of a draw that have a verdict."""
    rows = everything.take(mine & (everything.kind != Kind.UNANSWERED))
    cells = Counter(
        zip(
            rows.question.tolist(),
            rows.scope.tolist(),
            rows.first_sample.tolist(),
            np.minimum(rows.first, rows.second).tolist(),
            np.maximum(rows.first, rows.second).tolist(),
            strict=True,
        )
    )
    return DrawState(draw.name, len(draw.items), min(len(cells), len(draw.items)), draw.uniform)


def _dense(batch: Codes) -> Codes:
    return np.asarray(np.unique(batch, return_inverse=True)[1].ravel(), np.int64)
