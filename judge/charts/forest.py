"""A forest plot: one estimate a row, its interval, and the line that would mean no difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from judge.charts.colours import FG, GRID, MUTED, NEUTRAL, SERIES
from judge.charts.figure import LABEL, LINE, NARROW, SMALL, WIDE, Figure, empty, finish
from judge.charts.lettering import clean, width, wrap
from judge.charts.quantity import Span, ends, finite, held, with_ends
from judge.charts.scale import Scale
from judge.charts.svg import hint, line, mark, path, tag, text

GAP = 16.0
EDGE = 14.0  # on a phone: from the rim to the plot, where half a tick's label has room
NAMES, NOTES = 210.0, 110.0  # the most that names and notes may take from the plot
LEAST = 140.0  # of the plot, for which the drawing widens if it must


@dataclass(frozen=True, slots=True)
class Point:
    """One row; a neighbour of the same `group` shares its heading, `emphasised` lifts a row above the others."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    note: str = ""
    emphasised: bool = False
    group: str = ""

    def interval(self) -> Span:
        """Return the ends that can be drawn, checked."""
        if self.value is not None:
            finite(self.value, self.name)
        return ends(self.value, self.low, self.high, self.name)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row laid out: its lines of text, where it begins and how much of it is above the mark."""

    point: Point
    said: str
    names: list[str]
    notes: list[str]
    height: float
    middle: float
    inset: float = 0.0  # from the rim to the words
    beside: bool = False  # whether the note stands behind the name rather than in lines of its own


def forest(
    title: str,
    description: str,
    points: Sequence[Point],
    heads: Sequence[str],
    scale: tuple[float, float] = (0, 100),
    reference: float | None = 50,
    *,
    sides: tuple[str, str] = ("", ""),
    digits: int = 1,
    narrow: bool = False,
) -> Figure:
    """Draw estimates with their intervals; an end beyond the scale becomes an arrow.

    `sides` says what lies left and right of the reference. Table: name (after its group), value with interval, note.
    """
    spans = [point.interval() for point in points]
    said = [with_ends(point.value, span, digits) for point, span in zip(points, spans, strict=True)]
    rows = [
        (f"{point.group} · {point.name}" if point.group else point.name, one, point.note)
        for point, one in zip(points, said, strict=True)
    ]
    low, high = held(scale, [point.value for point in points])
    if not points:
        return empty(title, description, heads, (), narrow)
    laid, left, right, across = _narrow(points, said) if narrow else _wide(points, said)
    ruler = Scale(low, high, left, right)
    top = 24.0 + (LINE + 4 if any(sides) else 0)
    marks, strips, bottom = _stack(list(zip(laid, spans, strict=True)), ruler, top, across, narrow)
    # On a phone names stand between the estimates, where lines would run through them.
    body = _frame(ruler, reference, sides, top, strips if narrow else [(top - 4, bottom + 2)], across) + marks
    return finish(title, description, (across, bottom + 6), body, heads, rows)


def _stack(
    laid: Sequence[tuple[_Row, Span]], ruler: Scale, top: float, across: float, narrow: bool
) -> tuple[list[str], list[tuple[float, float]], float]:
    """Draw row under row with the groups' headings; return them, where estimates stand, and where the last row ends."""
    some = any(row.point.emphasised for row, _ in laid)
    drawn: list[str] = []
    strips, y, last = [], top, ""
    for row, span in laid:
        group = row.point.group
        if group and group != last:
            y += 12 if drawn else 4
            heading = wrap(group, across - 2 * row.inset, LABEL, 1)[0]
            drawn.append(text(0 if narrow else row.inset, y + 13, heading, LABEL, fill=MUTED, bold=True))
            y += LINE + 6
        last = group
        drawn.append(_row(row, span, ruler, y, across, some, narrow))
        if row.point.value is not None:
            strips.append((y + row.middle - 11, y + row.middle + 11))
        y += row.height
    return drawn, strips, y


def _wide(points: Sequence[Point], said: Sequence[str]) -> tuple[list[_Row], float, float, float]:
    """Lay names left, the plot in the middle, numbers and notes right; return the rows, the plot's edges, and the whole width."""
    names = [wrap(point.name, NAMES, LABEL) for point in points]
    notes = [wrap(point.note, NOTES, SMALL) for point in points]
    # The ground of an emphasised row reaches beyond its words.
    inset = 8.0 if any(point.emphasised for point in points) else 0.0
    left = inset + max(width(one, LABEL) * 1.06 for lines in names for one in lines) + GAP
    noted = max(width(one, SMALL) for lines in notes for one in lines)
    beyond = GAP + max(width(one, SMALL) for one in said) * 1.06 + (noted + GAP if noted else 0) + inset
    right = max(WIDE - beyond, left + LEAST)
    laid = []
    for point, one, name, note in zip(points, said, names, notes, strict=True):
        height = LINE * max(len(name), len(note)) + 14
        laid.append(_Row(point, one, name, note, height, height / 2, inset))
    return laid, left, right, right + beyond


def _narrow(points: Sequence[Point], said: Sequence[str]) -> tuple[list[_Row], float, float, float]:
    """Lay names, notes and numbers above the plot, which has the whole width; a long note goes beneath its name."""
    laid = []
    for point, one in zip(points, said, strict=True):
        room = max(NARROW - 2 * EDGE - width(one, SMALL) - GAP, 6 * LABEL)
        name = wrap(point.name, room, LABEL)
        note = wrap(point.note, NARROW - 2 * EDGE, SMALL) if clean(point.note) else []
        beside = len(note) == 1 and width(name[-1], LABEL) + 10 + width(note[0], SMALL) <= room
        above = LINE * (len(name) + (0 if beside else len(note))) + 4
        plot = 0 if point.value is None else 24
        laid.append(_Row(point, one, name, note, above + plot + 8, above + 14, EDGE, beside))
    return laid, EDGE, NARROW - EDGE, NARROW


def _row(row: _Row, span: Span, ruler: Scale, y: float, across: float, some: bool, narrow: bool) -> str:
    """Draw a row: its ground, its words and its estimate; `some` rows being emphasised, the others stand back."""
    point = row.point
    colour = SERIES[0] if point.emphasised or not some else NEUTRAL
    drawn = ""
    if point.emphasised:
        drawn += tag("rect", x=0, y=y, width=across, height=row.height, rx="3", fill=SERIES[0], fill_opacity="0.08")
    fill = MUTED if point.value is None else colour if point.emphasised else FG
    words = _words_narrow(row, y, across, fill) if narrow else _words_wide(row, y, ruler.end + GAP, across, fill)
    return drawn + words + _estimate(point, span, ruler, y + row.middle, colour, row.said)


def _words_wide(row: _Row, y: float, numbers: float, across: float, fill: str) -> str:
    bold, base = row.point.emphasised, y + row.middle + 4.5
    drawn = ""
    for at, one in enumerate(row.names):
        drawn += text(row.inset, base + LINE * (at - (len(row.names) - 1) / 2), one, LABEL, bold=bold)
    drawn += text(numbers, base, row.said, SMALL, fill=fill, bold=bold)
    for at, one in enumerate(row.notes):
        if one:
            place = base + LINE * (at - (len(row.notes) - 1) / 2)
            drawn += text(across - row.inset, place, one, SMALL, fill=MUTED, anchor="end")
    return drawn


def _words_narrow(row: _Row, y: float, across: float, fill: str) -> str:
    bold, base = row.point.emphasised, y + 17
    drawn = text(across - row.inset, base, row.said, SMALL, fill=fill, anchor="end", bold=bold)
    for at, one in enumerate(row.names):
        drawn += text(row.inset, base + LINE * at, one, LABEL, bold=bold)
    left = row.inset + (width(row.names[-1], LABEL) + 10 if row.beside else 0)
    below = base + LINE * (len(row.names) - row.beside)
    for at, one in enumerate(row.notes):
        drawn += text(left, below + LINE * at, one, SMALL, fill=MUTED)
    return drawn


def _estimate(point: Point, span: Span, ruler: Scale, y: float, colour: str, said: str) -> str:
    if point.value is None:
        return ""
    drawn = ""
    if span is not None:
        low, high = span
        drawn += line(ruler.at(low), y, ruler.at(high), y, colour, "2.5" if point.emphasised else "2")
        drawn += _arrow(ruler.start, y, -1, colour) if low < ruler.low else _stop(ruler.at(low), y, colour)
        drawn += _arrow(ruler.end, y, 1, colour) if high > ruler.high else _stop(ruler.at(high), y, colour)
    drawn += mark(0, ruler.at(point.value), y, 5.5 if point.emphasised else 4.5, colour)
    return tag("g", hint(f"{point.name} {said}") + drawn)


def _arrow(x: float, y: float, way: int, colour: str) -> str:
    return tag(
        "path", d=path([(x + way * 5, y), (x - way * 2, y - 4.5), (x - way * 2, y + 4.5)], close=True), fill=colour
    )


def _stop(x: float, y: float, colour: str) -> str:
    return line(x, y - 4, x, y + 4, colour, "1.5")


def _frame(
    ruler: Scale,
    reference: float | None,
    sides: tuple[str, str],
    top: float,
    strips: Sequence[tuple[float, float]],
    across: float,
) -> list[str]:
    """Draw the scale above, its lines through each strip, and what lies on either side of the reference."""
    drawn = []
    for value, label in ruler.ticks():
        x = ruler.at(value)
        half = width(label, SMALL) / 2
        drawn += [line(x, start, x, end, GRID) for start, end in strips]
        drawn.append(text(min(max(x, half), across - half), top - 9, label, SMALL, fill=MUTED, anchor="middle"))
    if reference is not None and ruler.low <= finite(reference, "reference") <= ruler.high:
        x = ruler.at(reference)
        drawn += [line(x, start, x, end, MUTED, "1.2", "4 3") for start, end in strips]
        for side, place, anchor, room in ((sides[0], x - 7, "end", x), (sides[1], x + 7, "start", across - x)):
            said = wrap(side, room - 8, SMALL, 1)[0]
            drawn.append(
                text(place, 13, said, SMALL, fill=MUTED, anchor=anchor) if 0 < width(said, SMALL) < room - 7 else ""
            )
    return drawn
