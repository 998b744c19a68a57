"""A review as people meet it: a bank every name of which tells, the real app on a real socket, and people who came by a link."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import combinations
from pathlib import Path
from typing import Any, Self

import httpx
from sqlalchemy import select

from judge.limits import LIMITS
from judge.records import (
    DIALOGUE,
    Answer,
    Bank,
    Candidate,
    Case,
    Dialogue,
    Judge,
    Judgment,
    Model,
    Plan,
    Question,
    Score,
    Scores,
    Side,
    Turn,
    Verdict,
)
from judge.review.app import review_app
from judge.review.app.guard import App, Rates
from judge.review.app.serving import hosts_of, listening, server_of
from judge.review.chair import Chair, Drawing, opened
from judge.review.room import Terms
from judge.store import Store, open_store, tables
from judge.store.people import Role

# Nothing here stands in a question, an answer, the page, its script or its words.
BANK = "llmeval2-隐名题库"
ENDPOINT = "夜莺端点"
CANDIDATES = ("宿敌甲-72B", "云梯乙-plus", "recorded:llmeval2/Nachtigall-丙", "青瓷丁-turbo", "鹿角戊-max")
MODELS = tuple(f"vendor/telltale-{at}" for at in range(len(CANDIDATES)))
JUDGE = "铁面判官"
REASON = "泄底理由"
JUDGE_MODEL = "vendor/telltale-judge"
RUN = "深夜那次评测"
TELLING = (BANK, ENDPOINT, JUDGE, REASON, JUDGE_MODEL, RUN, *CANDIDATES, *MODELS)
PLAN = Plan(bank=BANK, judge=JUDGE)
ABILITIES = ("计算", "闲聊", "写作")
FAST = Rates(requests=1e6, burst=1e6, knocks=1e6, knocks_at_once=1e6)
MEASURED, PLAIN = Terms(), Terms(repeats=0, golds=0)
LONG = 4 * "这道题要先把条件列清楚。\n\n1. 首先看**已知**的数量；\n2. 再看要求的数量；\n3. 最后代入检验。\n\n"


def candidate(at: int) -> Candidate:
    return Candidate(CANDIDATES[at], Model(ENDPOINT, MODELS[at]))


def question(number: int, turns: int = 1) -> Question:
    asked = tuple(Turn(f"第{number}题第{at + 1}问：一共有多少？") for at in range(turns))
    return Question(BANK, f"q{number:05}", ABILITIES[number % len(ABILITIES)], asked)


def held(one: Question, at: int, text: str) -> Dialogue:
    """A candidate's answers; every tenth question one of them says who it is."""
    odd = int(one.id[1:])
    who = f"我是{CANDIDATES[at].rpartition('/')[2]}，很高兴为您服务。" if odd % 10 == at else ""
    return Dialogue(
        one, candidate(at), tuple(Answer(turn.prompt, f"{who}{text}答案是{odd + at}。") for turn in one.turns)
    )


def world(
    url: str,
    questions: int = 40,
    candidates: int = 3,
    turns: int = 2,
    *,
    scored: bool = False,
    verdict: Callable[[Side], Side] = lambda side: side,
    text: str = "答得**简短**。",
) -> Store:
    """Make a store: every pair of candidates judged in both placements (or every answer scored), in doubt now and then.

    verdict: what becomes of the judge's verdicts.
    """
    judge = Judge(JUDGE, Model(ENDPOINT, JUDGE_MODEL), "scores" if scored else "pair")
    judgments: list[Judgment] = []
    for number in range(questions):
        one, luck = question(number, 1 + number % turns), random.Random(number)
        dialogues = [held(one, at, text) for at in range(candidates)]
        if scored:
            for dialogue in dialogues:
                score = Scores(Score(float(luck.randint(1, 10)), 1, 10))
                judgments.append(Judgment(Case(one, DIALOGUE, (dialogue,)), judge, score, f"{REASON}{number}"))
            continue
        for first, second in combinations(dialogues, 2):
            won, flipped = luck.choice((Side.FIRST, Side.SECOND)), luck.random() < 0.2
            for shown in ((first, second), (second, first)):
                side = won if (shown[0] is first or flipped) else Side.SECOND if won is Side.FIRST else Side.FIRST
                said = Verdict(verdict(side))
                judgments.append(Judgment(Case(one, DIALOGUE, shown), judge, said, f"{REASON}{number}"))
    store = open_store(url, create=True)
    store.add(banks=[Bank(BANK, abilities=ABILITIES)], judgments=judgments)
    return store


def chair_of(store: Store, items: int = 40, overlap: float = 0.2, terms: Terms = MEASURED, plan: Plan = PLAN) -> Chair:
    """Open a room in which so many items are drawn."""
    return opened(store, plan, Drawing(items, overlap=overlap), terms, LIMITS)


# ── on a socket ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Hall:
    """A review that is served, and how to come in."""

    chair: Chair
    host: str
    app: Any
    came: list[httpx.Client] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return self.chair.room.store

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def client(self) -> httpx.Client:
        """A browser that has no cookie yet; it sends what a page from here sends."""
        made = httpx.Client(base_url=self.url, headers={"origin": self.url}, timeout=60, trust_env=False, verify=False)
        self.came.append(made)
        return made

    def person(self, name: str, role: Role = "reviewer") -> Visitor:
        """Give a person a link, and let the person enter by it."""
        return Visitor(self.client(), name).enter(self.store.invite(name, role))


@contextmanager
def on_a_socket(make: Callable[[list[str], str], App]) -> Iterator[str]:
    """Serve what is made for hosts and a cookie's name, as the commands do, on a free port; yields where."""
    with listening("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        server = server_of(make(hosts_of("127.0.0.1", port), f"judge_review_{port}"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def hall(chair: Chair, rates: Rates = FAST) -> Iterator[Hall]:
    """Serve a room as `judge review` does, on a free port."""
    made: list[Any] = []

    def make(hosts: list[str], cookie: str) -> App:
        made.append(review_app(chair, hosts, cookie, rates=rates))
        return made[0]

    with on_a_socket(make) as host:
        found = Hall(chair, host, made[0])
        try:
            yield found
        finally:
            for client in found.came:
                client.close()


@dataclass
class Visitor:
    """A person at the page, who does what the page does."""

    client: httpx.Client
    name: str
    holding: list[str] = field(default_factory=list)

    @property
    def cookie(self) -> str:
        """The header by which the server knows this person."""
        return "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())

    def enter(self, token: str) -> Self:
        assert self.client.post("/api/enter", json={"token": token}).status_code == 200
        self.client.headers["x-csrf"] = self.client.get("/api/me").json()["csrf"]
        return self

    def get(self, path: str) -> Any:
        return self._read(self.client.get(path))

    def post(self, path: str, **body: Any) -> Any:
        return self._read(self.client.post(path, json=body))

    def _read(self, answer: httpx.Response) -> Any:
        assert answer.status_code == 200, (answer.status_code, answer.text)
        return answer.json()

    def next(self) -> list[dict[str, Any]]:
        """Ask for tasks, those held already first."""
        tasks: list[dict[str, Any]] = self.post("/api/next", holding=self.holding)["tasks"]
        self.holding = [one["task"] for one in tasks]
        return tasks

    def vote(self, task: str, verdict: str = "left", **more: Any) -> Any:
        self.holding = [one for one in self.holding if one != task]
        return self.post("/api/vote", task=task, verdict=verdict, **more)


@dataclass
class Hurried:
    """A person who votes as fast as answers come, over a connection that is kept; what each request took, in milliseconds."""

    host: str
    token: str
    holding: list[str] = field(default_factory=list)
    took: dict[str, list[float]] = field(default_factory=lambda: {"next": [], "vote": []})

    def __post_init__(self) -> None:
        self.connection = HTTPConnection(self.host, timeout=120)
        self.headers = {"origin": f"http://{self.host}", "content-type": "application/json"}

    def ask(self, method: str, path: str, body: object = None) -> Any:
        self.connection.request(method, path, json.dumps(body) if method == "POST" else None, self.headers)
        answer = self.connection.getresponse()
        said = json.loads(answer.read())
        assert answer.status == 200, (answer.status, said)
        if cookie := answer.getheader("set-cookie"):
            self.headers["cookie"] = cookie.partition(";")[0]
        return said

    def enter(self) -> Self:
        self.ask("POST", "/api/enter", {"token": self.token})
        self.headers["x-csrf"] = self.ask("GET", "/api/me")["csrf"]
        return self

    def timed(self, name: str, body: object) -> Any:
        start = time.perf_counter()
        said = self.ask("POST", f"/api/{name}", body)
        self.took[name].append(1000 * (time.perf_counter() - start))
        return said

    def judge(self, most: int = 1_000_000) -> list[str]:
        """Vote so often, or until nothing is left; return the tasks that were acknowledged."""
        done: list[str] = []
        while len(done) < most and (tasks := self.timed("next", {"holding": self.holding})["tasks"]):
            word = ("left", "right", "tie", "both_bad")[len(done) % 4]
            self.timed("vote", {"task": tasks[0]["task"], "verdict": word, "confidence": 2})
            self.holding = [one["task"] for one in tasks[1:]]
            done.append(tasks[0]["task"])
        return done


# ── in a process of its own ───────────────────────────────────────────────────────────────────────────────────────────

LINK = re.compile(r"(\S+)：http://(\S+)/#token=(\S+)")


@dataclass
class Command:
    """A `judge review` that runs, what it said until it was ready, and the links it gave, by name."""

    process: subprocess.Popen[str]
    said: str
    people: dict[str, Hurried]


@contextmanager
def reviewing(url: str, *options: str) -> Iterator[Command]:
    """Run `judge review` on a store; it is gone afterwards."""
    command = [str(Path(sys.executable).with_name("judge")), "review", BANK, "--judge", JUDGE, "--store", url, *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    found = Command(process, "", {})
    try:
        for line in process.stdout:
            found.said += line
            if link := LINK.search(line):
                found.people[link[1]] = Hurried(link[2], link[3])
            if "Ctrl-C" in line:
                break
        yield found
    finally:
        process.kill()
        found.said += process.communicate()[0]
        for one in found.people.values():
            one.connection.close()


def everything(store: Store) -> str:
    """All that stands in the tables of a store, as text."""
    with store.engine.connect() as connection:
        found = [row for table in tables.metadata.sorted_tables for row in connection.execute(select(table))]
    return "\n".join(str(value) for row in found for value in row)
