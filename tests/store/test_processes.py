"""Several processes at one store, and processes killed in the middle: nothing lost, nothing doubled, nothing half."""

from __future__ import annotations

import gzip
import json
import multiprocessing
import random
import time
from itertools import islice
from pathlib import Path

import pytest

from judge.store import open_store
from tests.store import processes as work
from tests.store.processes import PATIENCE, said, started
from tests.store.samples import codes, dump

START_IN = 0.6  # seconds until all processes are there to begin at once

# ── several at once ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_eight_processes_make_one_store_at_the_same_moment(
    processes: multiprocessing.context.ForkServerContext, store_url: str
) -> None:
    start = time.time() + START_IN
    running = [started(processes, work.only_make, store_url, start) for _ in range(8)]
    assert [said(*one) for one in running] == ["0"] * 8
    store = open_store(store_url)
    assert len(dump(store)["meta"]) == (0 if store.engine.dialect.name == "sqlite" else 2)
    store.engine.dispose()
    if store.engine.dialect.name == "sqlite":
        assert [one.name for one in Path(store_url).parent.iterdir()] == ["judge.db"]


@pytest.mark.parametrize(
    ("writers", "candidates"),
    [([["a"], ["bb"]], 3), ([["a", "c"], ["bb", "c"]], 4), ([["a"], ["a"]], 2), ([["a"], ["bb"], ["c"], ["dd"]], 5)],
    ids=["different data", "some of it the same", "the same data", "four at once"],
)
def test_processes_that_write_at_once_lose_nothing_and_double_nothing(
    processes: multiprocessing.context.ForkServerContext, store_url: str, writers: list[list[str]], candidates: int
) -> None:
    start = time.time() + START_IN
    running = [started(processes, work.add_games, store_url, names, start) for names in writers]
    answers = [said(*one) for one in running]
    assert [answer for answer in answers if not answer.startswith("{")] == []
    new = [json.loads(answer) for answer in answers]
    expected = {
        "question": 40,
        "candidate": candidates,
        "judge": 1,
        "dialogue": 40 * candidates,
        "judgment": 40 * (candidates - 1),
    }
    assert {name: sum(one[name] for one in new) for name in expected} == expected
    store = open_store(store_url)
    found = codes(store)
    assert {name: found[name] for name in expected} == {name: list(range(1, expected[name] + 1)) for name in expected}
    wanted = {one.key for names in writers for name in names for one in work.games(name, 40)}
    assert {one.key for item in store.items("库") for one in item.judgments} == wanted
    store.engine.dispose()


# ── kill -9 ───────────────────────────────────────────────────────────────────────────────────────────────────────────

KILLS = 5


@pytest.fixture
def some_recorded(recorded: Path, tmp_path: Path) -> Path:
    """The first dialogues of LLMEval-2."""
    file = tmp_path / "some" / "dialogs.jsonl"
    file.parent.mkdir()
    with gzip.open(recorded / "llmeval2" / "dialogs.jsonl.gz", "rt", encoding="utf-8") as lines:
        file.write_text("".join(islice(lines, 500)), encoding="utf-8")
    return file


@pytest.mark.recorded
def test_an_import_killed_again_and_again_ends_like_one_never_killed(
    processes: multiprocessing.context.ForkServerContext, store_url: str, some_recorded: Path, tmp_path: Path
) -> None:
    quiet = open_store(str(tmp_path / "quiet.db"), create=True)
    begun = time.perf_counter()
    for batch in work.recorded_batches(some_recorded):
        quiet.add(**batch)
    whole = time.perf_counter() - begun

    moments = random.Random(20261121)
    killed, seen = 0, []
    while killed < KILLS:
        process, here = started(processes, work.import_recorded, store_url, some_recorded)
        assert here.recv() == "ready"
        time.sleep(moments.random() * whole)
        if here.poll():  # it was done before the moment came
            assert here.recv() == "done"
            process.join(PATIENCE)
        else:
            process.kill()
            process.join(PATIENCE)
            assert process.exitcode == -9
            killed += 1
        here.close()
        store = open_store(store_url, create=True)
        seen.append(len(store.dialogue_columns("llmeval2")))
        store.engine.dispose()

    process, here = started(processes, work.import_recorded, store_url, some_recorded)
    assert [here.recv(), here.recv()] == ["ready", "done"]
    process.join(PATIENCE)
    here.close()
    assert seen == sorted(seen)  # what was in stays in
    assert all(count % 125 == 0 for count in seen)  # and comes in whole calls
    store = open_store(store_url)
    assert len(store.dialogue_columns("llmeval2")) == 500
    after, without = dump(store), dump(quiet)
    assert {name for name in after if after[name] != without[name]} <= {"meta"}
    if store.engine.dialect.name == "sqlite":
        with store.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    store.engine.dispose()
