"""Draws: which items were drawn for people, with which probability, kept when they are drawn; and the sheets people fill in."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from judge.codec import from_plain
from judge.errors import InputError
from judge.identity import Json, content_hash, plain
from judge.records import Case, Dialogue, HumanVerdict, Run, Scope, Score, Scores, Side, Skipped, Verdict
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


def verdicts(
    draw: Draw,
    lines: Sequence[tuple[str, Mapping[str, Json]]],
    reviewer: str,
    dialogues: Mapping[str, Dialogue],
    scales: Mapping[str, Scale],
) -> list[HumanVerdict]:
    """Read filled-in lines of one draw's sheet (where, fields); empty ones are not done yet. Raises InputError by line.

    dialogues: by key; scales: worst and best score by question id, for draws of single answers.
    """
    found: dict[tuple[int, str], HumanVerdict] = {}
    for where, fields in lines:
        word = str(fields.get("verdict") or "").strip().lower()
        if not word:
            continue
        number, item = _item(draw, fields, where)
        named = str(fields.get("reviewer") or "").strip() or reviewer.strip()
        if (number, named) in found:
            fix = "一个人一条只判一次；请两个人判的，各写各的 reviewer"
            raise InputError(f"{named} 把第 {number} 条判了两次", where=where, fix=fix)
        comment = str(fields.get("comment") or "")
        result = Skipped(comment or "跳过") if word in SKIP else _result(word, draw, item, scales, where)
        shown = tuple(dialogues[key] for key in item.dialogues)
        case = Case(shown[0].question, Scope(item.scope or None), shown)
        bad = word in BOTH_BAD
        found[number, named] = HumanVerdict(
            case, named, result, item.probability, draw.name, both_bad=bad, comment=comment
        )
    return list(found.values())


def _item(draw: Draw, fields: Mapping[str, Json], where: str) -> tuple[int, DrawnItem]:
    """Return the item a line is about; raises InputError where it is another one than was drawn under this number."""
    said = str(fields.get("item")).strip()
    number = int(said) if said.isdecimal() else 0
    fix = "不要改 draw、item、question 三栏"
    if not 1 <= number <= len(draw.items):
        raise InputError(f"{draw.name} 没有第 {said} 条", where=where, fix=fix)
    item = draw.items[number - 1]
    if fields.get("question", item.question) != item.question:
        raise InputError(
            f"{draw.name} 的第 {number} 条是 {item.question}，不是 {fields['question']}", where=where, fix=fix
        )
    return number, item


def _result(word: str, draw: Draw, item: DrawnItem, scales: Mapping[str, Scale], where: str) -> Verdict | Scores:
    if draw.unit == "pairs":
        if word not in SIDES:
            raise InputError(f"看不懂的判定 {word!r}", where=where, fix="写 左、右、平、都不好 或 跳过")
        side = SIDES[word]
        return Verdict(side, 0 if side is Side.TIE else 1)
    worst, best = scales[item.question]
    fix = f"写 {min(worst, best):g} 到 {max(worst, best):g} 之间的数，或 跳过"
    try:
        value = float(word)
    except ValueError:
        raise InputError(f"看不懂的分数 {word!r}", where=where, fix=fix) from None
    if not min(worst, best) <= value <= max(worst, best):
        raise InputError(f"分数 {word} 超出量程", where=where, fix=fix)
    return Scores(Score(value, worst, best))
