"""BELLE: Chinese instructions of ten classes, some with a standard answer."""

from __future__ import annotations

from pathlib import Path

from judge.errors import InputError
from judge.importers import Imported, Row, files, has_fields, open_text, parse_object, text_of
from judge.records import Bank, Question, Turn


def recognises(path: Path) -> bool:
    """Tell whether a file or folder is in this format."""
    return any(has_fields(file, ("question", "std_answer", "class")) for file in files(path, "*.json*"))


def read(path: Path, dataset: str = "belle") -> Imported:
    """Read one file of questions; they carry no ids, so the line number (from 1) is the id."""
    found = Imported(banks=[Bank(dataset, title="BELLE 中文指令")])
    ours = [file for file in files(path, "*.json*") if path.is_file() or recognises(file)]
    if len(ours) > 1:
        raise InputError(
            "题目没有编号，只能以行号为编号，所以一个题库只能来自一个文件",
            where=f"{ours[1]} 第 1 行",
            fix="一次导入一个文件，并各给一个题库名",
        )
    for file in ours:
        for number, line in enumerate(open_text(file), 1):
            if line.strip():
                where = f"{file} 第 {number} 行"
                found.questions.append(_question(parse_object(line, where), where, dataset, number, found))
    return found


def _question(row: Row, where: str, dataset: str, number: int, found: Imported) -> Question:
    prompt = text_of(row, "question", where)
    answer = text_of(row, "std_answer", where)
    kind = text_of(row, "class", where)
    ability = kind.replace("\u00a0", " ")
    if ability != kind:
        found.notes["类别名里的不间断空格换成了普通空格"] += 1
    if not answer.strip():
        found.notes["没有标准答案"] += 1
    # A standard answer to an open instruction shows one good answer; it is not the only right one.
    turn = Turn(prompt, answer, "rubric") if answer.strip() else Turn(prompt)
    return Question(dataset, str(number), ability, (turn,))
