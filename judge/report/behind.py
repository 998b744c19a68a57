"""What stands behind a result: the judge's certificate, its panel, null controls, how answers behave, what they cost, what broke where."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from judge.attribution import Broken
from judge.behaviour import Behaviour
from judge.certificate import Certificate, Check
from judge.report.document import Cost, Document, Profile
from judge.report.grid import NONE, Grid, Theirs, bar, minus, named, span, theirs, value
from judge.report.sentence import short
from judge.report.words import Words
from judge.stats.intervals import Estimate

POINTS = ("first", "longer", "self")  # checks in points, where others are in percent


@dataclass(frozen=True, slots=True)
class Verdict:
    """The word on a judge, its tone, the checks it rests on and what must be said of them."""

    word: str
    tone: str
    checks: Grid | None
    warnings: Sequence[str]
    notes: Sequence[str]


def certificate(document: Document, words: Words) -> Verdict:
    """Return what is known of the judge; where people judged, that there is no certificate."""
    found = document.board.certificate
    if found is None:
        return Verdict(words["certificate.people"], "plain", None, (), (words["certificate.people_note"],))
    heads = [words[f"column.{name}"] for name in ("check", "value", "questions", "rows", "alone", "unfit", "mark")]
    rows = [_check(one, words) for one in found.checks]
    drawn = [None if one.name in POINTS else bar(one.figure) for one in found.checks]
    family = [short(document, name) for name in found.family]
    joint = "、" if words.language == "zh" else ", "
    warned = [words["figure.family"].format(names=joint.join(family))] if family else []
    if found.agreement is not None and not found.drawn:
        warned.append(words["figure.chosen"])
    tone = {"alone": "good", "correct": "wait", "unfit": "bad", "unproven": "wait"}[found.word]
    checks = Grid(heads, rows, 1, drawn, 1) if rows else None
    return Verdict(words[f"certificate.{found.word}"], tone, checks, warned, _notes(found, words, joint))


def _check(one: Check, words: Words) -> list[str]:
    figure, limit = one.figure, one.limit
    signs = ("≥", "<") if limit.more else ("≤", ">")
    unit = words["unit.points" if one.name in POINTS else "unit.percent"]
    return [
        words[f"check.{one.name}"],
        minus(f"{figure.value:.1f} [{figure.low:.1f}, {figure.high:.1f}]{unit}"),
        f"{figure.clusters:,}",
        f"{figure.rows:,}",
        f"{signs[0]} {limit.alone:g}",
        NONE if math.isinf(limit.unfit) else f"{signs[1]} {limit.unfit:g}",
        words[f"mark.{one.mark}"],
    ]


def _notes(found: Certificate, words: Words, joint: str) -> list[str]:
    told = []
    missing = [words[f"check.{name}"] for name in words.under("check") if found.check(name) is None]
    if missing:
        told.append(words["figure.unmeasured"].format(names=joint.join(missing)))
    own, people = found.agreement, found.people
    if own is not None:
        told.append(
            words["figure.agreement"].format(
                items=f"{own.items:,}", raw=_share(own.raw), kappa=_plain(own.kappa), ac1=_plain(own.ac1)
            )
        )
        (loss, tie, win), (his_loss, his_tie, his_win) = own.first_base, own.second_base
        shares = {"win": win, "tie": tie, "loss": loss, "his_win": his_win, "his_tie": his_tie, "his_loss": his_loss}
        told.append(words["figure.bases"].format(**{name: f"{share:.0%}" for name, share in shares.items()}))
    if people is not None:
        told.append(
            words["figure.people"].format(
                raters=people.raters,
                items=f"{people.items:,}",
                raw=_share(people.raw),
                fleiss=_plain(people.fleiss),
                alpha=_plain(people.alpha),
                ac1=_plain(people.ac1),
            )
        )
    if found.longer_judge is not None:
        theirs = value(found.longer_people) + "%" if found.longer_people else NONE
        told.append(words["figure.longer"].format(judge=f"{found.longer_judge.value:.1f}%", people=theirs))
    if found.swap_cost is not None:
        told.append(words["figure.swap"].format(ratio=f"{found.swap_cost:.2f}"))
    return told


def _share(figure: Estimate) -> str:
    return f"{figure.value:.1%} [{figure.low:.1%}, {figure.high:.1%}]"


def _plain(figure: Estimate | None) -> str:
    return NONE if figure is None else minus(f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]")


def members(document: Document, words: Words) -> Grid | None:
    """Return the judges of a panel: what each says alone, how often it flips and agrees."""
    held = document.compare.members if document.compare is not None else document.board.members
    if not held:
        return None
    alone = any(one.half_tie for one in held)  # a board of many pairs has no one figure
    known = any(one.accuracy is not None for one in held)
    weighed = any(one.weight != 1 for one in held)
    heads = [words["member.judge"], words["count.judged"], *[words["rate.half_tie"]] * alone, words["count.flipped"]]
    heads += [words["member.agreement"], *[words["member.accuracy"]] * known, *[words["member.weight"]] * weighed]
    rows = []
    for one in held:
        flips = f"{one.flipped} / {one.both_placements}" if one.both_placements else NONE
        row = [theirs(one.judge), f"{one.judged:,}", *[span(one.half_tie)] * alone, flips, _percent(one.agreement)]
        rows.append([*row, *[_percent(one.accuracy)] * known, *[f"{one.weight:.2f}"] * weighed])
    return Grid(heads, rows)


def _percent(figure: float | None) -> str:
    return NONE if figure is None else f"{figure:.1f}%"


def controls(document: Document, words: Words) -> Grid | None:
    """Return what answers without content got from the judge."""
    if not document.board.controls:
        return None
    heads = [words["figure.control"], words["rate.baseline"], words["column.questions"], words["rate.open"]]
    heads += [words["rate.half_tie"], words["figure.expected"], words["column.mark"]]
    rows = [
        [
            words[f"control.{one.kind}"],
            named(document, one.baseline),
            f"{one.judged:,}",
            value(one.open_score),
            span(one.half_tie),
            f"{one.expected:.0f}",
            words["control.suspicious" if one.suspicious else "control.fine"],
        ]
        for one in document.board.controls
    ]
    return Grid(heads, rows, 2)


def behaviour(document: Document, words: Words) -> tuple[Grid, list[str]]:
    """Return behaviours that somebody showed, as dialogues and their share, and the names of those that nobody showed."""
    seen = [kind for kind in Behaviour if any(one.seen.get(kind) for one in document.profiles)]
    heads = [words["column.candidate"], words["column.dialogues"], words["column.median_chars"]]
    heads += [words[f"behaviour.{kind}"] for kind in seen]
    rows = [
        [
            named(document, one.candidate),
            f"{one.dialogues:,}",
            NONE if one.median_chars is None else f"{one.median_chars:,.0f}",
            *(_rate(one, kind) for kind in seen),
        ]
        for one in document.profiles
    ]
    return Grid(heads, rows), [words[f"behaviour.{kind}"] for kind in Behaviour if kind not in seen]


def _rate(profile: Profile, kind: Behaviour) -> str:
    number = profile.seen.get(kind, 0)
    if not number:
        return NONE
    rate = number / max(1, profile.dialogues)
    return f"{number:,} ({rate:.0%})" if rate >= 0.01 else f"{number:,} ({rate:.1%})"


def costs(document: Document, words: Words) -> Grid:
    """Return what was paid for whom; columns of which nothing was recorded are left out."""
    columns: list[tuple[str, Callable[[Cost], str]]] = [("calls", lambda one: f"{one.calls:,}")]
    if any(one.counted for one in document.costs):
        columns += [
            ("counted", lambda one: f"{one.counted:,}"),
            ("input_tokens", lambda one: f"{one.input_tokens:,}" if one.counted else NONE),
            ("output_tokens", lambda one: f"{one.output_tokens:,}" if one.counted else NONE),
            ("yuan", lambda one: NONE if one.yuan is None else f"{one.yuan:,.2f}"),
        ]
    heads = [words["column.name"], words["column.role"], *(words[f"column.{name}"] for name, _ in columns)]
    rows = [
        [named(document, one.name), words[f"role.{one.role}"], *(told(one) for _, told in columns)]
        for one in document.costs
    ]
    return Grid(heads, rows, 2)


@dataclass(frozen=True, slots=True)
class Clause:
    """What was said of one turn, and where."""

    question: Theirs
    candidate: Theirs
    ability: str
    turn: int
    fault: str
    words: Theirs
    by: Theirs


@dataclass(frozen=True, slots=True)
class Attribution:
    """Which turn broke what: counts by candidate and fault, by candidate and turn, and every clause."""

    faults: Grid
    turns: Grid
    clauses: Sequence[Clause]


def attribution(document: Document, words: Words) -> Attribution | None:
    """Return which turn broke what; None where nothing was said of it."""
    if not document.broken:
        return None
    kinds = [fault for fault in words.under("fault") if any(one.fault == fault for one in document.broken)]
    turns = sorted({one.turn for one in document.broken})
    clauses = [
        Clause(
            theirs(one.question),
            named(document, one.candidate),
            words.ability(one.ability),
            one.turn,
            words[f"fault.{one.fault}"],
            theirs(one.words),
            theirs(one.by),
        )
        for one in document.broken
    ]
    head = words["column.candidate"]
    return Attribution(
        Grid([head, *(words[f"fault.{one}"] for one in kinds)], _tally(document, kinds, lambda one: one.fault)),
        Grid(
            [head, *(words["figure.turn"].format(turn=one) for one in turns)],
            _tally(document, turns, lambda one: one.turn),
        ),
        clauses,
    )


def _tally(document: Document, kinds: Sequence[object], kind: Callable[[Broken], object]) -> list[list[str]]:
    rows = []
    for name in document.candidates:
        mine = [kind(one) for one in document.broken if one.candidate == name]
        if mine:
            rows.append([named(document, name), *(str(mine.count(one) or NONE) for one in kinds)])
    return rows
