"""judge validate"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from judge.cli.help import Command
from judge.cli.output import console, fields_of, json_option, opened, print_json, store_option
from judge.errors import InputError

if TYPE_CHECKING:
    from judge.records import HumanVerdict
    from judge.stats.intervals import Estimate
    from judge.validation import Validation

EPILOG = """\b
例：
  judge validate --judge baseline --data llmeval2目录      离线评委与人有多一致
  judge validate --judge baseline --data llmeval2          库里的题库也行

学科在训练数据里的，用没见过这个学科的系数来评；不在的，用随包的系数。
平局不算；离线评委只看有参考的题。区间按题聚类，95%。
"""


@click.command(cls=Command, epilog=EPILOG)
@click.option(
    "--judge", "judge_name", type=click.Choice(["baseline"]), default="baseline", help="哪个评委（目前只有离线评委）"
)
@click.option("--data", required=True, metavar="目录|题库", help="带人工判定的数据：文件、目录，或库里的题库")
@store_option
@json_option
def validate(judge_name: str, data: str, url: str, as_json: bool) -> None:
    """评委与人有多一致。"""
    from judge.judges.baseline import shipped
    from judge.validation import preferences
    from judge.validation import validate as held_against

    gathered = preferences(_humans(data, url))
    if not len(gathered.won):
        said = f"（没有参考的 {gathered.without_reference} 对、多轮的 {gathered.several_turns} 对不算）"
        raise InputError(f"{data} 里没有人分出高下、又有参考的单轮回答对{said}", fix="换一份带人工判定的数据")
    provenance = shipped().provenance
    trained = provenance["groups"] if isinstance(provenance, dict) else []
    assert isinstance(trained, list)
    found = held_against(gathered, [str(one) for one in trained])
    if as_json:
        print_json(
            "judge.validate/1", {"judge": judge_name, "data": data, **fields_of(found), "provenance": provenance}
        )
        return
    _print(found, data)


def _humans(data: str, url: str) -> Iterator[HumanVerdict]:
    if Path(data).exists():
        from judge.importers.detection import find, load

        for one in find(Path(data)):
            if one.format is not None:
                yield from load(one.format).read(one.path).human_verdicts
        return
    from judge.resolve import one_bank

    if "/" in data or data.endswith((".jsonl", ".gz")):
        raise InputError("没有这个文件或目录", where=data, fix="检查路径；题库写名字，judge banks 列出")
    store = opened(url)
    for item in store.items(one_bank(store, data)):
        yield from item.human_verdicts


def _print(found: Validation, data: str) -> None:
    from rich.table import Table
    from rich.text import Text

    screen = console()
    how = "各组由没见过它的系数来评" if found.refitted else "系数没见过这份数据"
    screen.print(Text(f"离线评委 baseline 与人的一致率：{data}，{found.pairs:,} 对（{how}）"), soft_wrap=True)
    if found.without_reference:
        screen.print(Text(f"另有 {found.without_reference:,} 对没有参考，离线评委不判。"), soft_wrap=True)
    if found.several_turns:
        screen.print(Text(f"另有 {found.several_turns:,} 对是多轮的，这里只量单轮。"), soft_wrap=True)
    if any(group.agreement is None for group in found.groups):
        screen.print(Text("标 — 的组系数见过，而别的组太少，不够重新拟合，量不了。"), soft_wrap=True)
    screen.print()
    table = Table(box=None, pad_edge=False)
    for heading in ("组", "对数", "一致率（95% 区间）"):
        table.add_column(heading, justify="left" if heading == "组" else "right")
    for group in found.groups:
        table.add_row(Text(group.name), f"{group.pairs:,}", _interval(group.agreement))
    table.add_row("合计", f"{found.pairs:,}", _interval(found.overall), style="bold")
    if found.models_left_out is not None:
        table.add_row("合计，模型也没见过", "", _interval(found.models_left_out))
    screen.print(table)
    screen.print()
    table = Table(box=None, pad_edge=False)
    for heading in ("自称把握", "对数", "平均自称", "实际一致", "相差"):
        table.add_column(heading, justify="right")
    for one in found.calibration:
        table.add_row(
            f"{100 * one.low:.0f}–{100 * one.high:.0f}%",
            f"{one.pairs:,}",
            f"{one.said:.1f}%",
            f"{one.agreed:.1f}%",
            f"{one.agreed - one.said:+.1f}",
        )
    screen.print(table)


def _interval(figure: Estimate | None) -> str:
    return "—" if figure is None else f"{figure.value:.1f}% [{figure.low:.1f}, {figure.high:.1f}]"
