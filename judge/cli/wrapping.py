"""Text that stays inside the terminal: a Han character is two cells wide. Only the fast part of the standard library."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

NEVER_FIRST = "，。；：、！？）》」』】％,.;:!?)"


def cells(text: str) -> int:
    """Return how many terminal cells a text takes."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def wrap(text: str, width: int) -> list[str]:
    """Break a text into lines of at most `width` cells: between words, or after any Han character."""
    lines, line = [], ""
    for piece in _pieces(" ".join(text.split())):
        if cells(line + piece.rstrip()) <= width or piece[0] in NEVER_FIRST or not line:
            line += piece
        else:
            lines.append(line.rstrip())
            line = piece.lstrip()
    return [*lines, line.rstrip()] if line.strip() else lines


def _pieces(text: str) -> Iterator[str]:
    word = ""
    for one in text:
        if one == " " or cells(one) == 2:
            if one == " ":
                yield word + one
            else:
                yield from (part for part in (word, one) if part)
            word = ""
        else:
            word += one
    if word:
        yield word


def definitions(rows: Iterable[tuple[str, str]], width: int, widest: int = 30) -> list[str]:
    """Lay out terms and what they mean in two columns of cells."""
    listed = list(rows)
    first = min(max((cells(term) for term, _ in listed), default=0), widest) + 2
    lines = []
    for term, text in listed:
        meaning = wrap(text, max(20, width - first))
        if cells(term) > first - 2:
            lines.append(term)
        else:
            lines.append(term + " " * (first - cells(term)) + (meaning.pop(0) if meaning else ""))
        lines += [" " * first + line for line in meaning]
    return [line.rstrip() for line in lines]
