"""SuperCLUE-OPEN: published counts of wins, ties and losses against gpt-3.5-turbo; neither questions nor judgments."""

from __future__ import annotations

from pathlib import Path

from judge.errors import InputError
from judge.importers import Imported, Row, csv_rows, files, has_columns, recorded_candidate, recorded_judge, text_of
from judge.records import Bank, Tally

COUNTS = ("model", "win", "loss", "tie")
BASELINE = "gpt-3.5-turbo"


def recognises(path: Path) -> bool:
    """Tell whether a file or folder is in this format."""
    return any(has_columns(file, COUNTS) for file in files(path, "*.csv*"))


def read(path: Path, dataset: str = "superclue_open") -> Imported:
    """Read one table of counts; tables that give scores only are noted, since a score has no denominator."""
    found = Imported(banks=[Bank(dataset, title="SuperCLUE-OPEN（公布的胜平负次数）")])
    tables = {file: path.is_file() or has_columns(file, COUNTS) for file in files(path, "*.csv*")}
    seen: set[str] = set()
    for file in (file for file, counts in tables.items() if counts):
        for where, row in csv_rows(file):
            tally = _tally(row, where, dataset)
            if tally.candidate.name in seen:
                raise InputError(f"{tally.candidate.model.model} 已有一行", where=where, fix="一个模型只留一行")
            seen.add(tally.candidate.name)
            found.tallies.append(tally)
    if others := len(tables) - sum(tables.values()):
        found.notes["只有得分没有次数的表（*.csv），未读"] += others
    _note_oddities(found)
    return found


def _tally(row: Row, where: str, dataset: str) -> Tally:
    win, tie, loss = (_count(row, name, where) for name in ("win", "tie", "loss"))
    if not win + tie + loss:
        raise InputError("胜、平、负都是 0", where=where, fix="没有比较过的模型不必列出")
    return Tally(
        bank=dataset,
        candidate=recorded_candidate(dataset, text_of(row, "model", where)),
        baseline=recorded_candidate(dataset, BASELINE),
        judge=recorded_judge(dataset, "published", protocol="published counts"),
        win=win,
        tie=tie,
        loss=loss,
    )


def _count(row: Row, name: str, where: str) -> int:
    text = text_of(row, name, where).strip()
    if not (text.isascii() and text.isdigit()):
        raise InputError(f"{name} 应是次数，却是 {text!r}", where=where, fix="写成不小于 0 的整数")
    return int(text)


def _note_oddities(found: Imported) -> None:
    found.notes["基线对自己的一行（胜平负各占三分之一，按惯例填写），照录"] += sum(
        tally.candidate == tally.baseline and tally.win == tally.tie == tally.loss for tally in found.tallies
    )
    judged = {tally.win + tally.tie + tally.loss for tally in found.tallies}
    if len(judged) > 1:
        note = f"各模型比较的次数不同（{min(judged)}–{max(judged)}），胜和率不一定在同样的题上"
        found.notes[note] += len(found.tallies)
    found.notes = +found.notes
