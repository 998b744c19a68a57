"""What a protocol costs: the tokens of a judge's prompt before an answer stands in it, question by question. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from judge.judges.protocols import Pairwise, Pointwise, Reward, SoftPointwise
from judge.records import DIALOGUE, Answer, Candidate, Case, Dialogue, Model, Question, Scope

Judged: TypeAlias = Pairwise | Pointwise | SoftPointwise | Reward
HAN = 0.75  # tokens of a Han character, and LETTER of any other: vendors' own counts differ by a third either way
LETTER = 0.3


@dataclass(frozen=True, slots=True)
class Cost:
    """Tokens per judge call and calls per question, as means over a bank.

    prompt: instructions and rubric; material: question, references and key points; calls: for one comparison (or one answer's
    scores), with both placements where there are two.
    """

    prompt: float
    material: float
    calls: float


def tokens(text: str) -> float:
    """Estimate the tokens of a text, roughly."""
    han = sum(
        "\u3400" <= char <= "\u9fff" or "\u3000" <= char <= "\u303f" or "\uff00" <= char <= "\uffef" for char in text
    )
    return HAN * han + LETTER * (len(text) - han)


def cost(judging: Judged, questions: Sequence[Question], *, by_turn: bool = False) -> Cost:
    """Measure a protocol on a bank's questions; by_turn: each turn is judged on its own."""
    prompts, materials, calls = 0.0, 0.0, 0.0
    for one in questions:
        scopes = [Scope(at) for at in range(1, len(one.turns) + 1)] if by_turn else [DIALOGUE]
        for scope in scopes:
            whole = tokens(_asked(judging, one, scope))
            bare = tokens(_asked(judging, _bare(one), scope))
            prompts, materials = prompts + bare, materials + whole - bare
        calls += len(scopes) * (2 if isinstance(judging, Pairwise) else 1)
    asked = max(1.0, calls / (2 if isinstance(judging, Pairwise) else 1))
    return Cost(prompts / asked, materials / asked, calls / max(1, len(questions)))


def _asked(judging: Judged, question: Question, scope: Scope) -> str:
    """Return the prompt on answers of nothing."""
    sides = 2 if isinstance(judging, Pairwise) else 1
    answers = tuple(Answer(turn.prompt, "") for turn in question.turns)
    dialogues = tuple(Dialogue(question, Candidate(str(at), Model("", str(at))), answers) for at in range(sides))
    return "".join(
        one.content for one in judging.request(Case(question, scope, dialogues), b"counted, never sent").messages
    )


def _bare(question: Question) -> Question:
    """Return the same question with a word in place of each of its texts."""
    turns = tuple(
        replace(turn, prompt="", reference="" if turn.reference is not None else None, key_points=())
        for turn in question.turns
    )
    return replace(question, turns=turns, trap=None)
