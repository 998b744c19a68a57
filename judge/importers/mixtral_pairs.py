"""Chinese-Mixtral: pairs of Chinese answers, both scored by GPT-4 in one reply."""

from __future__ import annotations

from pathlib import Path

from judge.errors import InputError
from judge.importers import (
    Imported,
    Row,
    files,
    has_fields,
    json_rows,
    new_id,
    number_of,
    recorded_dialogue,
    recorded_judge,
    text_of,
)
from judge.records import DIALOGUE, Bank, Case, Dialogue, Judgment, Question, Score, Scores, Turn, Unreadable
from judge.reply import read_joint_scores

FIELDS = ("question", "model_1", "response_1", "model_2", "response_2", "judge", "judge_text", "score_1", "score_2")
SIDES = (1, 2)


def recognises(path: Path) -> bool:
    """Tell whether a file or folder is in this format."""
    return any(has_fields(file, FIELDS) for file in files(path, "*.jsonl*"))


def read(path: Path, dataset: str = "zh_mixtral_pairs") -> Imported:
    """Read pairs with the scores of the published table; where the reply says otherwise, the table stands and a note."""
    found = Imported(banks=[Bank(dataset, title="Chinese-Mixtral 中文题对评")])
    seen: set[str] = set()
    for file in files(path, "*.jsonl*"):
        for where, row in json_rows(file):
            question = Question(
                dataset, new_id(row, "id", where, seen), "未标注", (Turn(text_of(row, "question", where)),)
            )
            pair = [_dialogue(row, where, question, side) for side in SIDES]
            if pair[0].candidate == pair[1].candidate:
                raise InputError("两份回答出自同一个模型", where=where, fix="model_1 与 model_2 应不同")
            found.questions.append(question)
            found.dialogues += pair
            found.judgments += _judgments(row, where, pair, found)
    return found


def _dialogue(row: Row, where: str, question: Question, side: int) -> Dialogue:
    name = text_of(row, f"model_{side}", where)
    return recorded_dialogue(question, name, text_of(row, f"response_{side}", where))


def _judgments(row: Row, where: str, pair: list[Dialogue], found: Imported) -> list[Judgment]:
    """Make one judgment per dialogue, each with the whole reply, which is about both."""
    judge = recorded_judge(pair[0].question.bank, text_of(row, "judge", where), "joint", label="joint")
    reply = text_of(row, "judge_text", where)
    scores = [number_of(row, f"score_{side}", where) for side in SIDES]
    found.notes["得分不在 1–10 之内，照录"] += sum(not 1 <= score <= 10 for score in scores)
    stated = read_joint_scores(reply, len(pair))
    if not isinstance(stated, Unreadable):
        differ = [one.overall and one.overall.value for one in stated] != scores
        found.notes["评委原文里的得分与公布的表不同，取表中的"] += differ
    found.notes = +found.notes
    return [
        Judgment(Case(dialogue.question, DIALOGUE, (dialogue,)), judge, Scores(Score(score, 1, 10)), reply)
        for dialogue, score in zip(pair, scores, strict=True)
    ]
