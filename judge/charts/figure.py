"""A finished chart: the drawing, what is said of it, and the table that stands beneath."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape

from judge.charts.colours import DARK, GRID, LIGHT, MUTED
from judge.charts.lettering import clean
from judge.charts.quantity import NONE, same_length
from judge.charts.svg import ID, coordinate, tag, text

WIDE, NARROW = 640.0, 360.0  # widths of the drawing: for a page, for a phone
LABEL, SMALL, LINE = 13.0, 12.0, 16.0  # sizes of names and of ticks; from one line of text to the next
MARGIN = 16.0  # of paper about a drawing that stands alone; in a page the page gives it
FONTS = '"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","WenQuanYi Micro Hei",system-ui,sans-serif'


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart; `heads` and `rows` hold names as they were given, so whoever shows the table cleans and escapes them."""

    title: str
    description: str
    svg: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def finish(
    title: str,
    description: str,
    size: tuple[float, float],
    body: Iterable[str],
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
) -> Figure:
    """Put a drawing and its words together under an id made from them, so that many charts share a page."""
    table = tuple(tuple(row) for row in rows)
    for row in table:
        same_length("heads and columns of the table", len(heads), len(row))
    words = (clean(title) or NONE, clean(description) or NONE)
    drawn = "".join(body)
    view = f"0 0 {coordinate(size[0])} {coordinate(size[1])}"
    content = repr((words, view, drawn, tuple(heads), table)).encode("utf-8", "backslashreplace")
    key = f"f{sha256(content).hexdigest()[:12]}"
    svg = tag(
        "svg",
        tag("title", escape(words[0]), id=f"{key}-t") + tag("desc", escape(words[1]), id=f"{key}-d") + drawn,
        viewBox=view,
        role="img",
        aria_labelledby=f"{key}-t {key}-d",
    )
    return Figure(title, description, svg.replace(ID, key), tuple(heads), table)


def empty(title: str, description: str, heads: Sequence[str], rows: Iterable[Sequence[str]], narrow: bool) -> Figure:
    """Return a frame with a dash in it: there is nothing to draw, and it says so."""
    across, height = (NARROW if narrow else WIDE), 120.0
    frame = tag("rect", x=0.5, y=0.5, width=across - 1, height=height - 1, rx="4", fill="none", stroke=GRID)
    dash = text(across / 2, height / 2 + 6, NONE, 18, fill=MUTED, anchor="middle")
    return finish(title, description, (across, height), [frame, dash], heads, rows)


def standalone(svg: str) -> str:
    """Return a figure's SVG as a document of its own, with its colours by day and by night."""
    view = re.search(r'viewBox="0 0 ([0-9.]+) ([0-9.]+)"', svg)
    if view is None:
        raise ValueError("not the SVG of a figure: it has no viewBox")
    # Drawing programs know no variables: the colours are written out, and at night found again by their value. Quotes in
    # text are escaped, so nothing but an attribute can look like one.
    plain = re.sub(r'="var\(--[a-z0-9]+,(#[0-9a-f]{6})\)"', r'="\1"', svg)
    night = "".join(
        f'[{kind}="{LIGHT[name]}"]{{{kind}:{colour}}}' for name, colour in DARK.items() for kind in ("fill", "stroke")
    )
    style = (
        f"text{{font-family:{FONTS};font-variant-numeric:tabular-nums}}@media (prefers-color-scheme:dark){{{night}}}"
    )
    across, high = float(view[1]) + 2 * MARGIN, float(view[2]) + 2 * MARGIN
    paper = tag("rect", x=-MARGIN, y=-MARGIN, width=across, height=high, fill=LIGHT["bg"])
    size = f'width="{coordinate(across)}" height="{coordinate(high)}"'
    framed = f'viewBox="-{MARGIN:g} -{MARGIN:g} {coordinate(across)} {coordinate(high)}"'
    opened = plain.replace(view[0], framed, 1).replace("<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" {size} ', 1)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + opened.replace(
        "</desc>", f"</desc><style>{style}</style>{paper}", 1
    )
