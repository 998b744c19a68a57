"""Records as rows of the tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from judge.codec import encode_result, to_json
from judge.columns import Kind
from judge.identity import Json, content_hash, plain
from judge.records import (
    Bank,
    Candidate,
    Dialogue,
    HumanVerdict,
    Judge,
    Judgment,
    Outcome,
    Question,
    Result,
    Run,
    Scores,
    Side,
    Skipped,
    Tally,
    Unanswered,
    Unreadable,
    Verdict,
)

Row: TypeAlias = dict[str, object]

OUTCOMES = tuple(Outcome)
SIDES = (Side.FIRST, Side.TIE, Side.SECOND)
NOTHING: Row = {
    "side": 1,
    "p_first": 0.0,
    "p_tie": 0.0,
    "p_second": 0.0,
    "value": 0.0,
    "worst": 0.0,
    "best": 0.0,
}


def content_columns(value: Json) -> Row:
    """Return a record's JSON, and the hash by which a changed one is told from it."""
    return {"content_hash": content_hash("content", value), "content": to_json(value)}


def _named(name: str, value: Json) -> Row:
    """Return the content of a model; the same one under a second name is a contradiction, not the same record."""
    return {"content_hash": content_hash("named", [name, value]), "content": to_json(value)}


def result_columns(result: Result | Skipped) -> Row:
    """Return what statistics need of a result: the verdict's shares by placement, or the overall score."""
    match result:
        case Verdict(side, _, probabilities):
            first, tie, second = probabilities or tuple(float(side is one) for one in SIDES)
            shares = {"p_first": first, "p_tie": tie, "p_second": second}
            return {**NOTHING, "kind": int(Kind.VERDICT), "side": SIDES.index(side), **shares}
        case Scores(overall, _):
            scale = (
                {} if overall is None else {"value": overall.value, "worst": overall.minimum, "best": overall.maximum}
            )
            return {**NOTHING, "kind": int(Kind.SCORES), **scale}
        case Unreadable():
            return {**NOTHING, "kind": int(Kind.UNREADABLE)}
        case Unanswered() | Skipped():
            return {**NOTHING, "kind": int(Kind.UNANSWERED)}


def bank_row(bank: Bank) -> Row:
    return {"key": content_hash("bank", bank), "name": bank.name, **content_columns(plain(bank))}


def question_row(question: Question) -> Row:
    return {
        "key": question.key,
        "bank": question.bank,
        "id": question.id,
        "version": question.version,
        "ability": question.ability,
        "turns": len(question.turns),
        "refuse": question.refuses,
        **content_columns(plain(question)),
    }


def candidate_row(candidate: Candidate) -> Row:
    return {"key": candidate.key, "name": candidate.name, **_named(candidate.name, plain(candidate.model))}


def judge_row(judge: Judge) -> Row:
    content = {name: value for name, value in plain_fields(judge).items() if name != "name"}
    return {"key": judge.key, "name": judge.name, **_named(judge.name, content)}


def dialogue_row(dialogue: Dialogue, question: int, candidate: int) -> Row:
    return {
        "key": dialogue.key,
        "question": question,
        "candidate": candidate,
        "sample": dialogue.sample,
        "history": dialogue.history,
        "outcome": OUTCOMES.index(dialogue.outcome),
        "ended": dialogue.ended,
        "prompts": content_hash("prompts", [answer.prompt for answer in dialogue.answers]),
        **content_columns(plain(dialogue.answers)),
    }


def judgment_row(judgment: Judgment, question: int, judge: int, shown: list[int]) -> Row:
    content: dict[str, Json] = {
        **encode_result(judgment.result),
        "reply": judgment.reply,
        "usage": plain(judgment.usage),
        "returned_model": judgment.returned_model,
        "placement_known": None if judgment.case.placement_known else False,
    }
    return {
        "key": judgment.key,
        "question": question,
        "scope": judgment.case.scope.turn or 0,
        "judge": judge,
        "first": shown[0],
        "second": shown[1] if len(shown) > 1 else None,
        "placement_known": judgment.case.placement_known,
        "repeat": judgment.repeat,
        **result_columns(judgment.result),
        **content_columns({name: value for name, value in content.items() if value is not None}),
    }


def human_row(human: HumanVerdict, question: int, shown: list[int]) -> Row:
    content: dict[str, Json] = {
        **encode_result(human.result),
        "draw": human.draw,
        "both_bad": human.both_bad or None,
        "comment": human.comment or None,
        "probability": human.probability,
        "placement_known": None if human.case.placement_known else False,
        "deliberation": plain(human.deliberation) or None,
    }
    return {
        "key": human.key,
        "target": human.case.target,
        "question": question,
        "scope": human.case.scope.turn or 0,
        "first": shown[0],
        "second": shown[1] if len(shown) > 1 else None,
        "reviewer": human.reviewer,
        "probability": human.probability,
        "adjudicates": human.adjudicates,
        "supersedes": human.supersedes,
        **result_columns(human.result),
        **content_columns({name: value for name, value in content.items() if value is not None}),
    }


def digest(row: Mapping[str, object]) -> str:
    """Name what a row of `human_verdict` or `run` says, for its trail entry; not the reviewer, who may be purged."""
    try:
        return content_hash("row", {name: row[name] for name in row if name not in ("code", "reviewer")})
    except (TypeError, ValueError):  # such as a number that is none: no row of ours
        return ""


def tally_row(tally: Tally, candidate: int, baseline: int, judge: int) -> Row:
    counts = {"win": tally.win, "tie": tally.tie, "loss": tally.loss}
    return {
        "key": tally.key,
        "bank": tally.bank,
        "candidate": candidate,
        "baseline": baseline,
        "judge": judge,
        **counts,
        **content_columns(plain(counts)),
    }


def run_row(run: Run, created: str) -> Row:
    return {"key": run.key, "name": run.name, "kind": run.kind, "created": created, **content_columns(run.content)}


def plain_fields(value: object) -> dict[str, Json]:
    """Return a record's fields as JSON values."""
    fields = plain(value)
    assert isinstance(fields, dict)
    return fields
