"""A radar: the shape of several abilities at once, with how sure each is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from judge.charts.colours import BG, GRID, MUTED
from judge.charts.figure import LABEL, LINE, NARROW, SMALL, WIDE, Figure, empty, finish
from judge.charts.legend import colour, dash, key_row, stroke_swatch
from judge.charts.lettering import width, wrap
from judge.charts.quantity import Span, finite, held, intervals, shown, with_ends
from judge.charts.scale import Scale
from judge.charts.svg import hint, line, mark, path, tag, text

NUMBERED = 2  # series whose values stand beside the axes; more would crowd them
GAP = 8.0  # between such values
SIDE = 74.0  # the least room beside the rim that words are left, and the most that such values take


@dataclass(frozen=True, slots=True)
class Ring:
    """One series, a value and an interval for each axis; an axis with None is left out of its shape."""

    name: str
    values: tuple[float | None, ...]
    lows: tuple[float | None, ...]
    highs: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class _Label:
    """An axis' words: their lines, the box they fill about the middle of the radar, and where they are held."""

    lines: list[str]
    numbers: Sequence[str]
    left: float
    top: float
    right: float
    bottom: float
    x: float
    anchor: str

    def touches(self, other: _Label) -> bool:
        """Return whether two labels come too close to be read apart."""
        across = self.left < other.right + 6 and other.left < self.right + 6
        return across and self.top < other.bottom + 1 and other.top < self.bottom + 1


@dataclass(frozen=True, slots=True)
class _Web:
    """The middle, the directions of the axes, and the scale from the middle outwards."""

    x: float
    y: float
    ways: list[tuple[float, float]]
    ruler: Scale

    def at(self, axis: int, value: float) -> tuple[float, float]:
        """Return where a value stands on an axis."""
        return self.out(axis, self.ruler.at(value))

    def out(self, axis: int, far: float) -> tuple[float, float]:
        """Return the place so far out on an axis."""
        return self.x + self.ways[axis][0] * far, self.y + self.ways[axis][1] * far


def radar(
    title: str,
    description: str,
    axes: Sequence[str],
    series: Sequence[Ring],
    heads: Sequence[str],
    scale: tuple[float, float] = (0, 100),
    reference: float | None = 50,
    *,
    digits: int = 1,
    narrow: bool = False,
) -> Figure:
    """Draw series as shapes over three axes or more, intervals as rings about them. Table: axis, a column a series."""
    spans = [intervals(ring.name, len(axes), ring.values, ring.lows, ring.highs) for ring in series]
    rows = [
        (axis, *(with_ends(ring.values[at], span[at], digits) for ring, span in zip(series, spans, strict=True)))
        for at, axis in enumerate(axes)
    ]
    low, high = held(scale, [value for ring in series for value in ring.values])
    if not axes or not series:
        return empty(title, description, heads, rows if series else (), narrow)
    if len(axes) < 3:
        raise ValueError(f"a radar needs three axes, not {len(axes)}: draw a forest")
    across = NARROW if narrow else WIDE
    radius = 96.0 if narrow else 152.0
    ways = [
        (math.sin(2 * math.pi * at / len(axes)), -math.cos(2 * math.pi * at / len(axes))) for at in range(len(axes))
    ]
    numbered = series if len(series) <= NUMBERED and len(axes) <= 12 else ()
    numbers = [[shown(ring.values[at], digits) for ring in numbered] for at in range(len(axes))]
    if max(map(_across, numbers)) > SIDE:
        numbers = [[] for _ in axes]
    labels = _labels(list(zip(axes, numbers, strict=True)), ways, radius, across)
    body, top = key_row([ring.name for ring in series], stroke_swatch, 0, 0, across)
    middle = top + 16 - min(-radius, *(one.top for one in labels))
    web = _Web(across / 2, middle, ways, Scale(low, high, 0, radius))
    body += _grid(web, reference, series)
    body += [_ring(span, ring, at, web) for at, (ring, span) in enumerate(zip(series, spans, strict=True))]
    for at, ring in enumerate(series):
        body.append(_shape(ring, at, web, axes, [row[at + 1] for row in rows]))
    body += _scale_labels(web)
    body += [_label(label, web) for label in labels]
    height = middle + max(radius, *(one.bottom for one in labels)) + 6
    return finish(title, description, (across, height), body, heads, rows)


def _labels(
    words: Sequence[tuple[str, Sequence[str]]], ways: Sequence[tuple[float, float]], radius: float, across: float
) -> list[_Label]:
    """Lay the axes' words about the rim, each moved outwards until it touches none before it."""
    laid: list[_Label] = []
    for (axis, numbers), way in zip(words, ways, strict=True):
        tried = (_laid(axis, numbers, way, radius + 15 + 5 * push, across) for push in range(40))
        label = next((one for one in tried if not any(one.touches(other) for other in laid)), None)
        laid.append(label or _laid(axis, numbers, way, radius + 15, across))
    return laid


def _laid(axis: str, numbers: Sequence[str], way: tuple[float, float], far: float, across: float) -> _Label:
    dx, dy = way
    # Sideways there is only so much paper: words may move up and down without end, but not out of it.
    x = max(SIDE - across / 2, min(across / 2 - SIDE, dx * far))
    middle = abs(dx) < 0.15
    lines = wrap(axis, 10 * LABEL if middle else min(across / 2 - abs(x) - 2, 10 * LABEL), LABEL)
    wide = max(_across(numbers), *(width(one, LABEL) for one in lines))
    tall = LINE * (len(lines) + bool(numbers))
    top = dy * far - tall / 2 + dy * tall / 2
    left = x - wide / 2 if middle else x if dx > 0 else x - wide
    anchor = "middle" if middle else "start" if dx > 0 else "end"
    return _Label(lines, numbers, left, top, left + wide, top + tall, x, anchor)


def _across(numbers: Sequence[str]) -> float:
    return sum(width(one, SMALL) for one in numbers) + GAP * (len(numbers) - 1)


def _label(label: _Label, web: _Web) -> str:
    x, y = web.x + label.x, web.y + label.top + 12.5
    drawn = "".join(text(x, y + LINE * at, one, LABEL, anchor=label.anchor) for at, one in enumerate(label.lines))
    wide = [width(value, SMALL) for value in label.numbers]
    left = x - {"start": 0.0, "middle": 0.5, "end": 1.0}[label.anchor] * _across(label.numbers)
    for at, value in enumerate(label.numbers):
        place = left + wide[at] / 2
        drawn += text(place, y + LINE * len(label.lines), value, SMALL, fill=colour(at), anchor="middle", bold=True)
        left += wide[at] + GAP
    return drawn


def _grid(web: _Web, reference: float | None, series: Sequence[Ring]) -> list[str]:
    ruler = web.ruler
    radii = {round(ruler.at(value), 1) for value, _ in ruler.ticks()} | {ruler.end}
    drawn = [_circle(web, far, GRID, None) for far in sorted(radii) if far > 0]
    for at in range(len(web.ways)):
        missing = any(ring.values[at] is None for ring in series)
        drawn.append(line(web.x, web.y, *web.out(at, ruler.end), GRID, dash="2 3" if missing else None))
    if reference is not None and ruler.low < finite(reference, "reference") <= ruler.high:
        drawn.append(_circle(web, ruler.at(reference), MUTED, "4 3"))
    return drawn


def _circle(web: _Web, far: float, stroke: str, dash: str | None) -> str:
    return tag("circle", cx=web.x, cy=web.y, r=far, fill="none", stroke=stroke, stroke_dasharray=dash)


def _scale_labels(web: _Web) -> list[str]:
    """Write the scale between the first two axes, where no shape has a corner."""
    turn = math.pi / len(web.ways)
    return [
        text(
            web.x + math.sin(turn) * far,
            web.y - math.cos(turn) * far + 4,
            label,
            11,
            fill=MUTED,
            anchor="middle",
            halo=BG,
        )
        for value, label in web.ruler.ticks()
        if (far := web.ruler.at(value)) > 0
    ]


def _ring(spans: Sequence[Span], ring: Ring, at: int, web: _Web) -> str:
    outer, inner = [], []
    for axis, (span, value) in enumerate(zip(spans, ring.values, strict=True)):
        if value is not None:
            low, high = span or (value, value)
            outer.append(web.at(axis, high))
            inner.append(web.at(axis, low))
    if not any(spans) or len(outer) < 3:
        return "".join(
            tag("path", d=path(pair), stroke=colour(at), stroke_width="6", stroke_opacity="0.2")
            for pair in zip(outer, inner, strict=True)
        )
    drawn = path(outer, close=True) + path(inner, close=True)
    return tag("path", d=drawn, fill=colour(at), fill_opacity="0.15", fill_rule="evenodd")


def _shape(ring: Ring, at: int, web: _Web, axes: Sequence[str], said: Sequence[str]) -> str:
    known = [web.at(axis, value) for axis, value in enumerate(ring.values) if value is not None]
    drawn = tag(
        "path",
        d=path(known, close=True) or None,
        fill="none",
        stroke=colour(at),
        stroke_width="2.2",
        stroke_linejoin="round",
        stroke_dasharray=dash(at),
    )
    for axis, value in enumerate(ring.values):
        # What is missing waits outside the rim: anywhere within, it would be read as a value.
        place = web.out(axis, web.ruler.end + 7) if value is None else web.at(axis, value)
        dot = mark(at, *place, 3.4, colour(at), hollow=value is None)
        drawn += tag("g", hint(f"{ring.name} · {axes[axis]} {said[axis]}") + dot)
    return drawn
