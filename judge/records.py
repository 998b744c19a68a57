"""The nouns of the product as pure values: frozen, without files, clocks or network.

A record refers to the records it is about (a dialogue to its question and candidate, a judgment to its case), so that a
name is always at hand and never glued together. `key` names a record by what it is about and lasts across stores and runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Literal, TypeAlias

from judge.identity import Json, content_hash

# ── what is asked ─────────────────────────────────────────────────────────────────────────────────────────────────────

ABILITIES = (
    "语义理解与抽取",
    "闲聊",
    "上下文对话",
    "生成与创作",
    "知识与百科",
    "代码",
    "逻辑与推理",
    "计算",
    "角色扮演",
    "安全",
)


@dataclass(frozen=True, slots=True)
class Turn:
    """One scripted user turn: what is asked, and what a judge may hold the answer against."""

    prompt: str
    reference: str | None = None
    reference_kind: Literal["exact", "rubric", "none"] = "none"
    key_points: tuple[str, ...] = ()
    depends_on: tuple[int, ...] = ()  # earlier turns, counted from 1
    expected: Literal["answer", "refuse"] = "answer"
    golden: str | None = None  # the assistant's text that stands in the history under the golden protocol


@dataclass(frozen=True)
class Question:
    """A versioned item of a bank: 1..n user turns; none where a data set does not publish them."""

    bank: str
    id: str
    ability: str
    turns: tuple[Turn, ...]
    version: int = 1
    subcategory: str = ""
    difficulty: int | None = None  # 1 easy .. 3 hard
    difficulty_reason: str = ""
    tags: tuple[str, ...] = ()
    trap: str | None = None
    source: str = ""

    @cached_property
    def key(self) -> str:
        return content_hash("question", [self.bank, self.id, self.version])

    @property
    def refuses(self) -> bool:
        """Tell whether some turn expects a refusal."""
        return any(turn.expected == "refuse" for turn in self.turns)


@dataclass(frozen=True, slots=True)
class Bank:
    """A named set of questions and what is known of it.

    `complete` says that every candidate was meant to answer every question; where it is false (sets of pairs), the
    questions planned for two candidates are those that both answered.
    """

    name: str
    title: str = ""
    version: str = ""
    licence: str = ""
    abilities: tuple[str, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Rubric:
    """How answers of some abilities are scored: weighted dimensions with anchored bands."""

    name: str
    abilities: tuple[str, ...]
    dimensions: tuple[Dimension, ...]
    minimum: int = 1
    maximum: int = 10
    turns: Literal["mean", "minimum"] = "mean"  # how per-turn scores make the dialogue's
    notes: str = ""
    turns_why: str = ""
    consistency: str = ""  # what holding together over turns means here
    refusals: str = ""  # how a refusal counts here
    examples: tuple[tuple[str, str], ...] = ()  # ("9-10", "……"): whole answers, best first
    subcategories: tuple[str, ...] = ()  # for which it goes before those for their abilities


@dataclass(frozen=True, slots=True)
class Dimension:
    """One side of quality: its meaning, its weight (> 0) and what each band of scores looks like."""

    name: str
    meaning: str
    weight: float
    bands: tuple[tuple[str, str], ...]  # ("9-10", "……"), best first


# ── who answers, who judges ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Model:
    """An instrument as asked for: endpoint, model, parameters, system prompt and revision make its identity."""

    endpoint: str
    model: str
    parameters: tuple[tuple[str, Json], ...] = ()
    system: str | None = None
    revision: str | None = None


@dataclass(frozen=True)
class Candidate:
    """A model under test and the name people use for it; recorded ones are called `recorded:DATASET/NAME`."""

    name: str
    model: Model

    @cached_property
    def key(self) -> str:
        return content_hash("candidate", self.model)


AGAIN = "+swap"  # ends the name of a judge that was asked the other way round where the first answer was in doubt


@dataclass(frozen=True)
class Judge:
    """A judge: a model, what it is asked (protocol, template and rubric hash) and how its replies are read."""

    name: str
    model: Model
    protocol: str = ""
    template: str = ""
    rubric: str = ""
    reader: str = "recorded"  # "recorded": the verdict as the data set states it

    @cached_property
    def key(self) -> str:
        return content_hash("judge", [self.model, self.protocol, self.template, self.rubric, self.reader])


# ── what was answered ─────────────────────────────────────────────────────────────────────────────────────────────────


class Outcome(StrEnum):
    """How an answer ended; a refusal in plain words is `ok` text."""

    OK = "ok"
    TRUNCATED = "truncated"
    FILTERED_INPUT = "filtered_input"
    FILTERED_OUTPUT = "filtered_output"
    EMPTY = "empty"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call as the provider counted them."""

    input_tokens: int
    output_tokens: int
    reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """One turn as it was held: the user turn as sent (None: not published), the text, how it ended."""

    prompt: str | None
    text: str
    outcome: Outcome = Outcome.OK
    reasoning: str | None = None
    usage: Usage | None = None
    returned_model: str | None = None


@dataclass(frozen=True)
class Dialogue:
    """What one candidate answered to one question; without answers where a data set publishes scores only."""

    question: Question
    candidate: Candidate
    answers: tuple[Answer, ...]
    sample: int = 0
    history: Literal["own", "golden"] = "own"

    @cached_property
    def key(self) -> str:
        return content_hash("dialogue", [self.question.key, self.candidate.key, self.sample, self.history])

    @property
    def ended(self) -> int:
        """The first turn (from 1) that got no answer, 0 where all did: later turns share its outcome."""
        answered = (Outcome.OK, Outcome.TRUNCATED)
        return next((turn for turn, answer in enumerate(self.answers, 1) if answer.outcome not in answered), 0)

    @property
    def outcome(self) -> Outcome:
        """How the dialogue ended; `truncated` where some answer was cut and none is missing."""
        if self.ended:
            return self.answers[self.ended - 1].outcome
        cut = any(answer.outcome is Outcome.TRUNCATED for answer in self.answers)
        return Outcome.TRUNCATED if cut else Outcome.OK


# ── what was judged ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """What a verdict is about: the whole dialogue, or the answer of turn k (from 1) given its own history."""

    turn: int | None = None

    def __str__(self) -> str:
        return "dialogue" if self.turn is None else f"turn {self.turn}"


DIALOGUE = Scope()


class Side(StrEnum):
    """A placement, never a candidate."""

    FIRST = "first"
    SECOND = "second"
    TIE = "tie"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which of two dialogues is better as shown; strength 0 (tie), 1 (better) or 2 (much better).

    `probabilities` of (first, tie, second) where the judge gave them; they sum to 1.
    """

    side: Side
    strength: Literal[0, 1, 2] = 1
    probabilities: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """A value on its own scale as recorded; on a scale of ranks the worst rank is the minimum, the best the maximum."""

    value: float
    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True)
class Scores:
    """What a judge or a person gave one dialogue: overall, per dimension, or both."""

    overall: Score | None = None
    dimensions: tuple[tuple[str, Score], ...] = ()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A reply that breaks the agreed format."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No reply, with the reason: filtered, failed, abstained."""

    reason: str


Result: TypeAlias = Verdict | Scores | Unreadable | Unanswered


@dataclass(frozen=True)
class Case:
    """What one judge call sees: one dialogue, or two in a placement (first, second)."""

    question: Question
    scope: Scope
    dialogues: tuple[Dialogue, ...]
    placement_known: bool = True  # false where a data set does not say which was shown first

    @cached_property
    def target(self) -> str:
        """Name what is judged whatever the placement."""
        return target_of(self.question.key, self.scope, (dialogue.key for dialogue in self.dialogues))


def target_of(question: str, scope: Scope, dialogues: Iterable[str]) -> str:
    """Return the name of what is judged, from the keys of its question and dialogues."""
    return content_hash("target", [question, scope.turn, sorted(dialogues)])


@dataclass(frozen=True)
class Judgment:
    """What one judge call gave, kept as it came; `repeat` counts calls on the same case."""

    case: Case
    judge: Judge
    result: Result
    reply: str | None = None  # the raw reply, where it is known
    repeat: int = 0
    usage: Usage | None = None
    returned_model: str | None = None

    @cached_property
    def key(self) -> str:
        return judgment_key(self.case, self.judge, self.repeat)


def judgment_key(case: Case, judge: Judge, repeat: int = 0) -> str:
    """Return the key a judgment will have, known before the judge is asked: it does not hang on what was said."""
    shown = [dialogue.key for dialogue in case.dialogues]
    return content_hash("judgment", [case.target, shown, judge.key, repeat])


@dataclass(frozen=True, slots=True)
class Skipped:
    """A person passed the item on, with the reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class Deliberation:
    """How a person came to a verdict: how sure (1 hardly .. 3 quite), which turn (from 1) and which sides of quality decided, seconds taken."""

    confidence: Literal[1, 2, 3] | None = None
    turn: int | None = None
    aspects: tuple[str, ...] = ()
    seconds: float | None = None


@dataclass(frozen=True)
class HumanVerdict:
    """What a person said on a target; never on a judge or a run.

    `probability` is the chance with which the item was drawn: 1 for a census; None for unknown, and then the verdict
    is shown but never part of a corrected figure. `case.dialogues` stand as shown, left first.
    """

    case: Case
    reviewer: str
    result: Verdict | Scores | Skipped
    probability: float | None = None
    draw: str | None = None
    adjudicates: bool = False
    both_bad: bool = False
    supersedes: str | None = None
    comment: str = ""
    deliberation: Deliberation = Deliberation()

    @cached_property
    def key(self) -> str:
        shown = [dialogue.key for dialogue in self.case.dialogues]
        said = [self.result, self.adjudicates, self.both_bad, self.comment]
        how = [self.deliberation] if self.deliberation != Deliberation() else []
        return content_hash("human", [self.case.target, shown, self.reviewer, self.draw, self.supersedes, said, *how])


@dataclass(frozen=True)
class Tally:
    """Counts against a baseline as published, where neither questions nor judgments are."""

    bank: str
    candidate: Candidate
    baseline: Candidate
    judge: Judge
    win: int
    tie: int
    loss: int

    @cached_property
    def key(self) -> str:
        return content_hash("tally", [self.bank, self.candidate.key, self.baseline.key, self.judge.key])


# ── what is carried out ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Plan:
    """What to compare and how; everything a comparison depends on beside the records themselves."""

    candidates: tuple[str, ...] = ()
    baseline: str | None = None
    bank: str | None = None
    judge: str | None = None
    scope: Literal["auto", "dialogue", "turns"] = "auto"
    abilities: tuple[str, ...] = ()
    margin: float = 3.0  # points of win+½tie that do not matter
    tie_within: float = 0.0  # difference of scores that still counts as a tie
    filtered: Literal["loss", "tie", "exclude"] = "loss"
    history: Literal["own", "golden"] = "own"
    confidence: float = 0.95
    seed: int = 0
    limit: int | None = None  # so many questions, evenly over abilities
    panel: Literal["equal", "weighted", "cascade"] = "equal"  # how the votes of several judges count
    until: Literal["all", "decided", "looks"] = "all"  # judging stops when it is decided, and intervals allow for it
    target: Literal["like", "bank"] = "like"  # what is estimated: questions like these, or this bank alone

    @property
    def judges(self) -> tuple[str, ...]:
        """Names in `judge`, which separates the members of a panel by commas."""
        return tuple(one.strip() for one in self.judge.split(",")) if self.judge else ()


@dataclass(frozen=True)
class Run:
    """One import, one plan or one draw of items for people carried out, with what was counted on the way."""

    name: str
    kind: Literal["import", "compare", "audit"]
    content: Json

    @cached_property
    def key(self) -> str:
        return content_hash("run", [self.name, self.kind, self.content])
