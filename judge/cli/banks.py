"""judge banks"""

from __future__ import annotations

from pathlib import Path

import click

from judge.cli.help import Command
from judge.cli.output import console, fields_of, json_option, opened, print_json, store_option
from judge.errors import Failed, InputError

EPILOG = """\b
例：
  judge banks                    库里的题库
  judge banks check 我的题库.jsonl  检查一份题库，列出每一处毛病
"""


@click.command(cls=Command, epilog=EPILOG)
@click.argument("action", metavar="[check 文件…]", required=False)
@click.argument("paths", nargs=-1, metavar="", type=click.Path(path_type=Path))
@store_option
@json_option
def banks(action: str | None, paths: tuple[Path, ...], url: str, as_json: bool) -> None:
    """库里的题库，各有多少题、回答、评判与人工判定；或检查题库文件。"""
    if action == "check":
        _check(paths, as_json)
        return
    if action is not None:
        raise InputError(f"不认识 {action}", where="命令行", fix="judge banks，或 judge banks check 文件")
    from judge.bank import shipped_banks

    summaries = opened(url).banks()
    if as_json:
        rows: list[object] = [{**fields_of(one), "bank": fields_of(one.bank)} for one in summaries]
        print_json("judge.banks/1", {"banks": rows})
        return
    from judge.report.terminal import print_banks

    print_banks(summaries, console())
    others = [path.stem for path in shipped_banks() if path.stem not in {one.bank.name for one in summaries}]
    if others:
        print(f"\n随包而还没装入的题库：{'、'.join(others)}（现场评测用到时自动装入）")


def _check(paths: tuple[Path, ...], as_json: bool) -> None:
    """List every fault of some bank files; raises InputError where there is one."""
    from judge.bank import check_bank

    if not paths:
        raise InputError("没有说检查哪份题库", where="命令行", fix="judge banks check 我的题库.jsonl")
    faults = [fault for path in paths for fault in check_bank(path)]
    if as_json:
        print_json("judge.banks.check/1", {"files": [str(path) for path in paths], "faults": faults})
    else:
        for fault in faults:
            print(f"{fault.where}：{fault.message}\n  修复：{fault.fix}")
        if not faults:
            print(f"{'、'.join(str(path) for path in paths)}：没有毛病")
    if faults:
        raise Failed(f"{len(faults)} 处毛病", where="、".join(str(path) for path in paths), fix="逐条改好再查一遍")
