"""PandaLM: pairs of answers, three annotators and the recorded verdicts of two judges, one order only."""

from __future__ import annotations

from pathlib import Path

from judge.errors import InputError
from judge.identity import canonical_json
from judge.importers import (
    Imported,
    Row,
    files,
    has_fields,
    json_rows,
    list_of,
    new_id,
    object_of,
    recorded_dialogue,
    recorded_judge,
    text_of,
)
from judge.records import (
    DIALOGUE,
    Bank,
    Case,
    Dialogue,
    HumanVerdict,
    Judgment,
    Outcome,
    Question,
    Side,
    Turn,
    Unreadable,
    Verdict,
)

FIELDS = ("id", "application", "model_1", "model_2", "instruction", "response_1", "response_2", "human", "judges")
VERDICTS = {"1": Verdict(Side.FIRST), "2": Verdict(Side.SECOND), "tie": Verdict(Side.TIE, 0)}


def recognises(path: Path) -> bool:
    """Tell whether a file or folder is in this format."""
    return any(has_fields(file, FIELDS) for file in files(path, "*.jsonl*"))


def read(path: Path, dataset: str = "pandalm") -> Imported:
    """Read pairs; each question was answered by two models of several, so the bank is not complete."""
    found = Imported(banks=[Bank(dataset, title="PandaLM 测试集", complete=False)])
    seen: set[str] = set()
    for file in files(path, "*.jsonl*"):
        for where, row in json_rows(file):
            question = _question(row, where, dataset, new_id(row, "id", where, seen))
            pair = _pair(row, where, question)
            found.questions.append(question)
            found.dialogues += pair
            found.judgments += _judgments(row, where, Case(question, DIALOGUE, pair))
            # How the annotators saw the two answers is not documented.
            found.human_verdicts += _human(row, where, Case(question, DIALOGUE, pair, placement_known=False))
    if empty := sum(dialogue.outcome is Outcome.EMPTY for dialogue in found.dialogues):
        found.notes["回答是空白，记为空回答；评判照录"] += empty
    if unread := sum(isinstance(judgment.result, Unreadable) for judgment in found.judgments):
        found.notes["评委的输出没读出来（unparsed）"] += unread
    return found


def _question(row: Row, where: str, dataset: str, question_id: str) -> Question:
    prompt, given = text_of(row, "instruction", where), text_of(row, "input", where)
    ability = text_of(row, "application", where)
    return Question(dataset, question_id, ability, (Turn(f"{prompt}\n\n{given}" if given.strip() else prompt),))


def _pair(row: Row, where: str, question: Question) -> tuple[Dialogue, Dialogue]:
    one, two = (
        recorded_dialogue(question, text_of(row, f"model_{side}", where), text_of(row, f"response_{side}", where))
        for side in (1, 2)
    )
    if one.candidate == two.candidate:
        raise InputError("两份回答出自同一个模型", where=where, fix="model_1 与 model_2 应不同")
    return one, two


def _judgments(row: Row, where: str, case: Case) -> list[Judgment]:
    judges = object_of(row, "judges", where)
    judgments = []
    for name in judges:
        said = object_of(judges, name, where)
        label = text_of(said, "verdict", where)
        raw = said.get("raw", "")
        # One judge wrote its verdict as text, the other as a JSON number.
        reply = f"{raw if isinstance(raw, str) else canonical_json(raw)}\n{text_of(said, 'reason', where)}"
        result = Unreadable("recorded as unparsed") if label == "unparsed" else _verdict(label, where)
        judge = recorded_judge(case.question.bank, name, protocol="pandalm")
        judgments.append(Judgment(case, judge, result, reply))
    return judgments


def _human(row: Row, where: str, case: Case) -> list[HumanVerdict]:
    return [
        HumanVerdict(case, f"标注者{number}", _verdict(label, where), probability=1.0)
        for number, label in enumerate(list_of(row, "human", where), 1)
    ]


def _verdict(label: object, where: str) -> Verdict:
    if not isinstance(label, str) or label not in VERDICTS:
        raise InputError(f"不认识的判定 {label!r}", where=where, fix='应是 "1"、"2" 或 "tie"')
    return VERDICTS[label]
