"""PandaLM: pairs of answers, three annotators, two recorded judges; only one order was judged."""

from __future__ import annotations

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
    object_of,
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
    HumanVerdict,
    Judgment,
    Question,
    Side,
    Turn,
    Unreadable,
    Verdict,
)

SIDES = {"1": Side.FIRST, "2": Side.SECOND, "tie": Side.TIE}


def recognises(path: Path) -> bool:
    """Tell whether a file or folder is in this format."""
    fields = ("application", "instruction", "response_1", "response_2", "human", "judges")
    return any(has_fields(file, fields) for file in files(path, "*.jsonl*"))


def read(path: Path, dataset: str = "pandalm") -> Imported:
    """Read pairs, the judges' verdicts and each annotator's vote (a census)."""
    found = Imported(banks=[Bank(dataset, title="PandaLM 测试集", complete=False)])
    for file in files(path, "*.jsonl*"):
        for where, row in json_rows(file):
            question = _question(row, where, dataset)
            pair = (_dialogue(row, 1, where, question, dataset), _dialogue(row, 2, where, question, dataset))
            case = Case(question, DIALOGUE, pair)
            found.questions.append(question)
            found.dialogues += pair
            for name in object_of(row, "judges", where):
                found.judgments.append(_judgment(row, name, where, case, dataset, found))
            for number, vote in enumerate(list_of(row, "human", where), 1):
                verdict = _verdict(vote, where)
                found.human_verdicts.append(HumanVerdict(case, f"标注者{number}", verdict, probability=1.0))
    return found


def _question(row: Row, where: str, dataset: str) -> Question:
    given = text_of(row, "input", where)
    prompt = text_of(row, "instruction", where) + (f"\n\n{given}" if given else "")
    return Question(dataset, id_of(row, "id", where), text_of(row, "application", where), (Turn(prompt),))


def _dialogue(row: Row, number: int, where: str, question: Question, dataset: str) -> Dialogue:
    candidate = recorded_candidate(dataset, text_of(row, f"model_{number}", where))
    answer = Answer(question.turns[0].prompt, text_of(row, f"response_{number}", where))
    return Dialogue(question, candidate, (answer,))


def _judgment(row: Row, name: str, where: str, case: Case, dataset: str, found: Imported) -> Judgment:
    said = object_of(object_of(row, "judges", where), name, where)
    reason = said.get("reason")
    reply = f"{said.get('raw')}\n{reason}" if reason else str(said.get("raw"))
    judge = recorded_judge(dataset, name, protocol="one order")
    if said.get("verdict") == "unparsed":
        found.notes[f"{name} 的回复没读出来"] += 1
        return Judgment(case, judge, Unreadable("recorded unparsed"), reply=reply)
    return Judgment(case, judge, _verdict(said.get("verdict"), where), reply=reply)


def _verdict(said: Json, where: str) -> Verdict:
    side = SIDES.get(said) if isinstance(said, str) else None
    if side is None:
        raise InputError(f"判定应是 1、2 或 tie，却是 {said!r}", where=where, fix="改正这条判定")
    return Verdict(side, 0 if side is Side.TIE else 1)
