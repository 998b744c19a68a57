"""Text that stays inside the terminal: a Han character is two cells wide. Only the fast part of the standard library."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

NEVER_FIRST = "，。；：、！？）》」』】％,.;:!?)"


def cells(text: str) -> int:
    """Return how many terminal cells a text takes."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def wrap(text: str, width: int) -> list[str]:
    """Break running text into lines of at most `width` cells; white space is folded."""
    return fold(" ".join(text.split()), width)


def fold(line: str, width: int) -> list[str]:
    """Break one line at `width` cells: between words or after a Han character, never before closing punctuation.

    Spaces inside are kept; a word longer than a line is cut.
    """
    lines, current = [], ""
    for piece in _pieces(line, width):
        fits = cells(current + piece.rstrip()) <= width
        # One closing mark may stand in the margin rather than at the start of a line.
        if fits or (piece[0] in NEVER_FIRST and cells(current) <= width):
            current += piece
        else:
            lines.append(current.rstrip())
            current = piece.lstrip()
    return [*lines, current.rstrip()] if current.strip() or not lines else lines


def _pieces(line: str, width: int) -> Iterator[str]:
    """Yield what may not be broken: a Han character, or a word with the space after it, cut where it is too long."""
    word = ""
    for one in line:
        if cells(one) == 2:
            yield from (part for part in (word, one) if part)
            word = ""
        else:
            word += one
            if one == " " or cells(word) >= width:
                yield word
                word = ""
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
