"""Pairwise and pointwise judging by templates and rubrics."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

from judge import reply as format_of
from judge.errors import InputError
from judge.fence import fence
from judge.identity import Json, content_hash
from judge.models import Message, Reply, Request
from judge.prompt import Template, load_template, render
from judge.records import (
    AGAIN,
    Case,
    Judge,
    Judgment,
    Model,
    Outcome,
    Question,
    Result,
    Score,
    Scores,
    Unanswered,
    Unreadable,
)
from judge.rubric import Rubrics, read_rubrics, shipped_rubrics

Comparing: TypeAlias = Literal["pair", "pair-5", "soft", "soft-reasons"]
Scoring: TypeAlias = Literal["scores", "soft-scores", "soft-scores-reasons", "alignbench", "mtbench", "reward"]
SCORING = frozenset(get_args(Scoring))
HERE = frozenset({"soft-reasons", "soft-scores", "soft-scores-reasons", "reward"})  # for models that run here alone
READER = "judge/1"  # the version of judge.reply that reads the replies; a change of meaning there changes it here
MAX_TOKENS = 2048
ALTERNATIVES = 20  # of the first token, asked for a soft verdict; the most that is offered anywhere


@dataclass(frozen=True, slots=True)
class Pairwise:
    """A judge that compares two dialogues; `levels` 3 (better, worse, tie) or 5 (much better ... much worse).

    `soft`: a letter is asked for, at once or after `reasons`, and the probabilities of its alternatives where they can be had.
    Where a question has a reference or key points, the template with references is used: both are one judge. So are replies
    in JSON that the server enforces (`structured`) and in text: what is asked and how it is read is the same.
    """

    judge: Judge
    plain: Template
    guided: Template
    levels: Literal[3, 5]
    soft: bool
    rubrics: Rubrics | None
    structured: bool = False
    reasons: bool = True

    def request(self, case: Case, secret: bytes) -> Request:
        template = self.guided if has_reference(case.question) else self.plain
        form = format_of.ask_verdict(self.levels) if self.reasons else format_of.ask_letter()
        reason = format_of.ask_reason(2) if self.reasons else ""
        schema = format_of.verdict_schema(self.levels) if self.structured and not self.soft else None
        asked = _request(template, case, secret, self.judge, form, reason, self.rubrics, schema)
        return _odds(asked, ("A", "B", "C"), self.reasons) if self.soft else asked

    def judgment(self, case: Case, reply: Reply, repeat: int = 0) -> Judgment:
        if self.soft and self.reasons and not reply.first_tokens:
            read: Result = Unreadable("没有概率：理由没有写完，或算不出来")
        elif self.soft:
            read = format_of.read_letter(reply.text, reply.first_tokens)
        else:
            read = format_of.read_verdict(reply.text, levels=self.levels)
        return _judgment(case, self.judge, reply, read, repeat)


@dataclass(frozen=True, slots=True)
class Pointwise:
    """A judge that scores one dialogue: on the dimensions of a rubric and overall, or without rubrics overall from 1 to 10."""

    judge: Judge
    plain: Template
    guided: Template
    rubrics: Rubrics | None
    structured: bool = False

    def request(self, case: Case, secret: bytes) -> Request:
        template = self.guided if has_reference(case.question) else self.plain
        names, low, high = self._scale(case.question)
        asked = format_of.ask_scores(names, low, high) if names else format_of.ask_rating(low, high)
        schema = format_of.scores_schema(names, low, high) if self.structured else None
        return _request(template, case, secret, self.judge, asked, format_of.ask_reason(1), self.rubrics, schema)

    def judgment(self, case: Case, reply: Reply, repeat: int = 0) -> Judgment:
        names, low, high = self._scale(case.question)
        if names:
            read = format_of.read_scores(reply.text, names, minimum=low, maximum=high)
        else:
            read = format_of.read_rating(reply.text, minimum=low, maximum=high)
        return _judgment(case, self.judge, reply, read, repeat)

    def _scale(self, question: Question) -> tuple[list[str], int, int]:
        """Return the dimensions that are scored, and the worst and the best score."""
        if self.rubrics is None:
            return [], 1, 10
        rubric = self.rubrics.of(question.ability, question.subcategory)
        return [dimension.name for dimension in rubric.dimensions], rubric.minimum, rubric.maximum


@dataclass(frozen=True, slots=True)
class SoftPointwise:
    """A judge that scores one dialogue overall by the probabilities it gives each whole score: their mean (G-Eval, Liu et al. 2023).

    At once or after `reasons`. Only for models that run here: of a server's first tokens, "1" may be the start of 10.
    """

    judge: Judge
    plain: Template
    guided: Template
    rubrics: Rubrics
    reasons: bool = False

    def request(self, case: Case, secret: bytes) -> Request:
        template = self.guided if has_reference(case.question) else self.plain
        low, high = self._scale(case.question)
        form, reason = format_of.ask_number(low, high, reasons=self.reasons), format_of.ask_reason(1)
        asked = _request(template, case, secret, self.judge, form, reason if self.reasons else "", self.rubrics, None)
        return _odds(asked, tuple(str(score) for score in range(low, high + 1)), self.reasons)

    def judgment(self, case: Case, reply: Reply, repeat: int = 0) -> Judgment:
        low, high = self._scale(case.question)
        read: Result = Unreadable("没有各分的概率")
        if reply.first_tokens:
            mean = sum(int(score) * share for score, share in reply.first_tokens)
            read = Scores(Score(min(max(mean, low), high), low, high))
        return _judgment(case, self.judge, reply, read, repeat)

    def _scale(self, question: Question) -> tuple[int, int]:
        rubric = self.rubrics.of(question.ability, question.subcategory)
        return rubric.minimum, rubric.maximum


@dataclass(frozen=True, slots=True)
class Reward:
    """A reward model: its number for a whole dialogue, as a score from 0 to 100 by the logistic function.

    That is the probability, as Bradley and Terry (1952) have it, that it prefers the dialogue to one of reward 0.
    """

    judge: Judge

    def request(self, case: Case, secret: bytes) -> Request:
        messages: list[Message] = []
        for turn, answer in list(zip(case.question.turns, case.dialogues[0].answers, strict=False))[: case.scope.turn]:
            asked = answer.prompt if answer.prompt is not None else turn.prompt
            messages += [Message("user", asked), Message("assistant", answer.text)]
        return Request(tuple(messages), reward=True)

    def judgment(self, case: Case, reply: Reply, repeat: int = 0) -> Judgment:
        try:
            reward = float(reply.text)
        except ValueError:
            read: Result = Unreadable("不是一个数")
        else:
            if not math.isfinite(reward):
                return _judgment(case, self.judge, reply, Unreadable("不是一个数"), repeat)
            read = Scores(Score(100 / (1 + math.exp(-max(-60.0, min(60.0, reward)))), 0, 100))
        return _judgment(case, self.judge, reply, read, repeat)


def pairwise(
    name: str,
    model: Model,
    *,
    protocol: Comparing = "pair",
    references: bool = True,
    rubrics: Rubrics | None = None,
    structured: bool = False,
) -> Pairwise:
    """Make a pairwise judge of a model, with the templates that come with the program; without `references` it sees none."""
    plain, guided = _templates("pairwise", references)
    judge = Judge(name, model, protocol, _hash(plain, guided), rubrics.hash if rubrics else "", READER)
    levels: Literal[3, 5] = 5 if protocol == "pair-5" else 3
    soft = protocol in ("soft", "soft-reasons")
    return Pairwise(judge, plain, guided, levels, soft, rubrics, structured, reasons=protocol != "soft")


def judging(
    name: str,
    model: Model,
    protocol: Comparing | Scoring = "pair",
    *,
    references: bool = True,
    structured: bool = False,
) -> Pairwise | Pointwise | SoftPointwise | Reward:
    """Make the judge of a model that goes by a protocol, with the rubrics that come with the program."""
    if protocol in HERE and model.endpoint not in ("hf", ""):
        fix = "评委写成 hf:目录，或换 --protocol scores"
        raise InputError(f"{protocol} 只用于本地权重的评委", where=f"--judge {name}", fix=fix)
    if protocol == "soft-scores" or protocol == "soft-scores-reasons":  # noqa: PLR1714 - mypy follows this form alone
        plain, guided = _templates("pointwise", references)
        rubrics = read_rubrics(shipped_rubrics())
        judge = Judge(name, model, protocol, _hash(plain, guided), rubrics.hash, READER)
        return SoftPointwise(judge, plain, guided, rubrics, protocol == "soft-scores-reasons")
    if protocol == "reward":
        return Reward(Judge(name, model, protocol))
    if protocol == "mtbench":
        return pointwise(name, model, None, protocol=protocol, references=references, structured=structured)
    rubrics = read_rubrics(shipped_rubrics("alignbench" if protocol == "alignbench" else ""))
    if protocol == "scores" or protocol == "alignbench":  # noqa: PLR1714 - mypy follows this form alone
        return pointwise(name, model, rubrics, protocol=protocol, references=references, structured=structured)
    return pairwise(name, model, protocol=protocol, references=references, rubrics=rubrics, structured=structured)


def turned(judging: Pairwise) -> Pairwise:
    """Return the judge under whose name verdicts asked again by choice are kept: another judge, so no board can count them."""
    judge = judging.judge
    return replace(judging, judge=replace(judge, name=judge.name + AGAIN, protocol=judge.protocol + AGAIN))


def pointwise(
    name: str,
    model: Model,
    rubrics: Rubrics | None,
    *,
    protocol: Literal["scores", "alignbench", "mtbench"] = "scores",
    references: bool = True,
    structured: bool = False,
) -> Pointwise:
    """Make a pointwise judge of a model, with the templates that come with the program; without `references` it sees none.

    protocol: ours; that of AlignBench, dimensions by type of question (Liu et al. 2023), for its own rubrics; or MT-Bench's
    single rating (Zheng et al. 2023), for none.
    """
    plain, guided = _templates("pointwise" if protocol == "scores" else protocol, references)
    judge = Judge(name, model, protocol, _hash(plain, guided), rubrics.hash if rubrics else "", READER)
    return Pointwise(judge, plain, guided, rubrics, structured)


def has_reference(question: Question) -> bool:
    """Tell whether the bank gives the judge something to hold the answers against."""
    return any(turn.reference or turn.key_points for turn in question.turns)


def _templates(name: str, references: bool) -> tuple[Template, Template]:
    plain = load_template(name)
    # AlignBench's judge always has a reference before it; the one template says where there is none.
    return plain, load_template(f"{name}-reference") if references and name != "alignbench" else plain


def _hash(plain: Template, guided: Template) -> str:
    return content_hash("templates", [plain.hash, guided.hash])


def _request(
    template: Template,
    case: Case,
    secret: bytes,
    judge: Judge,
    asked: str,
    reason: str,
    rubrics: Rubrics | None,
    schema: Json,
) -> Request:
    # The mark hangs on what is judged, by whom and in which placement: the same on a rerun, unknown to candidates.
    shown = [dialogue.key for dialogue in case.dialogues]
    mark = fence(secret, content_hash("mark", [case.target, shown, judge.key]))
    rubric = rubrics.of(case.question.ability, case.question.subcategory) if rubrics else None
    text = render(template, case, mark, asked=asked, reason=reason, rubric=rubric)
    return Request((Message("user", text),), temperature=0.0, max_tokens=MAX_TOKENS, schema=schema)


def _odds(request: Request, allowed: tuple[str, ...], reasons: bool) -> Request:
    return replace(request, logprobs=ALTERNATIVES, allowed=allowed, reasons=reasons)


def _judgment(case: Case, judge: Judge, reply: Reply, read: Result, repeat: int) -> Judgment:
    """Keep the reply beside what was read of it; a judge that was filtered or had nothing to say gave no verdict."""
    silent = {
        Outcome.FILTERED_INPUT: "filtered",
        Outcome.FILTERED_OUTPUT: "filtered",
        Outcome.EMPTY: "empty",
        Outcome.FAILED: "failed",
    }
    result: Result = Unanswered(silent[reply.outcome]) if reply.outcome in silent else read
    return Judgment(case, judge, result, reply.text, repeat, reply.usage, reply.returned_model)
