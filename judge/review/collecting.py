"""Filled-in sheets read back: every line finds the item that was drawn, and with it the chance of the draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from judge.columns import Kind
from judge.errors import InputError, UnknownName
from judge.identity import Json
from judge.jsonl import json_rows
from judge.records import HumanVerdict
from judge.review.draws import Draw, Scale, draws_of, verdicts
from judge.store import Store


@dataclass(frozen=True, slots=True)
class Collected:
    """What a sheet held: verdicts that are new, of which `changed` take the place of the reviewer's own earlier ones; lines known already, and empty."""

    verdicts: tuple[HumanVerdict, ...]
    changed: int
    known: int
    empty: int


def collected(store: Store, path: Path, reviewer: str) -> Collected:
    """Read a sheet; a reviewer's later word takes the place of the earlier. Raises InputError by line."""
    if not reviewer.strip():
        raise InputError("审阅者没有名字", where="--reviewer", fix="例如 --reviewer 小陈")
    if not path.is_file():
        raise InputError("没有这个文件", where=str(path), fix="写 judge audit draw 产生、填好的判卷")
    known = {one.name: one for one in draws_of(store)}
    lines: dict[str, list[tuple[str, Mapping[str, Json]]]] = {}
    for where, row in json_rows(path):
        name = row.get("draw")
        if name is None:
            raise InputError("这一行没有 draw 一栏，不是判卷", where=where, fix="写 judge audit draw 产生、填好的判卷")
        if name not in known:
            raise UnknownName("抽样", str(name), known)
        lines.setdefault(str(name), []).append((where, row))
    found: list[HumanVerdict] = []
    for name, mine in lines.items():
        draw = known[name]
        dialogues = {one.key: one for one in store.dialogues(draw.bank)}
        found += verdicts(draw, mine, reviewer, dialogues, _scales(store, draw))
    standing = store.standing_verdicts({one.reviewer for one in found})
    new, changed = [], 0
    for one in found:
        before = standing.get((one.case.target, one.reviewer))
        if before is None:
            new.append(one)
        elif not before.says(one):
            new.append(replace(one, supersedes=before.key))
            changed += 1
    return Collected(tuple(new), changed, len(found) - len(new), sum(map(len, lines.values())) - len(found))


def _scales(store: Store, draw: Draw) -> dict[str, Scale]:
    """Return the scale on which the draw's judge scored each question, by id; 1 to 10 where it scored none."""
    if draw.unit == "pairs":
        return {}
    keys = {one.key: one.id for one in store.questions(draw.bank)}
    ids = {code: keys[key] for key, code in store.question_codes(draw.bank).items()}
    scales: dict[str, Scale] = {item.question: (1.0, 10.0) for item in draw.items}
    for code, name in store.judges(draw.bank).items():
        if name in draw.judge.split("、"):
            rows = store.judgment_columns(draw.bank, code, draw.history)
            rows = rows.take((rows.kind == Kind.SCORES) & rows.scored)
            marks = zip(rows.question.tolist(), rows.worst.tolist(), rows.best.tolist(), strict=True)
            scales |= {ids[question]: (worst, best) for question, worst, best in marks}
    return scales
