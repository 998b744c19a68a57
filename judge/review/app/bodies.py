"""What the page sends, beside opinions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from judge.jsonl import STRICT
from judge.review.battle import LONGEST, MOST
from judge.review.opinions import WHOLE, Id, Text, Word

Target = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]


class _Body(BaseModel):
    model_config = STRICT


class Token(_Body):
    """The token of a link."""

    token: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{16,64}$")]


class Holding(_Body):
    """What the page has before it and next."""

    holding: list[Id] = Field(default=[], max_length=4)


class OneTask(_Body):
    task: Id


class Ruling(_Body):
    """How a conflict is settled: a side, or a score where one answer is scored."""

    target: Target
    verdict: Word | None = None
    score: float | None = None
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class Strike(_Body):
    """A question that is taken out of all scores."""

    target: Target
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class Restore(_Body):
    question: Target


class More(_Body):
    items: Annotated[int, Field(ge=1, le=5000), WHOLE] = 40


class Invitation(_Body):
    name: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f<>]+$")]
    role: Literal["reviewer", "lead"] = "reviewer"


class Name(_Body):
    name: Annotated[str, Field(min_length=1, max_length=40)]


class Question(_Body):
    """One turn of a battle, from 1; battle and ability: None for a new one, and the usual ability."""

    battle: Id | None = None
    turn: Annotated[int, Field(ge=1, le=MOST), WHOLE] = 1
    prompt: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    ability: Annotated[str, Field(max_length=40)] | None = None


class Empty(_Body):
    """Nothing beside the wish."""


class Problem(BaseModel):
    """Why a request was refused, and what mends it."""

    error: str
    fix: str = ""


__all__ = [
    "Empty",
    "Holding",
    "Invitation",
    "More",
    "Name",
    "OneTask",
    "Problem",
    "Question",
    "Restore",
    "Ruling",
    "Strike",
    "Target",
    "Text",
    "Token",
]
