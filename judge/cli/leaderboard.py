"""judge leaderboard"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from judge.cli.help import Command
from judge.cli.output import console, fields_of, json_option, listed, opened, print_json, store_option, warn_of_stopping

if TYPE_CHECKING:
    from judge.report.board import By
    from judge.report.ratings import Method

EPILOG = """\b
例：
  judge leaderboard --bank llmeval2 --by ability
  judge leaderboard --bank llmeval2 --human          人工判定的榜
  judge leaderboard --bank mt_bench --judge gpt-4 --by turn
  judge leaderboard --bank llmeval2 --method bt      等级分、区间与名次范围
  judge leaderboard --bank llmeval2 --style          原样与控制篇幅之后并排
  judge leaderboard --corrected           人工校正还差几条；够了默认就列
  judge leaderboard --controls            基线对自己、空回答、照抄题目各得多少
  judge leaderboard --bank superclue_open --json

总分 = 100 × 得分 / 满分，先按能力算、再对能力取平均；区间按题聚类。
等级分以 1000 为各候选的平均；每个数字的公式与出处见 docs/methods.md。
"""


@click.command(cls=Command, epilog=EPILOG)
@click.option("--bank", metavar="题库", help="哪个题库（只有一个有评判时可省）")
@click.option("--judge", "judge_name", metavar="评委", help="哪个评委（只有一个时可省）；不同评委不混在一张榜里")
@click.option("--human", is_flag=True, help="人工判定的榜")
@click.option(
    "--method",
    type=click.Choice(["bt", "davidson", "rao-kupper", "elo", "open", "winrate"]),
    help="怎么排：Bradley-Terry、Davidson 或 Rao-Kupper 等级分，逐场 Elo（只作对照），OPEN，胜率",
)
@click.option(
    "--interval",
    type=click.Choice(["sandwich", "bootstrap"]),
    default="sandwich",
    help="等级分的区间：夹心估计（默认），或整题重采样",
)
@click.option("--style", is_flag=True, help="再列出控制篇幅与格式之后会怎样")
@click.option("--controls", is_flag=True, help="再列出对照：基线对自己、空回答、照抄题目")
@click.option(
    "--corrected/--no-corrected",
    default=None,
    help="只看评委、只看抽查的人、校正后三列并排（抽查够了默认就列；写了它，不够时说还差什么）",
)
@click.option(
    "--for", "target", type=click.Choice(["like", "bank"]), help="校正要知道的：像这样的题（默认），或只就这份题库"
)
@click.option(
    "--by",
    type=click.Choice(["ability", "turn", "dimension", "branch"]),
    help="再按能力、轮次、评分维度，或推理与语言两支（AlignBench）分列",
)
@click.option("--baseline", metavar="候选", help="以谁为基线算 OPEN（都只同一个候选比过时自动取它）")
@click.option("--candidates", metavar="候选,…", help="只排这些候选，逗号分隔")
@click.option("--abilities", metavar="能力,…", help="只看这些能力，逗号分隔")
@click.option(
    "--panel",
    type=click.Choice(["equal", "weighted", "cascade"]),
    help="评委团怎么合：一人一票（默认），按估计的准确率加权（三个以上评委），或离线评委有把握的归它（cascade）",
)
@click.option("--history", type=click.Choice(["own", "golden"]), help="自己的历史（默认），或标准历史；两者不混")
@click.option("--scope", type=click.Choice(["auto", "dialogue", "turns"]), help="整段对话，或按轮")
@store_option
@json_option
def leaderboard(
    bank: str | None,
    judge_name: str | None,
    human: bool,
    method: Method | None,
    interval: str,
    style: bool,
    controls: bool,
    corrected: bool | None,
    target: str | None,
    by: By | None,
    baseline: str | None,
    candidates: str | None,
    abilities: str | None,
    panel: str | None,
    history: str | None,
    scope: str | None,
    url: str,
    as_json: bool,
) -> None:
    """一个题库上所有候选的排行榜。"""
    from judge import pipeline
    from judge.cli.live import limits
    from judge.plan import with_flags
    from judge.records import Plan
    from judge.report.board import View
    from judge.review.draws import steered

    plan = with_flags(
        Plan(),
        {
            "bank": bank,
            "judge": judge_name,
            "baseline": baseline,
            "candidates": listed(candidates),
            "abilities": listed(abilities),
            "panel": panel,
            "history": history,
            "scope": scope,
            "target": target,
        },
    )
    view = View(by, method, controls, style, resample=interval == "bootstrap", corrected=corrected)
    store = opened(url)
    board = pipeline.leaderboard(store, plan, human=human, view=view, limits=limits())
    if human and steered(store, board.bank):
        print("人看的是按疑点抽出来的，这张榜没有按概率还原；要看全体，用 --corrected", file=sys.stderr)
    warn_of_stopping(store, board.bank, board.unjudged)
    if as_json:
        print_json("judge.leaderboard/1", fields_of(board))
        return
    from judge.report.terminal_board import print_board

    print_board(board, console())
