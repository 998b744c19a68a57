"""A report's figures: which charts it has, with their words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from judge.charts import (
    Bar,
    Dot,
    Figure,
    Line,
    Point,
    Ring,
    forest,
    heatmap,
    lines,
    radar,
    scatter,
    stacked_bars,
)
from judge.markup import visible
from judge.report.build import CompareReport
from judge.report.document import Curve, Document
from judge.report.grid import NONE, count, span, value
from judge.report.sentence import short
from judge.report.words import Words
from judge.stats.intervals import Estimate

MOST_RINGS = 6  # candidates drawn over one another
MOST_CELLS = 30  # models in a heat map
MOST_ROWS = 40  # candidates in one chart of bars or ratings


def figures(document: Document, words: Words, *, narrow: bool = False) -> list[tuple[str, Figure]]:
    """Return the figures that the data of a report give, by name, in the order of the page."""
    found = [
        ("corrected", _corrected(document, words, narrow)),
        ("radar", _radar(document, words, narrow)),
        ("outcomes", _outcomes(document, words, narrow)),
        ("forest", _forest(document, words, narrow)),
        ("turns", _turns(document, words, narrow)),
        ("heatmap", _heatmap(document, words, narrow)),
        ("position", _position(document, words, narrow)),
        ("lengths", _lengths(document, words, narrow)),
    ]
    return [(name, figure) for name, figure in found if figure is not None]


def _shown(document: Document) -> Sequence[Curve]:
    """Return whose curves are drawn: of a pair the first alone, since the other is its mirror image."""
    return document.by_ability[: 1 if document.compare else MOST_RINGS]


def _values(curve: Curve) -> tuple[tuple[float | None, ...], ...]:
    """Return values, lower and upper ends, these within 0 and 100."""
    return (
        tuple(None if one is None else one.value for one in curve.values),
        tuple(None if one is None else max(0.0, one.low) for one in curve.values),
        tuple(None if one is None else min(100.0, one.high) for one in curve.values),
    )


def _radar(document: Document, words: Words, narrow: bool) -> Figure | None:
    if len(document.abilities) < 3:
        return None
    shown = _shown(document)
    rings = [Ring(short(document, one.candidate), *_values(one)) for one in shown]
    axes = [words.ability(name) for name in document.abilities]
    heads = [words["column.ability"], *(ring.name for ring in rings)]
    return radar(words["figure.radar"], words["figure.radar_text"], axes, rings, heads, narrow=narrow)


def _outcomes(document: Document, words: Words, narrow: bool) -> Figure | None:
    legend = [words[f"rate.{name}"] for name in ("win", "tie", "loss", "missing")]
    shares = document.shares[: 1 if document.compare else MOST_ROWS]
    if not any(share.counts.planned for share in shares):
        return None
    bars = []
    for name, share in zip(document.candidates, shares, strict=False):
        missing = share.counts.planned - share.counts.judged
        bars.append(Bar(short(document, name), (share.win, share.tie, share.loss, float(missing))))
    heads = [words["column.candidate"], *legend]
    return stacked_bars(words["figure.outcomes"], words["figure.outcomes_text"], bars, heads, legend, narrow=narrow)


def _point(name: str, figure: Estimate | None, note: str = "", clear: bool = False) -> Point:
    if figure is None:
        return Point(name, None, None, None, note)
    return Point(name, figure.value, max(0.0, figure.low), min(100.0, figure.high), note, emphasised=clear)


def _forest(document: Document, words: Words, narrow: bool) -> Figure | None:
    if document.compare is not None:
        return _gaps(document, document.compare, words, narrow)
    return _ratings(document, words, narrow)


def _gaps(document: Document, found: CompareReport, words: Words, narrow: bool) -> Figure:
    """Return the gap of a pair by ability; the table under it has the counts too."""
    heads = [words["column.ability"], words["rate.half_tie"], words["column.questions"]]
    sides = tuple(words["figure.better"].format(name=short(document, name)) for name in (found.second, found.first))
    points, rows = [], []
    for at, part in enumerate((found.overall, *found.abilities)):
        name = words.ability(part.name) if at else words["figure.overall"]
        figure = part.rates.half_tie if part.rates else None
        clear = part.p is not None and part.p < 1 - document.plan.confidence
        points.append(_point(name, figure, words["figure.count"].format(count=part.questions), clear))
        games = [count(one) for one in (part.win, part.tie, part.loss)]
        scores = [value(part.rates.open_score), span(figure)] if part.rates else [NONE, NONE]
        rows.append((name, f"{part.questions:,}", *games, *scores, NONE if part.p is None else f"{part.p:.3f}"))
    drawn = forest(
        words["figure.forest"],
        words["figure.forest_text"],
        points,
        heads,
        reference=50,
        sides=(sides[0], sides[1]),
        narrow=narrow,
    )
    columns = ("ability", "questions", "win", "tie", "loss", "open", "half_tie", "p")
    return replace(drawn, heads=tuple(words[f"column.{one}"] for one in columns), rows=tuple(rows))


def _ratings(document: Document, words: Words, narrow: bool) -> Figure | None:
    rows = [row for row in document.board.rows if row.rating is not None][:MOST_ROWS]
    if not rows:
        return None
    ratings = []
    for row in rows:
        assert row.rating is not None
        low = -math.inf if row.rating.low is None else row.rating.low
        high = math.inf if row.rating.high is None else row.rating.high
        ranks = row.rating.ranks
        note = "" if ranks is None else f"{ranks[0]}–{ranks[1]}" if ranks[0] != ranks[1] else str(ranks[0])
        ratings.append(Point(short(document, row.candidate), row.rating.elo, low, high, note))
    ends = [end for one in ratings for end in (one.low, one.high, one.value) if end is not None and math.isfinite(end)]
    heads = [words["column.candidate"], "Elo", words["figure.ranks"]]
    scale = (math.floor(min(ends) / 50) * 50.0, math.ceil(max(ends) / 50) * 50.0)
    return forest(
        words["figure.ratings"],
        words["figure.ratings_text"],
        ratings,
        heads,
        scale=scale,
        reference=1000,
        digits=0,
        narrow=narrow,
    )


def _corrected(document: Document, words: Words, narrow: bool) -> Figure | None:
    """Return what judge, people and both together say of each candidate; of a pair the first alone."""
    found = document.correction
    if found is None or found.few:
        return None
    points = []
    first = None if document.compare is None else found.of(document.compare.first)
    for row in found.rows[: MOST_ROWS // 3] if first is None else [first]:
        figure = row.figure
        for name, one in (("judge", figure.judge), ("people", figure.people), ("both", figure.corrected)):
            point = _point(words[f"corrected.{name}"], one, clear=name == "both")
            points.append(replace(point, group=short(document, row.candidate)))
    score = found.unit == "score"
    noun = words["corrected.score" if score else "rate.half_tie"]
    title, said = words["figure.corrected"], words["figure.corrected_text"].format(figure=noun)
    return forest(
        title, said, points, [words["column.candidate"], noun, ""], reference=None if score else 50, narrow=narrow
    )


def _turns(document: Document, words: Words, narrow: bool) -> Figure | None:
    if len(document.turns) < 2:
        return None
    shown = document.by_turn[: 1 if document.compare else MOST_RINGS]
    drawn = [Line(short(document, one.candidate), *_values(one)) for one in shown]
    names = [words["figure.turn"].format(turn=turn) for turn in document.turns]
    heads = [words["column.turn"], *(line.name for line in drawn)]
    return lines(words["figure.turns"], words["figure.turns_text"], names, drawn, heads, narrow=narrow)


def _heatmap(document: Document, words: Words, narrow: bool) -> Figure | None:
    shown = min(len(document.candidates), MOST_CELLS)
    if shown < 3:
        return None
    names = [short(document, name) for name in document.candidates[:shown]]
    cells = [row[:shown] for row in document.matrix[:shown]]
    heads = [words["column.candidate"], *names]
    return heatmap(words["figure.heatmap"], words["figure.heatmap_text"], names, names, cells, heads, narrow=narrow)


def _position(document: Document, words: Words, narrow: bool) -> Figure | None:
    """Return what the place does to each candidate: the two points lie on one another for a judge that does not care."""
    shown = document.placed[: 1 if document.compare else MOST_RINGS]
    if not shown:
        return None
    points = []
    for one in shown:
        for place, figure in (("placed_first", one.first), ("placed_second", one.second)):
            low, high = max(0.0, figure.low), min(100.0, figure.high)
            group = short(document, one.candidate)
            points.append(Point(words[f"figure.{place}"], figure.value, low, high, group=group))
    heads = [words["figure.placed"], words["rate.half_tie"], ""]
    return forest(words["figure.position"], words["figure.position_text"], points, heads, reference=50, narrow=narrow)


def _lengths(document: Document, words: Words, narrow: bool) -> Figure | None:
    if len(document.lengths) < 3:
        return None
    dots = [Dot(one.log_ratio / math.log(2), 100 * one.points, visible(one.question)) for one in document.lengths]
    heads = [words["column.question"], words["figure.length_axis"], words["rate.half_tie"]]
    return scatter(
        words["figure.lengths"],
        words["figure.lengths_text"],
        dots,
        heads,
        words["figure.length_axis"],
        words["rate.half_tie"],
        reference=(0, 50),
        narrow=narrow,
    )
