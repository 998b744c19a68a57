"""What a run will cost before its first call: calls, tokens, and the interval to expect. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from judge.records import Question

# Rough figures, said to be rough wherever they are shown: a Han character is about one token, and so on.
ANSWER_TOKENS = (200, 600)  # of one turn, low and high
REASON_TOKENS = (120, 400)  # of a judge's reply
PROMPT_TOKENS = 1500  # the unchanging part of a judge's prompt
SPREAD = 0.43  # sd of win+½tie per question seen on recorded judgments (LLMEval-2, ties about one half)
ORDER_NOISE = 0.2  # further sd where a case is shown one way only


@dataclass(frozen=True, slots=True)
class Estimate:
    """Calls and tokens (low, high) still to be paid for, and the half-width of win+½tie to expect, in points."""

    answer_calls: int
    judge_calls: int
    known_dialogues: int
    known_judgments: int
    tokens: tuple[int, int]
    half_width: float
    half_width_both: float

    @property
    def calls(self) -> int:
        return self.answer_calls + self.judge_calls


def estimate(
    questions: Sequence[Question],
    *,
    answers: int,
    cases: int,
    judges: int,
    both: bool,
    known_dialogues: int = 0,
    known_judgments: int = 0,
) -> Estimate:
    """Estimate a run: `answers` candidates to be asked each question, `cases` placed cases for each of `judges` judges."""
    turns = sum(len(question.turns) for question in questions)
    mean_turns = turns / max(1, len(questions))
    asked = max(0, round((len(questions) * answers - known_dialogues) * mean_turns))
    judged = max(0, cases * judges - known_judgments)
    transcript = tuple(2 * mean_turns * tokens for tokens in ANSWER_TOKENS)
    history = (mean_turns + 1) / 2
    low, high = (
        round(asked * tokens * history + judged * (PROMPT_TOKENS + whole + reason))
        for tokens, whole, reason in zip(ANSWER_TOKENS, transcript, REASON_TOKENS, strict=True)
    )
    count = max(1, len(questions))
    single = 196 * math.sqrt(SPREAD**2 + ORDER_NOISE**2) / math.sqrt(count)
    double = 196 * math.sqrt(SPREAD**2 + ORDER_NOISE**2 / 2) / math.sqrt(count)
    return Estimate(asked, judged, known_dialogues, known_judgments, (low, high), double if both else single, double)
