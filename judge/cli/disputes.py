"""judge disputes"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from judge.cli.about import About, about_options
from judge.cli.help import Command
from judge.cli.output import console, fields_of, json_option, opened, print_json, store_option

if TYPE_CHECKING:
    from judge.columns import Codes
    from judge.review.queue import Queue
    from judge.store import Store

EPILOG = """\b
例：
  judge disputes                              上一次评测里最可疑的 20 条
  judge disputes llmeval2 --top 50
  judge disputes llmeval2::gpt-4 --candidates GPT4,xunfei
  judge disputes --json | jq '.disputes[].question'

不用人也看得出的疑点：换位后变了、分开打分时另一方更高、离线评委看好另一方、赢的一方总体弱得多、
评委团不一致、回答像在对评委说话；没评到、读不出的另列。有人的随机抽查后，列出这个队列能找出多少错。
"""


@click.command(cls=Command, epilog=EPILOG)
@about_options
@click.option("--top", type=click.IntRange(1), default=20, metavar="条", help="列出最可疑的多少条（默认 20）")
@store_option
@json_option
def disputes(about: About, top: int, url: str, as_json: bool) -> None:
    """哪些评判最该怀疑，为什么。"""
    from judge.cli.live import limits
    from judge.review.queue import queue

    store = opened(url)
    found = queue(store, about.plan(store), limits())
    rows, open_rows = (_rows(store, found, at) for at in (found.order()[:top], found.open_rows()))
    if as_json:
        print_json(
            "judge.disputes/1",
            {
                "bank": found.heard.material.bank.name,
                "judge": found.heard.material.judge,
                "way": found.way,
                "signals": list(found.signals.known),
                "rows": len(found.order()),
                "unjudged": open_rows,
                "unfit": found.unfit,
                "capture": found.capture,
                "disputes": rows,
            },
        )
        return
    from judge.report.terminal_review import print_disputes

    print_disputes(found, rows, open_rows, console())


def _rows(store: Store, found: Queue, chosen: Codes) -> list[dict[str, object]]:
    from judge.report.terminal_review import reason
    from judge.review.queue import about

    bank = found.heard.material.bank.name
    codes = store.question_codes(bank)
    ids = {codes[one.key]: one.id for one in store.questions(bank)}
    labels = {1: "win", 0: "tie", -1: "loss"}
    rows = []
    for at in chosen.tolist():
        label = int(found.rows.label[at])
        judged = bool(found.rows.judged[at])
        whys = found.why(at)
        rows.append(
            {
                **about(found.heard.material, found.rows, at, ids),
                "label": labels[label] if judged else None,
                "doubt": float(found.doubts[at]),
                "reasons": [{**fields_of(one), "words": reason(one, tie=judged and label == 0)} for one in whys],
            }
        )
    return rows
