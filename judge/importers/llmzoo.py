"""LLMZoo: one judge ranks four models' answers in one reply; the order shown was never swapped."""

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
    recorded_candidate,
    recorded_judge,
    text_of,
)
from judge.records import DIALOGUE, Answer, Bank, Case, Dialogue, Judgment, Question, Score, Scores, Turn


def recognises(path: Path) -> bool:
    """Tell whether a file or folder is in this format."""
    fields = ("aspect", "question", "models", "answers", "judge_text", "order")
    return any(has_fields(file, fields) for file in files(path, "*.jsonl"))


def read(path: Path, dataset: str = "llmzoo_zh") -> Imported:
    """Read each ranking as one score per dialogue: its rank, the worst rank being the minimum; an aspect is a judge."""
    found = Imported(banks=[Bank(dataset, title="LLMZoo 中文（四模型排名）", complete=False)])
    held: dict[tuple[str, str], Dialogue] = {}
    for file in files(path, "*.jsonl"):
        for where, row in json_rows(file):
            judge = recorded_judge(dataset, text_of(row, "judge", where), "ranking", text_of(row, "aspect", where))
            dialogues = _dialogues(row, where, dataset, held)
            ranks = [rank for rank in list_of(row, "order", where) if isinstance(rank, int | float)]
            if len(ranks) != len(dialogues):
                raise InputError("order 的名次数与模型数不同", where=where, fix="每个模型一个名次")
            for dialogue, rank in zip(dialogues, ranks, strict=True):
                case = Case(dialogue.question, DIALOGUE, (dialogue,))
                scores = Scores(Score(rank, len(ranks), 1))
                found.judgments.append(Judgment(case, judge, scores, reply=text_of(row, "judge_text", where)))
    found.dialogues = list(held.values())
    found.questions = list({dialogue.question.key: dialogue.question for dialogue in found.dialogues}.values())
    return found


def _dialogues(row: Row, where: str, dataset: str, held: dict[tuple[str, str], Dialogue]) -> list[Dialogue]:
    """Return the dialogues a ranking is on; all aspects of one question judge the same ones."""
    models, answers = list_of(row, "models", where), list_of(row, "answers", where)
    prompt, number = text_of(row, "question", where), id_of(row, "question_id", where)
    question = Question(dataset, number, text_of(row, "category", where), (Turn(prompt),))
    dialogues = []
    for model, answer in zip(models, answers, strict=True):
        if not isinstance(model, str) or not isinstance(answer, str):
            raise InputError("models 与 answers 里应全是文字", where=where, fix="改正这一行")
        dialogue = Dialogue(question, recorded_candidate(dataset, model), (Answer(prompt, answer),))
        if held.setdefault((number, model), dialogue) != dialogue:
            raise InputError(f"第 {number} 题 {model} 的回答与前面的不同", where=where, fix="换一个题号")
        dialogues.append(held[number, model])
    return dialogues
