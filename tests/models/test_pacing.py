from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from judge.errors import ModelBusy, ModelError, ModelRefused
from judge.models import Reply
from judge.models.pacing import FAILURES_IN_A_ROW, PAUSE, RECENT, TRIPS, Bucket, Limits, Pace
from judge.records import Usage


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


def pace(clock: Clock, **limits: float) -> Pace:
    return Pace(Limits(**limits), clock=clock, sleep=clock.sleep, jitter=random.Random(1))  # type: ignore[arg-type]


def said(*outcomes: Reply | Exception) -> Callable[[], Awaitable[Reply]]:
    left = list(outcomes)

    async def ask() -> Reply:
        one = left.pop(0)
        if isinstance(one, Exception):
            raise one
        return one

    return ask


OK = Reply("好", usage=Usage(10, 5))


def test_a_busy_endpoint_is_asked_again_until_it_answers() -> None:
    clock = Clock()
    one = pace(clock)
    assert asyncio.run(one.call(said(ModelBusy("断"), ModelBusy("断"), OK), 100)) is OK
    assert (one.counts.calls, one.counts.retries, one.counts.failures) == (3, 2, 2)
    assert [0.05 <= clock.slept[0] <= 0.1, 0.1 <= clock.slept[1] <= 0.2] == [True, True]


def test_what_the_server_asks_for_is_waited() -> None:
    clock = Clock()
    one = pace(clock)
    asyncio.run(one.call(said(ModelBusy("慢", retry_after=7.0, limited=True), OK), 100))
    assert clock.slept == [7.0]


def test_the_last_attempt_gives_up_with_the_fault() -> None:
    with pytest.raises(ModelBusy, match="第三"):
        asyncio.run(pace(Clock(), attempts=3).call(said(ModelBusy("一"), ModelBusy("二"), ModelBusy("第三")), 1))


def test_a_refusal_is_not_asked_again() -> None:
    one = pace(Clock())
    with pytest.raises(ModelRefused):
        asyncio.run(one.call(said(ModelRefused("密钥不对")), 1))
    assert one.counts.calls == 1


def test_a_limit_halves_what_runs_at_once_and_success_brings_it_back() -> None:
    clock = Clock()
    one = pace(clock, concurrency=16)
    asyncio.run(one.call(said(ModelBusy("限", retry_after=0.0, limited=True), OK), 1))
    assert one.allowed == 8
    seen = []
    for _ in range(10):
        asyncio.run(one.call(said(OK), 1))
        seen.append(one.allowed)
    assert seen == [8, 8, 12, 12, 12, 12, 12, 12, 16, 16]


def test_stray_refusals_delay_only_themselves() -> None:
    one = pace(Clock(), concurrency=16)
    for _ in range(RECENT):
        asyncio.run(one.call(said(OK), 1))
    allowed = []
    for _ in range(3):
        asyncio.run(one.call(said(ModelBusy("限", retry_after=0.0, limited=True), OK), 1))
        allowed.append(one.allowed)
    assert allowed == [16, 16, 8]


def test_no_more_run_at_once_than_allowed() -> None:
    one = Pace(Limits(concurrency=3))
    running = most = 0

    async def ask() -> Reply:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1
        return OK

    async def many() -> None:
        await asyncio.gather(*(one.call(ask, 1) for _ in range(30)))

    asyncio.run(many())
    assert most == 3


def test_an_endpoint_that_only_fails_is_left_alone_and_then_given_up() -> None:
    clock = Clock()
    one = pace(clock, attempts=1)

    async def ask() -> Reply:
        raise ModelBusy("断")

    for _ in range(FAILURES_IN_A_ROW * (TRIPS + 1)):
        with pytest.raises(ModelBusy):
            asyncio.run(one.call(ask, 1))
    assert sum(seconds >= PAUSE - 1e-6 for seconds in clock.slept) == TRIPS
    with pytest.raises(ModelError, match="已停用"):
        asyncio.run(one.call(ask, 1))


def test_a_budget_per_minute_spreads_calls_and_settles_what_was_not_used() -> None:
    clock = Clock()
    bucket = Bucket(60, clock)
    assert [bucket.take(1) for _ in range(4)] == [0.0, 1.0, 2.0, 3.0]
    bucket.give_back(2)
    assert bucket.take(1) == 2.0
    assert Bucket(None, clock).take(10**9) == 0.0


def test_tokens_are_reserved_and_settled_with_usage() -> None:
    clock = Clock()
    one = pace(clock, tokens_per_minute=6000)  # 100 a second
    asyncio.run(one.call(said(OK), 1000))
    before = one.tokens.level
    asyncio.run(one.call(said(OK), 1000))
    assert one.counts.input_tokens == 20
    assert before > -1000  # 985 of the 1,000 reserved came back


def test_who_comes_again_goes_before_those_who_wait_for_the_first_time() -> None:
    one = Pace(Limits(concurrency=1), sleep=lambda _: asyncio.sleep(0))
    order: list[str] = []

    def call(name: str, *outcomes: Reply | Exception) -> Awaitable[Reply]:
        ask = said(*outcomes)

        async def noted() -> Reply:
            order.append(name)
            await asyncio.sleep(0)
            return await ask()

        return one.call(noted, 1)

    async def many() -> None:
        fresh = [call(f"新{at}", OK) for at in range(5)]
        await asyncio.gather(call("坏", ModelBusy("断"), OK), *fresh)

    asyncio.run(many())
    assert sorted(order) == ["坏", "坏", *(f"新{at}" for at in range(5))]
    assert order.index("坏", 1) <= 2  # second in line, not after everybody


def test_a_cancelled_call_gives_its_place_back() -> None:
    one = Pace(Limits(concurrency=1))

    async def forever() -> Reply:
        await asyncio.sleep(60)
        return OK

    async def several() -> Reply:
        running = asyncio.create_task(one.call(forever, 1))
        waiting = [asyncio.create_task(one.call(forever, 1)) for _ in range(3)]
        await asyncio.sleep(0.01)
        for task in (waiting[0], running, waiting[2]):
            task.cancel()
        await asyncio.sleep(0.01)
        waiting[1].cancel()
        await asyncio.gather(running, *waiting, return_exceptions=True)
        return await asyncio.wait_for(one.call(said(OK), 1), 1)

    assert asyncio.run(several()) is OK
    assert (one.in_flight, len(one.waiting)) == (0, 0)
