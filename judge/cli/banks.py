"""judge banks"""

from __future__ import annotations

from pathlib import Path

import click

from judge.cli.help import Command
from judge.cli.output import fields_of, json_option, opened, print_json, store_option
from judge.errors import InputError

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
    summaries = opened(url).banks()
    if as_json:
        rows: list[object] = [{**fields_of(one), "bank": fields_of(one.bank)} for one in summaries]
        print_json("judge.banks/1", {"banks": rows})
        return
    from rich.console import Console

    from judge.report.terminal import print_banks

    print_banks(summaries, Console(highlight=False))


def _check(paths: tuple[Path, ...], as_json: bool) -> None:
    raise InputError("还没有", where="", fix="")
