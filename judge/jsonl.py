"""Reading JSON line by line, strictly, and saying in Chinese what does not fit, where, and how to mend it."""

from __future__ import annotations

import gzip
import json
import math
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, get_args, get_type_hints

from judge.errors import InputError, nearest
from judge.identity import Json

if TYPE_CHECKING:  # pydantic loads slowly, and `judge --help` passes through here
    from pydantic import BaseModel, ConfigDict
    from pydantic_core import ErrorDetails

Row: TypeAlias = dict[str, Json]
Kind = TypeVar("Kind", str, list[Json], dict[str, Json])
Shape = TypeVar("Shape", bound="BaseModel")

# ── lines ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def byte_lines(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield ('FILE 第 N 行', bytes) for each line of a file, gzip-compressed or not; raises InputError naming the file."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                # A byte order mark is no text; it can stand before the first line only.
                yield f"{path} 第 {number} 行", line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError("压缩文件不完整或已损坏", where=str(path), fix="重新下载或重新压缩该文件") from error
    except OSError as error:
        raise InputError(f"读不了文件（{error.strerror or error}）", where=str(path), fix="检查路径与权限") from error


def decoded(line: bytes, where: str) -> str:
    """Return a line as text without its end; raises InputError where it is not UTF-8."""
    try:
        return line.decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise InputError(
            f"不是合法的 UTF-8（第 {error.start + 1} 个字节）",
            where=where,
            fix="先把文件转成 UTF-8，例如 iconv -f GB18030 -t UTF-8 旧文件 -o 新文件",
        ) from error


def open_text(path: Path) -> Iterator[str]:
    """Yield the lines of a UTF-8 text file, gzip-compressed or not, without their line ends.

    Raises InputError naming file and line for bytes that are not UTF-8, and for a damaged gzip file.
    """
    return (decoded(line, where) for where, line in byte_lines(path))


def json_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Yield ('FILE 第 N 行', object) for each non-blank line of a JSONL file.

    Raises InputError naming file and line for half a line, a line that is no object, a repeated field or a lone surrogate.
    """
    for where, line in byte_lines(path):
        text = decoded(line, where)
        if text.strip():
            yield where, parse_object(text, where)


def parse_object(line: str, where: str) -> Row:
    """Parse one JSON object strictly: no NaN, no endless number, no repeated field, no lone surrogate, no NUL."""
    try:
        row = json.loads(
            line,
            object_pairs_hook=_unique_fields,
            parse_constant=_no_constant,
            parse_int=_whole,
            parse_float=_finite,
        )
        line.encode()
        if "\\u" in line:
            json.dumps(row, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        half = error.pos >= len(line.rstrip()) or error.msg.startswith("Unterminated")
        raise InputError(
            "这一行 JSON 不完整，像是写到一半断了" if half else f"不是合法的 JSON（第 {error.colno} 列起读不下去）",
            where=where,
            fix="删掉或补全这一行；一行一个 JSON 对象",
        ) from error
    except UnicodeEncodeError as error:
        raise InputError(
            "含有孤立的代理字符（半个 emoji），存不成 UTF-8", where=where, fix="重新导出这一行的文本"
        ) from error
    except RecursionError as error:
        raise InputError("括号嵌套得太深", where=where, fix="改成普通的 JSON 值") from error
    except ValueError as error:
        raise InputError(str(error), where=where, fix="改成普通的 JSON 值") from error
    if not isinstance(row, dict):
        raise InputError(f"应是一个 JSON 对象，却是{_called(row)}", where=where, fix="一行一个 {…}")
    # PostgreSQL holds no NUL; a line can only spell it out, since JSON allows no control character in text.
    if "\\u0000" in line and (path := next(_with_nul(row), None)) is not None:
        raise InputError("文字里有空字符（\\u0000），存不进库", where=f"{where} 的 {path}", fix="去掉空字符")
    return row


def _with_nul(value: Json, path: str = "") -> Iterator[str]:
    """Yield the path of every text that holds a NUL; of a field whose name holds one, the path of its object."""
    match value:
        case str() if "\0" in value:
            yield path or "这一行"
        case list():
            for at, item in enumerate(value):
                yield from _with_nul(item, f"{path}[{at}]")
        case dict():
            for name, item in value.items():
                yield from _with_nul(name, path)
                yield from _with_nul(item, f"{path}.{name}".lstrip("."))


def _unique_fields(pairs: list[tuple[str, Json]]) -> Row:
    row = dict(pairs)
    if len(row) != len(pairs):
        name = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ValueError(f"字段 {name} 出现了两次")
    return row


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} 不是 JSON 的数")


def _whole(digits: str) -> int:
    # Python reads integers of up to 4,300 digits; no measure of anything has more than 100.
    if len(digits) > 100:
        raise ValueError(f"整数 {digits[:8]}…… 有 {len(digits)} 位，太长")
    return int(digits)


def _finite(digits: str) -> float:
    if not math.isfinite(value := float(digits)):
        raise ValueError(f"{digits[:20]} 太大，不是有限的数")
    return value


def head(path: Path, count: int = 1) -> list[Row]:
    """Return the first rows of a JSONL file for `recognises`; empty where it is not one."""
    rows: list[Row] = []
    try:
        for _, row in json_rows(path):
            rows.append(row)
            if len(rows) == count:
                break
    except InputError:
        return rows
    return rows


def has_fields(path: Path, names: Iterable[str]) -> bool:
    """Tell whether the first row of a JSONL file has all these fields."""
    first = head(path)
    return bool(first) and set(names) <= first[0].keys()


# ── one field ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def text_of(row: Row, name: str, where: str) -> str:
    """Return a field that must be text."""
    return _typed(row, name, where, str, "文字")


def number_of(row: Row, name: str, where: str) -> float:
    """Return a field that must be a number."""
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong_type(row, name, where, "数")
    return float(value)


def id_of(row: Row, name: str, where: str) -> str:
    """Return a field that names something: text, or a whole number written as text."""
    value = row.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _typed(row, name, where, str, "文字或整数")


def list_of(row: Row, name: str, where: str) -> list[Json]:
    """Return a field that must be a list."""
    return _typed(row, name, where, list, "列表")


def object_of(row: Row, name: str, where: str) -> Row:
    """Return a field that must be an object."""
    return _typed(row, name, where, dict, "对象")


def _typed(row: Row, name: str, where: str, kind: type[Kind], called: str) -> Kind:
    value = row.get(name)
    if not isinstance(value, kind):
        raise _wrong_type(row, name, where, called)
    return value


def _wrong_type(row: Row, name: str, where: str, called: str) -> InputError:
    if name not in row:
        return InputError(f"缺少字段 {name}", where=where, fix=f"补上 {name}（{called}）")
    return InputError(f"字段 {name} 应是{called}，却是{_called(row[name])}", where=where, fix=f"把 {name} 改成{called}")


# ── a whole row ───────────────────────────────────────────────────────────────────────────────────────────────────────

STRICT: ConfigDict = {"strict": True, "extra": "forbid", "frozen": True, "allow_inf_nan": False}


@dataclass(frozen=True, slots=True)
class Misfit:
    """One thing that does not fit: the path of its key (`turns[1].prompt`), what is wrong, how to mend it."""

    path: str
    message: str
    fix: str


def shaped(shape: type[Shape], row: Row) -> Shape | tuple[Misfit, ...]:
    """Fit a row into a shape, or say everything that does not fit.

    It goes through JSON, because only there pydantic, being strict, takes text for an enum and a list for a tuple.
    """
    from pydantic import ValidationError

    try:
        return shape.model_validate_json(json.dumps(row, ensure_ascii=False, default=str))
    except ValidationError as error:
        return tuple(_misfit(shape, one) for one in error.errors())


def fitted(shape: type[Shape], row: Row, where: str) -> Shape:
    """Fit a row into a shape; raises InputError with the first thing that does not fit."""
    found = shaped(shape, row)
    if isinstance(found, tuple):
        raise InputError(found[0].message, where=f"{where} 的 {found[0].path}", fix=found[0].fix)
    return found


_EXPECTED = {
    "string_type": "文字",
    "int_type": "整数",
    "int_from_float": "整数",
    "float_type": "数",
    "finite_number": "有限的数",
    "bool_type": " true 或 false",
    "list_type": "列表",
    "dict_type": "对象",
    "model_type": "对象",
    "tuple_type": "列表",
    "dataclass_type": "对象",
    "literal_error": " {expected} 之一",
    "enum": " {expected} 之一",
    "greater_than_equal": "不小于 {ge:.10g} 的数",
    "greater_than": "大于 {gt:g} 的数",
    "less_than_equal": "不大于 {le:.10g} 的数",
    "too_short": "至少 {min_length} 项",
    "too_long": "至多 {max_length} 项",
    "string_too_short": "非空的文字",
    "string_too_long": "至多 {max_length} 个字的文字",
}


def _misfit(shape: type[BaseModel], error: ErrorDetails) -> Misfit:
    """Say one of pydantic's complaints in our words."""
    steps = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"])
    path = "".join(steps).lstrip(".") or "这一行"
    kind, context = error["type"], error.get("ctx", {})
    name = str(error["loc"][-1]) if error["loc"] else ""
    if kind == "missing":
        return Misfit(path, f"缺少字段 {name}" if not name.isdigit() else "列表少了一项", f"补上 {path}")
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        known = _fields_at(shape, error["loc"][:-1])
        close = nearest(name, known)
        hint = f"；是不是 {close[0]}" if close else ""
        return Misfit(path, f"不认识的字段 {name}{hint}", f"可用的字段：{'、'.join(known)}")
    if kind == "value_error":
        return Misfit(path, str(context["error"]), f"改正 {path}")
    if kind in ("literal_error", "enum"):
        context = {"expected": str(context["expected"]).replace("'", "").replace(" or ", "、").replace(", ", "、")}
    expected = _EXPECTED.get(kind, "别的值").format(**context)
    return Misfit(path, f"应是{expected}，却是{_called(error['input'])}", f"把 {path} 改成{expected}")


def _fields_at(shape: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """Return the fields known at a place inside a shape."""
    here: Any = shape
    for part in loc:
        hints = get_type_hints(here)
        here = next(_shapes_in(hints[part]), here) if isinstance(part, str) and part in hints else here
    return list(getattr(here, "model_fields", None) or here.__dataclass_fields__)


def _shapes_in(annotation: Any) -> Iterator[Any]:
    """Yield the models and records that stand inside an annotation such as `tuple[Turn, ...] | None`."""
    if hasattr(annotation, "model_fields") or hasattr(annotation, "__dataclass_fields__"):
        yield annotation
    for inner in get_args(annotation):
        yield from _shapes_in(inner)


def _called(value: object) -> str:
    """Name a value that does not fit: its kind, and the value itself where it is short."""
    match value:
        case None:
            return " null"
        case bool():
            return f" {str(value).lower()}"
        case int() | float():
            return f" {value}"
        case str():
            return f"文字 {value!r}" if len(value) <= 20 else f"文字 {value[:20]!r}……"
        case list() | tuple():
            return f"列表（{len(value)} 项）"
        case _:
            return "对象"
