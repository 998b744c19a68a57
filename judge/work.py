"""A run laid out before its first call: who answers what, who meets whom in which placement, who judges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from judge import pairing
from judge.dialogue import Manner
from judge.errors import CapReached
from judge.judges import Judging
from judge.models import ChatModel, Reply, Request
from judge.models.pacing import Pace
from judge.models.prices import Price
from judge.records import DIALOGUE, Candidate, Case, Dialogue, Outcome, Question, Scope

Design = Literal["baseline", "round-robin", "single"]  # single: judged one by one, by scores
Order = Literal["auto", "both", "single"]
Item: TypeAlias = tuple[Question, int]  # a question and a sample of it


@dataclass(frozen=True)
class Voice:
    """A model that can be asked, the pace at which its endpoint may be asked, and its price (None: not known)."""

    model: ChatModel
    pace: Pace
    price: Price | None = None


@dataclass
class Progress:
    """What a run has done so far, for whoever shows it; `cost` in yuan, of models whose price is known."""

    planned_calls: int = 0
    dialogues: int = 0
    judgments: int = 0
    failed: list[str] = field(default_factory=list)
    calls: int = 0
    in_flight: int = 0
    cost: float = 0.0


@dataclass(frozen=True)
class Caps:
    """Where a run ends cleanly: so many calls, so many yuan; None: no cap."""

    calls: int | None = None
    cost: float | None = None


@dataclass
class Purse:
    """Asks models at their endpoints' pace as long as the caps allow; what is in flight counts as it was estimated."""

    caps: Caps
    progress: Progress
    reserved: float = 0.0  # yuan, for the calls in flight

    async def ask(self, voice: Voice, request: Request) -> Reply:
        """Ask once; raises CapReached where that would go beyond a cap, else what the model raises."""
        tokens = _tokens(request)
        expected = voice.price.between(*tokens) if voice.price else 0.0
        self._check(expected)
        self.progress.calls += 1
        self.progress.in_flight += 1
        self.reserved += expected
        try:
            reply = await voice.pace.call(lambda: voice.model.reply(request), sum(tokens))
        finally:
            self.progress.in_flight -= 1
            self.reserved -= expected
        if voice.price:
            self.progress.cost += voice.price.of(reply.usage) if reply.usage else expected
        return reply

    def _check(self, expected: float) -> None:
        caps, progress = self.caps, self.progress
        if caps.calls is not None and progress.calls >= caps.calls:
            raise CapReached(f"已到调用次数上限 {caps.calls}", fix="加大 --max-calls 再运行一次，会从断点接着做")
        if caps.cost is not None and progress.cost + self.reserved + expected > caps.cost:
            raise CapReached(
                f"已花约 ¥{progress.cost:.2f}，再问一次就会超过上限 ¥{caps.cost:g}",
                fix="加大 --max-cost 再运行一次，会从断点接着做",
            )


def _tokens(request: Request) -> tuple[int, int]:
    """Return a rough count of the tokens a call reads and writes: Han text has about one per character."""
    return sum(len(message.content) for message in request.messages), (request.max_tokens or 1024) // 2


@dataclass(frozen=True)
class Draw:
    """Which cases a run has, by question and sample: what is judged of it, and which candidates (by key) are shown in which order.

    Drawn before anything is answered, so that placements do not hang on what is answered first. `both` is how many cases
    there would be with both placements.
    """

    placed: Mapping[tuple[str, int], Sequence[tuple[Scope, tuple[str, ...]]]]
    both: int

    def __len__(self) -> int:
        return sum(map(len, self.placed.values()))

    def cases(self, dialogues: Sequence[Dialogue]) -> list[Case]:
        """Return the cases of the dialogues held on one question and sample."""
        if not dialogues:
            return []
        first = dialogues[0]
        by = {dialogue.candidate.key: dialogue for dialogue in dialogues}
        return [
            Case(first.question, scope, tuple(by[key] for key in shown))
            for scope, shown in self.placed.get((first.question.key, first.sample), [])
            if all(key in by for key in shown)
        ]


@dataclass(frozen=True)
class Work:
    """All that a run is to do: who answers what, which cases are drawn, who judges.

    `candidates` without a voice must have their dialogues in the store. `items`: the questions and samples of them to work
    on; None: all.
    """

    questions: Sequence[Question]
    candidates: Sequence[Candidate]
    voices: Mapping[str, Voice]  # by candidate key
    judges: Sequence[tuple[Judging, Voice | None]]  # None: a judge that needs no model
    draw: Draw
    manner: Manner = field(default_factory=Manner)
    samples: int = 1
    caps: Caps = field(default_factory=Caps)
    stages: frozenset[str] = frozenset({"answer", "judge"})
    items: Sequence[Item] | None = None
    spare: bool = False  # what the offline judge is sure of is not asked, but for random checks
    again: bool = False  # verdicts in doubt are asked again swapped, under another name

    @property
    def todo(self) -> Sequence[Item]:
        """The questions and samples of them to work on."""
        return (
            self.items
            if self.items is not None
            else [(one, at) for one in self.questions for at in range(self.samples)]
        )

    @property
    def asked_judges(self) -> list[tuple[Judging, Voice]]:
        """The judges behind which a model stands."""
        return [(judging, voice) for judging, voice in self.judges if voice is not None]

    @property
    def all_voices(self) -> list[Voice]:
        """Every model of the run: candidates first, then judges."""
        return [*self.voices.values(), *(voice for _, voice in self.asked_judges)]

    @property
    def single(self) -> int:
        """How many comparisons are drawn in one placement only."""
        return sum(
            sum(count == 1 for count in Counter((scope, frozenset(shown)) for scope, shown in cases).values())
            for cases in self.draw.placed.values()
        )

    def blank(self, question: Question, sample: int) -> list[Dialogue]:
        """Return the dialogues that are to be held on a question, without answers: they have their keys already."""
        shown = {key for _, keys in self.draw.placed.get((question.key, sample), ()) for key in keys}
        return [
            Dialogue(question, candidate, (), sample, self.manner.history)
            for candidate in self.candidates
            if candidate.key in shown
        ]

    def part(self, wanted: Mapping[str, Container[frozenset[str]]]) -> Work:
        """Return the part of the work that lets some pairs of candidates (by key) meet on some questions (by key)."""
        placed = {
            (question, sample): [one for one in cases if frozenset(one[1]) in wanted[question]]
            for (question, sample), cases in self.draw.placed.items()
            if question in wanted
        }
        items = [item for item in self.todo if item[0].key in wanted and placed.get((item[0].key, item[1]))]
        return replace(self, draw=Draw(placed, self.draw.both), items=items)


def draw(
    blank: Sequence[Dialogue],
    keys: Sequence[str],
    *,
    design: Design,
    order: Order,
    by_turn: bool = False,
    seed: int = 0,
) -> Draw:
    """Draw the cases of dialogues that are to be held between candidates (by key); the last one is the baseline.

    by_turn: each turn is judged on its own, given its history, instead of the whole dialogue.
    """
    turns = max((len(dialogue.question.turns) for dialogue in blank), default=0)
    met: list[Case] = []
    for scope in [Scope(turn) for turn in range(1, turns + 1)] if by_turn else [DIALOGUE]:
        reaching = [one for one in blank if len(one.question.turns) >= (scope.turn or 0)]
        if design == "single":
            met += [Case(one.question, scope, (one,)) for one in reaching]
        elif design == "baseline":
            met += pairing.against_baseline(reaching, keys[:-1], keys[-1], scope)
        else:
            met += pairing.round_robin(reaching, keys, scope)
    placed: dict[tuple[str, int], list[tuple[Scope, tuple[str, ...]]]] = {}
    for case in met if design == "single" else pairing.place(met, order, seed):
        at = (case.question.key, case.dialogues[0].sample)
        placed.setdefault(at, []).append((case.scope, tuple(one.candidate.key for one in case.dialogues)))
    return Draw(placed, len(met) if design == "single" else 2 * len(met))


def judgeable(case: Case) -> bool:
    """Tell whether there is something to judge: a filtered or empty answer is settled without, a failed one is missing."""
    for dialogue in case.dialogues:
        if not dialogue.ended or (case.scope.turn is not None and case.scope.turn < dialogue.ended):
            continue
        if not case.question.refuses or dialogue.outcome is Outcome.FAILED:
            return False
    return True
