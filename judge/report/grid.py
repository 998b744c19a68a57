"""A table of words as a page shows it, and how figures are written in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from judge.markup import visible
from judge.report.document import Document
from judge.report.sentence import short
from judge.stats.intervals import Estimate

NONE = "—"
Bar: TypeAlias = tuple[float, float, float, float | None]  # low, value, high and what to hold them against, in percent


class Theirs(str):
    """Words that are not ours, such as a name or a clause: made visible, and not in the language of the page."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: its first `words` columns hold words, the others figures; `bars` drawn before the cells of column `barred`."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: int = 1
    bars: Sequence[Bar | None] = field(default=())
    barred: int = -1


def theirs(text: str) -> Theirs:
    """Return the words of others, made visible."""
    return Theirs(visible(text))


def named(document: Document, candidate: str) -> Theirs:
    """Return a candidate's short name."""
    return Theirs(short(document, candidate))


def span(figure: Estimate | None) -> str:
    """Return a percentage with its interval, clipped to 0 and 100."""
    if figure is None:
        return NONE
    return f"{figure.value:.1f} [{max(0.0, figure.low):.1f}, {min(100.0, figure.high):.1f}]"


def value(figure: Estimate | None) -> str:
    """Return a figure without its interval."""
    return NONE if figure is None else f"{figure.value:.1f}"


def count(number: float) -> str:
    """Return a count, which may be a fraction where verdicts are shares."""
    return f"{number:,.1f}".removesuffix(".0")


def minus(text: str) -> str:
    """Write negative numbers with a minus rather than a hyphen."""
    return text.replace("-", "−")


def bar(figure: Estimate | None, reference: float | None = None) -> Bar | None:
    """Return a percentage as a bar on a ruler from 0 to 100."""
    return None if figure is None else (*_held(figure.low, figure.value, figure.high, 0.0, 100.0), reference)


def bars(figures: Sequence[tuple[float | None, float, float | None] | None]) -> list[Bar | None]:
    """Return figures as bars on one ruler, which holds all that have ends; where there is no end the bar reaches the edge."""
    ends = [end for one in figures if one is not None for end in one if end is not None]
    if not ends:
        return [None] * len(figures)
    edge = (max(ends) - min(ends) or 1.0) * 0.04
    low, high = min(ends) - edge, max(ends) + edge
    return [
        None
        if one is None
        else (*_held(low if one[0] is None else one[0], one[1], high if one[2] is None else one[2], low, high), None)
        for one in figures
    ]


def _held(low: float, middle: float, high: float, start: float, end: float) -> tuple[float, float, float]:
    first, second, third = (
        round(100 * (min(max(one, start), end) - start) / (end - start), 1) for one in (low, middle, high)
    )
    return first, second, third
