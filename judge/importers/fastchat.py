"""FastChat / MT-Bench: questions, answers, reference answers, single and pair judgments, in one folder or file by file.

FastChat's judgments hold the prompt shown to the judge, and in it the user turns and the answers. Judgment files are often
published alone, so questions and dialogues are recovered from there as far as the prompt's layout leaves no doubt.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from judge.importers import (
    Imported,
    Row,
    files,
    head,
    json_rows,
)
from judge.records import (
    Answer,
    Bank,
    Dialogue,
    Outcome,
    Question,
)

# Where FastChat puts its files beside question.jsonl.
FILES = ("*.jsonl*", "model_answer/*.jsonl*", "reference_answer/*.jsonl*", "model_judgment/*.jsonl*")
KINDS = {
    "question": {"question_id", "category", "turns"},
    "answer": {"question_id", "model_id", "choices"},
    "single": {"question_id", "model", "judge", "judgment", "score"},
    "pair": {"question_id", "model_1", "model_2", "judge", "g1_winner", "g2_winner"},
}
TITLES = {"mt_bench": "MT-Bench", "mt_bench_zh": "MT-Bench 中文版"}
# The published layout of MT-Bench's 80 questions: ten of each category from 81 on.
CATEGORIES = ("writing", "roleplay", "reasoning", "math", "coding", "extraction", "stem", "humanities")
API_ERROR = "$ERROR$"  # what FastChat writes where the model's endpoint failed
Transcript = tuple[Answer, ...]

Placed = tuple[Path, str, Row]  # a row, its file, and where it stands for an error to name


class Call(NamedTuple):
    """One judge call: the models in the order shown, and the dialogues its prompt showed where they can be recovered."""

    question: str
    turn: int
    models: tuple[str, ...]
    shown: list[Transcript]
    judge: Judge
    result: Result
    reply: str
    when: float | None


def recognises(path: Path) -> bool:
    """Tell whether a file or folder is in this format."""
    return any(_kind(file) for file in files(path, *FILES))


def _kind(file: Path) -> str | None:
    first = head(file)
    if not first:
        return None
    if "turns" in first[0] and ("model" in first[0] or not isinstance(first[0]["turns"], list)):
        return None  # other formats count turns, or name a model beside them
    return next((kind for kind, fields in KINDS.items() if fields <= first[0].keys()), None)


def read(path: Path, dataset: str = "mt_bench") -> Imported:
    """Read what is there; judgments pair with their questions by the bank's name."""
    rows = _rows_by_kind(files(path, *FILES))
    beside = _beside(path) if not rows["question"] else {}
    asked = rows["question"] + beside.get("question", [])
    if dataset == "mt_bench" and any(str(row.get("category", "")).startswith("zh_") for _, _, row in asked):
        dataset = "mt_bench_zh"
    reading = _Reading(dataset)
    for placed in asked:
        reading.add_question(placed)
    calls = list(_calls(rows, dataset, reading.found.notes))
    for call in [*calls, *_calls(beside, dataset, Counter())]:
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
    return _rows_by_kind([file for file in files(folder, *FILES) if file != path]) if path.is_file() else {}


# ── the prompts shown to the judge ────────────────────────────────────────────────────────────────────────────────────

# Each layout: its marker lines with one letter for each, and the order of letters that leaves no doubt.
ONE_TURN = {
    "[Question]": "q",
    "[User Question]": "q",
    "[The Start of Reference Answer]": "r",
    "[The End of Reference Answer]": ".",
    "[The Start of Assistant's Answer]": "a",
    "[The End of Assistant's Answer]": ".",
    "[The Start of Assistant A's Answer]": "a",
    "[The End of Assistant A's Answer]": ".",
    "[The Start of Assistant B's Answer]": "b",
    "[The End of Assistant B's Answer]": ".",
}
MORE_TURNS = {
    "<|The Start of Reference Answer|>": "<",
    "<|The End of Reference Answer|>": ">",
    "<|The Start of Assistant A's Conversation with User|>": "<",
    "<|The End of Assistant A's Conversation with User|>": ">",
    "<|The Start of Assistant B's Conversation with User|>": "<",
    "<|The End of Assistant B's Conversation with User|>": ">",
    "### User:": "q",
    "### Reference answer:": "r",
    "### Assistant A:": "a",
    "### Assistant B:": "b",
}
LAYOUTS = [
    (ONE_TURN, re.compile(r"q(r\.)?a\.(b\.)?")),
    (MORE_TURNS, re.compile(r"(<(qr)+>)?<(qa)+>(<(qb)+>)?")),
]
LINES = [re.compile("^(?:" + "|".join(map(re.escape, marks)) + ")$", re.MULTILINE) for marks, _ in LAYOUTS]


def transcripts(prompt: str, turn: int) -> list[Transcript]:
    """Recover the one or two dialogues a judge's prompt shows up to this turn; none where its layout leaves a doubt."""
    layout = 1 if "<|The Start of " in prompt else 0
    marks, order = LAYOUTS[layout]
    found = list(LINES[layout].finditer(prompt))
    letters = "".join(marks[mark.group()] for mark in found)
    if not order.fullmatch(letters):
        return []
    shown: dict[str, list[Answer]] = {"a": [], "b": []}
    asked = ""
    for letter, mark, following in zip(letters, found, found[1:], strict=False):
        # A template breaks one line before the end of an answer of a single turn, and leaves a blank line elsewhere.
        gap = "\n" if prompt.startswith("[The End of ", following.start()) else "\n\n"
        body = prompt[mark.end() + 1 : following.start()].removesuffix(gap)
        if letter == "q":
            asked = body
        elif letter in shown:
            shown[letter].append(_answer(asked, body))
    told = [tuple(answers) for answers in shown.values() if answers]
    return told if all(len(answers) == turn for answers in told) else []


def _answer(prompt: str | None, text: str) -> Answer:
    if text == API_ERROR:
        return Answer(prompt, text, Outcome.FAILED)
    return Answer(prompt, text, Outcome.OK if text.strip() else Outcome.EMPTY)


# ── rows to records ───────────────────────────────────────────────────────────────────────────────────────────────────


def _calls(rows: dict[str, list[Placed]], dataset: str, notes: Counter[str]) -> Iterator[Call]:
    for _, where, row in rows.get("single", []):
        score = number_of(row, "score", where)
        if score == -1:
            notes["得分记为 -1（没读出来）"] += 1
        elif not 1 <= score <= 10:
            notes["得分不在 1–10 之内，照录"] += 1
        result = Unreadable("recorded score -1") if score == -1 else Scores(Score(score, 1, 10))
        judge = _judge(row, where, dataset, "single", notes)
        yield _call(row, where, (text_of(row, "model", where),), "", judge, result)
    for _, where, row in rows.get("pair", []):
        one, two = text_of(row, "model_1", where), text_of(row, "model_2", where)
        judge = _judge(row, where, dataset, "pair", notes)
        for game, models, first in (("g1_", (one, two), "model_1"), ("g2_", (two, one), "model_2")):
            winner = text_of(row, game + "winner", where)
            if winner == "error":
                notes["对评记为 error（没读出来）"] += 1
            yield _call(row, where, models, game, judge, _verdict(winner, first, where))


def _judge(row: Row, where: str, dataset: str, protocol: str, notes: Counter[str]) -> Judge:
    """Name the judge; templates of one protocol differ by question type and turn only, so they are one judge."""
    match list_of(row, "judge", where):
        case [str(name), str(template)]:
            notes[f"评判模板 {template}"] += 1
            return recorded_judge(dataset, name, protocol, label="" if protocol == "single" else protocol)
        case _:
            raise InputError("judge 应是 [名字, 模板]", where=where, fix='写成 ["gpt-4", "single-v1"] 的样子')


def _verdict(winner: str, first: str, where: str) -> Verdict | Unreadable:
    """Turn a winner, which the file maps back to models, into the side it stood on."""
    if winner == "error":
        return Unreadable("recorded error")
    if winner == "tie":
        return Verdict(Side.TIE, 0)
    if winner not in ("model_1", "model_2"):
        raise InputError(f"不认识的胜者 {winner}", where=where, fix="应是 model_1、model_2、tie 或 error")
    return Verdict(Side.FIRST if winner == first else Side.SECOND)


def _call(row: Row, where: str, models: tuple[str, ...], game: str, judge: Judge, result: Result) -> Call:
    turn = int(number_of(row, "turn", where))
    prompt = row.get(game + "user_prompt")
    shown = transcripts(prompt, turn) if isinstance(prompt, str) else []
    when = row.get("tstamp")
    return Call(
        question=id_of(row, "question_id", where),
        turn=turn,
        models=models,
        shown=shown if len(shown) == len(models) else [],
        judge=judge,
        result=result,
        reply=text_of(row, game + "judgment", where),
        when=when if isinstance(when, float) else None,
    )


class _Reading:
    """The records so far, and for each question and model the dialogues seen (sample -> answers)."""

    def __init__(self, dataset: str) -> None:
        self.dataset = dataset
        self.found = Imported(banks=[Bank(dataset, title=TITLES.get(dataset, dataset))])
        self.questions: dict[str, Question] = {}
        self.heard: dict[str, Transcript] = {}
        self.held: dict[tuple[str, str], dict[int, Transcript]] = {}
        self.dialogues: dict[tuple[str, str, int], Dialogue] = {}
        self.calls: dict[str, list[tuple[str, float | None]]] = {}

    def add_question(self, placed: Placed) -> None:
        _, where, row = placed
        prompts = _strings(row, "turns", where)
        references = _strings(row, "reference", where) if row.get("reference") is not None else []
        if references and self.dataset == "mt_bench":
            # Judgments published without questions let us recover the turns but not these; both must give one record.
            self.found.notes["题目自带的参考要点未录入（与只凭评判文件复原的题目保持一致）"] += 1
            references = []
        padded = references + [""] * (len(prompts) - len(references))
        turns = tuple(
            Turn(prompt, known, "exact") if known else Turn(prompt)
            for prompt, known in zip(prompts, padded, strict=False)
        )
        question = Question(self.dataset, id_of(row, "question_id", where), text_of(row, "category", where), turns)
        if self.questions.setdefault(question.id, question) != question:
            raise InputError(f"编号 {question.id} 已有另一道题", where=where, fix="一个编号只能有一道题")

    def hear(self, call: Call) -> None:
        """Remember the user turns of the longest dialogue shown, for a question that no file states."""
        for transcript in call.shown:
            if len(transcript) > len(self.heard.get(call.question, ())):
                self.heard[call.question] = transcript

    def question(self, question_id: str) -> Question:
        if question_id not in self.questions:
            turns = tuple(Turn(answer.prompt or "") for answer in self.heard.get(question_id, ()))
            known = self.dataset == "mt_bench" and question_id.isdecimal() and 81 <= int(question_id) <= 160
            ability = CATEGORIES[(int(question_id) - 81) // 10] if known else "未标注"
            self.questions[question_id] = Question(self.dataset, question_id, ability, turns)
            note = "题目由评委的提示词复原" if turns else "题面没有公布"
            if known and len(turns) == 1:
                note = "题目只复原出第 1 轮（给出 question.jsonl 可补全）"
            self.found.notes[note] += 1
        return self.questions[question_id]

    def add_answers(self, placed: Placed) -> None:
        file, where, row = placed
        question = self.question(id_of(row, "question_id", where))
        model = text_of(row, "model_id", where)
        if file.parent.name == "reference_answer":
            model = f"reference:{model}"
        asked = [turn.prompt for turn in question.turns]
        held = self.held.setdefault((question.id, model), {})
        for place, choice in enumerate(list_of(row, "choices", where)):
            if not isinstance(choice, dict):
                raise InputError("choices 里应是对象", where=where, fix="每份回答写成 {index, turns}")
            sample = int(number_of(choice, "index", where)) if "index" in choice else place
            texts = _strings(choice, "turns", where)
            padded = (*asked, *[None] * len(texts))
            answers = tuple(_answer(prompt, text) for prompt, text in zip(padded, texts, strict=False))
            if held.setdefault(sample, answers) != answers:
                raise InputError(
                    f"{model} 对第 {question.id} 题已有另一份回答", where=where, fix="一题一个模型只留一行"
                )

    def hold(self, call: Call) -> None:
        """Keep the dialogues a prompt showed; a text that differs from those known is another sample of that model."""
        for model, transcript in zip(call.models, call.shown or [()] * len(call.models), strict=True):
            samples = self.held.setdefault((call.question, model), {})
            sample = _sample(samples, transcript)
            if sample and sample not in samples:
                self.found.notes["评委所见的回答与先前的不同，另记为一份样本"] += 1
            samples[sample] = max(samples.get(sample, ()), transcript, key=len)

    def build_dialogues(self) -> None:
        for (question_id, model), samples in self.held.items():
            question = self.question(question_id)
            candidate = recorded_candidate(self.dataset, model)
            for sample, answers in samples.items():
                sent = [answer.prompt for answer in answers]
                if any(prompt != turn.prompt for prompt, turn in zip(sent, question.turns, strict=False)):
                    self.found.notes["用户原话与题目不同，照录并标记"] += 1
                self.dialogues[question_id, model, sample] = Dialogue(question, candidate, answers, sample)
        self.found.questions, self.found.dialogues = list(self.questions.values()), list(self.dialogues.values())

    def add_judgment(self, call: Call) -> None:
        dialogues = tuple(
            self.dialogues[call.question, model, _sample(self.held[call.question, model], transcript)]
            for model, transcript in zip(call.models, call.shown or [()] * len(call.models), strict=True)
        )
        case = Case(self.question(call.question), Scope(call.turn), dialogues)
        judgment = Judgment(case, call.judge, call.result, call.reply)
        before = self.calls.setdefault(judgment.key, [])
        if call.when is not None and (call.reply, call.when) in before:
            self.found.notes["同一次评判登记了两遍（时间与原文都相同），只录一次"] += 1
            return
        if before:
            self.found.notes["同一回答评了不止一次，依次记为重复"] += 1
        self.found.judgments.append(replace(judgment, repeat=len(before)))
        before.append((call.reply, call.when))


def _sample(samples: dict[int, Transcript], transcript: Transcript) -> int:
    """Find the sample whose answers these are, as far as both go; a number not yet taken where there is none."""
    texts = [answer.text for answer in transcript]
    for sample, known in samples.items():
        if all(answer.text == text for answer, text in zip(known, texts, strict=False)):
            return sample
    return max(samples, default=-1) + 1


def _strings(row: Row, name: str, where: str) -> list[str]:
    found = [item for item in list_of(row, name, where) if isinstance(item, str)]
    if len(found) != len(list_of(row, name, where)):
        raise InputError(f"{name} 里应全是文字", where=where, fix=f"把 {name} 写成一列文字")
    return found
