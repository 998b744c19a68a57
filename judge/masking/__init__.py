"""Hides where an answer says who it is, before a reviewer votes blind between two answers. Pure.

A text is folded and each name in it becomes one sign, a mask too: no rule can tell a name from its mask, so masking
twice is masking once. A name alone tells nothing. What follows "I am", "as", "call me" and the like with nothing but
words of introduction between is masked, what signs or labels a text, and, once a text has named itself, that name
wherever it stands. Code stays. So does quoted speech, since in a story somebody else speaks, unless it names a
candidate under review: there blindness goes first.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from judge.masking.names import finder
from judge.masking.reading import MASK, read
from judge.masking.rules import told

__all__ = ["MASK", "Masked", "mask"]


@dataclass(frozen=True, slots=True)
class Masked:
    """A text with its telling names hidden, and how many masks were set."""

    text: str
    count: int


def mask(text: str, names: Collection[str] = ()) -> Masked:
    """Hide the names and makers by which a text identifies itself; `names` are the candidates under review."""
    seen = read(text, finder(frozenset(names)))
    hidden = sorted(told(seen)) if seen.spans else []
    if not hidden:
        return Masked(text, 0)
    starts, ends = zip(*(seen.given(at) for at in hidden), strict=True)
    kept = zip((0, *ends), (*starts, len(text)), strict=True)
    return Masked(MASK.join(text[start:end] for start, end in kept), len(hidden))
