"""The desk: who is asked what next, from what was drawn and what was said. In memory, rebuilt from the store at any time.

An item is lent to as many people as are to judge it, for a while; what is lent to one is not given to another. Some of what a
person gets measures the person, and looks like all else: the same item again with sides turned, and a pair one of whose
answers belongs to another question.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import RLock
from typing import Literal, TypeAlias

from judge.identity import content_hash
from judge.records import Scores, Side, Verdict
from judge.review.draws import Draw, DrawnItem
from judge.store.columns import Standing
from judge.store.people import Voice

Kind: TypeAlias = Literal["item", "repeat", "gold"]
LENT_FOR = 600.0  # seconds after which what was lent may go to another
APART = 5  # own votes between an item and its repeat
FAR = 10  # own votes between an item and a broken copy of it
WITHDRAWN = "撤回"  # the reason in a verdict that takes an earlier one back
APART_SCORES = 0.2  # of the scale, beyond which two people's scores contradict each other


@dataclass
class Place:
    """One drawn item and what has come of it so far."""

    draw: Draw
    number: int  # in its draw, from 1
    item: DrawnItem
    target: str
    question: str  # key
    ability: str
    asked: str  # the beginning of the first user turn
    said: dict[str, Voice] = field(default_factory=dict)  # by reviewer
    ruling: Voice | None = None
    lent: dict[str, float] = field(default_factory=dict)  # until when
    barred: set[str] = field(default_factory=set)  # who has seen the names
    struck: bool = False  # the question does not count

    @property
    def votes(self) -> list[Voice]:
        return [voice for voice in self.said.values() if not voice.passed]

    @property
    def lacking(self) -> int:
        """Return how many people are still to be asked; whoever chose the item was not."""
        if self.struck or self.ruling is not None:
            return 0
        return max(0, self.item.reviewers - sum(voice.draw is not None for voice in self.votes))

    @property
    def closed(self) -> bool:
        """Tell whether nobody needs to be asked any more."""
        return self.lacking == 0

    @property
    def conflict(self) -> bool:
        """Tell whether people contradict one another and nobody has ruled yet."""
        return not self.struck and self.ruling is None and contradict(self.votes, self.item.dialogues)


@dataclass(frozen=True, slots=True)
class Task:
    """What one person is given: dialogues by key, left first; in a broken pair, which of them is not an answer to the question."""

    id: str
    kind: Kind
    place: Place
    shown: tuple[str, ...]
    broken: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A vote on an item that measures the reviewer."""

    reviewer: str
    target: str
    kind: Literal["repeat", "gold"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one person and all together have come; `conflicts` wait for a ruling."""

    mine: int
    done: int
    total: int
    conflicts: int
    abilities: tuple[tuple[str, int, int], ...]  # name, done, total


class Desk:
    """Lends items to people; every method may be called from any thread."""

    def __init__(
        self,
        secret: bytes,
        *,
        repeats: float = 0.1,
        golds: float = 0.05,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.lock = RLock()
        self.places: list[Place] = []
        self._secret = secret.hex()
        self._share = {"repeat": repeats, "gold": golds}
        self._clock = clock
        self._by_target: dict[str, Place] = {}
        self._order: dict[str, dict[str, Place]] = defaultdict(dict)  # by reviewer: own votes and skips, by target
        self._standing: dict[tuple[str, str], Standing] = {}
        self._checked: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)  # by reviewer and kind: targets
        self._tasks: dict[str, dict[str, Task]] = {}
        self._open = 0  # places before this one are closed

    # ── what is known ─────────────────────────────────────────────────────────────────────────────────────────────────

    def add(self, places: Iterable[Place], voices: Iterable[Voice], checks: Iterable[Check] = ()) -> None:
        """Lay out drawn items and what was said on them."""
        with self.lock:
            for place in places:
                if place.target not in self._by_target:
                    self._by_target[place.target] = place
                    self.places.append(place)
            self._tasks.clear()
            for voice in voices:
                self.hear(voice)
            for check in checks:
                self.checked(check)

    def hear(self, voice: Voice) -> None:
        """Take in a verdict that now stands."""
        with self.lock:
            place = self._by_target.get(voice.target)
            if place is None:
                return
            if voice.adjudicates:
                place.ruling = None if voice.passed else voice
                return
            self._standing[voice.target, voice.reviewer] = voice.standing
            mine = self._order[voice.reviewer]
            mine.pop(voice.target, None)
            place.said.pop(voice.reviewer, None)
            if voice.passed and getattr(voice.said, "reason", "") == WITHDRAWN:
                self._open = 0
                return
            place.said[voice.reviewer] = voice
            place.lent.pop(voice.reviewer, None)
            mine[voice.target] = place

    def checked(self, check: Check) -> None:
        """Take in that a person voted on an item that measures the person."""
        with self.lock:
            self._checked[check.reviewer, check.kind][check.target] = None

    def bar(self, reviewer: str, target: str) -> None:
        """Never give an item to a person who has seen its names."""
        with self.lock:
            if place := self._by_target.get(target):
                place.barred.add(reviewer)

    def strike(self, question: str, *, struck: bool = True) -> None:
        """Take all items of a question (by key) out of the queue, or put them back."""
        with self.lock:
            self._open = 0
            for place in self.places:
                if place.question == question:
                    place.struck = struck

    def place(self, target: str) -> Place | None:
        """Return what is drawn of a target."""
        return self._by_target.get(target)

    def said(self, reviewer: str, task: Task) -> Voice | None:
        """Return what a person said on a task before; nothing of one that measures the person."""
        return task.place.said.get(reviewer) if task.kind == "item" else None

    def hold(self, reviewer: str, task: Task) -> None:
        """Lend a person an item whose verdict was just taken back."""
        with self.lock:
            task.place.lent[reviewer] = self._clock() + LENT_FOR

    def standing(self, target: str, reviewer: str) -> Standing | None:
        """Return a person's verdict that stands, taken back or not."""
        return self._standing.get((target, reviewer))

    @property
    def waiting(self) -> int:
        """Return how many items somebody is still to judge."""
        return sum(not place.closed for place in self.places)

    # ── lending ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def lend(self, reviewer: str, holding: Sequence[str] = (), count: int = 2) -> list[Task]:
        """Return what a person holds already and as much more as makes `count`; fewer where nothing more is to do."""
        with self.lock:
            kept = [task for one in holding if (task := self.task(reviewer, one)) and self._renew(reviewer, task)]
            kept = list({task.id: task for task in kept}.values())[:count]
            for task in self._more(reviewer, {task.id for task in kept}):
                if len(kept) >= count:
                    break
                kept.append(task)
                if task.kind == "item":
                    task.place.lent[reviewer] = self._clock() + LENT_FOR
            return kept

    def task(self, reviewer: str, id: str) -> Task | None:  # noqa: A002
        """Return what a person's task is by its id; None where it is none of this person's."""
        with self.lock:
            if reviewer not in self._tasks:
                mine = (self._item(reviewer, place) for place in self.places)
                self._tasks[reviewer] = {one.id: one for one in mine}
            found = self._tasks[reviewer].get(id)
            return found or next((one for one in self._all_checks(reviewer) if one.id == id), None)

    def _renew(self, reviewer: str, task: Task) -> bool:
        """Hold on to what a person has before it; tell whether the person still may."""
        place = task.place
        if task.kind != "item":
            return place.target not in self._checked[reviewer, task.kind]
        if not self._may(reviewer, place):
            return False
        place.lent[reviewer] = self._clock() + LENT_FOR
        return True

    def _may(self, reviewer: str, place: Place) -> bool:
        if place.closed or reviewer in place.said or reviewer in place.barred:
            return False
        now = self._clock()
        others = sum(until > now for who, until in place.lent.items() if who != reviewer)
        return others < place.lacking

    def _more(self, reviewer: str, held: set[str]) -> Iterator[Task]:
        """Yield what a person can be given next: now and then something that measures the person, else the next item."""
        kinds: tuple[Literal["repeat", "gold"], ...] = ("repeat", "gold")
        for kind in kinds:
            task = self._due(reviewer, kind)
            if task is not None and task.id not in held:
                yield task
        while self._open < len(self.places) and self.places[self._open].closed:
            self._open += 1
        for place in self.places[self._open :]:
            if self._may(reviewer, place):
                task = self._item(reviewer, place)
                if task.id not in held:
                    yield task

    def _item(self, reviewer: str, place: Place) -> Task:
        return Task(self._id("item", place, reviewer), "item", place, sides(place, reviewer))

    def _id(self, kind: Kind, place: Place, reviewer: str) -> str:
        return content_hash("task", [self._secret, kind, place.target, reviewer])[:16]

    # ── what measures the person ──────────────────────────────────────────────────────────────────────────────────────

    def _due(self, reviewer: str, kind: Literal["repeat", "gold"]) -> Task | None:
        """Return what is due of a kind: one for every so many own votes."""
        votes = [place for place in self._order[reviewer].values() if not place.said[reviewer].passed]
        done = self._checked[reviewer, kind]
        if int(len(votes) * self._share[kind]) <= len(done):
            return None
        make = self._repeat if kind == "repeat" else self._gold
        apart = APART if kind == "repeat" else FAR
        for place in votes[: max(0, len(votes) - apart)]:
            if place.target not in done and (task := make(reviewer, place)):
                return task
        return None

    def _all_checks(self, reviewer: str) -> Iterator[Task]:
        for place in self._order[reviewer].values():
            yield from (task for task in (self._repeat(reviewer, place), self._gold(reviewer, place)) if task)

    def _repeat(self, reviewer: str, place: Place) -> Task | None:
        """Return an item again, sides turned."""
        left = place.said[reviewer].first
        return Task(
            self._id("repeat", place, reviewer),
            "repeat",
            place,
            tuple(sorted(place.item.dialogues, key=lambda one: one == left)),
        )

    def _gold(self, reviewer: str, place: Place) -> Task | None:
        """Return an item one of whose answers is to another question; None where there is no other question."""
        at = self.places.index(place)
        others = (
            one for one in (*self.places[at + 1 :], *self.places[:at]) if one.item.question != place.item.question
        )
        other = next(others, None)
        if other is None:
            return None
        broken = other.item.dialogues[0]
        shown = (place.item.dialogues[0], broken) if len(place.item.dialogues) > 1 else (broken,)
        turned = int(content_hash("gold", [place.target, reviewer])[0], 16) % 2
        return Task(self._id("gold", place, reviewer), "gold", place, shown[::-1] if turned else shown, broken)

    # ── what was done ─────────────────────────────────────────────────────────────────────────────────────────────────

    def mine(self, reviewer: str) -> list[tuple[Task, Voice]]:
        """Return what a person voted on or passed on, the latest first."""
        with self.lock:
            done = [(self._item(reviewer, place), place.said[reviewer]) for place in self._order[reviewer].values()]
            return done[::-1]

    def conflicts(self, reviewer: str, *, own: bool = False) -> list[Place]:
        """Return items on which people contradict one another, for one who has not voted on them (or, with `own`, has)."""
        with self.lock:
            return [place for place in self.places if place.conflict and (own or reviewer not in place.said)]

    def progress(self, reviewer: str) -> Progress:
        with self.lock:
            total, done = Counter(place.ability for place in self.places), Counter[str]()
            done.update(place.ability for place in self.places if place.closed)
            mine = sum(not place.said[reviewer].passed for place in self._order[reviewer].values())
            conflicts = sum(place.conflict for place in self.places)
            abilities = tuple((name, done[name], count) for name, count in total.items())
            return Progress(mine, sum(done.values()), len(self.places), conflicts, abilities)


def sides(place: Place, reviewer: str) -> tuple[str, ...]:
    """Return an item's dialogues as one person sees them: left and right hang on both."""
    turned = int(content_hash("sides", [place.target, reviewer])[0], 16) % 2
    order = tuple(sorted(place.item.dialogues))
    return order[::-1] if turned else order


def preferred(voice: Voice, dialogues: Iterable[str]) -> str | None:
    """Return the key of the dialogue that a verdict prefers; None for a tie."""
    assert isinstance(voice.said, Verdict)
    if voice.said.side is Side.TIE:
        return None
    return next(one for one in dialogues if (one == voice.first) is (voice.said.side is Side.FIRST))


def contradict(votes: Sequence[Voice], dialogues: Sequence[str]) -> bool:
    """Tell whether people prefer different dialogues, or their scores lie far apart."""
    won = {preferred(voice, dialogues) for voice in votes if isinstance(voice.said, Verdict)}
    scores = [voice.said.overall for voice in votes if isinstance(voice.said, Scores) and voice.said.overall]
    shares = [(one.value - one.minimum) / (one.maximum - one.minimum) for one in scores]
    return len(won) > 1 or (len(shares) > 1 and max(shares) - min(shares) > APART_SCORES)
