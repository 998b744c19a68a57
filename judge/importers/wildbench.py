"""WildBench: scores with strengths and weaknesses, two judges on the same answers; the questions are not in the files."""

from __future__ import annotations

from pathlib import Path

from judge.errors import InputError
from judge.identity import Json
from judge.importers import (
    Imported,
    Row,
    files,
    has_fields,
    id_of,
    json_rows,
    object_of,
    recorded_candidate,
    recorded_judge,
    text_of,
)
from judge.records import DIALOGUE, Answer, Bank, Case, Dialogue, Judgment, Outcome, Question, Score, Scores

FIELDS = ("id", "model", "output", "judge", "score", "strengths", "weaknesses")

EARLIER = " earlier judgment"


def recognises(path: Path) -> bool:
    """Tell whether a file or folder is in this format."""
    return any(has_fields(file, FIELDS) for file in files(path, "*.jsonl*"))


def read(path: Path, dataset: str = "wildbench") -> Imported:
    """Read answers and every judge's score; a judge's earlier score of the same answer is kept as a repeat."""
    found = Imported(banks=[Bank(dataset, title="WildBench（题面未公布）")])
    questions: dict[str, Question] = {}
    for file in files(path, "*.jsonl*"):
        for where, row in json_rows(file):
            number = id_of(row, "id", where)
            question = questions.setdefault(number, Question(dataset, number, "未标注", ()))
            text = text_of(row, "output", where)
            outcome = Outcome.OK if text.strip() else Outcome.EMPTY
            candidate = recorded_candidate(dataset, text_of(row, "model", where))
            dialogue = Dialogue(question, candidate, (Answer(None, text, outcome),))
            found.dialogues.append(dialogue)
            found.judgments += _judgments(row, where, dialogue, dataset, found)
    found.questions = list(questions.values())
    return found


def _judgments(row: Row, where: str, dialogue: Dialogue, dataset: str, found: Imported) -> list[Judgment]:
    case = Case(dialogue.question, DIALOGUE, (dialogue,))
    name = text_of(row, "judge", where)
    reply = f"优点：{text_of(row, 'strengths', where)}\n不足：{text_of(row, 'weaknesses', where)}"
    judge = recorded_judge(dataset, name, protocol="checklist")
    judgments = [Judgment(case, judge, _score(row["score"], where), reply=reply)]
    others = object_of(row, "other_scores", where) if row.get("other_scores") else {}
    for other, score in others.items():
        earlier = other.removesuffix(EARLIER)
        if earlier == name:
            found.notes["同一评委此前的得分，照录为重复"] += 1
        again = recorded_judge(dataset, earlier, protocol="checklist")
        judgments.append(Judgment(case, again, _score(score, where), repeat=int(earlier == name)))
    return judgments


def _score(said: Json, where: str) -> Scores:
    try:
        return Scores(Score(float(str(said)), 1, 10))
    except ValueError as error:
        raise InputError(f"score 应是 1–10 的数，却是 {said!r}", where=where, fix="改正这一行") from error
