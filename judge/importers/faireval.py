"""FairEval: the Vicuna questions, several models' answers, and people's verdict on one pair of them."""

from __future__ import annotations

from pathlib import Path

from judge.errors import InputError
from judge.importers import (
    Imported,
    Row,
    files,
    has_fields,
    json_rows,
    list_of,
    new_id,
    object_of,
    recorded_dialogue,
    text_of,
)
from judge.records import DIALOGUE, Bank, Case, Dialogue, HumanVerdict, Question, Side, Turn, Verdict

FIELDS = ("id", "category", "question", "answers", "human_pair", "human_verdict")


def recognises(path: Path) -> bool:
    """Tell whether a file or folder is in this format."""
    return any(has_fields(file, FIELDS) for file in files(path, "*.jsonl*"))


def read(path: Path, dataset: str = "faireval") -> Imported:
    """Read the answers of all models, and the verdicts as a census; no judge's output is released."""
    found = Imported(banks=[Bank(dataset, title="FairEval：Vicuna 80 题")])
    seen: set[str] = set()
    for file in files(path, "*.jsonl*"):
        for where, row in json_rows(file):
            turn = Turn(text_of(row, "question", where))
            question = Question(dataset, new_id(row, "id", where, seen), text_of(row, "category", where), (turn,))
            dialogues = _dialogues(row, where, question)
            found.questions.append(question)
            found.dialogues += dialogues.values()
            found.human_verdicts.append(_human(row, where, dialogues))
    return found


def _dialogues(row: Row, where: str, question: Question) -> dict[str, Dialogue]:
    answers = object_of(row, "answers", where)
    return {name: recorded_dialogue(question, name, text_of(answers, name, where)) for name in answers}


def _human(row: Row, where: str, dialogues: dict[str, Dialogue]) -> HumanVerdict:
    pair = [name for name in list_of(row, "human_pair", where) if isinstance(name, str) and name in dialogues]
    if len(set(pair)) != 2:
        raise InputError("human_pair 应是两个不同的、有回答的模型", where=where, fix="写成 answers 里的两个名字")
    winner = text_of(row, "human_verdict", where)
    if winner not in (*pair, "tie"):
        raise InputError(f"不认识的胜者 {winner}", where=where, fix="应是 human_pair 里的一个，或 tie")
    one, two = (dialogues[name] for name in pair)
    # How the annotators saw the two answers is not documented.
    case = Case(one.question, DIALOGUE, (one, two), placement_known=False)
    if winner == "tie":
        return HumanVerdict(case, "FairEval 标注者", Verdict(Side.TIE, 0), probability=1.0)
    side = Side.FIRST if winner == pair[0] else Side.SECOND
    return HumanVerdict(case, "FairEval 标注者", Verdict(side), probability=1.0)
