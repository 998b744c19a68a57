"""SVG elements as text: presentation attributes only, since the page's policy allows no style of an element's own."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

from judge.charts.colours import BG, FG
from judge.charts.lettering import clean

ID = "\0"  # stands for the figure's id until the drawing, which it is made from, is done; no cleaned text holds it


def tag(name: str, content: str = "", /, **attributes: str | float | None) -> str:
    """Return an element; None leaves an attribute out, and an underscore in a name stands for a hyphen."""
    said = "".join(
        f' {key.replace("_", "-")}="{escape(value) if isinstance(value, str) else coordinate(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{said}>{content}</{name}>" if content else f"<{name}{said}/>"


def coordinate(value: float) -> str:
    """Return a length with one decimal at most; what is no length is an error here and never reaches a file."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is no coordinate")
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")  # adding zero takes the sign from it


def text(
    x: float,
    y: float,
    content: str,
    size: float,
    *,
    fill: str = FG,
    anchor: str | None = None,
    bold: bool = False,
    halo: str | None = None,
    turn: float | None = None,
) -> str:
    """Return one line of text; a halo keeps it readable upon lines, `turn` rotates it about its place."""
    return tag(
        "text",
        escape(clean(content)),
        x=x,
        y=y,
        font_size=size,
        fill=fill,
        text_anchor=anchor,
        font_weight="600" if bold else None,
        stroke=halo,
        stroke_width="3" if halo else None,
        stroke_linejoin="round" if halo else None,
        paint_order="stroke" if halo else None,
        transform=turn and f"rotate({coordinate(turn)} {coordinate(x)} {coordinate(y)})",
    )


def line(x1: float, y1: float, x2: float, y2: float, stroke: str, thick: str = "1", dash: str | None = None) -> str:
    """Return a straight line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, stroke_width=thick, stroke_dasharray=dash)


def path(points: Iterable[Sequence[float]], *, close: bool = False) -> str:
    """Return the path data of a polyline."""
    joined = "L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in points)
    return f"M{joined}{'Z' if close else ''}" if joined else ""


def hint(content: str) -> str:
    """Return what a pointer resting on a mark is told."""
    return tag("title", escape(clean(content)))


MARKS = 4


def mark(kind: int, x: float, y: float, size: float, colour: str, *, hollow: bool = False) -> str:
    """Return a dot, square, diamond or triangle about a place, so that colour is never the only difference."""
    fill, stroke = (BG, colour) if hollow else (colour, BG)
    shape = kind % MARKS
    if shape == 0:
        return tag("circle", cx=x, cy=y, r=size, fill=fill, stroke=stroke, stroke_width="1.5")
    near, far = size * 0.9, size * 1.3
    corners = [
        ((-near, -near), (near, -near), (near, near), (-near, near)),
        ((0, -far), (far, 0), (0, far), (-far, 0)),
        ((0, -far), (far, near), (-far, near)),
    ][shape - 1]
    drawn = path([(x + dx, y + dy) for dx, dy in corners], close=True)
    return tag("path", d=drawn, fill=fill, stroke=stroke, stroke_width="1.5")
