"""An arena as people meet it: candidates behind a real server on loopback, the real app on a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from judge.models.openai_compatible import OpenAICompatible
from judge.models.pacing import Limits, Pace
from judge.models.vendors import preset
from judge.records import Candidate
from judge.report.words import Language
from judge.review.app import arena_app
from judge.review.app.guard import Rates
from judge.review.opinions import Ballot
from judge.review.ring import Ring, Terms
from judge.rubric import read_rubrics, shipped_rubrics
from judge.store import Store
from judge.store.people import Role
from judge.work import Caps, Progress, Purse, Voice
from tests.models import Answer, error
from tests.review.hall import Visitor, on_a_socket

# Nothing here stands in a question, an answer, the page, its script or its words.
NAMES = ("宿敌甲-72B", "云梯乙-plus", "青瓷丁-turbo", "鹿角戊-max")
MODELS = tuple(f"vendor/telltale-{at}" for at in range(len(NAMES)))
TELLING = (*NAMES, *MODELS)
VOICES = ("强", "弱", "中", "新")  # how each begins its answers, from its system prompt
RUBRICS = read_rubrics(shipped_rubrics())
TERMS, UNCAPPED = Terms(), Caps()
FAST = Rates(1e6, 1e6, 1e6, 1e6, 1e6, 1e6)
Result = TypeVar("Result")


def script(messages: list[dict[str, str]]) -> Answer:
    """Answer by voice and with the number of the turn; what the last message says of one voice befalls that one."""
    said, last = messages[0]["content"], messages[-1]["content"]
    if f"{said}被滤" in last:
        return Answer("", finish="content_filter")
    if f"{said}空着" in last:
        return Answer("")
    if f"{said}被截" in last:
        return Answer(f"{said}答到一半", finish="length")
    if f"{said}自称" in last:
        return Answer(f"我是{NAMES[VOICES.index(said)]}，很高兴为您服务。{said}答。")
    if f"{said}慢慢" in last:
        return Answer(f"{said}慢答", latency=1.0)
    return Answer(f"{said}答第{len(messages) // 2}轮：{last}")


class Moody:
    """The same, with voices that are busy or refuse for a while."""

    def __init__(self) -> None:
        self.fails: dict[str, Answer] = {}

    def __call__(self, messages: list[dict[str, str]]) -> Answer:
        return self.fails.get(messages[0]["content"]) or script(messages)

    def busy(self, voice: str) -> None:
        self.fails[voice] = error(503, "", "overloaded")

    def refuse(self, voice: str) -> None:
        self.fails[voice] = error(401, "invalid_api_key", f"no such key for {TELLING}")

    def recover(self) -> None:
        self.fails.clear()


def fighters(url: str, who: Sequence[int]) -> list[tuple[Candidate, Voice]]:
    found = []
    for at in who:
        model = OpenAICompatible(NAMES[at], preset("vllm"), MODELS[at], environment={}, url=url, system=VOICES[at])
        found.append((Candidate(NAMES[at], model.identity), Voice(model, Pace(Limits(attempts=1)))))
    return found


@dataclass
class Ground:
    """A ring, what it told its keeper, and the event loop that all of it runs on."""

    ring: Ring
    told: list[str]
    fought: list[tuple[Candidate, Voice]]

    def run(self, doing: Coroutine[Any, Any, Result]) -> Result:
        async def whole() -> Result:
            try:
                return await doing
            finally:
                await self.close()

        return asyncio.run(whole())

    async def close(self) -> None:
        for _, voice in self.fought:
            await voice.model.aclose()  # type: ignore[attr-defined]

    async def asked(self, who: str, *prompts: str, ability: str = "闲聊") -> str:
        """Ask one turn after the other of a person's battle, or of a new one; return its id."""
        ring = self.ring
        for prompt in prompts:
            there = ring.open.get(who)
            turn = len(there.prompts) + 1 if there else 1
            await ring.landed(await ring.ask(who, there.id if there else None, turn, prompt, ability))
        return ring.open[who].id

    async def voted(self, who: str, verdict: Any, **more: Any) -> bool:
        battle = self.ring.open[who]
        return await self.ring.vote(who, Ballot(task=battle.id, verdict=verdict, turns=battle.whole, **more))

    async def preferred(self, who: str, better: str | None, *prompts: str) -> None:
        """Fight a battle and vote for a candidate by name, whichever side it stands on; None: a tie."""
        await self.asked(who, *(prompts or ("问一句",)))
        left, _ = self.ring.open[who].candidates
        await self.voted(who, "tie" if better is None else "left" if left.name == better else "right")


def ground(
    store: Store, url: str, who: Sequence[int] = (0, 1), *, terms: Terms = TERMS, caps: Caps = UNCAPPED
) -> Ground:
    """Open a ring for some of the candidates."""
    told: list[str] = []
    fought = fighters(url, who)
    store.add_candidates([candidate for candidate, _ in fought])
    return Ground(Ring(store, fought, terms, RUBRICS, Purse(caps, Progress()), told.append), told, fought)


@dataclass
class Arena:
    """An arena that is served, and how to come in."""

    ground: Ground
    host: str
    came: list[httpx.Client] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)  # of all answers

    @property
    def store(self) -> Store:
        return self.ground.ring.store

    def client(self) -> httpx.Client:
        url = f"http://{self.host}"

        def read(answer: httpx.Response) -> None:
            answer.read()
            self.bodies.append(str(answer.headers).encode() + answer.content)

        made = httpx.Client(
            base_url=url, headers={"origin": url}, timeout=60, trust_env=False, event_hooks={"response": [read]}
        )
        self.came.append(made)
        return made

    def person(self, name: str, role: Role = "reviewer") -> Fighter:
        return Fighter(self.client(), name).enter(self.store.invite(name, role))


class Fighter(Visitor):
    """A person at the arena's page, who does what the page does."""

    def stands(self) -> Any:
        """Return the battle when nothing is on its way any more."""
        while True:
            battle = self.get("/api/battle")["battle"]
            if not battle or not battle["asking"]:
                return battle

    def ask(self, prompt: str, **more: Any) -> Any:
        battle = self.stands()
        about = {"battle": battle["task"], "turn": len(battle["turns"]) + 1} if battle else {}
        self.post("/api/ask", prompt=prompt, **about, **more)
        return self.stands()

    def decide(self, verdict: str) -> Any:
        battle = self.stands()
        return self.post("/api/vote", task=battle["task"], verdict=verdict, turns=battle["whole"])


@contextmanager
def arena(found: Ground, rates: Rates = FAST, language: Language = "zh") -> Iterator[Arena]:
    """Serve a ring as `judge arena` does, on a free port."""
    with on_a_socket(lambda hosts, cookie: arena_app(found.ring, hosts, cookie, found.close, language, rates)) as host:
        opened = Arena(found, host)
        try:
            yield opened
        finally:
            for client in opened.came:
                client.close()
