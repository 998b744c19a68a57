"""Reading for statistics: names by code, and columns of codes."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, Table, func, or_, select
from sqlalchemy.exc import DBAPIError

from judge.codec import RESULTS, decode_result, from_json
from judge.columns import DialogueColumns, JudgmentColumns, Kind, QuestionColumns
from judge.errors import StoreError
from judge.records import (
    Bank,
    HumanVerdict,
    Run,
    Scores,
    Skipped,
    Unanswered,
    Unreadable,
    Verdict,
)
from judge.store import rows, tables


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
class Standing:
    """A reviewer's verdict that stands: its key, and what it says as the store keeps it."""

    key: str
    content: str

    def says(self, other: HumanVerdict) -> bool:
        """Tell whether another verdict says the same."""
        return bool(rows.human_row(other, 0, [0, 0])["content"] == self.content)


def _draw(content: str) -> str:
    return str(json.loads(content).get("draw") or "")


class Columns:
    """What statistics read of a store."""

    engine: Engine
    where: str
    _still: Connection | None = None

    def _rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        with self._connected() as connection:
            return connection.execute(query).all()

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """Yield a connection to read by; raises StoreError where it or what is done with it fails."""
        try:
            if self._still is not None:
                yield self._still
                return
            with self.engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            raise StoreError(
                f"读不了库（{error.orig}）", where=self.where, fix="文件可能已损坏：从备份恢复，或重新导入到新的库"
            ) from error

    @contextmanager
    def at_once(self) -> Iterator[Self]:
        """Yield this store as it stands at one moment, whatever is added meanwhile; to be read, by one thread."""
        if self._still is not None:
            yield self
            return
        with self._connected() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            still = copy(self)
            still._still = connection
            yield still

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
        wanted = (table.c[name] for name in ("code", "id", "version", "ability", "turns", "refuse"))
        query = select(*wanted).where(table.c.bank == bank).order_by(table.c.code)
        codes, ids, versions, names, turns, refuse = _transposed(self._rows(query), 6)
        abilities = tuple(dict.fromkeys(names))
        ability, identity = ({name: at for at, name in enumerate(dict.fromkeys(of))} for of in (names, ids))
        columns = QuestionColumns(
            code=np.array(codes, np.int64),
            identity=np.array([identity[one] for one in ids], np.int64),
            version=np.array(versions, np.int64),
            ability=np.array([ability[name] for name in names], np.int64),
            turns=np.array(turns, np.int64),
            refuse=np.array(refuse, bool),
        )
        return columns, abilities

    def question_codes(self, bank: str) -> dict[str, int]:
        """Return the codes of a bank's questions by key."""
        table = tables.question
        query = select(table.c.key, table.c.code).where(table.c.bank == bank).order_by(table.c.code)
        return {row.key: row.code for row in self._rows(query)}

    def struck(self, bank: str) -> dict[str, tuple[str, str]]:
        """Return the questions (by key) of a bank that people took out of the scores: id and reason of each."""
        table, question = tables.trail, tables.question
        query = (
            select(table.c.event, table.c.subject, table.c.content, question.c.id)
            .join(question, table.c.subject == question.c.key)
            .where(table.c.event.in_(("invalid", "valid")), question.c.bank == bank)
            .order_by(table.c.number)
        )
        last = {row.subject: row for row in self._rows(query)}
        struck = {key: row for key, row in last.items() if row.event == "invalid"}
        return {key: (row.id, str(json.loads(row.content)["reason"])) for key, row in struck.items()}

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
        # A header that was changed stands beside the earlier one; the latest counts.
        rows = self._rows(select(tables.bank).order_by(tables.bank.c.code))
        described = {row.name: from_json(Bank, row.content) for row in rows}
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
        query = select(tables.bank.c.content).where(tables.bank.c.name == name).order_by(tables.bank.c.code)
        found = self._rows(query)
        return from_json(Bank, found[-1].content) if found else Bank(name)

    def runs(self) -> list[tuple[Run, str]]:
        """Return runs with their time (UTC), oldest first."""
        query = select(tables.run).order_by(tables.run.c.code)
        return [(Run(row.name, row.kind, json.loads(row.content)), row.created) for row in self._rows(query)]

    # ── columns ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def dialogue_columns(self, bank: str, candidates: Sequence[int] = (), history: str = "own") -> DialogueColumns:
        """Return a bank's dialogues with one kind of history as codes, of some candidates or of all."""
        table = tables.dialogue
        query = (
            select(
                *(table.c[name] for name in ("code", "question", "candidate", "sample", "outcome", "ended", "prompts"))
            )
            .join(tables.question)
            .where(tables.question.c.bank == bank, table.c.history == history)
            .order_by(table.c.code)
        )
        if candidates:
            query = query.where(table.c.candidate.in_(candidates))
        *codes, prompts = _transposed(self._rows(query), 7)
        hashes = [int(one[:15], 16) for one in prompts]  # 60 bits: as good as the whole to tell texts apart
        return DialogueColumns(*(np.array(column, np.int64) for column in [*codes, hashes]))

    def judgment_columns(self, bank: str, judge: int, history: str = "own") -> JudgmentColumns:
        """Return what one judge said on a bank's dialogues with one kind of history, as codes."""
        table = tables.judgment
        extra = (table.c.judge, table.c.repeat, table.c.placement_known)
        return self._columns(table, extra, table.c.judge == judge, bank, history)

    def human_columns(self, bank: str, history: str = "own") -> JudgmentColumns:
        """Return what people said on a bank, as codes: the reviewer stands as the repeat, one vote each.

        Of each reviewer the latest verdict on a target counts, superseded ones are left out; where an item was adjudicated,
        only the adjudication stands.
        """
        table = tables.human_verdict
        extra = (func.dense_rank().over(order_by=table.c.reviewer).label("judge"), table.c.code, table.c.adjudicates)
        found = self._columns(table, extra, _standing(), bank, history)
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

    def human_draws(self, bank: str, history: str = "own") -> list[list[tuple[float, str]]]:
        """Return of every row of `human_columns` in which draws its item was, with which chance: its own first; often none.

        An item keeps the chances of its draws when it is adjudicated, judged again by choice, or for another draw.
        """
        table, shown = tables.human_verdict, tables.dialogue
        query = (
            select(table.c.target, table.c.probability, table.c.content, _standing().label("stands"))
            .join(shown, table.c.first == shown.c.code)
            .join(tables.question, table.c.question == tables.question.c.code)
            .where(tables.question.c.bank == bank, shown.c.history == history)
            .order_by(table.c.code)
        )
        found = self._rows(query)
        drawn: dict[str, dict[tuple[float, str], None]] = {}
        for row in found:
            if row.probability is not None:
                drawn.setdefault(row.target, {})[row.probability, _draw(row.content)] = None
        return [
            sorted(drawn.get(row.target, ()), key=lambda one: one != (row.probability, _draw(row.content)))
            for row in found
            if row.stands
        ]

    def standing_verdicts(self, reviewers: Collection[str]) -> dict[tuple[str, str], Standing]:
        """Return what some reviewers' own verdicts say that stand, by target and reviewer, adjudicated items included."""
        table = tables.human_verdict
        later = select(table.c.supersedes).where(table.c.supersedes.is_not(None))
        query = select(table.c.target, table.c.reviewer, table.c.key, table.c.content).order_by(table.c.code)
        found = self._rows(query.where(table.c.reviewer.in_(list(reviewers)), table.c.key.not_in(later)))
        return {(row.target, row.reviewer): Standing(row.key, row.content) for row in found}

    def dialogue_keys(self, bank: str, history: str = "own") -> dict[str, tuple[int, int, int]]:
        """Return (question, candidate, sample) of a bank's dialogues by key."""
        table = tables.dialogue
        query = (
            select(table.c.key, table.c.question, table.c.candidate, table.c.sample)
            .join(tables.question)
            .where(tables.question.c.bank == bank, table.c.history == history)
        )
        return {row.key: (row.question, row.candidate, row.sample) for row in self._rows(query)}

    def candidate_keys(self) -> dict[int, str]:
        """Return the keys of all candidates by code."""
        return {row.code: row.key for row in self._rows(select(tables.candidate.c.code, tables.candidate.c.key))}

    def suspicious(self, bank: str, candidates: Sequence[int], history: str = "own") -> set[tuple[int, int, int]]:
        """Return (question, candidate, sample) of the answers in which something seems meant for their judge."""
        dialogue = tables.dialogue
        query = (
            select(dialogue.c.question, dialogue.c.candidate, dialogue.c.sample)
            .join(tables.suspicion, tables.suspicion.c.dialogue == dialogue.c.code)
            .join(tables.question, dialogue.c.question == tables.question.c.code)
            .where(tables.question.c.bank == bank, dialogue.c.candidate.in_(candidates))
            .where(dialogue.c.history == history)
        )
        return {(row.question, row.candidate, row.sample) for row in self._rows(query)}

    def humans_sampled(self, bank: str) -> bool:
        """Tell whether people judged something whose chance to be drawn is known."""
        table = tables.human_verdict
        query = select(table.c.code).join(tables.question).where(tables.question.c.bank == bank)
        return bool(self._rows(query.where(table.c.probability.is_not(None)).limit(1)))

    def humans_drawn(self, bank: str) -> bool:
        """Tell whether people judged what was drawn for them (or everything), rather than what they chose."""
        table = tables.human_verdict
        query = select(func.count()).select_from(table).join(tables.question).where(tables.question.c.bank == bank)
        return not self._rows(query.where(table.c.probability.is_(None)))[0][0]

    def _columns(
        self, table: Table, extra: tuple[ColumnElement[Any], ...], where: ColumnElement[bool], bank: str, history: str
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
            .where(tables.question.c.bank == bank, first.c.history == history, where)
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

    def answer_texts(
        self, bank: str, candidates: Sequence[int] = (), history: str = "own"
    ) -> Iterator[tuple[int, int, int, tuple[str, ...]]]:
        """Yield (question, candidate, sample, texts by turn) of a bank's dialogues, of some candidates or of all."""
        table = tables.dialogue
        query = (
            select(table.c.question, table.c.candidate, table.c.sample, table.c.content)
            .join(tables.question)
            .where(tables.question.c.bank == bank, table.c.history == history)
            .order_by(table.c.code)
        )
        if candidates:
            query = query.where(table.c.candidate.in_(candidates))
        for row in self._rows(query):
            texts = tuple(answer.get("text", "") for answer in json.loads(row.content))
            yield row.question, row.candidate, row.sample, texts

    def dimension_scores(
        self, bank: str, judge: int | None, history: str = "own"
    ) -> list[tuple[int, int, int, Scores]]:
        """Return (candidate, question, scope, scores) of every score by a judge, or by people (None) as it stands."""
        table = tables.human_verdict if judge is None else tables.judgment
        query = (
            select(tables.dialogue.c.candidate, table.c.question, table.c.scope, table.c.content)
            .join(tables.dialogue, table.c.first == tables.dialogue.c.code)
            .join(tables.question, table.c.question == tables.question.c.code)
            .where(tables.question.c.bank == bank, table.c.second.is_(None), table.c.kind == int(Kind.SCORES))
            .order_by(table.c.code)
        )
        query = query.where(tables.dialogue.c.history == history)
        query = query.where(_standing() if judge is None else tables.judgment.c.judge == judge)
        found = []
        for row in self._rows(query):
            result = result_of(json.loads(row.content))
            assert isinstance(result, Scores)
            found.append((row.candidate, row.question, row.scope, result))
        return found


def _standing() -> ColumnElement[bool]:
    """Tell which human verdicts stand: each reviewer's latest on a target, not superseded, and only the adjudication if any."""
    table = tables.human_verdict
    later = select(table.c.supersedes).where(table.c.supersedes.is_not(None))
    kept = table.c.key.not_in(later)
    latest = select(func.max(table.c.code)).where(kept).group_by(table.c.target, table.c.reviewer)
    stands = kept & table.c.code.in_(latest)
    # Who only passed the item on has not settled it.
    settles = stands & table.c.adjudicates & (table.c.kind != int(Kind.UNANSWERED))
    return stands & (table.c.adjudicates | table.c.target.not_in(select(table.c.target).where(settles)))


def _per_bank(table: Table) -> Select[Any]:
    question = tables.question
    return select(question.c.bank, func.count()).select_from(table.join(question, table.c.question == question.c.code))


def _transposed(found: Sequence[Row[Any]], width: int) -> list[tuple[Any, ...]]:
    return list(zip(*found, strict=True)) if found else [()] * width


def result_of(content: dict[str, Any]) -> Verdict | Scores | Unreadable | Unanswered | Skipped:
    return decode_result({name: value for name, value in content.items() if name in RESULTS})
