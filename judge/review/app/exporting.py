"""The page as one file for somebody without a connection: items inside, votes saved as lines that `judge import` takes back."""

from __future__ import annotations

from judge.identity import Json
from judge.report.words import Language
from judge.review.app.guide import guide
from judge.review.app.page import alone
from judge.review.desk import Task, sides
from judge.review.room import Room


def exported(room: Room, reviewer: str, language: Language) -> tuple[str, int]:
    """Return the file for one person, and how many items are in it: all that this person may still be asked."""
    tasks: list[Json] = []
    lines: dict[str, Json] = {}
    places = [place for place in room.desk.places if not place.closed and reviewer not in place.said]
    for number, place in enumerate(places, 1):
        task = Task(f"{number:016x}", "item", place, sides(place, reviewer))
        tasks.append({**room.show(reviewer, task), "before": None})
        lines[task.id] = {
            "draw": place.draw.name,
            "item": place.number,
            "question": place.item.question,
            **({"swapped": True} if task.shown != place.item.dialogues else {}),
        }
    content: Json = {
        "reviewer": reviewer,
        "unit": room.unit,
        "file": f"判定-{reviewer}.jsonl",
        "tasks": tasks,
        "lines": dict(lines),
        "guide": guide(room),
    }
    return alone(language, content), len(tasks)
