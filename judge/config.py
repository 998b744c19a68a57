"""judge.toml: the models a team uses, under the names it gives them. Keys never stand here."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import tomlkit
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from judge.errors import InputError, UnknownName, nearest
from judge.identity import Json
from judge.limits import LIMITS, Limit
from judge.models.pacing import Limits
from judge.models.vendors import base_url, check_url, preset

FILE = "judge.toml"
TEXTS = ("preset", "model", "url", "variant", "system", "revision")  # taken as text, whatever they look like


class ModelRow(BaseModel):
    """One [models.NAME] table."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    preset: str
    model: str = Field(min_length=1)
    url: str | None = None
    variant: str | None = None
    temperature: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    system: str | None = None
    thinking: bool | None = None
    revision: str | None = None
    parameters: dict[str, Json] = Field(default_factory=dict)
    concurrency: int | None = Field(default=None, ge=1, le=4096)
    requests_per_minute: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    tokens_per_minute: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    attempts: int = Field(default=6, ge=1, le=20)
    timeout: float = Field(default=600.0, gt=0)


@dataclass(frozen=True)
class Config:
    """What a judge.toml says; empty where there is none."""

    path: Path
    models: Mapping[str, ModelRow] = field(default_factory=dict)
    judge: str | None = None  # the one that judges where none is named
    limits: Mapping[str, Limit] = field(default_factory=lambda: LIMITS)  # of a judge's certificate


def limits_of(rows: Sequence[ModelRow]) -> Limits:
    """Return the pace at which one account is asked: of several models behind it, the least that any of them says."""

    def least(name: str) -> Any:
        return min((said for row in rows if (said := getattr(row, name)) is not None), default=None)

    concurrency = least("concurrency") or Limits().concurrency
    attempts = max(row.attempts for row in rows)
    return Limits(concurrency, least("requests_per_minute"), least("tokens_per_minute"), attempts)


def config_path(environment: Mapping[str, str]) -> Path:
    """Return where the configuration stands: judge.toml in this folder, or what JUDGE_CONFIG says."""
    return Path(environment.get("JUDGE_CONFIG") or FILE)


def read_config(path: Path) -> Config:
    """Read judge.toml; raises InputError with file and key. A missing file is an empty configuration."""
    if not path.exists():
        return Config(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        fix = '改好这一处再试；中文名字要加引号：[models."通义"]'
        raise InputError(f"读不了配置（{error}）", where=str(path), fix=fix) from error
    for key in content.keys() - {"models", "judge", "certificate"}:
        raise InputError(
            "不认识的键", where=f"{path} 的 {key}", fix='候选与评委都写在 [models.名字] 里；judge = "名字" 是默认评委'
        )
    judge = content.get("judge")
    if not isinstance(judge, str | None):
        raise InputError("judge 应是名字", where=str(path), fix='写成 judge = "评委"，放在最前面')
    tables = content.get("models", {})
    if not isinstance(tables, dict):
        raise InputError("models 应是表", where=str(path), fix="写成 [models.名字]")
    models = {name: _row(name, table, path) for name, table in tables.items()}
    return Config(path, models, judge, limits_with(content.get("certificate", {}), f"{path} 的 [certificate]"))


def limits_with(changes: object, where: str, limits: Mapping[str, Limit] = LIMITS) -> Mapping[str, Limit]:
    """Return the certificate's thresholds with some changed: each a number, for usable alone, or [alone, unfit].

    Raises InputError for an unknown figure or what is no number.
    """
    found = dict(limits)
    if not isinstance(changes, dict):
        raise InputError("应是表", where=where, fix="写成 [certificate]，下面一行一个，如 agreement = 80")
    for name, said in changes.items():
        if name not in found:
            raise InputError(f"证书里没有 {name} 这一项", where=where, fix=f"可用的：{'、'.join(found)}")
        values = said if isinstance(said, list) else [said, found[name].unfit]
        if len(values) != 2 or not all(isinstance(one, int | float) and not isinstance(one, bool) for one in values):
            raise InputError(f"{name} 应是一个数，或 [单独可用, 不可用] 两个数", where=where, fix=f"例如 {name} = 80")
        found[name] = replace(found[name], alone=float(values[0]), unfit=float(values[1]))
    return found


def _row(name: str, table: object, path: Path) -> ModelRow:
    where = f"{path} 的 [models.{name}]"
    if isinstance(table, dict) and (secret := {"api_key", "key", "token"} & table.keys()):
        raise InputError(
            f"密钥不能写在配置里（{'、'.join(secret)}）",
            where=where,
            fix="删掉它，改设环境变量；judge models 会说是哪一个",
        )
    if not name or set(name) & set(",，:=@+"):
        raise InputError("模型的名字不能空着，也不能有逗号、冒号、= @ +", where=where, fix="换一个名字")
    try:
        row = ModelRow.model_validate(table)
        json.dumps(row.parameters, allow_nan=False)
        vendor = preset(row.preset)
        if row.url is not None:
            check_url(row.url, where)
        base_url(vendor, {}, row.variant)
        return row
    except UnknownName as error:
        error.where = where
        raise
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            close = nearest(key, ModelRow.model_fields)
            hint = f"；是不是 {close[0]}" if close else ""
            raise InputError(f"不认识的键 {key}{hint}", where=where, fix="删掉或改正这个键") from error
        if first["type"] == "missing":
            raise InputError(f"缺少 {key}", where=where, fix=f"补上 {key}") from error
        raise InputError(f"{key} 的值 {first['input']!r} 不合适", where=where, fix=f"改正 {key}") from error
    except (TypeError, ValueError) as error:
        raise InputError("parameters 里有 JSON 写不出的值", where=where, fix="改正 parameters") from error


def add_model(path: Path, name: str, row: Mapping[str, Json]) -> None:
    """Append a [models.NAME] table to judge.toml; raises InputError where the name is taken or the row does not fit."""
    document = _document(path)
    models = document.setdefault("models", tomlkit.table(is_super_table=True))
    if name in models:
        raise InputError(
            f"已经有名为 {name} 的模型", where=str(path), fix=f"换一个名字，或 judge models set {name} 键=值"
        )
    models[name] = dict(row)
    _replace(path, document)


def set_model(path: Path, name: str, changes: Mapping[str, str]) -> None:
    """Change keys of a [models.NAME] table, comments kept; a value is read as TOML, else as text, and `auto` takes the key away.

    A dot reaches into a table: parameters.top_p. Raises UnknownName, InputError; then nothing was changed.
    """
    document = _document(path)
    models = document.get("models", {})
    if name not in models:
        raise UnknownName("模型", name, models, fix="judge models 列出已有的模型")
    for key, said in changes.items():
        table, *rest = key.split(".", 1)
        place, last = (models[name].setdefault(table, {}), rest[0]) if rest else (models[name], table)
        if not isinstance(place, dict):
            raise InputError(
                f"{table} 不是表，没有 {key}", where=str(path), fix="只有 parameters 里能再分，如 parameters.top_p"
            )
        if said == "auto":
            place.pop(last, None)
        else:
            place[last] = said if key in TEXTS else _read(said)
    _replace(path, document)


def _read(said: str) -> Json:
    try:
        return tomllib.loads(f"value = {said}")["value"]  # type: ignore[no-any-return]
    except tomllib.TOMLDecodeError:
        return said


def _document(path: Path) -> tomlkit.TOMLDocument:
    read_config(path)  # its faults are named better there
    return tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()


def _replace(path: Path, document: tomlkit.TOMLDocument) -> None:
    """Write judge.toml whole or not at all, once it can be read again."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(tomlkit.dumps(document), encoding="utf-8")
        read_config(draft)
        draft.replace(path)
    except OSError as error:
        raise InputError(f"写不了配置（{error.strerror}）", where=str(path), fix="检查目录是否可写") from error
    except InputError as error:
        error.where = error.where.replace(str(draft), str(path))
        raise
    finally:
        draft.unlink(missing_ok=True)
