"""judge validate"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from judge.cli.help import Command
from judge.cli.output import console, fields_of, json_option, opened, print_json, store_option
from judge.errors import InputError

if TYPE_CHECKING:
    from judge.limits import Limit
    from judge.records import HumanVerdict
    from judge.stats.intervals import Estimate
    from judge.store import Store
    from judge.validation import Validation

EPILOG = """\b
例：
  judge validate                                          库里的每个评委
  judge validate --judge gpt-4 --bank mt_bench            指定评委与题库
  judge validate --judge GPT-4 --data llmeval2目录         不进库，直接量一份数据
  judge validate --judge baseline --data llmeval2目录      离线评委与人有多一致
  judge validate --threshold agreement=80 --threshold flips=15,30

证书的每一项都写着阈值；改阈值用 --threshold 名=单独可用[,不可用]，或写在 judge.toml 的 [certificate] 里。
名：agreement、flips、first、longer、readable、retest、self。
离线评委：学科在训练数据里的，用没见过这个学科的系数来评；不在的，用随包的系数；平局不算，只看有参考的题。
"""


@click.command(cls=Command, epilog=EPILOG)
@click.option(
    "--judge", "judge_name", metavar="评委", help="哪个评委（默认库里的每一个）；baseline 加 --data 另有校准表"
)
@click.option("--bank", metavar="题库", help="哪个题库（只有一个有评判时可省）")
@click.option("--data", metavar="目录|题库", help="带人工判定的数据：文件、目录，或库里的题库")
@click.option("--threshold", "thresholds", multiple=True, metavar="名=数[,数]", help="改一项的阈值")
@store_option
@json_option
def validate(
    judge_name: str | None, bank: str | None, data: str | None, thresholds: tuple[str, ...], url: str, as_json: bool
) -> None:
    """评委的证书：与人有多一致，偏什么，能不能单独用。"""
    limits = _limits(thresholds)
    if judge_name == "baseline" and data is not None:
        _validate_offline(data, url, limits, as_json)
        return
    from judge import pipeline
    from judge.records import Plan

    with store_of(data, url) as store:
        bank = data if data is not None and not Path(data).exists() else bank
        bank, found = pipeline.certificates(store, Plan(judge=judge_name, bank=bank), limits)
    if as_json:
        print_json("judge.certificate/1", {"bank": bank, "certificates": [fields_of(one) for one in found]})
        return
    from judge.report.terminal_certificate import print_certificate

    screen = console()
    for at, one in enumerate(found):
        if at:
            screen.rule(style="dim")
        print_certificate(one, bank, screen)


def _limits(thresholds: tuple[str, ...]) -> Mapping[str, Limit]:
    """Return the thresholds of judge.toml with those of the command line laid over them."""
    from judge.cli.live import limits
    from judge.config import limits_with

    changes: dict[str, object] = {}
    for said in thresholds:
        name, _, values = said.partition("=")
        try:
            numbers = [float(one) for one in values.split(",")]
        except ValueError:
            fix = "例如 --threshold agreement=80 或 --threshold flips=15,30"
            raise InputError(f"{said} 里要是数", where="--threshold", fix=fix) from None
        changes[name] = numbers if len(numbers) > 1 else numbers[0]
    return limits_with(changes, "--threshold", limits())


@contextmanager
def store_of(data: str | None, url: str) -> Iterator[Store]:
    """Open the store, or one that holds some data for as long as it is looked at."""
    if data is None or not Path(data).exists():
        store = opened(url)
        if data not in {summary.bank.name for summary in store.banks()}:
            _refuse_missing(data)
        yield store
        return
    from judge.importers.detection import find, load

    with tempfile.TemporaryDirectory() as folder:
        store = opened(str(Path(folder) / "data.db"), create=True)
        known = [one for one in find(Path(data)) if one.format is not None]
        if not known:
            raise InputError("没有认出任何一种格式", where=data, fix="judge import --formats 列出能认的格式")
        ours = [one.path for one in known if one.format == "own"]
        found = [load(str(one.format)).read(one.path) for one in known if one.format != "own"]
        if ours:
            found.append(load("own").read(ours[0], also=ours[1:]))
        for one in found:
            one.add_to(store)
        yield store
        store.engine.dispose()


def _refuse_missing(data: str | None) -> None:
    if data is not None and ("/" in data or data.endswith((".jsonl", ".gz"))):
        raise InputError("没有这个文件或目录", where=data, fix="检查路径；题库写名字，judge banks 列出")


def _validate_offline(data: str, url: str, limits: Mapping[str, Limit], as_json: bool) -> None:
    """Hold the offline judge against people, by coefficients that never saw what they judge."""
    from judge.certificate import Certificate, Check, word_of
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
    figure = found.models_left_out or found.overall
    limit = limits["agreement"]
    checks = [] if figure is None else [Check("agreement", figure, limit, limit.mark(figure))]
    certificate = Certificate("baseline", word_of(checks), tuple(checks), calls=found.pairs)
    if as_json:
        content = {"judge": "baseline", "data": data, **fields_of(found), "provenance": provenance}
        print_json("judge.validate/1", {**content, "certificate": fields_of(certificate)})
        return
    _print(found, data)
    from judge.report.terminal_certificate import print_certificate_line

    console().print()
    print_certificate_line(certificate, console())


def _humans(data: str, url: str) -> Iterator[HumanVerdict]:
    _refuse_missing(None if Path(data).exists() else data)
    if Path(data).exists():
        from judge.importers.detection import find, load

        for one in find(Path(data)):
            if one.format is not None:
                yield from load(one.format).read(one.path).human_verdicts
        return
    from judge.resolve import one_bank

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
