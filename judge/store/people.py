"""What the store keeps of the people who judge: who may enter, what they said, and the trail of all of it."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sqlalchemy import Row, delete, insert, select, update

from judge.codec import from_json
from judge.columns import Kind
from judge.identity import Json
from judge.records import Answer, Candidate, Dialogue, Model, Question
from judge.store import rows, tables, trailing
from judge.store.columns import Standing
from judge.store.working import Working
from judge.store.writing import chunks
from judge.trail import START, Entry, Event, Happening

Role: TypeAlias = Literal["reviewer", "lead"]


@dataclass(frozen=True, slots=True)
class Person:
    """Who may enter the review page; `waiting`: has a link that was not used yet."""

    name: str
    role: Role
    waiting: bool
    revoked: bool


@dataclass(frozen=True, slots=True)
class Voice:
    """A verdict of one person that stands, as far as it decides who is asked next."""

    target: str
    reviewer: str
    adjudicates: bool
    skipped: bool
    standing: Standing


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
        return int(number), last

    def told(self) -> Iterator[tuple[str, str, str]]:
        """Yield key, reviewer and digest of every human verdict as it stands in its table."""
        query = select(tables.human_verdict).order_by(tables.human_verdict.c.code)
        for row in self._rows(query):
            content = dict(row._mapping)
            yield row.key, row.reviewer, rows.human_digest(content)

    def drawn(self) -> dict[str, str]:
        """Return the content hashes of all draws by name."""
        table = tables.run
        return {row.name: row.content_hash for row in self._rows(select(table).where(table.c.kind == "audit"))}

    # ── what people said, item by item ────────────────────────────────────────────────────────────────────────────────

    def voices(self) -> list[Voice]:
        """Return every person's verdict that stands, adjudications beside what they settle."""
        table = tables.human_verdict
        later = {row.supersedes for row in self._rows(select(table.c.supersedes)) if row.supersedes is not None}
        wanted = (table.c.key, table.c.target, table.c.reviewer, table.c.adjudicates, table.c.kind, table.c.content)
        found: dict[tuple[str, str, bool], Voice] = {}
        for row in self._rows(select(*wanted).order_by(table.c.code)):
            if row.key not in later:
                passed = row.kind == Kind.UNANSWERED
                voice = Voice(row.target, row.reviewer, row.adjudicates, passed, Standing(row.key, row.content))
                found[row.target, row.reviewer, row.adjudicates] = voice
        return list(found.values())

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
                content = {key: value for key, value in json.loads(row["content"]).items() if key != "comment"}
                kept = {**row, "reviewer": alias, **rows.content_columns(content)}
                connection.execute(update(human).where(human.c.code == row["code"]).values(kept))
                changed[str(row["key"])] = rows.human_digest(kept)
            trail = tables.trail
            connection.execute(update(trail).where(trail.c.who == name).values(who=None, salt=None))
            trailing.append(connection, [Happening("purge", alias, "", {"rows": changed})])
        return len(mine)


def _person(row: Row[Any]) -> Person:
    return Person(row.name, row.role, row.token is not None, row.revoked)


def _hash(secret: str) -> str:
    """Return what is kept of a token or a cookie; both are random, so that one round is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
