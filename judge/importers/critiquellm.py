"""CritiqueLLM: human scores of single Chinese answers, and of pairs with the better one named."""

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
    new_id,
    number_of,
    recorded_answer,
    recorded_candidate,
    text_of,
)
from judge.records import (
    DIALOGUE,
    Answer,
    Bank,
    Case,
    Dialogue,
    HumanVerdict,
    Question,
    Score,
    Scores,
    Side,
    Turn,
    Verdict,
)

PAIRWISE = ("category", "question", "response_1", "response_2", "human_score_1", "human_score_2", "human_winner")
POINTWISE = ("category", "messages", "model", "human_score")
REVIEWER = "CritiqueLLM 标注者"
BETTER = {1: Verdict(Side.FIRST), 2: Verdict(Side.SECOND)}


def recognises(path: Path) -> bool:
    """Tell whether a file or folder is in this format."""
    return any(has_fields(file, fields) for file in files(path, "*.jsonl*") for fields in (PAIRWISE, POINTWISE))


def read(path: Path, dataset: str = "critiquellm") -> Imported:
    """Read each file as a bank of its own: the ids count within a file."""
    found = Imported()
    for file in files(path, "*.jsonl*"):
        bank = f"{dataset}/{file.name.removesuffix('.gz').removesuffix('.jsonl')}"
        seen: set[str] = set()
        texts: set[tuple[str, ...]] = set()
        pairwise = has_fields(file, ("response_1",))
        # Of a file of single answers each question has those of one model or a few.
        found.banks.append(Bank(bank, title="CritiqueLLM 人工打分", complete=pairwise))
        if pairwise:
            found.notes["两份回答没有写明模型，按位置记为 response_1、response_2"] += 1
        for where, row in json_rows(file):
            answers = _asked(row, where) if pairwise else _held(row, where)
            question = _question(row, where, bank, new_id(row, "id", where, seen), answers)
            asked = tuple(turn.prompt for turn in question.turns)
            found.notes["题目文字与另一题相同，编号不同，照录"] += asked in texts
            texts.add(asked)
            found.questions.append(question)
            (_add_pair if pairwise else _add_single)(row, where, question, dataset, found)
    found.notes = +found.notes
    return found


def _question(row: Row, where: str, bank: str, question_id: str, prompts: list[str]) -> Question:
    """Make a question; its reference is about the last turn, and shows one good answer of many."""
    reference = text_of(row, "reference", where) if row.get("reference") is not None else ""
    last = Turn(prompts[-1], reference, "rubric") if reference.strip() else Turn(prompts[-1])
    turns = (*(Turn(prompt) for prompt in prompts[:-1]), last)
    return Question(bank, question_id, text_of(row, "category", where), turns)


def _asked(row: Row, where: str) -> list[str]:
    return [text_of(row, "question", where)]


def _held(row: Row, where: str) -> list[str]:
    return [answer.prompt or "" for answer in _answers(row, where)]


def _answers(row: Row, where: str) -> tuple[Answer, ...]:
    given = list_of(row, "messages", where)
    messages = [message for message in given if isinstance(message, dict)]
    if len(messages) != len(given):
        raise InputError("messages 里应是 {role, content} 对象", where=where, fix="每条消息写成一个对象")
    roles = [text_of(message, "role", where) for message in messages]
    texts = [text_of(message, "content", where) for message in messages]
    if not roles or roles != ["user", "assistant"] * (len(roles) // 2):
        raise InputError("messages 里用户与助手的消息应交替出现", where=where, fix="从用户开始，以助手的回答结束")
    return tuple(recorded_answer(prompt, text) for prompt, text in zip(texts[::2], texts[1::2], strict=True))


def _add_pair(row: Row, where: str, question: Question, dataset: str, found: Imported) -> None:
    prompt = question.turns[0].prompt
    one, two = pair = tuple(
        Dialogue(question, recorded_candidate(dataset, name), (recorded_answer(prompt, text_of(row, name, where)),))
        for name in ("response_1", "response_2")
    )
    scores = [_score(row, name, where, found) for name in ("human_score_1", "human_score_2")]
    winner = number_of(row, "human_winner", where)
    if winner not in BETTER:
        raise InputError(f"human_winner 应是 1 或 2，却是 {winner:g}", where=where, fix="1 是第一份较好，2 是第二份")
    difference = scores[0].value - scores[1].value
    found.notes["人工的胜者与人工得分不一致，照录"] += difference * (1 if winner == 1 else -1) <= 0
    # How the annotators saw the two answers is not documented.
    case = Case(question, DIALOGUE, pair, placement_known=False)
    found.dialogues += pair
    found.human_verdicts.append(HumanVerdict(case, REVIEWER, BETTER[int(winner)], probability=1.0))
    found.human_verdicts += (_scored(dialogue, score) for dialogue, score in zip((one, two), scores, strict=True))


def _add_single(row: Row, where: str, question: Question, dataset: str, found: Imported) -> None:
    candidate = recorded_candidate(dataset, text_of(row, "model", where))
    dialogue = Dialogue(question, candidate, _answers(row, where))
    found.dialogues.append(dialogue)
    found.human_verdicts.append(_scored(dialogue, _score(row, "human_score", where, found)))


def _scored(dialogue: Dialogue, score: Score) -> HumanVerdict:
    return HumanVerdict(Case(dialogue.question, DIALOGUE, (dialogue,)), REVIEWER, Scores(score), probability=1.0)


def _score(row: Row, name: str, where: str, found: Imported) -> Score:
    value = number_of(row, name, where)
    found.notes["得分不在 1–5 之内，照录"] += not 1 <= value <= 5
    return Score(value, 1, 5)
