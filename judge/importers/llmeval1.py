"""LLMEval-1: GPT-4's scores per metric; neither questions nor answers are published."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

from judge.errors import InputError
from judge.importers import Imported, files, open_text, recorded_candidate, recorded_judge
from judge.records import DIALOGUE, Bank, Case, Dialogue, Judgment, Question, Score, Scores

FIELDS = ("question_uuid", "llm_name", "metric", "score")


def recognises(path: Path) -> bool:
    """Tell whether a file or folder is in this format."""
    return any(_is_ours(file) for file in _tables(path))


def read(path: Path, dataset: str = "llmeval1") -> Imported:
    """Read scores; what was scored twice is kept as a repeat."""
    found = Imported(banks=[Bank(dataset, title="LLMEval-1（只公布分数）")])
    questions: dict[str, Question] = {}
    marks: dict[tuple[str, str], dict[str, list[Score]]] = defaultdict(lambda: defaultdict(list))
    for file in _tables(path):
        if not _is_ours(file):
            found.notes[f"公布的成绩表不是记录，未读：{file.name}"] += 1
            continue
        for number, row in enumerate(csv.DictReader(open_text(file)), 2):
            question, model, metric, score = (row[name] for name in FIELDS)
            ability = question.rpartition("_")[0]
            questions.setdefault(question, Question(dataset, question, ability, ()))
            marks[question, model][metric].append(Score(_value(score, f"{file} 第 {number} 行"), 1, 3))
    judge = recorded_judge(dataset, "gpt-4", protocol="metrics")
    found.questions = list(questions.values())
    for (question, model), metrics in marks.items():
        dialogue = Dialogue(questions[question], recorded_candidate(dataset, model), ())
        found.dialogues.append(dialogue)
        for repeat in range(max(map(len, metrics.values()))):
            scores = tuple((metric, given[repeat]) for metric, given in metrics.items() if len(given) > repeat)
            case = Case(dialogue.question, DIALOGUE, (dialogue,))
            found.judgments.append(Judgment(case, judge, Scores(None, scores), repeat=repeat))
            if repeat:
                found.notes["同一题同一模型同一指标重复打分，照录"] += len(scores)
    return found


def _tables(path: Path) -> list[Path]:
    return [file for file in files(path, "*.csv", "*.csv.gz") if file.name.endswith((".csv", ".csv.gz"))]


def _is_ours(file: Path) -> bool:
    try:
        head = next(iter(csv.reader(open_text(file))), [])
    except InputError:
        return False
    return set(FIELDS) <= set(head)


def _value(text: str, where: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise InputError(f"score 应是数，却是 {text!r}", where=where, fix="改正这一格") from error
