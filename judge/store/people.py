"""What the store keeps of the people who judge: who may enter, what they said, and the trail of all of it."""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

from sqlalchemy import Row, delete, insert, select, update

from judge.codec import from_json
from judge.errors import StoreError
from judge.identity import Json
from judge.records import (
    Answer,
    Candidate,
    Dialogue,
    Model,
    Question,
    Scores,
    Skipped,
    Unanswered,
    Unreadable,
    Verdict,
)
from judge.store import rows, tables, trailing
from judge.store.columns import Standing, result_of
from judge.store.working import Working
from judge.store.writing import CHUNK, chunks
from judge.trail import START, Entry, Event, Happening

Role: TypeAlias = Literal["reviewer", "lead"]
SCRUB_MS = 5000  # how long a purge waits for who reads the file
PLACES = {str(side): at for at, side in enumerate(rows.SIDES)}


@dataclass(frozen=True, slots=True)
class Person:
    """Who may enter the review page; `waiting`: has a link that was not used yet."""

    name: str
    role: Role
    waiting: bool
    revoked: bool


@dataclass(frozen=True, slots=True)
class Voice:
    """One person's verdict on a target that stands, as the page needs it; first: key of the dialogue that stood left.

    draw: for which the person was asked; None where the person chose the item.
    """

    target: str
    reviewer: str
    adjudicates: bool
    first: str
    said: Verdict | Scores | Skipped
    standing: Standing
    draw: str | None = None

    @property
    def passed(self) -> bool:
        """Tell whether the person passed the item on, or took the verdict back."""
        return isinstance(self.said, Skipped)


class Vote(NamedTuple):
    """One vote, score or skip as a row, whether it stands or not; first, second: keys of the dialogues as shown, left first.

    side: 0 left, 1 tie, 2 right, and `placed`: it is known which stood left; score: share of full points, in [0, 1];
    skipped: the reason.
    """

    key: str
    supersedes: str | None
    target: str
    question: int
    ability: str
    reviewer: str
    adjudicates: bool
    first: str
    second: str | None = None
    side: int | None = None
    placed: bool = True
    score: float | None = None
    skipped: str | None = None
    both_bad: bool = False
    confidence: int | None = None
    seconds: float | None = None


class People(Working):
    """The part of the store that the review page works on."""

    # ── the trail ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def trail(
        self, events: Collection[Event] = (), subjects: Collection[str] = (), who: str | None = None, after: int = 0
    ) -> list[Entry]:
        """Return entries in order: of some events, on some subjects, by one person, after a number; or all."""
        table = tables.trail
        query = select(table).where(table.c.number > after).order_by(table.c.number)
        query = query.where(table.c.event.in_(events)) if events else query
        query = query.where(table.c.who == who) if who is not None else query
        if not subjects:
            return [trailing.entry_of(row) for row in self._rows(query)]
        found = [row for some in chunks(list(subjects)) for row in self._rows(query.where(table.c.subject.in_(some)))]
        return [trailing.entry_of(row) for row in sorted(found, key=lambda row: int(row.number))]

    def trail_head(self) -> tuple[int, str]:
        """Return number and hash of the last entry as they are kept apart from the chain."""
        found = self._rows(select(tables.meta.c.value).where(tables.meta.c.name == trailing.HEAD))
        number, _, last = str(found[0].value).partition(":") if found else ("0", "", START)
        return int(number) if number.isdecimal() else 0, last

    def told(self) -> Iterator[tuple[str, str, str]]:
        """Yield key, reviewer and digest of every human verdict as it stands in its table, in order."""
        for row in self._rows(select(tables.human_verdict).order_by(tables.human_verdict.c.code)):
            yield row.key, row.reviewer, rows.digest(dict(row._mapping))

    def drawn(self) -> Iterator[tuple[str, str]]:
        """Yield name and digest of every draw, in order."""
        table = tables.run
        for row in self._rows(select(table).where(table.c.kind == "audit").order_by(table.c.code)):
            yield row.name, rows.digest(dict(row._mapping))

    # ── what people said, item by item ────────────────────────────────────────────────────────────────────────────────

    def voices(self, targets: Collection[str] = ()) -> list[Voice]:
        """Return every person's verdict that stands, in order, adjudications beside what they settle; on some targets or on all."""
        table, shown = tables.human_verdict, tables.dialogue
        later = {row.supersedes for row in self._rows(select(table.c.supersedes)) if row.supersedes is not None}
        wanted = (table.c.key, table.c.target, table.c.reviewer, table.c.adjudicates, table.c.content)
        query = select(*wanted, shown.c.key.label("first")).join(shown, table.c.first == shown.c.code)
        query = query.where(table.c.target.in_(targets)) if 0 < len(targets) <= CHUNK else query
        found: dict[tuple[str, str, bool], Voice] = {}
        for row in self._rows(query.order_by(table.c.code)):
            if row.key not in later and (not targets or row.target in targets):
                content = json.loads(row.content)
                said = result_of(content)
                assert not isinstance(said, Unreadable | Unanswered)
                place = (row.target, row.reviewer, row.adjudicates)
                found.pop(place, None)  # the latest stands, at the place in the order that it has
                found[place] = Voice(*place, row.first, said, Standing(row.key, row.content), content.get("draw"))
        return list(found.values())

    def votes(self, bank: str, history: str = "own") -> list[Vote]:
        """Return all that people ever said on a bank as rows, in order, superseded ones and adjudications included."""
        table, question = tables.human_verdict, tables.question
        left, right = tables.dialogue.alias("shown_first"), tables.dialogue.alias("shown_second")
        names = (table.c[name] for name in ("key", "supersedes", "target", "question"))
        query = (
            select(*names, question.c.ability, table.c.reviewer, table.c.adjudicates)
            .add_columns(left.c.key.label("first"), right.c.key.label("second"), table.c.content)
            .join(left, table.c.first == left.c.code)
            .outerjoin(right, table.c.second == right.c.code)
            .join(question, table.c.question == question.c.code)
            .where(question.c.bank == bank, left.c.history == history)
            .order_by(table.c.code)
        )
        found = self._rows(query)
        return [_vote(row, said) for row, said in zip(found, _contents(found), strict=True)]

    def dialogues_by_key(self, keys: Sequence[str]) -> dict[str, Dialogue]:
        """Return some dialogues by key."""
        table, question, candidate = tables.dialogue, tables.question, tables.candidate
        query = (
            select(
                table.c.key,
                table.c.sample,
                table.c.history,
                table.c.content,
                question.c.content.label("question"),
                candidate.c.name,
                candidate.c.content.label("model"),
            )
            .join(question, table.c.question == question.c.code)
            .join(candidate, table.c.candidate == candidate.c.code)
        )
        return {
            row.key: Dialogue(
                from_json(Question, row.question),
                Candidate(row.name, from_json(Model, row.model)),
                from_json(tuple[Answer, ...], row.content),
                row.sample,
                row.history,
            )
            for some in chunks(keys)
            for row in self._rows(query.where(table.c.key.in_(some)))
        }

    # ── who may enter ─────────────────────────────────────────────────────────────────────────────────────────────────

    def people(self) -> list[Person]:
        """Return everyone who got a link, by name."""
        return [_person(row) for row in self._rows(select(tables.reviewer).order_by(tables.reviewer.c.name))]

    def invite(self, name: str, role: Role) -> str:
        """Give a person a link that works once, in place of an unused one; return its token. A revoked person may enter again."""
        table, token = tables.reviewer, secrets.token_urlsafe(16)
        with self._writing() as connection:
            values = {"role": role, "token": _hash(token), "revoked": False}
            if not connection.execute(update(table).where(table.c.name == name).values(values)).rowcount:
                connection.execute(insert(table), {"name": name, "session": None, **values})
            trailing.append(connection, [Happening("invite", name, "", {"role": role})])
        return token

    def enter(self, token: str) -> tuple[Person, str] | None:
        """Exchange a link's token for a session, which ends an earlier one; None where it is unknown, used or revoked."""
        table, session = tables.reviewer, secrets.token_urlsafe(32)
        mine = (table.c.token == _hash(token)) & ~table.c.revoked
        with self._writing() as connection:
            row = connection.execute(select(table).where(mine)).first()
            if row is None:
                return None
            connection.execute(update(table).where(table.c.name == row.name).values(token=None, session=_hash(session)))
            trailing.append(connection, [Happening("enter", row.name, "")])
        return Person(row.name, row.role, waiting=False, revoked=False), session

    def person(self, session: str) -> Person | None:
        """Return whose session this is; None where it has ended."""
        table = tables.reviewer
        found = self._rows(select(table).where(table.c.session == _hash(session), ~table.c.revoked))
        return _person(found[0]) if found else None

    def revoke(self, name: str) -> bool:
        """Let a person enter no longer, from this moment; tell whether there was one."""
        table = tables.reviewer
        with self._writing() as connection:
            gone = {"revoked": True, "token": None, "session": None}
            found = connection.execute(update(table).where(table.c.name == name).values(gone)).rowcount > 0
            if found:
                trailing.append(connection, [Happening("revoke", name, "")])
        return found

    def purge(self, name: str) -> int:
        """Delete a person's name and comments everywhere; what was judged stays, without a name. Return how many verdicts.

        The one place where rows change: the trail tells which, and what they hold now.
        """
        human, alias = tables.human_verdict, f"已删除-{secrets.token_hex(3)}"
        with self._writing() as connection:
            connection.execute(delete(tables.reviewer).where(tables.reviewer.c.name == name))
            mine = connection.execute(select(human).where(human.c.reviewer == name)).mappings().all()
            changed: dict[str, Json] = {}
            for row in mine:
                content = json.loads(row["content"])
                if (comment := content.pop("comment", None)) and content.get("skipped") == comment:
                    content["skipped"] = "跳过"  # a sheet gives the comment as the reason
                kept = {**row, "reviewer": alias, **rows.content_columns(content)}
                connection.execute(update(human).where(human.c.code == row["code"]).values(kept))
                changed[str(row["key"])] = rows.digest(kept)
            trail = tables.trail
            named = trail.c.who == name
            entries = list(connection.execute(select(trail.c.number).where(named).order_by(trail.c.number)).scalars())
            connection.execute(update(trail).where(named).values(who=None, salt=None))
            trailing.append(connection, [Happening("purge", alias, "", {"rows": changed, "entries": entries})])
        self._scrub()
        return len(mine)

    def named(self) -> set[str]:
        """Return everyone whose name stands somewhere."""
        columns = (tables.reviewer.c.name, tables.human_verdict.c.reviewer, tables.trail.c.who)
        return {str(row[0]) for one in columns for row in self._rows(select(one).distinct()) if row[0] is not None}

    def _scrub(self) -> None:
        """Leave nothing of what was deleted in the file either: SQLite keeps old pages until it needs them."""
        if self.engine.dialect.name != "sqlite":
            return
        fix = f"名字已从每张表里删掉，旧页还在库文件里：停掉用着它的进程，再执行 python -c \"import sqlite3; sqlite3.connect({self.where!r}).execute('VACUUM')\""
        with self._turn, closing(self.engine.raw_connection()) as connection:
            cursor = connection.cursor()
            try:
                cursor.execute(f"PRAGMA busy_timeout={SCRUB_MS}")
                cursor.execute("VACUUM")
                held = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            except sqlite3.Error as error:
                raise StoreError(f"整理不了库文件（{error}）", where=self.where, fix=fix) from error
            finally:
                connection.invalidate()  # its patience is no longer a writer's
        if held:
            raise StoreError("整理不了库文件（有进程正读着它）", where=self.where, fix=fix)


def _person(row: Row[Any]) -> Person:
    return Person(row.name, row.role, row.token is not None, row.revoked)


def _vote(row: Row[Any], content: dict[str, Any]) -> Vote:
    about: tuple[Any, ...] = tuple(row)[:-1]
    verdict, overall = content.get("verdict"), content.get("scores", {}).get("overall")
    how = content.get("deliberation", {})
    said = (
        PLACES[verdict["side"]] if verdict else None,
        content.get("placement_known", True),
        _share(**overall) if overall else None,
        content.get("skipped"),
        content.get("both_bad", False),
        how.get("confidence"),
        how.get("seconds"),
    )
    return Vote._make(about + said)


def _share(value: float, minimum: float, maximum: float) -> float | None:
    """Return a score as a share of full points; None where the scale is a point."""
    return None if minimum == maximum else (value - minimum) / (maximum - minimum)


def _contents(found: Sequence[Row[Any]]) -> Iterator[dict[str, Any]]:
    """Yield what the content of each row holds: many short texts are read as one, in a fifth of the time."""
    for at in range(0, len(found), 500):
        yield from json.loads(f"[{','.join(row.content for row in found[at : at + 500])}]")


def _hash(secret: str) -> str:
    """Return what is kept of a token or a cookie; both are random, so that one round is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
