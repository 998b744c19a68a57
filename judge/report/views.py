"""What is added to a board on request: ratings, equal style, the gap to the first, null controls, the certificate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from judge.certificate import Certificate
from judge.columns import Codes, Reals
from judge.comparison import Comparisons
from judge.controls import EXPECTED, SLACK, control_of
from judge.records import Plan
from judge.report.board import Behind, Board, ControlRow, Part, View, met_by, place
from judge.report.build import abilities_of
from judge.report.ratings import RATED, rated, styled
from judge.resolve import Material
from judge.stats.games import NotIdentified
from judge.stats.significance import p_value, paired
from judge.stats.win_rate import win_rates
from judge.styles import Styles


def viewed(
    board: Board,
    material: Material,
    comparisons: Comparisons,
    view: View,
    plan: Plan,
    *,
    baseline: int | None = None,
    styles: Styles | None = None,
    people: Comparisons | None = None,
    certificate: Certificate | None = None,
) -> Board:
    """Add to a board what the view asks for; the order of rows follows its method."""
    board = replace(board, certificate=certificate, method=view.method, confidence=plan.confidence)
    if view.style and styles is not None and plan.until == "all":
        board = _with_style(board, material, comparisons, people, styles, plan, baseline)
    if view.method in RATED:
        board = _with_ratings(board, material, comparisons, view, plan)
    elif view.method is not None:
        board = _with_rates(board, material, comparisons, view, plan)
    return _with_gaps(board, material, comparisons, plan, baseline)


def _with_ratings(board: Board, material: Material, comparisons: Comparisons, view: View, plan: Plan) -> Board:
    assert view.method is not None
    found = rated(comparisons, material.candidates, view.method, plan, resample=view.resample)
    if isinstance(found, NotIdentified):
        groups = tuple(tuple(material.names[int(material.candidates[at])] for at in group) for group in found.groups)
        return replace(board, not_identified=(found.why, groups))
    codes = _codes(material)
    parts = _rated_parts(material, comparisons, view, plan)
    rows = [
        replace(row, rating=found.ratings[codes[row.candidate]], parts=parts.get(row.candidate, row.parts))
        for row in board.rows
    ]
    rows.sort(key=lambda row: -(row.rating.elo if row.rating else -math.inf))
    return replace(board, rows=tuple(rows), ratings=replace(found, ratings={}))


def _rated_parts(
    material: Material, comparisons: Comparisons, view: View, plan: Plan
) -> Mapping[str, tuple[Part, ...]]:
    """Rate candidates on each ability or turn alone; a part that identifies no rating has no values."""
    assert view.method is not None
    found: dict[str, list[Part]] = {material.names[int(code)]: [] for code in material.candidates}
    for name, inside in _groups(material, comparisons, view):
        part = comparisons.take(inside)
        ratings = rated(part, material.candidates, view.method, plan)
        for code in material.candidates.tolist():
            rows = int((part.judged & ((part.first == code) | (part.second == code))).sum())
            value = None if isinstance(ratings, NotIdentified) else ratings.ratings[code].elo
            found[material.names[code]].append(Part(name, value, rows))
    return {name: tuple(parts) for name, parts in found.items() if parts}


def _groups(material: Material, comparisons: Comparisons, view: View) -> list[tuple[str, np.ndarray]]:
    if view.by == "ability":
        ability = abilities_of(material, comparisons.question)
        return [(name, ability == at) for at, name in enumerate(material.abilities) if (ability == at).any()]
    if view.by == "turn":
        return [(f"第 {turn} 轮", comparisons.scope == turn) for turn in np.unique(comparisons.scope).tolist() if turn]
    return []


def _with_rates(board: Board, material: Material, comparisons: Comparisons, view: View, plan: Plan) -> Board:
    """Rank by OPEN or by win rate, of verdicts or of the comparisons that scores imply."""
    assert view.method in ("open", "winrate")
    codes = _codes(material)
    rows = []
    for row in board.rows:
        met = met_by(comparisons, codes[row.candidate])
        if board.baseline is not None:
            met = met.take(met.second == codes[board.baseline])
        judged = met.take(met.judged)
        rates = win_rates(judged.win, judged.tie, judged.question, len(met) - len(judged), plan.confidence)
        parts = []
        for name, inside in _groups(material, judged, view):
            part = judged.take(inside)
            values = 100 * (part.win + part.tie if view.method == "open" else part.win)
            parts.append(Part(name, float(values.mean()) if len(part) else None, len(part)))
        counted = [float(one.sum()) for one in (judged.win, judged.tie, judged.loss)]
        rows.append(
            replace(
                row,
                rates=rates,
                win=counted[0],
                tie=counted[1],
                loss=counted[2],
                parts=tuple(parts) or row.parts,
            )
        )
    of = "open_score" if view.method == "open" else "win_rate"
    rows.sort(key=lambda row: place(getattr(row.rates, of) if row.rates else None))
    return replace(board, rows=tuple(rows))


def _with_gaps(board: Board, material: Material, comparisons: Comparisons, plan: Plan, baseline: int | None) -> Board:
    """Say of every candidate how far it is behind the first, question by question.

    Which candidate is the first is seen from the same data, so that p values are adjusted for all pairs there are
    (Bonferroni), not only for those shown. Nothing where judging could stop early: a t test does not allow for that.
    """
    if len(board.rows) < 2 or board.not_identified is not None or plan.until != "all":
        return board
    codes = _codes(material)
    leader, *others = (_values(material, comparisons, codes[row.candidate], board, baseline) for row in board.rows)
    pairs = len(board.rows) * (len(board.rows) - 1) / 2
    rows = [board.rows[0]]
    for row, own in zip(board.rows[1:], others, strict=True):
        gap = None
        if own is not None and leader is not None:
            gap = paired(*own, *leader, plan.confidence, within=(-100, 100))
        p = 1.0 if gap is None else min(1.0, pairs * p_value(gap, 0.0))
        rows.append(row if gap is None else replace(row, behind=Behind(gap, p)))
    return replace(board, rows=tuple(rows))


def _values(
    material: Material, comparisons: Comparisons, code: int, board: Board, baseline: int | None
) -> tuple[Reals, Codes] | None:
    """Return a candidate's figure per question, where the board has one that does not hang on who else is on it."""
    if baseline is not None:
        met = met_by(comparisons, code)
        met = met.take(met.judged & (met.second == baseline))
        return (100 * met.half_tie, met.question) if len(met) else None
    if board.source == "verdicts" or material.paired:
        return None
    mine = material.judgments.take(material.judgments.scored & (material.judgments.first == code))
    if not len(mine) or (mine.worst > mine.best).any():
        return None
    return 100 * mine.value / mine.best, mine.question


def _with_style(
    board: Board,
    material: Material,
    comparisons: Comparisons,
    people: Comparisons | None,
    styles: Styles,
    plan: Plan,
    baseline: int | None,
) -> Board:
    groups = abilities_of(material, comparisons.question)
    found = styled(comparisons, people, material.candidates, styles, groups, plan, baseline)
    if found is None:
        return board
    codes = _codes(material)
    rows = tuple(replace(row, style=found.rows.get(codes[row.candidate])) for row in board.rows)
    return replace(board, rows=rows, style=replace(found, rows={}))


def control_rows(material: Material, comparisons: Comparisons, plan: Plan) -> tuple[ControlRow, ...]:
    """Hold each null control against what it should get from its baseline."""
    found = []
    for code in material.candidates.tolist():
        control = control_of(material.names[code])
        if control is None:
            continue
        met = met_by(comparisons, code)
        judged = met.take(met.judged)
        rates = win_rates(judged.win, judged.tie, judged.question, len(met) - len(judged), plan.confidence)
        if rates is None:
            continue
        expected, slack = EXPECTED[control.kind], SLACK[control.kind]
        gap = max(rates.half_tie.low - expected, expected - rates.half_tie.high, 0.0)
        off = gap > 0 and abs(rates.half_tie.value - expected) > slack
        found.append(
            ControlRow(control.kind, control.baseline, len(judged), rates.half_tie, rates.open_score, expected, off)
        )
    return tuple(found)


def _codes(material: Material) -> dict[str, int]:
    return {material.names[int(code)]: int(code) for code in material.candidates}
