"""AlignBench: questions with references, and the rows its judge script writes."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from judge.errors import InputError
from judge.importers import alignbench
from judge.records import DIALOGUE, Answer, Outcome, Question, Score, Scores, Turn, Unreadable

QUESTION = {
    "question_id": 3,
    "category": "数学计算",
    "subcategory": "初等数学",
    "question": "三加四等于几？",
    "reference": "七。",
    "evidences": None,
}
ANSWERED = {**QUESTION, "model_id": "甲", "answer_id": "3_甲", "answer": "等于七。"}
JUDGED = {
    **ANSWERED,
    "dimensions": ["事实正确性", "清晰度"],
    "judge_prompt": "……",
    "judgment": "答案正确。{'事实正确性': 9, '清晰度': 8, '综合得分': 9}",
    "rating": {"事实正确性": 9, "清晰度": 8, "综合得分": 9},
    "score": 9,
}


def write(path: Path, *rows: object) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_questions(tmp_path: Path) -> None:
    bare = {
        **QUESTION,
        "question_id": 4,
        "reference": None,
        "evidences": [{"url": "https://example.org", "quote": "…"}],
    }
    found = alignbench.read(write(tmp_path / "data.jsonl", QUESTION, bare))
    turn = Turn("三加四等于几？", "七。", "exact")
    assert found.questions == [
        Question("alignbench", "3", "数学计算", (turn,), subcategory="初等数学"),
        Question("alignbench", "4", "数学计算", (Turn("三加四等于几？"),), subcategory="初等数学"),
    ]
    assert found.notes == {"题目附有网页证据（evidences），未录入": 1}
    assert not found.dialogues


def test_folders_of_its_scripts_are_one_import(tmp_path: Path) -> None:
    write(tmp_path / "data.jsonl", QUESTION)
    write(tmp_path / "model_answer" / "甲.jsonl", ANSWERED)
    write(tmp_path / "judgment" / "甲.jsonl", JUDGED)
    found = alignbench.read(tmp_path)
    assert (len(found.questions), len(found.dialogues), len(found.judgments)) == (1, 1, 1)
    judgment = found.judgments[0]
    assert judgment.result == Scores(Score(9, 1, 10), (("事实正确性", Score(9, 1, 10)), ("清晰度", Score(8, 1, 10))))
    assert (judgment.case.scope, judgment.reply) == (DIALOGUE, JUDGED["judgment"])
    assert (judgment.judge.name, found.dialogues[0].candidate.name) == (
        "recorded:alignbench/gpt-4",
        "recorded:alignbench/甲",
    )
    assert alignbench.recognises(tmp_path)


def test_missing_optional_fields(tmp_path: Path) -> None:
    lean = {name: JUDGED[name] for name in ("question_id", "category", "subcategory", "question", "answer", "judgment")}
    rating = {"综合得分": 6}
    found = alignbench.read(write(tmp_path / "乙.jsonl", {**lean, "rating": rating, "judge": "critique"}))
    assert found.dialogues[0].candidate.name == "recorded:alignbench/乙"
    assert found.judgments[0].judge.name == "recorded:alignbench/critique"
    assert found.judgments[0].result == Scores(Score(6, 1, 10))
    assert found.questions[0].turns == (Turn("三加四等于几？"),)


def test_unread_scores_and_repeats(tmp_path: Path) -> None:
    unread = {**JUDGED, "judgment": "没有分数。", "rating": {}, "score": -1}
    odd = {**JUDGED, "score": 11.5}
    found = alignbench.read(write(tmp_path / "甲.jsonl", unread, odd))
    first, second = found.judgments
    assert first.result == Unreadable("recorded score -1")
    assert isinstance(second.result, Scores)
    assert second.result.overall == Score(11.5, 1, 10)
    assert (first.repeat, second.repeat) == (0, 1)
    assert len(found.dialogues) == 1
    assert found.notes == {
        "评分记为 -1（没读出来）": 1,
        "综合得分与 score 不同，取 score": 1,
        "得分不在 1–10 之内，照录": 1,
        "同一回答评了不止一次，依次记为重复": 1,
    }


@pytest.mark.parametrize(("answer", "outcome"), [(None, Outcome.FAILED), ("", Outcome.EMPTY)])
def test_absent_answers(tmp_path: Path, answer: object, outcome: Outcome) -> None:
    found = alignbench.read(write(tmp_path / "甲.jsonl", {**ANSWERED, "answer": answer}))
    assert found.dialogues[0].answers == (Answer("三加四等于几？", "", outcome),)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({**QUESTION, "question": "四加五等于几？"}, "编号 3 已有另一道题"),
        ({**QUESTION, "reference": "八。"}, "编号 3 已有另一道题"),
        ({**ANSWERED, "answer": "等于八。"}, "已有另一份回答"),
        ({**ANSWERED, "answer": 7}, "answer 应是文字"),
        ({**QUESTION, "question_id": None}, "question_id 应是文字或整数"),
        ({"question_id": 5, "question": "？"}, "缺少字段 category"),
        ({**ANSWERED, "judgment": "好。"}, "缺少字段 综合得分"),
        ({**JUDGED, "rating": {"清晰度": "高", "综合得分": 9}}, "清晰度 应是数"),
    ],
)
def test_bad_row_is_named(tmp_path: Path, bad: object, message: str) -> None:
    file = write(tmp_path / "甲.jsonl", ANSWERED, bad)
    with pytest.raises(InputError, match=message) as error:
        alignbench.read(file)
    assert error.value.where == f"{file} 第 2 行"


@pytest.mark.recorded
def test_recorded_questions(recorded: Path) -> None:
    found = alignbench.read(recorded / "question_sets/alignbench")
    assert Counter(question.ability for question in found.questions) == {
        "专业能力": 124,
        "角色扮演": 116,
        "数学计算": 112,
        "逻辑推理": 92,
        "文本写作": 75,
        "基本任务": 68,
        "中文理解": 58,
        "综合问答": 38,
    }
    assert all(question.turns[0].reference_kind == "exact" for question in found.questions)
    assert found.notes == {"题目附有网页证据（evidences），未录入": 150}
    others = [folder for folder in (recorded / "question_sets").iterdir() if folder.name != "alignbench"]
    critique = recorded / "critiquellm"
    assert not any(alignbench.recognises(folder) for folder in [recorded, *others, critique, *critique.iterdir()])
