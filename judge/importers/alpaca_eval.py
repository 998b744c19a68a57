"""AlpacaEval: outputs, and a judge's preference between a baseline's and a model's, from 1 to 2.

Two layouts are read: AlpacaEval's own (annotations.json and model_outputs.json, where the instruction is the only name of
a question), and one file of questions with the baseline's outputs beside one file per model.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Literal, TypeAlias

from judge.errors import InputError
from judge.identity import content_hash
from judge.importers import (
    Imported,
    Row,
    files,
    head,
    id_of,
    json_rows,
    list_of,
    number_of,
    open_text,
    parse_object,
    recorded_dialogue,
    recorded_judge,
    text_of,
)
from judge.records import DIALOGUE, Bank, Case, Dialogue, Judgment, Question, Side, Turn, Unreadable, Verdict

Kind: TypeAlias = Literal["questions", "preferences", "annotations", "outputs"]

# The kinds of file by the fields of their rows, in the order in which they are read.
KINDS: dict[Kind, set[str]] = {
    "questions": {"id", "dataset", "instruction", "baseline", "baseline_output"},
    "outputs": {"instruction", "output", "generator"},
    "annotations": {"instruction", "output_1", "output_2", "generator_1", "generator_2", "preference"},
    "preferences": {"id", "model", "output", "preference"},
}
FILES = ("*.jsonl*", "*.json")
JUDGE = "weighted_alpaca_eval_gpt4_turbo"  # the annotator of AlpacaEval 2, where the rows do not name one


def recognises(path: Path) -> bool:
    """Tell whether a file or folder is in this format."""
    return any(_kind(file) for file in files(path, *FILES))


def _kind(file: Path) -> Kind | None:
    fields = _first(file).keys()
    return next((kind for kind, needed in KINDS.items() if needed <= fields), None)


def _first(file: Path) -> Row:
    """Return the first row of a JSONL file or of a JSON list, without reading the list whole."""
    if rows := head(file):
        return rows[0]
    try:
        start = "\n".join(islice(open_text(file), 200)).lstrip()
        row = json.JSONDecoder().raw_decode(start[1:].lstrip())[0] if start.startswith("[") else {}
    except (InputError, ValueError, RecursionError):
        return {}
    return row if isinstance(row, dict) else {}


def _rows(file: Path) -> Iterator[tuple[str, Row]]:
    """Yield the rows of a JSONL file, or of a JSON list numbered from 1."""
    if head(file):
        yield from json_rows(file)
        return
    whole = parse_object(f'{{"rows": {" ".join(open_text(file))}}}', str(file))
    for number, row in enumerate(list_of(whole, "rows", str(file)), 1):
        where = f"{file} 第 {number} 条"
        if not isinstance(row, dict):
            raise InputError(f"应是一个 JSON 对象，却是 {type(row).__name__}", where=where, fix="列表里每条写成 {…}")
        yield where, row


def read(path: Path, dataset: str = "alpaca_eval") -> Imported:
    """Read outputs and preferences; the baseline is stored first, but which output the judge saw first is not known."""
    reading = _Reading(dataset)
    kinds = _kinds(path, reading.found)
    add = {
        "questions": reading.add_question,
        "outputs": reading.add_output,
        "annotations": reading.add_annotation,
        "preferences": reading.add_preference,
    }
    for kind in KINDS:
        for file in (file for file, its_kind in kinds.items() if its_kind == kind):
            for where, row in _rows(file):
                add[kind](row, where)
    found = reading.found
    found.questions, found.dialogues = list(reading.questions.values()), list(reading.dialogues.values())
    if path.is_dir() and (tables := len(list(path.glob("*.csv")))):
        found.notes["公布的排行榜（*.csv）不是记录，未读"] += tables
    return found


def _kinds(path: Path, found: Imported) -> dict[Path, Kind]:
    """Sort the files by kind; one model's file alone needs the questions that stand beside it."""
    sorted_files: dict[Path, Kind] = {}
    for file in files(path, *FILES):
        if kind := _kind(file):
            sorted_files[file] = kind
        elif path.is_file():
            raise InputError(
                "第一行不是 AlpacaEval 的题目、输出或偏好",
                where=f"{file} 第 1 行",
                fix="应有 instruction、output、generator，或 id、model、output、preference 等字段",
            )
        else:
            found.notes["文件不是 AlpacaEval 的格式，未读"] += 1
    if "preferences" in sorted_files.values() and "questions" not in sorted_files.values():
        folder = path if path.is_dir() else path.parent
        beside = next((file for file in files(folder, "*.jsonl*") if _kind(file) == "questions"), None)
        if beside is None:
            raise InputError("没有题目文件", where=str(path), fix=f"把 questions.jsonl 放进 {folder}")
        sorted_files[beside] = "questions"
    return sorted_files


class _Reading:
    """The records so far: questions by id, dialogues by question and model, and how often each pair was judged."""

    def __init__(self, dataset: str) -> None:
        self.dataset = dataset
        self.found = Imported(banks=[Bank(dataset, title="AlpacaEval")])
        self.questions: dict[str, Question] = {}
        self.dialogues: dict[tuple[str, str], Dialogue] = {}
        self.baselines: dict[str, Dialogue] = {}
        self.calls: Counter[tuple[str, ...]] = Counter()

    def add_question(self, row: Row, where: str) -> None:
        asked = Question(
            self.dataset,
            id_of(row, "id", where),
            text_of(row, "dataset", where),
            (Turn(text_of(row, "instruction", where)),),
        )
        if asked.id in self.questions:
            raise InputError(f"编号 {asked.id} 已有一道题", where=where, fix="一个编号只能有一道题")
        self.questions[asked.id] = asked
        self.baselines[asked.id] = self._dialogue(row, "baseline", "baseline_output", asked, where)

    def add_preference(self, row: Row, where: str) -> None:
        question = self.questions.get(id_of(row, "id", where))
        if question is None:
            raise InputError(f"没有编号为 {row['id']} 的题", where=where, fix="题目与输出应出自同一批文件")
        model = self._dialogue(row, "model", "output", question, where)
        self._judge(row, where, (self.baselines[question.id], model))

    def add_output(self, row: Row, where: str) -> None:
        self._dialogue(row, "generator", "output", self._by_instruction(row, where), where)

    def add_annotation(self, row: Row, where: str) -> None:
        question = self._by_instruction(row, where)
        baseline, model = (
            self._dialogue(row, f"generator_{side}", f"output_{side}", question, where) for side in (1, 2)
        )
        self._judge(row, where, (baseline, model))

    def _by_instruction(self, row: Row, where: str) -> Question:
        """Find the question of an instruction, which names it: AlpacaEval's own files have no ids."""
        prompt = text_of(row, "instruction", where)
        question_id = content_hash("instruction", prompt)
        if question_id not in self.questions:
            ability = text_of(row, "dataset", where) if "dataset" in row else "未标注"
            self.questions[question_id] = Question(self.dataset, question_id, ability, (Turn(prompt),))
        return self.questions[question_id]

    def _dialogue(self, row: Row, model: str, output: str, question: Question, where: str) -> Dialogue:
        name = text_of(row, model, where)
        dialogue = recorded_dialogue(question, name, text_of(row, output, where))
        if self.dialogues.setdefault((question.id, name), dialogue) != dialogue:
            raise InputError(
                f"{name} 对第 {question.id} 题已有另一份回答",
                where=where,
                fix="另一次生成的回答请换一个模型名再导入",
            )
        return self.dialogues[question.id, name]

    def _judge(self, row: Row, where: str, pair: tuple[Dialogue, Dialogue]) -> None:
        if pair[0] is pair[1]:
            raise InputError("模型与基线同名", where=where, fix="同一个模型的两份输出不能互比，换一个名字")
        name = text_of(row, "annotator", where) if "annotator" in row else JUDGE
        judge = recorded_judge(self.dataset, name, protocol="soft preference")
        call = (pair[0].question.id, *(dialogue.candidate.name for dialogue in pair), name)
        repeat = self.calls[call]
        self.calls[call] += 1
        if repeat:
            self.found.notes["同一对回答评了不止一次，依次记为重复"] += 1
        case = Case(pair[0].question, DIALOGUE, pair, placement_known=False)
        said = row.get("raw_completion")
        reply = said if isinstance(said, str) else None
        self.found.judgments.append(Judgment(case, judge, self._verdict(row, where), reply, repeat))

    def _verdict(self, row: Row, where: str) -> Verdict | Unreadable:
        """Turn a preference into a soft verdict: 1 is the baseline, 2 the model, between them the judge's weight."""
        if "preference" in row and row["preference"] is None:
            self.found.notes["偏好为空（评委没给出可用的判定）"] += 1
            return Unreadable("recorded preference null")
        preference = number_of(row, "preference", where)
        if preference == 0:
            # Early AlpacaEval wrote a draw as 0, and its own scripts still read it so.
            self.found.notes["偏好为 0，按 AlpacaEval 旧规则作平"] += 1
            preference = 1.5
        if not 1 <= preference <= 2:
            raise InputError(f"preference 应在 1 到 2 之间，却是 {preference:g}", where=where, fix="1 基线好，2 模型好")
        shares = (2 - preference, 0.0, preference - 1)
        if preference == 1.5:
            return Verdict(Side.TIE, 0, shares)
        return Verdict(Side.FIRST if preference < 1.5 else Side.SECOND, 1, shares)
