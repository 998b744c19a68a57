"""The first sentence of a report in either language: the decision on two candidates, or who leads a board."""

from __future__ import annotations

from judge.judges.baseline import NAME as OFFLINE
from judge.markup import visible
from judge.report.document import Document
from judge.report.words import Words


def short(document: Document, name: str) -> str:
    """Return the name a reader sees."""
    return visible(document.names.get(name, name))


def literal(document: Document) -> bool:
    """Tell whether the offline judge, which only counts words, is among the judges."""
    names = document.board.judge.split("、")
    return any(name.partition("@")[0].partition("+")[0] == OFFLINE for name in names)


def sentence(document: Document, words: Words) -> str:
    """Return the decision, or the leaders."""
    found = document.compare
    if found is not None and found.decision is not None:
        first, second = short(document, found.first), short(document, found.second)
        decision = found.decision
        key = decision.answer if decision.answer != "switch" else "better" if decision.better else "within"
        said = words[f"decision.{key}"].format(first=first, second=second, margin=f"{decision.margin:g}")
        if decision.fragile:
            lost = found.overall.counts.planned - found.overall.counts.judged
            said = f"{said} {words['decision.fragile'].format(count=lost)}"
        return f"{said} {words['decision.offline']}" if literal(document) else said
    board = document.board
    if board.not_identified is not None:
        return words["decision.no_rating"].format(why=words[f"why.{board.not_identified[0]}"])
    leaders = [
        row
        for row in board.rows
        if row.rating is not None and row.rating.ranks is not None and row.rating.ranks[0] == 1
    ]
    if len(leaders) > 1:
        joint = "、" if words.language == "zh" else ", "
        return words["decision.leaders"].format(names=joint.join(short(document, row.candidate) for row in leaders))
    row = leaders[0] if leaders else board.rows[0]
    if row.rating is None:
        return words["title.board"].format(bank=visible(board.bank))
    ends = ["∞" if one is None else f"{one:.0f}" for one in (row.rating.low, row.rating.high)]
    return words["decision.leader"].format(
        name=short(document, row.candidate),
        elo=f"{row.rating.elo:.0f}",
        confidence=f"{document.plan.confidence:.0%}",
        low=ends[0],
        high=ends[1],
    )


def grounds(document: Document, words: Words) -> str:
    """Return what the decision rests on: the figure, its interval, and how many questions would settle it."""
    found = document.compare
    if found is None or found.decision is None or found.overall.rates is None:
        return ""
    half_tie = found.overall.rates.half_tie
    said = words["decision.grounds"].format(
        value=f"{half_tie.value:.1f}",
        confidence=f"{document.plan.confidence:.0%}",
        low=f"{half_tie.low:.1f}",
        high=f"{half_tie.high:.1f}",
    )
    if found.decision.answer != "undecided":
        return said
    need = found.decision.questions_needed
    more = words["decision.need"].format(count=f"{need:,}") if need else words["decision.never"]
    return f"{said} {more}" if words.language == "en" else said + more
