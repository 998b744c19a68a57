"""Protocols and rubrics on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

from judge.judges.costs import Cost
from judge.records import Rubric
from judge.report.printing import facts, grid, line
from judge.report.wording import clean

TURNS = {"mean": "各轮平均", "minimum": "取最低的一轮"}


def print_protocols(costs: Mapping[str, Cost], meaning: Mapping[str, str], bank: str, console: Console) -> None:
    """Print what each protocol is and what a call of it takes."""
    table = grid(["评法", "怎么评", "说明与标准", "题与参考", "每题几次"], left=2)
    for name, one in costs.items():
        table.add_row(name, meaning[name], f"{one.prompt:,.0f}", f"{one.material:,.0f}", f"{one.calls:.1f}")
    console.print(table)
    console.print()
    line(
        console,
        f"token 是估的，在题库 {clean(bank)} 上平均；回答另算。比高下的两种位置各评一次；同一评委的说明与标准在前，服务商的前缀缓存用得上。",
    )
    console.print()


def print_rubrics(rubrics: Sequence[Rubric], console: Console) -> None:
    """Print one line per rubric."""
    table = grid(["标准", "各轮", "能力", "维度（%）"], left=4)
    for one in rubrics:
        abilities = "、".join(one.abilities) if len(one.abilities) < 6 else f"{len(one.abilities)} 种"
        sides = " ".join(f"{side.name}\u00a0{100 * side.weight:.0f}" for side in one.dimensions)
        table.add_row(one.name, {"mean": "平均", "minimum": "最低"}[one.turns], clean(abilities), Text(sides))
    console.print(table)


def print_rubric(one: Rubric, console: Console) -> None:
    """Print a rubric in full."""
    console.print(Text(clean(f"{one.name}  {'、'.join(one.abilities)}  {one.minimum}–{one.maximum} 分"), style="bold"))
    named = [
        ("要紧的", one.notes),
        ("前后一致", one.consistency),
        ("拒答", one.refusals),
        ("各轮合成", f"{TURNS[one.turns]}。{one.turns_why}"),
        ("细类", "、".join(one.subcategories)),
    ]
    facts(console, [(name, said) for name, said in named if said])
    for side in one.dimensions:
        console.print(Text(clean(f"{side.name}（{100 * side.weight:.0f}%）"), style="bold"))
        line(console, clean(side.meaning), style="")
        for band, look in side.bands:
            line(console, clean(f"  {band:>4}  {look}"))
        console.print()
    if one.examples:
        console.print(Text("整份回答，各档的例子", style="bold"))
        for band, look in one.examples:
            line(console, clean(f"  {band:>4}  {look}"))
