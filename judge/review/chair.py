"""What a lead does in a room: rules on conflicts, takes bad questions out, has more drawn, and sees how far the figures have come."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Lock

from judge.errors import InputError, UnknownName
from judge.identity import Json
from judge.limits import Limit
from judge.records import HumanVerdict, Plan, Score, Scores, Skipped, Verdict
from judge.report.correction import Correction
from judge.review.asking import OVERLAP, covering, draw_pairs, draw_scores
from judge.review.correction import correction_of, half_width, still_needed
from judge.review.desk import Place, Task, preferred, sides
from judge.review.draws import Draw
from judge.review.opinions import SIDES, Word
from judge.review.queue import Queue, queue
from judge.review.room import Room, Terms
from judge.rubric import read_rubrics, shipped_rubrics
from judge.store import Store
from judge.trail import Happening

REST, BREATH = 3.0, 1.0  # how long figures stand, in times that computing them took; BREATH: where somebody waits


@dataclass(frozen=True)
class Figures:
    """What people's verdicts have come to: the queue they are laid over, corrected figures, the widest half-width, audits still needed."""

    queue: Queue
    correction: Correction
    width: float | None
    needed: int | None


class Chair:
    """One room's lead; figures are computed when they are asked for and something was said since, but not all the time."""

    def __init__(self, room: Room, limits: Mapping[str, Limit], figures: Figures | None = None) -> None:
        self.room = room
        self._limits = limits
        self._computing = Lock()
        self._figures = figures
        self._as_of = (-1, "")
        self._computed = (0.0, 0.0)  # when figures were ready, and how long they took
        self._due = False  # a lead wants to see at once what came of a ruling

    # ── figures ───────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def last_figures(self) -> Figures | None:
        """Return what was computed last, at no cost."""
        return self._figures

    def figures(self, rest: float = REST, *, wait: bool = False) -> Figures:
        """Return the figures, older than the last vote only while they were computed a moment ago, or just now are.

        rest: how long that moment is, in times that computing took; wait: for those that are being computed.
        """
        if not self._computing.acquire(blocking=wait or self._figures is None):
            assert self._figures is not None
            return self._figures
        try:
            head = self.room.store.trail_head()
            ready, took = self._computed
            rested = self._due or time.monotonic() >= ready + rest * took
            if self._figures is None or (head != self._as_of and rested):
                self._due = False
                began = time.monotonic()
                last = self._figures.queue if self._figures else None
                wanted = self.room.terms.wanted
                self._figures = figures_of(self.room.store, self.room.plan, wanted, self._limits, last)
                self._as_of = head
                self._computed = (time.monotonic(), time.monotonic() - began)
            return self._figures
        finally:
            self._computing.release()

    def more(self, lead: str, count: int) -> Draw:
        """Have more items drawn and lay them out; raises InputError where nothing is left to draw."""
        room = self.room
        how = Drawing(seed=len({place.draw.name for place in room.desk.places}))
        made = drawn(room.store, self.figures(0, wait=True).queue, room.plan, count, lead, how)
        room.open([made])
        return made

    # ── conflicts ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def conflicts(self, lead: str) -> list[dict[str, Json]]:
        """Return what people contradict one another on, and this lead may settle."""
        found = self.room.desk.conflicts(lead, own=self.room.terms.own_rulings)
        return [
            {"target": one.target, "ability": one.ability, "asked": one.asked, "votes": len(one.votes)} for one in found
        ]

    def conflict(self, lead: str, target: str) -> dict[str, Json]:
        """Return one of them in full; raises UnknownName where it is none for this lead."""
        place = self._conflict(lead, target)
        task = Task("", "item", place, sides(place, lead))
        return {**self.room.show(lead, task), "before": None, "target": target, "voices": _voices(place, task)}

    def rule(self, lead: str, target: str, word: Word | None, score: float | None, reason: str) -> None:
        """Settle a conflict; raises InputError without a reason, UnknownName where there is no conflict for this lead."""
        place = self._conflict(lead, target)
        if not reason.strip():
            raise InputError("没有写理由", fix="写一句为什么这样裁定")
        shown = sides(place, lead)
        scale = self.room.scale(place)
        if scale is None:
            if word is None:
                raise InputError("没有裁定哪一边", fix="选 甲、乙、平 或 都不好")
            side = SIDES[word]
            said: Verdict | Scores = Verdict(side, 0 if word in ("tie", "both_bad") else 1)
        else:
            if score is None or not min(scale) <= score <= max(scale):
                raise InputError("没有分数，或超出量程", fix=f"写 {min(scale):g} 到 {max(scale):g} 之间的数")
            said = Scores(Score(score, *scale))
        self.room.keep(
            HumanVerdict(
                self.room.case(shown, place.item.scope),
                lead,
                said,
                place.item.probability,
                place.draw.name,
                adjudicates=True,
                both_bad=word == "both_bad",
                comment=reason.strip(),
            )
        )
        self._due = True

    def strike(self, lead: str, target: str, reason: str) -> None:
        """Take the question of an item out of all scores; raises InputError without a reason."""
        place = self.room.desk.place(target)
        if place is None:
            raise UnknownName("条目", target, ())
        if not reason.strip():
            raise InputError("没有写理由", fix="写一句题目错在哪里")
        content: Json = {"reason": reason.strip(), "question": place.item.question}
        self.room.store.tell(Happening("invalid", lead, place.question, content))
        self.room.desk.strike(place.question)
        self._due = True

    def restore(self, lead: str, question: str) -> None:
        """Put a question (by key) back into the scores."""
        self.room.store.tell(Happening("valid", lead, question))
        self.room.desk.strike(question, struck=False)
        self._due = True

    def _conflict(self, lead: str, target: str) -> Place:
        place = self.room.desk.place(target)
        known = self.room.desk.conflicts(lead, own=self.room.terms.own_rulings)
        if place is None or place not in known:
            raise UnknownName("待裁定的条目", target, (), fix="刷新页面；自己判过的由别人裁定")
        return place

    # ── browsing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def look(self, lead: str, target: str) -> Place:
        """Let a lead see an item with names: it is not given to this lead to judge any more."""
        place = self.room.desk.place(target)
        if place is None:
            raise UnknownName("条目", target, ())
        if lead not in place.barred:
            self.room.store.tell(Happening("look", lead, target))
            self.room.desk.bar(lead, target)
        return place


@dataclass(frozen=True, slots=True)
class Drawing:
    """How many items should be open, and how further ones are drawn (see `asking`)."""

    items: int = 40
    uniform: float = 0.3
    overlap: float = OVERLAP
    seed: int = 0


def opened(store: Store, plan: Plan, drawing: Drawing, terms: Terms, limits: Mapping[str, Limit]) -> Chair:
    """Open the room of a plan: lay out what was drawn for it, and draw more where too little is left to judge.

    Raises what `queue` raises, and InputError where nothing was drawn and nothing can be.
    """
    figures = figures_of(store, plan, terms.wanted, limits)
    draws = covering(store, figures.queue, plan)
    room = Room(store, plan, figures.queue.heard.material.bank.name, read_rubrics(shipped_rubrics()), terms)
    room.open(draws)
    lacking = drawing.items - room.desk.waiting
    if lacking > 0:
        how = replace(drawing, seed=drawing.seed + len(draws))
        try:
            room.open([drawn(store, figures.queue, plan, lacking, "judge review", how)])
        except InputError:
            if not draws:
                raise
    return Chair(room, limits, figures)


def drawn(store: Store, found: Queue, plan: Plan, count: int, who: str, how: Drawing) -> Draw:
    """Draw items as the board is made, from scores or pairs, and keep the draw; raises InputError where nothing is left."""
    scored = found.heard.source == "scores" and len(found.heard.material.candidates) > 2
    made = (
        draw_scores(store, found, plan, count, how.overlap, how.seed)
        if scored
        else draw_pairs(store, found, plan, count, how.uniform, how.overlap, how.seed)
    )
    store.add(run=made.run, who=who)
    return made


def figures_of(
    store: Store, plan: Plan, wanted: float, limits: Mapping[str, Limit], last: Queue | None = None
) -> Figures:
    """Compute what people's verdicts have come to, and about how many more bring every half-width to `wanted` points."""
    with store.at_once() as still:  # people vote meanwhile, and what is read must fit together
        found = queue(still, plan, limits, last)
    correction = correction_of(found, plan)
    alone = correction if plan.target == "bank" else correction_of(found, replace(plan, target="bank"))
    needed = None if correction.few else still_needed(correction, alone, wanted)
    return Figures(found, correction, half_width(correction), needed)


def _voices(place: Place, task: Task) -> list[Json]:
    """Return what people said on an item, by the sides of whoever rules, in an order that tells no one apart."""
    found: list[Json] = []
    for voice in sorted(place.votes, key=lambda one: one.standing.key):
        content = json.loads(voice.standing.content)
        word: str | None = None
        score: float | None = None
        if isinstance(voice.said, Verdict):
            won = preferred(voice, place.item.dialogues)
            word = (
                ("both_bad" if content.get("both_bad") else "tie")
                if won is None
                else ("left", "right")[task.shown.index(won)]
            )
        elif isinstance(voice.said, Scores) and voice.said.overall:
            score = voice.said.overall.value
        assert not isinstance(voice.said, Skipped)
        how = content.get("deliberation", {})
        found.append(
            {
                "verdict": word,
                "score": score,
                "comment": content.get("comment", ""),
                "confidence": how.get("confidence"),
                "turn": how.get("turn"),
                "swapped": voice.first != task.shown[0],
            }
        )
    return found
