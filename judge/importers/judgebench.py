"""JudgeBench: pairs of answers by one model of which one is right, and judges' texts on both orders."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from judge.errors import InputError
from judge.identity import Json, canonical_json
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
    Judge,
    Judgment,
    Question,
    Side,
    Turn,
    Unreadable,
    Verdict,
)

FIELDS = ("id", "source", "group", "question", "response_model", "response_A", "response_B", "label")
VERDICTS = {"A>B": Verdict(Side.FIRST), "B>A": Verdict(Side.SECOND), "A=B": Verdict(Side.TIE, 0)}


def recognises(path: Path) -> bool:
    """Tell whether a file or folder is in this format."""
    return any(has_fields(file, FIELDS) for file in files(path, "*.jsonl*"))


def read(path: Path, dataset: str = "judgebench") -> Imported:
    """Read pairs with both games of each judge; the objective label stands as a census of human verdicts."""
    found = Imported(banks=[Bank(dataset, title="JudgeBench 客观题回答对")])
    seen: set[str] = set()
    for file in files(path, "*.jsonl*"):
        for where, row in json_rows(file):
            question = Question(
                bank=dataset,
                id=new_id(row, "id", where, seen),
                ability=text_of(row, "group", where),
                turns=(Turn(text_of(row, "question", where)),),
                subcategory=text_of(row, "source", where),
            )
            pair = _dialogue(row, where, question, "A"), _dialogue(row, where, question, "B")
            found.questions.append(question)
            found.dialogues += pair
            found.judgments += _games(row, where, pair, found)
            # Which answer is right was known from the source; nobody was shown the two in an order.
            case = Case(question, DIALOGUE, pair, placement_known=False)
            found.human_verdicts.append(HumanVerdict(case, "objective label", _label(row, where), probability=1.0))
    _note_oddities(found)
    return found


def _dialogue(row: Row, where: str, question: Question, letter: str) -> Dialogue:
    """Make the answer A or B; both are by one model, so the letter is part of the candidate's name."""
    name = f"{text_of(row, 'response_model', where)}#{letter}"
    return recorded_dialogue(question, name, text_of(row, f"response_{letter}", where))


def _games(row: Row, where: str, pair: tuple[Dialogue, Dialogue], found: Imported) -> list[Judgment]:
    judges = object_of(row, "judges", where) if "judges" in row else {}
    judgments = []
    for name in judges:
        judge = recorded_judge(pair[0].question.bank, name, protocol="pair")
        games = list_of(judges, name, where)
        if len(games) > 2:
            raise InputError(f"{name} 有 {len(games)} 局", where=where, fix="每对至多两局：先 A 后 B，再换位")
        for game, shown in zip(games, (pair, pair[::-1]), strict=False):
            judgments.append(_judgment(game, where, Case(pair[0].question, DIALOGUE, shown), judge, found))
    return judgments


def _judgment(game: Json, where: str, case: Case, judge: Judge, found: Imported) -> Judgment:
    """Read one game; its decision calls the answer shown first A, whichever it was."""
    if not isinstance(game, dict):
        raise InputError("每一局应是对象", where=where, fix="写成 {decision, text}")
    if "scores" in game:
        # A reward model's scores have no scale, so they cannot be a Score; they stay readable as its reply.
        found.notes["奖励模型的得分没有上下限，只取胜负，原得分存作原文"] += 1
        return Judgment(case, judge, _decision(game, where), canonical_json({"scores": game["scores"]}))
    return Judgment(case, judge, _decision(game, where), text_of(game, "text", where))


def _decision(game: Row, where: str) -> Verdict | Unreadable:
    if "decision" in game and game["decision"] is None:
        return Unreadable("recorded as unparsed")
    return _verdict(text_of(game, "decision", where), where)


def _label(row: Row, where: str) -> Verdict:
    return _verdict(text_of(row, "label", where), where)


def _verdict(label: str, where: str) -> Verdict:
    if label not in VERDICTS:
        raise InputError(f"不认识的判定 {label!r}", where=where, fix="应是 A>B、B>A 或 A=B")
    return VERDICTS[label]


def _note_oddities(found: Imported) -> None:
    if unread := sum(isinstance(judgment.result, Unreadable) for judgment in found.judgments):
        found.notes["评委的原文没读出判定（decision 为空）"] += unread
    texts = Counter(question.turns[0].prompt for question in found.questions)
    if repeated := sum(count - 1 for count in texts.values()):
        found.notes["题目文字与另一题相同，编号不同，照录"] += repeated
