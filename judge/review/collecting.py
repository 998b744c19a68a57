"""Filled-in sheets read back: every line finds the item that was drawn, and with it the chance of the draw."""

from __future__ import annotations

from pathlib import Path

from judge.columns import Kind
from judge.errors import InputError, UnknownName
from judge.jsonl import json_rows
from judge.records import HumanVerdict
from judge.review.draws import Draw, draws_of, verdicts
from judge.store import Store


def collected(store: Store, path: Path, reviewer: str) -> tuple[list[HumanVerdict], int]:
    """Read a sheet; returns the verdicts on it and how many lines are still empty. Raises InputError by line."""
    if not path.is_file():
        raise InputError("没有这个文件", where=str(path), fix="写 judge audit draw 产生、填好的判卷")
    known = {one.name: one for summary in store.banks() for one in draws_of(store, summary.bank.name)}
    lines: dict[str, list[tuple[str, dict]]] = {}  # type: ignore[type-arg]
    for where, row in json_rows(path):
        name = str(row.get("draw"))
        if name not in known:
            raise UnknownName("抽样", name, known)
        lines.setdefault(name, []).append((where, row))
    found: list[HumanVerdict] = []
    for name, mine in lines.items():
        draw = known[name]
        dialogues = [one for one in store.dialogues(draw.bank) if one.history == draw.history]
        found += verdicts(draw, mine, reviewer, store.questions(draw.bank), dialogues, _scales(store, draw))
    total = sum(map(len, lines.values()))
    return found, total - len(found)


def _scales(store: Store, draw: Draw) -> dict[str, tuple[float, float]]:
    """Return the scale on which the draw's judge scored each question, by id; 1 to 10 where it scored none."""
    if draw.unit == "pairs":
        return {}
    codes = {name: code for code, name in store.judges(draw.bank).items()}
    ids = {store.question_codes(draw.bank)[one.key]: one.id for one in store.questions(draw.bank)}
    scales = {item.question: (1.0, 10.0) for item in draw.items}
    rows = store.judgment_columns(draw.bank, codes[draw.judge], draw.history)
    for question, worst, best, kind in zip(
        rows.question.tolist(), rows.worst.tolist(), rows.best.tolist(), rows.kind.tolist(), strict=True
    ):
        if kind == Kind.SCORES and worst != best:
            scales[ids[question]] = (worst, best)
    return scales
