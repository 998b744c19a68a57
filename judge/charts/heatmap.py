"""A heat map: every row against every column, blue above the middle and orange below it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from judge.charts.colours import GRID, MUTED, SERIES
from judge.charts.figure import LINE, NARROW, SMALL, WIDE, Figure, empty, finish
from judge.charts.lettering import width, wrap
from judge.charts.quantity import finite, held, same_length, shown
from judge.charts.svg import ID, hint, tag, text

LEVELS = 10  # steps of colour on either side of the middle
# With numbers upon it a cell goes no deeper than they can be read on, by day and by night.
DEEPEST, DEEPEST_NUMBERED = 0.95, 0.55
LEAST, MOST = 15.0, 64.0  # sides of a cell
SLANT = 4.0  # by which the last column's slanting name may lean out
HINTED = 400  # cells beyond which hints would weigh more than the chart
DENSE = 11.0  # size of letters in a dense map


@dataclass(frozen=True, slots=True)
class _Sheet:
    """How the map is laid out: its corner, the sides of a cell, and digits printed in one (None: no numbers)."""

    left: float
    top: float
    across: float
    high: float
    digits: int | None


def heatmap(
    title: str,
    description: str,
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Sequence[Sequence[float | None]],
    heads: Sequence[str],
    scale: tuple[float, float] = (0, 100),
    middle: float = 50,
    *,
    digits: int = 1,
    narrow: bool = False,
) -> Figure:
    """Draw a table of numbers as colours, hatched where there is none; beyond the scale they deepen no more. Table: row name, one column for each column.

    Many columns make the drawing wider than a phone: let it scroll sideways there.
    """
    _check(rows, columns, cells)
    low, high = held(scale, ())
    if not low <= finite(middle, "middle") <= high:
        raise ValueError(f"the middle {middle} lies outside the scale from {low} to {high}")
    table = [(name, *(shown(value, digits) for value in row)) for name, row in zip(rows, cells, strict=True)]
    if not rows or not columns:
        return empty(title, description, heads, table if columns else (), narrow)
    small = DENSE if max(len(rows), len(columns)) > 16 else SMALL
    names, left = _names(rows, small, narrow)
    paper = NARROW if narrow else WIDE
    across = min(max((paper - left - SLANT) / len(columns), LEAST), MOST)
    fitting = _digits(cells, across, digits)
    # Two lines of a name need their height, or neighbours' names would touch.
    tall = [LINE * len(one) + 2 for one in names if len(one) > 1]
    high_cell = max([LEAST, min(across, 34.0), *tall])
    heading, top = _headings(columns, left, across, small)
    sheet = _Sheet(left, top, across, high_cell, fitting)
    body = [_hatch(), *heading]
    for at, one in enumerate(names):
        y = top + high_cell * (at + 0.5) + small * 0.36 - LINE * (len(one) - 1) / 2
        body += [text(left - 8, y + LINE * row, part, small, anchor="end") for row, part in enumerate(one)]
    body += _cells(rows, columns, cells, sheet, (low, middle, high), table)
    wide = max(paper, left + across * len(columns) + SLANT)
    foot = top + high_cell * len(rows) + 12
    body += _key(left, foot, (low, middle, high), fitting is not None)
    return finish(title, description, (wide, foot + 30), body, heads, table)


def _check(rows: Sequence[str], columns: Sequence[str], cells: Sequence[Sequence[float | None]]) -> None:
    same_length("rows and cells", len(rows), len(cells))
    for name, row in zip(rows, cells, strict=True):
        same_length(f"{name}: columns and cells", len(columns), len(row))
        for value in row:
            if value is not None:
                finite(value, name)


def _names(rows: Sequence[str], size: float, narrow: bool) -> tuple[list[list[str]], float]:
    """Break the rows' names, in one line where there are many, and return where the cells begin."""
    room = 92.0 if narrow else 170.0
    names = [wrap(name, room, size, 1 if len(rows) > 16 else 2) for name in rows]
    return names, max(width(one, size) for lines in names for one in lines) + 10


def _digits(cells: Sequence[Sequence[float | None]], across: float, digits: int) -> int | None:
    """Return how many decimals fit every cell, or None where not even whole numbers do."""
    known = [value for row in cells for value in row if value is not None]
    for tried in (digits, 0):
        if all(width(shown(value, tried), DENSE) + 3 <= across for value in known):
            return tried
    return None


def _headings(columns: Sequence[str], left: float, across: float, size: float) -> tuple[list[str], float]:
    """Write the columns' names level where they fit, else slanting down to their columns; return where cells begin."""
    level = [wrap(name, across - 4, size, 3) for name in columns]
    # A word cut in pieces is worse than a slanting one.
    if across >= 40 and not any(_cut(one) for one in level):
        tall = max(map(len, level))
        drawn = [
            text(left + across * (at + 0.5), 12 + LINE * (tall - len(one) + row), part, size, anchor="middle")
            for at, one in enumerate(level)
            for row, part in enumerate(one)
        ]
        return drawn, LINE * tall + 4
    turn = 45.0 if across >= 20 else 60.0
    slope = math.radians(turn)
    drawn, top = [], 0.0
    slanting = []
    for at, name in enumerate(columns):
        # The first columns have only the corner above the rows' names to reach into.
        room = min(190.0, (left + across * (at + 0.5)) / math.cos(slope) - 4)
        one = wrap(name, room, size, 1)[0]
        slanting.append(one)
        top = max(top, width(one, size) * math.sin(slope) + 12)
    for at, one in enumerate(slanting):
        x = left + across * (at + 0.5) + size * 0.2
        drawn.append(text(x, top - 5, one, size, anchor="end", turn=turn))
    return drawn, top


def _cut(lines: Sequence[str]) -> bool:
    """Return whether a name was shortened or broken within a word."""
    within = (before[-1:].isalnum() and after[0].isascii() and after[0].isalnum() for before, after in pairwise(lines))
    return "…" in lines[-1] or any(within)


def _hatch() -> str:
    drawn = tag("path", d="M-1 5L1 7M0 0L6 6M5 -1L7 1", stroke=MUTED, stroke_width="1", stroke_opacity="0.45")
    return tag("defs", tag("pattern", drawn, id=f"{ID}-h", width="6", height="6", patternUnits="userSpaceOnUse"))


def _cells(
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Sequence[Sequence[float | None]],
    sheet: _Sheet,
    scale: tuple[float, float, float],
    table: Sequence[Sequence[str]],
) -> list[str]:
    """Draw the cells, those of one colour in one group, since a map has hundreds."""
    groups: dict[int | None, list[str]] = {}
    numbers = []
    hinted = len(rows) * len(columns) <= HINTED
    for at, row in enumerate(cells):
        for across, value in enumerate(row):
            x, y = sheet.left + sheet.across * across, sheet.top + sheet.high * at
            said = hint(f"{rows[at]} · {columns[across]} {table[at][across + 1]}") if hinted else ""
            box = tag("rect", said, x=x, y=y, width=sheet.across - 1, height=sheet.high - 1)
            groups.setdefault(_level(value, scale), []).append(box)
            if value is not None and sheet.digits is not None:
                place = (x + (sheet.across - 1) / 2, y + (sheet.high - 1) / 2 + 4)
                numbers.append(text(*place, shown(value, sheet.digits), DENSE, anchor="middle"))
    drawn = []
    for level in sorted(groups, key=lambda one: LEVELS + 1 if one is None else one):
        drawn.append(tag("g", "".join(groups[level]), **_fill(level, sheet.digits is not None)))
    return drawn + numbers


def _level(value: float | None, scale: tuple[float, float, float]) -> int | None:
    """Return the step of colour, -LEVELS to LEVELS; both sides of the middle have steps of one size."""
    if value is None:
        return None
    low, middle, high = scale
    reach = max(high / 2 - middle / 2, middle / 2 - low / 2)
    return round(max(-1.0, min(1.0, (value / 2 - middle / 2) / reach)) * LEVELS)


def _fill(level: int | None, numbered: bool) -> dict[str, str | float | None]:
    if level is None:
        return {"fill": f"url(#{ID}-h)"}
    if level == 0:
        return {"fill": GRID, "fill_opacity": "0.35"}
    deepest = DEEPEST_NUMBERED if numbered else DEEPEST
    return {"fill": SERIES[0 if level > 0 else 1], "fill_opacity": f"{deepest * abs(level) / LEVELS:.2f}"}


def _key(left: float, y: float, scale: tuple[float, float, float], numbered: bool) -> list[str]:
    """Draw the scale of colours with its ends and its middle."""
    low, middle, high = scale
    reach = max(high / 2 - middle / 2, middle / 2 - low / 2) * 2
    first, last = _level(low, scale) or 0, _level(high, scale) or 0
    drawn, side = [], 11.0
    for at, level in enumerate(range(first, last + 1)):
        drawn.append(tag("rect", x=left + side * at, y=y, width=side, height=9, **_fill(level, numbered)))
    for value, anchor in ((low, "start"), (middle, "middle"), (high, "end")):
        x = left + side * ((value - middle) / reach * LEVELS - first + 0.5)
        x += {"start": -side / 2, "middle": 0.0, "end": side / 2}[anchor]
        drawn.append(text(x, y + 24, f"{value:g}", DENSE, fill=MUTED, anchor=anchor))
    return drawn
