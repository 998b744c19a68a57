"""LLMEval-2: Chinese questions answered by many models, every answer starred by GPT-4 and by people."""

from __future__ import annotations

from pathlib import Path

from judge.importers import (
    Imported,
    Row,
    files,
    has_fields,
    json_rows,
    list_of,
    number_of,
    object_of,
    recorded_candidate,
    recorded_judge,
    text_of,
)
from judge.records import DIALOGUE, Answer, Bank, Case, Dialogue, HumanVerdict, Judgment, Question, Score, Scores, Turn

# Full marks per dimension; a total counts from 0 (the publishers' score is stars obtained / full stars).
STARS = {
    "objective": {"correctness": 3, "explanation_correctness": 2},
    "subjective": {"fluency": 3, "accuracy": 5, "logicality": 3, "informativeness": 3},
}


def recognises(path: Path) -> bool:
    """Tell whether a file or folder is in this format."""
    return any(
        has_fields(file, ("question_id", "discipline", "messages", "human", "gpt4")) for file in files(path, "*.jsonl*")
    )


def read(path: Path, dataset: str = "llmeval2") -> Imported:
    """Read dialogues with GPT-4's stars as judgments and people's stars as a census of human verdicts."""
    found = Imported(banks=[Bank(dataset, title="LLMEval-2 中文问答（部分学科）")])
    judge = recorded_judge(dataset, "gpt-4", protocol="stars")
    questions: dict[str, Question] = {}
    for file in files(path, "*.jsonl*"):
        for where, row in json_rows(file):
            dialogue = _dialogue(row, where, dataset, questions, found)
            case = Case(dialogue.question, DIALOGUE, (dialogue,))
            kind = text_of(row, "type", where)
            found.dialogues.append(dialogue)
            found.judgments.append(Judgment(case, judge, _stars(row, "gpt4", kind, where)))
            found.human_verdicts.append(
                HumanVerdict(case, "LLMEval-2 标注者", _stars(row, "human", kind, where), probability=1.0)
            )
            stars = object_of(row, "human", where)
            if stars.get("correctness") == 2:
                found.notes["人工 correctness 为 2（按说明只应是 1 或 3），照录"] += 1
    found.questions = list(questions.values())
    return found


def _dialogue(row: Row, where: str, dataset: str, questions: dict[str, Question], found: Imported) -> Dialogue:
    """Make the dialogue of a row; the first model's user text stands for the question, others are noted."""
    messages = [m for m in list_of(row, "messages", where) if isinstance(m, dict)]
    prompt, text = (text_of(message, "content", where) for message in messages)
    question_id = text_of(row, "question_id", where)
    reference = row.get("reference")
    question = questions.setdefault(
        question_id,
        Question(
            bank=dataset,
            id=question_id,
            ability=text_of(row, "discipline", where),
            subcategory=text_of(row, "type", where),
            turns=(
                Turn(prompt, reference, "exact" if row["type"] == "objective" else "rubric")
                if isinstance(reference, str)
                else Turn(prompt),
            ),
        ),
    )
    if question.turns[0].prompt != prompt:
        found.notes["用户原话与该题第一次出现时不同，照录并标记"] += 1
    candidate = recorded_candidate(dataset, text_of(row, "model", where))
    return Dialogue(question, candidate, (Answer(prompt, text),))


def _stars(row: Row, rater: str, kind: str, where: str) -> Scores:
    full = STARS[kind]
    stars = object_of(row, rater, where)
    dimensions = tuple((name, Score(number_of(stars, name, where), 0, most)) for name, most in full.items())
    total = sum(score.value for _, score in dimensions)
    return Scores(Score(total, 0, sum(full.values())), dimensions)
