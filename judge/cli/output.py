"""What every command shares: the store it works on, JSON on stdout, options of the same name and meaning."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from judge.identity import Json

if TYPE_CHECKING:
    from rich.console import Console

    from judge.store import Store

DEFAULT_STORE = "results/judge.db"
Function = TypeVar("Function", bound=Callable[..., None])


def store_option(function: Function) -> Function:
    """Add --store."""
    return click.option(
        "--store",
        "url",
        metavar="库",
        default=lambda: os.environ.get("JUDGE_STORE") or DEFAULT_STORE,
        help=f"SQLite 文件或 PostgreSQL 地址（默认 {DEFAULT_STORE}，或环境变量 JUDGE_STORE）",
    )(function)


def json_option(function: Function) -> Function:
    """Add --json."""
    return click.option("--json", "as_json", is_flag=True, help="输出 JSON（带版本号的固定格式），供程序读取")(function)


def listed(text: str | None) -> tuple[str, ...] | None:
    """Return the names in a comma-separated option; None where it was not given."""
    return tuple(one.strip() for one in text.split(",")) if text else None


def opened(url: str, *, create: bool = False) -> Store:
    """Open the store a command works on."""
    from judge.store import open_store

    return open_store(url, create=create)


def warn_of_stopping(store: Store, bank: str, missing: int) -> None:
    """Say on stderr that a run on this bank stopped early, where something is missing and the intervals do not allow for it."""
    from judge.resolve import stopped_early

    if missing and stopped_early(store, bank):
        said = "这个题库上有提前停的评测：没评完的那些，这里的区间没有为它放宽；用 judge report 看那一次，或去掉 --until 评完"
        print(said, file=sys.stderr)


def console() -> Console:
    """Return the terminal to print on; tables need 80 columns, a narrower terminal wraps their lines itself."""
    from rich.console import Console

    found = Console(highlight=False)
    return found if found.width >= 80 else Console(highlight=False, width=80)


def print_json(schema: str, content: dict[str, object]) -> None:
    """Print a result as JSON with the name and version of its form; what is infinite or absent is null."""
    text = json.dumps({"schema": schema, **_full(content)}, ensure_ascii=False, indent=2, allow_nan=False)  # type: ignore[dict-item]
    sys.stdout.write(text + "\n")


def fields_of(record: object) -> dict[str, object]:
    """Return a report's fields by name."""
    return {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}  # type: ignore[arg-type]


def _full(value: object) -> Json:
    """Turn a report into JSON values with every field written out: readers must not guess defaults."""
    if isinstance(value, enum.Enum):
        return _full(value.value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    if dataclasses.is_dataclass(value):
        return {name: _full(item) for name, item in fields_of(value).items()}
    if isinstance(value, dict):
        return {str(name): _full(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_full(item) for item in value]
    raise TypeError(f"no JSON form for {type(value).__name__}")
