"""The queue of a bank: what a judge said of its candidates, what speaks against each verdict, and whether the queue is any good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from judge import resolve
from judge.certificate import Certificate, certify
from judge.columns import Codes, Flags, Reals
from judge.comparison import Comparisons, State
from judge.errors import NothingToCompare
from judge.hearing import Heard, hear
from judge.limits import LIMITS, Limit
from judge.records import Plan
from judge.report.build import abilities_of
from judge.resolve import Material
from judge.review.disputes import (
    ENOUGH,
    Capture,
    Reason,
    Signals,
    Unjudged,
    capture,
    doubt,
    learned,
    reasons,
)
from judge.review.signals import leanings, signals_of
from judge.review.verdicts import People, Scored, evidence_on, people_on, scores_on, spoken
from judge.store import Store


@dataclass(frozen=True)
class Queue:
    """Planned comparisons whose dialogues exist, with what speaks against each.

    doubts: in [0, 1], by `way`. said: points of the first, a half where nothing was judged. people: who has judged what.
    """

    heard: Heard
    rows: Comparisons
    signals: Signals
    doubts: Reals
    way: Literal["formula", "learned"]
    capture: Capture | None
    people: People
    certificate: Certificate
    leans: Mapping[str, Reals]  # margin, offline, strength: in favour of the first, nan where not known
    scores: Mapping[int, Scored] | None = None  # by candidate, where judge and people score answers one by one

    @property
    def unjudged(self) -> Flags:
        """Tell which rows the judge left open."""
        return np.asarray(~self.rows.judged, np.bool_)

    @property
    def said(self) -> Reals:
        return np.asarray(np.where(self.rows.judged, self.rows.half_tie, 0.5), np.float64)

    @property
    def unfit(self) -> bool:
        """Tell whether the judge errs so often that no queue helps: another judge is needed, not more people."""
        found = self.capture
        return self.certificate.word == "unfit" and (found is None or not found.helps or found.errors > 0.4)

    @cached_property
    def features(self) -> tuple[tuple[str, ...], Reals]:
        """What people's verdicts are predicted from: names, and items × signals that change sign with the sides."""
        known = {
            "verdict": self.said - 0.5,
            **{name: lean for name, lean in self.leans.items() if name in self.signals.known},
        }
        return tuple(known), np.nan_to_num(np.stack(list(known.values()), axis=1))

    def order(self) -> Codes:
        """Return judged rows, the most doubtful first; settled ones, on which nobody was asked, are left out."""
        found = np.argsort(-self.doubts, kind="stable")
        return found[self.rows.judged[found] & ~self.rows.settled[found]].astype(np.int64)

    def open_rows(self) -> Codes:
        """Return rows without a verdict, which come before all others."""
        return np.flatnonzero(self.unjudged).astype(np.int64)

    def why(self, at: int) -> tuple[Reason, ...]:
        """Say what speaks against one row."""
        state = STATES[State(int(self.rows.state[at]))]
        return reasons(self.signals, at, tie=int(self.rows.label[at]) == 0, state=state)


CALIBRATED = 60  # audits from which other signals are worth learning from: with fewer the verdicts alone save more (2b)
STATES: Mapping[State, Unjudged | None] = {
    State.JUDGED: None,
    State.UNREADABLE: "unread",
    State.UNANSWERED: "unanswered",
    State.MISSING: "missing",
    State.NO_DIALOGUE: "missing",
}


def queue(store: Store, plan: Plan, limits: Mapping[str, Limit] = LIMITS, last: Queue | None = None) -> Queue:
    """Gather the queue of a plan's bank and judge; raises NothingToCompare and InputError as `hear` does.

    last: the same queue a while ago; what the judge's verdicts alone decide is taken from it where they have not changed.
    """
    bank = resolve.one_bank(store, plan.bank)
    try:
        heard = hear(store, bank, resolve.chosen(plan, store.candidates(bank)), plan)
    except NothingToCompare as error:
        fix = "先让一个评委评，再来抽查：人判过的拿来量评委，不是评委"
        raise NothingToCompare(error.message, fix=fix if "--human" in (error.fix or "") else error.fix) from error
    return queue_of(store, heard, plan, certify(evidence_on(store, heard, plan, limits)), last=last)


def queue_of(
    store: Store,
    heard: Heard,
    plan: Plan,
    certificate: Certificate,
    *,
    triage: bool = True,
    last: Queue | None = None,
) -> Queue:
    """Gather the queue of what a judge of this certificate said; without `triage` what a correction can do without is left out."""
    there = heard.comparisons.state != State.NO_DIALOGUE
    rows = heard.comparisons.take(there)
    said = spoken(store, heard, plan)
    people = people_on(said, heard, plan, there)
    helps = triage or CALIBRATED <= len(people.audits) < len(rows)  # of a census nothing is left to predict
    tie = rows.label == 0
    same = last is not None and _same(last.rows, rows)
    leans = last.leans if last is not None and same else leanings(store, heard, plan, rows, offline=helps)
    signals = signals_of(store, heard, plan, rows, there, leans)
    doubts = doubt(signals, tie, ~rows.judged)
    way: Literal["formula", "learned"] = "formula"
    errors, seen = _errors(rows, people), None
    if len(errors[0]):
        at, wrong, weight = errors
        seen = capture(doubts[at], wrong, weight)
        if seen is not None and len(at) >= ENOUGH and wrong.sum() >= 20:
            names = signals.known
            table = np.stack([getattr(signals, name) for name in names], axis=1)
            found = learned(table, at, wrong, rows.question)
            better = capture(found.audited, wrong, weight)
            if better is not None and better.found[1] > seen.found[1]:
                doubts = np.where(rows.judged, np.where(tie, found.everywhere / 2, found.everywhere), 1.0)
                way, seen = "learned", better
    return Queue(heard, rows, signals, doubts, way, seen, people, certificate, leans, scores_on(said, heard))


def _same(before: Comparisons, rows: Comparisons) -> bool:
    """Tell whether a judge said the same on the same rows."""
    names = ("question", "scope", "sample", "first", "second", "label", "half_tie")
    return len(before) == len(rows) and all(np.array_equal(getattr(before, one), getattr(rows, one)) for one in names)


def _errors(rows: Comparisons, people: People) -> tuple[Codes, Flags, Reals]:
    """Return the audited rows that judge and people both decided, where they name opposite winners, and their weights."""
    at = people.audits.at
    both = (rows.label[at] != 0) & (people.label != 0) & rows.judged[at] & ~rows.settled[at]
    return at[both], rows.label[at][both] != people.label[both], 1 / people.audits.probability[both]


def about(material: Material, rows: Comparisons, at: int, ids: Mapping[int, str]) -> dict[str, object]:
    """Name one row: question, ability, the two candidates, the scope and the sample."""
    ability = int(abilities_of(material, rows.question[at : at + 1])[0])
    return {
        "question": ids[int(rows.question[at])],
        "ability": material.abilities[ability],
        "scope": int(rows.scope[at]),
        "sample": int(rows.sample[at]),
        "first": material.names[int(rows.first[at])],
        "second": material.names[int(rows.second[at])],
    }
