"""A report as one HTML file that opens offline, or as one and a folder beside it where the dialogues are many.

The page holds its summary, figures and the list of questions; dialogues lie compressed inside and are opened on demand.
Nothing is fetched and nothing but our own script runs: a content security policy names both by their hash.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from judge import __version__, markup
from judge.charts import Figure
from judge.identity import Json
from judge.report import behind, corrected, result
from judge.report.contents import Contents, contents
from judge.report.document import SCHEMA, Document
from judge.report.embedding import colours, island, policy_hash
from judge.report.figures import figures
from judge.report.grid import Grid, Theirs, theirs
from judge.report.sentence import headline, short, warnings
from judge.report.words import Words

LIMIT = 6_000_000  # bytes of one file, above which the dialogues move into a folder of scripts
FRAME = 300_000  # bytes of a page beside its dialogues and their list, at most
MANY = (
    12  # rows of a heat map, above which it has the width to itself, and on a phone is scrolled rather than drawn anew
)
_FALLBACK = re.compile(r"var\((--\w+),#[0-9a-f]{6}\)")


@dataclass(frozen=True, slots=True)
class Page:
    """A file of a report: its name beside the first, and its text."""

    name: str
    text: str


def render(document: Document, words: Words, *, limit: int = LIMIT) -> list[Page]:
    """Draw a report; the first page is the report, others are what it loads."""
    held = contents(document, words)
    index = island(_index(held, words))
    # The folder goes by what it holds: a report that is written anew does not load the dialogues of an older one.
    apart = held.size + len(index) + FRAME > limit and bool(held.chunks)
    folder = f"report-{hashlib.sha256(''.join(held.chunks).encode()).hexdigest()[:8]}" if apart else ""
    pages = [Page("report.html", _page(document, words, held, index, folder))]
    if apart:
        pages += [Page(_beside(folder, at), f'judgeChunk({at},"{one}")\n') for at, one in enumerate(held.chunks)]
    return pages


def _beside(folder: str, at: int) -> str:
    return f"{folder}/{at:03d}.js"


def _page(document: Document, words: Words, held: Contents, index: str, folder: str) -> str:
    """Fill the template; dialogues are left out where they lie in a folder."""
    style, script = _style(), _asset("report.js")
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            words=words,
            title=result.title(document, words),
            headline=headline(document, words),
            tone=result.tone(document),
            basis=result.basis(document, words),
            warnings=warnings(document, words),
            facts=result.facts(document, words),
            tiles=result.tiles(document, words),
            rates=result.rates(document, words),
            board=result.leaderboard(document, words),
            counts=result.counts(document, words),
            remarks=result.remarks(document, words),
            corrected=corrected.section(document, words),
            members=behind.members(document, words),
            style_control=result.style(document, words),
            figures=_figures(document, words),
            turns_judged=len(document.turns) > 1,
            certificate=behind.certificate(document, words),
            controls=behind.controls(document, words),
            behaviour=behind.behaviour(document, words),
            costs=behind.costs(document, words),
            usage=any(one.counted for one in document.costs),
            attribution=behind.attribution(document, words),
            suspects=len({(one.question, one.candidate, one.turn) for one in document.suspects}),
            style=Markup(style),
            script=Markup(script),
            policy=_policy(style, script, bool(folder)),
            index=Markup(index),
            chunks=[] if folder else [Markup(one) for one in held.chunks],
            sources=Markup(island([_beside(folder, at) for at in range(len(held.chunks))])) if folder else None,
            version=__version__,
            schema=SCHEMA,
        )
    )


# ── the frame ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@cache
def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("judge.report"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.tests["theirs"] = lambda text: isinstance(text, Theirs)
    return found


def _asset(name: str) -> str:
    return (files("judge.report") / "templates" / name).read_text(encoding="utf-8")


@cache
def _style() -> str:
    return colours() + _asset("report.css") + markup.pygments_css()


def _policy(style: str, script: str, apart: bool) -> str:
    """Allow our own style and script by their hash, and where dialogues lie beside the page, what that script loads."""
    allowed = f"{policy_hash(script)} 'strict-dynamic'" if apart else policy_hash(script)
    return (
        f"default-src 'none'; style-src {policy_hash(style)}; script-src {allowed}; base-uri 'none'; form-action 'none'"
    )


def _index(held: Contents, words: Words) -> dict[str, Json]:
    return {
        **held.index,
        "words": dict(words.under("page")),
        "flags": dict(words.under("flag")),
        "labels": dict(words.under("label")),
    }


# ── figures ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A figure as the page shows it: wide, for a phone where that is drawn anew, and the table under it."""

    name: str
    title: str
    text: str
    wide: Markup
    narrow: Markup | None  # None for a large one
    table: Grid


def _figures(document: Document, words: Words) -> list[_Drawn]:
    small = dict(figures(document, words, narrow=True))
    known = {short(document, name) for name in document.candidates}
    return [
        _Drawn(
            name,
            figure.title,
            figure.description,
            _svg(figure),
            None if name == "heatmap" and len(figure.rows) > MANY else _svg(small[name]),
            _table(figure, known),
        )
        for name, figure in figures(document, words)
    ]


def _svg(figure: Figure) -> Markup:
    """Return the drawing without the colours for pages that define none: this one does."""
    return Markup(_FALLBACK.sub(r"var(\1)", figure.svg))


def _table(figure: Figure, candidates: set[str]) -> Grid:
    """Return what was drawn as a table; names in it are made visible, and marked as such."""
    heads = [theirs(head) if head in candidates else head for head in figure.heads]
    return Grid(heads, [[theirs(first), *map(markup.visible, rest)] for first, *rest in figure.rows])
