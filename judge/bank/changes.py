"""What changed from one version of a bank to the next, question by question. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Literal

from judge.records import Question, Turn


@dataclass(frozen=True, slots=True)
class Change:
    """One question that is new, gone or different; `silent`: it changed while its version did not."""

    id: str
    kind: Literal["added", "removed", "changed"]
    fields: tuple[str, ...] = ()
    versions: tuple[int, int] | None = None
    silent: bool = False


def changes(before: Sequence[Question], after: Sequence[Question]) -> list[Change]:
    """List what changed, in the order of the new bank, what is gone last."""
    old, new = _latest(before), _latest(after)
    found = []
    for name, one in new.items():
        was = old.get(name)
        if was is None:
            found.append(Change(name, "added"))
        elif different := tuple(_different(was, one)):
            silent = was.version == one.version and any(where.startswith("turns[") for where in different)
            found.append(Change(name, "changed", different, (was.version, one.version), silent))
    return [*found, *(Change(name, "removed") for name in old if name not in new)]


def _latest(questions: Sequence[Question]) -> Mapping[str, Question]:
    found: dict[str, Question] = {}
    for one in questions:
        if one.id not in found or one.version >= found[one.id].version:
            found[one.id] = one
    return found


def _different(was: Question, one: Question) -> list[str]:
    names = (field.name for field in fields(Question) if field.name not in ("bank", "turns", "version"))
    found = [name for name in names if getattr(was, name) != getattr(one, name)]
    if len(was.turns) != len(one.turns):
        found.append(f"turns[{min(len(was.turns), len(one.turns)) + 1}…]")
    for number, (before, after) in enumerate(zip(was.turns, one.turns, strict=False), 1):
        found += [
            f"turns[{number}].{field.name}"
            for field in fields(Turn)
            if getattr(before, field.name) != getattr(after, field.name)
        ]
    return found
