"""Plans written as TOML: read, checked and laid under what the command line says."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from judge.errors import InputError, nearest
from judge.identity import Json
from judge.records import Plan

KEYS = tuple(field.name for field in fields(Plan))


def read_plan(path: Path) -> Plan:
    """Read a plan file; raises InputError with file and key for what is unknown or of the wrong kind."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"读不了计划文件（{error.strerror}）", where=str(path), fix="检查路径") from error
    except UnicodeDecodeError as error:
        raise InputError("不是合法的 UTF-8", where=str(path), fix="把文件另存为 UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"不是合法的 TOML（{error}）", where=str(path), fix="改好这一处再试") from error
    return check_plan(content, str(path))


def check_plan(content: dict[str, Json], where: str) -> Plan:
    """Turn the keys of a plan into a Plan; `where` is named in errors."""
    for key in content:
        if key not in KEYS:
            close = nearest(key, KEYS)
            hint = f"；是不是 {close[0]}" if close else ""
            raise InputError(f"不认识的键{hint}", where=f"{where} 的 {key}", fix=f"可用的键：{'、'.join(KEYS)}")
    try:
        plan = TypeAdapter(Plan).validate_python(content)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"值 {first['input']!r} 不合适（应为 {_expected(key)}）", where=f"{where} 的 {key}", fix=f"改正 {key} 的值"
        ) from error
    return _in_range(plan, where)


def with_flags(plan: Plan, flags: Mapping[str, object]) -> Plan:
    """Lay what the command line says (None: nothing) over a plan."""
    said = {name: value for name, value in flags.items() if value is not None}
    return _in_range(replace(plan, **said), "命令行")  # type: ignore[arg-type]


def _expected(key: str) -> str:
    kinds = {
        "candidates": "一列候选名",
        "abilities": "一列能力名",
        "scope": "auto、dialogue 或 turns",
        "filtered": "loss、tie 或 exclude",
        "history": "own 或 golden",
        "margin": "百分点数",
        "tie_within": "不小于 0 的数",
        "confidence": "0 与 1 之间的数",
        "seed": "整数",
        "limit": "整数",
        "panel": "equal、weighted 或 cascade",
        "until": "all、decided 或 looks",
        "target": "like 或 bank",
    }
    return kinds.get(key.partition(".")[0], "文字")


def _in_range(plan: Plan, where: str) -> Plan:
    for key, fits, expected in (
        ("margin", 0 <= plan.margin < 50, "0 到 50 之间的百分点数"),
        ("tie_within", plan.tie_within >= 0, "不小于 0 的数"),
        ("limit", plan.limit is None or plan.limit >= 1, "不小于 1 的整数"),
        ("confidence", 0.5 <= plan.confidence < 1, "0.5 与 1 之间的数，例如 0.95"),
    ):
        if not fits:
            raise InputError(
                f"值 {getattr(plan, key)} 超出范围（应为 {expected}）",
                where=f"{where} 的 {key}",
                fix=f"改正 {key} 的值",
            )
    return plan
