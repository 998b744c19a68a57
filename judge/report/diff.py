"""Two runs side by side: what changed between them, and what that did, question by question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from judge.columns import Codes, Reals
from judge.comparison import Comparisons
from judge.records import Candidate, Judge, Question
from judge.report.board import met_by
from judge.report.build import abilities_of
from judge.resolve import Material
from judge.stats.intervals import Estimate, cluster_mean
from judge.stats.significance import holm, p_value, paired


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not the same in both runs; `what` is a key of words under `change`, `name` whose it is."""

    what: str
    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What one candidate's win plus half a tie (%) was before and after, on the questions and opponents of both runs.

    difference: after less before, paired by question; p: adjusted over all effects of its kind (Holm 1979). flipped:
    questions on which its verdict is another one, of so many. ability: None for all abilities together.
    """

    candidate: str
    was: str  # under which name it ran before
    ability: str | None
    before: Estimate
    after: Estimate
    difference: Estimate
    p: float
    flipped: int


@dataclass(frozen=True, slots=True)
class Diff:
    """What changed between two runs and what it did; the first effect is the one to read first."""

    before: str
    after: str
    changes: tuple[Change, ...]
    effects: tuple[Effect, ...]


@dataclass(frozen=True)
class Side:
    """One run: its comparisons, and the records behind its names."""

    name: str
    material: Material
    comparisons: Comparisons
    candidates: Mapping[str, Candidate]
    judges: Sequence[Judge]
    questions: Mapping[str, Question]  # by id


def diff(before: Side, after: Side, confidence: float = 0.95) -> Diff:
    """Set two runs of one bank side by side."""
    changes = [*_judges(before, after), *_candidates(before, after), *_bank(before, after)]
    return Diff(before.name, after.name, tuple(changes), tuple(_effects(before, after, confidence)))


def _judges(before: Side, after: Side) -> Iterator[Change]:
    if len(before.judges) != 1 or len(after.judges) != 1:
        names = ["、".join(one.name for one in side.judges) for side in (before, after)]
        if names[0] != names[1]:
            yield Change("judge", "", names[0], names[1])
        return
    one, other = before.judges[0], after.judges[0]
    if one.name != other.name:
        yield Change("judge", "", one.name, other.name)
    for field in ("protocol", "template", "rubric", "reader"):
        said = getattr(one, field), getattr(other, field)
        if said[0] != said[1]:
            yield Change(field, "", *(_short(text) for text in said))
    yield from _models(other.name, one, other)


def _candidates(before: Side, after: Side) -> Iterator[Change]:
    gone = [name for name in before.candidates if name not in after.candidates]
    new = [name for name in after.candidates if name not in before.candidates]
    if gone or new:
        yield Change("candidates", "", "、".join(gone) or "—", "、".join(new) or "—")
    for name in before.candidates.keys() & after.candidates.keys():
        yield from _models(name, before.candidates[name], after.candidates[name])


def _models(name: str, one: Candidate | Judge, other: Candidate | Judge) -> Iterator[Change]:
    for field in fields(one.model):
        said = getattr(one.model, field.name), getattr(other.model, field.name)
        if said[0] != said[1]:
            yield Change(field.name, name, *(_short(_plain(value)) for value in said))


def _bank(before: Side, after: Side) -> Iterator[Change]:
    one, other = before.questions, after.questions
    for what, count in (
        ("added", len(other.keys() - one.keys())),
        ("removed", len(one.keys() - other.keys())),
        ("rewritten", sum(one[at] != other[at] for at in one.keys() & other.keys())),
    ):
        if count:
            yield Change(what, str(count), str(len(one)), str(len(other)))


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(f"{name}={said}" for name, said in value)
    return "" if value is None else str(value)


def _short(text: str) -> str:
    return f"{text[:60]}…" if len(text) > 60 else text or "—"


def _effects(before: Side, after: Side, confidence: float) -> list[Effect]:
    """Compare candidates of both runs with themselves, and the one that was replaced with its successor."""
    old, new = list(before.candidates), list(after.candidates)
    both = [(name, name) for name in new if name in old]
    gone, come = [one for one in old if one not in new], [one for one in new if one not in old]
    if len(both) == 2 and not (gone or come):
        both = both[:1]  # what one of a pair gains, the other loses
    chosen = [*(zip(gone, come, strict=True) if len(gone) == len(come) == 1 else ()), *both]
    found = [one for was, name in chosen if (one := _effect(before, after, was, name, None, confidence)) is not None]
    if not found:
        return []
    found = _adjusted(found)
    first = found[0]
    parts = [
        one
        for ability in after.material.abilities
        if (one := _effect(before, after, first.was, first.candidate, ability, confidence)) is not None
    ]
    return [*found, *_adjusted(parts)]


def _adjusted(effects: list[Effect]) -> list[Effect]:
    values = holm([one.p for one in effects])
    return [
        Effect(one.candidate, one.was, one.ability, one.before, one.after, one.difference, p, one.flipped)
        for one, p in zip(effects, values, strict=True)
    ]


def _effect(before: Side, after: Side, was: str, name: str, ability: str | None, confidence: float) -> Effect | None:
    opponents = (before.candidates.keys() & after.candidates.keys()) - {was, name}
    sides = [_values(side, one, opponents, ability) for side, one in ((before, was), (after, name))]
    (old, old_questions), (new, new_questions) = sides
    shared = np.intersect1d(old_questions, new_questions)
    gap = paired(new, new_questions, old, old_questions, confidence, within=(-100, 100))
    if gap is None:
        return None
    kept = [np.isin(questions, shared) for _, questions in sides]
    means = [
        cluster_mean(values[inside] / 100, questions[inside], confidence)
        for (values, questions), inside in zip(sides, kept, strict=True)
    ]
    assert means[0] is not None
    assert means[1] is not None
    signs = [
        np.array([np.sign(values[questions == question].mean() - 50) for question in shared])
        for values, questions in sides
    ]
    flipped = int((signs[0] != signs[1]).sum())
    return Effect(name, was, ability, means[0].scaled(100), means[1].scaled(100), gap, p_value(gap, 0.0), flipped)


def _values(side: Side, name: str, opponents: set[str], ability: str | None) -> tuple[Reals, Codes]:
    """Return a candidate's points (%) and the identities of their questions, against opponents that both runs have."""
    code = next(code for code, known in side.material.names.items() if known == name)
    met = met_by(side.comparisons, code)
    others = [one for one, known in side.material.names.items() if known in opponents]
    met = met.take(met.judged & np.isin(met.second, others))
    if ability is not None:
        at = side.material.abilities.index(ability) if ability in side.material.abilities else -1
        met = met.take(abilities_of(side.material, met.question) == at)
    questions = side.material.questions
    identity = questions.identity[np.searchsorted(questions.code, met.question)] if len(met) else met.question
    return 100 * met.half_tie, identity
