"""judge audit history, verify, export: what is known of human verdicts, and whether it still is what was written"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from judge.cli.help import Command
from judge.cli.output import console, fields_of, json_option, opened, print_json, store_option
from judge.errors import Failed, InputError

if TYPE_CHECKING:
    from judge.records import HumanVerdict
    from judge.report.tables import Row
    from judge.review.recalling import Recalled
    from judge.store import Store
    from judge.trail import Fault

HISTORY = """\b
例：
  judge audit history                 最近 20 件事
  judge audit history chat-003        这道题的判定是怎么来的
  judge audit history 小陈 --last 100

判定、改判、裁定、抽样、进出、看名字……都在这里，先发生的在前；要看某条判定的附言，用 judge show 题号。
"""

VERIFY = """\b
例：
  judge audit verify
  judge audit verify --head 17:9c41…  还包含当时的那一段吗（写上次核对时打印的整串）

每件事的记录都带着前一条的散列，每条人工判定与抽样都带着内容的散列：改一格、删一条、换次序、添一条都查得出。
查不出的只有一种：能改库的人把末尾几件事连同记录一起去掉，或把整条链重算一遍。所以把打印的“首尾”留在库外，
下次用 --head 核对。有不符时退出码 2。
"""

EXPORT = """\b
例：
  judge audit export --out 判定.xlsx
  judge audit export --bank open --out 判定.csv
  judge audit export --out 判定.jsonl   连同题库与回答，judge import 读得回来

一行一条人工判定，被改掉的也在：判的是什么、判成什么、谁、何时、哪次抽样、抽中的概率、附言、怎么判的。
"""

SHOWN = 20  # faults printed one by one
EVENTS = {
    "enter": "用链接进入",
    "revoke": "不能再进入",
    "unmask": "看了遮住的名字",
    "look": "看了各是谁答的",
    "valid": "题目恢复",
    "battle": "开始对战",
    "discard": "丢掉这一场对战",
    "purge": "名字与附言已删除",
}
CHECKS = {"repeat": "重判自己的一题", "gold": "检验题"}
ENTRY = {
    "changed": "第 {where} 条记录被改过",
    "removed": "到第 {where} 条为止缺了记录",
    "added": "末尾不符：最后一条是第 {where} 条，与库里另记的不同",
    "reordered": "第 {where} 条记录与前一条接不上",
    "name": "第 {where} 条记录上的人名被改过",
    "rewritten": "给出的第 {where} 条已不在链上：它或它之前的记录被改写过",
}
RECORD = {
    "changed": "被改过",
    "removed": "被删掉了：记录里有，库里没有",
    "added": "来路不明：库里有，记录里没有",
    "reordered": "先后被改过",
    "name": "审阅者被改过",
}
COLUMNS = (
    "题库", "题", "能力", "范围", "左", "右", "判定", "审阅者", "时间（UTC）", "抽样", "抽中概率", "裁定",
    "附言", "把握", "定胜负的轮", "定胜负的维度", "秒", "键", "取代的键",
)  # fmt: skip


# ── what happened ─────────────────────────────────────────────────────────────────────────────────────────────────────


@click.command(cls=Command, epilog=HISTORY)
@click.argument("about", required=False, metavar="[题号|人名]")
@click.option("--last", type=click.IntRange(1), default=20, metavar="N", help="最近多少件（默认 20）")
@store_option
@json_option
def history(about: str | None, last: int, url: str, as_json: bool) -> None:
    """人工判定的来龙去脉：何时、谁、做了什么、在哪道题上。"""
    from judge.review.recalling import recalled

    found = recalled(opened(url), about, last)
    if as_json:
        print_json("judge.audit-history/1", {"entries": [_entry(one) for one in found]})
        return
    if not found:
        print("还没有记录。")
        return
    from judge.report.printing import grid
    from judge.report.wording import clean

    table = grid(["时间（UTC）", "谁", "做了什么", "题"], left=4)
    for one in found:
        where = one.question[1] if one.question else ""
        table.add_row(_time(one.entry.time), *map(clean, (one.entry.who or "（已删除）", _happened(one), where)))
    console().print(table)


def _entry(one: Recalled) -> dict[str, object]:
    names = ("number", "time", "event", "who", "subject", "content")
    bank, question = one.question or (None, None)
    told = {name: getattr(one.entry, name) for name in names}
    return {**told, "bank": bank, "question": question, "words": _happened(one)}


def _happened(one: Recalled) -> str:
    """Say what an entry tells."""
    entry = one.entry
    match entry.event, entry.content:
        case "verdict", _:
            return "判定（已不在库里）" if one.verdict is None else _judged(one.verdict)
        case "draw", _:
            return f"抽样 {entry.subject}"
        case "invite", {"role": role}:
            return "得到链接（负责人）" if role == "lead" else "得到链接"
        case "check", {"kind": str(kind), "passed": passed}:
            return f"{CHECKS.get(kind, kind)}：{'跳过' if passed is None else '通过' if passed else '没通过'}"
        case "invalid", {"reason": reason}:
            return f"题目作废：{reason}"
    return EVENTS.get(entry.event, entry.event)


def _judged(human: HumanVerdict) -> str:
    from judge.records import Skipped
    from judge.report.wording import shown_name
    from judge.review.desk import WITHDRAWN

    if human.result == Skipped(WITHDRAWN):
        return "撤回判定"
    how = "裁定" if human.adjudicates else "改判" if human.supersedes else "判定"
    shown = " 对 ".join(shown_name(one, {}) for one in human.case.dialogues)
    turn = human.case.scope.turn
    return f"{how} {shown}{'' if turn is None else f' 第 {turn} 轮'}：{_words(human)}"


def _words(human: HumanVerdict) -> str:
    """Say a verdict in words."""
    from judge.report.wording import said, shown_name

    return "都不好" if human.both_bad else said(human.result, [shown_name(one, {}) for one in human.case.dialogues])


# ── whether it still is what was written ──────────────────────────────────────────────────────────────────────────────


@click.command(cls=Command, epilog=VERIFY)
@click.option("--head", metavar="N:散列", help="上次核对时打印的首尾：现在的记录应当还包含它")
@store_option
@json_option
def verify(head: str | None, url: str, as_json: bool) -> None:
    """核对：每一条人工判定与抽样，都还是当初写下的。"""
    from judge.review.verifying import verify as verified

    store = opened(url)
    found = verified(store, None if head is None else _head(head))
    number, last = found.head
    if as_json:
        print_json("judge.audit-verify/1", {**fields_of(found), "head": {"number": number, "hash": last}})
    elif not found.faults:
        kept = "" if head is None else "给出的首尾还在其中。"
        print(f"记录 {found.entries:,} 条，首尾相接；人工判定 {found.verdicts:,} 条，逐条相符。{kept}")
        print(f"首尾 {number}:{last}\n把它留在库外，下次：judge audit verify --head {number}:{last[:16]}")
    else:
        for fault in found.faults[:SHOWN]:
            print(_fault(fault))
        if len(found.faults) > SHOWN:
            print(f"……还有 {len(found.faults) - SHOWN} 处")
    if found.faults:
        fix = "这些数字先不要用；从备份恢复，或查明谁动过库"
        raise Failed(f"{len(found.faults)} 处不符", where=store.where, fix=fix)


def _head(text: str) -> tuple[int, str]:
    """Read a head as it was printed; the start of its hash will do."""
    found = re.fullmatch(r"(\d{1,9}):([0-9a-f]{16,64})", text.strip())
    if found is None:
        raise InputError(
            f"看不懂的首尾 {text}", where="--head", fix="写核对时打印的那一串，如 17:9c41…（散列至少 16 位）"
        )
    return int(found[1]), found[2]


def _fault(fault: Fault) -> str:
    """Say a fault in words."""
    match fault.kind:
        case "entry":
            return ENTRY[fault.reason].format(where=fault.where)
        case "verdict":
            return f"人工判定 {fault.where[:12]} {RECORD[fault.reason]}"
        case "draw":
            return f"抽样 {fault.where} {RECORD[fault.reason]}"


# ── all of it ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@click.command(cls=Command, epilog=EXPORT)
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="文件", help=".jsonl、.csv 或 .xlsx")
@click.option("--bank", "banks", multiple=True, metavar="题库", help="只要这个题库的（可多次；默认全部）")
@store_option
@json_option
def export(out: Path, banks: tuple[str, ...], url: str, as_json: bool) -> None:
    """导出人工判定：JSONL、CSV 或 Excel，一行一条。"""
    from judge.resolve import one_bank

    if out.suffix not in (".jsonl", ".csv", ".xlsx"):
        raise InputError(f"不认识的后缀 {out.suffix}", where=str(out), fix="用 .jsonl、.csv 或 .xlsx")
    store = opened(url)
    chosen = [one_bank(store, one) for one in banks] or [one.bank.name for one in store.banks() if one.human_verdicts]
    found = [one for bank in chosen for one in store.human_verdicts(store.question_codes(bank).values())]
    if out.suffix == ".jsonl":
        _write_lines(store, chosen, [human for _, human in found], out)
    else:
        _write_table(store, found, out)
    if as_json:
        print_json("judge.audit-export/1", {"path": str(out), "human_verdicts": len(found)})
    else:
        print(f"已写到 {out}：人工判定 {len(found):,} 条")


def _write_lines(store: Store, banks: list[str], humans: list[HumanVerdict], path: Path) -> None:
    """Write our own lines; candidates whose name is shared stand with their model."""
    from judge.cli.report import write_text
    from judge.report.export import human_line

    codes = {code: name for bank in banks for code, name in store.candidates(bank).items()}
    shared = {name for name, count in Counter(codes.values()).items() if count > 1}
    lines = [json.dumps(human_line(one, shared), ensure_ascii=False, allow_nan=False) + "\n" for one in humans]
    write_text(str(path), "".join(lines))


def _write_table(store: Store, found: list[tuple[str, HumanVerdict]], path: Path) -> None:
    from judge.cli.report import make_folder
    from judge.report.sheets import write_csv, write_xlsx
    from judge.report.tables import Table
    from judge.report.words import words

    told = store.trail(events=["verdict"])
    times = {str(one.content["verdict"]): one.time for one in told if isinstance(one.content, dict)}
    rows = tuple(_row(key, human, times.get(key)) for key, human in found)
    table, named = Table(path.stem, COLUMNS, rows), words("zh")
    named = replace(named, labels={**named.labels, f"sheet.{path.stem}": "人工判定"})
    make_folder(path.parent)
    if path.suffix == ".csv":
        write_csv([table], named, path.parent)
    elif cut := write_xlsx([table], named, path):
        print(f"{path}：{cut} 格超过 Excel 的上限，已截断并注明", file=sys.stderr)


def _row(key: str, human: HumanVerdict, time: str | None) -> Row:
    from judge.report.wording import scope_name, shown_name

    question, how = human.case.question, human.deliberation
    left, *right = (shown_name(one, {}) for one in human.case.dialogues)
    return (
        question.bank,
        question.id,
        question.ability,
        scope_name(human),
        left,
        right[0] if right else None,
        _words(human),
        human.reviewer,
        time and _time(time),
        human.draw,
        human.probability,
        "是" if human.adjudicates else None,
        human.comment or None,
        how.confidence,
        how.turn,
        "、".join(how.aspects) or None,
        how.seconds,
        key,
        human.supersedes,
    )


def _time(text: str) -> str:
    return text[:19].replace("T", " ")
