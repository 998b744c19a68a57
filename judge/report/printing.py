"""What all reports on a terminal are made of: lines, tables and figures that stay inside the width."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from judge.report.sentence import struck
from judge.report.wording import clean
from judge.report.words import words
from judge.resolve import Struck
from judge.stats.intervals import Estimate
from judge.wrapping import fold


def grid(heads: Sequence[str], left: int = 1) -> Table:
    """Return an empty table; its first columns hold words, the others figures."""
    found = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False, header_style="bold")
    for at, head in enumerate(heads):
        found.add_column(head, justify="left" if at < left else "right", overflow="fold", no_wrap=at >= left)
    return found


def line(console: Console, text: str, style: str = "dim") -> None:
    """Print a line of ours: wrapped on a terminal, whole where a program may read it."""
    if not console.is_terminal:
        console.print(Text(text), soft_wrap=True)
        return
    for part in fold(text, console.width - 2):
        console.print(Text(part, style=style))


def facts(console: Console, named: Sequence[tuple[str, str]]) -> None:
    """Print what a report is about, one line each, and an empty line."""
    for name, said in named:
        line(console, f"{name}  {clean(said)}")
    console.print()


def interval(estimate: Estimate | None) -> str:
    """Return a percentage with its interval, clipped to 0 and 100."""
    if estimate is None:
        return "—"
    return f"{estimate.value:.2f} [{max(0, estimate.low):.1f}, {min(100, estimate.high):.1f}]"


def value(estimate: Estimate | None) -> str:
    """Return a figure without its interval."""
    return "—" if estimate is None else f"{estimate.value:.2f}"


def count(number: float) -> str:
    """Return a count, which may be a fraction where verdicts are shares."""
    return f"{number:.1f}".removesuffix(".0")


def print_struck(found: Struck, console: Console) -> None:
    """Say which questions people took out of the scores."""
    if found:
        line(console, struck(found, words("zh")))
