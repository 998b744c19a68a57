"""judge rubrics"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import click

from judge.cli.help import Command
from judge.cli.output import console, json_option, print_json
from judge.errors import UnknownName

if TYPE_CHECKING:
    from judge.judges.costs import Cost

EPILOG = """\b
例：
  judge rubrics                  各种评法与它们的花费，各项能力的评分标准
  judge rubrics math             一份评分标准的全部：维度、分档、例子
  judge rubrics --bank 我的题库.jsonl   用自己的题量花费
"""

MEANING = {
    "pair": "两份对话比高下，三档（默认）",
    "pair-5": "两份对话比高下，五档",
    "soft": "只问一个字母，取它的概率",
    "soft-reasons": "先写理由再给字母，取它的概率（hf: 的）",
    "scores": "一份对话按维度打分，再给综合分",
    "soft-scores": "一份对话一个分，取各分概率的均值（hf: 的）",
    "soft-scores-reasons": "先写理由再给分，取各分概率的均值（hf: 的）",
    "alignbench": "照 AlignBench：四类题各有维度，两支平均",
    "mtbench": "照 MT-Bench：逐轮给一个分，各轮平均",
    "reward": "奖励模型给整段对话一个数（hf: 的）",
}


@click.command(cls=Command, epilog=EPILOG)
@click.argument("name", required=False, metavar="[评分标准]")
@click.option("--bank", default="open", metavar="题库", help="用哪份题库量花费（默认 open）")
@json_option
def rubrics(name: str | None, bank: str, as_json: bool) -> None:
    """评法与评分标准：怎么评、看哪些方面、每次评判要多少 token。"""
    from judge.rubric import read_rubric, shipped_rubrics

    paths = [*shipped_rubrics(), *shipped_rubrics("alignbench")]
    known = {one.name: one for one in (read_rubric(path) for path in paths)}
    if name is not None:
        if name not in known:
            raise UnknownName("评分标准", name, known)
        if as_json:
            print_json("judge.rubric/1", {"rubric": known[name]})
            return
        from judge.report.terminal_rubrics import print_rubric

        print_rubric(known[name], console())
        return
    costs = _costs(bank)
    if as_json:
        print_json("judge.rubrics/1", {"bank": bank, "protocols": costs, "rubrics": list(known.values())})
        return
    from judge.report.terminal_rubrics import print_protocols, print_rubrics

    print_protocols(costs, MEANING, bank, console())
    print_rubrics(list(known.values()), console())


def _costs(bank: str) -> dict[str, Cost]:
    """Measure every protocol on a bank."""
    from judge.cli.banks import read
    from judge.judges.costs import cost
    from judge.judges.protocols import Comparing, Scoring, judging
    from judge.records import Model

    questions = read(bank)[1]
    names = (*get_args(Comparing), *get_args(Scoring))
    return {one: cost(judging(one, Model("", one), one), questions, by_turn=one == "mtbench") for one in names}
