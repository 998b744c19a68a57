"""The questions of a report as a light index and heavy bodies, ready for a page that opens them on demand.

All that others wrote is made safe here: bodies hold HTML from `judge.markup` alone, the index plain text.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from judge import markup
from judge.identity import Json
from judge.records import (
    Dialogue,
    HumanVerdict,
    Judgment,
    Outcome,
    Scores,
    Side,
    Skipped,
    Unanswered,
    Unreadable,
    Verdict,
)
from judge.report.document import Document, Line
from judge.report.words import Words

CHUNK = 400_000  # characters of bodies that are compressed together and opened at once
HEAD = 90  # characters of the first user turn in the index
Ploys: TypeAlias = Mapping[tuple[str, str, int], list[Json]]
LETTER = {"win": "w", "tie": "t", "loss": "l"}


@dataclass(frozen=True, slots=True)
class Contents:
    """The index as JSON, and the bodies: JSON objects by question number, deflated and written in base64."""

    index: dict[str, Json]
    chunks: tuple[str, ...]

    @property
    def size(self) -> int:
        """Characters of all bodies."""
        return sum(map(len, self.chunks))


def contents(document: Document, words: Words) -> Contents:
    """Lay out every question of a report; only one set of bodies is in memory at a time."""
    ploys = _ploys(document, words)
    suspected = {question for question, _, _ in ploys}
    rows: list[Json] = []
    chunks: list[str] = []
    waiting: dict[str, Json] = {}
    size = 0
    for number, line in enumerate(document.lines):
        rows.append({**_row(line, document, suspected), "c": len(chunks)})
        body = _body(line, document, words, ploys)
        waiting[str(number)] = body
        size += len(json.dumps(body, ensure_ascii=False))
        if size > CHUNK:
            chunks.append(_packed(waiting))
            waiting, size = {}, 0
    if waiting:
        chunks.append(_packed(waiting))
    names = [markup.visible(document.names.get(name, name)) for name in document.candidates]
    index: dict[str, Json] = {
        "candidates": list(names),
        "pairs": [list(pair) for pair in document.pairs],
        "abilities": [words.ability(name) for name in document.abilities],
        "items": rows,
    }
    return Contents(index, tuple(chunks))


def shortened(text: str, most: int) -> str:
    """Cut a text that is longer, with a mark."""
    return text if len(text) <= most else text[:most].rstrip() + "……"


def _packed(bodies: dict[str, Json]) -> str:
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    text = json.dumps(bodies, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return base64.b64encode(squeezer.compress(text) + squeezer.flush()).decode()


def _row(line: Line, document: Document, suspected: Container[str]) -> dict[str, Json]:
    """Return what the list shows of a question: one letter per pair (w, t, l or -), pairs by flag, flags of the question."""
    question = line.item.question
    abilities = {name: at for at, name in enumerate(document.abilities)}
    first = question.turns[0].prompt if question.turns else _sent(line)
    return {
        "id": markup.visible(question.id),
        "a": abilities.get(question.ability, -1),
        "s": markup.visible(question.subcategory),
        "d": question.difficulty,
        "t": len(question.turns) or max((len(one.answers) for one in line.item.dialogues), default=0),
        "p": markup.visible(shortened(" ".join(first.split()), HEAD)),
        "l": "".join(LETTER.get(label, "-") for label in line.labels),
        "h": "".join(LETTER.get(label or "", "-") for label in line.people),
        "f": _marked(line),
        "g": list(_flags(line, suspected)),
        "k": [markup.visible(tag) for tag in question.tags],
        "trap": markup.visible(question.trap) if question.trap else None,
    }


def _marked(line: Line) -> dict[str, Json]:
    """Return the pairs each flag stands on; most flags stand on none."""
    found: dict[str, Json] = {}
    for pair, flags in enumerate(line.flags):
        for flag in flags:
            on = found.setdefault(flag, [])
            assert isinstance(on, list)
            on.append(pair)
    return found


def _sent(line: Line) -> str:
    for dialogue in line.item.dialogues:
        for answer in dialogue.answers:
            if answer.prompt:
                return answer.prompt
    return ""


def _flags(line: Line, suspected: Container[str]) -> Iterator[str]:
    """Name what a reader may filter questions by, whatever the pair."""
    endings = {answer.outcome for dialogue in line.item.dialogues for answer in dialogue.answers}
    if Outcome.TRUNCATED in endings:
        yield "truncated"
    if endings & {Outcome.FILTERED_INPUT, Outcome.FILTERED_OUTPUT}:
        yield "filtered"
    if endings & {Outcome.FAILED, Outcome.EMPTY}:
        yield "no answer"
    if line.item.human_verdicts:
        yield "reviewed"
    if line.item.question.id in suspected:
        yield "suspicious"


def _body(line: Line, document: Document, words: Words, ploys: Ploys) -> dict[str, Json]:
    item, question = line.item, line.item.question
    marks = words.markup
    turns: list[Json] = [
        {
            "prompt": markup.to_html(turn.prompt, marks),
            "reference": markup.to_html(turn.reference, marks) if turn.reference else None,
            "points": [markup.visible(point) for point in turn.key_points],
            "refuse": turn.expected == "refuse",
        }
        for turn in question.turns
    ]
    return {
        "turns": turns,
        "dialogues": [_dialogue(one, document, words, ploys) for one in item.dialogues],
        "judgments": [_judgment(one, document, words) for one in item.judgments],
        "humans": [_human(one, document, words) for one in item.human_verdicts],
        "broken": [
            {
                "candidate": _at(one.candidate, document),
                "turn": one.turn,
                "fault": words[f"fault.{one.fault}"],
                "words": markup.visible(one.words),
            }
            for one in document.broken
            if one.question == question.id
        ],
    }


def _dialogue(dialogue: Dialogue, document: Document, words: Words, ploys: Ploys) -> Json:
    script = [turn.prompt for turn in dialogue.question.turns]
    answers: list[Json] = []
    for turn, answer in enumerate(dialogue.answers, 1):
        meant = script[turn - 1] if turn <= len(script) else None
        asked = answer.prompt if answer.prompt != meant else None
        answers.append(
            {
                "prompt": markup.to_html(asked, words.markup) if asked else None,
                "html": markup.to_html(answer.text, words.markup) if answer.text else "",
                "ended": words[f"outcome.{answer.outcome}"] if answer.outcome is not Outcome.OK else None,
                "ploys": ploys.get((dialogue.question.id, dialogue.candidate.name, turn), []),
            }
        )
    return {
        "candidate": _at(dialogue.candidate.name, document),
        "sample": dialogue.sample,
        "answers": answers,
    }


def _ploys(document: Document, words: Words) -> Ploys:
    """Return what seems meant for the judge, by question, candidate and turn: its kind and an excerpt."""
    found: dict[tuple[str, str, int], list[Json]] = {}
    for one in document.suspects:
        said: Json = [words[f"ploy.{one.suspicion.ploy}"], markup.visible(one.suspicion.excerpt)]
        found.setdefault((one.question, one.candidate, one.turn), []).append(said)
    return found


def _judgment(judgment: Judgment, document: Document, words: Words) -> Json:
    shown = [_at(one.candidate.name, document) for one in judgment.case.dialogues]
    return {
        "judge": markup.visible(judgment.judge.name),
        "turn": judgment.case.scope.turn,
        "sample": judgment.case.dialogues[0].sample,
        "shown": list(shown),
        "known": judgment.case.placement_known,
        "said": _said(judgment.result, judgment.case.dialogues, document, words),
        "won": _won(judgment.result, shown),
        "scores": _scores(judgment.result),
        "reply": markup.plain(judgment.reply) if judgment.reply else "",
    }


def _human(human: HumanVerdict, document: Document, words: Words) -> Json:
    shown = [_at(one.candidate.name, document) for one in human.case.dialogues]
    return {
        "reviewer": markup.visible(human.reviewer),
        "turn": human.case.scope.turn,
        "sample": human.case.dialogues[0].sample,
        "shown": list(shown),
        "said": _said(human.result, human.case.dialogues, document, words),
        "won": _won(human.result, shown),
        "scores": _scores(human.result),
        "adjudicates": human.adjudicates,
        "comment": markup.plain(human.comment) if human.comment else "",
    }


def _at(name: str, document: Document) -> int:
    return document.candidates.index(name) if name in document.candidates else -1


def _won(result: Verdict | Scores | Unreadable | Unanswered | Skipped, shown: Sequence[int]) -> int | None:
    """Return which candidate won, -1 for a tie, None where there is no verdict."""
    if not isinstance(result, Verdict):
        return None
    return -1 if result.side is Side.TIE else shown[0 if result.side is Side.FIRST else 1]


def _scores(result: object) -> list[Json]:
    """Return [name or "", value, worst, best] of each score."""
    if not isinstance(result, Scores):
        return []
    found = [("", result.overall)] if result.overall else []
    return [[markup.visible(name), one.value, one.minimum, one.maximum] for name, one in (*found, *result.dimensions)]


def _said(
    result: Verdict | Scores | Unreadable | Unanswered | Skipped,
    dialogues: Sequence[Dialogue],
    document: Document,
    words: Words,
) -> str:
    match result:
        case Verdict(side=Side.TIE):
            return words["said.tie"]
        case Verdict(side=side, strength=strength):
            name = dialogues[0 if side is Side.FIRST else 1].candidate.name
            shown = markup.visible(document.names.get(name, name))
            return words["said.much_better" if strength == 2 else "said.better"].format(name=shown)
        case Scores():
            return ""
        case Unreadable(reason):
            return words["said.unreadable"].format(reason=markup.visible(reason))
        case Unanswered(reason):
            return words["said.unanswered"].format(reason=markup.visible(reason))
        case Skipped(reason):
            return words["said.skipped"].format(reason=markup.visible(reason))
