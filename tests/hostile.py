"""Answers that attack whoever shows, stores, exports or judges them, from tests/hostile.jsonl."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Attack:
    """`kind`: script, request, svg, math, bidi, ansi, huge, template, spreadsheet, rich, control, path, tags, homoglyph, judge, all."""

    id: str
    kind: str
    text: str


def _attacks() -> Iterator[Attack]:
    """Read a line each; `repeat` holds a piece and how often it stands between `text` and `tail`."""
    # Not splitlines(): some of these texts are about what else may end a line.
    for line in Path(__file__).with_suffix(".jsonl").read_text(encoding="utf-8").split("\n"):
        if line:
            row = json.loads(line)
            piece, times = row.get("repeat", ("", 0))
            yield Attack(row["id"], row["kind"], row["text"] + piece * times + row.get("tail", ""))


HOSTILE = list(_attacks())
HOSTILE.append(Attack("all", "all", "\n\n".join(one.text for one in HOSTILE if len(one.text) < 2000)))
