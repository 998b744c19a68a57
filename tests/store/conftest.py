"""The PostgreSQL server of these tests does not wait for the disk, each test making a database of its own; processes."""

from __future__ import annotations

import multiprocessing

import pytest


@pytest.fixture(scope="session")
def processes() -> multiprocessing.context.ForkServerContext:
    """Processes that begin clean and, the slow imports being done, at once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", "judge.store", "judge.importers.llmeval2", "psycopg"])
    return context


@pytest.fixture(scope="session")
def _hasty_server(postgres_server: str) -> None:
    import psycopg

    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")


@pytest.fixture
def postgres_url(_hasty_server: None, postgres_url: str) -> str:
    """The URL of a fresh, empty PostgreSQL database."""
    return postgres_url
