"""What a run will cost before its first call: calls, tokens, money, and the interval to expect. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from judge.models.prices import Price
from judge.records import Question
from judge.stats.power import half_width, questions_for

# Rough figures, said to be rough wherever they are shown: a Han character is about one token, and so on.
ANSWER_TOKENS = (200, 600)  # of one turn, low and high
REASON_TOKENS = (120, 400)  # of a judge's reply
PROMPT_TOKENS = 1500  # the unchanging part of a judge's prompt
SPREAD = (
    0.35  # sd of win+½tie from question to question: GPT-4's stars on LLMEval-2, where half are ties, over all pairs
)
MARGIN = 5.0  # points of win+½tie: a gap that most would act on
ORDER_NOISE = 0.2  # further sd where a case is shown one way only


@dataclass(frozen=True, slots=True)
class Load:
    """Calls still to be paid for, and the tokens of each, as (low, high)."""

    calls: int
    input: tuple[float, float]
    output: tuple[float, float]

    def tokens(self) -> tuple[float, float]:
        """Return all tokens of all calls, low and high."""
        low, high = (self.calls * (one + other) for one, other in zip(self.input, self.output, strict=True))
        return low, high

    def cost(self, price: Price) -> tuple[float, float]:
        """Return what all calls cost at a price, low and high, in yuan."""
        low, high = (self.calls * price.between(*pair) for pair in zip(self.input, self.output, strict=True))
        return low, high


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is still to be paid for, and the half-width of win+½tie to expect, in points.

    `answers`: one load per candidate that is asked; `judging`: one per judge that is asked; `both`: the judging there would
    be with both placements of every case.
    """

    answers: tuple[Load, ...]
    judging: tuple[Load, ...]
    both: tuple[Load, ...]
    known_dialogues: int
    known_judgments: int
    half_width: float
    half_width_both: float
    questions_for_margin: int  # questions that would tell a true gap of MARGIN points from none (80 % power)

    @property
    def answer_calls(self) -> int:
        return sum(load.calls for load in self.answers)

    @property
    def judge_calls(self) -> int:
        return sum(load.calls for load in self.judging)

    @property
    def more_for_both(self) -> int:
        """How many more judgments both placements would take."""
        return sum(load.calls for load in self.both) - self.judge_calls

    @property
    def calls(self) -> int:
        return self.answer_calls + self.judge_calls

    @property
    def tokens(self) -> tuple[float, float]:
        each = [load.tokens() for load in (*self.answers, *self.judging)]
        return sum(low for low, _ in each), sum(high for _, high in each)


def estimate(
    questions: Sequence[Question],
    *,
    answers: Sequence[int],
    judging: Sequence[int],
    both: Sequence[int],
    short: bool = False,
    known_dialogues: int = 0,
    known_judgments: int = 0,
) -> Estimate:
    """Estimate a run from the calls that are left, per candidate and per judge; `short`: judges give no reasons.

    `both` is how many judgments there would be with both placements; equal to `judging` where it is so already.
    """
    mean = sum(len(question.turns) for question in questions) / max(1, len(questions))
    # On average half of the earlier turns stand in the history of a call.
    asked, given = _each(lambda one: 50 + (mean - 1) / 2 * (one + 50)), _each(float)
    seen = _each(lambda one: PROMPT_TOKENS + 2 * mean * one)
    said = (1.0, 5.0) if short else (float(REASON_TOKENS[0]), float(REASON_TOKENS[1]))
    count = max(1, len(questions))
    deviations = (100 * math.hypot(SPREAD, ORDER_NOISE), 100 * math.hypot(SPREAD, ORDER_NOISE / math.sqrt(2)))
    single, double = (half_width(one, count) for one in deviations)
    twice = list(judging) == list(both)
    return Estimate(
        tuple(Load(calls, asked, given) for calls in answers),
        tuple(Load(calls, seen, said) for calls in judging),
        tuple(Load(calls, seen, said) for calls in both),
        known_dialogues,
        known_judgments,
        double if twice else single,
        double,
        questions_for(MARGIN, deviations[1 if twice else 0]),
    )


def _each(figure: Callable[[float], float]) -> tuple[float, float]:
    return figure(ANSWER_TOKENS[0]), figure(ANSWER_TOKENS[1])


def price_range(loads: Sequence[tuple[Load, Price | None]]) -> tuple[float, float, int]:
    """Return what loads cost, low and high in yuan, and how many calls are not in it because their price is not known."""
    low = high = 0.0
    unknown = 0
    for load, price in loads:
        if price is None:
            unknown += load.calls
        else:
            one, other = load.cost(price)
            low, high = low + one, high + other
    return low, high, unknown
