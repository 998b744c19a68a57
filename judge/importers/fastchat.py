"""FastChat / MT-Bench: questions, answers, reference answers, single and pair judgments, by folder or by file.

A judgment holds the prompt shown to the judge, and in it the user turns and the answers. Judgment files are often published
alone, so questions and dialogues are recovered from the prompts as far as their layout leaves no doubt.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import NamedTuple

from judge.errors import InputError
from judge.importers import (
    Imported,
    Row,
    files,
    head,
    id_of,
    json_rows,
    list_of,
    number_of,
    recorded_candidate,
    recorded_judge,
    text_of,
)
from judge.records import (
    Answer,
    Bank,
    Case,
    Dialogue,
    Judge,
    Judgment,
    Outcome,
    Question,
    Result,
    Scope,
    Score,
    Scores,
    Side,
    Turn,
    Unreadable,
    Verdict,
)

# Where FastChat puts its files beside question.jsonl, and the fields that tell them apart.
FILES = ("*.jsonl*", "model_answer/*.jsonl*", "reference_answer/*.jsonl*", "model_judgment/*.jsonl*")
KINDS = {
    "question": {"question_id", "category", "turns"},
    "answer": {"question_id", "model_id", "choices"},
    "single": {"question_id", "model", "judge", "judgment", "score"},
    "pair": {"question_id", "model_1", "model_2", "judge", "g1_winner", "g2_winner"},
}
TITLES = {"mt_bench": "MT-Bench", "mt_bench_zh": "MT-Bench 中文版"}
# The published layout of MT-Bench: two turns each, ten questions of each category from 81 on.
CATEGORIES = ("writing", "roleplay", "reasoning", "math", "coding", "extraction", "stem", "humanities")
MT_BENCH = {str(81 + place): CATEGORIES[place // 10] for place in range(80)}
API_ERROR = "$ERROR$"  # what FastChat writes where the model's endpoint failed

Placed = tuple[Path, str, Row]  # a row, its file, and where it stands for an error to name
Transcript = tuple[Answer, ...]


def recognises(path: Path) -> bool:
    """Tell whether a file or folder is in this format."""
    return any(_kind(file) for file in files(path, *FILES))


def _kind(file: Path) -> str | None:
    first = next(iter(head(file)), {})
    if not isinstance(first.get("turns", []), list):
        return None  # another format, which counts turns
    return next((kind for kind, fields in KINDS.items() if fields <= first.keys()), None)


def read(path: Path, dataset: str = "mt_bench") -> Imported:
    """Read what is there; judgments pair with their questions by the bank's name."""
    rows = _rows_by_kind(files(path, *FILES))
    beside = {} if rows["question"] else _beside(path)
    asked = rows["question"] + beside.get("question", [])
    if dataset == "mt_bench" and any(str(row.get("category", "")).startswith("zh_") for _, _, row in asked):
        dataset = "mt_bench_zh"
    reading = _Reading(dataset)
    for placed in asked:
        reading.add_question(placed)
    calls = list(_calls(rows))
    for call in [*calls, *_calls(beside)]:
        reading.hear(call)
    for placed in rows["answer"]:
        reading.add_answers(placed)
    for call in calls:
        reading.hold(call)
    reading.build_dialogues()
    for call in calls:
        reading.add_judgment(call)
    return reading.found


def _rows_by_kind(paths: list[Path]) -> dict[str, list[Placed]]:
    rows: dict[str, list[Placed]] = {kind: [] for kind in KINDS}
    for file in paths:
        if kind := _kind(file):
            rows[kind] += ((file, where, row) for where, row in json_rows(file))
    return rows


def _beside(path: Path) -> dict[str, list[Placed]]:
    """Look for the questions next to files without them: in question.jsonl, else in the prompts of the other files."""
    folder = path if path.is_dir() else path.parent
    for near in (folder / "question.jsonl", folder.parent / "question.jsonl"):
        if near.is_file() and _kind(near) == "question":
            return _rows_by_kind([near])
    return _rows_by_kind([file for file in files(folder, "*.jsonl*") if file != path]) if path.is_file() else {}


# ── judge calls ───────────────────────────────────────────────────────────────────────────────────────────────────────

# The lines that divide a prompt, with a letter for each: q the user's, a and b the answers', r the reference's, s and e
# the start and end of a part. Only a prompt whose letters come in the order of its template is taken apart.
ONE_TURN = re.compile(
    r"^\[(?:(?P<q>(?:User )?Question)|The (?P<e>End) of (?:Reference|Assistant(?: [AB])?'s) Answer"
    r"|The Start of (?:(?P<r>Reference)|(?P<a>Assistant(?: A)?'s)|(?P<b>Assistant B's)) Answer)\]$",
    re.MULTILINE,
)
MORE_TURNS = re.compile(
    r"^(?:<\|The (?:(?P<s>Start)|(?P<e>End)) of (?:Reference Answer|Assistant [AB]'s Conversation with User)\|>"
    r"|### (?:(?P<q>User)|(?P<r>Reference answer)|(?P<a>Assistant A)|(?P<b>Assistant B)):)$",
    re.MULTILINE,
)
ORDER = {ONE_TURN: re.compile("q(re)?ae(be)?"), MORE_TURNS: re.compile("(s(qr)+e)?s(qa)+e(s(qb)+e)?")}


class Call(NamedTuple):
    """One judge call: the models in the order shown, and their dialogues as far as the prompt tells them."""

    question: str
    turn: int
    models: tuple[str, ...]
    shown: tuple[Transcript, ...]
    judge: tuple[str, str]  # name and template
    result: Result
    reply: str


def _calls(rows: dict[str, list[Placed]]) -> Iterator[Call]:
    for _, where, row in rows.get("single", []):
        score = number_of(row, "score", where)
        result = Unreadable("recorded score -1") if score == -1 else Scores(Score(score, 1, 10))
        yield _call(row, where, (text_of(row, "model", where),), "", result)
    for _, where, row in rows.get("pair", []):
        one, two = text_of(row, "model_1", where), text_of(row, "model_2", where)
        yield _call(row, where, (one, two), "g1_", _verdict(row, "g1_winner", where, first="model_1"))
        yield _call(row, where, (two, one), "g2_", _verdict(row, "g2_winner", where, first="model_2"))


def _verdict(row: Row, name: str, where: str, *, first: str) -> Verdict | Unreadable:
    """Turn a winner, which the file maps back to models, into the side it stood on."""
    winner = text_of(row, name, where)
    if winner not in ("model_1", "model_2", "tie", "error"):
        raise InputError(f"不认识的胜者 {winner}", where=where, fix="应是 model_1、model_2、tie 或 error")
    if winner == "error":
        return Unreadable("recorded error")
    return Verdict(Side.TIE, 0) if winner == "tie" else Verdict(Side.FIRST if winner == first else Side.SECOND)


def _call(row: Row, where: str, models: tuple[str, ...], game: str, result: Result) -> Call:
    question, turn = id_of(row, "question_id", where), int(number_of(row, "turn", where))
    judge, prompt = _texts(row, "judge", where), row.get(game + "user_prompt")
    if len(judge) != 2:
        raise InputError("judge 应是 [名字, 模板]", where=where, fix='写成 ["gpt-4", "single-v1"] 的样子')
    shown = transcripts(prompt) if isinstance(prompt, str) else ()
    if len(shown) != len(models) or any(len(transcript) != turn for transcript in shown):
        shown = ((),) * len(models)
    return Call(question, turn, models, shown, (judge[0], judge[1]), result, text_of(row, game + "judgment", where))


def transcripts(prompt: str) -> tuple[Transcript, ...]:
    """Recover the dialogues a judge's prompt shows; none where its layout leaves a doubt."""
    lines = MORE_TURNS if "<|The Start of " in prompt else ONE_TURN
    marks = list(lines.finditer(prompt))
    if not ORDER[lines].fullmatch("".join(str(mark.lastgroup) for mark in marks)):
        return ()
    shown: dict[str, list[Answer]] = {"a": [], "b": []}
    asked = ""
    for mark, following in pairwise(marks):
        # Before the end of a single turn's answer the template breaks one line; elsewhere it leaves a blank one.
        gap = "\n" if lines is ONE_TURN and following.lastgroup == "e" else "\n\n"
        body = prompt[mark.end() + 1 : following.start()].removesuffix(gap)
        if mark.lastgroup == "q":
            asked = body
        elif mark.lastgroup in shown:
            shown[mark.lastgroup].append(_answer(asked, body))
    return tuple(tuple(answers) for answers in shown.values() if answers)


def _answer(prompt: str | None, text: str) -> Answer:
    outcome = Outcome.OK if text.strip() else Outcome.EMPTY
    return Answer(prompt, text, Outcome.FAILED if text == API_ERROR else outcome)


def _texts(row: Row, name: str, where: str) -> list[str]:
    items = list_of(row, name, where)
    texts = [item for item in items if isinstance(item, str)]
    if len(texts) != len(items):
        raise InputError(f"{name} 里应全是文字", where=where, fix=f"把 {name} 写成一列文字")
    return texts


# ── records ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Reading:
    """The records so far, and for each question and model the dialogues seen (sample -> answers)."""

    def __init__(self, dataset: str) -> None:
        self.dataset = dataset
        self.found = Imported(banks=[Bank(dataset, title=TITLES.get(dataset, dataset))])
        self.questions: dict[str, Question] = {}
        self.heard: dict[str, Transcript] = {}
        self.held: dict[tuple[str, str], dict[int, Transcript]] = {}
        self.dialogues: dict[tuple[str, str, int], Dialogue] = {}
        self.calls: Counter[str] = Counter()

    def add_question(self, placed: Placed) -> None:
        _, where, row = placed
        prompts = _texts(row, "turns", where)
        known = _texts(row, "reference", where) if row.get("reference") is not None else []
        if known and self.dataset == "mt_bench":
            # Judgments published alone give back the turns but not these; a question must be one record either way.
            self.found.notes["题目自带的参考要点未录入（与只凭评判文件复原的题目保持一致）"] += 1
            known = []
        turns = tuple(
            Turn(prompt, reference, "exact") if reference else Turn(prompt)
            for prompt, reference in zip_longest(prompts, known[: len(prompts)])
        )
        question = Question(self.dataset, id_of(row, "question_id", where), text_of(row, "category", where), turns)
        if self.questions.setdefault(question.id, question) != question:
            raise InputError(f"编号 {question.id} 已有另一道题", where=where, fix="一个编号只能有一道题")

    def hear(self, call: Call) -> None:
        """Remember the longest dialogue shown, for the user turns of a question that no file states."""
        self.heard[call.question] = max(self.heard.get(call.question, ()), *call.shown, key=len)

    def question(self, question_id: str) -> Question:
        if question_id not in self.questions:
            turns = tuple(Turn(answer.prompt or "") for answer in self.heard.get(question_id, ()))
            known = MT_BENCH if self.dataset == "mt_bench" else {}
            ability = known.get(question_id, "未标注")
            self.questions[question_id] = Question(self.dataset, question_id, ability, turns)
            whole = len(turns) >= (2 if question_id in known else 1)
            note = "题目由评委提示词复原" if whole else "题面不全或没有公布（与 question.jsonl 放在一起可补全）"
            self.found.notes[note] += 1
        return self.questions[question_id]

    def add_answers(self, placed: Placed) -> None:
        file, where, row = placed
        question = self.question(id_of(row, "question_id", where))
        model = text_of(row, "model_id", where)
        if file.parent.name == "reference_answer":
            model = f"reference:{model}"
        held = self.held.setdefault((question.id, model), {})
        for place, choice in enumerate(list_of(row, "choices", where)):
            if not isinstance(choice, dict):
                raise InputError("choices 里应是对象", where=where, fix="每份回答写成 {index, turns}")
            sample = int(number_of(choice, "index", where)) if "index" in choice else place
            texts = _texts(choice, "turns", where)
            asked = [turn.prompt for turn in question.turns][: len(texts)]
            answers = tuple(_answer(prompt, text or "") for prompt, text in zip_longest(asked, texts))
            if held.setdefault(sample, answers) != answers:
                raise InputError(f"{model} 对 {question.id} 已有另一份回答", where=where, fix="一题一个模型只留一行")

    def hold(self, call: Call) -> None:
        """Keep the dialogues a prompt showed; a text unlike those known is another sample of that model."""
        for model, transcript in zip(call.models, call.shown, strict=True):
            samples = self.held.setdefault((call.question, model), {})
            sample = _sample(samples, transcript)
            if samples and sample not in samples:
                self.found.notes["评委所见的回答与先前的不同，另记为一份样本"] += 1
            samples[sample] = max(samples.get(sample, ()), transcript, key=len)

    def build_dialogues(self) -> None:
        for (question_id, model), samples in self.held.items():
            question = self.question(question_id)
            candidate = recorded_candidate(self.dataset, model)
            for sample, answers in samples.items():
                if any(answer.prompt != turn.prompt for answer, turn in zip(answers, question.turns, strict=False)):
                    self.found.notes["用户原话与题目不同，照录并标记"] += 1
                self.dialogues[question_id, model, sample] = Dialogue(question, candidate, answers, sample)
        self.found.questions, self.found.dialogues = list(self.questions.values()), list(self.dialogues.values())

    def add_judgment(self, call: Call) -> None:
        dialogues = tuple(
            self.dialogues[call.question, model, _sample(self.held[call.question, model], transcript)]
            for model, transcript in zip(call.models, call.shown, strict=True)
        )
        case = Case(self.questions[call.question], Scope(call.turn), dialogues)
        judgment = Judgment(case, self._judge(call), call.result, call.reply)
        repeat = self.calls[judgment.key]
        self.calls[judgment.key] += 1
        if repeat:
            self.found.notes["同一回答评了不止一次，依次记为重复"] += 1
        self.found.judgments.append(replace(judgment, repeat=repeat))

    def _judge(self, call: Call) -> Judge:
        """Name the judge; the templates of a protocol differ by kind of question and turn only, so they are one judge."""
        name, template = call.judge
        self.found.notes[f"评判模板 {template}"] += 1
        match call.result:
            case Unreadable(reason):
                self.found.notes[f"没读出来（{reason}）"] += 1
            case Scores(overall=Score(value)) if not 1 <= value <= 10:
                self.found.notes["得分不在 1–10 之内，照录"] += 1
        protocol, label = ("single", "") if len(call.models) == 1 else ("pair", "pair")
        return recorded_judge(self.dataset, name, protocol, label)


def _sample(samples: dict[int, Transcript], transcript: Transcript) -> int:
    """Find the sample whose answers these are, as far as both go; a number not yet taken where there is none."""
    for sample, known in samples.items():
        if all(ours.text == theirs.text for ours, theirs in zip(known, transcript, strict=False)):
            return sample
    return max(samples, default=-1) + 1
