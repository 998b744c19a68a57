"""Looking at a store before it is touched: a truncated, foreign, newer or unwritable one is refused as it lies."""

from __future__ import annotations

import os
import shutil
import sqlite3
import struct
import weakref
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, inspect, make_url, select, text, update
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool, Pool, QueuePool

from judge.errors import StoreError
from judge.store import tables, trailing

HEADER = 100  # bytes of a SQLite file's header
BUSY_SECONDS = 60
KEPT = 16  # connections kept open between uses, where so many threads work at once; one more costs more than what it is for


def sqlite_path(url: str) -> Path | None:
    """Return the file of a SQLite store (a path, or a sqlite:/// URL), or None for another kind of database."""
    if url.startswith("sqlite:///"):
        return Path(url.removeprefix("sqlite:///"))
    return None if "://" in url else Path(url)


def check_file(path: Path) -> None:
    """Raise StoreError unless the file is a whole store of a version this program knows; reads only headers."""
    try:
        logged = _logged_pages(path)
        with path.open("rb") as stream:
            header = stream.read(HEADER)
        size = path.stat().st_size
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
    if len(header) < HEADER or not _is_whole(header, size, logged):
        raise StoreError("库文件不完整，像是被截断了", where=str(path), fix="从备份恢复；原文件没有动过")
    version, application = struct.unpack(">I", header[60:64])[0], struct.unpack(">I", header[68:72])[0]
    if application != tables.APPLICATION_ID:
        raise StoreError("是别的程序的 SQLite 文件", where=str(path), fix="用 --store 指定别的路径；原文件没有动过")
    _check_version(version, str(path))


def _is_whole(header: bytes, size: int, logged: set[int]) -> bool:
    """Tell whether every page the header counts is in the file, or in the log from which SQLite was copying it."""
    page, pages = struct.unpack(">H", header[16:18])[0], struct.unpack(">I", header[28:32])[0]
    whole = size // (65536 if page == 1 else page)
    return whole >= pages or logged.issuperset(range(whole + 1, pages + 1))


def _log(path: Path) -> Path:
    return Path(f"{path}-wal")


def _logged_pages(path: Path) -> set[int]:
    """Return the pages that a store's write-ahead log holds, which a killed process leaves behind."""
    found: set[int] = set()
    with suppress(FileNotFoundError), _log(path).open("rb") as stream:
        header = stream.read(32)
        page, salt = int.from_bytes(header[8:12], "big"), header[16:24]
        while len(frame := stream.read(24)) == 24 and frame[8:16] == salt:
            found.add(int.from_bytes(frame[:4], "big"))
            stream.seek(page, os.SEEK_CUR)
    return found


def _check_version(version: int, where: str) -> None:
    if version > tables.SCHEMA_VERSION:
        raise StoreError(
            f"库的格式是第 {version} 版，本程序只认识到第 {tables.SCHEMA_VERSION} 版",
            where=where,
            fix="升级 judge：pip install -U judge-open；库没有动过",
        )


def writable(path: Path) -> bool:
    """Tell whether a file may be written: by permission, and by not being marked read-only (root ignores the mark)."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK) and bool(path.stat().st_mode & 0o222)


def create_file(path: Path) -> None:
    """Make an empty store that appears whole or not at all, whoever else makes it at the same moment."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
            draft = Path(folder, path.name)
            with closing(sqlite3.connect(draft)) as plain:
                plain.execute("PRAGMA journal_mode=WAL")
            with _sqlite_engine(draft).begin() as connection:
                tables.metadata.create_all(connection)
                connection.execute(text(f"PRAGMA user_version={tables.SCHEMA_VERSION}"))
                connection.execute(text(f"PRAGMA application_id={tables.APPLICATION_ID}"))
            # A link fails where the name is taken: the other process made the same store a moment earlier.
            with suppress(FileExistsError):
                os.link(draft, path)
    except (OSError, sqlite3.Error, SQLAlchemyError) as error:
        raise StoreError(
            f"建不了库文件（{_reason(error)}）",
            where=str(path),
            fix="检查目录是否可写、磁盘是否已满，或用 --store 指定别的路径",
        ) from error


def open_file(path: Path) -> Engine:
    """Open a checked SQLite file; one that may not be written is opened so that nothing beside it is written either."""
    if writable(path):
        # Opening a file costs more than a small transaction, so its connection is kept between them.
        engine = _sqlite_engine(path, QueuePool)
        return _upgraded(engine) if _outdated(path) else engine
    if not _logged_pages(path) and not _outdated(path):
        return _sqlite_engine(path.resolve().as_uri(), uri="true", mode="ro", immutable="1")
    # Who reads the log writes an index beside it: a store with one is read from a copy, as is one to be upgraded.
    folder = Path(mkdtemp(prefix="judge-"))
    engine = _sqlite_engine(folder / "copy.db")
    weakref.finalize(engine, shutil.rmtree, folder, ignore_errors=True)
    try:
        shutil.copyfile(path, folder / "copy.db")
        with suppress(FileNotFoundError):
            shutil.copyfile(_log(path), _log(folder / "copy.db"))
    except OSError as error:
        raise StoreError(
            f"只读的库要复制一份才能读（带着未合并的日志，或是旧格式），却复制不了（{_reason(error)}）",
            where=str(path),
            fix="腾出临时目录的空间，或先 chmod u+w 该文件",
        ) from error
    return _upgraded(engine)


def _outdated(path: Path) -> bool:
    with path.open("rb") as stream:
        return int(struct.unpack(">I", stream.read(HEADER)[60:64])[0]) < tables.SCHEMA_VERSION


def _upgraded(engine: Engine) -> Engine:
    """Bring a SQLite store of an earlier version to this one; another process may have done it a moment before."""
    with engine.connect() as connection:
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if version < tables.SCHEMA_VERSION:
        try:
            with engine.connect().execution_options(writing=True) as connection, connection.begin():
                _upgrade(connection, connection.exec_driver_sql("PRAGMA user_version").scalar_one())
                connection.exec_driver_sql(f"PRAGMA user_version={tables.SCHEMA_VERSION}")
        except SQLAlchemyError as error:
            fix = "检查磁盘空间与权限；库没有动过，可以重来"
            raise StoreError(
                f"旧格式的库升级不了（{_reason(error)}）", where=str(engine.url.database), fix=fix
            ) from error
    return engine


def _upgrade(connection: Connection, version: int) -> None:
    """Carry out the numbered steps that a store lacks."""
    if version < 2:
        tables.metadata.create_all(connection, [tables.trail, tables.reviewer])
        trailing.tell_of_all(connection)


def _sqlite_engine(database: str | Path, pool: type[Pool] = NullPool, **options: str) -> Engine:
    url = URL.create("sqlite", database=str(database), query=options)  # never from text: a path may hold ? and #
    kept = {"pool_size": KEPT} if pool is QueuePool else {}
    engine = create_engine(url, poolclass=pool, connect_args={"timeout": BUSY_SECONDS}, **kept)

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


def open_server(url: str, *, create: bool) -> Engine:
    """Open the store in a PostgreSQL database; raises StoreError where it is missing (unless `create`) or not ours."""
    address = _address(url)
    try:
        engine = create_engine(address, pool_size=KEPT, pool_pre_ping=True, isolation_level="READ COMMITTED")
    except ModuleNotFoundError as error:
        raise StoreError(
            f"缺少数据库驱动 {error.name}", where=shown(address), fix="安装驱动：pip install 'judge-open[postgres]'"
        ) from error

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        if connection.get_execution_options().get("writing", False):
            _wait_for_turn(connection)

    try:
        with engine.begin() as connection:
            _prepare(connection, shown(address), create)
    except StoreError:
        engine.dispose()
        raise
    except SQLAlchemyError as error:
        engine.dispose()
        raise StoreError(
            f"连不上数据库（{_reason(error)}）", where=shown(address), fix="检查地址、账号与服务是否在运行"
        ) from error
    return engine


def _wait_for_turn(connection: Connection) -> None:
    """Let one transaction write at a time, as SQLite does: what it looked up stays true until it commits."""
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({tables.APPLICATION_ID})")


def _prepare(connection: Connection, where: str, create: bool) -> None:
    inspector = inspect(connection)
    names = inspector.get_table_names()
    if not names:
        if not create:
            raise StoreError("数据库里还没有库", where=where, fix="先用 judge import 路径 导入数据，或检查库名")
        _wait_for_turn(connection)
        tables.metadata.create_all(connection)
        if connection.execute(select(tables.meta)).first() is None:
            made = {"application": tables.APPLICATION_ID, "schema": tables.SCHEMA_VERSION}
            connection.execute(insert(tables.meta), [{"name": name, "value": str(made[name])} for name in made])
        return
    ours = "meta" in names and {"name", "value"} == {column["name"] for column in inspector.get_columns("meta")}
    stored = {row.name: row.value for row in connection.execute(select(tables.meta))} if ours else {}
    if stored.get("application") != str(tables.APPLICATION_ID):
        raise StoreError("数据库里有别的程序的表", where=where, fix="为 judge 另建一个空数据库；原有的表没有动过")
    version = int(stored["schema"])
    _check_version(version, where)
    if version < tables.SCHEMA_VERSION:
        _wait_for_turn(connection)
        schema = tables.meta.c.name == "schema"
        _upgrade(connection, int(connection.execute(select(tables.meta.c.value).where(schema)).scalar_one()))
        connection.execute(update(tables.meta).where(schema).values(value=str(tables.SCHEMA_VERSION)))


def _address(url: str) -> URL:
    """Read a PostgreSQL URL; the error for a wrong one does not repeat it, a part of the password may stand anywhere."""
    scheme, _, rest = url.partition("://")
    backend = scheme.partition("+")[0]
    if backend not in ("postgresql", "postgres"):
        raise StoreError(
            f"库不能放在 {backend} 里", fix="用文件路径（SQLite），或 postgresql://用户:密码@主机:端口/库名"
        )
    try:
        address = make_url(f"postgresql+psycopg://{rest}")
    except (ArgumentError, ValueError):
        address = None
    if address is None or "@" in (address.host or ""):
        raise StoreError(
            "数据库地址写得不对",
            where=f"{backend}://…",
            fix="形如 postgresql://用户:密码@主机:端口/库名；密码里的 @ / : # ? 要写成 %40 %2F %3A %23 %3F",
        )
    return address


def shown(address: URL) -> str:
    """Return a database's address without password and options."""
    return URL.create(
        "postgresql", address.username, host=address.host, port=address.port, database=address.database
    ).render_as_string()


def _reason(error: Exception) -> str:
    """Return what the system or the database said, without the statement it said it about."""
    said = getattr(error, "strerror", None) or getattr(error, "orig", None) or error
    return str(said).partition("\n")[0]
