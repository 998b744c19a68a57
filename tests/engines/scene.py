"""A small live scene over loopback: two candidates and a judge behind one real server, and a bank of questions."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from judge.dialogue import Manner
from judge.judges.protocols import pairwise
from judge.models.openai_compatible import OpenAICompatible
from judge.models.pacing import Limits, Pace
from judge.models.vendors import preset
from judge.records import ABILITIES, Bank, Candidate, Dialogue, Question, Turn
from judge.store import Store
from judge.work import Caps, Order, Voice, Work, draw
from tests.models import Answer


def letter(side: str, share: float) -> Answer:
    """A verdict of one letter with the probabilities of its alternatives."""
    top = [{"token": side, "logprob": math.log(share)}, {"token": "C", "logprob": math.log(1 - share)}]
    return Answer(side, logprobs=[{**top[0], "top_logprobs": top}])


def script(messages: list[dict[str, str]]) -> str | Answer:
    """Answer as a candidate by the strength in the system prompt; judge by which of two transcripts is strong."""
    last = messages[-1]["content"]
    if "开始：对话" in last:
        score = "8" if "强答" in last else "5"
        forms = re.findall(r"\{[^{}]*: X\}", last)
        return f"理由。\n{forms[-1].replace('X', score)}" if forms else f"理由。\n[[{score}]]"
    if "开始：前一份对话（A）" not in last:
        strength = messages[0]["content"] if messages[0]["role"] == "system" else "中"
        return f"{strength}答：{last}"
    first, second = last.split("开始：前一份对话（A）")[1].split("开始：后一份对话（B）")[:2]
    strong = ["强答" in first, "强答" in second]
    if strong[0] == strong[1]:
        return "两份一样。\n[[C]]"
    better = "A" if strong[0] else "B"
    if "只写一个大写字母" in last:
        return letter(better, 0.8)
    return (
        f"理由写在前面。\n[[{'A>>B' if better == 'A' else 'B>>A'}]]"
        if "A>>B" in last
        else f"理由写在前面。\n[[{better}]]"
    )


def bank(count: int, turns: int = 2) -> list[Question]:
    """Questions of all abilities in turn."""
    return [
        Question(
            "现场",
            f"q{number:05}",
            ABILITIES[number % len(ABILITIES)],
            tuple(Turn(f"第{number}题第{turn + 1}问", depends_on=tuple(range(1, turn + 1))) for turn in range(turns)),
        )
        for number in range(count)
    ]


def voice(
    url: str, model: str, system: str | None = None, limits: Limits | None = None, timeout: float = 60.0
) -> Voice:
    """A model behind the server."""
    chat = OpenAICompatible(model, preset("vllm"), model, environment={}, url=url, system=system, timeout=timeout)
    return Voice(chat, Pace(limits or Limits(concurrency=64, attempts=12)))


def work(
    store: Store,
    url: str,
    questions: Sequence[Question],
    *,
    order: Order = "both",
    limits: Limits | None = None,
    strengths: Sequence[str] = ("强", "弱"),
    max_calls: int | None = None,
    timeout: float = 60.0,
) -> Work:
    """Lay out a run of the strong candidate against the weak one, the questions in the store."""
    store.add(banks=[Bank("现场", abilities=ABILITIES)], questions=questions)
    voices = [voice(url, f"候选{at}", strength, limits, timeout) for at, strength in enumerate(strengths)]
    candidates = [Candidate(one.model.name, one.model.identity) for one in voices]
    judge = voice(url, "评委", None, limits, timeout)
    blank = [Dialogue(question, candidate, ()) for question in questions for candidate in candidates]
    drawn = draw(blank, [candidate.key for candidate in candidates], design="baseline", order=order)
    return Work(
        questions,
        candidates,
        {candidate.key: one for candidate, one in zip(candidates, voices, strict=True)},
        [(pairwise("评委", judge.model.identity), judge)],
        drawn,
        Manner(),
        caps=Caps(calls=max_calls),
    )
