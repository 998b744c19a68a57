"""SuperCLUE-OPEN: the published counts against the baseline; neither questions nor judgments are public."""

from __future__ import annotations

import csv
from pathlib import Path

from judge.errors import InputError
from judge.importers import Imported, files, open_text, recorded_candidate, recorded_judge
from judge.records import Bank, Tally

COUNTS = ("win", "loss", "tie")
BASELINE = "gpt-3.5-turbo"


def recognises(path: Path) -> bool:
    """Tell whether a file or folder holds a table of counts."""
    return any(_has_counts(file) for file in files(path, "*.csv") if file.suffix == ".csv")


def read(path: Path, dataset: str = "superclue_open") -> Imported:
    """Read one tally per model; tables of scores without counts are named in the notes."""
    found = Imported(banks=[Bank(dataset, title="SuperCLUE-OPEN 公布的次数（题目与评判未公开）")])
    baseline = recorded_candidate(dataset, BASELINE)
    judge = recorded_judge(dataset, "published", protocol="published")
    for file in files(path, "*.csv"):
        if not _has_counts(file):
            found.notes[f"只有分数没有次数，未读：{file.name}"] += 1
            continue
        for number, row in enumerate(csv.DictReader(open_text(file)), 2):
            where = f"{file} 第 {number} 行"
            candidate = recorded_candidate(dataset, (row.get("model") or "").strip())
            win, loss, tie = (_count(row, name, where) for name in COUNTS)
            if candidate.key == baseline.key:
                found.notes["基线对自己的一行（按惯例填写）"] += 1
            found.tallies.append(Tally(dataset, candidate, baseline, judge, win, tie, loss))
    return found


def _has_counts(file: Path) -> bool:
    try:
        head = next(iter(csv.reader(open_text(file))), [])
    except InputError:
        return False
    return {"model", *COUNTS} <= set(head)


def _count(row: dict[str, str], name: str, where: str) -> int:
    text = (row.get(name) or "").strip()
    if not text.isascii() or not text.isdigit():
        raise InputError(f"{name} 应是次数，却是 {text!r}", where=where, fix=f"把 {name} 改成不小于 0 的整数")
    return int(text)
