"""Reading whole records, for showing and exporting."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Table, or_, select

from judge.codec import from_json, from_plain
from judge.ploys import Ploy, Suspect, Suspicion
from judge.records import (
    Answer,
    Candidate,
    Case,
    Deliberation,
    Dialogue,
    HumanVerdict,
    Judge,
    Judgment,
    Model,
    Question,
    Scope,
    Skipped,
    Tally,
    Unanswered,
    Unreadable,
    Usage,
)
from judge.store import tables
from judge.store.columns import Columns, result_of
from judge.store.rows import human_row
from judge.store.writing import chunks


@dataclass(frozen=True, slots=True)
class Item:
    """One question in full: every dialogue, judgment and human verdict on it."""

    question: Question
    dialogues: tuple[Dialogue, ...]
    judgments: tuple[Judgment, ...]
    human_verdicts: tuple[HumanVerdict, ...]


class Reading(Columns):
    """The half of the store that reads."""

    def questions(self, bank: str) -> list[Question]:
        """Return a bank's questions in the order they were stored."""
        query = select(tables.question.c.content).where(tables.question.c.bank == bank).order_by(tables.question.c.code)
        return [from_json(Question, row.content) for row in self._rows(query)]

    def dialogues(self, bank: str) -> list[Dialogue]:
        """Return a bank's dialogues in the order they were stored."""
        questions = {question.key: question for question in self.questions(bank)}
        table, question = tables.dialogue, tables.question
        query = select(table, question.c.key.label("about")).join(question).where(question.c.bank == bank)
        candidates = self._all_candidates()
        return [
            Dialogue(
                questions[row.about],
                candidates[row.candidate],
                from_json(tuple[Answer, ...], row.content),
                row.sample,
                row.history,
            )
            for row in self._rows(query.order_by(table.c.code))
        ]

    def find_questions(self, name: str) -> list[tuple[int, str, str]]:
        """Return (code, bank, id) of questions by id, by bank/id, by key or the start of a key.

        A key of a dialogue, judgment or human verdict stands for its question.
        """
        table = tables.question
        query = select(table.c.code, table.c.bank, table.c.id).order_by(table.c.code)
        found = self._rows(query.where(table.c.id == name))
        if not found and "/" in name:
            found = self._rows(query.where(table.c.bank + "/" + table.c.id == name))
        if not found and len(name) >= 6 and set(name) <= set("0123456789abcdef"):
            about = [
                select(one.c.question).where(one.c.key.startswith(name))
                for one in (tables.dialogue, tables.judgment, tables.human_verdict)
            ]
            found = self._rows(
                query.where(or_(table.c.key.startswith(name), *(table.c.code.in_(one) for one in about)))
            )
        return [(row.code, row.bank, row.id) for row in found]

    def item(self, question: int) -> Item:
        """Return one question with all that was answered, judged and said by people."""
        # What refers is read before what it refers to, so that whatever is added meanwhile leaves nothing dangling.
        judged, said = self._on(tables.judgment, question), self._on(tables.human_verdict, question)
        record, dialogues = self._answered(question)
        judgments, humans = self._judgments(judged, dialogues), self._humans(said, dialogues)
        return Item(record, tuple(dialogues.values()), tuple(judgments), tuple(humans))

    def human_verdicts(self, questions: Iterable[int]) -> Iterator[tuple[str, HumanVerdict]]:
        """Yield what people said on some questions (by code) with the keys it is stored by, which a purge leaves."""
        for question in questions:
            if said := self._on(tables.human_verdict, question):
                humans = self._humans(said, self._answered(question)[1])
                yield from zip((row.key for row in said), humans, strict=True)

    def subjects(self) -> dict[str, tuple[int, str, str]]:
        """Return (code, bank, id) of the question by its key, and by every target on it that people judged."""
        table, human = tables.question, tables.human_verdict
        found = self._rows(select(table.c.key, table.c.code, table.c.bank, table.c.id))
        named = {row.code: (row.code, row.bank, row.id) for row in found}
        judged = self._rows(select(human.c.target, human.c.question).distinct())
        return {row.key: named[row.code] for row in found} | {row.target: named[row.question] for row in judged}

    def known_humans(self, found: Sequence[HumanVerdict]) -> dict[str, str]:
        """Return the keys that some human verdicts are stored by, by their own: different where a purge came between."""
        table, shown = tables.human_verdict, tables.dialogue
        names = ("target", "reviewer", "supersedes", "adjudicates", "content_hash")
        query = select(table.c.key, *(table.c[name] for name in names), shown.c.key.label("left"))
        query = query.join(shown, table.c.first == shown.c.code)
        targets = list({one.case.target for one in found})
        stored = {
            tuple(row)[1:]: row.key
            for some in chunks(targets)
            for row in self._rows(query.where(table.c.target.in_(some)))
        }
        known = {}
        for one in found:
            row = human_row(one, 0, [0] * len(one.case.dialogues))
            said = (*(row[name] for name in names), one.case.dialogues[0].key)
            if said in stored:
                known[one.key] = stored[said]
        return known

    def _on(self, table: Table, question: int) -> Sequence[Row[Any]]:
        """Return the rows of a table that belong to a question, in order."""
        return self._rows(select(table).where(table.c.question == question).order_by(table.c.code))

    def _answered(self, question: int) -> tuple[Question, dict[int, Dialogue]]:
        """Return a question and its dialogues by code."""
        answered = self._on(tables.dialogue, question)
        content = self._rows(select(tables.question.c.content).where(tables.question.c.code == question))[0].content
        record = from_json(Question, content)
        return record, self._dialogues(answered, record)

    def suspects(self, candidates: Sequence[int], questions: Container[int]) -> list[Suspect]:
        """Return what in the answers of some candidates to some questions (both by code) seems meant for their judge."""
        found, dialogue, question = tables.suspicion, tables.dialogue, tables.question
        query = (
            select(question.c.code, question.c.id, tables.candidate.c.name, found.c.turn, found.c.ploy, found.c.excerpt)
            .join(dialogue, found.c.dialogue == dialogue.c.code)
            .join(question, dialogue.c.question == question.c.code)
            .join(tables.candidate, dialogue.c.candidate == tables.candidate.c.code)
            .where(dialogue.c.candidate.in_(candidates))
            # Never by the dialogue's code: two runs that say the same must read the same.
            .order_by(question.c.code, tables.candidate.c.name, dialogue.c.sample, found.c.turn, found.c.code)
        )
        return [
            Suspect(row.id, row.name, row.turn, Suspicion(Ploy(row.ploy), row.excerpt))
            for row in self._rows(query)
            if row.code in questions
        ]

    def items(self, bank: str) -> Iterator[Item]:
        """Yield every question of a bank in full."""
        for code in self.question_columns(bank)[0].code.tolist():
            yield self.item(code)

    def tallies(self, bank: str) -> list[Tally]:
        """Return the published counts of a bank."""
        table = tables.tally
        query = select(table).where(table.c.bank == bank).order_by(table.c.code)
        found = self._rows(query)
        candidates, judges = self._all_candidates(), self._all_judges()
        return [
            Tally(
                bank, candidates[row.candidate], candidates[row.baseline], judges[row.judge], row.win, row.tie, row.loss
            )
            for row in found
        ]

    def known_candidates(self, bank: str | None = None) -> list[Candidate]:
        """Return the candidates that answered questions of a bank, or all that there are."""
        named = None if bank is None else self.candidates(bank)
        return [one for code, one in self._all_candidates().items() if named is None or code in named]

    def known_judges(self, bank: str | None = None) -> list[Judge]:
        """Return the judges that judged questions of a bank, or all that there are."""
        named = None if bank is None else self.judges(bank)
        return [one for code, one in self._all_judges().items() if named is None or code in named]

    def _all_candidates(self) -> dict[int, Candidate]:
        return {
            row.code: Candidate(row.name, from_json(Model, row.content)) for row in self._rows(select(tables.candidate))
        }

    def _all_judges(self) -> dict[int, Judge]:
        return {
            row.code: from_plain(Judge, {"name": row.name, **json.loads(row.content)})
            for row in self._rows(select(tables.judge))
        }

    def _dialogues(self, found: Sequence[Row[Any]], question: Question) -> dict[int, Dialogue]:
        candidates = self._all_candidates()
        return {
            row.code: Dialogue(
                question,
                candidates[row.candidate],
                from_json(tuple[Answer, ...], row.content),
                row.sample,
                row.history,
            )
            for row in found
        }

    def _judgments(self, found: Sequence[Row[Any]], dialogues: Mapping[int, Dialogue]) -> Iterator[Judgment]:
        judges = self._all_judges()
        for row in found:
            content = json.loads(row.content)
            result = result_of(content)
            assert not isinstance(result, Skipped)
            yield Judgment(
                _case(row, dialogues, row.placement_known),
                judges[row.judge],
                result,
                reply=content.get("reply"),
                repeat=row.repeat,
                usage=from_plain(Usage, content["usage"]) if "usage" in content else None,
                returned_model=content.get("returned_model"),
            )

    def _humans(self, found: Sequence[Row[Any]], dialogues: Mapping[int, Dialogue]) -> Iterator[HumanVerdict]:
        for row in found:
            content = json.loads(row.content)
            result = result_of(content)
            assert not isinstance(result, Unreadable | Unanswered)
            yield HumanVerdict(
                _case(row, dialogues, content.get("placement_known", True)),
                row.reviewer,
                result,
                probability=row.probability,
                draw=content.get("draw"),
                adjudicates=row.adjudicates,
                both_bad=content.get("both_bad", False),
                supersedes=row.supersedes,
                comment=content.get("comment", ""),
                deliberation=from_plain(Deliberation, content.get("deliberation", {})),
            )


def _case(row: Row[Any], dialogues: Mapping[int, Dialogue], placement_known: bool) -> Case:
    shown = tuple(dialogues[code] for code in (row.first, row.second) if code is not None)
    return Case(shown[0].question, Scope(row.scope or None), shown, placement_known)
