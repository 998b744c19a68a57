"""A report as one HTML file that opens offline, or as one and a folder beside it where the dialogues are many.

The page holds its summary, figures and the list of questions; dialogues lie compressed inside and are opened on demand.
Nothing is fetched and nothing but our own script runs: a content security policy names both by their hash.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from judge import __version__, markup
from judge.charts import DARK, LIGHT, Figure
from judge.identity import Json
from judge.report.contents import Contents, contents
from judge.report.document import SCHEMA, Document
from judge.report.figures import figures
from judge.report.sentence import grounds, literal, sentence, short
from judge.report.sheets import heading
from judge.report.tables import Cell, Table, tables
from judge.report.words import Words
from judge.stats.intervals import Estimate

LIMIT = 6_000_000  # bytes of one file, above which the dialogues move into a folder of scripts


@dataclass(frozen=True, slots=True)
class Page:
    """A file of a report: its name beside the first, and its text."""

    name: str
    text: str


def render(document: Document, words: Words, *, limit: int = LIMIT) -> list[Page]:
    """Draw a report; the first page is the report, others are what it loads."""
    held = contents(document, words)
    apart = held.size > limit
    style, script = _style(), _asset("report.js")
    hashes = [_hash(script)]
    folder = f"report-{hashlib.sha256(held.chunks[0].encode()).hexdigest()[:8]}" if apart else ""
    page = (
        _environment()
        .get_template("report.html.j2")
        .render(
            words=words,
            candidates={short(document, name) for name in document.candidates},
            title=_title(document, words),
            sentence=sentence(document, words),
            grounds=grounds(document, words),
            tone=_tone(document),
            literal=literal(document),
            facts=_facts(document, words),
            rates=_rates(document, words),
            board=_board(document, words),
            counts=_counts(document, words),
            figures=_figures(document, words),
            turns_judged=len(document.turns) > 1,
            certificate=_certificate(document, words),
            controls=_controls(document, words),
            behaviour=_behaviour(document, words),
            cost=_plain_table(document, words, "cost"),
            broken=_broken(document, words),
            style=Markup(style),
            script=Markup(script),
            policy=_policy(style, hashes, apart),
            index=Markup(_island(_index(held, document, words))),
            chunks=[] if apart else held.chunks,
            sources=[f"{folder}/{at:03d}.js" for at in range(len(held.chunks))] if apart else [],
            version=__version__,
            schema=SCHEMA,
        )
    )
    pages = [Page("report.html", page)]
    if apart:
        pages += [
            Page(f"{folder}/{at:03d}.js", f'judgeChunk({at},"{chunk}")\n') for at, chunk in enumerate(held.chunks)
        ]
    return pages


# ── the frame ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("judge.report"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _asset(name: str) -> str:
    return (files("judge.report") / "templates" / name).read_text(encoding="utf-8")


def _style() -> str:
    light, dark = ("".join(f"--{name}:{value};" for name, value in palette.items()) for palette in (LIGHT, DARK))
    colours = f":root{{{light}}}\n@media (prefers-color-scheme:dark){{@media not print{{:root{{{dark}}}}}}}\n"
    return colours + _asset("report.css") + markup.pygments_css()


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _policy(style: str, scripts: Sequence[str], apart: bool) -> str:
    """Allow our own style and script by hash, and where dialogues lie beside the page, scripts from files."""
    allowed = " ".join([*scripts, *["file:", "'self'"] * apart])
    return f"default-src 'none'; style-src {_hash(style)}; script-src {allowed}; base-uri 'none'; form-action 'none'"


def _island(value: Json) -> str:
    """Write JSON that cannot end the script it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return (
        text.replace("<", "\\u003c").replace(">", "\\u003e").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    )


def _index(held: Contents, document: Document, words: Words) -> dict[str, Json]:
    labels: dict[str, Json] = dict(words.under("page"))
    return {
        **held.index,
        "words": labels,
        "flags": dict(words.under("flag")),
        "labels": dict(words.under("label")),
        "people": any(any(line.people) for line in document.lines),
    }


# ── the parts ─────────────────────────────────────────────────────────────────────────────────────────────────────────

Rows = list[list[str]]


def _title(document: Document, words: Words) -> str:
    if document.compare is not None:
        first, second = (short(document, name) for name in (document.compare.first, document.compare.second))
        return words["title.pair"].format(first=first, second=second)
    return words["title.board"].format(bank=markup.visible(document.board.bank))


def _tone(document: Document) -> str:
    """Return the colour of the decision, by name."""
    found = document.compare
    if found is None or found.decision is None:
        return "plain"
    return {"switch": "good", "keep": "bad", "undecided": "wait"}[found.decision.answer]


def _facts(document: Document, words: Words) -> list[tuple[str, str]]:
    board = document.board
    told = [
        (words["fact.bank"], markup.visible(board.bank)),
        (words["fact.questions"], str(len(document.lines))),
        (words["fact.judge"], markup.visible(board.judge)),
        (words["fact.source"], words[f"source.{board.source}"]),
        (words["fact.scope"], words[f"fact.{board.scope}"]),
        (words["fact.confidence"], f"{document.plan.confidence:.0%}"),
    ]
    if board.baseline is not None:
        told.append((words["fact.baseline"], short(document, board.baseline)))
    if document.compare is not None:
        told.append((words["fact.margin"], f"{document.plan.margin:g}"))
    return told


def span(figure: Estimate | None) -> str:
    """Return a figure with its interval within 0 and 100."""
    if figure is None:
        return "—"
    return f"{figure.value:.1f} [{max(0.0, figure.low):.1f}, {min(100.0, figure.high):.1f}]"


def _rates(document: Document, words: Words) -> dict[str, object] | None:
    """Return the table of a pair: rates both ways, and what two equals would get."""
    found = document.compare
    if found is None or found.overall.rates is None:
        return None
    rates = found.overall.rates
    mirrored = rates.half_tie
    rows = [
        [words["rate.open"], span(rates.open_score), span(found.reverse_open), f"{rates.no_difference:.1f}"],
        [
            words["rate.win_rate"],
            span(rates.win_rate),
            f"{100 * found.overall.loss / max(1e-9, found.overall.win + found.overall.tie + found.overall.loss):.1f}",
            f"{(100 - rates.tie_rate) / 2:.1f}",
        ],
        [words["rate.half_tie"], span(mirrored), f"{100 - mirrored.value:.1f}", "50.0"],
    ]
    counted = " / ".join(_count(one) for one in (found.overall.win, found.overall.tie, found.overall.loss))
    bounds = ""
    if found.overall.counts.judged < found.overall.counts.planned:
        low, high = rates.half_tie_bounds
        bounds = f"{words['rate.half_tie']} {low:.1f}–{high:.1f}"
    return {
        "heads": ["", short(document, found.first), short(document, found.second), words["rate.no_difference"]],
        "rows": rows,
        "counted": counted,
        "bounds": bounds,
    }


def _count(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _board(document: Document, words: Words) -> dict[str, object] | None:
    """Return the board of several candidates."""
    if document.compare is not None:
        return None
    shares = dict(zip(document.candidates, document.shares, strict=True))
    styled = any(row.style for row in document.board.rows)
    heads = ["", words["column.candidate"], words["figure.ranks"], "Elo", words["rate.half_tie"], words["rate.open"]]
    heads += [words["figure.styled"]] * styled + [f"{words['count.judged']} / {words['count.planned']}"]
    rows: Rows = []
    for at, row in enumerate(document.board.rows, 1):
        rating, count = row.rating, shares[row.candidate].counts
        rates = shares[row.candidate].rates
        ranks, elo = "—", "—"
        if rating is not None:
            ends = ["∞" if one is None else f"{one:.0f}" for one in (rating.low, rating.high)]
            elo = f"{rating.elo:.0f} [{ends[0]}, {ends[1]}]"
            if rating.ranks is not None:
                ranks = "–".join(map(str, dict.fromkeys(rating.ranks)))
        figures_of = [span(rates.half_tie), f"{rates.open_score.value:.1f}"] if rates else ["—", "—"]
        controlled = [span(row.style.controlled) if row.style else "—"] * styled
        seen = f"{count.judged:,} / {count.planned:,}"
        rows.append([str(at), short(document, row.candidate), ranks, elo, *figures_of, *controlled, seen])
    return {"heads": heads, "rows": rows}


def _counts(document: Document, words: Words) -> list[tuple[str, str]]:
    """Return what became of all that was planned, of a pair or of everybody together."""
    found = document.compare
    shares = [found.overall] if found is not None else list(document.shares)
    half = 1 if found is not None else 2  # every comparison stands with both of its candidates
    named = ("planned", "answered", "judged", "unreadable", "unanswered", "missing", "both_placements", "flipped")
    told = []
    for name in named:
        total = sum(getattr(share.counts, name) for share in shares) // half
        if total or name in ("planned", "judged", "missing"):
            told.append((words[f"count.{name}"], f"{total:,}"))
    return told


def _figures(document: Document, words: Words) -> list[dict[str, object]]:
    wide = figures(document, words)
    narrow = dict(figures(document, words, narrow=True))
    return [{"name": name, "figure": _safe(figure), "narrow": Markup(narrow[name].svg)} for name, figure in wide]


def _safe(figure: Figure) -> dict[str, object]:
    shown = [[markup.visible(cell) for cell in row] for row in figure.rows]
    return {
        "title": figure.title,
        "text": figure.description,
        "svg": Markup(figure.svg),
        "heads": figure.heads,
        "rows": shown,
    }


def _certificate(document: Document, words: Words) -> dict[str, object] | None:
    found = document.board.certificate
    if found is None:
        return None
    rows: Rows = []
    for one in found.checks:
        signs = ("≥", "<") if one.limit.more else ("≤", ">")
        unfit = "—" if one.limit.unfit in (float("inf"), float("-inf")) else f"{signs[1]} {one.limit.unfit:g}"
        figure = f"{one.figure.value:.1f} [{one.figure.low:.1f}, {one.figure.high:.1f}]"
        rows.append(
            [
                words[f"check.{one.name}"],
                figure,
                f"{one.figure.clusters:,}",
                f"{signs[0]} {one.limit.alone:g}",
                unfit,
                words[f"mark.{one.mark}"],
            ]
        )
    notes = []
    if found.agreement is not None:
        own = found.agreement
        notes.append(
            words["figure.agreement"].format(
                items=f"{own.items:,}",
                raw=f"{own.raw.value:.1%}",
                kappa="—" if own.kappa is None else f"{own.kappa.value:.3f}",
                ac1="—" if own.ac1 is None else f"{own.ac1.value:.3f}",
            )
        )
    if found.people is not None:
        notes.append(
            words["figure.people"].format(
                raters=found.people.raters, items=f"{found.people.items:,}", raw=f"{found.people.raw.value:.1%}"
            )
        )
    if found.agreement is not None and not found.drawn:
        notes.append(words["figure.chosen"])
    if found.family:
        joint = "、" if words.language == "zh" else ", "
        notes.append(words["figure.family"].format(names=joint.join(short(document, name) for name in found.family)))
    heads = [words[f"column.{name}"] for name in ("check", "value", "questions", "alone", "unfit", "mark")]
    return {
        "word": words[f"certificate.{found.word}"],
        "tone": {"alone": "good", "correct": "wait", "unfit": "bad", "unproven": "wait"}[found.word],
        "heads": heads,
        "rows": rows,
        "notes": notes,
    }


def _controls(document: Document, words: Words) -> dict[str, object] | None:
    if not document.board.controls:
        return None
    heads = [
        words["figure.control"],
        words["column.questions"],
        words["rate.open"],
        words["rate.half_tie"],
        words["figure.expected"],
        words["column.mark"],
    ]
    rows = [
        [
            f"{words[f'control.{one.kind}']} · {short(document, one.baseline)}",
            str(one.judged),
            f"{one.open_score.value:.1f}",
            span(one.half_tie),
            f"{one.expected:.0f}",
            words["control.suspicious" if one.suspicious else "control.fine"],
        ]
        for one in document.board.controls
    ]
    return {"heads": heads, "rows": rows}


def _behaviour(document: Document, words: Words) -> dict[str, object]:
    """Return behaviours that somebody showed, as counts and rates of dialogues."""
    kinds = [kind for kind in words.under("behaviour") if any(one.seen.get(kind) for one in document.profiles)]  # type: ignore[call-overload]
    heads = [words["column.candidate"], words["column.dialogues"], words["column.median_chars"]]
    heads += [words[f"behaviour.{kind}"] for kind in kinds]
    rows: Rows = []
    for one in document.profiles:
        shown = []
        for kind in kinds:
            count = next((number for seen, number in one.seen.items() if seen.value == kind), 0)
            shown.append(f"{count} ({count / max(1, one.dialogues):.0%})" if count else "—")
        length = "—" if one.median_chars is None else f"{one.median_chars:,.0f}"
        rows.append([short(document, one.candidate), f"{one.dialogues:,}", length, *shown])
    return {"heads": heads, "rows": rows}


def _plain_table(document: Document, words: Words, name: str) -> dict[str, object]:
    table = next(one for one in tables(document) if one.name == name)
    heads = [heading(column, words) for column in table.columns]
    return {"heads": heads, "rows": [[_cell(cell, document, words, table) for cell in row] for row in table.rows]}


def _cell(cell: Cell, document: Document, words: Words, table: Table) -> str:
    if cell is None:
        return "—"
    if isinstance(cell, str):
        return words.get(f"role.{cell}", short(document, cell)) if table.name == "cost" else markup.visible(cell)
    return f"{cell:,.2f}".removesuffix(".00")


def _broken(document: Document, words: Words) -> dict[str, object] | None:
    """Return which turn broke what: counts per candidate and fault, and every clause."""
    if not document.broken:
        return None
    faults = [fault for fault in words.under("fault") if any(one.fault == fault for one in document.broken)]
    numbers = {line.item.question.id: at for at, line in enumerate(document.lines)}
    counted: Rows = []
    for name in document.candidates:
        mine = [one for one in document.broken if one.candidate == name]
        if mine:
            counted.append(
                [short(document, name), *(str(sum(one.fault == fault for one in mine) or "—") for fault in faults)]
            )
    said = [
        {
            "number": numbers.get(one.question, -1),
            "question": markup.visible(one.question),
            "ability": words.ability(one.ability),
            "candidate": short(document, one.candidate),
            "turn": one.turn,
            "fault": words[f"fault.{one.fault}"],
            "words": markup.visible(one.words),
        }
        for one in document.broken
    ]
    return {
        "heads": [words["column.candidate"], *(words[f"fault.{fault}"] for fault in faults)],
        "rows": counted,
        "said": said,
    }
