"""The trail: what happened to human verdicts, each entry bound to the one before it by its hash. Pure.

A person's name stands beside the chain, not in it: the chain holds a salted mark of it. So a name can be deleted on request
and the chain still closes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from judge.identity import Json, canonical_json, content_hash

Event: TypeAlias = Literal[
    "verdict",  # a human verdict was added; subject: its target
    "draw",  # items were drawn; subject: the draw
    "invite",  # who got a link
    "enter",  # and used it
    "revoke",  # and may no longer enter
    "unmask",  # asked to see where an answer names itself; subject: the target
    "look",  # a lead saw an item with names; subject: the target
    "check",  # voted on an item that measures the reviewer; subject: the target
    "invalid",  # a question was taken out of the scores; subject: the question
    "valid",  # and put back
    "battle",  # a battle began; subject: its question
    "purge",  # a person's name and comments were deleted
]
START = "0" * 64


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened, before it stands in the chain."""

    event: Event
    who: str
    subject: str
    content: Json = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it stands in the chain; `who` and `salt` are None where the person was purged."""

    number: int
    time: str
    event: str
    who: str | None
    salt: str | None
    mark: str
    subject: str
    content: Json
    previous: str
    hash: str

    @property
    def expected(self) -> str:
        """Return the hash that the entry must have."""
        body = [self.number, self.time, self.event, self.mark, self.subject, self.content, self.previous]
        return hashlib.sha256(canonical_json(body).encode()).hexdigest()


def mark(salt: str, who: str) -> str:
    """Return what the chain holds of a name."""
    return content_hash("who", [salt, who])


def chained(happenings: Iterable[Happening], last: Entry | None, time: str, salts: Iterable[str]) -> Iterator[Entry]:
    """Yield happenings as entries after the last one; salts: 128 random bits each, in hexadecimal."""
    begun, previous = (last.number, last.hash) if last else (0, START)
    for number, (one, salt) in enumerate(zip(happenings, salts, strict=False), begun + 1):
        bare = Entry(
            number, time, one.event, one.who, salt, mark(salt, one.who), one.subject, one.content, previous, ""
        )
        entry = replace(bare, hash=bare.expected)
        yield entry
        previous = entry.hash


@dataclass(frozen=True, slots=True)
class Fault:
    """What does not fit, and where: the number of an entry, or the key of a record."""

    where: str
    reason: Literal["changed", "removed", "added", "reordered", "name"]


def broken(entries: Iterable[Entry], head: tuple[int, str]) -> Iterator[Fault]:
    """Yield where the chain does not close; head: number and hash of the last entry as kept apart from it."""
    number, previous, last = 0, START, START
    for entry in entries:
        if entry.number != number + 1:
            yield Fault(str(entry.number), "removed" if entry.number > number + 1 else "reordered")
        elif entry.previous != previous:
            yield Fault(str(entry.number), "reordered")
        if entry.hash != entry.expected:
            yield Fault(str(entry.number), "changed")
        if entry.who is not None and (entry.salt is None or mark(entry.salt, entry.who) != entry.mark):
            yield Fault(str(entry.number), "name")
        number, previous, last = entry.number, entry.hash, entry.hash
    if (number, last) != head:
        yield Fault(str(max(number, head[0])), "removed" if number < head[0] else "added")
