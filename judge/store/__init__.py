"""The store: every record once, under its content key; appended, never edited; SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

from judge.errors import StoreError
from judge.store import opening
from judge.store.people import People
from judge.store.writing import Added

__all__ = ["Added", "Store", "open_store"]


class Store(People):
    """A store that is open: what can be read of it, what can be added to it, and what runs and reviewers need."""


def open_store(url: str, *, create: bool = False) -> Store:
    """Open the store at a path or database URL.

    Raises StoreError where it is missing (unless `create`), truncated, foreign, newer than this program or unreachable;
    the file is then left as it was.
    """
    path = opening.sqlite_path(url)
    if path is None:
        engine = opening.open_server(url, create=create)
        return Store(engine, where=opening.shown(engine.url), writable=True)
    if not path.exists():
        if not create:
            raise StoreError(
                "还没有这个库", where=str(path), fix="先用 judge import 路径 导入数据，或用 --store 指定已有的库"
            )
        opening.create_file(path)
    opening.check_file(path)
    return Store(opening.open_file(path), where=str(path), writable=opening.writable(path))
