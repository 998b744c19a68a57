"""The trail as it is kept: appended within the transaction of what it tells."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from judge import __version__
from judge.codec import to_json
from judge.identity import Json
from judge.store import rows, tables
from judge.trail import Entry, Happening, chained

HEAD = "trail"  # in `meta`: number and hash of the last entry, apart from the chain itself


def append(connection: Connection, happenings: Sequence[Happening]) -> None:
    """Put happenings at the end of the trail; the transaction writes alone, so nothing comes between."""
    if not happenings:
        return
    table = tables.trail
    last = connection.execute(select(table).order_by(table.c.number.desc()).limit(1)).first()
    time = datetime.now(UTC).isoformat(timespec="milliseconds")
    salts = (secrets.token_hex(16) for _ in happenings)
    entries = list(chained(happenings, entry_of(last) if last else None, time, salts))
    connection.execute(insert(table), [_row(one) for one in entries])
    head = f"{entries[-1].number}:{entries[-1].hash}"
    if not connection.execute(update(tables.meta).where(tables.meta.c.name == HEAD).values(value=head)).rowcount:
        connection.execute(insert(tables.meta), {"name": HEAD, "value": head})


def said(row: rows.Row) -> Happening:
    """Tell of a human verdict that was added, by its row."""
    content: Json = {"verdict": str(row["key"]), "row": rows.digest(row), "version": __version__}
    return Happening("verdict", str(row["reviewer"]), str(row["target"]), content)


def drew(row: rows.Row, who: str) -> Happening:
    """Tell of a draw that was made, by its row."""
    return Happening("draw", who, str(row["name"]), {"row": rows.digest(row)})


def tell_of_all(connection: Connection) -> None:
    """Begin the trail of a store that had none with the draws and verdicts that are there."""
    draws, verdicts = (
        [dict(row) for row in connection.execute(select(table).order_by(table.c.code)).mappings()]
        for table in (tables.run, tables.human_verdict)
    )
    made = [drew(row, "judge") for row in draws if row["kind"] == "audit"]
    append(connection, [*made, *map(said, verdicts)])


def entry_of(row: Row[Any]) -> Entry:
    return Entry(
        row.number,
        row.time,
        row.event,
        row.who,
        row.salt,
        row.mark,
        row.subject,
        _read(row.content),
        row.previous,
        row.hash,
    )


def _read(content: str) -> Json:
    """Return an entry's content; what somebody made no JSON stands as it is, and fits no hash."""
    try:
        found: Json = json.loads(content)
    except (TypeError, ValueError, RecursionError):
        return content
    return found


def _row(entry: Entry) -> rows.Row:
    names = ("number", "time", "event", "who", "salt", "mark", "subject", "previous", "hash")
    return {**{name: getattr(entry, name) for name in names}, "content": to_json(entry.content)}
