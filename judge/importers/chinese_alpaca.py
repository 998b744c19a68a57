"""Chinese-Alpaca: ten Chinese categories, dialogues of one to eight turns, a joint GPT-4 score per dialogue."""

from __future__ import annotations

from pathlib import Path

from judge.errors import InputError
from judge.importers import (
    Imported,
    Row,
    files,
    has_fields,
    json_rows,
    list_of,
    number_of,
    recorded_candidate,
    recorded_judge,
    text_of,
)
from judge.records import DIALOGUE, Answer, Bank, Case, Dialogue, Judgment, Outcome, Question, Score, Scores, Turn


def recognises(path: Path) -> bool:
    """Tell whether a file or folder is in this format."""
    return any(
        has_fields(file, ("question_id", "category_key", "title", "messages", "judge_score"))
        for file in files(path, "*.jsonl*")
    )


def read(path: Path, dataset: str = "chinese_alpaca") -> Imported:
    """Read each file as a bank of its own: the systems of a file were scored side by side, so scores differ by file."""
    found = Imported()
    for file in files(path, "*.jsonl*"):
        stem = file.name.removesuffix(".gz").removesuffix(".jsonl")
        _read_file(file, f"{dataset}/{stem}", found)
    if path.is_dir() and (published := len(list(path.glob("*.published.json")))):
        found.notes["公布的成绩表（*.published.json）不是记录，未读"] += published
    return found


def _read_file(file: Path, bank: str, found: Imported) -> None:
    found.banks.append(Bank(bank, title="Chinese-Alpaca 十类中文题"))
    judge = recorded_judge(bank, "gpt-4", protocol="joint score")
    questions: dict[str, Question] = {}
    seen: set[str] = set()
    for where, row in json_rows(file):
        dialogue = _dialogue(row, where, bank, questions, found)
        if dialogue.key in seen:
            raise InputError(
                f"{dialogue.candidate.name} 对 {dialogue.question.id} 已有一份回答",
                where=where,
                fix="一道题一个模型只留一行",
            )
        seen.add(dialogue.key)
        score = Score(number_of(row, "judge_score", where), 0, 10)
        if not score.minimum <= score.value <= score.maximum:
            found.notes["得分不在 0–10 之内，照录"] += 1
        found.dialogues.append(dialogue)
        found.judgments.append(Judgment(Case(dialogue.question, DIALOGUE, (dialogue,)), judge, Scores(score)))
    found.questions += questions.values()


def _dialogue(row: Row, where: str, bank: str, questions: dict[str, Question], found: Imported) -> Dialogue:
    """Make the dialogue of a row; the first model's user turns stand for the question, since dialogues were held live."""
    answers = _answers(row, where)
    prompts = tuple(answer.prompt or "" for answer in answers)
    question_id = text_of(row, "question_id", where)
    title = text_of(row, "title", where)
    question = questions.setdefault(
        question_id,
        Question(
            bank=bank,
            id=question_id,
            ability=text_of(row, "category", where),
            turns=tuple(Turn(prompt) for prompt in prompts),
            tags=(title,) if title != prompts[0] else (),  # the topic of a dialogue
        ),
    )
    if tuple(turn.prompt for turn in question.turns) != prompts:
        found.notes["用户各轮与该题第一次出现时不同，照录并标记"] += 1
    unanswered = sum(answer.outcome is Outcome.EMPTY for answer in answers)
    if unanswered:
        found.notes["用户这一轮没有回答，记为空回答"] += unanswered
    return Dialogue(question, recorded_candidate(bank, text_of(row, "model", where)), answers)


def _answers(row: Row, where: str) -> tuple[Answer, ...]:
    """Pair each user turn with the assistant's text after it; a user turn nobody answered is an empty answer."""
    answers: list[Answer] = []
    waiting: str | None = None
    for message in list_of(row, "messages", where):
        if not isinstance(message, dict):
            raise InputError("messages 里应是 {role, content} 对象", where=where, fix="每条消息写成一个对象")
        role, content = text_of(message, "role", where), text_of(message, "content", where)
        if role == "user":
            if waiting is not None:
                answers.append(_answer(waiting, ""))
            waiting = content
        elif role == "assistant" and waiting is not None:
            answers.append(_answer(waiting, content))
            waiting = None
        else:
            raise InputError(f"{role} 的消息前面没有用户消息", where=where, fix="用户与助手的消息应交替出现")
    if waiting is not None:
        answers.append(_answer(waiting, ""))
    if not answers:
        raise InputError("messages 是空的", where=where, fix="至少要有一轮")
    return tuple(answers)


def _answer(prompt: str, text: str) -> Answer:
    return Answer(prompt, text, Outcome.OK if text.strip() else Outcome.EMPTY)
