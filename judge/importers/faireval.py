"""FairEval: the 80 Vicuna questions, four models' answers, people's verdict on one pair."""

from __future__ import annotations

from pathlib import Path

from judge.errors import InputError
from judge.importers import (
    Imported,
    Row,
    files,
    has_fields,
    id_of,
    json_rows,
    list_of,
    object_of,
    recorded_candidate,
    text_of,
)
from judge.records import DIALOGUE, Answer, Bank, Case, Dialogue, HumanVerdict, Question, Side, Turn, Verdict


def recognises(path: Path) -> bool:
    """Tell whether a file or folder is in this format."""
    fields = ("question", "answers", "human_pair", "human_verdict")
    return any(has_fields(file, fields) for file in files(path, "*.jsonl"))


def read(path: Path, dataset: str = "faireval") -> Imported:
    """Read answers and verdicts; the pair's order as listed stands for the order shown, which is not published."""
    found = Imported(banks=[Bank(dataset, title="FairEval（Vicuna 80 题）")])
    for file in files(path, "*.jsonl"):
        for where, row in json_rows(file):
            prompt = text_of(row, "question", where)
            question = Question(dataset, id_of(row, "id", where), text_of(row, "category", where), (Turn(prompt),))
            answers = object_of(row, "answers", where)
            dialogues = {
                name: Dialogue(
                    question, recorded_candidate(dataset, name), (Answer(prompt, text_of(answers, name, where)),)
                )
                for name in answers
            }
            found.questions.append(question)
            found.dialogues += dialogues.values()
            found.human_verdicts.append(_verdict(row, where, question, dialogues))
    return found


def _verdict(row: Row, where: str, question: Question, dialogues: dict[str, Dialogue]) -> HumanVerdict:
    first, second = (str(name) for name in list_of(row, "human_pair", where))
    said = text_of(row, "human_verdict", where)
    sides = {first: Side.FIRST, second: Side.SECOND, "tie": Side.TIE}
    if said not in sides or not {first, second} <= dialogues.keys():
        raise InputError(f"human_verdict 应是 {first}、{second} 或 tie，却是 {said}", where=where, fix="改正这一行")
    case = Case(question, DIALOGUE, (dialogues[first], dialogues[second]), placement_known=False)
    verdict = Verdict(sides[said], 0 if said == "tie" else 1)
    return HumanVerdict(case, "FairEval 标注者", verdict, probability=1.0)
