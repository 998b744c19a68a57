"""What people said away from the page, read back.

It takes the place of what the same person said before only where that is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from judge.columns import Kind
from judge.errors import InputError, UnknownName
from judge.identity import Json
from judge.jsonl import Row, json_rows
from judge.records import HumanVerdict, Scores, Skipped, Verdict
from judge.review.desk import WITHDRAWN, preferred
from judge.review.draws import Draw, Scale, draws_of, verdicts
from judge.store import Store
from judge.store.columns import Standing
from judge.store.people import Voice
from judge.store.rows import human_row

TAKEN_BACK = Skipped(WITHDRAWN)
NAMED = 5  # changes told of one by one
Placed: TypeAlias = tuple[str, HumanVerdict]  # file and line, and what stands there


@dataclass(frozen=True, slots=True)
class Collected:
    """What a sheet held: new verdicts, of which `changed` say otherwise than the same person did; known and empty lines."""

    verdicts: tuple[HumanVerdict, ...]
    changed: int
    known: int
    empty: int


# ── sheets ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def collected(store: Store, path: Path, reviewer: str | None = None, *, replacing: bool = False) -> Collected:
    """Read a sheet; reviewer: of lines that name none.

    Raises InputError by line, and where lines say otherwise than what stands, unless `replacing`.
    """
    if reviewer is not None and not reviewer.strip():
        raise InputError("审阅者没有名字", where="--reviewer", fix="例如 --reviewer 小陈")
    if not path.is_file():
        raise InputError("没有这个文件", where=str(path), fix="写 judge audit draw 产生、填好的判卷")
    lines = _by_draw(store, path)
    found: list[Placed] = []
    for draw, mine in lines:
        dialogues = {one.key: one for one in store.dialogues(draw.bank)}
        found += verdicts(draw, mine, reviewer or "", dialogues, scales_of(store, draw))
    standing = _standing(store, found)
    new: list[HumanVerdict] = []
    changes: list[str] = []
    for where, one in found:
        before = standing.get(_place(one))
        if before is None:
            new.append(one)
            continue
        told = _change(where, before, one)
        if told or before.said == TAKEN_BACK or _content(before).get("draw") != one.draw:
            new.append(replace(one, supersedes=before.standing.key))
            changes += [told] if told else []
    _refuse(changes, replacing)
    empty = sum(len(mine) for _, mine in lines) - len(found)
    return Collected(tuple(new), len(changes), len(found) - len(new), empty)


def _by_draw(store: Store, path: Path) -> list[tuple[Draw, list[tuple[str, Row]]]]:
    """Return the lines of a sheet with the draw they belong to; raises InputError where they belong to none."""
    known = {one.name: one for one in draws_of(store)}
    lines: dict[str, list[tuple[str, Row]]] = {}
    for where, row in json_rows(path):
        if row.get("draw") is None:
            raise InputError("这一行没有 draw 一栏，不是判卷", where=where, fix="写 judge audit draw 产生、填好的判卷")
        name = str(row["draw"])
        if name not in known:
            raise UnknownName("抽样", name, known)
        lines.setdefault(name, []).append((where, row))
    return [(known[name], mine) for name, mine in lines.items()]


def scales_of(store: Store, draw: Draw) -> dict[str, Scale]:
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


# ── nothing is overwritten unsaid ─────────────────────────────────────────────────────────────────────────────────────


def superseding(store: Store, found: Sequence[Placed], *, replacing: bool = False) -> list[HumanVerdict]:
    """Return verdicts read with their records; what says something else than stands for the same draw supersedes it.

    Raises InputError where there is such a one that does not say so itself, unless `replacing`.
    """
    standing = _standing(store, found)
    known = store.known_humans([one for _, one in found])
    kept: list[HumanVerdict] = []
    changes: list[str] = []
    for where, one in found:
        if known.get(one.key, one.key) != one.key:
            continue  # stored already, when it still had a name
        before = standing.get(_place(one))
        kept.append(one)
        if before is None or one.supersedes or one.key in known or _content(before).get("draw") != one.draw:
            continue
        if told := _change(where, before, one):
            kept[-1] = replace(one, supersedes=before.standing.key)
            changes.append(told)
    _refuse(changes, replacing)
    return kept


def _refuse(changes: Sequence[str], replacing: bool) -> None:
    if changes and not replacing:
        named = "".join(f"\n  {one}" for one in changes[:NAMED])
        more = f"\n  ……还有 {len(changes) - NAMED} 条" if len(changes) > NAMED else ""
        raise InputError(
            f"有 {len(changes)} 条与已有的判定不同，一条也没有收：{named}{more}", fix="确实要改，加 --replace"
        )


def _standing(store: Store, found: Sequence[Placed]) -> dict[tuple[str, str, bool], Voice]:
    voices = store.voices({one.case.target for _, one in found}) if found else []
    return {(one.target, one.reviewer, one.adjudicates): one for one in voices}


def _place(one: HumanVerdict) -> tuple[str, str, bool]:
    return one.case.target, one.reviewer, one.adjudicates


def _change(where: str, before: Voice, one: HumanVerdict) -> str:
    """Say what a person says otherwise than before, whichever side was left; empty where nothing, or it was taken back."""
    shown, now = [dialogue.key for dialogue in one.case.dialogues], _voice(one)
    was, says = _words(before, shown), _words(now, shown)
    if before.said == TAKEN_BACK or (was == says and _rest(before) == _rest(now)):
        return ""
    more = "（附言等不同）" if was == says else ""
    return f"{where}：{one.reviewer} 判 {one.case.question.id}，{was} → {says}{more}"


def _voice(one: HumanVerdict) -> Voice:
    """Return a verdict as the store would say it back."""
    content = str(human_row(one, 0, [0] * len(one.case.dialogues))["content"])
    return Voice(*_place(one), one.case.dialogues[0].key, one.result, Standing(one.key, content))


def _words(voice: Voice, shown: Sequence[str]) -> str:
    """Return what a person said as a sheet has it; shown: keys of the dialogues, left first."""
    match voice.said:
        case Verdict(strength=strength):
            won = preferred(voice, shown)
            if won is None:
                return "都不好" if _content(voice).get("both_bad") else "平"
            return ("明显" if strength == 2 else "") + ("左" if won == shown[0] else "右")
        case Scores(overall, parts):
            whole = [f"{overall.value:g}"] if overall else []
            return "、".join([*whole, *(f"{name} {score.value:g}" for name, score in parts)])
        case Skipped():
            return "跳过"


def _rest(voice: Voice) -> dict[str, Json]:
    """Return what was said beside the verdict's side."""
    return {name: value for name, value in _content(voice).items() if name not in ("verdict", "draw", "probability")}


def _content(voice: Voice) -> dict[str, Json]:
    found: dict[str, Json] = json.loads(voice.standing.content)
    return found
