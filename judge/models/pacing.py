"""How fast an endpoint is asked, and how often again: one pace per endpoint and key, one retry policy for all."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt

from judge.errors import ModelBusy, ModelError
from judge.models import Reply

LONGEST_WAIT = 60.0  # seconds between two attempts, unless the server asks for more
FAILURES_IN_A_ROW = 20  # of an endpoint, before it is left alone for a while
PAUSE = 30.0  # seconds an endpoint is left alone
TRIPS = 3  # pauses without one success between them, before the endpoint counts as down
RECENT = 20  # calls looked back on to tell a limit that was reached from a stray refusal
STRAY = 0.1  # of the recent calls that may be refused without a limit being reached
SETTLE = 1.0  # seconds between two halvings: what was in flight at the first says nothing new


@dataclass(frozen=True, slots=True)
class Limits:
    """What an endpoint allows: calls at once, per minute, tokens per minute (None: no limit known), attempts per call."""

    concurrency: int = 32
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    attempts: int = 6


@dataclass
class Counts:
    """What happened at an endpoint so far."""

    calls: int = 0
    retries: int = 0
    limited: int = 0
    failures: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


class Bucket:
    """A budget per minute that refills evenly; what is taken beyond it makes later calls wait (a debt)."""

    def __init__(self, per_minute: float | None, clock: Callable[[], float]) -> None:
        self.rate = None if per_minute is None else per_minute / 60
        # A burst of one second at full rate: a minute's worth at once is what limits are there to prevent.
        self.most = max(1.0, self.rate or 1.0)
        self.level = self.most
        self.clock = clock
        self.at = clock()

    def take(self, amount: float) -> float:
        """Take an amount and return how many seconds to wait before using it."""
        if self.rate is None:
            return 0.0
        now = self.clock()
        self.level = min(self.most, self.level + (now - self.at) * self.rate)
        self.at = now
        self.level -= amount
        return max(0.0, -self.level / self.rate)

    def give_back(self, amount: float) -> None:
        """Return what was reserved and not used (negative: more was used)."""
        if self.rate is not None:
            self.level = min(self.most, self.level + amount)


@dataclass
class Pace:
    """The pace of one endpoint: how many calls run at once, and when the next may start.

    The allowed number is halved when the server limits the rate, once per SETTLE seconds, and grows by a quarter of the
    whole after half as many successes as are allowed at once. Stray refusals, up to a tenth of the RECENT calls,
    delay only themselves; where half of them were refused, all wait.
    """

    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: random.Random = field(default_factory=random.Random)
    counts: Counts = field(default_factory=Counts)

    def __post_init__(self) -> None:
        self.limit(self.limits)
        self.in_flight = 0
        self.waiting: deque[asyncio.Future[None]] = deque()
        self.good = self.bad = self.trips = 0
        self.open_at = self.halved_at = -SETTLE
        self.recent: deque[bool] = deque(maxlen=RECENT)

    def limit(self, limits: Limits) -> None:
        """Set what the endpoint allows, before the first call."""
        self.limits = limits
        self.allowed = limits.concurrency
        self.requests = Bucket(limits.requests_per_minute, self.clock)
        self.tokens = Bucket(limits.tokens_per_minute, self.clock)

    def revive(self) -> None:
        """Let an endpoint that counts as down be asked again."""
        self.trips = 0

    async def call(self, ask: Callable[[], Awaitable[Reply]], tokens: int) -> Reply:
        """Make one call at this pace, again where it may help; `tokens` is the estimate reserved for each attempt.

        Raises ModelBusy when the attempts are used up, ModelError when the endpoint is down.
        """
        policy = AsyncRetrying(
            retry=retry_if_exception_type(ModelBusy),
            stop=stop_after_attempt(self.limits.attempts),
            wait=self._wait,
            sleep=self.sleep,
            before_sleep=self._count_retry,
            reraise=True,
        )
        async for attempt in policy:
            with attempt:
                return await self._once(ask, tokens, again=attempt.retry_state.attempt_number > 1)
        raise AssertionError("tenacity either returns or raises")

    async def _once(self, ask: Callable[[], Awaitable[Reply]], tokens: int, *, again: bool) -> Reply:
        await self._enter(again)
        try:
            await self._hold(tokens)
            self.counts.calls += 1
            reply = await ask()
        except ModelBusy as error:
            self._failed(error)
            raise
        else:
            self._succeeded(reply, tokens)
            return reply
        finally:
            self.in_flight -= 1
            self._let_in()

    async def _enter(self, again: bool) -> None:
        """Wait for a place among the calls at once; who comes again goes first, so that retries do not pile up at the end."""
        if self.in_flight < self.allowed and not self.waiting:
            self.in_flight += 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self.waiting.appendleft if again else self.waiting.append)(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():  # the place was given at the same moment: pass it on
                self.in_flight -= 1
                self._let_in()
            raise

    def _let_in(self) -> None:
        """Give the places that are free to those who wait."""
        while self.waiting and self.in_flight < self.allowed:
            place = self.waiting.popleft()
            if not place.done():
                self.in_flight += 1
                place.set_result(None)

    async def _hold(self, tokens: int) -> None:
        """Wait until the endpoint's limits allow one more call; raises ModelError when the endpoint is down."""
        if self.trips > TRIPS:
            raise ModelError("连不上或一直出错，已停用", fix="检查网络与服务状态，再运行一次会从断点接着做")
        wait = max(self.requests.take(1), self.tokens.take(tokens), self.open_at - self.clock())
        if wait > 0:
            await self.sleep(wait)

    def _succeeded(self, reply: Reply, reserved: int) -> None:
        self.bad = self.trips = 0
        self.recent.append(False)
        self.good += 1
        if 2 * self.good >= self.allowed and self.allowed < self.limits.concurrency:
            self.allowed = min(self.limits.concurrency, self.allowed + max(1, self.limits.concurrency // 4))
            self.good = 0
        if reply.usage is not None:
            used = reply.usage.input_tokens + reply.usage.output_tokens
            self.tokens.give_back(reserved - used)
            self.counts.input_tokens += reply.usage.input_tokens
            self.counts.output_tokens += reply.usage.output_tokens

    def _failed(self, error: ModelBusy) -> None:
        self.good = 0
        if error.limited:
            self.counts.limited += 1
            self.recent.append(True)
            now = self.clock()
            stray = len(self.recent) == RECENT and sum(self.recent) <= STRAY * RECENT
            if not stray and now - self.halved_at >= SETTLE:
                self.allowed, self.halved_at = max(1, self.allowed // 2), now
            if error.retry_after and 2 * sum(self.recent) >= RECENT:
                # The limit is reached and nobody else need find out: the whole endpoint waits.
                self.open_at = max(self.open_at, now + error.retry_after)
            return
        self.counts.failures += 1
        self.bad += 1
        if self.bad >= FAILURES_IN_A_ROW:
            self.bad = 0
            self.trips += 1
            self.open_at = self.clock() + PAUSE

    def _wait(self, state: RetryCallState) -> float:
        """Wait as long as the server asks, else twice as long each time, spread so that callers do not come back at once."""
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, ModelBusy) and error.retry_after is not None:
            return error.retry_after
        # A broken reply or connection is worth another try at once; a limit is not.
        first = 1.0 if isinstance(error, ModelBusy) and error.limited else 0.1
        return min(LONGEST_WAIT, float(first * 2 ** (state.attempt_number - 1))) * self.jitter.uniform(0.5, 1.0)

    def _count_retry(self, _: RetryCallState) -> None:
        self.counts.retries += 1
