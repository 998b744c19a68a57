"""Threads that add at once: each piece is written once, none returns before its own is, and a fault is told to whom it belongs."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from judge.errors import InputError, StoreError
from judge.store.turns import Turns


def test_what_comes_while_one_writes_is_written_together_and_in_order() -> None:
    written: list[list[int]] = []
    begun, go = threading.Event(), threading.Event()

    def write(pieces: Sequence[int]) -> None:
        begun.set()
        assert go.wait(10)
        written.append(list(pieces))

    turns = Turns(write)
    with ThreadPoolExecutor(6) as pool:
        jobs = [pool.submit(turns.add, 0)]
        assert begun.wait(10)
        for piece in range(1, 6):
            jobs.append(pool.submit(turns.add, piece))
            while len(turns._waiting) < piece:
                time.sleep(0.001)
        assert not any(job.done() for job in jobs)  # nobody returns before its own is written
        go.set()
        for job in jobs:
            job.result(10)
    assert written == [[0], [1, 2, 3, 4, 5]]


def test_a_hundred_threads_lose_nothing_and_double_nothing() -> None:
    written: list[int] = []
    sizes: list[int] = []
    writing = threading.Lock()

    def write(pieces: Sequence[int]) -> None:
        assert writing.acquire(blocking=False)  # one at a time
        time.sleep(0.001)
        written.extend(pieces)
        sizes.append(len(pieces))
        writing.release()

    turns = Turns(write)

    def add(piece: int) -> None:
        turns.add(piece)
        assert piece in written

    with ThreadPoolExecutor(100) as pool:
        list(pool.map(add, range(500)))
    assert sorted(written) == list(range(500))
    assert max(sizes) > 1


def test_a_piece_that_is_refused_spoils_none_of_the_others() -> None:
    kept: list[int] = []
    begun, go = threading.Event(), threading.Event()

    def write(pieces: Sequence[int]) -> None:  # all or nothing
        begun.set()
        assert go.wait(10)
        if 3 in pieces:
            raise InputError("三不行")
        kept.extend(pieces)

    turns = Turns(write)
    with ThreadPoolExecutor(6) as pool:
        jobs = [pool.submit(turns.add, 0)]
        assert begun.wait(10)
        for piece in range(1, 6):
            jobs.append(pool.submit(turns.add, piece))
            while len(turns._waiting) < piece:
                time.sleep(0.001)
        go.set()
        errors = [job.exception(10) for job in jobs]
    assert kept == [0, 1, 2, 4, 5]
    assert [type(error) for error in errors] == [type(None)] * 3 + [InputError] + [type(None)] * 2


@pytest.mark.parametrize("error", [StoreError("盘满了"), ZeroDivisionError()])
def test_where_nothing_was_written_nobody_is_told_otherwise(error: Exception) -> None:
    begun, go = threading.Event(), threading.Event()
    calls: list[int] = []

    def write(pieces: Sequence[int]) -> None:
        calls.append(len(pieces))
        begun.set()
        assert go.wait(10)
        if len(calls) > 1:
            raise error

    turns = Turns(write)
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(turns.add, 0)]
        assert begun.wait(10)
        for piece in range(1, 4):
            jobs.append(pool.submit(turns.add, piece))
            while len(turns._waiting) < piece:
                time.sleep(0.001)
        go.set()
        errors = [job.exception(10) for job in jobs]
    assert errors[0] is None
    assert all(isinstance(one, StoreError | ZeroDivisionError) for one in errors[1:])
    assert calls == [1, 3]
    turns_again = ThreadPoolExecutor(1)
    with turns_again:
        calls.clear()
        turns_again.submit(turns.add, 9).result(10)  # and the next one is not held up
