"""LLMEval-1: GPT-4's scores from 1 to 3 on five metrics; neither questions nor answers are published."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from judge.errors import InputError
from judge.importers import (
    Imported,
    Row,
    csv_rows,
    files,
    has_columns,
    recorded_candidate,
    recorded_judge,
    text_of,
)
from judge.records import DIALOGUE, Bank, Case, Dialogue, Judgment, Question, Score, Scores

COLUMNS = ("id", "question_uuid", "llm_name", "metric", "score")
NUMBER = re.compile(r"_?\d+$")

Dimensions = list[tuple[str, Score]]


def recognises(path: Path) -> bool:
    """Tell whether a file or folder is in this format."""
    return any(has_columns(file, COLUMNS) for file in files(path, "*.csv*"))


def read(path: Path, dataset: str = "llmeval1") -> Imported:
    """Read one row per metric and put those of one answer together; a metric scored again belongs to the next repeat."""
    found = Imported(banks=[Bank(dataset, title="LLMEval-1（GPT-4 分项得分，题目与回答未公布）")])
    tables = {file: path.is_file() or has_columns(file, COLUMNS) for file in files(path, "*.csv*")}
    scored: dict[tuple[str, str], list[Dimensions]] = {}
    times: Counter[tuple[str, str, str]] = Counter()
    for file in (file for file, ours in tables.items() if ours):
        for where, row in csv_rows(file):
            question, model, metric = (text_of(row, name, where) for name in COLUMNS[1:4])
            repeat = times[question, model, metric]
            times[question, model, metric] += 1
            if repeat:
                found.notes["同一题、同一模型、同一指标又有一个得分，记为重复评判"] += 1
            rounds = scored.setdefault((question, model), [])
            if len(rounds) == repeat:
                rounds.append([])
            rounds[repeat].append((metric, _score(row, where, found)))
    if others := len(tables) - sum(tables.values()):
        found.notes["公布的汇总表（*.csv）不是记录，未读"] += others
    _add_records(found, dataset, scored)
    return found


def _score(row: Row, where: str, found: Imported) -> Score:
    text = text_of(row, "score", where)
    try:
        value = float(text)
    except ValueError as error:
        raise InputError(f"score 应是数，却是 {text!r}", where=where, fix="写成 1 到 3 的数") from error
    if not 0 <= abs(value) < float("inf"):
        raise InputError(f"score 应是有限的数，却是 {text!r}", where=where, fix="写成 1 到 3 的数")
    if not 1 <= value <= 3:
        found.notes["得分不在 1–3 之内，照录"] += 1
    return Score(value, 1, 3)


def _add_records(found: Imported, dataset: str, scored: dict[tuple[str, str], list[Dimensions]]) -> None:
    judge = recorded_judge(dataset, "gpt-4", protocol="pointwise")
    questions: dict[str, Question] = {}
    for (question_id, model), rounds in scored.items():
        ability = NUMBER.sub("", question_id) or question_id
        question = questions.setdefault(question_id, Question(dataset, question_id, ability, ()))
        dialogue = Dialogue(question, recorded_candidate(dataset, model), ())
        case = Case(question, DIALOGUE, (dialogue,))
        found.dialogues.append(dialogue)
        for repeat, dimensions in enumerate(rounds):
            found.judgments.append(Judgment(case, judge, Scores(None, tuple(dimensions)), repeat=repeat))
    found.questions = list(questions.values())
