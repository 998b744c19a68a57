"""Null controls: answers whose standing is known beforehand, judged like any other to see what a score is worth. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from judge.records import Answer, Candidate, Dialogue, Model, Outcome

PREFIX = "control:"
SELF, EMPTY, COPY = "self", "empty", "copy"
QUESTIONS = 20  # judged against controls, evenly over abilities: enough to see a judge that is blind
EXPECTED = {SELF: 50.0, EMPTY: 0.0, COPY: 0.0}  # win plus half a tie against the baseline
SLACK = {SELF: 10.0, EMPTY: 10.0, COPY: 15.0}  # points beyond which a control says something is wrong


@dataclass(frozen=True, slots=True)
class Control:
    """One kind of control and the baseline it belongs to."""

    kind: str
    baseline: str


def control_of(name: str) -> Control | None:
    """Read a candidate's name as that of a control; None where it is none."""
    if not name.startswith(PREFIX):
        return None
    kind, _, baseline = name.removeprefix(PREFIX).partition("/")
    return Control(kind, baseline) if kind in EXPECTED else None


def is_control(name: str) -> bool:
    """Tell whether a candidate is a control."""
    return control_of(name) is not None


def controls(baseline: Candidate) -> dict[str, Candidate]:
    """Return the controls of a baseline, by kind."""
    return {
        kind: Candidate(f"{PREFIX}{kind}/{baseline.name}", Model("control", kind, revision=baseline.key))
        for kind in EXPECTED
    }


def control_dialogues(dialogues: Iterable[Dialogue]) -> list[Dialogue]:
    """Return what each control says to the questions that a baseline answered in full.

    self: the baseline's own answers again. empty: blank text that a judge is shown all the same. copy: the user's words back.
    """
    found = []
    for dialogue in dialogues:
        if dialogue.ended or not dialogue.answers:
            continue
        published = all(answer.prompt for answer in dialogue.answers)
        for kind, candidate in controls(dialogue.candidate).items():
            if kind == COPY and not published:
                continue  # what the user said is not known
            answers = tuple(_said(kind, answer) for answer in dialogue.answers)
            found.append(replace(dialogue, candidate=candidate, answers=answers))
    return found


def _said(kind: str, answer: Answer) -> Answer:
    if kind == SELF:
        return answer
    text = (answer.prompt or "") if kind == COPY else " "
    return Answer(answer.prompt, text, Outcome.OK)


def without_controls(names: dict[int, str]) -> list[int]:
    """Return the codes of candidates that are no controls."""
    return [code for code, name in names.items() if not is_control(name)]


def of_baseline(names: Sequence[str], baseline: str) -> list[str]:
    """Return the names of the controls that belong to a baseline."""
    return [name for name in names if (found := control_of(name)) is not None and found.baseline == baseline]
