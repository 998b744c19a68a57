"""Processes at one store."""

from __future__ import annotations

import multiprocessing

import pytest


@pytest.fixture(scope="session")
def processes() -> multiprocessing.context.ForkServerContext:
    """Processes that begin clean and, the slow imports being done, at once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", "judge.store", "judge.importers.llmeval2", "psycopg"])
    return context
