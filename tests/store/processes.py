"""What other processes do to a store in the tests, and how they are started and heard."""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from judge.errors import JudgeError
from judge.importers import llmeval2
from judge.records import DIALOGUE, Answer, Candidate, Case, Dialogue, Judge, Judgment, Model, Question, Side, Verdict
from judge.store import open_store
from tests.store.samples import Batch

PATIENCE = 60


def started(
    context: multiprocessing.context.ForkServerContext, work: Callable[..., None], *arguments: object
) -> tuple[BaseProcess, Connection]:
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(*arguments, there), daemon=True)
    process.start()
    there.close()
    return process, here


def said(process: BaseProcess, here: Connection) -> str:
    assert here.poll(PATIENCE), "no word from the process"
    found = str(here.recv())
    process.join(PATIENCE)
    here.close()
    assert process.exitcode == 0
    return found


# ── the work of one process ───────────────────────────────────────────────────────────────────────────────────────────


def recorded_batches(path: Path, size: int = 125) -> list[Batch]:
    """Read recorded dialogues, judgments and human verdicts in batches of a fixed size."""
    found = llmeval2.read(path)
    return [
        Batch(
            banks=found.banks,
            dialogues=found.dialogues[start : start + size],
            judgments=found.judgments[start : start + size],
            human_verdicts=found.human_verdicts[start : start + size],
        )
        for start in range(0, len(found.dialogues), size)
    ]


def import_recorded(url: str, path: Path, ready: Connection) -> None:
    """Say that the records are read, then store them batch by batch."""
    batches = recorded_batches(path)
    ready.send("ready")
    store = open_store(url, create=True)
    for batch in batches:
        store.add(**batch)
    ready.send("done")


def games(writer: str, count: int) -> list[Judgment]:
    """Return judgments of one writer's own candidate against one that all share, on questions that all share."""
    judge = Judge("评委", Model("here", "judge"))
    shared, own = Candidate("共有", Model("here", "shared")), Candidate(writer, Model("here", writer))
    made = []
    for number in range(count):
        question = Question("库", f"{number}", "闲聊", ())
        shown = tuple(Dialogue(question, one, (Answer(None, "答"),)) for one in (shared, own))
        made.append(Judgment(Case(question, DIALOGUE, shown), judge, Verdict(Side.FIRST)))
    return made


def add_games(url: str, writers: list[str], start: float, said: Connection) -> None:
    """At a given moment make the store and add the games of some writers in small calls; send what was new, or the error."""
    new: dict[str, int] = {}
    time.sleep(max(0.0, start - time.time()))
    try:
        store = open_store(url, create=True)
        batches = [games(writer, 40)[at : at + 4] for writer in writers for at in range(0, 40, 4)]
        for batch in batches:
            # The other process meets the same records in another order.
            added = store.add(judgments=batch if len(writers[0]) % 2 else batch[::-1])
            for name, count in added.new.items():
                new[name] = new.get(name, 0) + count
        said.send(json.dumps(new))
    except JudgeError as error:
        said.send(str(error))
    finally:
        sys.stdout.flush()


def only_make(url: str, start: float, said: Connection) -> None:
    """At a given moment make the store; send the number of its banks, or the error."""
    time.sleep(max(0.0, start - time.time()))
    try:
        said.send(str(len(open_store(url, create=True).banks())))
    except JudgeError as error:
        said.send(str(error))


def ask_secret(url: str, start: float, said: Connection) -> None:
    """At a given moment ask for the store's secret; send it."""
    store = open_store(url)
    time.sleep(max(0.0, start - time.time()))
    said.send(store.secret().hex())


def claim_and_stay(url: str, name: str, start: float, said: Connection) -> None:
    """At a given moment claim a piece of work, send whether it was given, and live on until killed."""
    store = open_store(url)
    time.sleep(max(0.0, start - time.time()))
    said.send(str(store.claim([name]) == {name}))
    time.sleep(PATIENCE)


def append_games(url: str, writer: str, start: float, said: Connection) -> None:
    """At a given moment append, in small calls, judgments that others append too, each with the writer's own reply."""
    store = open_store(url)
    judgments = [replace(one, reply=writer) for one in games("a", 40)]
    time.sleep(max(0.0, start - time.time()))
    try:
        for at in range(0, 40, 4):
            store.add_judges([one.judge for one in judgments[at : at + 4]])
            store.append_judgments(judgments[at : at + 4])
        said.send("done")
    except JudgeError as error:
        said.send(str(error))
