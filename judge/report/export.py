"""Banks of a store as JSONL: what judge/importers/own.py reads back into equal records; the format is docs/formats.md."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from judge.codec import encode_result
from judge.errors import InputError, UnknownName
from judge.identity import Json, plain
from judge.records import (
    Bank,
    Candidate,
    Case,
    Dialogue,
    HumanVerdict,
    Judge,
    Judgment,
    Model,
    Question,
    Tally,
    Turn,
)
from judge.store import Store

Line = dict[str, Json]
FILES = {
    "banks": "bank.jsonl",
    "questions": "bank.jsonl",
    "dialogues": "answers.jsonl",
    "judgments": "judgments.jsonl",
    "human_verdicts": "human_verdicts.jsonl",
    "tallies": "tallies.jsonl",
}


def export_jsonl(store: Store, folder: Path, banks: Sequence[str] = ()) -> dict[str, int]:
    """Write banks (none named: all) with all that is known of them into a folder; return how many records of each kind.

    The files appear whole or not at all, and their bytes depend on the store alone. Raises UnknownName, and InputError
    where the folder cannot be written.
    """
    known = {one.bank.name: one.bank for one in store.banks()}
    for name in banks:
        if name not in known:
            raise UnknownName("题库", name, known)
    chosen = [known[name] for name in dict.fromkeys(banks or known)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".export-", dir=folder) as draft:
            counts = _write(Path(draft), _lines(store, chosen))
            for file in sorted(Path(draft).iterdir()):
                # An older export's tallies would be read along with the new files.
                if file.name != FILES["tallies"] or counts["tallies"] or (folder / file.name).exists():
                    file.replace(folder / file.name)
    except OSError as error:
        raise InputError(
            f"写不进目录（{error.strerror or error}）", where=str(folder), fix="检查权限与磁盘空间；原有的文件没有动过"
        ) from error
    return counts


def _write(folder: Path, lines: Iterator[tuple[str, Line]]) -> dict[str, int]:
    """Write lines to the file of their kind; return how many of each kind there were."""
    counts = dict.fromkeys(FILES, 0)
    with ExitStack() as stack:
        files = {
            name: stack.enter_context((folder / name).open("w", encoding="utf-8", newline="\n"))
            for name in set(FILES.values())
        }
        for kind, line in lines:
            files[FILES[kind]].write(json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n")
            counts[kind] += 1
    return counts


def _lines(store: Store, banks: Sequence[Bank]) -> Iterator[tuple[str, Line]]:
    """Yield every line with its kind; questions, and what belongs to one, in the order they were stored."""
    # Two models may go by one name; only then a line must say which of them it means.
    codes = {code: name for bank in banks for code, name in store.candidates(bank.name).items()}
    shared = {name for name, count in Counter(codes.values()).items() if count > 1}
    for bank in banks:
        yield "banks", header_line(bank)
        for item in store.items(bank.name):
            yield "questions", question_line(item.question)
            yield from (("dialogues", answers_line(one)) for one in item.dialogues)
            yield from (("judgments", judgment_line(one, shared)) for one in item.judgments)
            yield from (("human_verdicts", human_line(one, shared)) for one in item.human_verdicts)
        yield from (("tallies", tally_line(one)) for one in store.tallies(bank.name))


def header_line(bank: Bank) -> Line:
    """Return the header of a bank."""
    line: Line = {"bank": bank.name, "title": bank.title, "version": bank.version, "licence": bank.licence}
    line["abilities"] = list(bank.abilities)
    return line if bank.complete else {**line, "complete": False}


def question_line(question: Question) -> Line:
    """Return a question with all keys, in the order in which banks are written by hand."""
    before = ("id", "ability", "subcategory", "version", "difficulty", "difficulty_reason")
    line: Line = {name: getattr(question, name) for name in before}
    turns: list[Json] = [_turn(turn) for turn in question.turns]
    return {**line, "tags": list(question.tags), "trap": question.trap, "source": question.source, "turns": turns}


def _turn(turn: Turn) -> Line:
    line: Line = {
        "prompt": turn.prompt,
        "reference": turn.reference,
        "reference_kind": turn.reference_kind,
        "key_points": list(turn.key_points),
        "depends_on": list(turn.depends_on),
        "expected": turn.expected,
    }
    return line if turn.golden is None else {**line, "golden": turn.golden}


def answers_line(dialogue: Dialogue) -> Line:
    """Return what a candidate answered to a question."""
    line = _question(dialogue.question)
    line |= {"candidate": dialogue.candidate.name, "model": _model(dialogue.candidate.model)}
    line |= {"sample": dialogue.sample} if dialogue.sample else {}
    line |= {"history": dialogue.history} if dialogue.history != "own" else {}
    return {**line, "answers": plain(dialogue.answers)}


def judgment_line(judgment: Judgment, shared: set[str]) -> Line:
    """Return what one judge call gave; candidates whose name is shared stand with their model."""
    rest: Line = {
        "reply": judgment.reply,
        "repeat": judgment.repeat or None,
        "usage": plain(judgment.usage),
        "returned_model": judgment.returned_model,
    }
    return (
        _case(judgment.case, shared) | {"judge": _judge(judgment.judge)} | encode_result(judgment.result) | _said(rest)
    )


def human_line(human: HumanVerdict, shared: set[str]) -> Line:
    """Return what a person said; candidates whose name is shared stand with their model."""
    rest: Line = {
        "probability": plain(human.probability),
        "draw": human.draw,
        "adjudicates": human.adjudicates or None,
        "both_bad": human.both_bad or None,
        "supersedes": human.supersedes,
        "comment": human.comment or None,
        "deliberation": plain(human.deliberation) or None,
    }
    return _case(human.case, shared) | {"reviewer": human.reviewer} | encode_result(human.result) | _said(rest)


def tally_line(tally: Tally) -> Line:
    """Return published counts."""
    return {
        "bank": tally.bank,
        "candidate": _candidate(tally.candidate),
        "baseline": _candidate(tally.baseline),
        "judge": _judge(tally.judge),
        "tally": {"win": tally.win, "tie": tally.tie, "loss": tally.loss},
    }


def _question(question: Question) -> Line:
    return {"bank": question.bank, "question": question.id, "version": question.version}


def _case(case: Case, shared: set[str]) -> Line:
    shown = [one.candidate for one in case.dialogues]
    candidates: list[Json] = [_candidate(one) if one.name in shared else one.name for one in shown]
    samples: list[Json] = [one.sample for one in case.dialogues]
    histories: list[Json] = [one.history for one in case.dialogues]
    line = _question(case.question)
    line |= {"scope": case.scope.turn or "dialogue", "candidates": candidates}
    line |= {"samples": samples} if any(samples) else {}
    line |= {"histories": histories} if "golden" in histories else {}
    return line if case.placement_known else {**line, "placement_known": False}


def _candidate(candidate: Candidate) -> Line:
    return {"name": candidate.name, "model": _model(candidate.model)}


def _judge(judge: Judge) -> Line:
    line = plain(judge)
    assert isinstance(line, dict)
    return {**line, "model": _model(judge.model)}


def _model(model: Model) -> Line:
    line = plain(model)
    assert isinstance(line, dict)
    return line | ({"parameters": {name: plain(value) for name, value in model.parameters}} if model.parameters else {})


def _said(rest: Line) -> Line:
    """Leave out what is not known."""
    return {name: value for name, value in rest.items() if value is not None}
