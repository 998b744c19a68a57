"""The battles that a store holds: those voted on, and those that go on, with all their turns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from judge.errors import InputError
from judge.records import ABILITIES, DIALOGUE, Bank, Candidate, target_of
from judge.review.battle import Battle, Fought, fought
from judge.review.room import before
from judge.store import Store
from judge.store.people import Voice
from judge.trail import Entry


@dataclass(frozen=True, slots=True)
class Bouts:
    """Battles in the order they began; how many began in all, thrown away or not."""

    fought: list[Fought]
    open: list[Battle]
    begun: int


def arena_bank(name: str) -> Bank:
    """Return the bank that battles make: every question is asked of two candidates only."""
    return Bank(name, title="对战：提问的人自己判", abilities=ABILITIES, complete=False)


def battles_of(store: Store, bank: str, candidates: Sequence[Candidate]) -> Bouts:
    """Read all battles of a bank, some of whose candidates may not be stored yet; raises InputError where it is a bank of another kind."""
    if any(one.bank.name == bank for one in store.banks()) and store.bank(bank) != arena_bank(bank):
        raise InputError(f"题库 {bank} 不是对战攒下的", where="--bank", fix="换一个新的名字")
    entries = store.trail(events=("battle", "discard"))
    gone = {entry.subject for entry in entries if entry.event == "discard"}
    known = {one.key: one for one in [*store.known_candidates(), *candidates]}
    questions = {one.key: one for one in store.questions(bank)}
    voices: dict[str, list[Voice]] = defaultdict(list)
    for voice in store.voices():
        voices[voice.target].append(voice)
    found = Bouts([], [], 0)
    battles = [(entry, battle) for entry in entries if (battle := _of_entry(entry, bank, known))]
    for entry, battle in battles:
        target = target_of(battle.key, DIALOGUE, (battle.blank(at).key for at in (0, 1)))
        said = [voice for voice in voices[target] if entry.who in (None, voice.reviewer)]  # None: purged since
        if said:
            found.fought.append(fought(battle, questions[battle.key], before(said[0])))
        elif battle.key not in gone and battle.who:
            _resume(store, battle)
            found.open.append(battle)
    return Bouts(found.fought, found.open, len(battles))


def _resume(store: Store, battle: Battle) -> None:
    """Read what was asked and answered so far."""
    battle.prompts += [answer.prompt or "" for answer in store.kept_answers(battle.key)]
    for at in (0, 1):
        battle.answers[at].extend(store.kept_answers(battle.blank(at).key))


def _of_entry(entry: Entry, bank: str, candidates: Mapping[str, Candidate]) -> Battle | None:
    """Return the battle that an entry of the trail tells of, without its turns; None where it is no business of this bank."""
    match entry.event, entry.content:
        case "battle", {
            "bank": str(name),
            "id": str(id),
            "ability": str(ability),
            "candidates": [str(left), str(right)],
        }:
            if name == bank and left in candidates and right in candidates:
                return Battle(bank, id, entry.who or "", ability, (candidates[left], candidates[right]), entry.time)
    return None
