"""judge reread"""

from __future__ import annotations

import click

from judge.cli.help import Command
from judge.cli.output import json_option, opened, print_json, store_option

EPILOG = """\b
例：
  judge reread --bank mt_bench
  judge reread --bank judgebench --json

只读不写：已存的评判不会改动。读法见 docs/formats.md。
"""


@click.command(cls=Command, epilog=EPILOG)
@click.option("--bank", metavar="题库", help="只重读这个题库（默认全部）")
@click.option("--judge", "judge_name", metavar="评委", help="只重读这个评委")
@click.option("--all", "everything", is_flag=True, help="列出全部不同之处（默认每种 5 条）")
@store_option
@json_option
def reread(bank: str | None, judge_name: str | None, everything: bool, url: str, as_json: bool) -> None:
    """重读评委原话，列出与记录不同之处和原因。"""
    from judge import rereading, resolve
    from judge.codec import encode_result

    store = opened(url)
    bank = resolve.one_bank(store, bank) if bank else None
    banks = [bank] if bank else [one.bank.name for one in store.banks() if one.judgments]
    known = store.judges(bank)
    judges = {known[code] for code in (resolve.find("评委", judge_name, known) if judge_name else known)}
    found = list(rereading.reread(rereading.stored(store, banks, judges)))
    if as_json:
        counts = {change: sum(one.change == change for one in found) for change in rereading.CHANGES}
        changed = [
            {
                "key": one.judgment.key,
                "question": one.judgment.case.question.id,
                "bank": one.judgment.case.question.bank,
                "scope": str(one.judgment.case.scope),
                "candidates": [dialogue.candidate.name for dialogue in one.judgment.case.dialogues],
                "judge": one.judgment.judge.name,
                "change": one.change,
                "recorded": encode_result(one.judgment.result),
                "read": encode_result(one.read),
            }
            for one in found
            if one.change not in {"same", "finer"}
        ]
        print_json("judge.reread/1", {"read": len(found), "counts": counts, "changed": changed})
        return
    from rich.console import Console

    from judge.report.terminal import print_reread

    left_out = rereading.count(store, banks, judges) - len(found)
    print_reread(found, left_out, Console(highlight=False), most=None if everything else 5)
