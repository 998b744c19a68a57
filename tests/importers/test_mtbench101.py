"""MT-Bench-101: the recorded assistant turns are the golden history."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from judge.errors import InputError
from judge.importers import mtbench101
from judge.records import Question, Turn

ROW = {
    "task": "CM",
    "id": 7,
    "history": [{"user": "我叫小王。", "bot": "你好，小王。"}, {"user": "我叫什么？", "bot": "小王。"}],
}


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_bot_turns_are_golden(tmp_path: Path) -> None:
    file = write(tmp_path / "q.jsonl", ROW)
    turns = (Turn("我叫小王。", golden="你好，小王。"), Turn("我叫什么？", golden="小王。"))
    assert mtbench101.read(file).questions == [Question("mtbench101", "7", "CM", turns)]
    assert mtbench101.read(file, "other").questions[0].bank == "other"
    assert mtbench101.recognises(tmp_path)


def test_a_repeated_question_is_kept_once(tmp_path: Path) -> None:
    found = mtbench101.read(write(tmp_path / "q.jsonl", ROW, ROW))
    assert len(found.questions) == 1
    assert sum(found.notes.values()) == 1


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({**ROW, "task": "GR"}, "编号 7 已有另一道题"),
        ({"task": "CM", "history": ROW["history"]}, "缺少字段 id"),
        ({**ROW, "id": 1.5}, "字段 id 应是文字或整数"),
        ({**ROW, "id": 8, "history": []}, "history 是空的"),
        ({**ROW, "id": 8, "history": ["你好"]}, "history 里应是"),
        ({**ROW, "id": 8, "history": [{"user": "你好"}]}, "缺少字段 bot"),
    ],
)
def test_bad_row_is_named(tmp_path: Path, bad: object, message: str) -> None:
    file = write(tmp_path / "q.jsonl", ROW, bad)
    with pytest.raises(InputError, match=message) as error:
        mtbench101.read(file)
    assert error.value.where == f"{file} 第 2 行"


@pytest.mark.recorded
def test_recorded_set(recorded: Path) -> None:
    found = mtbench101.read(recorded / "question_sets/mtbench101")
    assert len({question.id for question in found.questions}) == len(found.questions) == 1388
    assert sum(len(question.turns) for question in found.questions) == 4208
    assert all(turn.golden for question in found.questions for turn in question.turns)
    tasks = Counter(question.ability for question in found.questions)
    assert len(tasks) == 13
    assert (tasks["AR"], tasks["GR"]) == (153, 71)
    assert not found.notes
    others = [folder for folder in (recorded / "question_sets").iterdir() if folder.name != "mtbench101"]
    assert not any(mtbench101.recognises(folder) for folder in [recorded, *others, recorded / "llmeval2"])
