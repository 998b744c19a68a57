"""Corrected figures in words: the judge's, people's and both together side by side, and what people's work has saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from judge.markup import visible
from judge.report.correction import TELLING, CorrectedRow, Correction
from judge.report.document import Document
from judge.report.grid import Grid, minus, span, theirs
from judge.report.result import TONES
from judge.report.sentence import decided
from judge.report.words import Words
from judge.stats.intervals import Estimate

Write = Callable[[Estimate | None], str]


@dataclass(frozen=True, slots=True)
class Section:
    """What a report says of a correction: the decision on a pair and its tone, the three figures, and what they rest on."""

    decision: str
    tone: str
    table: Grid | None
    facts: Sequence[tuple[str, str]]


def section(document: Document, words: Words) -> Section | None:
    """Return what people's drawn verdicts made of a report's figures; None where nobody judged what was drawn."""
    found, compare = document.correction, document.compare
    if found is None:
        return None
    decision = None if compare is None else compare.corrected
    said = "" if decision is None else words["corrected.decision"].format(sentence=decided(document, decision, words))
    facts = [*spent(found, words), *left_open(found, words)]
    return Section(said, TONES[decision.answer] if decision else "plain", table(found, document.names, words), facts)


def table(found: Correction, names: Mapping[str, str], words: Words, write: Write = span) -> Grid | None:
    """Return what judge, people and both together say of every candidate, the best first; of a pair, in the order of `names`, also OPEN.

    None with too few audits.
    """
    if found.few:
        return None
    noun = words["corrected.score" if found.unit == "score" else "rate.half_tie"]
    both = words["corrected.both"]
    pair = [row for name in names if (row := found.of(name)) is not None and row.open_score is not None]
    if pair:
        lines = [(noun, names[row.candidate], row.figure) for row in pair]
        lines += [
            (words["rate.open"], names[row.candidate], row.open_score) for row in pair if row.open_score is not None
        ]
    else:
        both = words["corrected.both_of"].format(figure=noun)
        lines = [
            (str(at), names[row.candidate] + _moved(found, row, at, words), row.figure)
            for at, row in enumerate(found.rows, 1)
        ]
    heads = ["", words["column.candidate"], words["corrected.judge"], words["corrected.people"], both]
    rows = [
        [first, theirs(name), *map(write, (triple.judge, triple.people, triple.corrected))]
        for first, name, triple in lines
    ]
    return Grid(heads, rows, words=2)


def _moved(found: Correction, row: CorrectedRow, place: int, words: Words) -> str:
    """Say which place the judge alone gave a candidate, where it is another."""
    if row.figure.judge is None:
        return ""
    alone = sorted((one.figure.judge.value for one in found.rows if one.figure.judge), reverse=True)
    before = alone.index(row.figure.judge.value) + 1
    return "" if before == place else words["corrected.was"].format(place=before)


def spent(found: Correction, words: Words) -> list[tuple[str, str]]:
    """Return how many verdicts people gave, how many the judge saved them, and what the intervals say."""
    told = [
        ("spent", words["corrected.spent_of"].format(audits=f"{found.audits:,}", population=f"{found.population:,}"))
    ]
    saving = found.saving
    if saving is not None and found.saved is not None:
        said = words["corrected.saved_of"].format(
            count=f"{abs(saving):,.0f}", share=f"{abs(found.saved):.0f}%", alone=f"{found.audits + saving:,.0f}"
        )
        told.append(("saved" if saving >= 0 else "cost", said))
    elif found.rows and found.audits < found.population:
        told.append(("saved", words["corrected.untold"].format(least=TELLING)))
    if found.uniform is not None and found.uniform < 1:
        told.append(("uniform", words["corrected.at_least"].format(share=f"{found.uniform:.0%}")))
    if found.rho is not None:
        told.append(("rho", minus(f"ρ {found.rho:.2f}")))
    if found.rows:
        ends = words["corrected.interval_of"]
        told.append(("interval", ends.format(share=f"{found.confidence:.0%}", target=words[f"early.{found.target}"])))
    return [(words[f"corrected.{name}"], said) for name, said in told]


def left_open(found: Correction, words: Words) -> list[tuple[str, str]]:
    """Return what is lacking, and what people judged that is in no corrected figure."""
    told = []
    if found.few:
        more = max(1, found.needed - found.audits)
        told.append(("needed", words["corrected.needed_of"].format(count=f"{more:,}", needed=f"{found.needed:,}")))
    if found.waiting and found.audits:
        told.append(("waiting", words["corrected.waiting_of"].format(count=f"{found.waiting:,}")))
    if found.chosen:
        told.append(("chosen", words["corrected.chosen_of"].format(count=f"{found.chosen:,}")))
    if found.narrower:
        names = words["page.comma"].join(map(visible, found.narrower))
        told.append(("narrower", theirs(words["corrected.narrower_of"].format(names=names))))
    if found.rows and found.unit == "score":
        told.append(("score", words["corrected.score_of"]))
    return [(words[f"corrected.{name}"], said) for name, said in told]
