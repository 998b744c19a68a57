"""Records to JSON and back: the one form used by the store and by our own JSONL files."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import TypeAdapter

from judge.identity import Json, plain
from judge.records import Result, Score, Scores, Skipped, Unanswered, Unreadable, Verdict

Record = TypeVar("Record")


def to_json(value: object) -> str:
    """Return compact JSON with fields in their order of definition; defaults are left out."""
    return json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


_adapters: dict[object, TypeAdapter[Any]] = {}


def _adapter(kind: type[Record]) -> TypeAdapter[Record]:
    """Return the reader of a kind; building one costs a thousand times more than using it."""
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def from_json(kind: type[Record], text: str) -> Record:
    """Rebuild a record of one kind; raises pydantic.ValidationError where the JSON does not fit it to the letter."""
    return _adapter(kind).validate_json(text, strict=True)  # "8" is not 8, true is not 1


def from_plain(kind: type[Record], value: Json) -> Record:
    """Rebuild a record of one kind from JSON values; raises pydantic.ValidationError where they do not fit."""
    return from_json(kind, to_json(value))


def encode_result(result: Result | Skipped) -> dict[str, Json]:
    """Return a result under the name of its kind, which is how it is told apart when read back.

    Raises ValueError for scores that would not come back as they are: none at all, or two of one dimension.
    """
    match result:
        case Verdict():
            return {"verdict": plain(result)}
        case Scores(overall, dimensions):
            scores: dict[str, Json] = {} if overall is None else {"overall": plain(overall)}
            if dimensions:
                scores["dimensions"] = {name: plain(score) for name, score in dimensions}
            if not scores or len(dict(dimensions)) < len(dimensions):
                raise ValueError("scores 应含总分或维度，且维度不重名")
            return {"scores": scores}
        case Unreadable(reason):
            return {"unreadable": reason}
        case Unanswered(reason):
            return {"unanswered": reason}
        case Skipped(reason):
            return {"skipped": reason}


RESULTS = ("verdict", "scores", "unreadable", "unanswered", "skipped")


def decode_result(row: dict[str, Json]) -> Result | Skipped:
    """Read the result that stands in a row under exactly one of RESULTS.

    Raises ValueError where there is none or more than one, pydantic.ValidationError where it does not fit.
    """
    found = [name for name in RESULTS if name in row]
    if len(found) != 1:
        raise ValueError(f"应恰有 {'、'.join(RESULTS)} 之一，却有 {len(found)} 个")
    name, value = found[0], row[found[0]]
    match name:
        case "verdict":
            return from_plain(Verdict, value)
        case "scores":
            return _scores(value)
        case "unreadable":
            return from_plain(Unreadable, {"reason": value})
        case "unanswered":
            return from_plain(Unanswered, {"reason": value})
        case _:
            return from_plain(Skipped, {"reason": value})


def _scores(value: Json) -> Scores:
    if not isinstance(value, dict) or not value.keys() <= {"overall", "dimensions"} or not value:
        raise ValueError("scores 应含 overall 或 dimensions，且不含别的字段")
    dimensions = value.get("dimensions", {})
    if not isinstance(dimensions, dict):
        raise ValueError("scores.dimensions 应是对象：维度名 → 分数")  # noqa: TRY004  (a fault of the file, not of the caller)
    return Scores(
        overall=from_plain(Score, value["overall"]) if "overall" in value else None,
        dimensions=tuple((name, from_plain(Score, score)) for name, score in dimensions.items()),
    )
