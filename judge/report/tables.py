"""A report as plain tables: what Excel, CSV and JSON hold, cell by cell the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from judge.behaviour import Behaviour
from judge.records import HumanVerdict, Judgment, Scores, Side, Skipped, Unanswered, Unreadable, Verdict
from judge.report.correction import Correction
from judge.report.document import Document
from judge.stats.intervals import Estimate

Cell: TypeAlias = str | int | float | None
Row: TypeAlias = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A named table; `columns` are keys of words under `column`, rows as long as they."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def tables(document: Document) -> tuple[Table, ...]:
    """Return all tables of a report, the summary first."""
    return (
        _summary(document),
        *([] if document.correction is None else _corrected(document.correction)),
        _parts(document, "abilities"),
        _parts(document, "turns"),
        _items(document),
        _judgments(document),
        _certificate(document),
        _behaviour(document),
        _costs(document),
        _attribution(document),
    )


def _span(figure: Estimate | None) -> tuple[Cell, Cell, Cell]:
    if figure is None:
        return None, None, None
    return _number(figure.value), _number(figure.low), _number(figure.high)


def _number(value: float | None) -> float | None:
    """Round to what a reader and a spreadsheet can hold alike; infinite ends are empty."""
    return None if value is None or value in (float("inf"), float("-inf")) else round(value, 6)


SUMMARY = (
    "candidate", "elo", "elo_low", "elo_high", "rank_best", "rank_worst", "half_tie", "half_tie_low", "half_tie_high",
    "open", "open_low", "open_high", "no_difference", "win_rate", "win_rate_low", "win_rate_high",
    "win", "tie", "loss", "planned", "judged", "unreadable", "unanswered", "missing",
)  # fmt: skip


def _summary(document: Document) -> Table:
    rows = {row.candidate: row for row in document.board.rows}
    found: list[Row] = []
    for name, share in zip(document.candidates, document.shares, strict=True):
        rating = rows[name].rating if name in rows else None
        elo = (None, None, None) if rating is None else tuple(map(_number, (rating.elo, rating.low, rating.high)))
        ranks = (None, None) if rating is None or rating.ranks is None else rating.ranks
        rates, count = share.rates, share.counts
        figures = (None,) * 10
        if rates is not None:
            figures = (
                *_span(rates.half_tie),
                *_span(rates.open_score),
                _number(rates.no_difference),
                *_span(rates.win_rate),
            )  # type: ignore[assignment]
        games = tuple(_number(one) for one in (share.win, share.tie, share.loss))
        counts = (count.planned, count.judged, count.unreadable, count.unanswered, count.missing)
        found.append((name, *elo, *ranks, *figures, *games, *counts))
    return Table("summary", SUMMARY, tuple(found))


CORRECTED = (
    "candidate", "figure", "judge_alone", "judge_alone_low", "judge_alone_high", "people_alone", "people_alone_low",
    "people_alone_high", "corrected", "corrected_low", "corrected_high",
)  # fmt: skip
AUDITS = ("audits", "population", "needed", "saved", "saved_labels", "rho", "uniform", "waiting", "chosen")


def _corrected(found: Correction) -> tuple[Table, Table]:
    """Return what judge, people and both together say, a line per candidate and figure; and in one line what that rests on."""
    rows = tuple(
        (one.candidate, figure, *_span(triple.judge), *_span(triple.people), *_span(triple.corrected))
        for one in found.rows
        for figure, triple in ((found.unit, one.figure), ("open", one.open_score))
        if triple is not None
    )
    saving = found.saving
    saved = (None, None) if saving is None else (_number(found.saved), round(saving))
    shares = _number(found.rho), _number(found.uniform)
    audits = (found.audits, found.population, found.needed, *saved, *shares, found.waiting, found.chosen)
    return Table("corrected", CORRECTED, rows), Table("audits", AUDITS, (audits,))


def _parts(document: Document, name: str) -> Table:
    curves, parts = (
        (document.by_ability, document.abilities)
        if name == "abilities"
        else (document.by_turn, tuple(map(str, document.turns)))
    )
    adjusted = {}
    if name == "abilities" and document.compare is not None:
        adjusted = {share.name: share.p for share in document.compare.abilities}
    rows: list[Row] = []
    for curve in curves:
        for part, figure in zip(parts, curve.values, strict=True):
            key: Cell = part if name == "abilities" else int(part)
            questions = 0 if figure is None else figure.clusters
            extra = (_number(adjusted.get(part)),) if name == "abilities" else ()
            rows.append((curve.candidate, key, *_span(figure), questions, *extra))
    part_key = "ability" if name == "abilities" else "turn"
    columns = ("candidate", part_key, "half_tie", "half_tie_low", "half_tie_high", "questions")
    return Table(name, (*columns, *(("p",) if name == "abilities" else ())), tuple(rows))


def _items(document: Document) -> Table:
    rows: list[Row] = []
    for line in document.lines:
        question = line.item.question
        turns = len(question.turns) or max((len(one.answers) for one in line.item.dialogues), default=0)
        about = (question.id, question.ability, question.subcategory or None, question.difficulty, turns, question.trap)
        for at, (first, second) in enumerate(document.pairs):
            names = document.candidates[first], document.candidates[second]
            flags = ", ".join(line.flags[at]) or None
            rows.append((*about, *names, line.labels[at], line.people[at], flags))
    columns = (
        "question",
        "ability",
        "subcategory",
        "difficulty",
        "turns",
        "trap",
        "first",
        "second",
        "label",
        "people",
        "flags",
    )
    return Table("items", columns, tuple(rows))


def _judgments(document: Document) -> Table:
    rows: list[Row] = []
    for line in document.lines:
        said: list[Judgment | HumanVerdict] = [*line.item.judgments, *line.item.human_verdicts]
        rows += map(_judgment, said)
    columns = ("question", "by", "kind", "turn", "first", "second", "said", "strength", "score", "dimensions", "words")
    return Table("judgments", columns, tuple(rows))


def _judgment(one: Judgment | HumanVerdict) -> Row:
    judged = isinstance(one, Judgment)
    by, text = (one.judge.name, one.reply) if isinstance(one, Judgment) else (one.reviewer, one.comment)
    shown = [dialogue.candidate.name for dialogue in one.case.dialogues]
    said: str
    strength: int | None = None
    score: float | None = None
    dimensions: str | None = None
    match one.result:
        case Verdict(side=side, strength=strength):
            said = {Side.FIRST: "first", Side.TIE: "tie", Side.SECOND: "second"}[side]
        case Scores(overall, parts):
            said, score = "scores", None if overall is None else overall.value
            dimensions = "; ".join(f"{name} {part.value:g}" for name, part in parts) or None
        case Unreadable(reason):
            said, text = "unreadable", text or reason
        case Unanswered(reason):
            said, text = "unanswered", text or reason
        case Skipped(reason):
            said, text = "skipped", text or reason
    second = shown[1] if len(shown) > 1 else None
    kind = "judge" if judged else "human"
    return (
        one.case.question.id,
        by,
        kind,
        one.case.scope.turn,
        shown[0],
        second,
        said,
        strength,
        score,
        dimensions,
        text or None,
    )


def _certificate(document: Document) -> Table:
    found = document.board.certificate
    rows = (
        ()
        if found is None
        else tuple(
            (
                one.name,
                *_span(one.figure),
                one.figure.clusters,
                one.figure.rows,
                one.limit.alone,
                _number(one.limit.unfit),
                one.mark,
            )
            for one in found.checks
        )
    )
    return Table("certificate", ("check", "value", "low", "high", "questions", "rows", "alone", "unfit", "mark"), rows)


def _behaviour(document: Document) -> Table:
    columns = ("candidate", "dialogues", "answers", "median_chars", *(f"behaviour.{one}" for one in Behaviour))
    rows = tuple(
        (one.candidate, one.dialogues, one.answers, one.median_chars, *(one.seen.get(kind, 0) for kind in Behaviour))
        for one in document.profiles
    )
    return Table("behaviour", columns, rows)


def _costs(document: Document) -> Table:
    rows = tuple(
        (one.name, one.role, one.calls, one.counted, one.input_tokens if one.counted else None,
         one.output_tokens if one.counted else None, _number(one.yuan))
        for one in document.costs
    )  # fmt: skip
    return Table("cost", ("name", "role", "calls", "counted", "input_tokens", "output_tokens", "yuan"), rows)


def _attribution(document: Document) -> Table:
    rows = tuple(
        (one.question, one.ability, one.candidate, one.turn, one.fault, one.words, one.by) for one in document.broken
    )
    return Table("attribution", ("question", "ability", "candidate", "turn", "fault", "words", "by"), rows)


def records(table: Table) -> Iterator[dict[str, Cell]]:
    """Yield the rows of a table as objects."""
    for row in table.rows:
        yield dict(zip(table.columns, row, strict=True))
