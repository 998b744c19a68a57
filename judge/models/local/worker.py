"""The thread that holds a model and takes whatever waits: answers, odds, rewards.

Answers grow together and leave when they end (`writing`); odds and rewards are computed in batches before and between.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Literal, TypeAlias

from judge.errors import JudgeError, ModelBusy, ModelRefused
from judge.models.local import batches
from judge.models.local.batches import Ask
from judge.models.local.loading import Found, Loaded, Tokens, load
from judge.models.local.memory import KEPT_TOKENS, Memory
from judge.models.local.writing import Growing, StreamEnded, stream, write

GATHER_SECONDS = 0.01  # how long a batch waits for one more, from the last that came
MOST_TOKENS = 262_144  # of a batch, padding counted

Kind: TypeAlias = Literal["said", "sampled", "odds", "reward"]


@dataclass(eq=False, frozen=True)
class Wanted:
    """What is wanted of the model, and who waits for it: an answer, the odds of some continuations, a reward."""

    kind: Kind
    ask: Ask
    continuations: tuple[Tokens, ...]
    answer: asyncio.Future[Any]

    def tell(self, found: object) -> None:
        """Hand over what was found, an exception as well, to whoever still waits for it."""

        def told() -> None:
            if self.answer.done():
                return
            if isinstance(found, BaseException):
                self.answer.set_exception(found)
            else:
                self.answer.set_result(found)

        with suppress(RuntimeError):  # the loop has been closed meanwhile
            self.answer.get_loop().call_soon_threadsafe(told)


class Worker:
    """A model in a thread of its own; `name` and `found` say which. batch_tokens: of a batch, else as many as memory holds."""

    def __init__(self, name: str, found: Found, batch_tokens: int | None = None) -> None:
        self.name, self.found, self.batch_tokens = name, found, batch_tokens
        self.loaded: Loaded | None = None  # when something is wanted for the first time
        self.memory = Memory()
        self._usable: Memory | None = None  # the same, where the model's layers let it be
        self.written = 0  # tokens of answers so far, those under way included
        self.seconds = 0.0  # in which they were written
        self._streams = found.device == "cuda"  # which continuous batching is for
        self._thread = ThreadPoolExecutor(1, f"hf:{name}")
        self._lock = threading.Lock()
        self._queue: list[Wanted] = []
        self._open: set[Wanted] = set()  # taken from the queue and not answered yet

    async def said(self, ask: Ask) -> Growing:
        """Return an answer that is written."""
        found: Growing = await self._wait("sampled" if ask.temperature > 0 else "said", ask)
        return found

    async def odds(self, tokens: Tokens, continuations: Sequence[Tokens]) -> list[float]:
        """Return the probabilities of some continuations among themselves."""
        found: list[float] = await self._wait("odds", Ask(tokens, 0), tuple(continuations))
        return found

    async def reward(self, tokens: Tokens) -> float:
        """Return a reward model's number for a conversation."""
        found: float = await self._wait("reward", Ask(tokens, 0))
        return found

    @property
    def doing(self) -> str:
        """Say what the model is at; empty where nothing is wanted of it."""
        wanted = len(self._queue) + len(self._open)
        if not wanted:
            return ""
        if self.loaded is None:
            return "正在装入权重"
        speed = f"，{self.written / self.seconds:,.0f} token/秒" if self.seconds > 1 else ""
        return f"在做 {wanted} 条，已读 {self.memory.read:,}、已写 {self.written:,} token{speed}"

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown()

    async def _wait(self, kind: Kind, ask: Ask, continuations: tuple[Tokens, ...] = ()) -> Any:
        wanted = Wanted(kind, ask, continuations, asyncio.get_running_loop().create_future())
        with self._lock:
            self._queue.append(wanted)
        self._thread.submit(self._work).add_done_callback(self._ended)
        return await wanted.answer

    # ── the thread ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _work(self) -> None:
        """Answer all that waits, and what comes meanwhile."""
        before = 0
        while before != len(self._queue):
            before = len(self._queue)
            time.sleep(GATHER_SECONDS)
        while self._queue:
            if self.loaded is None:
                self.loaded = load(self.found)
                self.memory.most = min(KEPT_TOKENS, batches.room(self.loaded))
                self._usable = self.memory if batches.keeps(self.loaded) else None
            self._compute(self.loaded)
            self._write(self.loaded)

    def _ended(self, work: Future[None]) -> None:
        """Hand what went wrong to everyone who waits."""
        error = work.exception()
        if error is not None:
            if not isinstance(error, JudgeError):
                said = (str(error).strip().splitlines() or [""])[0][:160]
                fix = "换一种 dtype 或 device 再试；仍然如此，请把这一行反馈"
                cause, error = (
                    error,
                    ModelRefused(f"模型算不下去（{type(error).__name__}：{said}）", where=self.name, fix=fix),
                )
                error.__cause__ = cause
            for one in (*self._take("said", "sampled", "odds", "reward"), *self._open):
                self._tell(one, error)

    def _waits(self, *kinds: Kind) -> bool:
        return any(one.kind in kinds for one in self._queue)

    def _take(self, *kinds: Kind) -> list[Wanted]:
        """Take what waits, of some kinds, from the queue."""
        with self._lock:
            found = [one for one in self._queue if one.kind in kinds and not one.answer.cancelled()]
            self._queue = [one for one in self._queue if one.kind not in kinds]
            self._open.update(found)
        return found

    def _tell(self, one: Wanted, found: object) -> None:
        self._open.discard(one)
        one.tell(found)

    def _most(self, loaded: Loaded) -> int:
        return self.batch_tokens or min(MOST_TOKENS, batches.room(loaded))

    def _too_large(self) -> ModelBusy:
        """Return what is said of one that finds no room even alone: the others go on, and a later run tries it again."""
        return ModelBusy("一条请求也放不进内存（显存）：缩短 max_tokens，或换小一号的模型、4bit 量化", where=self.name)

    def _compute(self, loaded: Loaded) -> None:
        """Compute the odds and rewards that wait, each batch handed over as it is read."""

        def alike(one: Wanted) -> tuple[Kind, tuple[Tokens, ...]]:
            return one.kind, one.continuations

        def unread(one: Wanted) -> int:
            return len(one.ask.tokens) - self.memory.of(one.ask.tokens)[1]

        waiting = sorted(self._take("odds", "reward"), key=lambda one: (*alike(one), one.ask.tokens))
        for (kind, _), group in groupby(waiting, alike):
            some = list(group)
            if kind == "odds" and self._usable is not None:
                try:
                    batches.prime(loaded, [one.ask.tokens for one in some], self._usable)
                except (RuntimeError, MemoryError) as error:
                    batches.make_room(error, self.memory)  # then each batch tries for itself
            for batch in batches.cut(some, unread, batches.at_once(loaded)):
                self._batch([one for one in batch if not one.answer.cancelled()], loaded)

    def _batch(self, batch: Sequence[Wanted], loaded: Loaded) -> None:
        """Compute a batch of one kind; too large for memory, in halves."""
        if not batch:
            return
        prompts: list[Tokens] = [one.ask.tokens for one in batch]
        found: Sequence[object]

        def stop() -> bool:
            return all(one.answer.cancelled() for one in batch)

        try:
            if batch[0].kind == "reward":
                found = batches.rewards(loaded, prompts) if loaded.reward else [self._no_rewards()] * len(batch)
            else:
                logs = batches.scored(loaded, prompts, batch[0].continuations, self._usable, stop)
                found = logs.softmax(dim=1).tolist()
        except (RuntimeError, MemoryError) as error:
            batches.make_room(error, self.memory)
            if len(batch) > 1:
                half = len(batch) // 2
                self._batch(batch[:half], loaded)
                self._batch(batch[half:], loaded)
                return
            found = [self._too_large()]
        for one, what in zip(batch, found, strict=True):
            self._tell(one, what)

    def _no_rewards(self) -> ModelRefused:
        fix = "--protocol reward 用奖励模型（SequenceClassification）；别的模型换 soft 或 scores"
        return ModelRefused("这不是奖励模型", where=self.name, fix=fix)

    def _write(self, loaded: Loaded) -> None:
        """Write the answers that wait and those that come meanwhile."""
        under_way: dict[Growing, Wanted] = {}
        start, before = time.perf_counter(), self.seconds

        def come(*kinds: Kind) -> list[Growing]:
            new = {Growing(one.ask, dropped=one.answer.cancelled): one for one in self._take(*kinds)}
            under_way.update(new)
            return list(new)

        def told(tokens: int) -> None:
            self.written += tokens
            self.seconds = before + time.perf_counter() - start

        def hand_over(done: Iterable[Growing]) -> None:
            for one in done:
                self._tell(under_way.pop(one), self._too_large() if one.too_large else one)

        self._streams = self._streams and loaded.plain
        if self._streams and self._waits("said"):
            try:  # while it goes on, the model can do nothing else
                streamed = stream(loaded, lambda: [] if self._waits("odds", "reward") else come("said"), told)
                hand_over(one for one in streamed if not one.too_large)
            except (StreamEnded, OSError, ValueError, ImportError, RuntimeError):
                self._streams = False
        interrupted = [replace(one, too_large=False) for one in under_way]
        under_way = dict(zip(interrupted, under_way.values(), strict=True))

        def between() -> list[Growing]:
            self._compute(loaded)
            again = [interrupted.pop() for _ in interrupted[:]]
            return [*again, *come("sampled", *(() if self._streams else ("said",)))]

        hand_over(write(loaded, self._usable, between, self._most(loaded), told))
        self._open.difference_update(under_way.values())  # those that nobody waited for any more
