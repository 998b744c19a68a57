"""Tables as Excel and CSV files that a spreadsheet cannot be talked into running, and that cut nothing without a mark."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from judge.errors import InputError
from judge.markup import visible
from judge.report.tables import Cell, Table
from judge.report.words import Words

LONGEST = 32_767  # characters of a cell; Excel drops longer ones, and XlsxWriter leaves them out without a word
FORMULA = "=+-@\t\r＝＋－＠"  # a CSV cell that starts so may be run


def write_xlsx(tables: Sequence[Table], words: Words, path: Path) -> int:
    """Write one sheet per table; return how many cells were cut, each with a mark. Raises InputError where it cannot be written."""
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    cut = 0
    book = xlsxwriter.Workbook(str(path), options)
    head, body = book.add_format({"bold": True, "bottom": 1}), book.add_format({"valign": "top"})
    for table in tables:
        sheet = book.add_worksheet(words[f"sheet.{table.name}"])
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, len(table.columns) - 1, 14)
        for at, column in enumerate(table.columns):
            sheet.write_string(0, at, heading(column, words), head)
        for number, row in enumerate(table.rows, 1):
            for at, cell in enumerate(row):
                if isinstance(cell, str):
                    shown = _visible(cell)
                    text = shortened(shown, words)
                    cut += text != shown
                    sheet.write_string(number, at, text, body)
                elif cell is not None:
                    sheet.write_number(number, at, cell, body)
        if table.rows:
            sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
    try:
        book.close()
    except (FileCreateError, OSError) as error:
        raise InputError(f"写不了（{error}）", where=str(path), fix="检查目录是否可写，文件是否正开着") from error
    return cut


@lru_cache(maxsize=8192)
def _visible(text: str) -> str:
    """Make a text visible; names and labels come again and again."""
    return visible(text)


def heading(column: str, words: Words) -> str:
    """Return a column's name; columns of behaviours go by the behaviour's."""
    return words.get(f"column.{column}", words.get(column, column))


def shortened(text: str, words: Words, longest: int = LONGEST) -> str:
    """Cut a text to what a cell holds, saying how much is missing; characters beyond the basic plane count twice there."""
    if len(text) <= longest // 2 or len(text.encode("utf-16-le")) // 2 <= longest:
        return text
    mark = words["sheet.cut"].format(count=len(text))
    room = longest - len(mark)
    kept = text.encode("utf-16-le")[: 2 * room].decode("utf-16-le", "ignore")
    return kept + mark


def write_csv(tables: Sequence[Table], words: Words, folder: Path) -> list[Path]:
    """Write one CSV file per table, in UTF-8 with a mark that Excel knows it by; texts that could be formulas get a leading quote."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = []
        for table in tables:
            path = folder / f"{table.name}.csv"
            with path.open("w", encoding="utf-8-sig", newline="") as file:
                rows = csv.writer(file)
                rows.writerow([heading(column, words) for column in table.columns])
                rows.writerows([[guarded(cell) for cell in row] for row in table.rows])
            written.append(path)
    except OSError as error:
        raise InputError(f"写不了（{error.strerror}）", where=str(folder), fix="检查目录是否可写") from error
    return written


def guarded(cell: Cell) -> Cell:
    """Make a text safe in a spreadsheet: what could start a formula is quoted, what cannot be seen is named."""
    if not isinstance(cell, str):
        return "" if cell is None else cell
    text = _visible(cell)
    return f"'{text}" if text.lstrip(" \n").startswith(tuple(FORMULA)) else text
