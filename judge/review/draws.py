"""Draws: which items were drawn for people, with which probability, kept when they are drawn; and the sheets people fill in."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, Field

from judge.bank import MOST_TURNS
from judge.codec import from_plain
from judge.errors import InputError
from judge.identity import Json, content_hash, plain
from judge.jsonl import STRICT, Row, fitted
from judge.records import (
    Case,
    Deliberation,
    Dialogue,
    HumanVerdict,
    Run,
    Scope,
    Score,
    Scores,
    Side,
    Skipped,
    Verdict,
)
from judge.store import Store

Unit: TypeAlias = Literal["pairs", "scores"]
Scale: TypeAlias = tuple[float, float]

# What people may write on a sheet.
SIDES = {
    "左": Side.FIRST,
    "右": Side.SECOND,
    "平": Side.TIE,
    "都不好": Side.TIE,
    "left": Side.FIRST,
    "right": Side.SECOND,
    "tie": Side.TIE,
    "both bad": Side.TIE,
}
BOTH_BAD = ("都不好", "both bad")
SKIP = ("跳过", "skip")
# Why an item is passed on to another person; a bad question needs a word on what is wrong with it.
SKIPS: Mapping[str, str] = {
    "field": "不是我的领域",
    "unreadable": "看不明白",
    "question": "题目有问题",
    "filtered": "两边都没有像样的回答",
    "identity": "看得出是谁",
}
Why: TypeAlias = Literal["field", "unreadable", "question", "filtered", "identity"]


@dataclass(frozen=True, slots=True)
class DrawnItem:
    """One item as it is shown: the dialogues (by key, left first), a scope (0: dialogue), the question's id for the reader."""

    question: str
    scope: int
    dialogues: tuple[str, ...]
    probability: float
    reviewers: int = 1

    @property
    def target(self) -> tuple[int, frozenset[str]]:
        """What is judged, whatever the sides."""
        return self.scope, frozenset(self.dialogues)


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw: what was drawn from what, and how.

    frame: items it was drawn from, on these `questions` and of these `candidates` (keys); uniform: share of its mass that was.
    """

    name: str
    bank: str
    judge: str
    history: Literal["own", "golden"]
    unit: Unit
    seed: int
    uniform: float
    frame: int
    questions: tuple[str, ...]
    candidates: tuple[str, ...]
    items: tuple[DrawnItem, ...]

    @property
    def run(self) -> Run:
        """Return the draw as it is kept."""
        return Run(self.name, "audit", plain(self))

    def covers(self, questions: set[str], candidates: set[str]) -> bool:
        """Tell whether everything on these questions by these candidates could have been drawn."""
        return questions <= set(self.questions) and candidates <= set(self.candidates)

    def named(self, number: int) -> Draw:
        """Return the draw under a name that no other draw of any store has."""
        return replace(self, name=f"{self.bank}-{number}-{content_hash('draw', plain(self))[:4]}")


def draws_of(store: Store, bank: str | None = None) -> list[Draw]:
    """Return the draws of a bank, or of all, in the order they were made."""
    found = [from_plain(Draw, run.content) for run, _ in store.runs() if run.kind == "audit"]
    return [one for one in found if bank is None or one.bank == bank]


def steered(store: Store, bank: str) -> bool:
    """Tell whether people were asked about some items of a bank more likely than about others."""
    return any(one.uniform < 1 for one in draws_of(store, bank))


def shuffled(items: Sequence[DrawnItem], seed: int) -> tuple[DrawnItem, ...]:
    """Put items in the random order in which they are shown, sides turned at random: whoever stops early has seen a random part."""
    source = random.Random(content_hash("sheet", [seed, len(items)]))
    # Shuffled from an order of content, so that a seed says the same in every store.
    order = [replace(one, dialogues=tuple(sorted(one.dialogues))) for one in items]
    order.sort(key=lambda one: (one.question, one.scope, one.dialogues))
    source.shuffle(order)
    return tuple(replace(one, dialogues=one.dialogues[::-1]) if source.random() < 0.5 else one for one in order)


# ── sheets ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def sheet(draw: Draw, dialogues: Mapping[str, Dialogue], reader: int = 1) -> Iterator[dict[str, Json]]:
    """Yield one line per item of a reader (the second sees what two are to judge): what is shown, no names, a place for the verdict.

    dialogues: by key.
    """
    for number, item in enumerate(draw.items, 1):
        if item.reviewers < reader:
            continue
        shown = [dialogues[key] for key in item.dialogues]
        question = shown[0].question
        turns: list[Json] = []
        for at in range(item.scope or len(question.turns)):
            asked = question.turns[at]
            turn: dict[str, Json] = {"用户": asked.prompt}
            for side, dialogue in zip(("左", "右") if len(shown) > 1 else ("回答",), shown, strict=True):
                turn[side] = dialogue.answers[at].text if at < len(dialogue.answers) else ""
            if asked.reference:
                turn["参考"] = asked.reference
            if asked.key_points:
                turn["要点"] = list(asked.key_points)
            turns.append(turn)
        yield {
            "draw": draw.name,
            "item": number,
            "question": item.question,
            "ability": question.ability,
            "scope": item.scope or "dialogue",
            "turns": turns,
            "verdict": "",
            "comment": "",
        }


class SheetRow(BaseModel):
    """A line of a sheet as it comes back; of what was written for the reader only the question's id is read again."""

    model_config = STRICT

    draw: str | None = None
    item: Json = None
    question: str | None = None
    ability: Json = None
    scope: Json = None
    turns: Json = None
    verdict: str | int | float | None = None
    comment: str | None = None
    reviewer: Annotated[str, Field(max_length=200)] | None = None
    swapped: bool = False  # the reader saw the sides the other way round
    both_bad: bool = False
    skip: Why | None = None
    scores: dict[Annotated[str, Field(min_length=1, max_length=200)], float] = {}
    confidence: Literal[1, 2, 3] | None = None
    turn: Annotated[int, Field(ge=1, le=MOST_TURNS)] | None = None
    aspects: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = ()
    seconds: Annotated[float, Field(ge=0)] | None = None

    @property
    def word(self) -> str:
        """Return what was said; empty where nothing was yet."""
        return "" if self.verdict is None else str(self.verdict).strip().lower()


def verdicts(
    draw: Draw,
    lines: Sequence[tuple[str, Row]],
    reviewer: str,
    dialogues: Mapping[str, Dialogue],
    scales: Mapping[str, Scale],
) -> list[tuple[str, HumanVerdict]]:
    """Read filled-in lines of one draw's sheet (where, fields), each verdict with its place; empty ones are not done yet.

    reviewer: of lines that name none; dialogues: by key; scales: worst and best score by question id, for draws of single
    answers. Raises InputError by line.
    """
    found: dict[tuple[int, str], tuple[str, HumanVerdict]] = {}
    for where, fields in lines:
        row = fitted(SheetRow, fields, where)
        if not row.word:
            if row.scores or row.both_bad:
                raise InputError("verdict 空着", where=where, fix="填上 verdict；还没判完就别写 scores、both_bad")
            continue
        number, item = _item(draw, row, where)
        named = (row.reviewer or "").strip() or reviewer.strip()
        if not named:
            fix = "逐行写 reviewer，或 judge audit import 判卷.jsonl --reviewer 名字"
            raise InputError("没有写是谁判的", where=where, fix=fix)
        if (number, named) in found:
            fix = "一个人一条只判一次；请两个人判的，各写各的 reviewer"
            raise InputError(f"{named} 把第 {number} 条判了两次", where=where, fix=fix)
        result = _result(row, draw, item, scales, where)
        shown = tuple(dialogues[key] for key in item.dialogues)
        case = Case(shown[0].question, Scope(item.scope or None), shown[::-1] if row.swapped else shown)
        found[number, named] = (
            where,
            HumanVerdict(
                case,
                named,
                result,
                item.probability,
                draw.name,
                both_bad=row.both_bad or row.word in BOTH_BAD,
                comment=row.comment or "",
                deliberation=Deliberation(row.confidence, row.turn, row.aspects, row.seconds),
            ),
        )
    return list(found.values())


def _item(draw: Draw, row: SheetRow, where: str) -> tuple[int, DrawnItem]:
    """Return the item a line is about; raises InputError where it is another one than was drawn under this number."""
    said = str(row.item).strip()
    number = int(said) if said.isdecimal() else 0
    fix = "不要改 draw、item、question 三栏"
    if not 1 <= number <= len(draw.items):
        raise InputError(f"{draw.name} 没有第 {said} 条", where=where, fix=fix)
    item = draw.items[number - 1]
    if row.question not in (None, item.question):
        raise InputError(f"{draw.name} 的第 {number} 条是 {item.question}，不是 {row.question}", where=where, fix=fix)
    return number, item


def _result(
    row: SheetRow, draw: Draw, item: DrawnItem, scales: Mapping[str, Scale], where: str
) -> Verdict | Scores | Skipped:
    """Return what a line says; raises InputError where it does not fit the item, or itself."""
    if row.both_bad and SIDES.get(row.word) is not Side.TIE:
        raise InputError("both_bad 只与 平 或 都不好 同写", where=where, fix="改 verdict，或去掉 both_bad")
    if row.scores and (draw.unit == "pairs" or row.word in SKIP):
        raise InputError("scores 只在打分时写", where=where, fix="去掉 scores")
    if row.skip and row.word not in SKIP:
        raise InputError("skip 只与 跳过 同写", where=where, fix="改 verdict，或去掉 skip")
    if row.word in SKIP:
        return Skipped(SKIPS[row.skip] if row.skip else row.comment or "跳过")
    if draw.unit == "pairs":
        if row.word not in SIDES:
            raise InputError(f"看不懂的判定 {row.word!r}", where=where, fix="写 左、右、平、都不好 或 跳过")
        side = SIDES[row.word]
        return Verdict(side, 0 if side is Side.TIE else 1)
    scale = scales[item.question]
    parts = tuple((name, _score(value, scale, where)) for name, value in row.scores.items())
    return Scores(_score(row.word, scale, where), parts)


def _score(said: str | float, scale: Scale, where: str) -> Score:
    low, high = sorted(scale)
    fix = f"写 {low:g} 到 {high:g} 之间的数，或 跳过"
    try:
        value = float(said)
    except ValueError:
        raise InputError(f"看不懂的分数 {said!r}", where=where, fix=fix) from None
    if not low <= value <= high:
        raise InputError(f"分数 {said} 超出量程", where=where, fix=fix)
    return Score(value, *scale)
