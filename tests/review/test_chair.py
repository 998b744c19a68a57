"""When figures are computed: not for everyone who looks, not all the time, and for a draw always."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from judge.review import chair as chairs
from judge.review.chair import BREATH, REST, Chair, Figures
from judge.review.opinions import Opinion
from tests.review.hall import PLAIN, chair_of, world


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


class Computing:
    """Counts how often figures are computed; each time takes ten seconds of the clock, or as long as it is held."""

    def __init__(self, clock: Clock, figures: Figures) -> None:
        self.clock, self.figures = clock, figures
        self.times = 0
        self.begun, self.go = threading.Event(), threading.Event()
        self.go.set()

    def __call__(self, *about: object) -> Figures:
        self.times += 1
        self.begun.set()
        assert self.go.wait(10)
        self.clock.now += 10
        return self.figures


@pytest.fixture
def chair(tmp_path: Path) -> Iterator[Chair]:
    store = world(str(tmp_path / "judge.db"), 12, 3)
    yield chair_of(store, 12, terms=PLAIN)
    store.engine.dispose()


@pytest.fixture
def computing(chair: Chair, monkeypatch: pytest.MonkeyPatch) -> Computing:
    clock = Clock()
    assert chair.last_figures is not None
    found = Computing(clock, chair.last_figures)
    monkeypatch.setattr(chairs, "time", clock)
    monkeypatch.setattr(chairs, "figures_of", found)
    chair.figures()
    found.times = 0
    return found


def vote(chair: Chair) -> None:
    chair.room.vote("张", Opinion(task=str(chair.room.lend("张")[0]["task"]), verdict="left"))


def test_figures_are_computed_again_only_when_something_was_said(chair: Chair, computing: Computing) -> None:
    computing.clock.now += 1000
    chair.figures()
    chair.figures(0, wait=True)
    assert computing.times == 0
    vote(chair)
    chair.figures(0, wait=True)
    assert computing.times == 1


@pytest.mark.parametrize("rest", [REST, BREATH])
def test_after_figures_were_computed_they_stand_for_a_multiple_of_what_that_took(
    chair: Chair, computing: Computing, rest: float
) -> None:
    vote(chair)
    computing.clock.now += rest * 10 - 0.1
    chair.figures(rest)
    assert computing.times == 0
    computing.clock.now += 0.2
    chair.figures(rest)
    assert computing.times == 1


def test_what_a_lead_did_is_in_the_figures_at_once(chair: Chair, computing: Computing) -> None:
    place = chair.room.desk.places[0]
    for times, act in (
        (1, lambda: chair.strike("王", place.target, "题目错了")),
        (2, lambda: chair.restore("王", place.question)),
    ):
        act()
        chair.figures(REST)
        assert computing.times == times
        vote(chair)
        chair.figures(REST)  # what others say meanwhile can wait
        assert computing.times == times


def test_nobody_waits_for_figures_but_who_asked_for_them(chair: Chair, computing: Computing) -> None:
    vote(chair)
    computing.clock.now += 1000
    computing.begun.clear()
    computing.go.clear()
    lead = threading.Thread(target=chair.figures, args=(BREATH,), kwargs={"wait": True})
    lead.start()
    assert computing.begun.wait(10)
    assert chair.figures() is computing.figures  # at once, though a lead's are not ready
    assert lead.is_alive()
    computing.go.set()
    lead.join(10)
    assert computing.times == 1


def test_more_is_drawn_from_what_is_known_now(chair: Chair, computing: Computing) -> None:
    vote(chair)
    chair.more("王", 3)
    assert computing.times == 1
    assert len(chair.room.desk.places) == 15
