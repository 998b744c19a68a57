"""judge run"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import click

from judge.cli import live
from judge.cli.flags import Flags, live_options
from judge.cli.help import Command
from judge.cli.output import console, fields_of, json_option, listed, opened, print_json, store_option
from judge.errors import InputError

EPILOG = """\b
例：
  judge run --models 新版,旧版,qwen:qwen-max --judge 评委 --design round-robin
  judge run --models 新版,旧版 --judge 评委 --bank 我的题库.jsonl --dry-run

--until decided：先让每一对比几题，再把题花在还没分出来的对上，各对用不同的题；全部分出来就停。
baseline：每个候选与最后一个比；round-robin：两两都比。中断后再运行一次，只补没做完的。
"""


@click.command(cls=Command, epilog=EPILOG)
@click.option("--models", required=True, metavar="候选,…", help="候选，逗号分隔；baseline 设计里最后一个是基线")
@click.option(
    "--judge",
    "judge_name",
    metavar="评委",
    help="评委：judge.toml 里的名字，或 预设:模型名；不写就用 judge.toml 的 judge，再没有就用离线评委 baseline（不作发布依据）。几个用逗号分开，合成评委团",
)
@click.option(
    "--panel",
    type=click.Choice(["equal", "weighted", "cascade"]),
    default="equal",
    help="评委团怎么合：一人一票（默认），按估计的准确率加权，或离线评委有把握的归它（cascade）",
)
@click.option("--bank", metavar="题库", help="题库名或文件（默认随包的 open）")
@click.option("--abilities", metavar="能力,…", help="只问这些能力，逗号分隔")
@click.option(
    "--design", type=click.Choice(["baseline", "round-robin"]), default="baseline", help="谁与谁比（默认 baseline）"
)
@click.option("--history", type=click.Choice(["own", "golden"]), default="own", help="自己的历史（默认），或标准历史")
@click.option(
    "--scope", type=click.Choice(["dialogue", "turns"]), default="dialogue", help="评整段对话（默认），或逐轮评"
)
@live_options
@click.option(
    "--for",
    "target",
    type=click.Choice(["like", "bank"]),
    default="like",
    help="--until 要分的是：像这样的题（默认），或只就这份题库（bank）",
)
@store_option
@json_option
def run(
    models: str,
    judge_name: str | None,
    panel: Literal["equal", "weighted", "cascade"],
    bank: str | None,
    abilities: str | None,
    design: Literal["baseline", "round-robin"],
    history: Literal["own", "golden"],
    scope: Literal["dialogue", "turns"],
    flags: Flags,
    target: Literal["like", "bank"],
    url: str,
    as_json: bool,
) -> None:
    """几个候选一起评：作答、评判、排榜。"""
    from judge import pipeline
    from judge.layout import Wish
    from judge.records import Plan
    from judge.report.board import View

    names, judges = (tuple(one for one in listed(said) or () if one) for said in (models, judge_name))
    if len(set(names)) < 2:
        raise InputError("至少要两个不同的候选", where="--models", fix="用逗号分开，例如 --models 新版,旧版")
    scope = "turns" if flags.how.by_turn else scope
    voices = live.opened_voices(flags.revisions)
    wish = Wish(
        candidates=names,
        judges=live.judges_of(voices, judges, flags.how),
        bank=bank,
        design=design,
        abilities=listed(abilities) or (),
        history=history,
        by_turn=scope == "turns",
        how=flags.how,
        cascade=panel == "cascade",
    )
    how = flags.how
    start = Plan(
        abilities=tuple(wish.abilities),
        panel=panel,
        scope=scope,
        history=history,
        limit=how.limit,
        until=how.until,
        target=target,
    )
    done = live.perform(url, voices, wish, flags, start, as_json=as_json)
    if done is None:
        return
    # Scores are given one by one: a board of them has no baseline.
    baseline = done.candidates[-1] if design == "baseline" and not how.scores else None
    plan = replace(done, baseline=baseline)
    live.remember(url, plan, wish)
    board = pipeline.leaderboard(
        opened(url),
        plan,
        view=View(method="bt" if how.until != "all" else None, controls=flags.controls),
        limits=live.limits(),
    )
    if as_json:
        print_json("judge.leaderboard/1", fields_of(board))
        return
    from judge.report.terminal_board import print_board

    print_board(board, console())
