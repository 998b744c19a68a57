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
    "discard",  # and was thrown away without a vote
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

    @property
    def fits(self) -> bool:
        """Tell whether the entry has the hash that it must have; what has no JSON form was never written by us."""
        try:
            return self.hash == self.expected
        except (TypeError, ValueError, RecursionError):
            return False

    def names(self, who: str) -> bool:
        """Tell whether the entry's mark is that of a name; not where the person was purged."""
        return self.salt is not None and mark(self.salt, who) == self.mark


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
    """What does not fit, and where: the number of an entry, the key of a verdict or the name of a draw.

    "removed" at an entry: something is missing before it, or after the last; "rewritten": the chain closes, but is not the
    one whose head somebody noted down.
    """

    where: str
    reason: Literal["changed", "removed", "added", "reordered", "name", "rewritten"]
    kind: Literal["entry", "verdict", "draw"] = "entry"


def broken(entries: Iterable[Entry], head: tuple[int, str]) -> Iterator[Fault]:
    """Yield where the chain does not close; head: number and hash of the last entry as kept apart from it."""
    chain = list(entries)
    purged = {number for entry in chain for number in _purged(entry)}
    number, last = 0, START
    for entry in chain:
        if entry.number != number + 1:
            yield Fault(str(entry.number), "removed" if entry.number > number + 1 else "reordered")
        elif entry.previous != last:
            yield Fault(str(entry.number), "reordered")
        if not entry.fits:
            yield Fault(str(entry.number), "changed")
        if not _named(entry, purged):
            yield Fault(str(entry.number), "name")
        number, last = entry.number, entry.hash
    if (number, last) != head:
        yield Fault(str(max(number, head[0])), "removed" if number < head[0] else "added")


def _named(entry: Entry, purged: set[int]) -> bool:
    """Tell whether the name beside an entry is the one its mark was made of, or is gone because a purge says so."""
    if entry.number in purged:
        return entry.who is None and entry.salt is None
    return entry.who is not None and entry.names(entry.who)


def _purged(entry: Entry) -> list[int]:
    """Return the numbers of the entries whose names a purge deleted."""
    found = entry.content.get("entries") if entry.event == "purge" and isinstance(entry.content, dict) else None
    return [one for one in found if isinstance(one, int)] if isinstance(found, list) else []
