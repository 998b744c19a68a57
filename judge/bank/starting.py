"""The first lines of a team's own bank: a header, and an example of each ability to write over. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from judge.identity import Json
from judge.records import ABILITIES


def starting(name: str, title: str, abilities: Sequence[str]) -> list[dict[str, Json]]:
    """Return the rows of a new bank; without abilities of its own it has the ten."""
    named = list(abilities or ABILITIES)
    header: dict[str, Json] = {
        "bank": name,
        "title": title,
        "version": "1",
        "licence": "内部使用",
        "abilities": list(named),
        "balance": {"per_ability": 1, "turns": {"2-6": 1}},
    }
    return [header, *(_example(number, ability) for number, ability in enumerate(named, 1))]


def _example(number: int, ability: str) -> dict[str, Json]:
    first: dict[str, Json] = {
        "prompt": f"{ability}：第一轮的话",
        "reference": None,
        "reference_kind": "rubric",
        "key_points": [f"{ability}：能核对的要点一", "要点二"],
        "depends_on": [],
        "expected": "answer",
    }
    second: dict[str, Json] = {
        **first,
        "prompt": f"{ability}：改一个条件",
        "key_points": ["按改过的条件答", "没改的照旧"],
        "depends_on": [1],
    }
    return {
        "id": f"q-{number:03}",
        "ability": ability,
        "subcategory": "",
        "version": 1,
        "difficulty": 2,
        "difficulty_reason": "写一句难在哪",
        "tags": [],
        "trap": None,
        "source": "derived",
        "turns": [first, second],
    }
