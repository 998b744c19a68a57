"""Stacked bars: how wins, ties and losses share each whole."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from judge.charts.colours import BG, FG, GRID, MUTED, NEUTRAL, SERIES, paint
from judge.charts.figure import LABEL, LINE, NARROW, SMALL, WIDE, Figure, empty, finish
from judge.charts.legend import key_row
from judge.charts.lettering import width, wrap
from judge.charts.quantity import NONE, count, finite, same_length
from judge.charts.svg import ID, hint, line, tag, text

THICK = 24.0


@dataclass(frozen=True, slots=True)
class _Fill:
    """How a part is filled: its colour and how much of it, the ink and drawing of its pattern on 6 by 6, its edge."""

    colour: str
    depth: str | None
    ink: str
    strokes: str
    edge: str | None = None

    def number(self) -> tuple[str, str | None]:
        """Return the colour of a number upon it and of the halo that lifts it off the pattern."""
        return (BG, self.colour) if self.depth is None else (FG, None)


# Win, tie, loss, missing, and two to spare. In grey they are dark, light dotted, striped, and paper.
FILLS = (
    _Fill(paint("good"), None, BG, ""),
    _Fill(NEUTRAL, "0.3", NEUTRAL, "M1 1.5h1.2M4 4.5h1.2"),
    _Fill(paint("bad"), None, BG, "M-1 1L1 -1M0 6L6 0M5 7L7 5"),
    _Fill(BG, "1", NEUTRAL, "M-1 5L1 7M0 0L6 6M5 -1L7 1", NEUTRAL),
    _Fill(SERIES[0], None, BG, "M0 3H6"),
    _Fill(SERIES[3], None, BG, "M3 0V6"),
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: counts in the order of the legend."""

    name: str
    parts: tuple[float, ...]


def stacked_bars(
    title: str,
    description: str,
    bars: Sequence[Bar],
    heads: Sequence[str],
    legend: Sequence[str],
    *,
    digits: int = 1,
    narrow: bool = False,
) -> Figure:
    """Draw bars of one length, split by share, counts inside where they fit.

    Parts are win, tie, loss, missing (drawn as paper), then two more. Table: name, one column for each part.
    """
    for bar in bars:
        _check(bar, len(legend))
    rows = [(bar.name, *(count(part, digits) for part in bar.parts)) for bar in bars]
    if not bars or not legend:
        return empty(title, description, heads, rows if legend else (), narrow)
    across = NARROW if narrow else WIDE
    body, y = key_row(legend, _swatch, 0, 0, across)
    body.insert(0, _patterns(len(legend)))
    room = across if narrow else 220.0
    names = [wrap(bar.name, room, LABEL) for bar in bars]
    left = 0.0 if narrow else max(width(one, LABEL) for lines in names for one in lines) + 14
    top = y = y + 30
    strips = []
    for bar, lines in zip(bars, names, strict=True):
        if narrow:
            body += [text(left, y + 12 + LINE * at, one, LABEL) for at, one in enumerate(lines)]
            y += LINE * len(lines) + 2
        height = THICK if narrow else max(THICK, LINE * len(lines))
        if not narrow:
            first = y + height / 2 + 4.5 - LINE * (len(lines) - 1) / 2
            body += [text(0, first + LINE * at, one, LABEL) for at, one in enumerate(lines)]
        body.append(_bar(bar, legend, left, y + (height - THICK) / 2, across - left, digits))
        strips.append((y - 3, y + height + 3))
        y += height + 10
    # On a phone names stand between the bars, where lines would run through them.
    body.insert(0, _grid(left, across, top, strips if narrow else [(top - 5, y - 4)]))
    return finish(title, description, (across, y), body, heads, rows)


def _check(bar: Bar, parts: int) -> None:
    same_length(f"{bar.name}: parts and legend", len(bar.parts), parts)
    if parts > len(FILLS):
        raise ValueError(f"{parts} parts: only {len(FILLS)} can be told apart")
    for part in bar.parts:
        if finite(part, bar.name) < 0:
            raise ValueError(f"{bar.name}: {part} is less than nothing")
    finite(sum(bar.parts), bar.name)


def _patterns(parts: int) -> str:
    drawn = [
        tag(
            "pattern",
            tag("path", d=fill.strokes, stroke=fill.ink, stroke_width="1.3", stroke_opacity="0.4"),
            id=f"{ID}-p{at}",
            width="6",
            height="6",
            patternUnits="userSpaceOnUse",
        )
        for at, fill in enumerate(FILLS[:parts])
        if fill.strokes
    ]
    return tag("defs", "".join(drawn)) if drawn else ""


def _part(at: int, x: float, y: float, across: float, height: float) -> str:
    fill = FILLS[at]
    # The edge of a part drawn as paper lies inside it, or it would seem the longer for it.
    inset = min(0.5, across / 2) if fill.edge else 0.0
    box = {"x": x + inset, "y": y + inset, "width": across - 2 * inset, "height": height - 2 * inset}
    over = tag("rect", **box, fill=f"url(#{ID}-p{at})") if fill.strokes else ""
    return tag("rect", **box, fill=fill.colour, fill_opacity=fill.depth, stroke=fill.edge) + over


def _swatch(at: int, x: float, y: float) -> str:
    return _part(at, x, y - 7, 20, 14)


def _bar(bar: Bar, names: Sequence[str], x: float, y: float, across: float, digits: int) -> str:
    total = sum(bar.parts)
    if not total:
        frame = tag("rect", x=x + 0.5, y=y + 0.5, width=across - 1, height=THICK - 1, fill="none", stroke=GRID)
        return frame + text(x + across / 2, y + THICK / 2 + 4.5, NONE, SMALL, fill=MUTED, anchor="middle")
    drawn = []
    for at, part in enumerate(bar.parts):
        end = x + across * (math.fsum(bar.parts[: at + 1]) / total)
        start = x + across * (math.fsum(bar.parts[:at]) / total)
        # A hair of paper between parts: neighbours of like brightness stay apart in print.
        long = end - start - (1.5 if end < x + across - 0.05 and end - start > 3 else 0.0)
        if long < 0.05:
            continue
        said = count(part, digits)
        inside = _part(at, start, y, long, THICK) + hint(f"{bar.name} · {names[at]} {said}")
        if width(said, SMALL) + 8 <= long:
            ink, halo = FILLS[at].number()
            inside += text(start + long / 2, y + 16.5, said, SMALL, fill=ink, anchor="middle", bold=True, halo=halo)
        drawn.append(tag("g", inside))
    return "".join(drawn)


def _grid(left: float, right: float, top: float, strips: Sequence[tuple[float, float]]) -> str:
    drawn = ""
    for share, anchor in ((0, "start"), (50, "middle"), (100, "end")):
        x = left + (right - left) * share / 100
        drawn += text(x, top - 10, f"{share}%", SMALL, fill=MUTED, anchor=anchor)
        inside = min(max(x, left + 0.5), right - 0.5)
        drawn += "".join(line(inside, start, inside, end, GRID) for start, end in strips)
    return drawn
