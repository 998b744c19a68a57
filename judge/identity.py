"""Canonical JSON and the content hash that names every record."""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import json
import math

from typing_extensions import TypeAliasType

# A named alias, so that pydantic can follow it into itself.
Json = TypeAliasType("Json", "bool | int | float | str | list[Json] | dict[str, Json] | None")


def plain(value: object) -> Json:
    """Turn a record (dataclasses, enums, tuples, mappings) into JSON values, leaving out fields at their default.

    Leaving defaults out lets a later version add an optional field without renaming every stored record.
    """
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"not a finite number: {value}")
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: plain(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if getattr(value, field.name) != field.default
        }
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    raise TypeError(f"no JSON form for {type(value).__name__}")


def canonical_json(value: object) -> str:
    """Return the one JSON text of a value: keys sorted, no spaces, 1.0 written as 1, text in Unicode."""
    return json.dumps(plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def content_hash(kind: str, value: object) -> str:
    """Return 32 hexadecimal digits that name a value among its kind (SHA-256, first 128 bits).

    Raises UnicodeEncodeError where the text holds a lone surrogate.
    """
    return hashlib.sha256(f"{kind}\n{canonical_json(value)}".encode()).hexdigest()[:32]
