"""judge leaderboard"""

from __future__ import annotations

from typing import Literal

import click

from judge.cli.help import Command
from judge.cli.output import console, fields_of, json_option, listed, opened, print_json, store_option

EPILOG = """\b
例：
  judge leaderboard --bank llmeval2 --by ability
  judge leaderboard --bank llmeval2 --human          人工判定的榜
  judge leaderboard --bank mt_bench --judge gpt-4 --by turn
  judge leaderboard --bank superclue_open --json

总分 = 100 × 得分 / 满分，先按能力算、再对能力取平均；区间按题聚类。
"""


@click.command(cls=Command, epilog=EPILOG)
@click.option("--bank", metavar="题库", help="哪个题库（只有一个有评判时可省）")
@click.option("--judge", "judge_name", metavar="评委", help="哪个评委（只有一个时可省）；不同评委不混在一张榜里")
@click.option("--human", is_flag=True, help="人工判定的榜")
@click.option("--by", type=click.Choice(["ability", "turn", "dimension"]), help="再按能力、轮次或评分维度分列")
@click.option("--baseline", metavar="候选", help="以谁为基线算 OPEN（都只同一个候选比过时自动取它）")
@click.option("--candidates", metavar="候选,…", help="只排这些候选，逗号分隔")
@click.option("--abilities", metavar="能力,…", help="只看这些能力，逗号分隔")
@click.option("--history", type=click.Choice(["own", "golden"]), help="自己的历史（默认），或标准历史；两者不混")
@click.option("--scope", type=click.Choice(["auto", "dialogue", "turns"]), help="整段对话，或按轮")
@store_option
@json_option
def leaderboard(
    bank: str | None,
    judge_name: str | None,
    human: bool,
    by: Literal["ability", "turn", "dimension"] | None,
    baseline: str | None,
    candidates: str | None,
    abilities: str | None,
    history: str | None,
    scope: str | None,
    url: str,
    as_json: bool,
) -> None:
    """一个题库上所有候选的排行榜。"""
    from judge import pipeline
    from judge.plan import with_flags
    from judge.records import Plan

    plan = with_flags(
        Plan(),
        {
            "bank": bank,
            "judge": judge_name,
            "baseline": baseline,
            "candidates": listed(candidates),
            "abilities": listed(abilities),
            "history": history,
            "scope": scope,
        },
    )
    board = pipeline.leaderboard(opened(url), plan, human=human, by=by)
    if as_json:
        print_json("judge.leaderboard/1", fields_of(board))
        return
    from judge.report.terminal import print_board

    print_board(board, console())
