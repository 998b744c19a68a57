"""A report, or a diff, as Markdown for a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from judge.markup import visible
from judge.report.corrected import section
from judge.report.diff import Diff
from judge.report.document import Document
from judge.report.result import basis
from judge.report.sentence import sentence
from judge.report.sheets import heading
from judge.report.tables import Cell, Table, tables
from judge.report.words import Words
from judge.stats.intervals import Estimate

# Entities where a backslash does not help: a hosting site reads @name and #1 in spite of it.
_SPECIAL = {ord(one): f"\\{one}" for one in "\\`*_{}[]|~$"} | {
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    ord("@"): "&#64;",
    ord("#"): "&#35;",
}
BRIEF = ("summary", "abilities", "turns", "certificate")
COLUMNS = {
    "summary": (
        "candidate",
        "elo",
        "half_tie",
        "half_tie_low",
        "half_tie_high",
        "open",
        "no_difference",
        "win",
        "tie",
        "loss",
        "judged",
        "planned",
    ),
}


def escaped(text: str) -> str:
    """Return a text that Markdown takes for plain words on one line."""
    return " ".join(visible(text).split()).translate(_SPECIAL)


def markdown(document: Document, words: Words) -> str:
    """Return the decision, the counts and the short tables of a report."""
    lines = [f"## {escaped(sentence(document, words))}", "", escaped(basis(document, words)), ""]
    lines += _facts(document, words)
    for table in tables(document):
        if table.name in BRIEF and table.rows:
            lines += [f"### {words[f'sheet.{table.name}']}", "", *_table(table, words), ""]
        if table.name == "summary":
            lines += _corrected(document, words)
    return "\n".join(lines).rstrip() + "\n"


def _corrected(document: Document, words: Words) -> list[str]:
    """Return what people's drawn verdicts made of the figures, where there are some."""
    found = section(document, words)
    if found is None:
        return []
    lines = [f"### {words['sheet.corrected']}", "", *([escaped(found.decision), ""] if found.decision else ())]
    if found.table is not None:
        heads, *rows = ([escaped(cell) for cell in row] for row in (found.table.heads, *found.table.rows))
        lines += [*_grid(heads, rows), ""]
    return [*lines, *_told(found.facts, words), ""]


def _facts(document: Document, words: Words) -> list[str]:
    board = document.board
    certificate = board.certificate
    told = [
        (words["fact.bank"], board.bank),
        (words["fact.judge"], board.judge),
        (words["fact.source"], words[f"source.{board.source}"]),
    ]
    if certificate is not None:
        told.append((words["sheet.certificate"], words[f"certificate.{certificate.word}"]))
    return [*_told(told, words), ""]


def _told(facts: Sequence[tuple[str, str]], words: Words) -> list[str]:
    return [f"- {name}{words['page.colon']}{escaped(said)}" for name, said in facts]


def _table(table: Table, words: Words) -> list[str]:
    columns = COLUMNS.get(table.name, table.columns)
    places = [table.columns.index(column) for column in columns]
    heads = [escaped(heading(column, words)) for column in columns]
    rows = [[_cell(row[at], words) for at in places] for row in table.rows]
    return _grid(heads, rows)


def _grid(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *rows)]


def _cell(cell: Cell, words: Words) -> str:
    if cell is None:
        return "—"
    if isinstance(cell, str):
        return escaped(words.get(f"check.{cell}", words.get(f"mark.{cell}", words.get(f"ability.{cell}", cell))))
    return f"{cell:.2f}".removesuffix(".00")


def markdown_diff(found: Diff, words: Words) -> str:
    """Return what changed between two runs and what it did."""
    lines = [f"## {escaped(found.before)} → {escaped(found.after)}", "", f"### {words['change.heading']}", ""]
    lines += [
        f"- {change_text(one.what, one.name, words)}: {escaped(one.before)} → {escaped(one.after)}"
        for one in found.changes
    ]
    lines += [words["change.none"]] * (not found.changes)
    if found.effects:
        keys = ("effect.before", "effect.after", "effect.difference", "effect.p", "effect.flips", "effect.questions")
        heads = [words["column.candidate"], words["column.ability"], *(words[key] for key in keys)]
        rows = [
            [
                escaped(one.candidate if one.candidate == one.was else f"{one.was} → {one.candidate}"),
                "—" if one.ability is None else escaped(words.ability(one.ability)),
                _span(one.before),
                _span(one.after),
                _span(one.difference, "+"),
                f"{one.p:.3f}",
                str(one.flipped),
                str(one.difference.clusters),
            ]
            for one in found.effects
        ]
        lines += ["", f"### {words['effect.heading']}", "", *_grid(heads, rows)]
    return "\n".join(lines) + "\n"


def change_text(what: str, name: str, words: Words) -> str:
    """Name a change: what it is, and of whom or of how many."""
    label = words[f"change.{what}"].format(count=name, name=name)
    return (
        f"{words['change.bank']} {label}"
        if what in ("added", "removed", "rewritten")
        else f"{visible(name)} {label}".strip()
    )


def _span(figure: Estimate, sign: str = "") -> str:
    return f"{figure.value:{sign}.2f} [{max(-100, figure.low):{sign}.1f}, {min(100, figure.high):{sign}.1f}]"
