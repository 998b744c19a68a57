"""A scatter plot: how two figures go together, with a fitted line if there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from judge.charts.colours import BG, GRID, MUTED, SERIES
from judge.charts.figure import NARROW, SMALL, WIDE, Figure, empty, finish
from judge.charts.lettering import width, wrap
from judge.charts.quantity import finite, shown
from judge.charts.scale import Scale, around
from judge.charts.svg import hint, line, path, tag, text

NAMED, HINTED = 40, 200  # dots up to which names are written, and told on pointing
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Dot:
    """One thing measured twice."""

    x: float
    y: float
    name: str = ""


@dataclass(frozen=True, slots=True)
class _Side:
    """Where a name may stand beside its dot."""

    box: Box
    x: float
    anchor: str


def scatter(
    title: str,
    description: str,
    dots: Sequence[Dot],
    heads: Sequence[str],
    x_label: str,
    y_label: str,
    fit: Sequence[tuple[float, float]] | None = None,
    reference: tuple[float | None, float | None] = (None, None),
    *,
    digits: int = 1,
    narrow: bool = False,
) -> Figure:
    """Draw dots on scales that hold them all, names beside them while there is room. Table: name, x, y.

    `fit` is a line through its points; `reference` says where a dashed line stands on x and on y.
    """
    for dot in dots:
        finite(dot.x, dot.name)
        finite(dot.y, dot.name)
    curve = [(finite(x, "fit"), finite(y, "fit")) for x, y in fit or ()]
    at_x, at_y = ([] if one is None else [finite(one, "reference")] for one in reference)
    rows = [(dot.name, shown(dot.x, digits), shown(dot.y, digits)) for dot in dots]
    if not dots:
        return empty(title, description, heads, (), narrow)
    across, height = (NARROW, 260.0) if narrow else (WIDE, 320.0)
    top = 30.0
    along = [dot.x for dot in dots] + [x for x, _ in curve] + at_x
    upward = [dot.y for dot in dots] + [y for _, y in curve] + at_y
    rise = around(upward, top + height, top)
    left = max((width(label, SMALL) for _, label in rise.ticks()), default=0) + 8
    run = around(along, left, across - 10)
    body = _frame(run, rise, x_label, y_label, (at_x, at_y), across)
    body += _dots(dots, run, rise)
    along_fit = [(run.at(x), rise.at(y)) for x, y in curve]
    body += _fit(along_fit)
    if len(dots) <= NAMED:
        beads = _beads(along_fit)
        beads += [(run.at(one), rise.end, run.at(one), rise.start) for one in at_x]
        beads += [(run.start, rise.at(one), run.end, rise.at(one)) for one in at_y]
        body += _names(dots, run, rise, across, beads)
    return finish(title, description, (across, top + height + 44), body, heads, rows)


def _frame(
    run: Scale, rise: Scale, x_label: str, y_label: str, asked: tuple[list[float], list[float]], across: float
) -> list[str]:
    base, top = rise.start, rise.end
    drawn = [
        text(0, 13, wrap(y_label, across, SMALL, 1)[0], SMALL, fill=MUTED),
        text(run.end, base + 38, wrap(x_label, run.end, SMALL, 1)[0], SMALL, fill=MUTED, anchor="end"),
    ]
    for value, label in rise.ticks():
        y = rise.at(value)
        drawn.append(line(run.start, y, run.end, y, GRID))
        drawn.append(text(run.start - 8, y + 4, label, SMALL, fill=MUTED, anchor="end"))
    for value, label in run.ticks():
        x = run.at(value)
        drawn.append(line(x, top, x, base, GRID))
        half = width(label, SMALL) / 2
        drawn.append(text(min(x, across - half), base + 18, label, SMALL, fill=MUTED, anchor="middle"))
    drawn += [line(run.at(one), top, run.at(one), base, MUTED, "1.2", "4 3") for one in asked[0]]
    drawn += [line(run.start, rise.at(one), run.end, rise.at(one), MUTED, "1.2", "4 3") for one in asked[1]]
    return drawn


def _radius(dots: Sequence[Dot]) -> float:
    return 4.5 if len(dots) <= NAMED else 3.5 if len(dots) <= 300 else 2.5


def _dots(dots: Sequence[Dot], run: Scale, rise: Scale) -> list[str]:
    drawn = []
    for dot in dots:
        said = hint(f"{dot.name} ({dot.x:g}, {dot.y:g})") if len(dots) <= HINTED else ""
        drawn.append(tag("circle", said, cx=run.at(dot.x), cy=rise.at(dot.y), r=_radius(dots)))
    # Overlapping dots add up to a darker place only if each lets some of the other through.
    through = "0.85" if len(dots) <= NAMED else "0.55" if len(dots) <= 300 else "0.35"
    return [tag("g", "".join(drawn), fill=SERIES[0], fill_opacity=through)]


def _fit(along: Sequence[tuple[float, float]]) -> list[str]:
    """Draw the fitted line over the dots, on a rim of paper: two thousand of them would bury it."""
    return [
        tag("path", d=path(along), fill="none", stroke=stroke, stroke_width=thick, stroke_linejoin="round")
        for stroke, thick in ((BG, "4.5"), (SERIES[1], "2.2"))
        if len(along) > 1
    ]


def _names(dots: Sequence[Dot], run: Scale, rise: Scale, across: float, beads: Sequence[Box]) -> list[str]:
    """Write each name on the first free side of its dot; one with no free side stays in the table and the hint."""
    taken: list[Box] = []
    for dot in dots:
        x, y = run.at(dot.x), rise.at(dot.y)
        taken.append((x - 5, y - 5, x + 5, y + 5))
    drawn = []
    for dot in dots:
        name = wrap(dot.name, 200, SMALL, 1)[0]
        sides = _sides(run.at(dot.x), rise.at(dot.y), width(name, SMALL)) if name else []
        free = [
            side
            for side in sides
            if side.box[0] >= run.start and side.box[2] <= across
            if side.box[1] >= rise.end - 8 and side.box[3] <= rise.start
            if not any(_touch(side.box, other) for other in taken)
        ]
        if free:
            # Across a line only where nothing else is left.
            side = next((one for one in free if not any(_touch(one.box, bead) for bead in beads)), free[0])
            taken.append(side.box)
            drawn.append(text(side.x, side.box[1] + 12, name, SMALL, anchor=side.anchor, halo=BG))
    return drawn


def _sides(x: float, y: float, wide: float) -> list[_Side]:
    """Return the places right, left, above and below a dot."""
    half = wide / 2
    return [
        _Side((x + 8, y - 8, x + 8 + wide, y + 8), x + 8, "start"),
        _Side((x - 8 - wide, y - 8, x - 8, y + 8), x - 8, "end"),
        _Side((x - half, y - 23, x + half, y - 7), x, "middle"),
        _Side((x - half, y + 7, x + half, y + 23), x, "middle"),
    ]


def _beads(curve: Sequence[tuple[float, float]]) -> list[Box]:
    """Return small boxes along a curve, near enough together that no name slips through."""
    return [
        (x := x1 + (x2 - x1) * at / 64, y := y1 + (y2 - y1) * at / 64, x, y)
        for (x1, y1), (x2, y2) in pairwise(curve)
        for at in range(65)
    ]


def _touch(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
