"""Twenty people at once, as fast as answers come: nothing lost, nothing doubled, every item judged by as many as it needs."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from judge.records import Side, Verdict
from judge.review.verifying import verify
from judge.store import tables
from tests.review.hall import MEASURED, PLAIN, Hall, Hurried, Visitor, chair_of, hall, world

PEOPLE, VOTES = 20, 50
ITEMS = 833  # of which a fifth, 167, are for two: a thousand votes


def watch(lead: Visitor, over: threading.Event) -> int:
    """Keep looking at the team and at conflicts; return how often."""
    seen = 0
    while not over.wait(3):
        assert lead.get("/api/team")["progress"]["total"] == ITEMS
        lead.get("/api/conflicts")
        lead.get("/api/browse?state=conflict")
        seen += 1
    return seen


def test_a_thousand_votes_of_twenty_people_are_kept_once_each(
    store_url: str, record_property: Callable[[str, object], None]
) -> None:
    store = world(store_url, 280, 3)
    chair = chair_of(store, ITEMS, overlap=0.2, terms=PLAIN)
    with hall(chair) as at:
        names = [f"审阅{number}" for number in range(PEOPLE)]
        people = [Hurried(at.host, store.invite(name, "reviewer")).enter() for name in names]
        lead, over = at.person("主编", "lead"), threading.Event()
        with ThreadPoolExecutor(PEOPLE + 1) as pool:
            watching = pool.submit(watch, lead, over)
            done = list(pool.map(Hurried.judge, people))
            over.set()
            assert watching.result() >= 1
        acknowledged = Counter(
            (name, target_of(at, name, task)) for name, some in zip(names, done, strict=True) for task in some
        )
        for one in people:
            one.connection.close()
        places = at.chair.room.desk.places
    took = sorted(one for person in people for one in person.took["vote"])
    assert len(took) == PEOPLE * VOTES
    assert set(acknowledged.values()) == {1}
    kept = Counter((voice.reviewer, voice.target) for voice in store.voices())
    assert kept == acknowledged
    by_target = Counter(target for _, target in kept)
    assert {place.target: place.item.reviewers for place in places} == by_target
    assert Counter(by_target.values()) == {1: ITEMS - 167, 2: 167}
    assert rows(at) == PEOPLE * VOTES  # nothing superseded, nothing besides
    assert all(place.closed for place in places)
    assert [(len(place.votes), place.lacking) for place in places] == [(place.item.reviewers, 0) for place in places]
    found = verify(store)
    assert (found.verdicts, found.faults) == (PEOPLE * VOTES, ())
    # Written down, not held against anything: a machine may be busy. benchmarks/review.py measures.
    record_property("vote_p50_ms", round(took[500], 1))
    record_property("vote_p99_ms", round(took[990], 1))
    sys.stdout.write(f"\n{store.engine.dialect.name}: a vote p50 {took[500]:.0f} ms, p99 {took[990]:.0f} ms\n")
    store.engine.dispose()


def target_of(at: Hall, reviewer: str, task: str) -> str:
    found = at.chair.room.desk.task(reviewer, task)
    assert found is not None
    return found.place.target


def rows(at: Hall) -> int:
    with at.store.engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(tables.human_verdict)).scalar_one())


def test_the_same_vote_sent_by_many_at_once_is_one(store_url: str) -> None:
    store = world(store_url, 12, 3)
    with hall(chair_of(store, 12, terms=PLAIN)) as at, ThreadPoolExecutor(8) as pool:
        person = at.person("张")
        for task in [one["task"] for one in person.next()]:
            said = list(
                pool.map(lambda _, task=task: person.post("/api/vote", task=task, verdict="left")["new"], range(8))
            )  # type: ignore[misc]
            assert sorted(said) == [False] * 7 + [True]
        assert rows(at) == 2
    store.engine.dispose()


@pytest.mark.parametrize("who", ["one", "two"])
def test_undo_and_votes_that_cross_leave_one_verdict_that_stands(store_url: str, who: str) -> None:
    store = world(store_url, 12, 3)
    with hall(chair_of(store, 12, overlap=1.0, terms=MEASURED)) as at, ThreadPoolExecutor(8) as pool:
        people = [at.person(name) for name in ("张", "李")[: 1 if who == "one" else 2]]
        tasks = [(person, one["task"]) for person in people for one in person.next()]

        def act(number: int) -> int:
            person, task = tasks[number % len(tasks)]
            if number % 5 == 4:
                return person.client.post("/api/undo", json={}).status_code
            return person.client.post(
                "/api/vote", json={"task": task, "verdict": ("left", "right")[number % 2]}
            ).status_code

        assert set(pool.map(act, range(60))) == {200}
        standing = Counter((one.target, one.reviewer) for one in store.voices())
        assert set(standing.values()) == {1}
        remembered = {
            (place.target, reviewer): voice.standing.key
            for place in at.chair.room.desk.places
            for reviewer, voice in place.said.items()
        }
        assert remembered == {(one.target, one.reviewer): one.standing.key for one in store.voices() if not one.passed}
    assert verify(store).faults == ()
    assert all(
        isinstance(one.said, Verdict) and one.said.side is not Side.TIE for one in store.voices() if not one.passed
    )
    store.engine.dispose()
