"""Corrected figures beside the judge's: on the page, in Markdown, Excel and CSV; labels spent and saved."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook
from rich.console import Console

from judge.report import corrected
from judge.report.correction import CorrectedRow, Correction, Triple
from judge.report.document import Document
from judge.report.figures import figures
from judge.report.grid import Theirs
from judge.report.html import render
from judge.report.markdown import markdown
from judge.report.sentence import sentence, warnings
from judge.report.sheets import write_csv, write_xlsx
from judge.report.tables import records, tables
from judge.report.terminal_board import print_board
from judge.report.words import words
from judge.stats.intervals import Estimate
from tests.report.stage import BEST, alone_report, audited_report, pair_report

ZH, EN = words("zh"), words("en")
QWEN, GLM, LAST = BEST


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Document:
    return audited_report(tmp_path_factory.mktemp("pair"), BEST[:2], questions=150, audited=80)


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Document:
    return audited_report(tmp_path_factory.mktemp("board"))


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Document:
    return audited_report(tmp_path_factory.mktemp("few"), audited=4)


def shown(document: Document) -> corrected.Section:
    found = corrected.section(document, ZH)
    assert found is not None
    return found


def correction(saved: float | None, audits: int = 60, population: int = 120, **changes: object) -> Correction:
    half = Estimate(50, 40, 60, 5, 60, 60)
    rows = (CorrectedRow("甲", Triple(half, half, half)),)
    found = Correction(
        "half_tie", rows, audits, population, 0, 0, 1.0, 1.0, None, saved, ("verdict",), True, "bank", 13, ()
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def test_a_pair_has_its_two_figures_three_times_over(pair: Document) -> None:
    """The judge gives the first 7 wins, a tie and 2 losses of ten, people 4, 2 and 4: 75 and 50, of OPEN 80 and 60."""
    found = shown(pair)
    assert found.table is not None
    assert list(found.table.heads) == ["", "候选", "只看评委", "只看抽查的人", "校正后"]
    assert [list(row) for row in found.table.rows] == [
        ["胜+½平", QWEN, "75.0 [68.5, 81.5]", "50.0 [40.0, 60.0]", "48.8 [39.1, 58.5]"],
        ["胜+½平", GLM, "25.0 [18.5, 31.5]", "50.0 [40.0, 60.0]", "51.2 [41.5, 60.9]"],
        ["OPEN（胜+平）", QWEN, "80.0 [73.5, 86.5]", "60.0 [49.0, 71.0]", "60.0 [50.1, 69.9]"],
        ["OPEN（胜+平）", GLM, "30.0 [22.6, 37.4]", "60.0 [49.0, 71.0]", "60.0 [49.8, 70.2]"],
    ]
    assert all(isinstance(row[1], Theirs) for row in found.table.rows)
    assert dict(found.facts) == {
        "人判了": "80 / 150 条",
        "评委替人省下": "6 条（15%；同样宽的区间，只靠人约要判 86 条）",
        "均匀抽的": "至少 30%",
        "评委与人逐条的相关": "ρ 0.40",
        "区间": "95%，像这样的题",
        "抽中概率不明的": "1 条，只作展示，不进校正",
    }


def test_a_decision_that_people_turn_round_is_said_at_the_top(pair: Document) -> None:
    found = shown(pair)
    assert found.decision == f"校正后还分不出：甲（{QWEN}）与乙（{GLM}）的差距没有超出误差。"
    assert found.tone == "wait"
    assert warnings(pair, ZH) == ["但人工校正后不是这样：还分不出。"]
    assert warnings(pair, EN) == ["But corrected by people it is otherwise: undecided."]
    assert sentence(pair, ZH) == f"可以换：甲（{QWEN}）比乙（{GLM}）更好。 但人工校正后不是这样：还分不出。"
    assert pair.compare is not None
    same = replace(pair, compare=replace(pair.compare, corrected=pair.compare.decision))
    assert warnings(same, ZH) == []
    assert shown(same).tone == "good"


def test_a_board_has_three_columns_and_says_who_moved(board: Document) -> None:
    found = shown(board)
    assert found.table is not None
    assert list(found.table.heads) == ["", "候选", "只看评委", "只看抽查的人", "胜+½平（校正后）"]
    assert [list(row) for row in found.table.rows] == [
        ["1", QWEN, "75.0 [67.8, 82.2]", "51.0 [36.4, 65.7]", "50.3 [38.9, 61.7]"],
        ["2", GLM, "37.5 [28.4, 46.6]", "51.0 [36.4, 65.7]", "50.1 [38.0, 62.2]"],
        ["3", f"{LAST}（原第 2）", "37.5 [25.4, 49.6]", "47.9 [33.2, 62.6]", "49.6 [36.1, 63.1]"],
    ]
    assert (found.decision, found.tone) == ("", "plain")
    assert found.facts[:2] == [
        ("人判了", "72 / 120 条"),
        ("评委替人省下", "9 条（29%；同样宽的区间，只靠人约要判 81 条）"),
    ]
    (figure,) = [one for name, one in figures(board, ZH) if name == "corrected"]
    assert [row[:2] for row in figure.rows[:3]] == [
        (f"{QWEN} · 只看评委", "75.0 [67.8, 82.2]"),
        (f"{QWEN} · 只看抽查的人", "51.0 [36.4, 65.7]"),
        (f"{QWEN} · 校正后", "50.3 [38.9, 61.7]"),
    ]


def test_with_too_few_audits_it_says_how_many_more(few: Document) -> None:
    found = shown(few)
    assert found.table is None
    assert found.facts == [
        ("人判了", "12 / 120 条"),
        ("均匀抽的", "至少 30%"),
        ("还要判", "1 条才能校正（至少 13 条）"),
        ("抽中概率不明的", "2 条，只作展示，不进校正"),
    ]
    assert "corrected" not in dict(figures(few, ZH))


def test_where_nobody_judged_what_was_drawn_there_is_nothing(tmp_path: Path) -> None:
    for document in (pair_report(tmp_path), alone_report(tmp_path)):
        assert corrected.section(document, ZH) is None
        assert not {"corrected", "audits"} & {table.name for table in tables(document)}
        assert 'id="corrected"' not in render(document, ZH)[0].text
        assert "人工校正" not in markdown(document, ZH).partition("\n")[2].replace("须由人工校正", "")


def test_labels_saved_by_hand() -> None:
    """Half the variance that 60 of 120 leave, 1/60 - 1/120, is 1/240; 80 of 120 leave as much."""
    assert correction(50.0).saving == pytest.approx(20)
    assert correction(0.0).saving == pytest.approx(0)
    assert correction(-100.0).saving == pytest.approx(-20)  # 2/120 + 1/120: 40 would do
    assert correction(100.0).saving == pytest.approx(60)  # as sure as all of them
    assert correction(50.0, 60, 10**9).saving == pytest.approx(60, abs=1e-4)
    assert correction(None).saving is None
    assert correction(50.0, 59).saving is None
    assert correction(50.0, 120, 120).saving is None


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (correction(50.0), ("评委替人省下", "20 条（50%；同样宽的区间，只靠人约要判 80 条）")),
        (correction(-100.0), ("用上评委反而多花", "20 条（100%；同样宽的区间，只靠人约要判 40 条）")),
        (correction(50.0, 40), ("评委替人省下", "人判的不到 60 条，还说不准")),
        (correction(50.0, 120), ("区间", "95%，这份题库")),
    ],
)
def test_what_a_judge_saved_cost_or_cannot_be_told(found: Correction, said: tuple[str, str]) -> None:
    assert corrected.spent(found, ZH)[1] == said


def test_what_is_left_open_is_named() -> None:
    found = correction(None, waiting=7, narrower=("窄\u202e",), unit="score")
    assert corrected.left_open(found, ZH) == [
        ("抽到还没判的", "7 条，按已判的是其中随机一部分来算"),
        ("不作数的抽样", "窄⟨U+202E⟩：抽自比这里更小的范围（题、候选或能力），要看这里，重抽一批"),
        ("得分率", "每题得分 / 满分的平均，各题同重；总分先按能力平均"),
    ]
    assert corrected.left_open(replace(found, narrower=(), unit="half_tie"), EN) == [
        ("Drawn, not judged yet", "7; those judged count as a random part of the draw")
    ]


# ── every form says the same ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_has_a_section_after_the_result(pair: Document, board: Document, few: Document) -> None:
    for document in (pair, board, few):
        page = render(document, ZH)[0].text
        at = [page.index(f'<section id="{name}"') for name in ("result", "corrected", "figures")]
        assert at == sorted(at)
        section = page[at[1] : at[2]]
        cells = re.findall(r"<t[dh][^>]*>([^<]*)</t[dh]>", section.partition("</table>")[0])
        found = shown(document)
        assert cells[4:] == ([one for row in found.table.rows for one in row] if found.table else [])
        for name, said in found.facts:
            assert f"<dt>{name}</dt><dd>{said}</dd>" in section
        assert ('id="figure-corrected"' in section) == (found.table is not None)
        assert page.count('id="figure-corrected"') == (found.table is not None)


def test_markdown_says_what_the_page_says(pair: Document, few: Document) -> None:
    section = markdown(pair, ZH).partition("### 人工校正\n\n")[2].partition("\n\n###")[0].replace("\\", "")
    assert section.splitlines()[:6] == [
        f"校正后还分不出：甲（{QWEN}）与乙（{GLM}）的差距没有超出误差。",
        "",
        "|  | 候选 | 只看评委 | 只看抽查的人 | 校正后 |",
        "| --- | --- | --- | --- | --- |",
        f"| 胜+½平 | {QWEN} | 75.0 [68.5, 81.5] | 50.0 [40.0, 60.0] | 48.8 [39.1, 58.5] |",
        f"| 胜+½平 | {GLM} | 25.0 [18.5, 31.5] | 50.0 [40.0, 60.0] | 51.2 [41.5, 60.9] |",
    ]
    assert "- 评委替人省下：6 条（15%；同样宽的区间，只靠人约要判 86 条）" in section.splitlines()
    lacking = markdown(few, EN).partition("### Corrected by people\n\n")[2].partition("\n\n###")[0]
    assert lacking.splitlines() == [
        "- Labels spent: 12 of 120",
        "- Drawn evenly: at least 30%",
        "- Labels still needed: 1 (a correction needs at least 13)",
        "- Chance of being drawn not known: 2; shown only, in no corrected figure",
    ]


def test_excel_and_csv_hold_the_figures_and_the_labels(pair: Document, few: Document, tmp_path: Path) -> None:
    write_xlsx(tables(pair), ZH, tmp_path / "表.xlsx")
    book = load_workbook(tmp_path / "表.xlsx")
    assert book.sheetnames[1:3] == ["人工校正", "抽查"]
    heads, *rows = book["人工校正"].iter_rows(values_only=True)
    assert heads[:6] == ("候选", "哪个数", "只看评委", "只看评委 下限", "只看评委 上限", "只看抽查的人")
    assert heads[8:] == ("校正后", "校正后 下限", "校正后 上限")
    assert [row[:3] for row in rows] == [
        (GLM, "half_tie", 25),  # once corrected, the better
        (GLM, "open", 30),
        (QWEN, "half_tie", 75),
        (QWEN, "open", 80),
    ]
    assert rows[2][2:] == pytest.approx((75, 68.5, 81.5, 50, 40.0, 60.0, 48.8, 39.1, 58.5), abs=0.05)
    heads, row = book["抽查"].iter_rows(values_only=True)
    assert heads == (
        "人判了",
        "全部",
        "至少要",
        "省下（%）",
        "省下几条",
        "逐条的相关 ρ",
        "均匀抽的份额",
        "抽到未判",
        "抽中概率不明",
    )
    assert row == pytest.approx((80, 150, 4, 15, 6, 0.40, 0.3, 0, 1), abs=0.5)
    write_csv(tables(few), ZH, tmp_path)
    assert (tmp_path / "corrected.csv").read_text(encoding="utf-8-sig").count("\n") == 1
    text = (tmp_path / "audits.csv").read_text(encoding="utf-8-sig")
    assert list(csv.reader(io.StringIO(text)))[1] == ["12", "120", "13", "", "", "", "0.3", "0", "2"]
    assert next(records(tables(few)[2]))["needed"] == 13


def test_a_terminal_says_it_in_one_line(board: Document) -> None:
    screen = Console(file=io.StringIO(), width=80, markup=False, highlight=False)
    print_board(board.board, screen)
    out = screen.file.getvalue()  # type: ignore[attr-defined]
    lines = out.splitlines()
    said = "人判了 72 / 120 条 · 评委替人省下 9 条（29%；同样宽的区间，只靠人约要判 81 条） · 均匀抽的 至少 30% · "
    assert any(line.startswith(said) for line in lines)
    assert any("75.00 [67.8, 82.2]  51.04 [36.4, 65.7]  50.29 [38.9, 61.7]" in line for line in lines)
