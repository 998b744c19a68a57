"""judge export"""

from __future__ import annotations

from pathlib import Path

import click

from judge.cli.help import Command
from judge.cli.output import json_option, opened, print_json, store_option

EPILOG = """\b
例：
  judge export --out 备份
  judge export --bank open --out 目录

写出 bank.jsonl、answers.jsonl、judgments.jsonl、human_verdicts.jsonl（有公布的次数时加 tallies.jsonl），
格式见 docs/formats.md；judge import 目录 读回来得到同样的记录。
"""

KINDS = {
    "banks": "题库",
    "questions": "题",
    "dialogues": "回答",
    "judgments": "评判",
    "human_verdicts": "人工判定",
    "tallies": "公布的次数",
}


@click.command(cls=Command, epilog=EPILOG)
@click.option("--out", "folder", type=click.Path(path_type=Path), required=True, metavar="目录", help="写到哪个目录")
@click.option("--bank", "banks", multiple=True, metavar="题库", help="只导出这个题库（可多次；默认全部）")
@store_option
@json_option
def export(folder: Path, banks: tuple[str, ...], url: str, as_json: bool) -> None:
    """导出为本项目的 JSONL。"""
    from judge.report.export import export_jsonl

    counts = export_jsonl(opened(url), folder, banks)
    if as_json:
        print_json("judge.export/1", {"folder": str(folder), "counts": counts})
        return
    said = "、".join(f"{noun} {counts[kind]:,}" for kind, noun in KINDS.items() if counts.get(kind))
    print(f"已写到 {folder}：{said or '没有内容'}")
