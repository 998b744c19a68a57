"""An item as a person sees it before the vote: laid out, names masked, nothing that tells who answered or what a judge said."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

from judge import markup
from judge.identity import Json
from judge.masking import Masked, mask
from judge.records import Dialogue, Dimension, Outcome, Question, Rubric
from judge.review.draws import Scale

SIDES = ("left", "right")
KEPT, LONG = 2048, 10_000  # texts laid out and kept, and the characters beyond which one is not
GIVEN = (Outcome.OK, Outcome.TRUNCATED)


@dataclass(frozen=True, slots=True)
class Shown:
    """An item laid out, and in how many places it names who answered."""

    content: dict[str, Json]
    masked: int


def shown(
    question: Question,
    dialogues: Sequence[Dialogue],
    scope: int,
    rubric: Rubric,
    scale: Scale | None,
    names: Collection[str] = (),
    *,
    unmasked: bool = False,
) -> Shown:
    """Lay out a question with one answer or two, left first, up to turn `scope` (0: all).

    Of an answer that belongs to another question nothing else is shown: it is to look like all others.
    """
    own = [one for one in dialogues if one.question.key == question.key]
    last = scope or max([len(question.turns), *(len(one.answers) for one in own)])
    sides = [_answers(dialogue, names, unmasked, last) for dialogue in dialogues]
    masked = sum(count for _, count in sides)
    turns: list[Json] = [_turn(question, own, [answers for answers, _ in sides], at) for at in range(last)]
    content: dict[str, Json] = {
        "ability": question.ability,
        "scope": scope,
        "turns": turns,
        "masked": masked,
        "scale": None if scale is None else [min(scale), max(scale)],
        "dimensions": [_dimension(one) for one in rubric.dimensions],
    }
    return Shown(content, masked)


def _turn(question: Question, dialogues: Sequence[Dialogue], sides: Sequence[Sequence[Json]], at: int) -> Json:
    """Lay out one turn; the user turn as it was sent, where the two differ both of them."""
    asked = [one.answers[at].prompt for one in dialogues if at < len(one.answers) and one.answers[at].prompt]
    scripted = [question.turns[at].prompt] if at < len(question.turns) else []
    turn: dict[str, Json] = {"asked": [_text(one) for one in dict.fromkeys([*asked] or scripted) if one is not None]}
    for side, answers in zip(SIDES, sides, strict=False):
        turn[side] = answers[at] if at < len(answers) else None
    if at < len(question.turns):
        script = question.turns[at]
        turn["reference"] = _text(script.reference) if script.reference else None
        turn["points"] = list(script.key_points)
        turn["expected"] = script.expected
    return turn


def _answers(dialogue: Dialogue, names: Collection[str], unmasked: bool, last: int) -> tuple[list[Json], int]:
    """Lay out the answers of one side, and count what names who it is."""
    found: list[Json] = []
    count = 0
    for answer in dialogue.answers[:last]:
        hidden = _hidden(answer.text, frozenset(names))
        count += hidden.count
        text = answer.text if unmasked else hidden.text
        found.append({**_text(text), "outcome": None if answer.outcome is Outcome.OK else str(answer.outcome)})
    return found, count


def _hidden(text: str, names: frozenset[str]) -> Masked:
    return mask(text, names) if len(text) > LONG else _usual_hidden(text, names)


def _text(text: str) -> dict[str, Json]:
    html, plain = _laid(text) if len(text) > LONG else _usual_laid(text)
    return {"html": html, "text": plain}


def _laid(text: str) -> tuple[str, str]:
    return markup.to_html(text), markup.visible(text[: markup.LIMIT])


# An answer stands in as many items as there are others to compare it with: laying it out is most of what an item costs.
_usual_hidden, _usual_laid = lru_cache(KEPT)(mask), lru_cache(KEPT)(_laid)


def _dimension(one: Dimension) -> Json:
    return {"name": one.name, "meaning": one.meaning, "weight": one.weight, "bands": [list(band) for band in one.bands]}
