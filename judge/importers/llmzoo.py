"""LLMZoo: one reply of a judge ranks four models' answers, once per aspect; the order was never swapped."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
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
    list_of,
    recorded_dialogue,
    recorded_judge,
    text_of,
)
from judge.records import DIALOGUE, Bank, Case, Dialogue, Judgment, Question, Score, Scores, Turn

FIELDS = ("aspect", "question_id", "category", "question", "models", "answers", "judge", "judge_text", "order")


def recognises(path: Path) -> bool:
    """Tell whether a file or folder is in this format."""
    return any(has_fields(file, FIELDS) for file in files(path, "*.jsonl*"))


def read(path: Path, dataset: str = "llmzoo_zh") -> Imported:
    """Read each review as one ranking per dialogue, in the order shown; the aspects judge the same dialogues."""
    found = Imported(banks=[Bank(dataset, title="LLMZoo 中文题（四模型排名）")])
    reading = _Reading(dataset)
    orders = set()
    for file in files(path, "*.jsonl*"):
        for where, row in json_rows(file):
            dialogues = reading.dialogues_of(row, where)
            orders.add(tuple(dialogue.candidate.name for dialogue in dialogues))
            found.judgments += reading.judgments_of(row, where, dialogues)
    found.questions, found.dialogues = list(reading.questions.values()), list(reading.dialogues.values())
    if len(orders) == 1:
        found.notes["各模型出场的次序从未换过，位置偏差含在名次里"] += len(found.judgments)
    if repeats := sum(judgment.repeat > 0 for judgment in found.judgments):
        found.notes["同一回答在同一方面评了不止一次，依次记为重复"] += repeats
    if path.is_dir() and (published := len(list(path.glob("*.published_metric.json")))):
        found.notes["公布的成绩表（*.published_metric.json）不是记录，未读"] += published
    return found


class _Reading:
    """The questions and dialogues so far, and how often each aspect of a question was judged."""

    def __init__(self, dataset: str) -> None:
        self.dataset = dataset
        self.questions: dict[str, Question] = {}
        self.dialogues: dict[tuple[str, str], Dialogue] = {}
        self.calls: Counter[tuple[str, ...]] = Counter()

    def dialogues_of(self, row: Row, where: str) -> list[Dialogue]:
        """Return the dialogues a row shows, in its order; raises InputError where an answer differs from an earlier row."""
        question = self._question(row, where)
        models, answers = _texts(row, "models", where), _texts(row, "answers", where)
        if len(set(models)) != len(models) or len(answers) != len(models):
            raise InputError(
                "models 与 answers 应一一对应，且不重复", where=where, fix="每个模型一份回答，次序与出场相同"
            )
        return [self._dialogue(question, *shown, where) for shown in zip(models, answers, strict=True)]

    def _question(self, row: Row, where: str) -> Question:
        turns = (Turn(text_of(row, "question", where)),)
        asked = Question(self.dataset, id_of(row, "question_id", where), text_of(row, "category", where), turns)
        if self.questions.setdefault(asked.id, asked) != asked:
            raise InputError(f"编号 {asked.id} 已有另一道题", where=where, fix="一个编号只能有一道题")
        return self.questions[asked.id]

    def _dialogue(self, question: Question, model: str, text: str, where: str) -> Dialogue:
        dialogue = recorded_dialogue(question, model, text)
        if self.dialogues.setdefault((question.id, model), dialogue) != dialogue:
            raise InputError(
                f"{model} 对 {question.id} 已有另一份回答", where=where, fix="另一次生成的回答用 --dataset 另取名字"
            )
        return self.dialogues[question.id, model]

    def judgments_of(self, row: Row, where: str, dialogues: list[Dialogue]) -> list[Judgment]:
        """Return one judgment per dialogue, each with the whole reply, which is about all of them."""
        aspect, name, reply = (text_of(row, field, where) for field in ("aspect", "judge", "judge_text"))
        # What each aspect asks is told apart as a rubric: the judge and the protocol are the same.
        judge = replace(recorded_judge(self.dataset, name, "ranking", label=aspect), rubric=aspect)
        ranks = _ranks(row, where, len(dialogues))
        judgments = []
        for dialogue, rank in zip(dialogues, ranks, strict=True):
            case = Case(dialogue.question, DIALOGUE, (dialogue,))
            call = (dialogue.question.id, dialogue.candidate.name, judge.name)
            score = Score(rank, minimum=len(dialogues), maximum=1)
            judgments.append(Judgment(case, judge, Scores(score), reply, repeat=self.calls[call]))
            self.calls[call] += 1
        return judgments


def _ranks(row: Row, where: str, count: int) -> list[int]:
    order = list_of(row, "order", where)
    ranks = [rank for rank in order if isinstance(rank, int) and not isinstance(rank, bool) and 1 <= rank <= count]
    if len(ranks) != len(order) or len(ranks) != count:
        raise InputError(f"order 应是 {count} 个 1 到 {count} 的名次", where=where, fix="每个模型一个名次，1 最好")
    return ranks


def _texts(row: Row, name: str, where: str) -> list[str]:
    items: list[Json] = list_of(row, name, where)
    texts = [item for item in items if isinstance(item, str)]
    if len(texts) != len(items):
        raise InputError(f"{name} 里应全是文字", where=where, fix=f"把 {name} 写成一列文字")
    return texts
