"""AlignBench: Chinese questions with references; answers and GPT-4's scores per dimension in the files of its judge."""

from __future__ import annotations

from collections import Counter
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
    number_of,
    recorded_candidate,
    recorded_judge,
    text_of,
)
from judge.records import (
    DIALOGUE,
    Answer,
    Bank,
    Case,
    Dialogue,
    Judgment,
    Outcome,
    Question,
    Score,
    Scores,
    Turn,
    Unreadable,
)

OVERALL = "综合得分"
# Where AlignBench's own scripts put answers and judgments beside the questions.
FILES = ("*.jsonl*", "model_answer/*.jsonl*", "judgment/*.jsonl*")


def recognises(path: Path) -> bool:
    """Tell whether a file or folder is in this format."""
    return any(has_fields(file, ("question_id", "category", "subcategory", "question")) for file in files(path, *FILES))


def read(path: Path, dataset: str = "alignbench") -> Imported:
    """Read questions, and where the rows hold them the answers and their judgments."""
    found = Imported(banks=[Bank(dataset, title="AlignBench")])
    questions: dict[str, Question] = {}
    dialogues: dict[str, Dialogue] = {}
    repeats: Counter[str] = Counter()
    for file in files(path, *FILES):
        for where, row in json_rows(file):
            question = _question(row, where, dataset, questions, found)
            dialogue = _dialogue(row, where, question, dialogues, file)
            if dialogue and "judgment" in row:
                _judge(row, where, dialogue, repeats, found)
    found.questions, found.dialogues = list(questions.values()), list(dialogues.values())
    return found


def _question(row: Row, where: str, dataset: str, questions: dict[str, Question], found: Imported) -> Question:
    prompt = text_of(row, "question", where)
    reference = row.get("reference")
    given = isinstance(reference, str) and bool(reference.strip())
    question = Question(
        bank=dataset,
        id=id_of(row, "question_id", where),
        ability=text_of(row, "category", where),
        subcategory=text_of(row, "subcategory", where),
        turns=(Turn(prompt, str(reference), "exact") if given else Turn(prompt),),
    )
    known = questions.setdefault(question.id, question)
    if known is question:
        evidences = row.get("evidences")
        if isinstance(evidences, list) and evidences:
            found.notes["题目附有网页证据（evidences），未录入"] += 1
    elif known != question and (given or known.turns[0].prompt != prompt):
        # A row that merely leaves the reference out speaks of the same question.
        raise InputError(
            f"编号 {question.id} 已有另一道题", where=where, fix="一次只导入一个版本的题目文件；或用另一个题库名导入"
        )
    return known


def _dialogue(row: Row, where: str, question: Question, dialogues: dict[str, Dialogue], file: Path) -> Dialogue | None:
    if "answer" not in row:
        return None
    text: Json = row["answer"]
    if text is not None:
        text = text_of(row, "answer", where)
    # Judgment files are named after the model; the rows of older ones do not repeat the name.
    name = row.get("model_id") or row.get("model") or file.name.removesuffix(".gz").removesuffix(".jsonl")
    answer = Answer(question.turns[0].prompt, str(text or ""), _outcome(text))
    dialogue = Dialogue(question, recorded_candidate(question.bank, str(name)), (answer,))
    if dialogues.setdefault(dialogue.key, dialogue) != dialogue:
        raise InputError(
            f"{name} 对第 {question.id} 题已有另一份回答", where=where, fix="重新生成过的回答请换一个模型名再导入"
        )
    return dialogue


def _outcome(text: Json) -> Outcome:
    if text is None:
        return Outcome.FAILED
    return Outcome.OK if str(text).strip() else Outcome.EMPTY


def _judge(row: Row, where: str, dialogue: Dialogue, repeats: Counter[str], found: Imported) -> None:
    name = row.get("judge")
    judge = recorded_judge(
        dialogue.question.bank, name if isinstance(name, str) else "gpt-4", protocol="dimensions with reference"
    )
    result = _result(row, where, found)
    if isinstance(result, Unreadable):
        found.notes["评分记为 -1（没读出来）"] += 1
    first = Judgment(Case(dialogue.question, DIALOGUE, (dialogue,)), judge, result, text_of(row, "judgment", where))
    repeat = repeats[first.key]
    repeats[first.key] += 1
    if repeat:
        found.notes["同一回答评了不止一次，依次记为重复"] += 1
    found.judgments.append(Judgment(first.case, judge, result, first.reply, repeat))


def _result(row: Row, where: str, found: Imported) -> Scores | Unreadable:
    """Read the recorded figures; without an overall score the reply broke the agreed format."""
    rating = row.get("rating", row.get("score"))
    stars: Row = rating if isinstance(rating, dict) else {}
    if isinstance(row.get("score"), int | float):
        overall = number_of(row, "score", where)
    else:
        overall = number_of(stars, OVERALL, where)
    if overall == -1:
        return Unreadable("recorded score -1")
    if number_of({OVERALL: overall, **stars}, OVERALL, where) != overall:
        found.notes[f"{OVERALL}与 score 不同，取 score"] += 1
    dimensions = tuple(
        (name, Score(number_of(stars, name, where), 1, 10)) for name in stars if name not in (OVERALL, "")
    )
    scores = Scores(Score(overall, 1, 10), dimensions)
    if not all(1 <= score.value <= 10 for score in (Score(overall, 1, 10), *(one for _, one in dimensions))):
        found.notes["得分不在 1–10 之内，照录"] += 1
    return scores
