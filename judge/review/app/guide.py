"""What a reviewer reads first: the guidelines that the rubric is, and three items to practise on."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from judge import markup
from judge.identity import Json
from judge.review.room import Room


def guide(room: Room) -> dict[str, Json]:
    """Return guidelines of the abilities that are asked about, and the practice."""
    abilities = dict.fromkeys(place.ability for place in room.desk.places)
    found: list[Json] = []
    for name in abilities:
        rubric = room.rubrics.of(name)
        dimensions: list[Json] = [
            {
                "name": one.name,
                "meaning": one.meaning,
                "weight": round(100 * one.weight),
                "bands": [list(band) for band in one.bands],
            }
            for one in rubric.dimensions
        ]
        found.append({"ability": name, "notes": rubric.notes, "dimensions": dimensions})
    return {"abilities": found, "practice": practice()}


@cache
def practice() -> list[Json]:
    """Return the practice items laid out like all others."""
    path = Path(__file__).with_name("practice.toml")
    items = tomllib.loads(path.read_text(encoding="utf-8"))["items"]
    return [{**one, "turns": [_turn(turn) for turn in one["turns"]]} for one in items]


def _turn(turn: dict[str, str]) -> Json:
    def text(name: str) -> dict[str, Json]:
        return {"html": markup.to_html(turn[name]), "text": turn[name]}

    return {"asked": [text("asked")], "left": text("left"), "right": text("right")}
