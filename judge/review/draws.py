"""Draws: which items were drawn for people, with which probability, kept when they are drawn; and the sheets people fill in."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from judge.codec import from_plain
from judge.errors import InputError
from judge.identity import Json, content_hash, plain
from judge.records import Case, Dialogue, HumanVerdict, Question, Run, Scope, Score, Scores, Side, Skipped, Verdict
from judge.store import Store

Unit: TypeAlias = Literal["pairs", "scores"]

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


@dataclass(frozen=True, slots=True)
class DrawnItem:
    """One item as it is shown: a question (by id and version), a scope (0: dialogue), a sample, the candidates (left first)."""

    question: str
    version: int
    scope: int
    sample: int
    candidates: tuple[str, ...]
    probability: float
    reviewers: int = 1


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw: what was drawn from what, and how.

    frame: items it was drawn from, on these `questions` (ids); uniform: share of its mass that was.
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
    items: tuple[DrawnItem, ...]

    @property
    def run(self) -> Run:
        """Return the draw as it is kept."""
        return Run(self.name, "audit", plain(self))


def draws_of(store: Store, bank: str) -> list[Draw]:
    """Return the draws of a bank in the order they were made."""
    found = [from_plain(Draw, run.content) for run, _ in store.runs() if run.kind == "audit"]
    return [one for one in found if one.bank == bank]


# ── sheets ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def sheet(draw: Draw, questions: Sequence[Question], dialogues: Sequence[Dialogue]) -> Iterator[dict[str, Json]]:
    """Yield one line per item and wanted reviewer: what is shown, no names, and a place for the verdict."""
    asked = {(one.id, one.version): one for one in questions}
    held = {(one.question.id, one.question.version, one.candidate.name, one.sample): one for one in dialogues}
    for number, item in enumerate(draw.items, 1):
        question = asked[item.question, item.version]
        shown = [held[item.question, item.version, name, item.sample] for name in item.candidates]
        turns: list[Json] = []
        for at in range(item.scope or len(question.turns)):
            turn: dict[str, Json] = {"用户": question.turns[at].prompt if at < len(question.turns) else ""}
            for side, dialogue in zip(("左", "右") if len(shown) > 1 else ("回答",), shown, strict=True):
                turn[side] = dialogue.answers[at].text if at < len(dialogue.answers) else ""
            turns.append(turn)
        for second in range(item.reviewers):
            yield {
                "draw": draw.name,
                "item": number,
                "reader": second + 1,
                "question": item.question,
                "ability": question.ability,
                "scope": item.scope or "dialogue",
                "turns": turns,
                "verdict": "",
                "comment": "",
            }


def verdicts(
    draw: Draw,
    lines: Sequence[tuple[str, Mapping[str, Json]]],
    reviewer: str,
    questions: Sequence[Question],
    dialogues: Sequence[Dialogue],
    scales: Mapping[str, tuple[float, float]],
) -> list[HumanVerdict]:
    """Read filled-in lines of one draw's sheet (where, fields); empty ones are not done yet. Raises InputError by line.

    scales: worst and best score by question id, for draws of single answers.
    """
    asked = {(one.id, one.version): one for one in questions}
    held = {(one.question.id, one.question.version, one.candidate.name, one.sample): one for one in dialogues}
    found = []
    for where, fields in lines:
        said, number = fields.get("verdict"), fields.get("item")
        if said is None or str(said).strip() == "":
            continue
        if not isinstance(number, int) or not 1 <= number <= len(draw.items):
            raise InputError(f"{draw.name} 没有第 {number} 条", where=where, fix="不要改 draw 与 item 两栏")
        item = draw.items[number - 1]
        shown = tuple(held[item.question, item.version, name, item.sample] for name in item.candidates)
        case = Case(asked[item.question, item.version], Scope(item.scope or None), shown)
        word = str(said).strip().lower()
        named = str(fields.get("reviewer") or reviewer)
        result = Skipped(str(fields.get("comment") or "")) if word in SKIP else _result(word, draw, item, scales, where)
        comment = str(fields.get("comment") or "")
        found.append(
            HumanVerdict(case, named, result, item.probability, draw.name, both_bad=word in BOTH_BAD, comment=comment)
        )
    return found


def _result(
    word: str, draw: Draw, item: DrawnItem, scales: Mapping[str, tuple[float, float]], where: str
) -> Verdict | Scores:
    if draw.unit == "pairs":
        if word not in SIDES:
            raise InputError(f"看不懂的判定 {word!r}", where=where, fix="写 左、右、平、都不好 或 跳过")
        side = SIDES[word]
        return Verdict(side, 0 if side is Side.TIE else 1)
    worst, best = scales[item.question]
    try:
        value = float(word)
    except ValueError:
        value = worst - 1
    if not min(worst, best) <= value <= max(worst, best):
        raise InputError(f"看不懂的分数 {word!r}", where=where, fix=f"写 {worst:g} 到 {best:g} 之间的数，或 跳过")
    return Scores(Score(value, worst, best))


def shuffled(items: Sequence[DrawnItem], seed: int) -> tuple[DrawnItem, ...]:
    """Put items in the random order in which they are shown, sides turned at random: whoever stops early has seen a random part."""
    source = random.Random(content_hash("sheet", [seed, len(items)]))
    order = list(items)
    source.shuffle(order)
    return tuple(
        DrawnItem(
            one.question,
            one.version,
            one.scope,
            one.sample,
            one.candidates[::-1] if source.random() < 0.5 else one.candidates,
            one.probability,
            one.reviewers,
        )
        for one in order
    )
