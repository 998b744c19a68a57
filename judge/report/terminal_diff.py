"""Two runs side by side on a terminal."""

from __future__ import annotations

from rich.console import Console

from judge.report.diff import Diff
from judge.report.markdown import change_text
from judge.report.printing import grid, line
from judge.report.wording import clean
from judge.report.words import Words
from judge.stats.intervals import Estimate


def print_diff(found: Diff, words: Words, console: Console) -> None:
    """Print what changed between two runs and what that did, question by question."""
    line(console, f"{clean(found.before)} → {clean(found.after)}", "bold")
    console.print()
    line(console, words["change.heading"], "bold")
    for one in found.changes:
        line(console, f"  {change_text(one.what, one.name, words)}：{clean(one.before)} → {clean(one.after)}", "")
    if not found.changes:
        line(console, f"  {words['change.none']}", "")
    if not found.effects:
        return
    console.print()
    line(console, words["effect.heading"], "bold")
    heads = [words[key] for key in ("effect.before", "effect.after", "effect.difference", "effect.p", "effect.flips")]
    table = grid([words["column.candidate"], *heads])
    for effect in found.effects:
        renamed = effect.candidate if effect.candidate == effect.was else f"{effect.was} → {effect.candidate}"
        table.add_row(
            clean(renamed) if effect.ability is None else f"  {clean(words.ability(effect.ability))}",
            f"{effect.before.value:.2f}",
            f"{effect.after.value:.2f}",
            _span(effect.difference),
            f"{effect.p:.3f}",
            f"{effect.flipped}/{effect.difference.clusters}",
        )
    console.print(table)


def _span(figure: Estimate) -> str:
    return f"{figure.value:+.2f} [{max(-100, figure.low):+.1f}, {min(100, figure.high):+.1f}]"
