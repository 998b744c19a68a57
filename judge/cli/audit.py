"""judge audit"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from judge.cli.about import About, about_options, target_option
from judge.cli.help import Command, Group
from judge.cli.output import console, fields_of, json_option, opened, print_json, store_option
from judge.cli.trail import export, history, verify
from judge.errors import InputError

EPILOG = """\b
例：
  judge audit draw --items 40                 从上一次评测里抽 40 条，写成判卷
  judge audit import 判卷.jsonl --reviewer 小陈   收回判好的
  judge audit status --target 3               现在差多少，还要看几条
  judge leaderboard --corrected               校正后的榜
  judge audit simulate --data llmeval2目录     拿逐条判过的数据演一遍：省多少人工
  judge audit history 题号                     这道题的判定是怎么来的
  judge audit verify                          每一条判定都还是当初写下的吗
  judge audit export --out 判定.xlsx           全部人工判定，一行一条

每一条被抽中的概率在抽的时候就记下；人自己挑来判的不知道概率，只作展示，不进校正。
"""

if TYPE_CHECKING:
    from judge.review.draws import Draw
    from judge.review.queue import Queue
    from judge.store import Store

DRAW = """\b
例：
  judge audit draw --items 40
  judge audit draw llmeval2::gpt-4 --items 100 --uniform 0.5 --out 判卷.jsonl
  judge audit draw --scores --items 20        抽 20 题，每个候选的回答都打分（按得分排的榜默认如此）

至少三成的机会均匀给每一条（别的信号看不见的错靠它），其余偏向更可能判错的；各能力按份额抽。
判卷一行一条，左右随机、不写是谁；在 verdict 里填 左、右、平、都不好 或 跳过（打分的填分数）。
请两个人判的另有一份 …-2.jsonl，交给第二个人。
"""

IMPORT = """\b
例：
  judge audit import 判卷.jsonl --reviewer 小陈

没填的行不算；填好一部分就可以先收，重复收同一份不会重复计。
与已经收下的不同，一条也不收，逐条说明；确实要改，加 --replace，以后一次为准。
"""

SHEET = """\b
例：
  judge audit sheet open-1-3f9a --out 判卷.jsonl
"""

STATUS = """\b
例：
  judge audit status
  judge audit status llmeval2 --target 2

先看抽了多少、判了多少，再看校正后的数字与区间，最后说离目标宽度还差几条。
"""

SIMULATE = """\b
例：
  judge audit simulate --data llmeval2目录
  judge audit simulate llmeval2 --items 20,80 --draws 100

把人逐条判过的数据当作随叫随到的审阅者，反复抽样：队列找出多少错，区间盖住真值的次数，省多少人工。
"""


out_option = click.option(
    "--out", type=click.Path(path_type=Path), metavar="文件", help="判卷写到哪里（默认 results/抽样名.jsonl）"
)


@click.group(cls=Group, epilog=EPILOG)
def audit() -> None:
    """人工抽查：抽哪些、收回来、校正多少、何时够。"""


@audit.command(cls=Command, epilog=DRAW)
@about_options
@click.option("--items", type=click.IntRange(1), default=40, metavar="条", help="抽多少条（默认 40）；打分时是多少题")
@click.option(
    "--uniform", type=click.FloatRange(0.3, 1), default=0.3, metavar="比例", help="均匀抽的比例（默认 0.3，至少 0.3）"
)
@click.option(
    "--overlap", type=click.FloatRange(0, 1), default=0.2, metavar="比例", help="请两个人判的比例（默认 0.2）"
)
@click.option(
    "--scores/--pairs",
    "scores",
    default=None,
    help="抽题，每个候选的回答都打分；或抽一对对的比较（默认照评委的评法）",
)
@click.option("--seed", type=int, default=0, metavar="种子", help="换一个种子抽出别的条目（默认 0）")
@out_option
@store_option
@json_option
def draw(
    about: About,
    items: int,
    uniform: float,
    overlap: float,
    scores: bool | None,
    seed: int,
    out: Path | None,
    url: str,
    as_json: bool,
) -> None:
    """抽一批给人判，记下每条被抽中的概率，写成判卷。"""
    from judge.cli.live import limits
    from judge.review.asking import draw_pairs, draw_scores
    from judge.review.queue import queue

    store = opened(url)
    plan = about.plan(store)
    found = queue(store, plan, limits())
    if scores is None:
        scores = found.heard.source == "scores" and len(found.heard.material.candidates) > 2
    if scores:
        made = draw_scores(store, found, plan, items, overlap, seed)
    else:
        made = draw_pairs(store, found, plan, items, uniform, overlap, seed)
    written = _write_sheets(store, made, out)
    store.add(run=made.run)
    if as_json:
        print_json("judge.draw/1", {**fields_of(made), "sheets": [str(path) for path in written]})
        return
    _say_drawn(found, made, written)


def _write_sheets(store: Store, draw: Draw, out: Path | None) -> list[Path]:
    """Write a sheet for every reader; never over one that is there."""
    from judge.review.draws import sheet

    target = out or Path("results") / f"{draw.name}.jsonl"
    dialogues = {one.key: one for one in store.dialogues(draw.bank)}
    written = []
    for reader in range(1, max(one.reviewers for one in draw.items) + 1):
        path = target if reader == 1 else target.with_name(f"{target.stem}-{reader}{target.suffix}")
        lines = [json.dumps(row, ensure_ascii=False) for row in sheet(draw, dialogues, reader)]
        if path.exists():
            raise InputError("文件已经在了，不覆盖", where=str(path), fix="换个名字：--out 别的.jsonl")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        except OSError as error:
            raise InputError(
                "写不了", where=str(path), fix=f"换个目录：--out 别处.jsonl（{error.strerror}）"
            ) from error
        written.append(path)
    return written


def _say_drawn(queue: Queue, draw: Draw, written: list[Path]) -> None:
    """Say what was drawn, and what stands in the way of its being of use."""
    from judge.report.terminal_review import unfit

    noun, unit = ("题", "份回答") if draw.unit == "scores" else ("条", "条")
    even = "全部抽出" if draw.uniform == 1 and len(draw.items) >= draw.frame else f"{draw.uniform:.0%} 的机会均匀"
    print(f"抽样 {draw.name}：从 {draw.frame:,} {noun}里抽出 {len(draw.items)} {unit}，{even}。")
    print(f"判卷 {written[0]}：填 verdict 一栏，然后 judge audit import {written[0]} --reviewer 名字")
    for path in written[1:]:
        print(f"第二个人判的 {path}：交给另一个人，各收各的")
    missing = int(len(queue.heard.comparisons) - len(queue.rows))
    if missing:
        print(f"注意：还有 {missing} 场没有回答，不在这次抽样里；以后评完了，这一批对全部就不作数，要重抽。")
    if queue.unfit:
        print(unfit(queue.certificate))


@audit.command(cls=Command, epilog=SHEET)
@click.argument("name", metavar="抽样名")
@out_option
@store_option
def sheet(name: str, out: Path | None, url: str) -> None:
    """把一次抽样的判卷再写一份。"""
    from judge.errors import UnknownName
    from judge.review.draws import draws_of

    store = opened(url)
    known = {one.name: one for one in draws_of(store)}
    if name not in known:
        raise UnknownName("抽样", name, known)
    for path in _write_sheets(store, known[name], out):
        print(f"判卷 {path}")


@audit.command("import", cls=Command, epilog=IMPORT)
@click.argument("file", type=click.Path(path_type=Path), metavar="判卷.jsonl")
@click.option("--reviewer", required=True, metavar="名字", help="谁判的")
@click.option("--replace", "replacing", is_flag=True, help="改判了：以后一次为准")
@store_option
@json_option
def import_sheet(file: Path, reviewer: str, replacing: bool, url: str, as_json: bool) -> None:
    """收回判好的判卷。"""
    from judge.review.collecting import collected

    store = opened(url)
    found = collected(store, file, reviewer, replacing=replacing)
    store.add(human_verdicts=found.verdicts)
    new = len(found.verdicts) - found.changed
    if as_json:
        counts = {"new": new, "changed": found.changed, "known": found.known, "empty": found.empty}
        print_json("judge.audit-import/1", {**counts})
        return
    more = ((found.changed, "改了"), (found.known, "已经在库里"), (found.empty, "还没填"))
    print(f"收到 {new} 条人工判定" + "".join(f"，{count} 条{said}" for count, said in more if count) + "。")


@audit.command(cls=Command, epilog=STATUS)
@about_options
@target_option
@click.option(
    "--for",
    "scope",
    type=click.Choice(["like", "bank"]),
    help="要知道的：像这样的题（like），或只就这份题库（默认照那一次评测，否则 like）",
)
@store_option
@json_option
def status(about: About, wanted: float, scope: str | None, url: str, as_json: bool) -> None:
    """抽查到哪一步了：校正后的数字，还要看几条。"""
    from judge.cli.live import limits
    from judge.review.correction import correction_of, half_width, still_needed
    from judge.review.queue import queue

    store = opened(url)
    plan = about.plan(store, target=scope)
    found = queue(store, plan, limits())
    correction = correction_of(found, plan)
    alone = correction if plan.target == "bank" else correction_of(found, replace(plan, target="bank"))
    width, more = half_width(correction), still_needed(correction, alone, wanted)
    if as_json:
        content = {
            "bank": found.heard.material.bank.name,
            "judge": found.heard.material.judge,
            "unfit": found.unfit,
            "draws": list(found.people.draws),
            "reviewers": found.people.reviewers,
            "agreement": found.certificate.people,
            "correction": correction,
            "half_width": width,
            "wanted": wanted,
            "still_needed": more,
        }
        print_json("judge.audit/1", content)
        return
    from judge.report.printing import facts
    from judge.report.terminal_review import print_audit, print_capture, print_unfit

    screen = console()
    facts(screen, [("题库", found.heard.material.bank.name), ("评委", found.heard.material.judge)])
    print_unfit(found, screen)
    print_audit(correction, found.people, found.certificate.people, screen, wanted, width, more)
    screen.print()
    print_capture(found.capture, screen, audits=len(found.people.audits))


@audit.command(cls=Command, epilog=SIMULATE)
@click.argument("run", required=False, metavar="[评测|题库]")
@click.option("--data", metavar="目录|题库", help="人逐条判过的数据：文件、目录，或库里的题库")
@click.option("--judge", "judge_name", metavar="评委", help="哪个评委（只有一个时可省）")
@click.option("--items", default="20,40,80,160", metavar="条,…", help="每一对候选看多少条（默认 20,40,80,160）")
@click.option("--pairs", type=click.IntRange(1), default=40, metavar="对", help="取多少对候选（默认 40）")
@click.option("--draws", type=click.IntRange(1), default=50, metavar="次", help="每对抽多少次（默认 50）")
@store_option
@json_option
def simulate(
    run: str | None,
    data: str | None,
    judge_name: str | None,
    items: str,
    pairs: int,
    draws: int,
    url: str,
    as_json: bool,
) -> None:
    """拿人逐条判过的数据演一遍：队列、区间、省多少人工。"""
    from rich.console import Console
    from rich.progress import Progress

    from judge.cli.live import limits
    from judge.cli.validate import store_of
    from judge.records import Plan
    from judge.review.queue import queue
    from judge.review.simulation import simulate as simulated

    try:
        sizes = tuple(sorted({int(one) for one in items.split(",")}))
    except ValueError:
        raise InputError("--items 是一列整数", where="命令行", fix="例如 --items 20,40,80") from None
    if not sizes or sizes[0] < 4:
        raise InputError("每一对至少看 4 条", where="--items", fix="例如 --items 20,40,80")
    with store_of(data, url) as store:
        named = data if data is not None and not Path(data).exists() else run
        plan = About(named, None, judge_name, None, None, None).plan(store) if named else Plan(judge=judge_name)
        found = queue(store, plan, limits())
        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("演算", total=len(sizes) * pairs)
            result = simulated(found, sizes=sizes, pairs=pairs, draws=draws, step=lambda: bar.advance(task))
        bank, judge = found.heard.material.bank.name, found.heard.material.judge
    if as_json:
        print_json("judge.simulation/1", {"bank": bank, "judge": judge, "unfit": found.unfit, **fields_of(result)})
        return
    from judge.report.printing import facts
    from judge.report.terminal_review import print_simulation, print_unfit

    facts(console(), [("题库", bank), ("评委", judge)])
    print_unfit(found, console())
    print_simulation(result, console())


for command in (history, verify, export):
    audit.add_command(command)
