"""CritiqueLLM: Chinese answers with people's scores, single and in pairs; no judge."""

from __future__ import annotations

from pathlib import Path

from judge.errors import InputError
from judge.importers import Imported, Row, files, has_fields, json_rows, list_of, number_of, recorded_candidate, text_of
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

REVIEWER = "CritiqueLLM 标注者"
PAIR = ("category", "question", "response_1", "response_2", "human_score_1", "human_score_2", "human_winner")
SINGLE = ("category", "messages", "model", "human_score")


def recognises(path: Path) -> bool:
    """Tell whether a file or folder is in this format."""
    return any(has_fields(file, PAIR) or has_fields(file, SINGLE) for file in files(path, "*.jsonl"))


def read(path: Path, dataset: str = "critiquellm") -> Imported:
    """Read each file as a bank of its own: the same question stands in several with other answers."""
    found = Imported()
    for file in files(path, "*.jsonl"):
        bank = f"{dataset}/{file.stem}"
        found.banks.append(Bank(bank, title="CritiqueLLM 人工打分", complete=False))
        for where, row in json_rows(file):
            if PAIR[2] in row:
                _pair(row, where, bank, found)
            else:
                _single(row, where, bank, found)
    return found


def _question(row: Row, where: str, bank: str, prompt: str) -> Question:
    reference = row.get("reference")
    turn = Turn(prompt, reference, "rubric") if isinstance(reference, str) else Turn(prompt)
    return Question(bank, text_of(row, "id", where), text_of(row, "category", where), (turn,))


def _scores(row: Row, name: str, where: str) -> Scores:
    return Scores(Score(number_of(row, name, where), 1, 5))


def _pair(row: Row, where: str, bank: str, found: Imported) -> None:
    prompt = text_of(row, "question", where)
    question = _question(row, where, bank, prompt)
    found.questions.append(question)
    pair = tuple(
        Dialogue(
            question,
            recorded_candidate(bank, f"response_{number}"),
            (Answer(prompt, text_of(row, f"response_{number}", where)),),
        )
        for number in (1, 2)
    )
    found.dialogues += pair
    winner = row.get("human_winner")
    if winner not in (1, 2):
        raise InputError(f"human_winner 应是 1 或 2，却是 {winner!r}", where=where, fix="改正这一行")
    verdict = Verdict(Side.FIRST if winner == 1 else Side.SECOND)
    found.human_verdicts.append(HumanVerdict(Case(question, DIALOGUE, pair), REVIEWER, verdict, probability=1.0))
    for number, dialogue in enumerate(pair, 1):
        scores = _scores(row, f"human_score_{number}", where)
        found.human_verdicts.append(
            HumanVerdict(Case(question, DIALOGUE, (dialogue,)), REVIEWER, scores, probability=1.0)
        )


def _single(row: Row, where: str, bank: str, found: Imported) -> None:
    messages = [message for message in list_of(row, "messages", where) if isinstance(message, dict)]
    if len(messages) != 2:
        raise InputError("messages 应是一问一答", where=where, fix="改正这一行")
    prompt, text = (text_of(message, "content", where) for message in messages)
    question = _question(row, where, bank, prompt)
    dialogue = Dialogue(question, recorded_candidate(bank, text_of(row, "model", where)), (Answer(prompt, text),))
    found.questions.append(question)
    found.dialogues.append(dialogue)
    scores = _scores(row, "human_score", where)
    found.human_verdicts.append(HumanVerdict(Case(question, DIALOGUE, (dialogue,)), REVIEWER, scores, probability=1.0))
