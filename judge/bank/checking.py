"""All that can be wrong with a bank, in one go, each with its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from judge.bank import Draft, Fault, draft_of
from judge.bank.proofs import Proved, prove
from judge.bank.soundness import Unsound, unsound
from judge.records import Question

PROGRAMS = "checks"  # the folder beside a bank


@dataclass(frozen=True, slots=True)
class Checked:
    """A bank, what is wrong with it in the order of the file, and what its programs found; None: they were not run."""

    path: Path
    draft: Draft
    faults: tuple[Fault, ...]
    proved: Proved | None

    @property
    def questions(self) -> Sequence[Question]:
        return self.draft.questions


def checked(path: Path, others: Mapping[str, Sequence[str]] | None = None, *, run_programs: bool = False) -> Checked:
    """Check a bank; others: texts that none of its questions should be nearly the same as, by what they are called.

    run_programs: run what derives its references too; only where whoever wrote it is trusted. What is not well-formed is
    said first: where there is any of that, nothing else is looked at.
    """
    draft = draft_of(path)
    if draft.faults:
        return Checked(path, draft, tuple(draft.faults), None)
    header = draft.header
    found = unsound(draft.questions, header.balance if header else None, others)
    proved = None
    if run_programs:
        proved = prove(draft.questions, path.parent / PROGRAMS, header.proved if header else ())
        found += proved.faults
    return Checked(path, draft, tuple(_placed(path, draft, found)), proved)


def _placed(path: Path, draft: Draft, found: Iterable[Unsound]) -> list[Fault]:
    places = list(draft.ids)
    order = sorted(found, key=lambda one: places.index(one.question) if one.question in draft.ids else -1)
    return [Fault(_where(path, draft, one), one.message, one.fix) for one in order]


def _where(path: Path, draft: Draft, one: Unsound) -> str:
    parts = [f"{path} {draft.ids[one.question]}" if one.question in draft.ids else str(path)]
    parts += [f"题 {one.question}"] if one.question else []
    return "，".join([*parts, *([one.path] if one.path else [])])
