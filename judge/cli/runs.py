"""judge runs"""

from __future__ import annotations

import click

from judge.cli.help import Command
from judge.cli.output import console, json_option, opened, print_json, store_option

EPILOG = """\b
例：
  judge runs
  judge runs --json
"""


@click.command(cls=Command, epilog=EPILOG)
@store_option
@json_option
def runs(url: str, as_json: bool) -> None:
    """做过的导入与评测，各有多少条、有什么异常。"""
    found = opened(url).runs()
    if as_json:
        rows = [
            {"key": run.key, "name": run.name, "kind": run.kind, "created": at, "content": run.content}
            for run, at in found
        ]
        print_json("judge.runs/1", {"runs": rows})
        return
    from judge.report.terminal import print_runs

    print_runs(found, console())
