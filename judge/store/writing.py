"""Adding records: one transaction, all or nothing; what is known already is left alone, what contradicts it is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Protocol, TypeAlias, TypeVar

from sqlalchemy import Connection, Engine, Table, func, insert, select
from sqlalchemy.exc import DBAPIError

from judge.errors import InputError, StoreError
from judge.ploys import suspicious
from judge.records import Bank, Case, Dialogue, HumanVerdict, Judgment, Question, Run, Tally
from judge.store import rows, tables, trailing
from judge.store.turns import Turns
from judge.trail import Happening

CHUNK = 500  # keys in one query: below every database's limit on parameters


class Keyed(Protocol):
    """A record with a content key."""

    @property
    def key(self) -> str: ...


Record = TypeVar("Record", bound=Keyed)
Said: TypeAlias = tuple[Sequence[HumanVerdict], Sequence[Happening]]


@dataclass(frozen=True, slots=True)
class Added:
    """How many records of each kind were new, and how many were known already."""

    new: Mapping[str, int]
    known: Mapping[str, int]


class Writing:
    """The half of the store that appends."""

    def __init__(self, engine: Engine, where: str, writable: bool) -> None:
        self.engine = engine
        self.where = where
        self.writable = writable
        self._turn = Lock()
        self._said = Turns(self._append_said)

    def add(
        self,
        *,
        banks: Sequence[Bank] = (),
        questions: Sequence[Question] = (),
        dialogues: Sequence[Dialogue] = (),
        judgments: Sequence[Judgment] = (),
        human_verdicts: Sequence[HumanVerdict] = (),
        tallies: Sequence[Tally] = (),
        run: Run | None = None,
        who: str = "judge",
    ) -> Added:
        """Append records and all they refer to in one transaction; `who` drew the items, where the run is a draw.

        Raises InputError where a record contradicts the stored one of the same key, StoreError where writing fails;
        in both cases nothing was written.
        """
        cases = [*(judgment.case for judgment in judgments), *(human.case for human in human_verdicts)]
        dialogues = _distinct([*dialogues, *(dialogue for case in cases for dialogue in case.dialogues)])
        asked = (question for case in cases for question in [case.question])
        questions = _distinct([*questions, *(dialogue.question for dialogue in dialogues), *asked])
        counted = [candidate for tally in tallies for candidate in (tally.baseline, tally.candidate)]
        candidates = _distinct([*(dialogue.candidate for dialogue in dialogues), *counted])
        judges = _distinct([*(judgment.judge for judgment in judgments), *(tally.judge for tally in tallies)])

        with self._writing() as connection:
            append = Append(connection)
            append(tables.bank, [rows.bank_row(bank) for bank in banks], lambda row: f"题库 {row['name']}")
            append(tables.question, [rows.question_row(question) for question in questions], _question_name)
            append(tables.candidate, [rows.candidate_row(candidate) for candidate in candidates], model_name)
            append(tables.judge, [rows.judge_row(judge) for judge in judges], model_name)
            append.all_dialogues(dialogues)
            append.all_judgments(judgments)
            append.all_humans(human_verdicts)
            append.all_tallies(tallies)
            if run is not None:
                append.run(run, who)
        return Added(append.new, append.known)

    def append_humans(self, human_verdicts: Sequence[HumanVerdict], also: Sequence[Happening] = ()) -> None:
        """Append what people said on dialogues that are stored already, and what else happened, in one transaction."""
        self._said.add((human_verdicts, also))

    def tell(self, *happenings: Happening) -> None:
        """Append to the trail what happened beside verdicts."""
        self._said.add(((), happenings))

    def _append_said(self, pieces: Sequence[Said]) -> None:
        """Append what several threads came with at the same moment: twenty votes cost one wait for the disk."""
        human_verdicts = [one for piece, _ in pieces for one in piece]
        cases = [human.case for human in human_verdicts]
        with self._writing() as connection:
            append = Append(connection)
            append.find(tables.question, [case.question.key for case in cases])
            append.find(tables.dialogue, [one.key for case in cases for one in case.dialogues])
            append.all_humans(human_verdicts)
            trailing.append(connection, [one for _, also in pieces for one in also])

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        if not self.writable:
            raise StoreError("库文件是只读的", where=self.where, fix=f"chmod u+w {self.where}，或用 --store 指定别的库")
        try:
            # Threads wait here in turn: a database that finds itself busy sleeps and asks again, and holds a connection meanwhile.
            with (
                self._turn,
                self.engine.connect().execution_options(writing=True) as connection,
                connection.begin(),
            ):
                yield connection
        except DBAPIError as error:
            raise StoreError(
                f"写不进库（{error.orig}）", where=self.where, fix="检查磁盘空间与权限；本次没有写入任何内容，可以重来"
            ) from error


class Append:
    """One transaction's appends: resolves keys to codes, counts what was new and what was known."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.codes: dict[str, dict[str, int]] = {}
        self.new: dict[str, int] = {}
        self.known: dict[str, int] = {}

    def __call__(
        self, table: Table, content: Sequence[rows.Row], name: Callable[[rows.Row], str] | None = None
    ) -> set[str]:
        """Insert the rows that are not there and return their keys; refuse a row that differs from the stored one of its key."""
        if not content:
            return set()
        codes, contents = self.stored(table, [str(row["key"]) for row in content])
        last = self.connection.execute(select(func.coalesce(func.max(table.c.code), 0))).scalar_one()
        new: list[rows.Row] = []
        for row in content:
            key = str(row["key"])
            if contents.setdefault(key, str(row["content_hash"])) != row["content_hash"]:
                raise _contradiction(table, row, name)
            if key not in codes:
                codes[key] = last + len(new) + 1
                new.append({**row, "code": codes[key]})
        if new:
            self.connection.execute(insert(table), new)
        self.codes[table.name] = codes
        self.new[table.name] = len(new)
        self.known[table.name] = len(content) - len(new)
        return {str(row["key"]) for row in new}

    def stored(self, table: Table, keys: Sequence[str]) -> tuple[dict[str, int], dict[str, str]]:
        """Return codes and content hashes, by key, of the rows that are there."""
        found = [
            row
            for some in chunks(keys)
            for row in self.connection.execute(
                select(table.c.key, table.c.code, table.c.content_hash).where(table.c.key.in_(some))
            )
        ]
        return {row.key: row.code for row in found}, {row.key: row.content_hash for row in found}

    def first(self, table: Table, content: Sequence[rows.Row]) -> None:
        """Insert the rows whose keys are not there; of two that came by the same key the first stays."""
        codes, _ = self.stored(table, [str(row["key"]) for row in content])
        self(table, list({str(row["key"]): row for row in reversed(content) if row["key"] not in codes}.values())[::-1])

    def find(self, table: Table, keys: Sequence[str]) -> None:
        """Look up the codes of records that are stored already."""
        self.codes[table.name] = self.stored(table, list(set(keys)))[0]

    def run(self, run: Run, who: str) -> None:
        row = rows.run_row(run, datetime.now(UTC).isoformat(timespec="seconds"))
        if self(tables.run, [row]) and run.kind == "audit":
            trailing.append(self.connection, [trailing.drew(row, who)])

    def code(self, table: Table, record: Keyed) -> int:
        return self.codes[table.name][record.key]

    def shown(self, case: Case) -> list[int]:
        return [self.code(tables.dialogue, dialogue) for dialogue in case.dialogues]

    def all_dialogues(self, dialogues: Sequence[Dialogue]) -> None:
        fresh = self(
            tables.dialogue,
            [
                rows.dialogue_row(
                    one, self.code(tables.question, one.question), self.code(tables.candidate, one.candidate)
                )
                for one in dialogues
            ],
            lambda _: "回答",
        )
        suspicions = [
            {"dialogue": self.code(tables.dialogue, one), "turn": turn, "ploy": found.ploy, "excerpt": found.excerpt}
            for one in dialogues
            if one.key in fresh
            for turn, answer in enumerate(one.answers, 1)
            for found in suspicious(answer.text)
        ]
        if suspicions:
            self.connection.execute(insert(tables.suspicion), suspicions)

    def all_judgments(self, judgments: Iterable[Judgment]) -> None:
        self(
            tables.judgment,
            [
                rows.judgment_row(
                    one,
                    self.code(tables.question, one.case.question),
                    self.code(tables.judge, one.judge),
                    self.shown(one.case),
                )
                for one in judgments
            ],
            lambda _: "评判",
        )

    def all_humans(self, human_verdicts: Iterable[HumanVerdict]) -> None:
        content = {
            one.key: rows.human_row(one, self.code(tables.question, one.case.question), self.shown(one.case))
            for one in human_verdicts
        }
        fresh = self(tables.human_verdict, list(content.values()), lambda _: "人工判定")
        trailing.append(self.connection, [trailing.said(row) for key, row in content.items() if key in fresh])

    def all_tallies(self, tallies: Iterable[Tally]) -> None:
        self(
            tables.tally,
            [
                rows.tally_row(
                    one,
                    self.code(tables.candidate, one.candidate),
                    self.code(tables.candidate, one.baseline),
                    self.code(tables.judge, one.judge),
                )
                for one in tallies
            ],
            lambda _: "公布的次数",
        )


def chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK))


def _distinct(records: Iterable[Record]) -> list[Record]:
    """Keep the first record of each key, in order, but every one that differs from it, so that a contradiction shows."""
    found: dict[str, list[Record]] = {}
    for record in records:
        same = found.setdefault(record.key, [])
        if not any(record is one or record == one for one in same):
            same.append(record)
    return [record for same in found.values() for record in same]


def _question_name(row: rows.Row) -> str:
    return f"题目 {row['bank']}/{row['id']}（第 {row['version']} 版）"


def model_name(row: rows.Row) -> str:
    return f"{row['name']} 这个模型（已有另一个名字；要么沿用那个名字，要么写不同的 revision）"


def _contradiction(table: Table, row: rows.Row, name: Callable[[rows.Row], str] | None) -> InputError:
    noun = name(row) if name else table.name
    return InputError(
        f"{noun}（键 {str(row['key'])[:12]}）已经在库里，而且内容不同；本次没有写入任何内容",
        fix="内容确实改了：题目请加大 version，别的数据请换一个 --dataset 名；弄错了：改回原样再导入",
    )
