"""Excel, CSV, Markdown, JSON and diffs of a report, from the sample data that comes with the project."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook

from judge import pipeline
from judge.errors import GateNotMet, InputError
from judge.importers import own
from judge.records import Plan
from judge.report import gate
from judge.report.document import Document
from judge.report.markdown import escaped, markdown, markdown_diff
from judge.report.sheets import LONGEST, guarded, heading, shortened, write_csv, write_xlsx
from judge.report.tables import Table, records, tables
from judge.report.words import words
from judge.store import Store, open_store
from tests.hostile import HOSTILE

ROOT = Path(__file__).resolve().parents[2]
PAIR = Plan(("示例甲", "示例乙"), bank="demo", judge="示例评委")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = open_store(str(tmp_path_factory.mktemp("store") / "judge.db"), create=True)
    example = ROOT / "docs" / "example"
    files = [example / name for name in ("answers.jsonl", "judgments.jsonl", "human_verdicts.jsonl")]
    found = own.read(ROOT / "docs" / "example" / "demo.jsonl", also=files)
    found.add_to(opened)
    yield opened
    opened.engine.dispose()


@pytest.fixture(scope="module")
def document(store: Store) -> Document:
    return pipeline.report(store, PAIR)


def test_a_report_holds_what_the_comparison_says(document: Document) -> None:
    summary = next(records(tables(document)[0]))
    # 10.5 wins, 3 ties and 6.5 losses of 20 judged questions of 60: the README's figures.
    assert (summary["win"], summary["tie"], summary["loss"]) == (10.5, 3.0, 6.5)
    assert (summary["judged"], summary["planned"], summary["half_tie"]) == (20, 60, 60.0)
    assert summary["no_difference"] == 57.5
    items = next(table for table in tables(document) if table.name == "items")
    assert len(items.rows) == 60
    labels = [row["label"] for row in records(items)]
    assert (labels.count("missing"), labels.count("no answer")) == (39, 1)
    judgments = [row for table in tables(document) if table.name == "judgments" for row in records(table)]
    assert sum(row["kind"] == "judge" for row in judgments) == 40
    assert sum(row["kind"] == "human" for row in judgments) == 16


@pytest.mark.parametrize("language", ["zh", "en"])
def test_excel_read_back_is_what_the_tables_say(document: Document, tmp_path: Path, language: str) -> None:
    path = tmp_path / "报告.xlsx"
    assert write_xlsx(tables(document), words(language), path) == 0  # type: ignore[arg-type]
    book = load_workbook(path)
    assert book.sheetnames[:6] == [
        words(language)[f"sheet.{name}"]  # type: ignore[arg-type]
        for name in ("summary", "abilities", "turns", "items", "judgments", "certificate")
    ]
    for table in tables(document):
        rows = list(book[words(language)[f"sheet.{table.name}"]].iter_rows(values_only=True))  # type: ignore[arg-type]
        assert rows[0] == tuple(heading(column, words(language)) for column in table.columns)  # type: ignore[arg-type]
        assert len(rows) - 1 == len(table.rows)
        for read, wrote in zip(rows[1:], table.rows, strict=True):
            assert read == pytest.approx(tuple(None if cell == "" else cell for cell in wrote), abs=1e-9)


def test_csv_read_back_is_what_the_tables_say(document: Document, tmp_path: Path) -> None:
    for path, table in zip(write_csv(tables(document), words("zh"), tmp_path), tables(document), strict=True):
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
        assert len(rows) - 1 == len(table.rows)
        for read, wrote in zip(rows[1:], table.rows, strict=True):
            assert read == ["" if cell is None else str(guarded(cell)) for cell in wrote]


def hostile_table() -> Table:
    return Table("judgments", ("question", "words"), tuple((one.id, one.text) for one in HOSTILE))


def test_no_hostile_text_becomes_a_formula_or_is_cut_in_silence(tmp_path: Path) -> None:
    table, language = hostile_table(), words("zh")
    path = tmp_path / "hostile.xlsx"
    cut = write_xlsx([table], language, path)
    sheet = load_workbook(path)[language["sheet.judgments"]]
    marked = 0
    for row, attack in zip(sheet.iter_rows(min_row=2), HOSTILE, strict=True):
        cell = row[1]
        assert cell.data_type in ("s", "n"), attack.id  # "f" would be a formula; "n" is an empty cell
        assert cell.hyperlink is None
        text = cell.value or ""
        assert len(text.encode("utf-16-le")) // 2 <= LONGEST
        marked += "在此截断" in text
    assert cut == marked > 0
    (file,) = write_csv([table], language, tmp_path)
    csv.field_size_limit(10**7)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        for _, text in list(csv.reader(lines))[1:]:
            assert not text.lstrip(" \n").startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))
            assert "\x1b" not in text


@pytest.mark.parametrize("size", [LONGEST - 1, LONGEST, LONGEST + 1, 3 * LONGEST])
def test_a_long_text_keeps_its_mark_within_the_cell(size: int) -> None:
    for text in ("字" * size, "😀" * (size // 2 + 1)):
        short = shortened(text, words("en"))
        assert len(short.encode("utf-16-le")) // 2 <= LONGEST
        assert short == text or f"{len(text)} characters in all" in short


def test_markdown_says_the_sentence_and_runs_nothing(document: Document) -> None:
    for language in ("zh", "en"):
        text = markdown(document, words(language))  # type: ignore[arg-type]
        assert "60" in text
        assert "| --- |" in text
    assert "还分不出：甲（示例甲）与乙（示例乙）" in markdown(document, words("zh"))
    for attack in HOSTILE:
        shown = escaped(attack.text[:2000])
        assert "\n" not in shown
        assert not set("<>@#") & set(shown.replace("&lt;", "").replace("&gt;", "").replace("&#", "")), attack.id


def test_every_label_has_both_languages_and_the_same_slots() -> None:
    import re

    zh, en = words("zh").labels, words("en").labels
    assert zh.keys() == en.keys()
    for key in zh:
        assert sorted(re.findall(r"{\w+}", zh[key])) == sorted(re.findall(r"{\w+}", en[key])), key
        assert not re.search("[\u4e00-\u9fff]", en[key]), key


def test_gates_hold_or_say_why(document: Document) -> None:
    known = gate.figures(document)
    assert known["half_tie"] == pytest.approx(60.0)
    gate.check(("half_tie<50", "judged < 10"), known)
    with pytest.raises(GateNotMet, match="触到了"):
        gate.check(("half_tie.low<=50",), known)
    with pytest.raises(InputError, match="看不懂条件"):
        gate.check(("half_tie=50",), known)
    with pytest.raises(InputError, match="是不是 half_tie"):
        gate.check(("half_tei<50",), known)
    assert json.dumps(known)


def test_a_diff_says_what_changed_and_what_it_did(store: Store) -> None:
    # The judge and people of the sample are two "runs" of one bank: reviewers' verdicts stand in as a second judge.
    from dataclasses import replace

    from judge.records import Judge, Judgment, Model, Verdict

    second = Judge("示例评委二", Model("recorded:own", "示例评委", revision="2"), protocol="pair", template="新提示词")
    said = [
        Judgment(one.case, second, one.result)
        for item in store.items("demo")
        for one in item.human_verdicts
        if isinstance(one.result, Verdict)
    ]
    store.add(judgments=list({one.key: one for one in said}.values()))
    plans = [("前", PAIR), ("后", replace(PAIR, judge="示例评委二"))]
    found = pipeline.diff(store, *plans)
    assert [(one.what, one.after) for one in found.changes if one.what in ("judge", "template", "revision")] == [
        ("judge", "示例评委二"),
        ("template", "新提示词"),
        ("revision", "2"),
    ]
    first = found.effects[0]
    assert (first.candidate, first.was, first.ability) == ("示例甲", "示例甲", None)
    assert first.difference.value == pytest.approx(first.after.value - first.before.value, abs=1e-9)
    assert first.difference.low <= first.difference.value <= first.difference.high
    assert {one.ability for one in found.effects[1:]} <= set(store.question_columns("demo")[1])
    for language in ("zh", "en"):
        assert words(language)["effect.heading"] in markdown_diff(found, words(language))  # type: ignore[arg-type]
    same = pipeline.diff(store, plans[0], plans[0])
    assert same.changes == ()
    assert same.effects[0].difference.value == 0
    assert same.effects[0].flipped == 0
