from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from judge import pipeline
from judge.engines.here import Run
from judge.errors import CapReached, QuotaGone
from judge.records import Plan, Unanswered
from judge.report.build import CompareReport
from judge.store import Store, open_store
from tests.engines.scene import bank, script, work
from tests.models import FAULTS, PASSING, Faults
from tests.models.server import Server


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Store]:
    store = open_store(str(tmp_path / "judge.db"), create=True)
    yield store
    store.engine.dispose()


def carried_out(store: Store, server: Server, count: int, **options: object) -> Run:
    return to_the_end(Run(store, work(store, server.url, bank(count), **options)))  # type: ignore[arg-type]


def to_the_end(run: Run) -> Run:
    async def whole() -> None:
        try:
            await run.carry_out()
        finally:
            for voice in [*run.work.voices.values(), *(voice for _, voice in run.work.judges)]:
                await voice.model.aclose()  # type: ignore[attr-defined]

    asyncio.run(whole())
    return run


def report(store: Store) -> CompareReport:
    return pipeline.compare(store, Plan(candidates=("候选0", "候选1")))


def test_dialogues_are_played_and_judged_in_both_placements(fresh: Store) -> None:
    with Server(script) as server:
        run = carried_out(fresh, server, 20)
        assert server.requests == run.progress.calls == 20 * 2 * 2 + 20 * 2
    found = report(fresh)
    assert (found.overall.win, found.overall.counts.judged, found.overall.counts.both_placements) == (20.0, 20, 20)
    item = next(iter(fresh.items("现场")))
    assert [answer.text for answer in item.dialogues[0].answers] == [
        "强答：第0题第一问".replace("一", "1"),
        "强答：第0题第2问",
    ]
    assert item.judgments[0].reply is not None
    assert item.judgments[0].returned_model == "评委"


def test_a_second_run_pays_nothing(fresh: Store) -> None:
    with Server(script) as server:
        carried_out(fresh, server, 10)
        before, first = server.requests, report(fresh)
        again = carried_out(fresh, server, 10)
        assert server.requests == before
        assert again.progress.calls == 0
    assert report(fresh) == first


def test_many_faults_end_in_one_judgment_each(fresh: Store) -> None:
    """One call in ten fails in one of eight ways; every case ends as one judgment, and no failure is stored."""
    with Server(script, faults=Faults(rate=0.1, seed=3)) as server:
        run = carried_out(fresh, server, 60)
        assert server.requests > run.progress.calls  # some were asked again
    assert run.progress.failed == []
    found = report(fresh)
    assert (found.overall.win, found.overall.counts.judged, found.overall.counts.unreadable) == (60.0, 60, 0)
    judgments = [judgment for item in fresh.items("现场") for judgment in item.judgments]
    assert Counter(judgment.key for judgment in judgments).most_common(1)[0][1] == 1
    assert len(judgments) == 120


def test_hangs_and_filters_end_as_what_they_are(fresh: Store) -> None:
    """Beside faults that pass: calls that never end, and judges filtered in the shapes of five vendors."""
    filters = ("aliyun_output", "zhipu_output", "tencent_output", "ark_output", "step_input")
    with Server(script) as server:
        carried_out(fresh, server, 40, timeout=1.0)
        # Dialogues are there; now everything is judged again by a second judge, under faults.
        server.faults = Faults(rate=0.2, seed=8, kinds=(*PASSING, "hang", *filters))
        laid_out = work(fresh, server.url, bank(40), timeout=1.0)
        [(judging, voice)] = laid_out.judges
        second = replace(judging, judge=replace(judging.judge, name="评委二", template="另一份"))  # type: ignore[type-var]
        run = Run(fresh, replace(laid_out, judges=[(second, voice)]))
        to_the_end(run)
    assert run.progress.failed == []
    results = [one.result for item in fresh.items("现场") for one in item.judgments if one.judge.name == "评委二"]
    assert len(results) == 80
    kinds = Counter(type(one).__name__ for one in results)
    assert set(kinds) == {"Verdict", "Unanswered"}
    assert 2 <= kinds["Unanswered"] <= 20
    assert {one.reason for one in results if isinstance(one, Unanswered)} == {"filtered"}


def test_an_account_in_arrears_stops_the_run_at_once_and_a_later_run_goes_on(fresh: Store) -> None:
    calls = 0

    def broke(messages: list[dict[str, str]]) -> object:
        nonlocal calls
        calls += 1
        return script(messages) if calls <= 25 else FAULTS["arrears"]

    with Server(broke) as server:  # type: ignore[arg-type]
        with pytest.raises(QuotaGone):
            carried_out(fresh, server, 20)
        assert server.requests < 25 + 64 + 40
        paid = sum(len(item.dialogues) for item in fresh.items("现场"))
        assert paid <= 20
    with Server(script) as server:
        # another port is another endpoint and so another candidate: the identity is kept by giving the same one
        pass


def test_a_cap_on_calls_ends_the_run_cleanly_and_resumably(fresh: Store) -> None:
    with Server(script) as server:
        with pytest.raises(CapReached):
            carried_out(fresh, server, 20, max_calls=50)
        assert server.requests == 50
        carried_out(fresh, server, 20)
        assert server.requests == 120  # nothing was paid twice
    assert report(fresh).overall.counts.judged == 20


def test_single_placement_asks_each_case_once_and_a_tenth_again(fresh: Store) -> None:
    with Server(script) as server:
        run = carried_out(fresh, server, 40, order="single")
        assert run.progress.judgments == 44
    found = report(fresh)
    assert (found.overall.counts.judged, found.overall.counts.both_placements) == (40, 4)


def test_stopping_drains_what_is_in_flight_and_loses_nothing(fresh: Store) -> None:
    with Server(script, latency=0.05) as server:
        run = Run(fresh, work(fresh, server.url, bank(60)))

        async def interrupted() -> None:
            async def stop_in_the_middle() -> None:
                while server.requests < 60:
                    await asyncio.sleep(0.01)
                run.stop()

            await asyncio.gather(run.carry_out(), stop_in_the_middle())
            for voice in [*run.work.voices.values(), *(voice for _, voice in run.work.judges)]:
                await voice.model.aclose()  # type: ignore[attr-defined]

        asyncio.run(interrupted())
        paid = server.requests
        assert 0 < paid < 360
        carried_out(fresh, server, 60)
        assert server.requests == 60 * 2 * 2 + 60 * 2
    assert report(fresh).overall.win == 60.0
