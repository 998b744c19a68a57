"""What a person sends from the page, strictly read, and the human verdict it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, Field

from judge.errors import InputError
from judge.jsonl import STRICT
from judge.records import Case, Deliberation, Dimension, HumanVerdict, Score, Scores, Side, Skipped, Verdict
from judge.review.draws import SKIPS, Scale, Why

SIDES: Mapping[str, Side] = {"left": Side.FIRST, "right": Side.SECOND, "tie": Side.TIE, "both_bad": Side.TIE}


def _whole(value: object) -> object:
    """Take 3.0 for 3, as JSON does."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
Word: TypeAlias = Literal["left", "right", "tie", "both_bad"]
Text = Annotated[str, Field(max_length=2000)]
Id = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]


class Opinion(BaseModel):
    """A vote, scores or a skip on one task; `scope`: of turn k alone, beside the verdict on the whole."""

    model_config = STRICT

    task: Id
    verdict: Word | None = None
    overall: float | None = None
    dimensions: dict[Annotated[str, Field(max_length=40)], float] = Field(default={}, max_length=12)
    skip: Why | None = None
    scope: Annotated[int, Field(ge=1, le=100), WHOLE] | None = None
    confidence: Annotated[Literal[1, 2, 3], WHOLE] | None = None
    turn: Annotated[int, Field(ge=1, le=100), WHOLE] | None = None
    aspects: list[Annotated[str, Field(min_length=1, max_length=40)]] = Field(default=[], max_length=12)
    comment: Text = ""
    seconds: Annotated[float, Field(ge=0, le=86400)] | None = None

    def result(self, scale: Scale | None, dimensions: tuple[Dimension, ...]) -> Verdict | Scores | Skipped:
        """Return what is said; scale: worst and best score where one answer is scored. Raises InputError where it does not fit."""
        given = [self.verdict is not None, self.skip is not None, self.overall is not None or bool(self.dimensions)]
        if sum(given) != 1:
            raise InputError("要么判，要么打分，要么跳过", fix="只给一样")
        if self.skip is not None:
            if self.skip == "question" and not self.comment.strip():
                raise InputError("题目有什么问题没有写", fix="在附言里写一句")
            return Skipped(SKIPS[self.skip])
        if (scale is None) is (self.verdict is None):
            raise InputError("这一条是打分的" if scale else "这一条是比较两份回答的", fix="刷新页面再判")
        if self.verdict is not None:
            side = SIDES[self.verdict]
            return Verdict(side, 0 if side is Side.TIE else 1)
        assert scale is not None
        return self._scores(scale, dimensions)

    def _scores(self, scale: Scale, dimensions: tuple[Dimension, ...]) -> Scores:
        """Return the scores; without an overall one, the weighted mean of all dimensions stands for it."""
        weights = {one.name: one.weight for one in dimensions}
        if unknown := set(self.dimensions) - set(weights):
            raise InputError(f"没有这个维度：{'、'.join(sorted(unknown))}", fix="刷新页面再判")
        values = [*self.dimensions.values(), *([] if self.overall is None else [self.overall])]
        if any(not min(scale) <= value <= max(scale) for value in values):
            raise InputError("分数超出量程", fix=f"{min(scale):g} 到 {max(scale):g}")
        overall = self.overall
        if overall is None:
            if set(self.dimensions) != set(weights):
                raise InputError("没有总分，维度也没打全", fix="写总分，或把每个维度都打上")
            overall = sum(weights[name] * value for name, value in self.dimensions.items()) / sum(weights.values())
        kept = tuple(
            (one.name, Score(self.dimensions[one.name], *scale)) for one in dimensions if one.name in self.dimensions
        )
        return Scores(Score(overall, *scale), kept)

    def deliberation(self) -> Deliberation:
        return Deliberation(self.confidence, self.turn, tuple(self.aspects), self.seconds)


class Ballot(Opinion):
    """A vote on a battle, of which the person had so many turns before it."""

    turns: Annotated[int, Field(ge=1, le=100), WHOLE]


def verdict_of(
    opinion: Opinion,
    case: Case,
    reviewer: str,
    result: Verdict | Scores | Skipped,
    probability: float | None,
    draw: str | None,
) -> HumanVerdict:
    """Return what a person said as it is kept."""
    return HumanVerdict(
        case,
        reviewer,
        result,
        probability,
        draw,
        both_bad=opinion.verdict == "both_bad",
        comment=opinion.comment.strip(),
        deliberation=opinion.deliberation(),
    )
