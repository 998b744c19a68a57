"""The desk: who is asked what next, from what was drawn and what was said. In memory, rebuilt from the store at any time.

An item is lent to as many people as are to judge it, for a while; what is lent to one is not given to another. Some of what a
person gets measures the person, and looks like all else: the same item again with sides turned, and a pair one of whose
answers belongs to another question.
"""

from __future__ import annotations

import time
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from threading import RLock
from typing import Literal, TypeAlias

from judge.identity import content_hash
from judge.records import Scores, Side, Verdict
from judge.review.draws import Draw, DrawnItem
from judge.store.people import Voice

Kind: TypeAlias = Literal["item", "repeat", "gold"]
CHECKS: tuple[Literal["repeat", "gold"], ...] = ("repeat", "gold")
LENT_FOR = 600.0  # seconds after which what was lent may go to another
APART = 5  # own votes between an item and its repeat
FAR = 10  # own votes between an item and a broken copy of it
WITHDRAWN = "撤回"  # the reason in a verdict that takes an earlier one back
APART_SCORES = 0.2  # of the scale, beyond which two people's scores contradict each other


@dataclass(eq=False)
class Place:
    """One drawn item and what has come of it so far."""

    draw: Draw
    number: int  # in its draw, from 1
    item: DrawnItem
    target: str
    question: str  # key
    ability: str
    asked: str  # the beginning of the first user turn
    turns: int = 1
    said: dict[str, Voice] = field(default_factory=dict)  # by reviewer
    ruling: Voice | None = None
    lent: dict[str, float] = field(default_factory=dict)  # until when
    barred: set[str] = field(default_factory=set)  # who has seen the names
    struck: bool = False  # the question does not count

    @property
    def votes(self) -> list[Voice]:
        return [voice for voice in tuple(self.said.values()) if not voice.passed]  # others may be voting meanwhile

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
        self._marks: dict[str, bytes] = {}  # by reviewer: what ids of tasks are made with
        self._share = {"repeat": repeats, "gold": golds}
        self._clock = clock
        self._by_target: dict[str, Place] = {}
        self._by_question: dict[str, list[Place]] = defaultdict(list)
        self._at: dict[str, int] = {}  # by target: where in `places`
        self._order: dict[str, dict[str, Place]] = defaultdict(dict)  # by reviewer: own votes and skips, by target
        self._standing: dict[tuple[str, str], Voice] = {}
        self._checked: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)  # by reviewer and kind: targets
        self._last: dict[str, Task] = {}  # by reviewer: what measured the person, where that was voted on last
        self._tasks: dict[str, dict[str, Task]] = defaultdict(dict)  # by reviewer and id: what was handed out
        # What is counted of places, kept as they change: a queue of ten thousand is never gone through for one vote.
        self._open: list[int] = []  # where in `places` somebody is still to judge, in order
        self._conflicts: dict[int, Place] = {}
        self._total, self._done = Counter[str](), Counter[str]()  # by ability

    # ── what is known ─────────────────────────────────────────────────────────────────────────────────────────────────

    def add(self, places: Iterable[Place], voices: Iterable[Voice], checks: Iterable[Check] = ()) -> None:
        """Lay out drawn items and what was said on them."""
        with self.lock:
            for place in places:
                if place.target not in self._by_target:
                    self._at[place.target] = len(self.places)
                    self._by_target[place.target] = place
                    self._by_question[place.question].append(place)
                    self.places.append(place)
                    self._total[place.ability] += 1
                    self._done[place.ability] += 1  # as if closed, until it is counted
                    self._count(place)
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
                self._count(place)
                return
            self._standing[voice.target, voice.reviewer] = voice
            self._last.pop(voice.reviewer, None)
            mine = self._order[voice.reviewer]
            mine.pop(voice.target, None)
            place.said.pop(voice.reviewer, None)
            if not (voice.passed and getattr(voice.said, "reason", "") == WITHDRAWN):
                place.said[voice.reviewer] = voice
                place.lent.pop(voice.reviewer, None)
                mine[voice.target] = place
            self._count(place)

    def checked(self, check: Check, task: Task | None = None) -> None:
        """Take in that a person voted on an item that measures the person; with the task where it was just now."""
        with self.lock:
            self._checked[check.reviewer, check.kind][check.target] = None
            if task is not None:
                self._last[check.reviewer] = task

    def unchecked(self, reviewer: str) -> Task | None:
        """Return the item that measured a person, where that was the person's last vote, to be voted on again."""
        with self.lock:
            task = self._last.pop(reviewer, None)
            if task is not None and task.kind != "item":
                self._checked[reviewer, task.kind].pop(task.place.target, None)
            return task

    def known(self, check: Check) -> bool:
        """Tell whether a person has voted on an item that measures the person."""
        return check.target in self._checked[check.reviewer, check.kind]

    def bar(self, reviewer: str, target: str) -> None:
        """Never give an item to a person who has seen its names."""
        with self.lock:
            if place := self._by_target.get(target):
                place.barred.add(reviewer)

    def strike(self, question: str, *, struck: bool = True) -> None:
        """Take all items of a question (by key) out of the queue, or put them back."""
        with self.lock:
            for place in self._by_question[question]:
                place.struck = struck
                self._count(place)

    def _count(self, place: Place) -> None:
        """Count a place again, something about which has changed."""
        at = self._at[place.target]
        where = bisect_left(self._open, at)
        was_open, is_open = self._open[where : where + 1] == [at], not place.closed
        if is_open and not was_open:
            insort(self._open, at)
            self._done[place.ability] -= 1
        elif was_open and not is_open:
            del self._open[where]
            self._done[place.ability] += 1
        if place.conflict:
            self._conflicts[at] = place
        else:
            self._conflicts.pop(at, None)

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

    def standing(self, target: str, reviewer: str) -> Voice | None:
        """Return a person's verdict that stands, taken back or not."""
        return self._standing.get((target, reviewer))

    @property
    def waiting(self) -> int:
        """Return how many items somebody is still to judge."""
        return len(self._open)

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
            found = self._tasks[reviewer].get(id)
            if found and (found.kind == "item" or found.place.target in self._order[reviewer]):
                return found
            # Nothing handed out since this desk was laid out: a page that was open before may still hold it.
            for place in self.places:
                if self._id("item", place, reviewer) == id:
                    return self._item(reviewer, place)
            return next((one for one in self._all_checks(reviewer) if one.id == id), None)

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
        for kind in CHECKS:
            task = self._due(reviewer, kind)
            if task is not None and task.id not in held:
                yield task
        for at in self._open:
            if self._may(reviewer, self.places[at]):
                task = self._item(reviewer, self.places[at])
                if task.id not in held:
                    yield task

    def _item(self, reviewer: str, place: Place) -> Task:
        return self._made(reviewer, "item", place, sides(place, reviewer))

    def _made(self, reviewer: str, kind: Kind, place: Place, shown: tuple[str, ...], broken: str | None = None) -> Task:
        task = Task(self._id(kind, place, reviewer), kind, place, shown, broken)
        self._tasks[reviewer][task.id] = task
        return task

    def _id(self, kind: Kind, place: Place, reviewer: str) -> str:
        mark = self._marks.get(reviewer)
        if mark is None:
            mark = self._marks[reviewer] = content_hash("tasks", [self._secret, reviewer]).encode()
        return blake2b(place.target.encode(), key=mark, person=kind.encode(), digest_size=8).hexdigest()

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
        shown = tuple(sorted(place.item.dialogues, key=lambda one: one == left))
        return self._made(reviewer, "repeat", place, shown)

    def _gold(self, reviewer: str, place: Place) -> Task | None:
        """Return an item one of whose answers is to another question; None where there is no other question."""
        at = self._at[place.target]
        others = (self.places[(at + step) % len(self.places)] for step in range(1, len(self.places)))
        # With fewer turns, the answer that is missing would give it away.
        fitting = (one for one in others if one.question != place.question and one.turns >= place.turns)
        other = next(fitting, None)
        if other is None or (place.turns == 0 and len(place.item.dialogues) == 1):
            return None  # of a question that is not published the page knows what its own answer was asked
        broken = other.item.dialogues[0]
        shown = (place.item.dialogues[0], broken) if len(place.item.dialogues) > 1 else (broken,)
        turned = int(content_hash("gold", [place.target, reviewer])[0], 16) % 2
        return self._made(reviewer, "gold", place, shown[::-1] if turned else shown, broken)

    # ── what was done ─────────────────────────────────────────────────────────────────────────────────────────────────

    def mine(self, reviewer: str) -> list[tuple[Task, Voice]]:
        """Return what a person voted on or passed on, the latest first."""
        with self.lock:
            done = [(self._item(reviewer, place), place.said[reviewer]) for place in self._order[reviewer].values()]
            return done[::-1]

    def conflicts(self, reviewer: str, *, own: bool = False) -> list[Place]:
        """Return items on which people contradict one another, for one who has not voted on them (or, with `own`, has)."""
        with self.lock:
            found = (self._conflicts[at] for at in sorted(self._conflicts))
            return [place for place in found if own or reviewer not in place.said]

    def progress(self, reviewer: str) -> Progress:
        with self.lock:
            mine = sum(not place.said[reviewer].passed for place in self._order[reviewer].values())
            mine += sum(len(self._checked[reviewer, kind]) for kind in CHECKS)  # looks like all else
            abilities = tuple((name, self._done[name], count) for name, count in self._total.items())
            return Progress(mine, len(self.places) - len(self._open), len(self.places), len(self._conflicts), abilities)


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
