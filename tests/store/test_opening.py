"""Opening a store: a missing, damaged, foreign, newer or unwritable one is refused in words and left as it lies."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from judge.errors import StoreError
from judge.store import Store, open_store, tables
from judge.trail import broken
from tests.store.samples import JIA_WOOD, JUDGMENTS, YI_WOOD, dump, everything

CHINESE = re.compile(r"[\u4e00-\u9fff]{2}")


def lying_in(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder with its content."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def refusal(url: str | Path, *, create: bool = False) -> StoreError:
    """Return the error that opening gives, checked for what every such error has."""
    with pytest.raises(StoreError) as caught:
        open_store(str(url), create=create)
    error = caught.value
    assert (error.exit_code, error.code) == (2, "E2200")
    assert CHINESE.search(error.message)
    assert CHINESE.search(error.fix)
    assert "\n  修复：" in str(error)
    assert "Traceback" not in str(error)
    return error


def filled_and_closed(path: Path) -> Path:
    """Make a store with records of every kind and close it: an open one keeps its log beside it."""
    store = open_store(str(path), create=True)
    store.add(**everything())
    store.engine.dispose()
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with records of every kind, closed."""
    return filled_and_closed(tmp_path / "there" / "judge.db")


def logged(path: Path) -> Path:
    """Add to a store and return a copy as a killed process leaves it: what was added stands only in the log."""
    copy = path.parent.parent / "killed" / path.name
    copy.parent.mkdir()
    with closing(sqlite3.connect(path)) as keeps_the_log:
        keeps_the_log.execute("SELECT * FROM meta").fetchall()
        open_store(str(path)).add(**everything())
        for name in (path.name, f"{path.name}-wal"):
            shutil.copy(path.with_name(name), copy.with_name(name))
    return copy


# ── files that are not a whole store ──────────────────────────────────────────────────────────────────────────────────


def cut(size: Callable[[int], int]) -> Callable[[Path], None]:
    return lambda path: os.truncate(path, size(path.stat().st_size))


def foreign_database(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE judgment (code INTEGER)")
        connection.commit()


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version={tables.SCHEMA_VERSION + 1}")


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "half": (cut(lambda size: size // 2), "库文件不完整，像是被截断了"),
    "one byte short": (cut(lambda size: size - 1), "库文件不完整，像是被截断了"),
    "one page": (cut(lambda _: 4096), "库文件不完整，像是被截断了"),
    "50 bytes": (cut(lambda _: 50), "库文件不完整，像是被截断了"),
    "5 bytes": (cut(lambda _: 5), "库文件不完整，像是被截断了"),
    "0 bytes": (cut(lambda _: 0), "库文件是空的，像是被截断了"),
    "text": (lambda path: path.write_text("题目,回答\n" * 99, "utf-8"), "不是 judge 的库文件"),
    "picture": (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(9999)), "不是 judge 的库文件"),
    "foreign database": (foreign_database, "是别的程序的 SQLite 文件"),
    "newer version": (
        newer,
        f"库的格式是第 {tables.SCHEMA_VERSION + 1} 版，本程序只认识到第 {tables.SCHEMA_VERSION} 版",
    ),
}


@pytest.mark.parametrize("create", [False, True])
@pytest.mark.parametrize(("damage", "message"), DAMAGES.values(), ids=DAMAGES)
def test_a_file_that_is_no_whole_store_of_ours_is_refused_untouched(
    path: Path, damage: Callable[[Path], object], message: str, create: bool
) -> None:
    damage(path)
    before = lying_in(path.parent)
    error = refusal(path, create=create)
    assert (error.message, error.where) == (message, str(path))
    assert lying_in(path.parent) == before


def test_a_folder_in_the_place_of_the_store_is_refused(tmp_path: Path) -> None:
    assert "打不开库文件" in refusal(tmp_path, create=True).message


def test_a_missing_store_is_not_made_unless_asked_for(tmp_path: Path) -> None:
    error = refusal(tmp_path / "new" / "judge.db")
    assert error.message == "还没有这个库"
    assert "judge import" in error.fix
    assert list(tmp_path.iterdir()) == []
    open_store(str(tmp_path / "new" / "judge.db"), create=True)
    assert [one.name for one in (tmp_path / "new").iterdir()] == ["judge.db"]


@pytest.mark.parametrize("below", ["judge.db", "deeper/judge.db"])
def test_a_store_that_cannot_be_made_is_said_so(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("占着")
    assert "建不了库文件" in refusal(tmp_path / "file" / below, create=True).message
    assert lying_in(tmp_path) == {"file": "占着".encode()}


def test_damage_beyond_the_header_is_an_error_in_words(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.seek(4096)
        stream.write(b"\xff" * (path.stat().st_size - 4096))
    before = lying_in(path.parent)
    store = open_store(str(path))
    with pytest.raises(StoreError, match="读不了库"):
        store.banks()
    with pytest.raises(StoreError, match="写不进库"):
        store.add(**everything())
    store.engine.dispose()
    assert lying_in(path.parent) == before


@pytest.mark.parametrize("name", ["库 名.db", "a?b=c.db", "a#b.db", "100%25.db", "a@b:c.db", "&uri=true.db"])
def test_any_file_name_will_do(tmp_path: Path, name: str) -> None:
    file = filled_and_closed(tmp_path / name)
    assert [one.name for one in tmp_path.iterdir()] == [name]
    file.chmod(0o444)
    assert len(open_store(f"sqlite:///{file}").questions("小库")) == 2
    assert [one.name for one in tmp_path.iterdir()] == [name]


# ── read-only ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_read_only_store_is_read_and_not_written_and_nothing_lies_beside_it(path: Path) -> None:
    open_for_writing = open_store(str(path))
    whole = dump(open_for_writing)
    open_for_writing.engine.dispose()
    path.chmod(0o444)
    before = lying_in(path.parent)
    store = open_store(str(path))
    assert dump(store) == whole
    assert len(list(store.items("小库"))) == 2
    with pytest.raises(StoreError, match="库文件是只读的") as caught:
        store.add(**everything())
    assert caught.value.exit_code == 2
    assert caught.value.fix == f"chmod u+w {path}，或用 --store 指定别的库"
    assert lying_in(path.parent) == before


def test_a_read_only_store_with_a_log_is_read_with_what_stands_in_the_log(tmp_path: Path) -> None:
    path = tmp_path / "there" / "judge.db"
    open_store(str(path), create=True)
    copy = logged(path)
    copy.chmod(0o444)
    before = lying_in(copy.parent)
    assert sorted(before) == ["judge.db", "judge.db-wal"]
    store = open_store(str(copy))
    assert dump(store) == dump(open_store(str(path)))
    assert store.candidates() == {1: "甲", 2: "乙", 3: "丙"}
    with pytest.raises(StoreError, match="库文件是只读的"):
        store.add(**everything())
    assert lying_in(copy.parent) == before


def test_the_copy_of_a_read_only_store_goes_when_the_store_does(tmp_path: Path) -> None:
    path = tmp_path / "there" / "judge.db"
    open_store(str(path), create=True)
    copy = logged(path)
    copy.chmod(0o444)
    (tmp_path / "tmp").mkdir()
    script = "import sys; from judge.store import open_store; print(len(open_store(sys.argv[1]).candidates()))"
    done = subprocess.run(
        [sys.executable, "-c", script, str(copy)],
        env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("3\n", "")
    assert list((tmp_path / "tmp").iterdir()) == []


# ── killed while SQLite copied the log into the file ──────────────────────────────────────────────────────────────────


def copy_first_page(path: Path) -> None:
    """Do the first step of what SQLite does with its log, as a process killed right after it leaves things."""
    log = path.with_name(f"{path.name}-wal").read_bytes()
    frames = [log[start : start + 24 + 4096] for start in range(32, len(log) - 4119, 24 + 4096)]
    first_pages = [frame[24:] for frame in frames if frame[:4] == b"\x00\x00\x00\x01" and frame[8:16] == log[16:24]]
    with path.open("r+b") as stream:
        stream.write(first_pages[-1])


@pytest.fixture
def half_copied(tmp_path: Path) -> Path:
    """A store whose header counts pages that stand only in the log."""
    path = tmp_path / "there" / "judge.db"
    open_store(str(path), create=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE tail (filler)")  # so that the file grows
        connection.commit()
    with closing(sqlite3.connect(path)) as keeps_the_log:
        keeps_the_log.execute("SELECT * FROM meta").fetchall()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("INSERT INTO tail VALUES (zeroblob(90000))")
            connection.commit()
        copy = logged(path)
    copy_first_page(copy)
    header = copy.read_bytes()[:100]
    assert int.from_bytes(header[28:32], "big") * 4096 > copy.stat().st_size
    return copy


@pytest.mark.parametrize("mode", [0o644, 0o444])
def test_a_store_killed_while_its_log_was_copied_is_whole(half_copied: Path, mode: int) -> None:
    half_copied.chmod(mode)
    whole = dump(open_store(str(half_copied.parent.parent / "there" / "judge.db")))
    store = open_store(str(half_copied))
    assert dump(store) == whole
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"


@pytest.mark.parametrize("log", ["missing", "empty", "cut", "of another time"])
def test_without_the_log_it_needs_a_half_copied_store_is_refused(half_copied: Path, log: str) -> None:
    beside = half_copied.with_name("judge.db-wal")
    match log:
        case "missing":
            beside.unlink()
        case "empty":
            beside.write_bytes(b"")
        case "cut":
            os.truncate(beside, 5000)
        case _:
            content = bytearray(beside.read_bytes())
            content[16] ^= 1  # a log that was begun anew keeps the frames of the former one under another salt
            beside.write_bytes(content)
    before = lying_in(half_copied.parent)
    assert refusal(half_copied).message == "库文件不完整，像是被截断了"
    assert lying_in(half_copied.parent) == before


# ── no room ───────────────────────────────────────────────────────────────────────────────────────────────────────────

FILL = """
import json, os, resource, sys
from pathlib import Path
from sqlalchemy import select
from judge.trail import broken
from tests.store.samples import everything
from judge.errors import StoreError
from judge.records import Answer, Candidate, Dialogue, Model, Question, Turn
from judge.store import open_store, tables

folder, how = Path(sys.argv[1]), sys.argv[2]
said, asked = {}, Question("库", "1", "闲聊", (Turn("好"),))


def fill():
    with (folder / "filler").open("wb", buffering=0) as stream:
        try:
            while True:
                stream.write(bytes(4096))
        except OSError:
            pass


if how == "disk":
    fill()
    try:
        open_store(str(folder / "judge.db"), create=True)
    except StoreError as error:
        said["creating"] = str(error)
    said["left"] = sorted(os.listdir(folder))
    os.truncate(folder / "filler", 200_000)
store = open_store(str(folder / "judge.db"), create=True)
store.add(**everything())
if how == "limit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
batches = 0
try:
    while batches < 1000:
        one = [Dialogue(asked, Candidate(f"{batches}.{n}", Model("e", f"{batches}.{n}")), (Answer("好", "长" * 900),)) for n in range(20)]
        store.add(dialogues=one)
        batches += 1
except StoreError as error:
    said["adding"] = str(error)
    said["exit_code"] = error.exit_code
said["batches"] = batches
said["full"] = len(store.dialogue_columns("库")) if how == "limit" else 20 * batches
if how == "limit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
else:
    (folder / "filler").unlink()
again = open_store(str(folder / "judge.db"))
said["stored"] = len(again.dialogue_columns("库"))
with again.engine.connect() as connection:
    said["check"] = connection.exec_driver_sql("PRAGMA integrity_check").scalar_one()
said["new"] = again.add(dialogues=one).new["dialogue"]
said["codes"] = list(again.candidates()) == list(range(1, 3 + 20 * (batches + 1) + 1))
print(json.dumps(said))
"""


def filled(command: list[str]) -> dict[str, object]:
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def assert_sound_after_no_room(found: dict[str, object]) -> None:
    batches = found["batches"]
    assert isinstance(batches, int)
    assert 1 <= batches < 1000
    assert (found["full"], found["stored"]) == (20 * batches, 20 * batches)  # what was said to be in is in, no more
    assert (found["check"], found["new"], found["codes"], found["exit_code"]) == ("ok", 20, True, 2)
    assert re.match(r"错误 E2200: .*judge\.db：写不进库（.+）\n  修复：检查磁盘空间与权限", str(found["adding"]))


def test_a_file_size_limit_ends_in_words_and_the_store_stays_sound(tmp_path: Path) -> None:
    assert_sound_after_no_room(filled([sys.executable, "-c", FILL, str(tmp_path), "limit"]))


def in_own_mounts(script: str) -> list[str]:
    """Return a command that may mount what nobody else sees and that goes with it."""
    return ["unshare", "-m", "sh", "-ec", script]


def may_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    trial = in_own_mounts("mount -t tmpfs -o size=1m tmpfs /mnt")
    return subprocess.run(trial, capture_output=True, check=False).returncode == 0


if may_mount():  # elsewhere the limit on file size stands for the full disk

    def test_a_full_disk_ends_in_words_and_the_store_stays_sound(tmp_path: Path) -> None:
        (tmp_path / "fill.py").write_text(FILL, encoding="utf-8")
        (tmp_path / "small").mkdir()
        mount = f"mount -t tmpfs -o size=1m tmpfs {tmp_path}/small"
        found = filled(in_own_mounts(f"{mount}; {sys.executable} {tmp_path}/fill.py {tmp_path}/small disk"))
        assert_sound_after_no_room(found)
        assert re.match(r"错误 E2200: .*judge\.db：建不了库文件（.+）\n  修复：.*磁盘是否已满", str(found["creating"]))
        assert found["left"] == ["filler"]

    def test_a_store_on_a_read_only_disk_is_read_and_not_written(tmp_path: Path, path: Path) -> None:
        script = """
import json, os, sys
from judge.errors import StoreError
from judge.store import open_store
from judge.trail import broken
from tests.store.samples import everything
store = open_store(sys.argv[1])
said = {"candidates": len(store.candidates())}
for name, attempt in {"adding": lambda: store.add(**everything()), "creating": lambda: open_store(sys.argv[1] + "2", create=True)}.items():
    try:
        attempt()
    except StoreError as error:
        said[name] = error.message
print(json.dumps({**said, "left": os.listdir(os.path.dirname(sys.argv[1]))}))
"""
        (tmp_path / "read.py").write_text(script, encoding="utf-8")
        mounts = f"mount --bind {path.parent} {path.parent}; mount -o remount,ro,bind {path.parent}"
        found = filled(in_own_mounts(f"{mounts}; {sys.executable} {tmp_path}/read.py {path}"))
        assert found.pop("creating") == "建不了库文件（Read-only file system）"
        assert found == {"candidates": 3, "adding": "库文件是只读的", "left": ["judge.db"]}


# ── a database server ─────────────────────────────────────────────────────────────────────────────────────────────────


def server_tables(url: str) -> list[tuple[str, int]]:
    import psycopg

    with psycopg.connect(url) as connection:
        names = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1"
        ).fetchall()
        return [(str(name), connection.execute(f'SELECT count(*) FROM "{name}"').fetchall()[0][0]) for (name,) in names]


def test_an_empty_database_is_not_filled_unless_asked_for(postgres_url: str) -> None:
    assert refusal(postgres_url).message == "数据库里还没有库"
    assert server_tables(postgres_url) == []


@pytest.mark.parametrize(
    "statements",
    [
        "CREATE TABLE customers (id int)",
        "CREATE TABLE meta (id int)",
        "CREATE TABLE meta (name text, value text); INSERT INTO meta VALUES ('application', 'Django')",
        "CREATE TABLE meta (name text, value text)",
    ],
)
def test_a_database_with_foreign_tables_is_refused_untouched(postgres_url: str, statements: str) -> None:
    import psycopg

    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(statements)
    before = server_tables(postgres_url)
    assert refusal(postgres_url, create=True).message == "数据库里有别的程序的表"
    assert server_tables(postgres_url) == before


def test_a_database_of_a_newer_program_is_refused_untouched(postgres_url: str) -> None:
    store = open_store(postgres_url, create=True)
    store.add(**everything())
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE meta SET value = '3' WHERE name = 'schema'")
    before = dump(store)
    assert (
        refusal(postgres_url, create=True).message
        == f"库的格式是第 {tables.SCHEMA_VERSION + 1} 版，本程序只认识到第 {tables.SCHEMA_VERSION} 版"
    )
    assert dump(store) == before
    store.engine.dispose()


def test_a_database_of_ours_opens_without_being_asked_to_make_it(postgres_url: str) -> None:
    first = open_store(postgres_url, create=True)
    first.add(**everything())
    second = open_store(postgres_url.replace("postgresql://", "postgres://"))
    assert dump(second) == dump(first)
    first.engine.dispose()
    second.engine.dispose()


PASSWORD = "Xk9mima密码"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://judge:{PASSWORD}@127.0.0.1:1/judge",
        f"postgres://judge:{PASSWORD}@127.0.0.1:1/judge",
        f"postgresql+psycopg://judge:{PASSWORD}@127.0.0.1:1/judge",
        f"postgresql://judge@127.0.0.1:1/judge?password={PASSWORD}",
        f"postgresql:///judge?host=127.0.0.1&port=1&user=judge&password={PASSWORD}",
        f"postgresql://judge:a/{PASSWORD}@127.0.0.1:1/judge",
        f"postgresql://judge:a@{PASSWORD}@127.0.0.1:1/judge",
        f"postgresql://judge:a@{PASSWORD}:b@127.0.0.1:1/judge",
        f"postgresql://judge:a:{PASSWORD}@127.0.0.1:1/judge",
        f"postgresql://judge:a#{PASSWORD}@127.0.0.1:1/judge",
        f"postgresql://judge:a?{PASSWORD}@127.0.0.1:1/judge",
        f"postgresql://judge:{PASSWORD}@127.0.0.1:eins/judge",
        f"postgresql://judge:{PASSWORD}@127.0.0.1:1/judge?nonsense=1",
        f"mysql://judge:{PASSWORD}@127.0.0.1:1/judge",
        f"postgresql+nonsense://judge:{PASSWORD}@127.0.0.1:1/judge",
    ],
)
def test_a_password_is_in_no_error(url: str) -> None:
    error = refusal(url, create=True)
    assert PASSWORD not in f"{error}{error.where}{error.fix}{error.__cause__ if 'eins' in url else ''}"
    assert "mima" not in str(error)


def test_the_address_of_an_open_server_store_shows_no_password(postgres_url: str) -> None:
    url = postgres_url.replace("postgres:@", f"postgres:{PASSWORD}@")
    assert PASSWORD in url
    store = open_store(url, create=True)
    assert PASSWORD not in store.where
    assert re.fullmatch(r"postgresql://postgres@/t[0-9a-f]+", store.where)
    store.engine.dispose()


def test_a_server_that_is_not_there_is_named_with_the_reason(unused_tcp_port: int) -> None:
    error = refusal(f"postgresql://judge@127.0.0.1:{unused_tcp_port}/judge")
    assert error.where == f"postgresql://judge@127.0.0.1:{unused_tcp_port}/judge"
    assert error.message.startswith("连不上数据库（")
    assert "refused" in error.message


@pytest.fixture
def unused_tcp_port() -> int:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def test_a_missing_driver_is_named_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    error = refusal("postgresql://judge@127.0.0.1:1/judge")
    assert error.message == "缺少数据库驱动 psycopg"
    assert error.fix == "安装驱动：pip install 'judge-open[postgres]'"


def test_one_store_reads_what_the_other_wrote(store_url: str) -> None:
    writer, reader = open_store(store_url, create=True), open_store(store_url)
    assert isinstance(reader, Store)
    writer.add(dialogues=[JIA_WOOD, YI_WOOD], judgments=JUDGMENTS)
    assert dump(reader) == dump(writer)
    writer.engine.dispose()
    reader.engine.dispose()


# ── a store of an earlier version ─────────────────────────────────────────────────────────────────────────────────────

BEFORE_THE_TRAIL = ("DROP TABLE trail", "DROP TABLE reviewer", "DELETE FROM meta WHERE name = 'trail'")


@pytest.fixture
def first_version(path: Path) -> Path:
    """A store as the first version left it: without a trail."""
    with closing(sqlite3.connect(path)) as connection:
        for statement in BEFORE_THE_TRAIL:
            connection.execute(statement)
        connection.execute("PRAGMA user_version=1")
        connection.commit()
    return path


def trailed(store: Store) -> list[tuple[str, str | None]]:
    return [(entry.event, entry.who) for entry in store.trail()]


def test_an_earlier_store_is_upgraded_and_its_verdicts_get_a_trail(first_version: Path) -> None:
    store = open_store(str(first_version))
    said = [("verdict", one.reviewer) for one in everything()["human_verdicts"]]
    assert trailed(store) == said
    assert not list(broken(store.trail(), store.trail_head()))
    store.engine.dispose()
    again = open_store(str(first_version))
    assert trailed(again) == said
    again.engine.dispose()


def test_an_earlier_store_that_may_not_be_written_is_read_from_an_upgraded_copy(first_version: Path) -> None:
    first_version.chmod(0o444)
    before = lying_in(first_version.parent)
    store = open_store(str(first_version))
    assert len(store.trail()) == len(everything()["human_verdicts"])
    store.engine.dispose()
    assert lying_in(first_version.parent) == before


def test_an_earlier_database_is_upgraded(postgres_url: str) -> None:
    store = open_store(postgres_url, create=True)
    store.add(**everything())
    with store.engine.begin() as connection:
        for statement in (*BEFORE_THE_TRAIL, "UPDATE meta SET value = '1' WHERE name = 'schema'"):
            connection.exec_driver_sql(statement)
    store.engine.dispose()
    upgraded = open_store(postgres_url)
    assert trailed(upgraded) == [("verdict", one.reviewer) for one in everything()["human_verdicts"]]
    assert not list(broken(upgraded.trail(), upgraded.trail_head()))
    upgraded.engine.dispose()
