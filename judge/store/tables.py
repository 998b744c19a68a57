"""The tables: append-only, every record under its content key, models and questions under integer codes."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)

# Written into the header of a SQLite file ("jdge"), so that a foreign file is known before it is opened.
APPLICATION_ID = 0x6A646765
SCHEMA_VERSION = 2  # 2: trail and reviewer

metadata = MetaData()


def _code() -> Column[int]:
    """Return the record's number, given by the writer: a database's own sequences have gaps."""
    return Column("code", Integer, primary_key=True, autoincrement=False)


def _key() -> Column[str]:
    return Column("key", String(32), nullable=False, unique=True)


def _refers(name: str, table: str, optional: bool = False) -> Column[int]:
    return Column(name, Integer, ForeignKey(f"{table}.code"), nullable=optional)


def _content() -> tuple[Column[str], Column[str]]:
    """Return the hash by which a changed record is told from a known one, and the record's JSON (last: it is long)."""
    return Column("content_hash", String(32), nullable=False), Column("content", Text, nullable=False)


meta = Table("meta", metadata, Column("name", String(40), primary_key=True), Column("value", Text, nullable=False))

# A changed header is another row; the latest of a name counts.
bank = Table("bank", metadata, _code(), _key(), Column("name", Text, nullable=False, index=True), *_content())

question = Table(
    "question",
    metadata,
    _code(),
    _key(),
    Column("bank", Text, nullable=False, index=True),
    Column("id", Text, nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("ability", Text, nullable=False),
    Column("turns", SmallInteger, nullable=False),  # 0: not published
    Column("refuse", Boolean, nullable=False),  # some turn expects a refusal
    *_content(),
)

candidate = Table("candidate", metadata, _code(), _key(), Column("name", Text, nullable=False, index=True), *_content())

judge = Table("judge", metadata, _code(), _key(), Column("name", Text, nullable=False, index=True), *_content())

dialogue = Table(
    "dialogue",
    metadata,
    _code(),
    _key(),
    _refers("question", "question"),
    _refers("candidate", "candidate"),
    Column("sample", Integer, nullable=False),
    Column("history", String(8), nullable=False),
    Column("outcome", SmallInteger, nullable=False),  # position in records.Outcome
    Column("ended", SmallInteger, nullable=False),  # the first turn without an answer, 0: none
    Column("prompts", String(32), nullable=False),  # hash of the user turns as sent
    *_content(),
    Index("dialogue_by_question", "question", "candidate"),
)

# What in an answer seems meant for its judge (judge.ploys), found when the dialogue is added.
suspicion = Table(
    "suspicion",
    metadata,
    Column("code", Integer, primary_key=True),
    Column("dialogue", Integer, ForeignKey("dialogue.code"), nullable=False, index=True),
    Column("turn", SmallInteger, nullable=False),  # from 1
    Column("ploy", String(16), nullable=False),
    Column("excerpt", Text, nullable=False),
)


def _result() -> tuple[Column[int] | Column[float] | Column[str], ...]:
    """Return the columns that hold a verdict or an overall score, so that statistics never parse JSON."""
    return (
        Column("kind", SmallInteger, nullable=False),  # columns.Kind
        Column("side", SmallInteger, nullable=False),  # 0 first, 1 tie, 2 second; 1 where there is no verdict
        Column("p_first", Double, nullable=False),
        Column("p_tie", Double, nullable=False),
        Column("p_second", Double, nullable=False),
        Column("value", Double, nullable=False),
        Column("worst", Double, nullable=False),
        Column("best", Double, nullable=False),
    )


judgment = Table(
    "judgment",
    metadata,
    _code(),
    _key(),
    _refers("question", "question"),
    Column("scope", SmallInteger, nullable=False),  # 0 dialogue, k turn k
    _refers("judge", "judge"),
    _refers("first", "dialogue"),
    _refers("second", "dialogue", optional=True),
    Column("placement_known", Boolean, nullable=False),
    Column("repeat", Integer, nullable=False),
    *_result(),
    *_content(),
    Index("judgment_by_question", "question", "judge"),
    Index("judgment_by_judge", "judge"),
)

human_verdict = Table(
    "human_verdict",
    metadata,
    _code(),
    _key(),
    Column("target", String(32), nullable=False, index=True),
    _refers("question", "question"),
    Column("scope", SmallInteger, nullable=False),
    _refers("first", "dialogue"),
    _refers("second", "dialogue", optional=True),
    Column("reviewer", Text, nullable=False),
    Column("probability", Double, nullable=True),
    Column("adjudicates", Boolean, nullable=False),
    Column("supersedes", String(32), nullable=True),
    *_result(),
    *_content(),
    Index("human_verdict_by_question", "question"),
)

tally = Table(
    "tally",
    metadata,
    _code(),
    _key(),
    Column("bank", Text, nullable=False, index=True),
    _refers("candidate", "candidate"),
    _refers("baseline", "candidate"),
    _refers("judge", "judge"),
    Column("win", Integer, nullable=False),
    Column("tie", Integer, nullable=False),
    Column("loss", Integer, nullable=False),
    *_content(),
)

run = Table(
    "run",
    metadata,
    _code(),
    _key(),
    Column("name", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("created", String(32), nullable=False),  # UTC, ISO 8601
    *_content(),
)

# ── what people do ────────────────────────────────────────────────────────────────────────────────────────────────────

# Everything that happened to human verdicts, in order, each entry bound to the one before it (judge.trail).
trail = Table(
    "trail",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1, without gaps
    Column("time", String(32), nullable=False),  # UTC, ISO 8601
    Column("event", String(16), nullable=False),
    Column("who", Text, nullable=True),  # null where the person was purged; the entry holds the mark alone
    Column("salt", String(32), nullable=True),
    Column("mark", String(32), nullable=False),
    Column("subject", Text, nullable=False, index=True),  # what it is about: a target, a question, a draw; never a name
    Column("content", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

# Who may enter the review page; rows change when a link is used, renewed or revoked.
reviewer = Table(
    "reviewer",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", String(8), nullable=False),
    Column("token", String(64), nullable=True),  # hash of the link's token, until it is used
    Column("session", String(64), nullable=True),  # hash of the cookie
    Column("revoked", Boolean, nullable=False),
)

# ── what a run in progress needs ──────────────────────────────────────────────────────────────────────────────────────

# Answers of dialogues that are not finished: each turn is paid for once, whenever the process dies.
answer = Table(
    "answer",
    metadata,
    _code(),
    _key(),
    Column("dialogue", String(32), nullable=False, index=True),  # the key of the dialogue to be
    Column("turn", SmallInteger, nullable=False),
    *_content(),
)

# Who is working on what, so that two processes do not pay for the same work; the only rows that change or go.
claim = Table(
    "claim",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("host", Text, nullable=False),
    Column("process", Integer, nullable=False),
    Column("until", Double, nullable=False),  # seconds since 1970
)
