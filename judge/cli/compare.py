"""judge compare A B"""

from __future__ import annotations

from pathlib import Path

import click

from judge.cli import live
from judge.cli.flags import Flags, live_options
from judge.cli.help import Command
from judge.cli.output import console, fields_of, json_option, listed, opened, print_json, store_option, warn_of_stopping

EPILOG = """\b
例：
  judge compare 新模型 旧模型                     库里已有的回答与评判
  judge compare qwen:qwen-max 旧版 --judge 评委   现场作答、评判
  judge compare recorded:llmeval2/GPT4 recorded:llmeval2/xunfei
  judge compare GPT4 xunfei --bank llmeval2 --human        人工判定怎么说
  judge compare A B --judge 评委名 --abilities 计算,代码 --margin 2
  judge compare A B --judge 评委 --until decided            分出来就停
  judge compare A B --json | jq .decision

\b
第一句怎么来的：
  胜+½平 的区间（按题聚类，95%）下限高于 50-容差：可以换
  否则，上限低于 50：不要换；再不然：还分不出
"""


@click.command(cls=Command, epilog=EPILOG)
@click.argument("first", metavar="甲")
@click.argument("second", metavar="乙")
@click.option(
    "--judge",
    "judge_name",
    metavar="评委",
    help="用哪个评委：库里已有的评判只有一个评委时可省；现场评测不写就用 judge.toml 的 judge，再没有就用离线评委 baseline（不作发布依据）。几个用逗号分开，合成评委团",
)
@click.option("--human", is_flag=True, help="用人工判定代替评委")
@click.option("--bank", metavar="题库", help="在哪个题库上比（只有一个共同题库时可省）")
@click.option("--abilities", metavar="能力,…", help="只看这些能力，逗号分隔")
@click.option(
    "--panel",
    type=click.Choice(["equal", "weighted", "cascade"]),
    help="评委团怎么合：一人一票（默认），按估计的准确率加权（三个以上评委），或离线评委有把握的归它（cascade）",
)
@click.option("--history", type=click.Choice(["own", "golden"]), help="自己的历史（默认），或标准历史；两者不混")
@click.option(
    "--scope", type=click.Choice(["auto", "dialogue", "turns"]), help="整段对话，或按轮（默认有整段就用整段）"
)
@click.option("--margin", type=float, metavar="分", help="差多少分以内算一样好（默认 3）")
@click.option("--tie-within", type=float, metavar="分", help="得分相差多少以内算平（默认 0）")
@click.option(
    "--filtered",
    type=click.Choice(["loss", "tie", "exclude"]),
    help="被过滤或空回答怎么算：输（默认；已有评判的照评判）、平、不算进计划",
)
@live_options
@click.option(
    "--for", "target", type=click.Choice(["like", "bank"]), help="要分的是：像这样的题（默认），或只就这份题库"
)
@click.option(
    "--plan", "plan_file", type=click.Path(path_type=Path), metavar="计划.toml", help="从文件读计划，命令行优先"
)
@store_option
@json_option
def compare(
    first: str,
    second: str,
    judge_name: str | None,
    human: bool,
    bank: str | None,
    abilities: str | None,
    panel: str | None,
    history: str | None,
    scope: str | None,
    margin: float | None,
    tie_within: float | None,
    filtered: str | None,
    flags: Flags,
    target: str | None,
    plan_file: Path | None,
    url: str,
    as_json: bool,
) -> None:
    """甲能不能换下乙：先给一句话，再给依据。"""
    from judge import pipeline
    from judge.plan import read_plan, with_flags
    from judge.records import Plan

    plan = with_flags(
        read_plan(plan_file) if plan_file else Plan(),
        {
            "candidates": (first, second),
            "judge": judge_name,
            "bank": bank,
            "abilities": listed(abilities),
            "panel": panel,
            "history": history,
            "scope": "turns" if flags.how.by_turn else scope,
            "margin": margin,
            "tie_within": tie_within,
            "filtered": filtered,
            "limit": flags.how.limit,
            "until": None if flags.how.until == "all" else flags.how.until,
            "target": target,
        },
    )
    voices = live.opened_voices(flags.revisions)
    if human or not live.live(voices, (first, second), plan.judges):
        flags.refuse_unless_live((first, second, *plan.judges))
    else:
        from judge.layout import Wish

        wish = Wish(
            candidates=(first, second),
            judges=live.judges_of(voices, plan.judges, flags.how),
            bank=plan.bank,
            design="baseline",
            abilities=plan.abilities,
            history=plan.history,
            by_turn=plan.scope == "turns",
            seed=plan.seed,
            how=flags.how,
            cascade=plan.panel == "cascade",
        )
        done = live.perform(url, voices, wish, flags, plan, as_json=as_json)
        if done is None:
            return
        plan = done
        live.remember(url, plan, wish)
    store = opened(url)
    report = pipeline.compare(store, plan, human=human, limits=live.limits())
    if plan.until == "all":
        warn_of_stopping(store, report.bank, report.overall.counts.missing)
    if as_json:
        print_json("judge.compare/1", fields_of(report))
        return
    from judge.report.terminal import print_compare

    print_compare(report, console())
