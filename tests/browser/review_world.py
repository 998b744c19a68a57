"""The review page on a real server, and people at it: each in a browser context of their own, watched."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from judge.limits import LIMITS
from judge.records import Dialogue, HumanVerdict, Plan, Skipped
from judge.review.app import review_app
from judge.review.chair import Chair, Drawing, opened
from judge.review.opinions import Opinion, Word
from judge.review.room import Terms
from judge.store import Store, open_store
from tests.browser.watched import WATCH, Opened
from tests.report.stage import example_store
from tests.review.hall import on_a_socket

PLAN = Plan(bank="demo", judge="示例评委")
PLAIN = Terms(repeats=0, golds=0)  # nothing is mixed in that measures the person
NAMES = ("示例甲", "示例乙", "示例评委")
# Who has practised is led to the items without the guidelines first; an empty page has no storage.
PRACTISED = (
    "if (location.protocol === 'http:') for (const one of '张李王陈') localStorage[`judge.${one}.practised`] = 'true'"
)
ARTICLE = "document.querySelector('article.item')"
TASK = f"{ARTICLE}?.dataset.task"


@dataclass
class Kept:
    """A store, and what people said in it."""

    store: Store

    def said(self, reviewer: str | None = None) -> list[HumanVerdict]:
        """Return all that people said here, superseded or not, in order; without the sample's own reviewers."""
        codes = [code for one in self.store.banks() for code in self.store.question_codes(one.bank.name).values()]
        kept = list(self.store.human_verdicts(codes))
        order = {key: at for at, (key, _, _) in enumerate(self.store.told())}
        found = sorted(kept, key=lambda one: order[one[0]])
        return [one for _, one in found if reviewer in (None, one.reviewer) and not one.reviewer.startswith("审阅员")]

    def standing(self, reviewer: str | None = None) -> list[HumanVerdict]:
        """Return what stands of it."""
        found = self.said(reviewer)
        gone = {one.supersedes for one in found}
        return [one for one in found if one.key not in gone]


@dataclass
class Served(Kept):
    """A review that is open: where, and what its store holds."""

    url: str
    chair: Chair

    def link(self, name: str, role: Literal["reviewer", "lead"] = "reviewer") -> str:
        return f"{self.url}/#token={self.store.invite(name, role)}"


def texts(one: Dialogue) -> str:
    """Return what a candidate answered, as `Seat.sides` reads it."""
    return "".join("".join(answer.text.split()) for answer in one.answers)


def words(found: list[HumanVerdict]) -> list[str]:
    """Return what was said: which side, or why it was passed on."""
    return [
        one.result.reason if isinstance(one.result, Skipped) else "both bad" if one.both_bad else str(one.result.side)
        for one in found
    ]


@dataclass
class Seat(Opened):
    """A person at a browser."""

    url: str = ""
    dialogs: list[str] = field(default_factory=list)

    def until(self, holds: str) -> Any:
        """Wait for an expression to hold, in the page, and return what it is: asking again from here costs more than the page."""
        waiting = (
            f"(async () => {{ for (let tries = 0; tries < 1500; tries++) {{ const found = {holds}; if (found) return found;"
            "await new Promise((done) => setTimeout(done, 8)); } return null; })()"
        )
        for _ in range(5):
            try:
                found = self.page.evaluate(waiting)
            except Exception as error:
                if "navigation" not in str(error):  # another page has come meanwhile
                    raise
            else:
                assert found, f"never so: {holds}"
                return found
        raise AssertionError(f"page after page, and never so: {holds}")

    @property
    def task(self) -> str:
        return str(self.page.evaluate(TASK))

    def at_item(self) -> str:
        """Wait for an item; return its id."""
        return str(self.until(TASK))

    def vote(self, key: str) -> str:
        """Press a key and wait for another item, or for none; return what was voted on."""
        task = self.at_item()
        self.press(key)
        self.until(f"{TASK} !== {task!r} && !document.querySelector('.wait')")
        return task

    def vote_read(self, key: str) -> str:
        """The same by one who reads for a moment: all that was voted is kept and the item after next is here."""
        self.until("JSON.parse(sessionStorage['judge.holding']).length === 2")
        task = self.vote(key)
        self.kept()
        return task

    def sides(self) -> tuple[str, str]:
        """Return all that stands left and all that stands right, as written; V has the page show texts so."""
        text = (
            "['left', 'right'].map((side) => [...document.querySelectorAll(`.side.${side} .raw`)]"
            ".map((one) => one.textContent).join('').replace(/\\s/g, ''))"
        )
        left, right = self.page.evaluate(text)
        return left, right

    def go(self, screen: str) -> None:
        self.page.evaluate(
            f"if (location.hash === '#{screen}') document.querySelector('nav [aria-current]').click();"
            f"else location.hash = '#{screen}'"
        )

    def kept(self) -> None:
        """Wait until everything voted is in the store."""
        self.until(
            "Object.keys(localStorage).filter((one) => one.endsWith('.outbox')).every((one) => localStorage[one] === '[]')"
        )

    def toast(self, text: str) -> None:
        self.until(f"document.getElementById('toast').textContent.includes({text!r})")


Enter = Callable[..., Seat]


@pytest.fixture
def enter(browser: Any) -> Iterator[Enter]:
    """Open a link, with every request beyond its own server recorded and refused."""
    contexts = []

    def entered(link: str, at: str = "vote", **settings: Any) -> Seat:
        context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", **settings}
        )
        context.set_default_timeout(8000)
        context.add_init_script(WATCH)
        if at == "vote":
            context.add_init_script(PRACTISED)
        contexts.append(context)
        url = link.partition("/#")[0]
        found = Seat(context.new_page(), url=url)

        def refuse(route: Any) -> None:
            found.asked.append(route.request.url)
            route.abort()

        def answered(dialog: Any) -> None:
            found.dialogs.append(dialog.message)
            dialog.accept()

        context.route(re.compile(rf"^(?!{re.escape(url)}/|data:|blob:)"), refuse)
        found.page.on(
            "console", lambda said: found.complaints.append(said.text) if said.type in ("error", "warning") else None
        )
        found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
        found.page.on("dialog", answered)
        found.page.goto(link)
        found.until("!!document.querySelector('main > *')")
        if at and "#token=" in link:
            found.go(at)
            if at == "vote":
                found.at_item()
        return found

    yield entered
    for context in contexts:
        context.close()


# ── servers ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def serving(path: Path, plan: Plan = PLAN, terms: Terms = PLAIN, drawing: Drawing | None = None) -> Iterator[Served]:
    """Open a store's review on a free port, in a thread."""
    store = open_store(str(path))
    chair = opened(store, plan, drawing or Drawing(items=0), terms, LIMITS)
    try:
        with on_a_socket(lambda hosts, cookie: review_app(chair, hosts, cookie)) as host:
            yield Served(store, f"http://{host}", chair)
    finally:
        store.engine.dispose()


@dataclass
class Command:
    """`judge review` as its own process, on one port; it can be killed and started again."""

    path: Path
    port: int
    process: subprocess.Popen[str] | None = None
    links: dict[str, str] = field(default_factory=dict)

    def start(self, *options: str) -> None:
        command = [str(Path(sys.executable).with_name("judge")), "review", "--bank", "demo", "--items", "0"]
        more = ["--repeats", "0", "--golds", "0", "--port", str(self.port), "--store", str(self.path), *options]
        self.process = subprocess.Popen(
            [*command, *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            cwd=self.path.parent,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"(?:审阅者|负责人) (\S+)：(http\S+)", line):
                self.links[found[1]] = found[2]
            if line.startswith("停下"):
                break
        self.wait()

    def wait(self) -> None:
        for _ in range(400):
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.025)
        raise AssertionError("the server never came")

    def kill(self) -> None:
        """End it as a power cut does."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


# ── stores ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def copied(source: Path, folder: Path) -> Path:
    """Return a copy of a store, with what its journal holds."""
    path = folder / "judge.db"
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(path)) as new:
        old.backup(new)
    return path


@contextmanager
def looked_at(path: Path) -> Iterator[Kept]:
    """Look into a store that another process works on."""
    store = open_store(str(path))
    yield Kept(store)
    store.engine.dispose()


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 multi-turn questions, two candidates, a judge's verdicts on 20 of them; nothing drawn yet."""
    folder = tmp_path_factory.mktemp("example")
    example_store(folder).engine.dispose()
    return folder / "judge.db"


@pytest.fixture(scope="session")
def drawn_store(tmp_path_factory: pytest.TempPathFactory, example: Path) -> Path:
    """The same with all that can be judged, 59 pairs, drawn for two people each."""
    path = copied(example, tmp_path_factory.mktemp("drawn"))
    store = open_store(str(path))
    opened(store, PLAN, Drawing(items=60, overlap=1.0), PLAIN, LIMITS)
    store.engine.dispose()
    return path


@pytest.fixture(scope="session")
def judged_store(tmp_path_factory: pytest.TempPathFactory, drawn_store: Path) -> Path:
    """The same after 张 and 李 judged 30 items each: alike on most, apart on every fifth, by candidate."""
    path = copied(drawn_store, tmp_path_factory.mktemp("judged"))
    store = open_store(str(path))
    room = opened(store, PLAN, Drawing(items=0), PLAIN, LIMITS).room
    names = {one.key: one.candidate.name for one in store.dialogues("demo")}
    for who in ("张", "李"):
        store.invite(who, "reviewer")
        for at in range(30):
            (task,) = room.desk.lend(who, (), 1)
            better = "示例乙" if at % 3 == 0 or (who == "李" and at % 5 == 1) else "示例甲"
            side: Word = "left" if names[task.shown[0]] == better else "right"
            room.vote(who, Opinion(task=task.id, verdict=side, comment=f"第{at}条", confidence=2))
    store.engine.dispose()
    return path


@pytest.fixture
def judged(judged_store: Path, tmp_path: Path) -> Iterator[Served]:
    """The review of a fresh copy of that."""
    with serving(copied(judged_store, tmp_path)) as found:
        yield found


@pytest.fixture
def review(drawn_store: Path, tmp_path: Path) -> Iterator[Served]:
    """The review of a fresh copy."""
    with serving(copied(drawn_store, tmp_path)) as found:
        yield found


@pytest.fixture
def command(drawn_store: Path, tmp_path: Path) -> Iterator[Command]:
    """The same as the real command, not started yet."""
    found = Command(copied(drawn_store, tmp_path), free_port())
    yield found
    if found.process is not None:
        found.kill()
