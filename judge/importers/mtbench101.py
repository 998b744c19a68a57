"""MT-Bench-101: multi-turn dialogues of thirteen tasks whose assistant turns are the golden history."""

from __future__ import annotations

from pathlib import Path

from judge.errors import InputError
from judge.importers import Imported, Row, files, has_fields, id_of, json_rows, list_of, text_of
from judge.records import Bank, Question, Turn


def recognises(path: Path) -> bool:
    """Tell whether a file or folder is in this format."""
    return any(has_fields(file, ("task", "id", "history")) for file in files(path, "*.jsonl*"))


def read(path: Path, dataset: str = "mtbench101") -> Imported:
    """Read the questions; the recorded ids are unique over all tasks and stay as they are."""
    found = Imported(banks=[Bank(dataset, title="MT-Bench-101")])
    seen: dict[str, Question] = {}
    for file in files(path, "*.jsonl*"):
        for where, row in json_rows(file):
            question = _question(row, where, dataset)
            if seen.setdefault(question.id, question) != question:
                raise InputError(f"编号 {question.id} 已有另一道题", where=where, fix="一个编号只能有一道题")
            if seen[question.id] is not question:
                found.notes["同一道题重复出现，只录一次"] += 1
    found.questions = list(seen.values())
    return found


def _question(row: Row, where: str, dataset: str) -> Question:
    turns: list[Turn] = []
    for turn in list_of(row, "history", where):
        if not isinstance(turn, dict):
            raise InputError("history 里应是 {user, bot} 对象", where=where, fix="每一轮写成一个对象")
        turns.append(Turn(text_of(turn, "user", where), golden=text_of(turn, "bot", where)))
    if not turns:
        raise InputError("history 是空的", where=where, fix="至少要有一轮")
    return Question(dataset, id_of(row, "id", where), text_of(row, "task", where), tuple(turns))
