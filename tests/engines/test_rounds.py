from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from judge import pipeline
from judge.engines.here import Run
from judge.engines.rounds import Rounds
from judge.errors import CapReached
from judge.models.pacing import Limits
from judge.records import Plan
from judge.store import Store, open_store
from judge.work import Work
from tests.engines.scene import bank, script, work
from tests.models.server import Server

Part = Mapping[str, set[frozenset[str]]]


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Store]:
    store = open_store(str(tmp_path / "judge.db"), create=True)
    yield store
    store.engine.dispose()


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(script) as running:
        yield running


def part(of: Work, *numbers: int) -> Part:
    """Let everyone meet on some questions."""
    pairs = {frozenset((one.key, other.key)) for one in of.candidates for other in of.candidates if one != other}
    return {of.questions[at].key: pairs for at in numbers}


def carried_out(run: Rounds | Run) -> None:
    async def whole() -> None:
        try:
            await run.carry_out()
        finally:
            for voice in run.work.all_voices:
                await voice.model.aclose()  # type: ignore[attr-defined]

    asyncio.run(whole())


def script_of(*parts: Part) -> Callable[[], Part]:
    """Ask for one part after another, and then for nothing."""
    left = iter(parts)
    return lambda: next(left, {})


def judged(store: Store) -> set[str]:
    return {item.question.id for item in store.items("现场") if item.judgments}


def test_each_round_is_looked_at_before_the_next(fresh: Store, server: Server) -> None:
    planned = work(fresh, server.url, bank(6, turns=1))
    seen: list[tuple[int, int]] = []
    parts = script_of(part(planned, 0, 1), part(planned, 4), {})

    def ahead() -> Part:
        seen.append((len(judged(fresh)), server.requests))
        return parts()

    run = Rounds(fresh, planned, ahead)
    carried_out(run)
    # Two answers and two placements of every question.
    assert seen == [(0, 0), (2, 8), (3, 12)]
    assert judged(fresh) == {"q00000", "q00001", "q00004"}
    assert (run.progress.calls, run.progress.dialogues, run.progress.judgments) == (12, 6, 6)


def test_where_nothing_is_wanted_nothing_is_asked(fresh: Store, server: Server) -> None:
    carried_out(Rounds(fresh, work(fresh, server.url, bank(3)), dict))
    assert server.requests == 0


def test_what_it_leaves_can_be_judged_later_as_if_it_had_never_stopped(
    fresh: Store, server: Server, tmp_path: Path
) -> None:
    planned = work(fresh, server.url, bank(5, turns=1))
    carried_out(Rounds(fresh, planned, script_of(part(planned, 3, 1))))
    paid = server.requests
    carried_out(Run(fresh, work(fresh, server.url, bank(5, turns=1))))
    assert (paid, server.requests) == (2 * 4, 5 * 4)
    plan = Plan(candidates=("候选0", "候选1"))
    other = open_store(str(tmp_path / "另一个.db"), create=True)
    carried_out(Run(other, work(other, server.url, bank(5, turns=1))))
    assert pipeline.compare(fresh, plan) == pipeline.compare(other, plan)
    other.engine.dispose()


def test_pairs_meet_only_where_they_are_wanted(fresh: Store, server: Server) -> None:
    planned = work(fresh, server.url, bank(4, turns=1), strengths=("强", "中", "弱"))
    keys = [one.key for one in planned.candidates]
    wanted = {
        planned.questions[0].key: {frozenset((keys[0], keys[2]))},
        planned.questions[1].key: {frozenset((keys[1], keys[2]))},
    }
    carried_out(Rounds(fresh, planned, script_of(wanted)))
    met = {
        item.question.id: {frozenset(one.candidate.name for one in said.case.dialogues) for said in item.judgments}
        for item in fresh.items("现场")
    }
    assert met["q00000"] == {frozenset(("候选0", "候选2"))}
    assert met["q00001"] == {frozenset(("候选1", "候选2"))}
    assert met["q00002"] == set()
    answered = [sorted(one.candidate.name for one in item.dialogues) for item in fresh.items("现场")]
    assert answered == [["候选0", "候选2"], ["候选1", "候选2"], [], []]  # who does not meet is not asked


def test_a_part_asked_for_again_is_not_paid_again(fresh: Store, server: Server) -> None:
    planned = work(fresh, server.url, bank(3, turns=1))
    carried_out(Rounds(fresh, planned, script_of(part(planned, 0), part(planned, 0, 1))))
    assert server.requests == 8


def test_stopped_it_begins_no_further_round(fresh: Store, server: Server) -> None:
    planned = work(fresh, server.url, bank(3, turns=1))
    looked = 0

    def ahead() -> Part:
        nonlocal looked
        looked += 1
        if looked == 2:
            run.stop()
        return part(planned, looked - 1)

    run = Rounds(fresh, planned, ahead)
    carried_out(run)
    assert run.stopping
    assert judged(fresh) == {"q00000"}
    carried_out(run)  # and it stays stopped
    assert looked == 2


def test_stopped_within_a_round_it_drains_that_one(server: Server, fresh: Store) -> None:
    """Of forty questions some are through, none is left half judged, and the round after it is not begun."""
    planned = work(fresh, server.url, bank(40, turns=1), limits=Limits(concurrency=4))
    run = Rounds(fresh, planned, script_of(part(planned, *range(30)), part(planned, *range(30, 40))))

    async def stopped_early() -> None:
        task = asyncio.create_task(run.carry_out())
        while not run.progress.judgments:
            await asyncio.sleep(0.005)
        run.stop()
        await task
        for voice in planned.all_voices:
            await voice.model.aclose()  # type: ignore[attr-defined]

    asyncio.run(stopped_early())
    assert 0 < len(judged(fresh)) < 30
    assert run.progress.in_flight == 0
    assert judged(fresh) <= {f"q{at:05}" for at in range(30)}


def test_stopped_before_it_began_it_asks_nobody(fresh: Store, server: Server) -> None:
    planned = work(fresh, server.url, bank(3, turns=1))
    run = Rounds(fresh, planned, lambda: part(planned, 0))
    run.stop()
    carried_out(run)
    assert server.requests == 0


def test_a_cap_counts_over_all_rounds_and_ends_them(fresh: Store, server: Server) -> None:
    planned = work(fresh, server.url, bank(4, turns=1), max_calls=10)
    run = Rounds(fresh, planned, script_of(part(planned, 0), part(planned, 1), part(planned, 2)))
    with pytest.raises(CapReached):
        carried_out(run)
    assert (server.requests, run.progress.calls) == (10, 10)
    assert {"q00000", "q00001"} <= judged(fresh)
