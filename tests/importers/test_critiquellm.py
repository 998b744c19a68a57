"""CritiqueLLM: human labels only, a bank per file."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from judge.errors import InputError
from judge.importers import critiquellm
from judge.records import DIALOGUE, Answer, Score, Scores, Side, Turn, Verdict
from tests.importers.test_own import ALL, Line

PAIR = {
    "id": "r/0",
    "category": "文本写作",
    "question": "写一句春天。",
    "reference": "柳绿花红。",
    "response_1": "春天来了。",
    "response_2": "冬天来了。",
    "human_score_1": 4,
    "human_score_2": 1.5,
    "human_winner": 1,
}
SINGLE = {
    "id": "r/0",
    "category": "文本写作",
    "messages": [{"role": "user", "content": "写一句秋天。"}, {"role": "assistant", "content": "叶落知秋。"}],
    "reference": None,
    "model": "甲",
    "human_score": 3,
}


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_pair(tmp_path: Path) -> None:
    file = write(tmp_path / "pairs.jsonl", PAIR, {**PAIR, "id": "r/1", "human_winner": 2, "human_score_1": 6})
    found = critiquellm.read(file)
    assert [(bank.name, bank.complete) for bank in found.banks] == [("critiquellm/pairs", True)]
    question = found.questions[0]
    assert (question.bank, question.id, question.ability) == ("critiquellm/pairs", "r/0", "文本写作")
    assert question.turns == (Turn("写一句春天。", "柳绿花红。", "rubric"),)
    one, two = found.dialogues[:2]
    assert [dialogue.candidate.name for dialogue in (one, two)] == [
        "recorded:critiquellm/response_1",
        "recorded:critiquellm/response_2",
    ]
    assert [(human.case.dialogues, human.result) for human in found.human_verdicts[:3]] == [
        ((one, two), Verdict(Side.FIRST)),
        ((one,), Scores(Score(4, 1, 5))),
        ((two,), Scores(Score(1.5, 1, 5))),
    ]
    assert not found.human_verdicts[0].case.placement_known
    assert {(human.reviewer, human.probability) for human in found.human_verdicts} == {("CritiqueLLM 标注者", 1.0)}
    assert found.notes == {
        "两份回答没有写明模型，按位置记为 response_1、response_2": 1,
        "题目文字与另一题相同，编号不同，照录": 1,
        "人工的胜者与人工得分不一致，照录": 1,
        "得分不在 1–5 之内，照录": 1,
    }


def test_single_answers_and_a_folder_of_both(tmp_path: Path) -> None:
    write(tmp_path / "pairs.jsonl", PAIR)
    more = [
        {"role": "user", "content": "再来"},
        {"role": "assistant", "content": "秋高气爽。"},
    ]
    longer = {**SINGLE, "id": "r/2", "messages": [*SINGLE["messages"], *more], "reference": "一叶知秋。"}  # type: ignore[misc]
    write(tmp_path / "singles.jsonl", SINGLE, longer)
    assert critiquellm.recognises(tmp_path)
    found = critiquellm.read(tmp_path, "内部")
    assert [(bank.name, bank.complete) for bank in found.banks] == [("内部/pairs", True), ("内部/singles", False)]
    assert found.questions[1].turns == (Turn("写一句秋天。"),)
    assert found.questions[2].turns == (Turn("写一句秋天。"), Turn("再来", "一叶知秋。", "rubric"))
    assert found.dialogues[3].candidate.name == "recorded:内部/甲"
    assert found.dialogues[3].answers == (Answer("写一句秋天。", "叶落知秋。"), Answer("再来", "秋高气爽。"))
    human = found.human_verdicts[-1]
    assert (human.case.dialogues, human.case.scope, human.result) == (
        (found.dialogues[3],),
        DIALOGUE,
        Scores(Score(3, 1, 5)),
    )


@pytest.mark.parametrize(
    ("good", "bad", "message"),
    [
        (PAIR, PAIR, "编号 r/0 已出现过"),
        (PAIR, {**PAIR, "id": "r/2", "human_winner": 0}, "human_winner 应是 1 或 2"),
        (PAIR, {**PAIR, "id": "r/2", "human_score_2": None}, "human_score_2 应是数"),
        (PAIR, {**PAIR, "id": "r/2", "reference": 3}, "reference 应是文字"),
        (PAIR, {"id": "r/2", "category": "文本写作", "question": "？"}, "缺少字段 response_1"),
        (SINGLE, {**SINGLE, "id": "r/2", "messages": []}, "应交替出现"),
        (SINGLE, {**SINGLE, "id": "r/2", "messages": ["早"]}, "messages 里应是"),
        (SINGLE, {**SINGLE, "id": "r/2", "messages": [{"role": "user"}]}, "缺少字段 content"),
        (SINGLE, {**SINGLE, "id": "r/2", "messages": [{"role": "user", "content": "早"}]}, "应交替出现"),
        (SINGLE, {**SINGLE, "id": "r/2", "human_score": "3"}, "human_score 应是数"),
        (SINGLE, {**SINGLE, "id": "r/2", "model": None}, "model 应是文字"),
    ],
)
def test_bad_row_is_named(tmp_path: Path, good: object, bad: object, message: str) -> None:
    file = write(tmp_path / "a.jsonl", good, bad)
    with pytest.raises(InputError, match=message) as error:
        critiquellm.read(file)
    assert error.value.where == f"{file} 第 2 行"


@pytest.mark.recorded
def test_recorded_labels(recorded: Path) -> None:
    found = critiquellm.read(recorded / "critiquellm")
    assert Counter(question.bank.partition("/")[2] for question in found.questions) == {
        "pairwise_reference_based": 50,
        "pairwise_reference_free": 50,
        "pointwise_reference_based": 50,
        "pointwise_reference_free": 50,
    }
    assert len({question.ability for question in found.questions}) == 8
    assert Counter(type(human.result).__name__ for human in found.human_verdicts) == {"Verdict": 100, "Scores": 300}
    scores = Counter(
        human.result.overall.value
        for human in found.human_verdicts
        if isinstance(human.result, Scores) and human.result.overall
    )
    assert scores.most_common(1)[0][0] == 1
    assert not found.judgments
    assert found.notes == {
        "两份回答没有写明模型，按位置记为 response_1、response_2": 2,
        "题目文字与另一题相同，编号不同，照录": 9,
    }


@pytest.mark.parametrize("line", ALL)
def test_our_own_lines_are_not_recognised(tmp_path: Path, line: Line) -> None:
    (tmp_path / "own.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert not critiquellm.recognises(tmp_path)
    assert not critiquellm.recognises(tmp_path / "own.jsonl")


@pytest.mark.recorded
def test_other_formats_are_not_recognised(recorded: Path) -> None:
    others = [path for path in recorded.rglob("*") if "critiquellm" not in path.parts]
    assert critiquellm.recognises(recorded / "critiquellm")
    assert not [path for path in [recorded, *others] if critiquellm.recognises(path)]
