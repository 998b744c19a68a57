"""judge banks, and its commands"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from judge.cli.help import Command, Group
from judge.cli.output import console, fields_of, json_option, listed, opened, print_json, store_option
from judge.cli.probe import probe
from judge.errors import Failed, InputError, UnknownName

if TYPE_CHECKING:
    from judge.bank import Draft
    from judge.records import Question

EPILOG = """\b
例：
  judge banks                       库里的题库
  judge banks stats open            一份题库里有什么：能力、轮数、参考、陷阱
  judge banks show open calc-001    一道题的全部
  judge banks new 客服.jsonl --abilities 退换货,催单,投诉
  judge banks check 客服.jsonl      列出每一处毛病
  judge banks diff 旧.jsonl 新.jsonl  改了哪些题，有没有加版本号
  judge banks probe 模型名          这个模型是不是见过题
"""

CHECK = """\b
例：
  judge banks check 我的题库.jsonl
  judge banks check 我的题库.jsonl --against 别的题集文件夹     不与公开的题集雷同
  judge banks check question_banks/open.jsonl --run-checks    连同推出参考答案的程序

看格式、重复与雷同（换掉数字、人名再看一遍）、繁简、长度、个人信息，以及表头 balance 说的配比。
--run-checks 会执行题库旁 checks/ 里的程序（限时、限内存、不给联网）；别人的题库先看过再跑。
"""

NEW = """\b
例：
  judge banks new 客服.jsonl --abilities 退换货,催单,投诉
  judge banks new 试题.jsonl                          十种能力，各一道样题
"""

SHOW = """\b
例：
  judge banks show open                   每题一行
  judge banks show open calc-001          一道题的全部
  judge banks show 我的题库.jsonl --abilities 计算
"""


@click.group(cls=Group, epilog=EPILOG, invoke_without_command=True)
@store_option
@json_option
@click.pass_context
def banks(context: click.Context, url: str, as_json: bool) -> None:
    """库里的题库，各有多少题、回答、评判与人工判定；或查看、检查、新建题库。"""
    if context.invoked_subcommand is not None:
        return
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


def _file(name: str) -> Path:
    """Return the file of a bank: a path, or one that comes with the program."""
    from judge.bank import bank_file, shipped_banks

    if (path := bank_file(name)) is None:
        raise UnknownName(
            "题库文件", name, [one.stem for one in shipped_banks()], fix="写题库文件的路径，或随包题库的名字"
        )
    return path


def read(name: str, abilities: str | None = None) -> tuple[Draft, list[Question]]:
    """Read a bank without a fault; raises InputError with the first one."""
    from judge.bank import draft_of

    draft = draft_of(_file(name))
    for fault in draft.faults:
        raise InputError(fault.message, where=fault.where, fix=fault.fix)
    wanted = listed(abilities) or ()
    for one in wanted:
        if one not in {question.ability for question in draft.questions}:
            raise UnknownName("能力", one, {question.ability for question in draft.questions})
    return draft, [one for one in draft.questions if not wanted or one.ability in wanted]


banks.add_command(probe)


# ── check ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@banks.command(cls=Command, epilog=CHECK)
@click.argument("paths", nargs=-1, required=True, metavar="文件…")
@click.option(
    "--against", multiple=True, metavar="路径", type=click.Path(path_type=Path), help="不该与这里的题雷同（可写几次）"
)
@click.option(
    "--run-checks", is_flag=True, help="运行题库旁 checks/ 里的程序，重新推一遍参考答案，并把数改掉看它发觉没有"
)
@json_option
def check(paths: tuple[str, ...], against: tuple[Path, ...], run_checks: bool, as_json: bool) -> None:
    """检查题库文件，列出每一处毛病。"""
    from judge.bank.checking import checked
    from judge.bank.figures import bank_hash, by_ability
    from judge.report.terminal_banks import print_counts

    others = _texts(against)
    found = [checked(_file(path), others, run_programs=run_checks) for path in paths]
    faults = [fault for one in found for fault in one.faults]
    if as_json:
        files: list[object] = [
            {
                "path": str(one.path),
                "hash": bank_hash(one.questions),
                "counts": by_ability(one.questions),
                "proved": one.proved,
            }
            for one in found
        ]
        print_json("judge.banks.check/2", {"files": files, "faults": faults})
    else:
        for fault in faults:
            print(f"{fault.where}：{fault.message}\n  修复：{fault.fix}")
        for one in found:
            if not one.faults:
                print_counts(one.draft.bank, by_ability(one.questions), bank_hash(one.questions), console())
                if one.proved is not None:
                    done = one.proved
                    print(
                        f"\n程序重新推出或测过 {done.turns} 轮的参考；改掉 {done.changed} 处数字或代码，发觉 {done.noticed} 处。"
                    )
                print(f"{one.path}：没有毛病")
    if faults:
        raise Failed(f"{len(faults)} 处毛病", where="、".join(map(str, paths)), fix="逐条改好再查一遍")


def _texts(against: Sequence[Path]) -> Mapping[str, list[str]]:
    """Return the user's words of other sets, by question: each turn, and all of them."""
    from judge.importers.detection import find, load

    texts: dict[str, list[str]] = {}
    for path in against:
        for one in find(path):
            for question in load(one.format).read(one.path).questions if one.format else ():
                turns = [turn.prompt for turn in question.turns]
                texts.setdefault(f"{question.bank}/{question.id}", []).extend([*turns, "\n".join(turns)])
    return texts


# ── show, stats ───────────────────────────────────────────────────────────────────────────────────────────────────────


@banks.command(cls=Command, epilog=SHOW)
@click.argument("name", metavar="题库")
@click.argument("question", required=False, metavar="[题号]")
@click.option("--abilities", metavar="能力,…", help="只看这些能力")
@json_option
def show(name: str, question: str | None, abilities: str | None, as_json: bool) -> None:
    """题库里的题：每题一行，或一道题的全部。"""
    _, questions = read(name, abilities)
    if question is not None:
        known = {one.id: one for one in questions}
        if question not in known:
            raise UnknownName("题目", question, known)
        questions = [known[question]]
    if as_json:
        print_json("judge.banks.show/1", {"questions": [fields_of(one) for one in questions]})
        return
    from judge.report.terminal_banks import print_question, print_questions

    if question is not None:
        print_question(questions[0], console())
    else:
        print_questions(questions, console())


@banks.command(cls=Command)
@click.argument("name", metavar="题库")
@json_option
def stats(name: str, as_json: bool) -> None:
    """一份题库里有什么：各能力的题数、轮数、参考的种类、陷阱、难度、来源。"""
    from judge.bank.figures import bank_hash, by_ability
    from judge.report.terminal_banks import print_counts

    draft, questions = read(name)
    if as_json:
        content: dict[str, object] = {
            "bank": fields_of(draft.bank),
            "hash": bank_hash(questions),
            "counts": by_ability(questions),
        }
        print_json("judge.banks.stats/1", content)
        return
    print_counts(draft.bank, by_ability(questions), bank_hash(questions), console())


# ── new, diff ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@banks.command(cls=Command, epilog=NEW)
@click.argument("path", metavar="文件", type=click.Path(path_type=Path))
@click.option("--abilities", metavar="能力,…", help="自己的能力，逗号分隔（默认十种）")
@click.option("--title", default="", metavar="标题", help="题库的标题")
def new(path: Path, abilities: str | None, title: str) -> None:
    """新建一份题库：表头，加每种能力一道样题，照着改。"""
    from judge.bank.starting import starting

    if path.exists():
        raise InputError("已有这个文件", where=str(path), fix="换一个名字")
    name = path.name.removesuffix(".jsonl")
    rows = starting(name, title or name, listed(abilities) or ())
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    print(f"写好 {path}：{len(rows) - 1} 道样题。改成自己的，再：judge banks check {path}")


@banks.command(cls=Command)
@click.argument("before", metavar="旧题库")
@click.argument("after", metavar="新题库")
@json_option
def diff(before: str, after: str, as_json: bool) -> None:
    """两版题库差在哪：新题、删掉的、改过的；改了题面或参考却没加版本号的，算毛病。"""
    from judge.bank.changes import changes

    found = changes(read(before)[1], read(after)[1])
    silent = [one.id for one in found if one.silent]
    if as_json:
        print_json("judge.banks.diff/1", {"changes": found})
    else:
        from judge.report.terminal_banks import print_changes

        print_changes(found, console())
    if silent:
        fix = "把这些题的 version 各加一：旧回答对着旧题，不会混在一起"
        raise Failed(f"{len(silent)} 题改了却没加版本号：{'、'.join(silent[:8])}", where=after, fix=fix)
