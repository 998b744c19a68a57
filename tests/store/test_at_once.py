"""A store as it stands at one moment: what is added meanwhile is not in it, whatever is read first."""

from __future__ import annotations

from typing import Any

import pytest

from judge.records import HumanVerdict
from judge.review.verdicts import spoken
from judge.store import Store
from judge.trail import Happening
from tests.review.scene import PLAN, WIN, filled, heard, pair, question, said

CASES = [pair(question(number), "甲", "乙") for number in range(3)]
VOTES = [HumanVerdict(case, "张", WIN) for case in CASES]


def test_what_is_added_meanwhile_is_seen_afterwards(store: Store) -> None:
    store.tell(Happening("invite", "张", ""))
    with store.at_once() as still:
        assert len(still.trail()) == 1
        store.tell(Happening("invite", "李", ""), Happening("invite", "王", ""))
        assert (len(still.trail()), still.trail_head()[0]) == (1, 1)
        assert (len(store.trail()), store.trail_head()[0]) == (3, 3)
        with still.at_once() as again:
            assert again is still
    with store.at_once() as later:
        assert len(later.trail()) == 3


def test_people_may_vote_while_what_they_said_is_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(store, [said(case, WIN) for case in CASES], VOTES[:1])
    told = heard(store, ["甲", "乙"])
    read, late = Store.human_columns, iter(VOTES[1:])

    def interrupted(self: Store, *about: Any) -> Any:
        columns = read(self, *about)
        store.append_humans([next(late)])
        return columns

    monkeypatch.setattr(Store, "human_columns", interrupted)
    assert [len(spoken(store, told, PLAN).rows) for _ in VOTES[1:]] == [1, 2]
