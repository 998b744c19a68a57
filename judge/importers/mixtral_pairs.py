"""Chinese-Mixtral: two models' answers scored by GPT-4 in one reply."""

from __future__ import annotations

from pathlib import Path

from judge.importers import (
    Imported,
    files,
    has_fields,
    id_of,
    json_rows,
    number_of,
    recorded_candidate,
    recorded_judge,
    text_of,
)
from judge.records import DIALOGUE, Answer, Bank, Case, Dialogue, Judgment, Question, Score, Scores, Turn


def recognises(path: Path) -> bool:
    """Tell whether a file or folder is in this format."""
    fields = ("question", "model_1", "response_1", "model_2", "response_2", "judge_text", "score_1", "score_2")
    return any(has_fields(file, fields) for file in files(path, "*.jsonl"))


def read(path: Path, dataset: str = "mixtral_pairs") -> Imported:
    """Read both scores of each pair as published, with the raw reply they came in."""
    found = Imported(banks=[Bank(dataset, title="Chinese-Mixtral 对比（GPT-4 同评打分）")])
    for file in files(path, "*.jsonl"):
        for where, row in json_rows(file):
            prompt = text_of(row, "question", where)
            question = Question(dataset, id_of(row, "id", where), "未标注", (Turn(prompt),))
            judge = recorded_judge(dataset, text_of(row, "judge", where), protocol="joint")
            found.questions.append(question)
            for number in (1, 2):
                candidate = recorded_candidate(dataset, text_of(row, f"model_{number}", where))
                answer = Answer(prompt, text_of(row, f"response_{number}", where))
                dialogue = Dialogue(question, candidate, (answer,))
                score = Scores(Score(number_of(row, f"score_{number}", where), 0, 10))
                case = Case(question, DIALOGUE, (dialogue,))
                found.dialogues.append(dialogue)
                found.judgments.append(Judgment(case, judge, score, reply=text_of(row, "judge_text", where)))
    return found
