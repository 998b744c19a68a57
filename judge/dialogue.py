"""Playing one question with one candidate, turn by turn: what is asked next, and what a reply becomes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from judge.errors import InputError
from judge.models import Message, Reply, Request
from judge.records import Answer, Candidate, Dialogue, Outcome, Question

# Abilities with one right answer are asked coolly, open ones warmly (after MT-Bench and AlignBench); others get the middle.
TEMPERATURES: Mapping[str, float] = MappingProxyType(
    {
        "语义理解与抽取": 0.0,
        "代码": 0.0,
        "逻辑与推理": 0.0,
        "计算": 0.0,
        "知识与百科": 0.1,
        "上下文对话": 0.1,
        "安全": 0.1,
        "闲聊": 0.7,
        "生成与创作": 0.7,
        "角色扮演": 0.7,
    }
)
ENDING = (Outcome.FILTERED_INPUT, Outcome.FILTERED_OUTPUT, Outcome.EMPTY, Outcome.FAILED)


@dataclass(frozen=True, slots=True)
class Manner:
    """How questions are put: whose answers make the history, how warm, how long an answer may be."""

    history: Literal["own", "golden"] = "own"
    temperatures: Mapping[str, float] = field(default_factory=lambda: TEMPERATURES)
    temperature: float = 0.5  # for abilities not named
    max_tokens: int | None = 2048
    seed: int | None = None


def next_request(question: Question, answers: Sequence[Answer], manner: Manner, sample: int = 0) -> Request | None:
    """Return what to ask after these answers; None where the script or the dialogue has ended.

    Reasoning is never part of the history. Raises InputError where golden history is asked for and the bank has none.
    """
    ended = any(answer.outcome in ENDING for answer in answers)
    if ended or len(answers) == len(question.turns):
        return None
    messages = []
    for number, (turn, answer) in enumerate(zip(question.turns, answers, strict=False), 1):
        said = answer.text
        if manner.history == "golden":
            if turn.golden is None:
                raise InputError(
                    f"题 {question.id} 第 {number} 轮没有标准历史（golden）",
                    where=question.bank,
                    fix="换用自己的历史（--history own），或换有标准历史的题库",
                )
            said = turn.golden
        messages += [Message("user", turn.prompt), Message("assistant", said)]
    messages.append(Message("user", question.turns[len(answers)].prompt))
    return Request(
        tuple(messages),
        temperature=manner.temperatures.get(question.ability, manner.temperature),
        max_tokens=manner.max_tokens,
        seed=manner.seed,
        sample=sample,
    )


def answer_of(question: Question, turn: int, reply: Reply) -> Answer:
    """Return the answer to turn `turn` (from 0) that a reply is; an empty text without an outcome of its own is `empty`."""
    outcome = reply.outcome
    if outcome in (Outcome.OK, Outcome.TRUNCATED) and not reply.text.strip():
        outcome = Outcome.EMPTY
    return Answer(question.turns[turn].prompt, reply.text, outcome, reply.reasoning, reply.usage, reply.returned_model)


def finished(
    question: Question, candidate: Candidate, answers: Sequence[Answer], sample: int, manner: Manner
) -> Dialogue:
    """Return the dialogue; the turns after one without an answer share its outcome."""
    rest = [Answer(turn.prompt, "", answers[-1].outcome) for turn in question.turns[len(answers) :]]
    return Dialogue(question, candidate, (*answers, *rest), sample, manner.history)
