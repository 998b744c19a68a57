"""judge run"""

from __future__ import annotations

from typing import Literal

import click

from judge.cli import live
from judge.cli.help import Command
from judge.cli.live import live_options
from judge.cli.output import console, fields_of, json_option, listed, opened, print_json, store_option
from judge.errors import InputError

EPILOG = """\b
例：
  judge run --models 新版,旧版,qwen:qwen-max --judge 评委 --design round-robin
  judge run --models 新版,旧版 --judge 评委 --bank 我的题库.jsonl --dry-run

baseline：每个候选与最后一个比；round-robin：两两都比。中断后再运行一次，只补没做完的。
"""


@click.command(cls=Command, epilog=EPILOG)
@click.option("--models", required=True, metavar="候选,…", help="候选，逗号分隔；baseline 设计里最后一个是基线")
@click.option("--judge", "judge_name", required=True, metavar="评委", help="评委：judge.toml 里的名字，或 预设:模型名")
@click.option("--bank", metavar="题库", help="题库名或文件（默认随包的 open）")
@click.option("--abilities", metavar="能力,…", help="只问这些能力，逗号分隔")
@click.option(
    "--design", type=click.Choice(["baseline", "round-robin"]), default="baseline", help="谁与谁比（默认 baseline）"
)
@live_options
@store_option
@json_option
def run(
    models: str,
    judge_name: str,
    bank: str | None,
    abilities: str | None,
    design: Literal["baseline", "round-robin"],
    order: Literal["auto", "both", "single"],
    protocol: Literal["pair", "pair-5", "scores"],
    limit: int | None,
    max_calls: int | None,
    dry_run: bool,
    yes: bool,
    revision: str | None,
    stage: Literal["answer", "judge", "score"] | None,
    url: str,
    as_json: bool,
) -> None:
    """几个候选一起评：作答、评判、排榜。"""
    from judge import pipeline
    from judge.records import Plan

    names = tuple(name for name in listed(models) or () if name)
    if len(set(names)) < 2:
        raise InputError("至少要两个不同的候选", where="--models", fix="用逗号分开，例如 --models 新版,旧版")
    wish = live.Wish(
        candidates=names,
        judges=(judge_name,),
        bank=bank,
        design=design,
        order=order,
        protocol=protocol,
        limit=limit,
        abilities=listed(abilities) or (),
        max_calls=max_calls,
        stage=stage,
    )
    voices = live.opened_voices(revision)
    done = live.perform(url, voices, wish, dry_run=dry_run, yes=yes)
    if done is None or stage == "answer":
        return
    shown = tuple(voices.shown(name) for name in names)
    # Scores are given one by one: a board of them has no baseline.
    baseline = shown[-1] if design == "baseline" and protocol != "scores" else None
    plan = Plan(candidates=shown, bank=done, judge=live.judge_name(wish, voices, judge_name), baseline=baseline)
    board = pipeline.leaderboard(opened(url), plan)
    if as_json:
        print_json("judge.leaderboard/1", fields_of(board))
        return
    from judge.report.terminal import print_board

    print_board(board, console())
