"""The lines of our own JSONL as they are written: answers, judgments, human verdicts, published counts."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, Field

from judge.bank import MOST_TURNS, Name, Whole
from judge.identity import Json
from judge.jsonl import STRICT
from judge.records import (
    Answer,
    Deliberation,
    Score,
    Usage,
    Verdict,
)

Count = Annotated[Whole, Field(ge=0)]
History: TypeAlias = Literal["own", "golden"]


def _named(value: object) -> object:
    """Let a name stand for an object that has nothing but a name."""
    if isinstance(value, str):
        return {"name": value}
    if isinstance(value, dict):
        return value
    raise ValueError("应是名字，或含 name 与 model 的对象")


def _turn(value: object) -> object:
    if value == "dialogue":
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError('应是 "dialogue"（整段对话），或从 1 起的轮次')
    if value > MOST_TURNS:
        raise ValueError(f"轮次至多 {MOST_TURNS}")
    return value


class _Strict(BaseModel):
    model_config = STRICT


class ModelRow(_Strict):
    endpoint: str
    model: str
    parameters: dict[str, Json] = {}
    system: str | None = None
    revision: str | None = None


class CandidateRow(_Strict):
    name: Name
    model: ModelRow | None = None


class JudgeRow(CandidateRow):
    protocol: str = ""
    template: str = ""
    rubric: str = ""
    reader: str = "recorded"


NamedCandidate = Annotated[CandidateRow, BeforeValidator(_named)]
NamedJudge = Annotated[JudgeRow, BeforeValidator(_named)]


class ScoresRow(_Strict):
    overall: Score | None = None
    dimensions: dict[str, Score] = {}


class OnQuestionRow(_Strict):
    bank: Name
    question: Name
    version: Whole | None = None


class AnswersRow(OnQuestionRow):
    candidate: Name
    model: ModelRow | None = None
    sample: Count = 0
    history: History = "own"
    answers: Annotated[tuple[Answer, ...], Field(max_length=MOST_TURNS)]


class CaseRow(OnQuestionRow):
    scope: Annotated[int | None, BeforeValidator(_turn)]
    candidates: Annotated[tuple[NamedCandidate, ...], Field(min_length=1, max_length=2)]
    samples: tuple[Count, ...] = ()
    histories: tuple[History, ...] = ()
    placement_known: bool = True
    verdict: Verdict | None = None
    scores: ScoresRow | None = None


class JudgmentRow(CaseRow):
    judge: NamedJudge
    protocol: str | None = None
    unreadable: str | None = None
    unanswered: str | None = None
    reply: str | None = None
    repeat: Count = 0
    usage: Usage | None = None
    returned_model: str | None = None


class HumanRow(CaseRow):
    reviewer: Name
    skipped: str | None = None
    probability: Annotated[float, Field(gt=0, le=1)] | None = None
    draw: str | None = None
    adjudicates: bool = False
    both_bad: bool = False
    supersedes: Annotated[str, Field(max_length=32)] | None = None
    comment: str = ""
    deliberation: Deliberation = Deliberation()


class CountsRow(_Strict):
    win: Count
    tie: Count
    loss: Count


class TallyRow(_Strict):
    bank: Name
    tally: CountsRow
    candidate: NamedCandidate
    baseline: NamedCandidate
    judge: NamedJudge
    protocol: str | None = None
