from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from judge.errors import InputError
from judge.records import HumanVerdict
from judge.review.queue import Queue, queue
from judge.review.simulation import simulate
from judge.store import Store, open_store
from tests.review.scene import LOSS, PLAN, TIE, WIN, filled, pair, question, said

SIZE = 48


def census(store: Store, judged: int = SIZE) -> Queue:
    """One pair on questions of two abilities, all judged by people too, who differ from the judge on every fifth."""
    judgments, humans = [], []
    for at in range(SIZE):
        case = pair(question(at), "甲", "乙")
        verdict = (WIN, LOSS, WIN, TIE)[at % 4]
        judgments.append(said(case, verdict))
        other = LOSS if at % 5 == 0 and verdict == WIN else verdict
        if at < judged:
            humans.append(HumanVerdict(case, "张", other, 1.0))
    filled(store, judgments, humans)
    return queue(store, PLAN)


@pytest.fixture
def known(tmp_path: Path) -> Queue:
    store = open_store(str(tmp_path / "judge.db"), create=True)
    found = census(store)
    store.engine.dispose()
    return found


def test_every_way_is_held_against_what_people_said_of_all(known: Queue) -> None:
    steps: list[int] = []
    found = simulate(known, sizes=(8, 16, 40), draws=20, step=lambda: steps.append(1))
    assert (found.pairs, found.draws, found.items) == (1, 20, SIZE)
    assert [one.audits for one in found.sizes] == [8, 16]  # of 48 no more than half is drawn
    assert len(steps) == 2
    for size in found.sizes:
        assert [way.name for way in size.ways] == ["people", "verdict", "calibrated", "active"]
        assert all(0 <= way.coverage <= 100 for way in size.ways)
        assert size.ways[0].saved == 0
        assert size.overwriting in (0.0, 100.0)  # of one pair it holds or does not
        for way in size.ways:
            assert way.saved == pytest.approx(100 * (1 - (way.half_width / size.ways[0].half_width) ** 2))
    few, more = found.sizes
    assert all(one.half_width > other.half_width for one, other in zip(few.ways, more.ways, strict=True))
    people = known.people.audits.value
    assert found.rho == pytest.approx(np.corrcoef(known.said, people)[0, 1])
    assert found.rho > 0.5
    assert found.capture is known.capture


def test_a_seed_says_the_same_and_another_something_else(known: Queue) -> None:
    one, same, other = (simulate(known, sizes=(10,), draws=10, seed=seed) for seed in (3, 3, 4))
    assert one == same
    assert one.sizes != other.sizes


def test_with_a_judge_that_people_agree_with_nothing_is_off(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "judge.db"), create=True)
    verdicts = [(WIN, LOSS, WIN, TIE)[at % 4] for at in range(SIZE)]
    cases = [pair(question(at), "甲", "乙") for at in range(SIZE)]
    humans = [HumanVerdict(case, "张", one, 1.0) for case, one in zip(cases, verdicts, strict=True)]
    filled(store, [said(case, one) for case, one in zip(cases, verdicts, strict=True)], humans)
    found = simulate(queue(store, PLAN), sizes=(12,), draws=5)
    store.engine.dispose()
    assert found.rho == pytest.approx(1)
    assert {way.name: way.coverage for way in found.sizes[0].ways}["verdict"] == 100
    assert found.sizes[0].overwriting == 100


def test_where_people_judged_too_little_nothing_is_played(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "judge.db"), create=True)
    with pytest.raises(InputError, match="人判过的不够") as caught:
        simulate(census(store, 15), sizes=(8,))
    assert "至少 16 条" in str(caught.value.fix)
    store.engine.dispose()
