"""A small world for audits: candidates on a few questions, judges of their answers, draws made by hand, and what people said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from judge.hearing import Heard, hear
from judge.records import (
    DIALOGUE,
    Answer,
    Bank,
    Candidate,
    Case,
    Dialogue,
    HumanVerdict,
    Judge,
    Judgment,
    Model,
    Plan,
    Question,
    Scope,
    Score,
    Scores,
    Side,
    Skipped,
    Turn,
    Verdict,
)
from judge.review.draws import Draw, DrawnItem
from judge.store import Store

History = Literal["own", "golden"]
JUDGE = Judge("评委", Model("test", "评委"), "pair")
MARKER = Judge("打分", Model("test", "评委"), "scores")
PLAN = Plan(bank="题库", judge="评委")
WIN, LOSS, TIE = Verdict(Side.FIRST), Verdict(Side.SECOND), Verdict(Side.TIE, 0)
SKIPPED = Skipped("看不懂")


def named(name: str) -> Candidate:
    return Candidate(name, Model("test", name))


def question(number: int, turns: int = 1, reference: str | None = None, ability: str = "") -> Question:
    asked = tuple(Turn(f"第{at + 1}问", reference, "exact" if reference else "none") for at in range(turns))
    return Question("题库", f"q{number:02}", ability or ("计算", "闲聊")[number % 2], asked)


def held(one: Question, name: str, text: str | None = None, history: History = "own") -> Dialogue:
    said = text or f"{name}答"
    return Dialogue(one, named(name), tuple(Answer(turn.prompt, said) for turn in one.turns), history=history)


def pair(one: Question, first: str, second: str, scope: Scope = DIALOGUE, history: History = "own") -> Case:
    return Case(one, scope, (held(one, first, history=history), held(one, second, history=history)))


def said(case: Case, result: Verdict, judge: Judge = JUDGE) -> Judgment:
    return Judgment(case, judge, result)


def marked(one: Question, name: str, value: float, scope: Scope = DIALOGUE) -> Judgment:
    return Judgment(Case(one, scope, (held(one, name),)), MARKER, Scores(Score(value, 0, 10)))


def points(one: Question, name: str, value: float, draw: str, probability: float, reviewer: str = "张") -> HumanVerdict:
    """A person's score of one answer, of ten."""
    case = Case(one, DIALOGUE, (held(one, name),))
    return HumanVerdict(case, reviewer, Scores(Score(value, 0, 10)), probability, draw)


def item(case: Case, probability: float, reviewers: int = 1) -> DrawnItem:
    keys = tuple(one.key for one in case.dialogues)
    return DrawnItem(case.question.id, case.scope.turn or 0, keys, probability, reviewers)


def drawn(
    name: str,
    items: Sequence[DrawnItem],
    questions: Sequence[Question],
    candidates: Sequence[str],
    *,
    unit: Literal["pairs", "scores"] = "pairs",
    uniform: float = 0.3,
    history: History = "own",
) -> Draw:
    """A draw from everything on these questions by these candidates."""
    return Draw(
        name,
        "题库",
        "评委",
        history,
        unit,
        0,
        uniform,
        len(questions) * len(candidates),
        tuple(sorted(one.key for one in questions)),
        tuple(sorted(named(one).key for one in candidates)),
        tuple(items),
    )


def filled(store: Store, judgments: Sequence[Judgment], humans: Sequence[HumanVerdict] = (), *draws: Draw) -> None:
    store.add(banks=[Bank("题库")], judgments=judgments, human_verdicts=humans)
    for one in draws:
        store.add(run=one.run)


def heard(store: Store, names: Sequence[str], plan: Plan = PLAN) -> Heard:
    codes = {name: code for code, name in store.candidates("题库").items()}
    return hear(store, "题库", [codes[name] for name in names], plan)
