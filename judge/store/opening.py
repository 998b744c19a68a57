"""Looking at a store before it is touched: a truncated, foreign, newer or unwritable one is refused as it lies."""

from __future__ import annotations

import os
import sqlite3
import struct
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from judge.errors import StoreError
from judge.store import tables

HEADER = 100  # bytes of a SQLite file's header
BUSY_SECONDS = 60


def sqlite_path(url: str) -> Path | None:
    """Return the file of a SQLite store (a path, or a sqlite:/// URL), or None for another kind of database."""
    if url.startswith("sqlite:///"):
        return Path(url.removeprefix("sqlite:///"))
    return None if "://" in url else Path(url)


def check_file(path: Path) -> None:
    """Raise StoreError unless the file is a whole store of a version this program knows; reads only its header."""
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            header = stream.read(HEADER)
    except OSError as error:
        raise StoreError(
            f"打不开库文件（{error.strerror}）", where=str(path), fix="检查路径与权限，或用 --store 指定另一个库"
        ) from error
    if header[:16] != b"SQLite format 3\x00"[: len(header[:16])] or not header:
        raise StoreError(
            "不是 judge 的库文件" if header else "库文件是空的，像是被截断了",
            where=str(path),
            fix="用 --store 指定别的路径；原文件没有动过",
        )
    if len(header) < HEADER or size < _expected_size(header):
        raise StoreError("库文件不完整，像是被截断了", where=str(path), fix="从备份恢复；原文件没有动过")
    version, application = struct.unpack(">I", header[60:64])[0], struct.unpack(">I", header[68:72])[0]
    if application != tables.APPLICATION_ID:
        raise StoreError("是别的程序的 SQLite 文件", where=str(path), fix="用 --store 指定别的路径；原文件没有动过")
    _check_version(version, str(path))


def _expected_size(header: bytes) -> int:
    page = int(struct.unpack(">H", header[16:18])[0])
    pages = int(struct.unpack(">I", header[28:32])[0])
    return (65536 if page == 1 else page) * pages


def _check_version(version: int, where: str) -> None:
    if version > tables.SCHEMA_VERSION:
        raise StoreError(
            f"库的格式是第 {version} 版，本程序只认识到第 {tables.SCHEMA_VERSION} 版",
            where=where,
            fix="升级 judge：pip install -U judge-open；库没有动过",
        )


def writable(path: Path) -> bool:
    """Tell whether a file may be written: by permission, and by not being marked read-only (root ignores the mark)."""
    return os.access(path, os.W_OK) and bool(path.stat().st_mode & 0o222)


def create_file(path: Path) -> None:
    """Make an empty store that appears whole or not at all, whoever else makes it at the same moment."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        engine = _sqlite_engine(f"sqlite:///{draft}")
        with closing(sqlite3.connect(draft)) as plain:
            plain.execute("PRAGMA journal_mode=WAL")
        with engine.begin() as connection:
            tables.metadata.create_all(connection)
            connection.execute(text(f"PRAGMA user_version={tables.SCHEMA_VERSION}"))
            connection.execute(text(f"PRAGMA application_id={tables.APPLICATION_ID}"))
        # A link fails where the name is taken: the other process made the same store a moment earlier.
        os.link(draft, path)
    except FileExistsError:
        pass
    except (OSError, SQLAlchemyError) as error:
        raise StoreError(
            f"建不了库文件（{getattr(error, 'strerror', None) or error}）",
            where=str(path),
            fix="检查目录是否可写、磁盘是否已满，或用 --store 指定别的路径",
        ) from error
    finally:
        for leftover in (draft, Path(f"{draft}-wal"), Path(f"{draft}-shm")):
            leftover.unlink(missing_ok=True)


def open_file(path: Path) -> Engine:
    """Open a checked SQLite file; one that may not be written is opened so that nothing beside it is written either."""
    if writable(path):
        return _sqlite_engine(f"sqlite:///{path}")
    alone = "&immutable=1" if not Path(f"{path}-wal").exists() else ""
    return _sqlite_engine(f"sqlite:///file:{path.resolve()}?mode=ro{alone}&uri=true")


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # transactions begin where we say so, not at the first INSERT
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def open_server(url: str) -> Engine:
    """Open a database server's store and make its tables where there are none; raises StoreError where it is not ours."""
    if url.startswith(("postgresql://", "postgres://")):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
    try:
        engine = create_engine(url, pool_pre_ping=True)
        with engine.begin() as connection:
            _prepare(connection)
    except ModuleNotFoundError as error:
        raise StoreError(
            f"缺少数据库驱动 {error.name}", where=_hidden(url), fix="pip install 'judge-open[postgres]'"
        ) from error
    except (DBAPIError, SQLAlchemyError) as error:
        raise StoreError(
            f"连不上数据库（{str(error).splitlines()[0]}）", where=_hidden(url), fix="检查地址、账号与服务是否在运行"
        ) from error
    return engine


def _prepare(connection: Connection) -> None:
    names = set(inspect(connection).get_table_names())
    if not names:
        # Two processes may come to an empty database at once; the lock lets one make the tables and the other find them.
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({tables.APPLICATION_ID})"))
        tables.metadata.create_all(connection)
        if connection.execute(select(tables.meta)).first() is None:
            connection.execute(
                insert(tables.meta),
                [
                    {"name": "application", "value": str(tables.APPLICATION_ID)},
                    {"name": "schema", "value": str(tables.SCHEMA_VERSION)},
                ],
            )
        return
    if "meta" not in names:
        raise StoreError("数据库里有别的程序的表", where=str(connection.engine.url), fix="为 judge 另建一个空数据库")
    stored = {row.name: row.value for row in connection.execute(select(tables.meta))}
    if stored.get("application") != str(tables.APPLICATION_ID):
        raise StoreError("数据库里有别的程序的表", where=str(connection.engine.url), fix="为 judge 另建一个空数据库")
    _check_version(int(stored["schema"]), str(connection.engine.url))


def _hidden(url: str) -> str:
    """Return a database URL without its password."""
    head, _, tail = url.rpartition("@")
    return f"{head.partition('://')[0]}://…@{tail}" if head else url
