"""Which mark is whose: how a series looks, and a row of names with their marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from judge.charts.colours import SERIES
from judge.charts.figure import LABEL, LINE
from judge.charts.lettering import width, wrap
from judge.charts.svg import line, mark, text

DASHES = (None, "7 3", "2 3", "9 3 2 3")
SWATCH = 28.0  # from the left of a mark to its name
Swatch = Callable[[int, float, float], str]


def colour(at: int) -> str:
    """Return the colour of a series by its number."""
    return SERIES[at % len(SERIES)]


def dash(at: int) -> str | None:
    """Return how the line of a series is broken, so that it can be told apart without colour."""
    return DASHES[at % len(DASHES)]


def stroke_swatch(at: int, x: float, y: float) -> str:
    """Return a short piece of a series' line with its mark."""
    return line(x, y, x + 22, y, colour(at), "2", dash(at)) + mark(at, x + 11, y, 4, colour(at))


def key_row(names: Sequence[str], swatch: Swatch, x: float, top: float, room: float) -> tuple[list[str], float]:
    """Return names with their marks, flowing over lines, and where the last line ends."""
    drawn: list[str] = []
    left, y = x, top
    for at, name in enumerate(names):
        lines = wrap(name, room - SWATCH, LABEL, most=2)
        across = SWATCH + max(width(one, LABEL) for one in lines)
        if left > x and left + across > x + room:
            left, y = x, y + LINE + 4
        drawn.append(swatch(at, left, y + LINE / 2))
        drawn += [text(left + SWATCH, y + 12.5 + LINE * row, one, LABEL) for row, one in enumerate(lines)]
        y += LINE * (len(lines) - 1)
        left += across + 22
    return drawn, y + LINE
