"""judge show ID"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from judge.cli.help import Command
from judge.cli.output import fields_of, json_option, listed, opened, print_json, store_option
from judge.errors import InputError, UnknownName

if TYPE_CHECKING:
    from judge.records import Case, HumanVerdict, Judgment
    from judge.store.reading import Item

EPILOG = """\b
例：
  judge show Physics_3 --pair GPT4,xunfei
  judge show llmeval2/Physics_3
  judge show 3f9a21c0d4            评判、回答或人工判定的键（开头几位就行）
"""


@click.command(cls=Command, epilog=EPILOG)
@click.argument("name", metavar="题号")
@click.option("--bank", metavar="题库", help="题号在几个题库里都有时指定")
@click.option("--pair", metavar="甲,乙", help="只看这几个候选")
@store_option
@json_option
def show(name: str, bank: str | None, pair: str | None, url: str, as_json: bool) -> None:
    """一道题的全部：对话、评判、理由、人工判定。"""
    store = opened(url)
    if bank:
        from judge.resolve import one_bank

        bank = one_bank(store, bank)
    found = store.find_questions(f"{bank}/{name}" if bank else name)
    if not found:
        known = [one.id for summary in store.banks() for one in store.questions(summary.bank.name)]
        raise UnknownName("题目", name, known, fix="judge banks 查看题库；题号、题库/题号、或键的开头都行")
    if len(found) > 1:
        places = "、".join(f"{one}/{question}" for _, one, question in found[:8])
        raise InputError(f"{name} 不止一题：{places}", fix="写成 题库/题号，或加 --bank")
    item = store.item(found[0][0])
    if wanted := listed(pair):
        item = _only(item, wanted)
    if as_json:
        _print_json(item)
        return
    from rich.console import Console

    from judge.report.transcript import print_item

    print_item(item, Console(highlight=False))


def _only(item: Item, wanted: Sequence[str]) -> Item:
    """Keep what concerns the wanted candidates alone."""
    from judge.resolve import find

    known = dict(enumerate(dict.fromkeys(dialogue.candidate.name for dialogue in item.dialogues)))
    names = {known[code] for one in wanted for code in find("候选", one, known)}

    def about(case: Case) -> bool:
        return all(dialogue.candidate.name in names for dialogue in case.dialogues)

    return replace(
        item,
        dialogues=tuple(one for one in item.dialogues if one.candidate.name in names),
        judgments=tuple(one for one in item.judgments if about(one.case)),
        human_verdicts=tuple(one for one in item.human_verdicts if about(one.case)),
    )


def _print_json(item: Item) -> None:
    """Print every field of everything; what a record refers to stands by its name."""
    dialogues = [
        {**_fields(one), "key": one.key, "candidate": one.candidate.name, "outcome": one.outcome}
        for one in item.dialogues
    ]
    judgments = [{**_said(one), "judge": one.judge.name} for one in item.judgments]
    humans = [_said(one) for one in item.human_verdicts]
    content = {"question": item.question, "dialogues": dialogues, "judgments": judgments, "human_verdicts": humans}
    print_json("judge.show/1", content)


def _said(one: Judgment | HumanVerdict) -> dict[str, object]:
    from judge.codec import encode_result

    shown = one.case.dialogues
    case = {
        "scope": str(one.case.scope),
        "candidates": [dialogue.candidate.name for dialogue in shown],
        "samples": [dialogue.sample for dialogue in shown],
        "histories": [dialogue.history for dialogue in shown],
        "placement_known": one.case.placement_known,
    }
    return {"key": one.key, **case, **_fields(one), **encode_result(one.result)}


def _fields(record: object) -> dict[str, object]:
    """Return the fields of a record but for those that stand elsewhere or under another name."""
    return {name: value for name, value in fields_of(record).items() if name not in {"question", "case", "result"}}
