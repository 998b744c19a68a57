"""JudgeBench: two answers of one model, one of them right; judges' verdicts in both orders with their raw texts."""

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
    Result,
    Side,
    Turn,
    Unreadable,
    Verdict,
)

SIDES = {"A>B": Side.FIRST, "B>A": Side.SECOND, "A=B": Side.TIE}


def recognises(path: Path) -> bool:
    """Tell whether a file or folder is in this format."""
    fields = ("group", "question", "response_A", "response_B", "label", "judges")
    return any(has_fields(file, fields) for file in files(path, "*.jsonl*"))


def read(path: Path, dataset: str = "judgebench") -> Imported:
    """Read pairs, each judge's games (game 2 shows B first), and the objective label as a census of one reviewer."""
    found = Imported(banks=[Bank(dataset, title="JudgeBench", complete=False)])
    texts: set[str] = set()
    for file in files(path, "*.jsonl*"):
        for where, row in json_rows(file):
            pair = _pair(row, where, dataset)
            question = pair[0].question
            if question.turns[0].prompt in texts:
                found.notes["题面与另一题相同，照录为两题"] += 1
            texts.add(question.turns[0].prompt)
            case = Case(question, DIALOGUE, pair)
            found.questions.append(question)
            found.dialogues += pair
            label = _verdict(row.get("label"), where)
            found.human_verdicts.append(HumanVerdict(case, "客观标签", label, probability=1.0))
            for name, games in object_of(row, "judges", where).items():
                found.judgments += _games(name, games, where, case, dataset, found)
    return found


def _pair(row: Row, where: str, dataset: str) -> tuple[Dialogue, Dialogue]:
    prompt = text_of(row, "question", where)
    question = Question(
        dataset,
        id_of(row, "id", where),
        text_of(row, "group", where),
        (Turn(prompt),),
        subcategory=str(row.get("source", "")),
    )
    model = text_of(row, "response_model", where)
    one, other = (
        Dialogue(
            question,
            recorded_candidate(dataset, f"{model}#{side}"),
            (Answer(prompt, text_of(row, f"response_{side}", where)),),
        )
        for side in "AB"
    )
    return one, other


def _games(name: str, games: Json, where: str, case: Case, dataset: str, found: Imported) -> list[Judgment]:
    judge = recorded_judge(dataset, name, protocol="pair")
    if not isinstance(games, list):
        raise InputError(f"评委 {name} 的对局应是列表", where=where, fix="每个评委一列对局")
    judgments = []
    for number, game in enumerate(games):
        if not isinstance(game, dict):
            raise InputError(f"评委 {name} 的对局应是对象", where=where, fix="每局含 decision 与 text")
        shown = case.dialogues if number % 2 == 0 else case.dialogues[::-1]
        text = game.get("text")
        result = _result(game, where)
        if isinstance(result, Unreadable):
            found.notes[f"{name} 的回复没读出来"] += 1
        reply = text if isinstance(text, str) else None
        judgments.append(Judgment(Case(case.question, DIALOGUE, shown), judge, result, reply=reply, repeat=number // 2))
    return judgments


def _result(game: Row, where: str) -> Result:
    if game.get("decision") is None:
        return Unreadable("recorded null")
    return _verdict(game["decision"], where)


def _verdict(said: Json, where: str) -> Verdict:
    side = SIDES.get(said) if isinstance(said, str) else None
    if side is None:
        raise InputError(f"结论应是 A>B、B>A 或 A=B，却是 {said!r}", where=where, fix="改正这条结论")
    return Verdict(side, 0 if side is Side.TIE else 1)
