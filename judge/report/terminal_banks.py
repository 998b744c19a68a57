"""Banks on a terminal: what one holds, its questions, what changed between two versions."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from judge.bank.changes import Change
from judge.bank.figures import Counts
from judge.records import Bank, Question
from judge.report.printing import facts, grid, line
from judge.report.wording import clean

KINDS = {"exact": "标准", "rubric": "要点", "none": "无"}
SPANS = ((1, 1), (2, 2), (3, 3), (4, 6), (7, 999))
SOURCES = {"derived": "由题推出", "unverified": "未查证", "未写": "未写"}


def print_counts(bank: Bank, counts: Sequence[Counts], hash_: str, console: Console) -> None:
    """Print what a bank holds, one line per ability."""
    named = [
        ("题库", f"{bank.name}  {bank.title}"),
        ("版本", bank.version or "未写"),
        ("内容", hash_),
        ("许可证", bank.licence or "未写"),
    ]
    facts(console, [(name, said) for name, said in named if said.strip()])
    spans = [span for span in SPANS if any(_within(one, span) for one in counts)]
    heads = [
        f"{low} 轮" if low == high else f"{low}–{high} 轮" if high < 999 else f"{low} 轮以上" for low, high in spans
    ]
    kinds = [kind for kind in KINDS if counts[-1].kinds.get(kind)]
    table = grid(["能力", "题", "轮", *heads, *(KINDS[kind] for kind in kinds), "应拒", "陷阱", "易/中/难"])
    for one in counts:
        difficulty = "/".join(str(one.difficulty.get(level, 0)) for level in (1, 2, 3))
        cells = [
            one.questions,
            one.turns,
            *(_within(one, span) for span in spans),
            *(one.kinds.get(kind, 0) for kind in kinds),
            one.refuse,
            one.traps,
        ]
        table.add_row(clean(one.name), *(f"{cell:,}" if cell else "—" for cell in cells), difficulty)
    console.print(table)
    everything = counts[-1]
    said = "、".join(f"{SOURCES.get(name, clean(name))} {count}" for name, count in everything.sources.items())
    console.print()
    line(
        console,
        f"来源：{said}；用户的话共 {everything.characters:,} 字，每轮 {everything.characters / max(1, everything.turns):.0f} 字。",
    )


def _within(one: Counts, span: tuple[int, int]) -> int:
    return sum(count for turns, count in one.by_turns.items() if span[0] <= turns <= span[1])


def print_questions(questions: Sequence[Question], console: Console) -> None:
    """Print one line per question."""
    table = grid(["题号", "能力", "细类", "轮", "难", "第一轮"], left=3)
    for one in questions:
        first = " ".join(one.turns[0].prompt.split()) if one.turns else "（未公布）"
        shown = first if len(first) <= 30 else first[:29] + "…"
        table.add_row(
            clean(one.id),
            clean(one.ability),
            clean(one.subcategory),
            str(len(one.turns)),
            str(one.difficulty or "—"),
            clean(shown),
        )
    console.print(table)


def print_question(one: Question, console: Console) -> None:
    """Print a question in full."""
    console.print(Text(clean(f"{one.id}  {one.ability}  {one.subcategory}"), style="bold"))
    named = [
        ("难度", f"{one.difficulty}（{one.difficulty_reason}）" if one.difficulty else ""),
        ("陷阱", one.trap or ""),
        ("来源", SOURCES.get(one.source, one.source)),
        ("版本", str(one.version)),
    ]
    facts(console, [(name, said) for name, said in named if said])
    for number, turn in enumerate(one.turns, 1):
        after = f"，接第 {'、'.join(map(str, turn.depends_on))} 轮" if turn.depends_on else ""
        refuse = "，应当拒绝" if turn.expected == "refuse" else ""
        console.print(Text(f"第 {number} 轮{after}{refuse}", style="bold"))
        console.print(Text(clean(turn.prompt)), soft_wrap=not console.is_terminal)
        if turn.reference:
            console.print(Text(f"参考（{KINDS[turn.reference_kind]}）", style="dim"))
            console.print(Text(clean(turn.reference)), soft_wrap=not console.is_terminal)
        for point in turn.key_points:
            console.print(Text(clean(f"  · {point}"), style="dim"), soft_wrap=not console.is_terminal)
        console.print()


def print_changes(found: Sequence[Change], console: Console) -> None:
    """Print what changed between two versions of a bank."""
    words = {"added": "新增", "removed": "删掉", "changed": "改过"}
    if not found:
        console.print("两版的题相同。")
        return
    table = grid(["题号", "", "版本", "哪里"], left=4)
    for one in found:
        versions = (
            ""
            if one.versions is None
            else f"{one.versions[0]} → {one.versions[1]}" + ("（没加）" if one.silent else "")
        )
        table.add_row(clean(one.id), words[one.kind], versions, "、".join(one.fields))
    console.print(table)
    console.print()
    line(
        console, "，".join(f"{word} {sum(one.kind == kind for one in found)} 题" for kind, word in words.items()) + "。"
    )
