"""What a run will cost before its first call: calls, tokens, money, and the interval to expect. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from judge.models.prices import Price
from judge.records import Question

# Rough figures, said to be rough wherever they are shown: a Han character is about one token, and so on.
ANSWER_TOKENS = (200, 600)  # of one turn, low and high
REASON_TOKENS = (120, 400)  # of a judge's reply
PROMPT_TOKENS = 1500  # the unchanging part of a judge's prompt
SPREAD = 0.43  # sd of win+½tie per question seen on recorded judgments (LLMEval-2, ties about one half)
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

    `both` is the judging there would be with both placements of every case.
    """

    answers: Load
    judging: Load
    both: Load
    known_dialogues: int
    known_judgments: int
    half_width: float
    half_width_both: float

    @property
    def calls(self) -> int:
        return self.answers.calls + self.judging.calls

    @property
    def tokens(self) -> tuple[float, float]:
        (low, high), (more, most) = self.answers.tokens(), self.judging.tokens()
        return low + more, high + most


def estimate(
    questions: Sequence[Question],
    *,
    answers: int,
    cases: int,
    both: int,
    judges: int,
    known_dialogues: int = 0,
    known_judgments: int = 0,
) -> Estimate:
    """Estimate a run: `answers` dialogues to be held on each question, `cases` placed cases for each of `judges` judges.

    `both` is how many placed cases there would be with both placements; equal to `cases` where it is so already.
    """
    mean = sum(len(question.turns) for question in questions) / max(1, len(questions))
    answered = max(0, round((len(questions) * answers - known_dialogues) * mean))
    # On average half of the earlier turns stand in the history of a call.
    asked = Load(answered, _each(lambda one: 50 + (mean - 1) / 2 * (one + 50)), _each(float))
    seen = _each(lambda one: PROMPT_TOKENS + 2 * mean * one)
    said = (float(REASON_TOKENS[0]), float(REASON_TOKENS[1]))
    count = max(1, len(questions))
    single = 196 * math.sqrt(SPREAD**2 + ORDER_NOISE**2) / math.sqrt(count)
    double = 196 * math.sqrt(SPREAD**2 + ORDER_NOISE**2 / 2) / math.sqrt(count)
    return Estimate(
        asked,
        Load(max(0, cases * judges - known_judgments), seen, said),
        Load(max(0, both * judges - known_judgments), seen, said),
        known_dialogues,
        known_judgments,
        double if cases == both else single,
        double,
    )


def _each(figure: Callable[[float], float]) -> tuple[float, float]:
    return figure(ANSWER_TOKENS[0]), figure(ANSWER_TOKENS[1])


def price_range(loads: Sequence[tuple[Load, Sequence[Price | None]]]) -> tuple[float, float, bool]:
    """Return what loads cost, each shared evenly by some models, low and high in yuan; the last says that all prices are known."""
    low = high = 0.0
    known = True
    for load, prices in loads:
        for price in prices:
            if price is None:
                known = known and not load.calls
                continue
            one, other = load.cost(price)
            low, high = low + one / len(prices), high + other / len(prices)
    return low, high, known
