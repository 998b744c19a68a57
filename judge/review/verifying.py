"""Whether human verdicts and draws are what was once written: the trail closes, and every row is as it says.

Who can write the database may take away the last entries of the trail with all that they tell of and put the head back, or
compute the whole chain anew: only a head noted down elsewhere tells then, which `verify` takes as `kept`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from judge.store import Store
from judge.trail import START, Entry, Fault, broken

Kind: TypeAlias = Literal["verdict", "draw"]
Head: TypeAlias = tuple[int, str]
Written: TypeAlias = tuple[str, str | None, str]  # key or name, reviewer, digest


@dataclass(frozen=True, slots=True)
class Verified:
    """How many entries, verdicts and draws were checked, the last entry's number and hash, and what does not fit."""

    entries: int
    head: Head
    verdicts: int
    draws: int
    faults: tuple[Fault, ...]


def verify(store: Store, kept: Head | None = None) -> Verified:
    """Check trail, human verdicts and draws against one another; kept: a head noted down, its hash or the start of it."""
    with store.at_once() as still:
        entries, head, verdicts = still.trail(), still.trail_head(), list(still.told())
        draws = [(name, None, digest) for name, digest in still.drawn()]
    faults = [*broken(entries, head), *([] if kept is None else _rewritten(entries, kept))]
    told = _told(entries)
    faults += [*_unlike("verdict", verdicts, told["verdict"]), *_unlike("draw", draws, told["draw"])]
    return Verified(len(entries), head, len(verdicts), len(draws), tuple(faults))


def _rewritten(entries: Sequence[Entry], kept: Head) -> Iterator[Fault]:
    """Yield a fault where a head noted down earlier is no longer part of the chain."""
    number, start = kept
    hashes = {0: START} | {entry.number: entry.hash for entry in entries}
    if not hashes.get(number, "").startswith(start):
        yield Fault(str(number), "rewritten")


def _told(entries: Iterable[Entry]) -> dict[Kind, dict[str, tuple[str, Entry]]]:
    """Return what row every verdict and draw must have, with the entry that last said so, in the order of the first."""
    found: dict[Kind, dict[str, tuple[str, Entry]]] = {"verdict": {}, "draw": {}}
    for entry in entries:
        match entry.event, entry.content:
            case "verdict", {"verdict": key, "row": row}:
                found["verdict"][str(key)] = (str(row), entry)
            case "purge", {"rows": dict(rows)}:
                found["verdict"] |= {key: (str(row), entry) for key, row in rows.items()}
            case "draw", {"row": row}:
                found["draw"][entry.subject] = (str(row), entry)
    return found


def _unlike(kind: Kind, rows: Iterable[Written], told: Mapping[str, tuple[str, Entry]]) -> Iterator[Fault]:
    """Yield every row that is not as the trail tells: its content, its reviewer's name, its place, its presence."""
    place = {key: at for at, key in enumerate(told)}
    last, seen = -1, set()
    for key, reviewer, digest in rows:
        seen.add(key)
        if key not in told:
            yield Fault(key, "added", kind)
            continue
        row, entry = told[key]
        if digest != row:
            yield Fault(key, "changed", kind)
        if reviewer is not None and not entry.names(reviewer):
            yield Fault(key, "name", kind)
        if place[key] < last:
            yield Fault(key, "reordered", kind)
        last = max(last, place[key])
    yield from (Fault(key, "removed", kind) for key in told if key not in seen)
