"""A comparison of two candidates as data, before anyone draws it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from judge.certificate import Certificate
from judge.columns import Codes, Flags
from judge.comparison import Comparisons, State
from judge.ploys import Suspect
from judge.records import Plan
from judge.report.correction import Correction
from judge.resolve import Material, Struck
from judge.stats.intervals import Estimate, cluster_mean
from judge.stats.power import questions_needed
from judge.stats.significance import holm, p_value
from judge.stats.win_rate import WinRates, win_rates
from judge.stopping import Order, Stopping, anytime, ends, sequence, stopping
from judge.thrift import Spared

Source: TypeAlias = Literal["verdicts", "scores", "human"]


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the planned comparisons; they add up: planned = judged + unreadable + unanswered + missing.

    `missing` holds what was never judged, of which `no_dialogue` lacks an answer. `answered` = planned - no_dialogue.
    """

    planned: int
    answered: int
    judged: int
    unreadable: int
    unanswered: int
    missing: int
    no_dialogue: int
    both_placements: int
    flipped: int
    opposed: int
    settled: int
    texts_differ: int


@dataclass(frozen=True, slots=True)
class Share:
    """Win, tie and loss of the first candidate on some part of the questions; rates are None where nothing was judged."""

    name: str
    questions: int
    win: float
    tie: float
    loss: float
    rates: WinRates | None
    counts: Counts
    p: float | None = None  # of win+½tie against 50, adjusted over the abilities shown together (Holm 1979)


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether the first candidate may take the second one's place, and what it rests on.

    switch: the interval of win+½tie lies above 50 - margin. keep: it lies below 50 (and not above 50 - margin). undecided:
    neither; then `questions_needed` says how many questions would settle it if the present gap holds (80 % power), None
    if none would. `fragile`: what was not judged could turn it, had all of it been lost, or won.
    """

    answer: Literal["switch", "keep", "undecided"]
    better: bool  # the interval lies above 50
    margin: float
    questions_needed: int | None
    fragile: bool


@dataclass(frozen=True, slots=True)
class Member:
    """One judge of a panel: what it judged, its own win+½tie, its flips, and how often its label is the panel's (%).

    accuracy: how often it is estimated to be right, from the labels of three or more judges alone (%; Dawid and Skene
    1979); weight: by which its vote counts, 1 where all count alike.
    """

    judge: str
    judged: int
    half_tie: Estimate | None
    flipped: int
    both_placements: int
    agreement: float | None
    accuracy: float | None = None
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class CompareReport:
    """One candidate against another, by one judge or by people."""

    first: str
    second: str
    bank: str
    judge: str
    source: Source
    scope: str
    plan: Plan
    decision: Decision | None
    overall: Share
    reverse_open: Estimate | None  # OPEN of the second candidate against the first
    abilities: tuple[Share, ...]
    turns: tuple[Share, ...]
    members: tuple[Member, ...]  # of a panel; empty where one judge judged
    suspects: tuple[Suspect, ...]  # what in the answers seems meant for the judge
    certificate: Certificate | None = None  # of the judge; people have none
    correction: Correction | None = None  # by people's drawn verdicts, where there are some
    corrected: Decision | None = None  # what the corrected figure says
    stopping: Stopping | None = None  # how far judging went, where it could stop early
    spared: Spared | None = None  # what a cascade left to the offline judge
    again: Again | None = None  # single verdicts that were asked again swapped
    struck: Struck = ()  # questions that people took out of the scores


@dataclass(frozen=True, slots=True)
class Again:
    """Verdicts in doubt that were asked again swapped, and how many then differed; none of it is in any figure."""

    asked: int
    changed: int


def compare_report(
    material: Material,
    comparisons: Comparisons,
    plan: Plan,
    source: Source,
    *,
    members: Sequence[Member] = (),
    suspects: Sequence[Suspect] = (),
    order: Order | None = None,
) -> CompareReport:
    """Say how the first of two candidates stands against the second.

    order: of the questions, where judging could stop early; all intervals then allow for it.
    """
    first, second = (material.names[int(code)] for code in material.candidates)
    overall = share("全部", comparisons, plan, order)
    judged = comparisons.take(comparisons.judged)
    reverse = cluster_mean(judged.loss + judged.tie, judged.question, plan.confidence)
    if reverse is not None and order is not None:
        low, high = ends(sequence(comparisons.loss + comparisons.tie, comparisons, order), plan)
        reverse = replace(reverse, low=low, high=high, effective=None)
    ability = abilities_of(material, comparisons.question)

    def part(name: str, inside: Flags) -> Share:
        rows = comparisons.take(inside)
        return share(name, rows, plan, None if order is None else order.among(rows.question))

    decision = None if overall.rates is None else decide(overall.rates, plan)
    scopes = np.unique(comparisons.scope)
    return CompareReport(
        first=first,
        second=second,
        bank=material.bank.name,
        judge=material.judge,
        source=source,
        scope="dialogue" if 0 in scopes else "turns",
        plan=plan,
        # What was not asked yet is no gap in what was.
        decision=decision if decision is None or order is None else replace(decision, fragile=False),
        overall=overall,
        reverse_open=None if reverse is None else reverse.scaled(100),
        abilities=_adjusted(
            (part(name, ability == at) for at, name in enumerate(material.abilities) if (ability == at).any()), order
        ),
        turns=_adjusted((part(f"第 {turn} 轮", comparisons.scope == turn) for turn in scopes if turn), order),
        members=tuple(members),
        suspects=tuple(suspects),
        stopping=None if order is None else stopping(comparisons, order, plan),
        struck=material.struck,
    )


def _adjusted(parts: Iterable[Share], order: Order | None) -> tuple[Share, ...]:
    """Say of each part whether its difference is more than chance, all parts taken together.

    Not where judging could stop early: the whole decided when, and no part has a p value of its own.
    """
    found = tuple(parts)
    if order is not None:
        return found
    adjusted = iter(holm([p_value(one.rates.half_tie, 50.0, 100.0) for one in found if one.rates is not None]))
    return tuple(one if one.rates is None else replace(one, p=next(adjusted)) for one in found)


def member(judge: str, own: Comparisons, whole: Comparisons, plan: Plan) -> Member:
    """Say how one judge of a panel stands to the panel."""
    judged = own.take(own.judged)
    half_tie = cluster_mean(judged.half_tie, judged.question, plan.confidence)
    number = counts(own)
    same = own.label[own.judged] == whole.label[own.judged]
    return Member(
        judge,
        number.judged,
        None if half_tie is None else half_tie.scaled(100),
        number.flipped,
        number.both_placements,
        100 * float(same.mean()) if len(same) else None,
    )


def share(name: str, comparisons: Comparisons, plan: Plan, order: Order | None = None) -> Share:
    """Count and rate some part of the comparisons; `order`: of its questions, where judging could stop early."""
    judged = comparisons.take(comparisons.judged)
    missing = len(comparisons) - len(judged)
    rates = win_rates(judged.win, judged.tie, judged.question, missing, plan.confidence)
    return Share(
        name,
        len(np.unique(comparisons.question)),
        float(judged.win.sum()),
        float(judged.tie.sum()),
        float(judged.loss.sum()),
        rates if rates is None or order is None else anytime(rates, comparisons, order, plan),
        counts(comparisons),
    )


def counts(comparisons: Comparisons) -> Counts:
    """Count what became of each planned comparison."""
    state = np.bincount(comparisons.state, minlength=len(State))
    return Counts(
        planned=len(comparisons),
        answered=len(comparisons) - int(state[State.NO_DIALOGUE]),
        judged=int(state[State.JUDGED]),
        unreadable=int(state[State.UNREADABLE]),
        unanswered=int(state[State.UNANSWERED]),
        missing=int(state[State.MISSING] + state[State.NO_DIALOGUE]),
        no_dialogue=int(state[State.NO_DIALOGUE]),
        both_placements=int((comparisons.placements == 2).sum()),
        flipped=int(comparisons.flipped.sum()),
        opposed=int(comparisons.opposed.sum()),
        settled=int(comparisons.settled.sum()),
        texts_differ=int(comparisons.texts_differ.sum()),
    )


def decide(rates: WinRates, plan: Plan) -> Decision:
    """Decide from the interval of win+½tie (0 to 100) and the margin that does not matter."""
    half_tie, floor = rates.half_tie, 50 - plan.margin
    worst, best = rates.half_tie_bounds
    if half_tie.low > floor:
        return Decision("switch", half_tie.low > 50, plan.margin, None, fragile=worst <= floor)
    if half_tie.high < 50:
        return Decision("keep", False, plan.margin, None, fragile=best >= 50)
    # Whichever of the two bounds the present estimate lies beyond can be told apart, the nearer decision wins.
    share = half_tie.scaled(1 / 100)
    bounds = [bound / 100 for bound, beyond in ((floor, half_tie.value > floor), (50, half_tie.value < 50)) if beyond]
    needed = [questions_needed(share, bound, plan.confidence) for bound in bounds]
    settled = min((count for count in needed if count is not None), default=None)
    return Decision("undecided", False, plan.margin, settled, fragile=False)


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Drop what all names share up to a slash, where what is left still tells them apart."""
    heads = {name.rpartition("/")[0] for name in names}
    tails = [name.rpartition("/")[2] for name in names]
    return dict(zip(names, tails if len(heads) == 1 and len(set(tails)) == len(tails) else names, strict=True))


def abilities_of(material: Material, questions: Codes) -> Codes:
    """Return the position of each question's ability."""
    return material.questions.ability[np.searchsorted(material.questions.code, questions)]
