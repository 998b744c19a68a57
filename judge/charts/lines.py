"""Lines with interval bands: how a figure goes from turn to turn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from judge.charts.colours import GRID, MUTED
from judge.charts.figure import LABEL, LINE, NARROW, SMALL, WIDE, Figure, empty, finish
from judge.charts.legend import colour, dash, key_row, stroke_swatch
from judge.charts.lettering import width, wrap
from judge.charts.quantity import Span, finite, held, intervals, with_ends
from judge.charts.scale import Scale
from judge.charts.svg import hint, line, mark, path, tag, text

HIGH = 230.0  # of the plot itself
NAMES = 150.0  # the most that names at the lines' ends may take


@dataclass(frozen=True, slots=True)
class Line:
    """One series, a value and an interval for each x; None is a gap."""

    name: str
    values: tuple[float | None, ...]
    lows: tuple[float | None, ...]
    highs: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class _Plot:
    """Where things stand: the middle of each x, and the scale of y."""

    xs: list[float]
    ruler: Scale
    left: float
    right: float


def lines(
    title: str,
    description: str,
    xs: Sequence[str],
    series: Sequence[Line],
    heads: Sequence[str],
    scale: tuple[float, float] = (0, 100),
    reference: float | None = 50,
    *,
    digits: int = 1,
    narrow: bool = False,
) -> Figure:
    """Draw series over steps, each named at its end (on a phone: above). Table: x, one column for each series."""
    spans = [intervals(one.name, len(xs), one.values, one.lows, one.highs) for one in series]
    rows = [
        (x, *(with_ends(one.values[at], span[at], digits) for one, span in zip(series, spans, strict=True)))
        for at, x in enumerate(xs)
    ]
    low, high = held(scale, [value for one in series for value in one.values])
    if not xs or not series:
        return empty(title, description, heads, rows if series else (), narrow)
    across = NARROW if narrow else WIDE
    names = [wrap(one.name, NAMES, LABEL) for one in series]
    body, top = key_row([one.name for one in series], stroke_swatch, 0, 0, across) if narrow else ([], 0.0)
    top += 18 if narrow else 12
    height = max(HIGH, 0 if narrow else sum(LINE * len(one) + 2 for one in names))
    ruler = Scale(low, high, top + height, top)
    left = max(width(label, SMALL) for _, label in ruler.ticks()) + 8
    right = across - 8 if narrow else across - 12 - 1.06 * max(width(part, LABEL) for one in names for part in one)
    inset = min(28.0, (right - left) / 8)
    step = (right - left - inset - 10) / max(1, len(xs) - 1)
    places = [left + inset + step * at for at in range(len(xs))] if len(xs) > 1 else [(left + right) / 2]
    plot = _Plot(places, ruler, left, right)
    body += _frame(plot, reference)
    ticks, foot = _ticks(xs, plot, step)
    body += ticks
    body += [_band(span, at, plot) for at, span in enumerate(spans)]
    for at, one in enumerate(series):
        body.append(_series(one, at, plot, [row[at + 1] for row in rows], xs))
    if not narrow:
        body += _names(series, names, plot)
    return finish(title, description, (across, foot), body, heads, rows)


def _frame(plot: _Plot, reference: float | None) -> list[str]:
    drawn = []
    for value, label in plot.ruler.ticks():
        y = plot.ruler.at(value)
        drawn.append(line(plot.left, y, plot.right, y, GRID))
        drawn.append(text(plot.left - 8, y + 4, label, SMALL, fill=MUTED, anchor="end"))
    base = plot.ruler.start
    drawn.append(line(plot.left, base, plot.right, base, GRID))
    if reference is not None and plot.ruler.low <= finite(reference, "reference") <= plot.ruler.high:
        y = plot.ruler.at(reference)
        drawn.append(line(plot.left, y, plot.right, y, MUTED, "1.2", "4 3"))
    return drawn


def _ticks(xs: Sequence[str], plot: _Plot, step: float) -> tuple[list[str], float]:
    """Write the labels of x, only every so many where they are dense, and return where the last line ends."""
    room = max(step, 72.0) - 8
    labels = [wrap(x, room, SMALL, 2) for x in xs]
    widest = max(width(one, SMALL) for lines in labels for one in lines)
    every = max(1, math.ceil((widest + 8) / step)) if len(xs) > 1 else 1
    base = plot.ruler.start
    drawn = []
    edge = plot.right + 8
    for at in range(0, len(xs), every):
        x = plot.xs[at]
        drawn.append(line(x, base, x, base + 4, MUTED))
        half = max(width(one, SMALL) for one in labels[at]) / 2
        # A label at the very edge moves in rather than out of the picture.
        x = min(max(x, half), max(edge - half, half))
        drawn += [
            text(x, base + 19 + LINE * row, one, SMALL, fill=MUTED, anchor="middle")
            for row, one in enumerate(labels[at])
        ]
    return drawn, base + 10 + LINE * max(map(len, labels))


def _runs(values: Sequence[object | None]) -> list[list[int]]:
    """Return the places of neighbours that are there: a line breaks where one is missing."""
    runs: list[list[int]] = []
    for at, value in enumerate(values):
        if value is None:
            continue
        if runs and runs[-1][-1] == at - 1:
            runs[-1].append(at)
        else:
            runs.append([at])
    return runs


def _band(spans: Sequence[Span], at: int, plot: _Plot) -> str:
    drawn = ""
    for run in _runs(spans):
        known = [(plot.xs[place], span) for place in run if (span := spans[place])]
        upper = [(x, plot.ruler.at(high)) for x, (_, high) in known]
        lower = [(x, plot.ruler.at(low)) for x, (low, _) in known]
        if len(run) == 1:
            drawn += tag(
                "path", d=path([upper[0], lower[0]]), stroke=colour(at), stroke_width="6", stroke_opacity="0.2"
            )
        else:
            drawn += tag("path", d=path([*upper, *reversed(lower)], close=True), fill=colour(at), fill_opacity="0.13")
    return drawn


def _series(one: Line, at: int, plot: _Plot, said: Sequence[str], xs: Sequence[str]) -> str:
    drawn = ""
    points = [
        (x, plot.ruler.at(value)) if value is not None else None for x, value in zip(plot.xs, one.values, strict=True)
    ]
    for run in _runs(points):
        along = [point for place in run if (point := points[place])]
        if len(along) > 1:
            drawn += tag(
                "path",
                d=path(along),
                fill="none",
                stroke=colour(at),
                stroke_width="2.2",
                stroke_linejoin="round",
                stroke_dasharray=dash(at),
            )
    size = 4.2 if len(xs) <= 20 else 2.5
    for place, point in enumerate(points):
        if point is not None:
            drawn += tag("g", hint(f"{one.name} · {xs[place]} {said[place]}") + mark(at, *point, size, colour(at)))
    return drawn


def _names(series: Sequence[Line], names: Sequence[Sequence[str]], plot: _Plot) -> list[str]:
    """Write each name beside the last point of its line, moved up or down until no two touch."""
    last = [next((value for value in reversed(one.values) if value is not None), None) for one in series]
    wished = [plot.ruler.at(value) if value is not None else plot.ruler.start for value in last]
    tall = [LINE * len(one) + 2 for one in names]
    order = sorted(range(len(series)), key=lambda at: wished[at])
    tops: dict[int, float] = {}
    free = 0.0
    for at in order:
        tops[at] = max(wished[at] - tall[at] / 2, free)
        free = tops[at] + tall[at]
    ceiling = plot.ruler.start + 2
    for at in reversed(order):
        tops[at] = min(tops[at], ceiling - tall[at])
        ceiling = tops[at]
    drawn = []
    for at, lines in enumerate(names):
        fill = colour(at) if last[at] is not None else MUTED
        drawn += [
            text(plot.right + 10, tops[at] + 12.5 + LINE * row, one, LABEL, fill=fill, bold=True)
            for row, one in enumerate(lines)
        ]
    return drawn
