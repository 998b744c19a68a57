"""WildBench: answers to unpublished questions, a score from 1 to 10 with strengths and weaknesses, and a second judge's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from judge.errors import InputError
from judge.importers import (
    Imported,
    Row,
    files,
    has_fields,
    id_of,
    json_rows,
    object_of,
    recorded_dialogue,
    recorded_judge,
    text_of,
)
from judge.records import DIALOGUE, Bank, Case, Dialogue, Judgment, Outcome, Question, Score, Scores, Unreadable

FIELDS = ("id", "model", "output", "judge", "score", "strengths", "weaknesses")
EARLIER = " earlier judgment"


def recognises(path: Path) -> bool:
    """Tell whether a file or folder is in this format."""
    return any(has_fields(file, FIELDS) for file in files(path, "*.jsonl*"))


def read(path: Path, dataset: str = "wildbench") -> Imported:
    """Read answers and scores; a judge's earlier score of the same answer is another judge's, as it was published apart."""
    found = Imported(banks=[Bank(dataset, title="WildBench（题目未公布）")])
    questions: dict[str, Question] = {}
    seen: set[tuple[str, str]] = set()
    for file in files(path, "*.jsonl*"):
        for where, row in json_rows(file):
            question_id, model = id_of(row, "id", where), text_of(row, "model", where)
            if (question_id, model) in seen:
                raise InputError(f"{model} 对 {question_id} 已有一份回答", where=where, fix="一道题一个模型只留一行")
            seen.add((question_id, model))
            question = questions.setdefault(question_id, Question(dataset, question_id, "未标注", ()))
            dialogue = recorded_dialogue(question, model, text_of(row, "output", where))
            found.dialogues.append(dialogue)
            found.judgments += _judgments(row, where, dialogue)
    found.questions = list(questions.values())
    _note_oddities(found)
    return found


def _judgments(row: Row, where: str, dialogue: Dialogue) -> Iterator[Judgment]:
    """Yield the published score with the judge's words, then the other scores, which come without."""
    case, name = Case(dialogue.question, DIALOGUE, (dialogue,)), text_of(row, "judge", where)
    reply = f"strengths: {text_of(row, 'strengths', where)}\n\nweaknesses: {text_of(row, 'weaknesses', where)}"
    bank = dialogue.question.bank
    yield Judgment(case, recorded_judge(bank, name, "score"), _scores(text_of(row, "score", where)), reply)
    others = object_of(row, "other_scores", where) if "other_scores" in row else {}
    for label in others:
        judge = recorded_judge(bank, label.removesuffix(EARLIER), "score", "earlier" if label.endswith(EARLIER) else "")
        yield Judgment(case, judge, _scores(text_of(others, label, where)))


def _scores(said: str) -> Scores | Unreadable:
    """Read a score, which the judge wrote as text; a word or a number off the scale breaks the format."""
    text = said.strip()
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 10:
        return Scores(Score(int(text), 1, 10))
    return Unreadable(f"recorded score {text!r}")


def _note_oddities(found: Imported) -> None:
    empty = sum(dialogue.outcome is Outcome.EMPTY for dialogue in found.dialogues)
    unread = sum(isinstance(judgment.result, Unreadable) for judgment in found.judgments)
    earlier = sum(judgment.judge.template == "earlier" for judgment in found.judgments)
    found.notes["回答是空白，记为空回答；评判照录"] += empty
    found.notes["得分不是 1–10 的整数，记为读不出"] += unread
    found.notes["同一评委较早的得分，记为另一个评委（+earlier）"] += earlier
    found.notes = +found.notes
