"""The room in which people judge one plan's drawn items: what they are shown, what they say, and where it is kept.

What a vote changes is in the store before the answer to it leaves; the desk only remembers what the store holds.
"""

from __future__ import annotations

import json
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Literal, cast

from judge.errors import InputError, UnknownName
from judge.identity import Json
from judge.records import Case, Dialogue, HumanVerdict, Plan, Scope, Scores, Side, Skipped, Verdict, target_of
from judge.review.collecting import scales_of
from judge.review.desk import WITHDRAWN, Check, Desk, Place, Task, preferred
from judge.review.draws import Draw, Scale, Unit
from judge.review.opinions import Opinion, verdict_of
from judge.review.showing import Shown, shown
from judge.rubric import Rubrics
from judge.store import Store
from judge.store.columns import Standing
from judge.store.people import Voice
from judge.store.rows import human_row
from judge.trail import Happening

KEPT = 512  # items laid out and kept for whoever asks next
READ = 1024  # dialogues read and kept


@dataclass(frozen=True, slots=True)
class Terms:
    """How people are asked: shares of repeats and of broken pairs, half-width wanted (points), whether one may rule on one's own item."""

    repeats: float = 0.1
    golds: float = 0.05
    wanted: float = 3.0
    own_rulings: bool = False


class Room:
    """One bank's draws open for judging; every method may be called from any thread."""

    def __init__(self, store: Store, plan: Plan, bank: str, rubrics: Rubrics, terms: Terms) -> None:
        self.store, self.plan, self.bank, self.rubrics, self.terms = store, plan, bank, rubrics, terms
        self.desk = Desk(store.secret(), repeats=terms.repeats, golds=terms.golds)
        self.names = frozenset(one.name for one in store.known_candidates(self.bank))
        self._scales: dict[str, dict[str, Scale]] = {}
        self._locks: dict[str, Lock] = defaultdict(Lock)
        self._laid: OrderedDict[tuple[tuple[str, ...], int, bool], Shown] = OrderedDict()
        self._read: OrderedDict[str, Dialogue] = OrderedDict()
        self._laying, self._reading = Lock(), Lock()

    def open(self, draws: Iterable[Draw]) -> None:
        """Lay out the items of some draws, with all that was said on them and done to them."""
        places = [place for draw in draws for place in self._places(draw)]
        targets = {place.target for place in places}
        entries = self.store.trail(events=("check", "look"))
        checks = [
            Check(entry.who, entry.subject, cast(Literal["repeat", "gold"], entry.content["kind"]))
            for entry in entries
            if entry.event == "check" and entry.who and isinstance(entry.content, dict)
        ]
        voices = [voice for voice in self.store.voices() if voice.target in targets]
        self.desk.add(places, voices, checks)
        for entry in entries:
            if entry.event == "look" and entry.who:
                self.desk.bar(entry.who, entry.subject)
        for key in self.store.struck(self.bank):
            self.desk.strike(key)

    @property
    def unit(self) -> Unit:
        """Return whether people compare two answers or score one."""
        return self.desk.places[-1].draw.unit if self.desk.places else "pairs"

    def _places(self, draw: Draw) -> list[Place]:
        questions = {one.key: one for one in self.store.questions(draw.bank)}
        keys = {code: key for key, code in self.store.question_codes(draw.bank).items()}
        cells = self.store.dialogue_keys(draw.bank, draw.history)
        self._scales[draw.name] = scales_of(self.store, draw)
        found = []
        for number, item in enumerate(draw.items, 1):
            question = questions[keys[cells[item.dialogues[0]][0]]]
            target = target_of(question.key, Scope(item.scope or None), item.dialogues)
            asked = question.turns[0].prompt[:80] if question.turns else ""
            turns = len(question.turns)
            found.append(Place(draw, number, item, target, question.key, question.ability, asked, turns))
        return found

    # ── what is shown ─────────────────────────────────────────────────────────────────────────────────────────────────

    def lend(self, reviewer: str, holding: Sequence[str] = ()) -> list[dict[str, Json]]:
        """Return the next tasks of a person laid out, those held already first."""
        return [self.show(reviewer, task) for task in self.desk.lend(reviewer, holding)]

    def task(self, reviewer: str, id: str) -> Task:  # noqa: A002
        """Return a person's task; raises UnknownName where it is none."""
        task = self.desk.task(reviewer, id)
        if task is None:
            raise UnknownName("条目", id, (), fix="刷新页面再判")
        return task

    def show(self, reviewer: str, task: Task, *, unmasked: bool = False) -> dict[str, Json]:
        """Lay out a task: no name, no verdict of a judge; what the person said on it before, where anything."""
        laid = self._lay(task.shown, task.place, unmasked=unmasked)
        voice = self.desk.said(reviewer, task)
        return {"task": task.id, **laid.content, "before": before(voice) if voice else None}

    def scale(self, place: Place) -> Scale | None:
        """Return worst and best score of an item whose one answer is scored."""
        return self._scales[place.draw.name].get(place.item.question)

    def _lay(self, keys: tuple[str, ...], place: Place, *, unmasked: bool = False) -> Shown:
        cell = (keys, place.item.scope, unmasked)
        if found := self._laid.get(cell):
            return found
        # One at a time: laying out keeps a whole core busy, and votes are not to wait for twenty of them.
        with self._laying:
            found = self._laid.get(cell)
            if found is None:
                dialogues = self._dialogues((*keys, *place.item.dialogues[:1]))
                question = dialogues[-1].question  # in a broken pair an answer belongs to another one
                found = self._laid[cell] = shown(
                    question,
                    dialogues[:-1],
                    place.item.scope,
                    self.rubrics.of(question.ability),
                    self.scale(place),
                    self.names,
                    unmasked=unmasked,
                )
                while len(self._laid) > KEPT:
                    self._laid.popitem(last=False)
            return found

    def _dialogues(self, keys: Sequence[str]) -> list[Dialogue]:
        """Return dialogues by key; those read a moment ago are at hand."""
        with self._reading:
            known = {key: self._read[key] for key in keys if key in self._read}
        if lacking := [key for key in dict.fromkeys(keys) if key not in known]:
            known |= self.store.dialogues_by_key(lacking)
            with self._reading:
                self._read |= known
                while len(self._read) > READ:
                    self._read.popitem(last=False)
        return [known[key] for key in keys]

    # ── what is said ──────────────────────────────────────────────────────────────────────────────────────────────────

    def vote(self, reviewer: str, opinion: Opinion) -> bool:
        """Keep what a person says on a task, in place of what the same person said before; tell whether it was new.

        Said twice it is kept once. Raises InputError where it does not fit the task.
        """
        task = self.task(reviewer, opinion.task)
        rubric = self.rubrics.of(task.place.ability)
        result = opinion.result(self.scale(task.place), rubric.dimensions)
        with self._locks[reviewer]:
            if task.kind != "item":
                return self._check(reviewer, task, opinion, result)
            place, item = task.place, task.place.item
            if reviewer in place.barred:
                raise InputError("这一条的名字你看过了，不能再判", fix="判下一条；它会给别人判")
            # A verdict on one turn was asked for by the person, not drawn: it says nothing of the whole.
            chance, draw = (None, None) if opinion.scope else (item.probability, place.draw.name)
            case = self.case(task.shown, opinion.scope or item.scope)
            earlier = (
                self._standing(case.target, reviewer) if opinion.scope else self.desk.standing(place.target, reviewer)
            )
            said = verdict_of(opinion, case, reviewer, result, chance, draw)
            if earlier is not None:
                # The same word means another answer where the sides stood the other way round.
                if earlier.first == task.shown[0] and earlier.standing.says(said):
                    return False
                said = replace(said, supersedes=earlier.standing.key)
            self.keep(said)
            return True

    def undo(self, reviewer: str) -> dict[str, Json] | None:
        """Take a person's last verdict back, which is kept as a further record; return the task, or None where there is none.

        What measured the person comes back like all else, so that nobody can tell it by this; the trail keeps both votes.
        """
        with self._locks[reviewer]:
            if check := self.desk.unchecked(reviewer):
                return self.show(reviewer, check)
            done = self.desk.mine(reviewer)
            if not done:
                return None
            task, voice = done[0]
            content = self.show(reviewer, task)
            item = task.place.item
            withdrawn = HumanVerdict(
                self.case(task.shown, item.scope),
                reviewer,
                Skipped(WITHDRAWN),
                item.probability,
                task.place.draw.name,
                supersedes=voice.standing.key,
            )
            self.keep(withdrawn)
            self.desk.hold(reviewer, task)
            return content

    def mine(self, reviewer: str) -> list[Json]:
        """Return what a person said so far, the latest first: as seen by that person, without names."""
        return [
            {"task": task.id, "ability": task.place.ability, "asked": task.place.asked, **before(voice)}
            for task, voice in self.desk.mine(reviewer)
        ]

    def unmask(self, reviewer: str, id: str) -> dict[str, Json]:  # noqa: A002
        """Return a task with the places that name who answered; that it was asked for stands in the trail."""
        task = self.task(reviewer, id)
        self.store.tell(Happening("unmask", reviewer, task.place.target))
        return self.show(reviewer, task, unmasked=True)

    def case(self, keys: Sequence[str], scope: int) -> Case:
        """Return what is judged, as it is shown."""
        dialogues = tuple(self._dialogues(keys))
        return Case(dialogues[0].question, Scope(scope or None), dialogues)

    def _standing(self, target: str, reviewer: str) -> Voice | None:
        found = (voice for voice in self.store.voices({target}) if voice.reviewer == reviewer)
        return next((voice for voice in found if not voice.adjudicates), None)

    def keep(self, said: HumanVerdict) -> None:
        """Keep a verdict, then remember it."""
        self.store.append_humans([said])
        self.desk.hear(voice_of(said))

    def _check(self, reviewer: str, task: Task, opinion: Opinion, result: Verdict | Scores | Skipped) -> bool:
        """Keep what a person said on an item that measures the person: in the trail alone, no figure ever reads it."""
        assert task.kind != "item"
        check = Check(reviewer, task.place.target, task.kind)
        if self.desk.known(check):
            return False
        content: dict[str, Json] = {
            "kind": task.kind,
            "passed": self._passed(reviewer, task, result, opinion),
            "left": None if opinion.verdict not in ("left", "right") else opinion.verdict == "left",
            "seconds": opinion.seconds,
        }
        self.store.tell(Happening("check", reviewer, task.place.target, content))
        self.desk.checked(check, task)
        return True

    def _passed(self, reviewer: str, task: Task, result: Verdict | Scores | Skipped, opinion: Opinion) -> bool | None:
        """Tell whether a person said the same again, or saw which answer was broken; None for a skip."""
        if isinstance(result, Skipped):
            return None
        if task.kind == "gold":
            if isinstance(result, Scores):
                assert result.overall is not None
                return 2 * result.overall.value < result.overall.minimum + result.overall.maximum
            chosen = None if result.side is Side.TIE else task.shown[0 if result.side is Side.FIRST else 1]
            return opinion.verdict == "both_bad" or chosen not in (None, task.broken)
        voice = task.place.said.get(reviewer)
        if voice is None:  # taken back in this very moment
            return None
        earlier = voice.said
        if isinstance(result, Scores) and isinstance(earlier, Scores) and result.overall and earlier.overall:
            reach = abs(result.overall.maximum - result.overall.minimum)
            return abs(result.overall.value - earlier.overall.value) <= 0.1 * reach
        if not isinstance(result, Verdict) or not isinstance(earlier, Verdict):
            return None
        again = Voice(task.place.target, reviewer, False, task.shown[0], result, Standing("", ""))
        keys = task.place.item.dialogues
        return preferred(again, keys) == preferred(voice, keys)


def voice_of(said: HumanVerdict) -> Voice:
    """Return a verdict as the store will give it back."""
    standing = Standing(said.key, str(human_row(said, 0, [0] * len(said.case.dialogues))["content"]))
    first = said.case.dialogues[0].key
    return Voice(said.case.target, said.reviewer, said.adjudicates, first, said.result, standing, said.draw)


def before(voice: Voice) -> dict[str, Json]:
    """Return what a person said earlier, as the page fills it in again."""
    content = json.loads(voice.standing.content)
    how = content.get("deliberation", {})
    word: str | None = None
    if isinstance(voice.said, Verdict):
        names = {Side.FIRST: "left", Side.SECOND: "right", Side.TIE: "both_bad" if content.get("both_bad") else "tie"}
        word = names[voice.said.side]
    scores = voice.said if isinstance(voice.said, Scores) else None
    return {
        "verdict": word,
        "overall": scores.overall.value if scores and scores.overall else None,
        "dimensions": {name: score.value for name, score in scores.dimensions} if scores else {},
        "skip": voice.said.reason if isinstance(voice.said, Skipped) else None,
        "comment": content.get("comment", ""),
        "confidence": how.get("confidence"),
        "turn": how.get("turn"),
        "aspects": how.get("aspects", []),
    }
