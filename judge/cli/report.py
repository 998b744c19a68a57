"""judge report"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from judge.cli.help import Command
from judge.cli.output import fields_of, json_option, listed, opened, print_json, store_option
from judge.errors import InputError

if TYPE_CHECKING:
    from judge.report.document import Document
    from judge.report.words import Words
    from judge.store import Store

EPILOG = """\b
例：
  judge report                                   最近一次评测，写成 report.html
  judge report llmeval2 --html 榜.html            一个题库上的全部候选
  judge report 8f3a1c --xlsx 表.xlsx --csv 表/    judge runs 里的一次，另存 Excel 与 CSV
  judge report mt_bench::gpt-4 --md -            某个评委的，打印成 Markdown
  judge report --candidates 新版,旧版 --fail-if 'half_tie<50'   不过门槛时退出码 5
  judge report --diff mt_bench::gpt-4 mt_bench::claude       两次评测变了什么、带来什么

报告只有一个文件，离线打开；内容超过 6 MB 时旁边多一个 report-… 目录，要一起发。
--fail-if 可用的数：half_tie、open、win_rate（各有 .low、.high）、judged、missing、证书各项；
--diff 时是 difference、before、after（各有 .low、.high）与 p。
"""


@click.command(cls=Command, epilog=EPILOG)
@click.argument("run", metavar="[评测]", required=False)
@click.option("--html", is_flag=False, flag_value="report.html", metavar="[文件]", help="网页报告（不写别的就写它）")
@click.option(
    "--xlsx", type=click.Path(path_type=Path), metavar="文件", help="Excel：汇总、能力、轮次、逐题、评判、证书……"
)
@click.option("--csv", "csv_folder", type=click.Path(path_type=Path), metavar="目录", help="同样的表，一张一个 CSV")
@click.option("--md", metavar="文件", help="Markdown，贴进合并请求；写 - 打印出来")
@click.option("--figures", "figure_folder", type=click.Path(path_type=Path), metavar="目录", help="各图存为 SVG")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", help="报告的语言（默认中文）")
@click.option("--diff", nargs=2, metavar="评测 评测", help="比较两次评测：变了什么，带来什么")
@click.option(
    "--fail-if", "conditions", multiple=True, metavar="条件", help="条件成立就以退出码 5 结束，例如 'half_tie<50'"
)
@click.option("--judge", "judge_name", metavar="评委", help="哪个评委（只有一个时可省）")
@click.option("--human", is_flag=True, help="人工判定的报告")
@click.option("--bank", metavar="题库", help="哪个题库（只有一个有评判时可省）")
@click.option("--candidates", metavar="候选,…", help="只看这些候选，逗号分隔；两个时是对比报告")
@click.option("--abilities", metavar="能力,…", help="只看这些能力，逗号分隔")
@click.option("--scope", type=click.Choice(["auto", "dialogue", "turns"]), help="整段对话，或按轮")
@store_option
@json_option
def report(
    run: str | None,
    html: str | None,
    xlsx: Path | None,
    csv_folder: Path | None,
    md: str | None,
    figure_folder: Path | None,
    lang: Literal["zh", "en"],
    diff: tuple[str, str] | None,
    conditions: tuple[str, ...],
    judge_name: str | None,
    human: bool,
    bank: str | None,
    candidates: str | None,
    abilities: str | None,
    scope: str | None,
    url: str,
    as_json: bool,
) -> None:
    """写一份能转发的报告：网页、Excel、CSV、Markdown、JSON、SVG。"""
    from judge import pipeline, resolve
    from judge.cli.live import limits, opened_voices
    from judge.plan import with_flags
    from judge.records import Plan
    from judge.report import gate
    from judge.report.words import words

    store = opened(url)
    if diff is not None:
        _diff(store, diff, words(lang), md, conditions, as_json)
        return
    plan = resolve.plan_of(store, run)
    if run is None and bank is not None and plan.bank != bank:
        plan = Plan()  # another bank than that of the last run
    flags = {
        "bank": bank,
        "judge": judge_name,
        "candidates": listed(candidates),
        "abilities": listed(abilities),
        "scope": scope,
    }
    plan = with_flags(plan, flags)
    found = pipeline.report(store, plan, human=human, limits=limits(), price=opened_voices().price)
    nothing = not (xlsx or csv_folder or md or figure_folder or as_json or conditions)
    written = _write(
        found,
        words(lang),
        html=Path(html) if html else Path("report.html") if nothing else None,
        xlsx=xlsx,
        csv_folder=csv_folder,
        md=md,
        figure_folder=figure_folder,
    )
    if as_json:
        print_json("judge.report/1", as_content(found, written))
    else:
        for path, size in written:
            print(f"已写到 {path}（{_size(size)}）", file=sys.stderr if md == "-" else sys.stdout)
    gate.check(conditions, gate.figures(found))


def _diff(
    store: Store, names: tuple[str, str], words: Words, md: str | None, conditions: tuple[str, ...], as_json: bool
) -> None:
    """Say what changed between two runs and what it did."""
    from judge import pipeline, resolve
    from judge.report import gate
    from judge.report.markdown import markdown_diff

    one, other = ((name, resolve.plan_of(store, name)) for name in names)
    found = pipeline.diff(store, one, other)
    if as_json:
        print_json("judge.diff/1", fields_of(found))
    elif md is not None:
        write_text(md, markdown_diff(found, words))
    else:
        from judge.cli.output import console
        from judge.report.terminal_diff import print_diff

        print_diff(found, words, console())
    gate.check(conditions, gate.figures(found))


def as_content(found: Document, written: list[tuple[Path, int]]) -> dict[str, object]:
    """Return a report for JSON: its board and comparison in full, its tables row by row as Excel has them."""
    from judge.report.tables import records, tables

    return {
        "candidates": list(found.candidates),
        "compare": found.compare,
        "board": found.board,
        "tables": {table.name: list(records(table)) for table in tables(found)},
        "written": [{"path": str(path), "bytes": size} for path, size in written],
    }


def _write(
    found: Document,
    words: Words,
    *,
    html: Path | None,
    xlsx: Path | None,
    csv_folder: Path | None,
    md: str | None,
    figure_folder: Path | None,
) -> list[tuple[Path, int]]:
    """Write what was asked for; return files and folders with their sizes in bytes."""
    from judge.report.markdown import markdown
    from judge.report.sheets import write_csv, write_xlsx
    from judge.report.tables import tables

    written: list[Path] = []
    if html is not None:
        written += write_report(found, html, words)
    if xlsx is not None:
        make_folder(xlsx.parent)
        cut = write_xlsx(tables(found), words, xlsx)
        written.append(xlsx)
        if cut:
            print(f"{xlsx}：{cut} 格超过 Excel 的上限，已截断并注明", file=sys.stderr)
    if csv_folder is not None:
        written += write_csv(tables(found), words, csv_folder)
    if md is not None:
        path = write_text(md, markdown(found, words))
        written += [path] if md != "-" else []
    if figure_folder is not None:
        from judge.charts import standalone
        from judge.report.figures import figures

        for name, figure in figures(found, words):
            written.append(write_text(str(figure_folder / f"{name}.svg"), standalone(figure.svg)))
    return [(path, path.stat().st_size) for path in written]


def write_report(found: Document, path: Path, language: Words | None = None) -> list[Path]:
    """Write the page of a report, and the folder beside it where it has one."""
    from judge.report.html import render
    from judge.report.words import words

    pages = render(found, language or words("zh"))
    return [write_text(str(path if not at else path.parent / page.name), page.text) for at, page in enumerate(pages)]


def write_text(name: str, text: str) -> Path:
    """Write a file whole or not at all; `-` is standard output."""
    path = Path(name)
    if name == "-":
        sys.stdout.write(text)
        return path
    make_folder(path.parent)
    draft = path.with_name(f".{path.name}.part")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise InputError(f"写不了（{error.strerror}）", where=name, fix="检查目录是否可写") from error
    return path


def make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"建不了目录（{error.strerror}）", where=str(folder), fix="换个目录") from error


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} KB"
