"""The first sentence of a report in either language: the decision on two candidates, or who leads a board."""

from __future__ import annotations

from judge.judges.baseline import offline_in
from judge.markup import visible
from judge.report.build import Decision
from judge.report.document import Document
from judge.report.words import Words
from judge.resolve import Struck


def short(document: Document, name: str) -> str:
    """Return the name a reader sees."""
    return visible(document.names.get(name, name))


def literal(document: Document) -> bool:
    """Tell whether the offline judge, which only counts words, is among the judges."""
    return offline_in(document.board.judge)


def sentence(document: Document, words: Words) -> str:
    """Return the decision with what must be read with it, or the leaders."""
    decided = document.compare is not None and document.compare.decision is not None
    return " ".join([headline(document, words), *(warnings(document, words) if decided else ())])


def warnings(document: Document, words: Words) -> list[str]:
    """Return what must be read with the decision."""
    found = document.compare
    told = []
    if found is not None and found.decision is not None and found.decision.fragile:
        lost = found.overall.counts.planned - found.overall.counts.judged
        told.append(words["decision.fragile"].format(count=lost))
    if literal(document):
        told.append(words["decision.offline"])
    if found is not None and found.decision is not None and found.corrected is not None:
        answer = found.corrected.answer
        if answer != found.decision.answer:
            told.append(words["corrected.differs"].format(answer=words[f"corrected.{answer}"]))
    if document.board.struck:
        told.append(struck(document.board.struck, words))
    return told


def struck(found: Struck, words: Words) -> str:
    """Say which questions people took out of the scores, and why."""
    named = ("、" if words.language == "zh" else ", ").join(
        words["struck.one"].format(question=visible(question), reason=visible(reason)) for question, reason in found
    )
    return words["struck.all"].format(count=len(found), named=named)


def decided(document: Document, decision: Decision, words: Words) -> str:
    """Return a decision on the two candidates of a report."""
    first, second = (short(document, name) for name in document.candidates)
    key = decision.answer if decision.answer != "switch" else "better" if decision.better else "within"
    return words[f"decision.{key}"].format(first=first, second=second, margin=f"{decision.margin:g}")


def headline(document: Document, words: Words) -> str:
    """Return the decision, or who leads."""
    found = document.compare
    if found is not None and found.decision is not None:
        return decided(document, found.decision, words)
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
