"""BELLE: one file of instructions without ids."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from judge.errors import InputError
from judge.importers import belle
from judge.records import Question, Turn

ROW = {"question": "用一句话介绍你自己。", "std_answer": "我是一个助手。", "class": "open qa"}


def write(path: Path, *rows: object) -> Path:
    # The published file has no newline at its end.
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


def test_line_number_is_the_id(tmp_path: Path) -> None:
    file = write(tmp_path / "eval_set.json", ROW, {**ROW, "std_answer": "", "class": "closed\u00a0qa"})
    found = belle.read(file)
    assert found.questions == [
        Question("belle", "1", "open qa", (Turn("用一句话介绍你自己。", "我是一个助手。", "rubric"),)),
        Question("belle", "2", "closed qa", (Turn("用一句话介绍你自己。"),)),
    ]
    assert found.notes == {"没有标准答案": 1, "类别名里的不间断空格换成了普通空格": 1}
    assert belle.recognises(file)
    assert belle.recognises(tmp_path)


def test_blank_lines_count_as_lines(tmp_path: Path) -> None:
    file = tmp_path / "eval_set.json"
    file.write_text("\n" + json.dumps(ROW), encoding="utf-8")
    assert [question.id for question in belle.read(file).questions] == ["2"]


@pytest.mark.parametrize(
    "bad", [{"question": "你好", "std_answer": ""}, {**ROW, "std_answer": None}, {**ROW, "question": 3}]
)
def test_bad_row_is_named(tmp_path: Path, bad: object) -> None:
    file = write(tmp_path / "eval_set.json", ROW, bad)
    with pytest.raises(InputError) as error:
        belle.read(file)
    assert error.value.where == f"{file} 第 2 行"


def test_two_files_would_share_line_numbers(tmp_path: Path) -> None:
    write(tmp_path / "a.json", ROW)
    write(tmp_path / "b.json", ROW)
    with pytest.raises(InputError, match="行号"):
        belle.read(tmp_path)


def test_foreign_rows_are_not_recognised(tmp_path: Path) -> None:
    assert not belle.recognises(write(tmp_path / "x.json", {"question": "?", "answer": "!"}))
    assert not belle.recognises(tmp_path / "missing.json")


@pytest.mark.recorded
def test_recorded_set(recorded: Path) -> None:
    found = belle.read(recorded / "question_sets/belle")
    assert len(found.questions) == 1000
    assert sum(question.turns[0].reference is None for question in found.questions) == 369
    assert Counter(question.ability for question in found.questions) == {
        "open qa": 285,
        "brainstorming": 179,
        "rewrite": 131,
        "generation": 98,
        "math": 75,
        "classification": 65,
        "closed qa": 52,
        "summarization": 40,
        "code": 38,
        "extract": 37,
    }
    assert found.notes == {"没有标准答案": 369, "类别名里的不间断空格换成了普通空格": 52}
    others = [folder for folder in (recorded / "question_sets").iterdir() if folder.name != "belle"]
    assert not any(belle.recognises(folder) for folder in [recorded, *others])
