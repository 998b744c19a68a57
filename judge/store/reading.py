"""Reading: columns of codes for statistics, whole records for showing and exporting."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Engine, Row, Select, Table, func, or_, select
from sqlalchemy.exc import DBAPIError

from judge.codec import RESULTS, decode_result, from_json, from_plain
from judge.columns import DialogueColumns, JudgmentColumns, Kind, QuestionColumns
from judge.errors import StoreError
from judge.records import (
    Answer,
    Bank,
    Candidate,
    Case,
    Dialogue,
    HumanVerdict,
    Judge,
    Judgment,
    Model,
    Question,
    Run,
    Scope,
    Scores,
    Skipped,
    Tally,
    Unanswered,
    Unreadable,
    Usage,
    Verdict,
)
from judge.store import tables


@dataclass(frozen=True, slots=True)
class BankSummary:
    """A bank as it stands in the store: what is known of it, and how many records belong to it."""

    bank: Bank
    questions: int
    turns: int
    dialogues: int
    judgments: int
    human_verdicts: int
    tallies: int


@dataclass(frozen=True, slots=True)
class Item:
    """One question in full: every dialogue, judgment and human verdict on it."""

    question: Question
    dialogues: tuple[Dialogue, ...]
    judgments: tuple[Judgment, ...]
    human_verdicts: tuple[HumanVerdict, ...]


class Reading:
    """The half of the store that reads."""

    engine: Engine
    where: str

    def _rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        try:
            with self.engine.connect() as connection:
                return connection.execute(query).all()
        except DBAPIError as error:
            raise StoreError(
                f"读不了库（{error.orig}）", where=self.where, fix="文件可能已损坏：从备份恢复，或重新导入到新的库"
            ) from error

    # ── names ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def candidates(self, bank: str | None = None) -> dict[int, str]:
        """Return the names of candidates by code, of one bank or of all."""
        table = tables.candidate
        query = select(table.c.code, table.c.name).order_by(table.c.code)
        if bank is not None:
            answered = select(tables.dialogue.c.candidate).join(tables.question).where(tables.question.c.bank == bank)
            counted = select(tables.tally.c.candidate).where(tables.tally.c.bank == bank)
            query = query.where(or_(table.c.code.in_(answered), table.c.code.in_(counted)))
        return {row.code: row.name for row in self._rows(query)}

    def judges(self, bank: str | None = None) -> dict[int, str]:
        """Return the names of judges by code, of one bank or of all."""
        table = tables.judge
        query = select(table.c.code, table.c.name).order_by(table.c.code)
        if bank is not None:
            said = select(tables.judgment.c.judge).join(tables.question).where(tables.question.c.bank == bank)
            counted = select(tables.tally.c.judge).where(tables.tally.c.bank == bank)
            query = query.where(or_(table.c.code.in_(said), table.c.code.in_(counted)))
        return {row.code: row.name for row in self._rows(query)}

    def question_columns(self, bank: str) -> tuple[QuestionColumns, tuple[str, ...]]:
        """Return a bank's questions as codes, and the abilities' names in the order they first occur."""
        table = tables.question
        query = (
            select(table.c.code, table.c.ability, table.c.turns, table.c.refuse)
            .where(table.c.bank == bank)
            .order_by(table.c.code)
        )
        codes, names, turns, refuse = _transposed(self._rows(query), 4)
        abilities = tuple(dict.fromkeys(names))
        positions = np.array([abilities.index(name) for name in names], np.int64)
        columns = QuestionColumns(
            np.array(codes, np.int64), positions, np.array(turns, np.int64), np.array(refuse, bool)
        )
        return columns, abilities

    def banks(self) -> list[BankSummary]:
        """Return every bank with what belongs to it."""
        question = tables.question
        counts = {
            name: dict(map(tuple, self._rows(query.group_by(bank))))
            for name, query, bank in (
                ("questions", select(question.c.bank, func.count()), question.c.bank),
                ("turns", select(question.c.bank, func.sum(question.c.turns)), question.c.bank),
                ("dialogues", _per_bank(tables.dialogue), question.c.bank),
                ("judgments", _per_bank(tables.judgment), question.c.bank),
                ("human_verdicts", _per_bank(tables.human_verdict), question.c.bank),
                ("tallies", select(tables.tally.c.bank, func.count()), tables.tally.c.bank),
            )
        }
        described = {row.name: from_json(Bank, row.content) for row in self._rows(select(tables.bank))}
        names = sorted({*described, *counts["questions"], *counts["tallies"]})
        return [
            BankSummary(
                described.get(name, Bank(name)),
                **{kind: int(count.get(name, 0)) for kind, count in counts.items()},
            )
            for name in names
        ]

    def bank(self, name: str) -> Bank:
        """Return what is known of one bank."""
        found = self._rows(select(tables.bank.c.content).where(tables.bank.c.name == name))
        return from_json(Bank, found[0].content) if found else Bank(name)

    def runs(self) -> list[tuple[Run, str]]:
        """Return runs with their time (UTC), oldest first."""
        query = select(tables.run).order_by(tables.run.c.code)
        return [(Run(row.name, row.kind, json.loads(row.content)), row.created) for row in self._rows(query)]

    # ── columns ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def dialogue_columns(self, bank: str, candidates: Sequence[int] = ()) -> DialogueColumns:
        """Return a bank's dialogues as codes, of some candidates or of all."""
        table = tables.dialogue
        query = (
            select(
                *(table.c[name] for name in ("code", "question", "candidate", "sample", "outcome", "ended", "prompts"))
            )
            .join(tables.question)
            .where(tables.question.c.bank == bank)
            .order_by(table.c.code)
        )
        if candidates:
            query = query.where(table.c.candidate.in_(candidates))
        *codes, prompts = _transposed(self._rows(query), 7)
        hashes = [int(one[:15], 16) for one in prompts]  # 60 bits: as good as the whole to tell texts apart
        return DialogueColumns(*(np.array(column, np.int64) for column in [*codes, hashes]))

    def judgment_columns(self, bank: str, judge: int) -> JudgmentColumns:
        """Return what one judge said on a bank, as codes."""
        table = tables.judgment
        extra = (table.c.judge, table.c.repeat, table.c.placement_known)
        return self._columns(table, extra, table.c.judge == judge, bank)

    def human_columns(self, bank: str) -> JudgmentColumns:
        """Return what people said on a bank, as codes: the reviewer stands as the repeat, one vote each.

        Superseded verdicts are left out; where an item was adjudicated, only the adjudication stands.
        """
        table = tables.human_verdict
        extra = (func.dense_rank().over(order_by=table.c.reviewer).label("judge"), table.c.code, table.c.adjudicates)
        found = self._columns(table, extra, _standing(), bank)
        # People's sides are not placements to be averaged: every reviewer is one vote of the one judge "people".
        one = np.zeros(len(found), np.int64)
        return JudgmentColumns(
            **{
                **{name: getattr(found, name) for name in found.__dataclass_fields__},
                "repeat": found.judge,
                "judge": one,
                "placement_known": one.astype(bool),
            }
        )

    def _columns(
        self, table: Table, extra: tuple[ColumnElement[Any], ...], where: ColumnElement[bool], bank: str
    ) -> JudgmentColumns:
        first, second = tables.dialogue.alias("shown_first"), tables.dialogue.alias("shown_second")
        result = (table.c.side, table.c.p_first, table.c.p_tie, table.c.p_second)
        query = (
            select(
                table.c.question,
                table.c.scope,
                *extra,
                table.c.kind,
                first.c.candidate,
                first.c.sample,
                func.coalesce(second.c.candidate, 0),
                func.coalesce(second.c.sample, 0),
                *result,
                table.c.value,
                table.c.worst,
                table.c.best,
            )
            .join(first, table.c.first == first.c.code)
            .outerjoin(second, table.c.second == second.c.code)
            .join(tables.question, table.c.question == tables.question.c.code)
            .where(tables.question.c.bank == bank, where)
            .order_by(table.c.code)
        )
        columns = _transposed(self._rows(query), 17)
        codes = [np.array(column, np.int64) for column in columns[:11]]
        reals = [np.array(column, np.float64) for column in columns[11:]]
        return JudgmentColumns(
            question=codes[0],
            scope=codes[1],
            judge=codes[2],
            repeat=codes[3],
            placement_known=codes[4].astype(bool),
            kind=codes[5],
            first=codes[6],
            first_sample=codes[7],
            second=codes[8],
            second_sample=codes[9],
            side=codes[10],
            shares=np.stack(reals[:3], axis=1),
            value=reals[3],
            worst=reals[4],
            best=reals[5],
        )

    def dimension_scores(self, bank: str, judge: int | None) -> list[tuple[int, int, int, Scores]]:
        """Return (candidate, question, scope, scores) of every score by a judge, or by people (None) as it stands."""
        table = tables.human_verdict if judge is None else tables.judgment
        query = (
            select(tables.dialogue.c.candidate, table.c.question, table.c.scope, table.c.content)
            .join(tables.dialogue, table.c.first == tables.dialogue.c.code)
            .join(tables.question, table.c.question == tables.question.c.code)
            .where(tables.question.c.bank == bank, table.c.second.is_(None), table.c.kind == int(Kind.SCORES))
            .order_by(table.c.code)
        )
        query = query.where(_standing() if judge is None else tables.judgment.c.judge == judge)
        found = []
        for row in self._rows(query):
            result = _result(json.loads(row.content))
            assert isinstance(result, Scores)
            found.append((row.candidate, row.question, row.scope, result))
        return found

    # ── records ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def questions(self, bank: str) -> list[Question]:
        """Return a bank's questions in the order they were stored."""
        query = select(tables.question.c.content).where(tables.question.c.bank == bank).order_by(tables.question.c.code)
        return [from_json(Question, row.content) for row in self._rows(query)]

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
        judged, said, answered = (
            self._rows(select(table).where(table.c.question == question).order_by(table.c.code))
            for table in (tables.judgment, tables.human_verdict, tables.dialogue)
        )
        content = self._rows(select(tables.question.c.content).where(tables.question.c.code == question))[0].content
        record = from_json(Question, content)
        dialogues = self._dialogues(answered, record)
        judgments, humans = self._judgments(judged, dialogues), self._humans(said, dialogues)
        return Item(record, tuple(dialogues.values()), tuple(judgments), tuple(humans))

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
            result = _result(content)
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
            result = _result(content)
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
            )


def _standing() -> ColumnElement[bool]:
    """Tell which human verdicts stand: not superseded, and on an adjudicated target only the adjudication."""
    table = tables.human_verdict
    later = select(table.c.supersedes).where(table.c.supersedes.is_not(None))
    stands = table.c.key.not_in(later)
    # Who only passed the item on has not settled it.
    settles = stands & table.c.adjudicates & (table.c.kind != int(Kind.UNANSWERED))
    return stands & (table.c.adjudicates | table.c.target.not_in(select(table.c.target).where(settles)))


def _per_bank(table: Table) -> Select[Any]:
    question = tables.question
    return select(question.c.bank, func.count()).select_from(table.join(question, table.c.question == question.c.code))


def _transposed(found: Sequence[Row[Any]], width: int) -> list[tuple[Any, ...]]:
    return list(zip(*found, strict=True)) if found else [()] * width


def _result(content: dict[str, Any]) -> Verdict | Scores | Unreadable | Unanswered | Skipped:
    return decode_result({name: value for name, value in content.items() if name in RESULTS})


def _case(row: Row[Any], dialogues: Mapping[int, Dialogue], placement_known: bool) -> Case:
    shown = tuple(dialogues[code] for code in (row.first, row.second) if code is not None)
    return Case(shown[0].question, Scope(row.scope or None), shown, placement_known)
