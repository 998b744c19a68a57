"""Boards as data: the candidates of one bank as one judge, or people, see them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from judge.certificate import Certificate
from judge.columns import Codes, JudgmentColumns, Kind
from judge.comparison import Comparisons
from judge.records import Plan, Scores, Tally
from judge.report import scoring
from judge.report.build import Member, abilities_of, counts
from judge.report.correction import Correction
from judge.report.ratings import Method, Rated, Rating, StyleBoard, Styled
from judge.resolve import Material, Struck
from judge.stats.intervals import Estimate, cluster_mean, stratified_ratio
from judge.stats.win_rate import WinRates, win_rates
from judge.stopping import Orders, against
from judge.thrift import Spared

By: TypeAlias = Literal["ability", "turn", "dimension", "branch"]


@dataclass(frozen=True, slots=True)
class View:
    """How a board is looked at: broken down by what, ranked by which method, with which extras."""

    by: By | None = None
    method: Method | None = None
    controls: bool = False
    style: bool = False
    resample: bool = False  # intervals of ratings by cluster bootstrap
    corrected: bool | None = None  # by people's verdicts; None: where they judged a drawn part, and enough


PLAIN = View()


@dataclass(frozen=True, slots=True)
class Part:
    """A candidate's figure on one ability, turn or dimension; `value` is None where nothing was read."""

    name: str
    value: float | None
    rows: int


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One candidate's line.

    Scores: `mean` on the recorded scale, `total` 100 · points / full points averaged over abilities. Verdicts and
    implied comparisons: `half_tie`, and against a baseline all of `rates` with win, tie, loss.
    """

    candidate: str
    planned: int
    judged: int
    unreadable: int
    unanswered: int
    missing: int
    mean: Estimate | None = None
    total: Estimate | None = None
    half_tie: Estimate | None = None
    rates: WinRates | None = None
    win: float | None = None
    tie: float | None = None
    loss: float | None = None
    parts: tuple[Part, ...] = ()
    is_baseline: bool = False
    rating: Rating | None = None
    style: Styled | None = None
    behind: Behind | None = None


@dataclass(frozen=True, slots=True)
class Behind:
    """What separates a candidate from the first of its board on the questions of both: the paired difference (<= 0 in
    general) in the unit of the ranking figure, and its p value adjusted for all pairs of the board (Bonferroni)."""

    difference: Estimate
    p: float


@dataclass(frozen=True, slots=True)
class Early:
    """How far a board went that could stop early.

    pairs: how many meet; decided: by e-BH (or at one of the looks), the better one first; equal: how many stand within the
    margin of an even share. used: questions asked over all pairs, of `total`.
    """

    way: Literal["decided", "looks"]
    target: Literal["like", "bank"]
    pairs: int
    decided: tuple[tuple[str, str], ...]
    equal: int
    used: int
    total: int


@dataclass(frozen=True, slots=True)
class ControlRow:
    """A null control against the baseline: what it got, what it should get, and whether the gap is more than chance and slack."""

    kind: str
    baseline: str
    judged: int
    half_tie: Estimate
    open_score: Estimate
    expected: float
    suspicious: bool


@dataclass(frozen=True, slots=True)
class Board:
    """Candidates of one bank as one judge (or people) sees them, best first."""

    bank: str
    judge: str
    source: Literal["verdicts", "scores", "human", "published"]
    scope: str
    by: By | None
    scale: tuple[float, float] | None  # worst and best score, where all questions share one
    baseline: str | None
    unjudged: int  # planned comparisons, or planned scores, that are not in the figures
    rows: tuple[BoardRow, ...]
    members: tuple[Member, ...] = ()  # of a panel; a board has no one win+½tie of theirs
    confidence: float = 0.95
    method: Method | None = None
    ratings: Rated | None = None  # without the candidates' own, which stand in their rows
    not_identified: tuple[str, tuple[tuple[str, ...], ...]] | None = None  # why there are no ratings, and who met whom
    style: StyleBoard | None = None
    controls: tuple[ControlRow, ...] = ()
    certificate: Certificate | None = None
    correction: Correction | None = None
    early: Early | None = None  # where judging could stop early
    spared: Spared | None = None  # what a cascade left to the offline judge
    struck: Struck = ()  # questions that people took out of the scores


def score_board(
    material: Material, comparisons: Comparisons, plan: Plan, by: By | None, rule: scoring.Rule = scoring.PLAIN
) -> Board:
    """Rank candidates by the overall scores they were given; comparisons are those the scores imply."""
    scored = material.judgments.take(material.judgments.scored)
    counts = scoring.worth(material, scored, rule)
    if by == "branch":
        rule = replace(rule, branched=True)
    scales = np.unique(np.stack([scored.worst, scored.best], axis=1), axis=0)
    scale = (float(scales[0, 0]), float(scales[0, 1])) if len(scales) == 1 else None
    ranks = bool(len(scales)) and bool((scales[:, 0] > scales[:, 1]).any())
    rows = []
    for code in material.candidates.tolist():
        mine, counted = scored.take(scored.first == code), counts.take(counts.first == code)
        total = None if ranks else _total(material, counted, plan, rule)
        rows.append(
            replace(
                _counted(material, code),
                mean=None
                if scale is None
                else cluster_mean(counted.value, counted.question, plan.confidence, share=False),
                total=total,
                half_tie=_half_tie(comparisons, code, plan),
                parts=_score_parts(material, mine, by, scale, ranks),
            )
        )
    # The total ranks, as the first column shown; ranks have no total, there the smaller mean is the better.
    rows.sort(key=lambda row: place(row.mean, -1) if ranks and scale else place(row.total))
    return _scored_board(material, by, scale, rows)


def _scored_board(
    material: Material, by: By | None, scale: tuple[float, float] | None, rows: Sequence[BoardRow]
) -> Board:
    return Board(
        bank=material.bank.name,
        judge=material.judge,
        source="human" if material.human else "scores",
        scope="dialogue" if 0 in material.scopes else "turns",
        by=by,
        scale=scale,
        baseline=None,
        unjudged=sum(row.planned - row.judged for row in rows),
        rows=tuple(rows),
    )


def _total(material: Material, scored: JudgmentColumns, plan: Plan, rule: scoring.Rule) -> Estimate | None:
    ability = abilities_of(material, scored.question)
    shares = scoring.branch_shares(material.abilities, ability) if rule.branched else None
    total = stratified_ratio(scored.value, scored.best, ability, scored.question, plan.confidence, shares)
    return None if total is None else total.scaled(100)


def _score_parts(
    material: Material, scored: JudgmentColumns, by: By | None, scale: tuple[float, float] | None, ranks: bool
) -> tuple[Part, ...]:
    """Break a candidate's scores down: the mean where all share a scale, else 100 · points / full points."""
    if by is None or by == "dimension":
        return ()
    ability = abilities_of(material, scored.question)
    if by == "ability":
        group, names = ability, list(enumerate(material.abilities))
    elif by == "branch":
        return _branch_parts(material, scored, ability, scale)
    else:
        group, names = scored.scope, [(int(turn), f"第 {turn} 轮") for turn in material.scopes if turn]
    return tuple(
        Part(name, _figure(scored.take(group == at), scale is not None or ranks), int((group == at).sum()))
        for at, name in names
    )


def _branch_parts(
    material: Material, scored: JudgmentColumns, ability: Codes, scale: tuple[float, float] | None
) -> tuple[Part, ...]:
    """Return the mean of each branch: the mean of its abilities' means, as its questions do not weigh the same."""
    branch, parts = scoring.branch_of(material.abilities), []
    for at, name in enumerate(scoring.BRANCHES):
        inside = [one for one in np.unique(ability).tolist() if branch[one] == at]
        figures = [_figure(scored.take(ability == one), scale is not None) for one in inside]
        said = [one for one in figures if one is not None]
        parts.append(Part(name, float(np.mean(said)) if said else None, int((branch[ability] == at).sum())))
    return tuple(parts)


def _figure(scored: JudgmentColumns, mean: bool) -> float | None:
    if not len(scored):
        return None
    return float(scored.value.mean()) if mean else 100 * float(scored.value.sum() / scored.best.sum())


def dimension_board(
    material: Material, comparisons: Comparisons, scores: Sequence[tuple[int, int, int, Scores]], plan: Plan
) -> Board:
    """Show the mean of every dimension beside the overall score; where none was given, the mean over dimensions ranks."""
    inside, scopes = set(material.questions.code.tolist()), set(material.scopes.tolist())
    scores = [one for one in scores if one[1] in inside and one[2] in scopes]
    names = list(dict.fromkeys(name for *_, one in scores for name, _ in one.dimensions))
    marks = [
        (candidate, question, names.index(name), score.value)
        for candidate, question, _, one in scores
        for name, score in one.dimensions
    ]
    columns = np.array(marks, np.float64).reshape(-1, 4)
    candidate, question, dimension = (columns[:, at].astype(np.int64) for at in range(3))
    overall = score_board(material, comparisons, plan, None)
    codes = {name: code for code, name in material.names.items()}
    scored = bool(material.judgments.scored.any())
    rows = []
    for row in overall.rows:
        mine = candidate == codes[row.candidate]
        parts = []
        for at, name in enumerate(names):
            values = columns[mine & (dimension == at), 3]
            parts.append(Part(name, float(values.mean()) if len(values) else None, len(values)))
        ones = np.ones(int(mine.sum()))
        mean = stratified_ratio(columns[mine, 3], ones, dimension[mine], question[mine], plan.confidence)
        rows.append(replace(row, mean=row.mean if scored else mean, parts=tuple(parts)))
    if not scored:
        rows.sort(key=lambda row: place(row.mean))
    return _scored_board(material, "dimension", overall.scale, rows)


def verdict_board(
    material: Material,
    comparisons: Comparisons,
    plan: Plan,
    by: By | None,
    baseline: int | None,
    orders: Orders | None = None,
) -> Board:
    """Rank candidates by win+½tie against the baseline, or against everyone they met.

    orders: of the questions of every pair, where judging could stop early; the intervals then allow for it.
    """
    rows = []
    for code in material.candidates.tolist():
        met = met_by(comparisons, code)
        if baseline is not None:
            met = met.take(met.second == baseline)
        judged = met.take(met.judged)
        rates = win_rates(judged.win, judged.tie, judged.question, len(met) - len(judged), plan.confidence)
        if rates is not None and orders is not None:
            rates = early_rates(rates, met, orders, plan)
        number = counts(met)
        rows.append(
            BoardRow(
                candidate=material.names[code],
                planned=number.planned,
                judged=number.judged,
                unreadable=number.unreadable,
                unanswered=number.unanswered,
                missing=number.missing,
                half_tie=None if rates is None else rates.half_tie,
                rates=rates,
                win=float(judged.win.sum()),
                tie=float(judged.tie.sum()),
                loss=float(judged.loss.sum()),
                parts=_verdict_parts(material, judged, by),
                is_baseline=code == baseline,
            )
        )
    rows.sort(key=lambda row: (row.is_baseline, place(row.half_tie)))
    met = comparisons
    if baseline is not None:
        met = met.take((met.first == baseline) | (met.second == baseline))
    return Board(
        bank=material.bank.name,
        judge=material.judge,
        source="human" if material.human else "verdicts",
        scope="dialogue" if 0 in comparisons.scope else "turns",
        by=by,
        scale=None,
        baseline=None if baseline is None else material.names[baseline],
        unjudged=int((~met.judged).sum()),
        rows=tuple(row for row in rows if not row.is_baseline),
    )


def early_rates(rates: WinRates, met: Comparisons, orders: Orders, plan: Plan) -> WinRates:
    """Return the rates with every opponent weighing the same, and intervals that allow for stopping."""
    figures = [against(values, met, orders, plan) for values in (met.win + met.tie, met.win, met.half_tie)]
    open_score, win_rate, half_tie = (None if one is None else one.scaled(100) for one in figures)
    assert open_score is not None
    assert win_rate is not None
    assert half_tie is not None
    return replace(rates, open_score=open_score, win_rate=win_rate, half_tie=half_tie)


def common_opponent(comparisons: Comparisons) -> int | None:
    """Return the one candidate whom all others met and who alone met more than one: the baseline of the design."""
    judged = comparisons.take(comparisons.judged)
    pairs = {(int(one), int(other)) for one, other in zip(judged.first, judged.second, strict=True)}
    common = set.intersection(*map(set, pairs)) if len(pairs) > 1 else set()
    return common.pop() if common else None


def _verdict_parts(material: Material, judged: Comparisons, by: By | None) -> tuple[Part, ...]:
    if by == "ability":
        group, names = abilities_of(material, judged.question), list(enumerate(material.abilities))
    elif by == "turn":
        group, names = judged.scope, [(int(turn), f"第 {turn} 轮") for turn in material.scopes if turn]
    else:
        return ()
    half = judged.half_tie * 100
    return tuple(
        Part(name, float(half[group == at].mean()) if (group == at).any() else None, int((group == at).sum()))
        for at, name in names
    )


def tally_board(bank: str, tallies: Sequence[Tally], plan: Plan, method: Method | None = None) -> Board:
    """Rank candidates by published counts, one game per question."""
    rows = []
    for tally in tallies:
        outcomes = np.repeat([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]], [tally.win, tally.tie, tally.loss], axis=0)
        games = np.arange(len(outcomes), dtype=np.int64)
        rates = win_rates(outcomes[:, 0], outcomes[:, 1], games, 0, plan.confidence)
        rows.append(
            BoardRow(
                candidate=tally.candidate.name,
                planned=len(games),
                judged=len(games),
                unreadable=0,
                unanswered=0,
                missing=0,
                half_tie=None if rates is None else rates.half_tie,
                rates=rates,
                win=float(tally.win),
                tie=float(tally.tie),
                loss=float(tally.loss),
                is_baseline=tally.candidate.key == tally.baseline.key,
            )
        )
    by_wins = method == "winrate"
    rows.sort(key=lambda row: place((row.rates.win_rate if by_wins else row.rates.open_score) if row.rates else None))
    first = tallies[0]
    names = first.judge.name, first.baseline.name
    return Board(bank, names[0], "published", "dialogue", None, None, names[1], 0, tuple(rows), method=method)


def _counted(material: Material, code: int) -> BoardRow:
    """Count what became of the answers of one candidate that were to be scored."""
    rows = material.judgments.take((material.judgments.first == code) & (material.judgments.second == 0))
    scopes = material.scopes[:, None]
    asked = (material.questions.turns == 0) | (scopes <= material.questions.turns)
    if not material.bank.complete:
        mine = material.dialogues.question[material.dialogues.candidate == code]
        asked = asked & np.isin(material.questions.code, mine)
    planned = int(asked.sum()) * max(1, len(np.unique(material.dialogues.sample)))
    cells = np.stack([rows.question, rows.scope, rows.first_sample], axis=1)
    seen, place = np.unique(cells, axis=0, return_inverse=True)
    best = np.full(len(seen), int(Kind.UNANSWERED))
    np.minimum.at(best, place.ravel(), rows.kind)  # a score counts before an unreadable reply, that before none
    number = np.bincount(best, minlength=len(Kind))
    judged, unreadable, unanswered = (int(number[one]) for one in (Kind.SCORES, Kind.UNREADABLE, Kind.UNANSWERED))
    return BoardRow(
        candidate=material.names[code],
        planned=planned,
        judged=judged,
        unreadable=unreadable,
        unanswered=unanswered,
        missing=planned - judged - unreadable - unanswered,
    )


def _half_tie(comparisons: Comparisons, code: int, plan: Plan) -> Estimate | None:
    met = met_by(comparisons, code)
    judged = met.take(met.judged)
    found = cluster_mean(judged.half_tie, judged.question, plan.confidence)
    return None if found is None else found.scaled(100)


def met_by(comparisons: Comparisons, code: int) -> Comparisons:
    """Return all comparisons of one candidate, turned so that it stands first."""
    mine = comparisons.take((comparisons.first == code) | (comparisons.second == code))
    turned = mine.second == code
    return replace(
        mine,
        first=np.full(len(mine), code),
        second=np.where(turned, mine.first, mine.second),
        win=np.where(turned, mine.loss, mine.win),
        loss=np.where(turned, mine.win, mine.loss),
        label=np.where(turned, -mine.label, mine.label),
    )


def place(figure: Estimate | None, sign: int = 1) -> float:
    """Return the sorting key that puts the best first and the unjudged last."""
    return math.inf if figure is None else -sign * figure.value
