"""`judge review` killed in the middle: what was acknowledged is there once, people go on where they were, no second one runs beside."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPException
from pathlib import Path

from judge.review.verifying import verify
from judge.store import Store, open_store
from tests.review.hall import BANK, JUDGE, Hurried, reviewing, world

NAMES = tuple(f"审阅{number}" for number in range(8))


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Outbox(Hurried):
    """A person whose page keeps a vote until it is acknowledged."""

    sent: dict[str, object] | None = None

    def work(self, acknowledged: list[tuple[str, str]], enough: threading.Event) -> None:
        """Vote until the server is gone, or nothing is left."""
        try:
            while tasks := self.ask("POST", "/api/next", {"holding": self.holding})["tasks"]:
                self.holding = [one["task"] for one in tasks]
                self.sent = {"task": tasks[0]["task"], "verdict": ("left", "right")[len(acknowledged) % 2]}
                self.flush(acknowledged)
                if len(acknowledged) >= 60:
                    enough.set()
        except (OSError, HTTPException):
            self.connection.close()

    def flush(self, acknowledged: list[tuple[str, str]]) -> None:
        if self.sent is not None:
            self.ask("POST", "/api/vote", self.sent)
            acknowledged.append((self.token, str(self.sent["task"])))
            self.sent = None


def kept(store: Store) -> Counter[tuple[str, str]]:
    return Counter((voice.reviewer, voice.target) for voice in store.voices())


def test_a_review_killed_under_load_has_every_acknowledged_vote_once(store_url: str) -> None:
    store = world(store_url, 60, 3)
    port, acknowledged, enough = str(free_port()), list[tuple[str, str]](), threading.Event()
    options = ("--port", port, "--repeats", "0", "--golds", "0")
    invited = ("--items", "150", "--reviewers", ",".join(NAMES), "--leads", "主编")
    with reviewing(store_url, *options, *invited) as first:
        people = [Outbox(first.people[name].host, first.people[name].token) for name in NAMES]
        for one in people:
            one.enter()
        with ThreadPoolExecutor(len(people)) as pool:
            running = [pool.submit(one.work, acknowledged, enough) for one in people]
            assert enough.wait(60)
            first.process.kill()
            for job in running:
                job.result()
    before = kept(store)
    in_flight = sum(one.sent is not None for one in people)
    assert len(acknowledged) >= 60
    assert set(before.values()) == {1}
    assert len(acknowledged) <= len(before) <= len(acknowledged) + in_flight
    assert verify(store).faults == ()

    with reviewing(store_url, *options, "--items", "0") as second:  # no links: the cookies of before still open it
        assert "要新链接：--reviewers 名字" in second.said
        for one in people:
            one.flush(acknowledged)  # sent again; whether the first one came through is not known to the page
        assert len(kept(store)) == len(acknowledged)
        with ThreadPoolExecutor(len(people)) as pool:
            for job in [pool.submit(one.work, acknowledged, enough) for one in people]:
                job.result()
    after, found = kept(store), verify(store)
    assert set(after.values()) == {1}
    assert (len(after), found.verdicts, found.faults) == (len(acknowledged), len(acknowledged), ())
    assert len(set(acknowledged)) == len(acknowledged)
    assert Counter(Counter(target for _, target in after).values()) == {1: 120, 2: 30}
    for one in people:
        one.connection.close()
    store.engine.dispose()


def test_a_second_review_of_a_bank_is_refused_with_the_reason_while_the_first_lives(tmp_path: Path) -> None:
    store_url = str(tmp_path / "judge.db")
    world(store_url, 12, 3).engine.dispose()
    command = [str(Path(sys.executable).with_name("judge")), "review", BANK, "--judge", JUDGE, "--store", store_url]

    def second() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, "--port", "0", "--reviewers", "李"], capture_output=True, text=True, check=False, timeout=60
        )

    with reviewing(store_url, "--port", "0", "--reviewers", "张") as first:
        refused = second()
        assert refused.returncode != 0
        assert f"{BANK} 的审阅已经开着，在另一个进程里" in refused.stderr
        assert "Traceback" not in refused.stderr
        assert first.people["张"].enter().ask("GET", "/api/me")["name"] == "张"  # and the first one is none the worse
        first.process.terminate()
        assert first.process.wait(10) is not None
    store = open_store(store_url)
    assert [(one.name, one.waiting) for one in store.people()] == [
        ("张", False)
    ]  # whom the second one would have invited
    store.engine.dispose()


def test_a_review_that_is_stopped_from_the_keyboard_ends_without_a_trace_of_trouble(tmp_path: Path) -> None:
    url = str(tmp_path / "judge.db")
    world(url, 12, 3).engine.dispose()
    with reviewing(url, "--port", "0", "--reviewers", "张") as first:
        person = first.people["张"].enter()
        person.judge(3)
        first.process.send_signal(signal.SIGINT)
        first.process.wait(10)
    assert "Traceback" not in first.said
    store = open_store(url)
    assert len(store.voices()) == 3
    assert store.claim(["x"]) == {"x"}
    store.engine.dispose()
