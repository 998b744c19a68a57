"""Finding out which format a file or folder is in, and loading only the reader it needs."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from judge.errors import InputError, UnknownName
from judge.importers import FORMATS, Imported, has_fields

SHEET = "sheet"  # a filled-in sheet (docs/formats.md): no data set, it says nothing without the draw in the store


class Format(Protocol):
    """What each module of FORMATS offers."""

    recognises: Callable[[Path], bool]
    read: Callable[..., Imported]


@dataclass(frozen=True, slots=True)
class Found:
    """A file or folder and the format it is in, or SHEET; None where no format knows the file."""

    path: Path
    format: str | None


def load(name: str) -> Format:
    """Load a format's module; raises UnknownName."""
    if name not in FORMATS:
        raise UnknownName("格式", name, FORMATS)
    return cast(Format, importlib.import_module(FORMATS[name].partition(":")[0]))


def find(path: Path) -> Iterator[Found]:
    """Yield the data sets at a path: the path itself where a format knows it, else what stands inside a folder."""
    if not path.exists():
        raise InputError("没有这个文件或目录", where=str(path), fix="检查路径")
    name = next((name for name in FORMATS if load(name).recognises(path)), None)
    if name is not None:
        yield Found(path, name)
        inside = [one for one in sorted(path.iterdir()) if one.is_dir()] if path.is_dir() else []
    elif path.is_dir():
        inside = [one for one in sorted(path.iterdir()) if not one.name.startswith(".")]
    else:
        yield Found(path, SHEET if has_fields(path, ("draw", "item", "verdict")) else None)
        inside = []
    for one in inside:
        yield from find(one)
