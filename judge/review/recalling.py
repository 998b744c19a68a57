"""What the trail tells, entry by entry, with what it is about: the question, and the verdict as it stands now."""

from __future__ import annotations

from dataclasses import dataclass

from judge.errors import UnknownName
from judge.identity import Json
from judge.records import HumanVerdict, Scope, target_of
from judge.review.draws import draws_of
from judge.store import Store
from judge.trail import Entry


@dataclass(frozen=True, slots=True)
class Recalled:
    """An entry of the trail, the (bank, id) of its question, and the verdict it tells of; None where it has none."""

    entry: Entry
    question: tuple[str, str] | None
    verdict: HumanVerdict | None


def recalled(store: Store, about: str | None = None, last: int | None = None) -> list[Recalled]:
    """Return what happened, oldest first: by a person, on a question, or all; the last so many. Raises UnknownName."""
    subjects = _subjects(store)
    entries = store.trail(who=about)
    if about is not None and not entries:
        wanted = {code for code, _, _ in store.find_questions(about)}
        found = [subject for subject, (code, _, _) in subjects.items() if code in wanted]
        if not found:
            people = {entry.who for entry in store.trail() if entry.who is not None}
            raise UnknownName("题目或审阅者", about, {*people, *(name for _, _, name in subjects.values())})
        entries = store.trail(subjects=found)
    entries = entries if last is None else entries[-last:]
    verdicts = dict(store.human_verdicts({subjects[one.subject][0] for one in entries if one.subject in subjects}))
    return [
        Recalled(one, subjects[one.subject][1:] if one.subject in subjects else None, verdicts.get(_key(one.content)))
        for one in entries
    ]


def _subjects(store: Store) -> dict[str, tuple[int, str, str]]:
    """Return (code, bank, id) of the question of all that was judged or drawn, and of every question by its key."""
    found = store.subjects()
    for draw in draws_of(store):
        keys = {code: key for key, code in store.question_codes(draw.bank).items()}
        cells = store.dialogue_keys(draw.bank, draw.history)
        for item in draw.items:
            question = keys[cells[item.dialogues[0]][0]]
            found[target_of(question, Scope(item.scope or None), item.dialogues)] = found[question]
    return found


def _key(content: Json) -> str:
    """Return the key of the verdict that an entry tells of."""
    return str(content.get("verdict")) if isinstance(content, dict) else ""
