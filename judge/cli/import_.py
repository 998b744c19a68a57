"""judge import PATH"""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from judge.cli.help import Command
from judge.cli.output import json_option, opened, print_json, store_option
from judge.errors import InputError, StoreError
from judge.identity import Json, content_hash

if TYPE_CHECKING:
    from judge.importers import Imported
    from judge.records import Dialogue, HumanVerdict, Judgment, Question, Tally
    from judge.store import Store

EPILOG = """\b
例：
  judge import 数据目录                       逐个目录识别格式并导入
  judge import 我的题库.jsonl 回答.jsonl
  judge import llmeval2 目录 --dataset 内部版  指定格式与数据集名
  judge import --formats                      能认的格式
  judge import 判卷.jsonl                     判好的判卷，逐行写着 reviewer 的

同一份数据导入两次等于导入一次；一份数据要么整份写入，要么一条不写。
"""

KINDS = {
    "question": "题",
    "dialogue": "回答",
    "judgment": "评判",
    "human_verdict": "人工判定",
    "tally": "公布的次数",
}


@click.command(cls=Command, name="import", epilog=EPILOG)
@click.argument("paths", metavar="[格式] 路径…", nargs=-1)
@click.option("--format", "format_name", metavar="格式", help="不自动识别，按这种格式读")
@click.option("--dataset", metavar="名字", help="数据集名（默认按格式或文件名）")
@click.option("--formats", "list_formats", is_flag=True, help="列出能认的格式")
@click.option("--replace", "replacing", is_flag=True, help="人改判了：以后一次为准（否则不同的一条也不收）")
@store_option
@json_option
def import_(
    paths: tuple[str, ...],
    format_name: str | None,
    dataset: str | None,
    list_formats: bool,
    replacing: bool,
    url: str,
    as_json: bool,
) -> None:
    """导入题目、回答、评判与人工判定。"""
    from judge.importers import FORMATS
    from judge.importers.detection import SHEET

    if list_formats:
        _print_formats({name: text.split(":", 2)[1] for name, text in FORMATS.items()}, as_json)
        return
    if len(paths) > 1 and paths[0] in FORMATS and not Path(paths[0]).exists():
        format_name, paths = paths[0], paths[1:]
    if not paths:
        raise InputError("没有说导入什么", where="命令行", fix="judge import 路径；judge import --help 看例子")
    done: list[dict[str, Json]] = []
    for path, name, also in _found(paths, format_name):
        if name == SHEET:
            done.append(_collected(opened(url), path, replacing))
        else:
            found = _read(path, name, dataset, also, url)
            done.append(_added(opened(url, create=True), found, path, name, replacing))
        if not as_json:
            _print_added(done[-1])
    if not done:
        raise InputError("没有认出任何一种格式", where="、".join(paths), fix="judge import --formats 列出能认的格式")
    if as_json:
        print_json("judge.import/1", {"imported": done})


def _found(paths: tuple[str, ...], format_name: str | None) -> list[tuple[Path, str, list[Path]]]:
    """Say which path is read in which format; our own files are read together, since they refer to one another.

    What no format knows is named, never skipped in silence.
    """
    from judge.importers.detection import SHEET, Found, find, load
    from judge.jsonl import json_rows

    if format_name is not None:
        load(format_name)
        found = [Found(Path(path), format_name) for path in paths]
    else:
        found = [one for path in paths for one in find(Path(path))]
    unknown = [str(one.path) for one in found if one.format is None and one.path.suffix != ".md"]
    for path in set(unknown) & set(paths):
        # A file that was named and is in no format may be a broken one; its first fault says more than "not known".
        next(json_rows(Path(path)), None)
    if unknown:
        print(f"没有认出格式，跳过 {len(unknown)} 个文件：{'、'.join(unknown)}", file=sys.stderr)
    ours = [one.path for one in found if one.format == "own"]
    alone: list[tuple[Path, str, list[Path]]] = [(o.path, o.format, []) for o in found if o.format not in (None, "own")]
    together: list[tuple[Path, str, list[Path]]] = [(ours[0], "own", ours[1:])] if ours else []
    return sorted([*alone, *together], key=lambda one: one[1] == SHEET)  # a sheet is about what came before


def _read(path: Path, name: str, dataset: str | None, also: list[Path], url: str) -> Imported:
    from judge.importers.detection import load

    for one in (path, *also):
        if not one.exists():
            raise InputError("没有这个文件或目录", where=str(one), fix="检查路径")
    if sys.stderr.isatty():
        print(f"读取 {path} ……", file=sys.stderr)
    named = {} if dataset is None else {"dataset": dataset}
    if name == "own":
        return load(name).read(path, also=also, known=_known(url), **named)
    return load(name).read(path, **named)


def _known(url: str) -> Callable[[str], list[Question | Dialogue]]:
    """Return what lines may refer to beside what is imported with them: the store's own records of a bank."""

    def records(bank: str) -> list[Question | Dialogue]:
        try:
            store = opened(url)
        except StoreError:
            if Path(url).exists():
                raise
            return []
        return [*store.questions(bank), *store.dialogues(bank)]

    return records


def _collected(store: Store, path: Path, replacing: bool) -> dict[str, Json]:
    """Take in a filled-in sheet that names its reviewers, as `judge audit import` does."""
    from judge.review.collecting import collected

    found = collected(store, path, replacing=replacing)
    store.add(human_verdicts=found.verdicts)
    notes = {"改了": found.changed, "还没填": found.empty}
    return {
        "path": str(path),
        "format": "sheet",
        "banks": list(dict.fromkeys(one.case.question.bank for one in found.verdicts)),
        "counts": {"human_verdicts": len(found.verdicts) + found.known},
        "notes": {note: count for note, count in notes.items() if count},
        "new": {"human_verdict": len(found.verdicts)},
        "known": {"human_verdict": found.known},
    }


def _added(store: Store, found: Imported, path: Path, name: str, replacing: bool) -> dict[str, Json]:
    from judge.records import Run
    from judge.review.collecting import superseding

    if found.places:
        placed = [(found.places[one.key], one) for one in found.human_verdicts]
        found.human_verdicts = superseding(store, placed, replacing=replacing)
    banks: list[Json] = [bank.name for bank in found.banks]
    notes: dict[str, Json] = dict(sorted(found.notes.items()))
    counts = Counter(
        questions=len(found.questions),
        dialogues=len(found.dialogues),
        judgments=len(found.judgments),
        human_verdicts=len(found.human_verdicts),
        tallies=len(found.tallies),
    )
    content: dict[str, Json] = {"format": name, "banks": banks, "counts": dict(counts), "notes": notes}
    # Two files may share a name and every count; only their records tell the two imports apart.
    content["records"] = content_hash("records", [one.key for one in _keyed(found)])
    added = found.add_to(store, Run(path.name, "import", content))
    return {"path": str(path), **content, "new": dict(added.new), "known": dict(added.known)}


def _keyed(found: Imported) -> Iterator[Question | Dialogue | Judgment | HumanVerdict | Tally]:
    yield from found.questions
    yield from found.dialogues
    yield from found.judgments
    yield from found.human_verdicts
    yield from found.tallies


def _print_added(done: dict[str, Json]) -> None:
    new, known, notes = (done[key] for key in ("new", "known", "notes"))
    assert isinstance(new, dict)
    assert isinstance(known, dict)
    assert isinstance(notes, dict)
    parts = [f"{noun} {new[kind]:,}" for kind, noun in KINDS.items() if new.get(kind)]
    same = sum(int(str(known.get(kind, 0))) for kind in KINDS)
    text = "新增 " + "、".join(parts) if parts else "没有新内容"
    print(f"{done['path']}  [{done['format']}]  {text}" + (f"；已有 {same:,} 条不变" if same else ""))
    for note, count in notes.items():
        print(f"    {note}：{count}")


def _print_formats(titles: dict[str, str], as_json: bool) -> None:
    from judge.wrapping import definitions

    if as_json:
        print_json("judge.formats/1", {"formats": [{"name": name, "title": titles[name]} for name in titles]})
        return
    width = max(60, shutil.get_terminal_size().columns)
    print("\n".join(definitions(titles.items(), width)))
