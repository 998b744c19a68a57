"""Stored replies read again: which banks are asked, and what is made of each protocol's replies."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from judge.importers import recorded_judge
from judge.records import (
    DIALOGUE,
    Bank,
    Candidate,
    Case,
    Dialogue,
    Judge,
    Judgment,
    Model,
    Question,
    Result,
    Score,
    Scores,
    Side,
    Unreadable,
    Verdict,
)
from judge.rereading import READABLE, Change, count, reread, stored
from judge.store import Store
from judge.store.reading import Item


def shown(bank: str, number: int = 2) -> list[Dialogue]:
    question = Question(bank, "q", "闲聊", ())
    return [Dialogue(question, Candidate(f"候选{at}", Model("e", f"m{at}")), ()) for at in range(number)]


def judged(protocol: str, result: Result, reply: str | None, bank: str = "b") -> Judgment:
    dialogues = shown(bank, 2 if isinstance(result, Verdict) else 1)
    return Judgment(Case(dialogues[0].question, DIALOGUE, tuple(dialogues)), judge_of(protocol), result, reply)


def judge_of(protocol: str) -> Judge:
    return recorded_judge("d", f"评委 {protocol}", protocol)


@pytest.mark.parametrize(
    ("protocol", "recorded", "reply", "change", "read"),
    [
        ("single", Scores(Score(7, 1, 10)), "不错。[[7]]", "same", Scores(Score(7, 1, 10))),
        ("pair", Verdict(Side.FIRST), "[[A]]", "same", Verdict(Side.FIRST)),
        ("pair", Verdict(Side.FIRST), "[[A>>B]]", "finer", Verdict(Side.FIRST, 2)),
        ("pair", Verdict(Side.FIRST), "结论：A明显优于B", "same", Verdict(Side.FIRST)),
        ("pair-5", Verdict(Side.FIRST), "结论：A明显优于B", "finer", Verdict(Side.FIRST, 2)),
        ("pair-5", Verdict(Side.SECOND), "[[C]]", "differs", Verdict(Side.TIE, 0)),
        ("pair", Unreadable("?"), "[[B]]", "found", Verdict(Side.SECOND)),
    ],
)
def test_a_reply_is_read_in_its_protocols_format(
    protocol: str, recorded: Result, reply: str, change: Change, read: Result
) -> None:
    judgment = judged(protocol, recorded, reply)
    (found,) = reread([judgment])
    assert (found.judgment, found.change, found.read) == (judgment, change, read)


@pytest.mark.parametrize(("protocol", "reply"), [("scores", "总评：7"), ("pair", None), ("", "[[A]]")])
def test_what_has_no_reply_or_no_agreed_format_is_left_out(protocol: str, reply: str | None) -> None:
    assert list(reread([judged(protocol, Verdict(Side.FIRST), reply)])) == []


@pytest.mark.parametrize(
    ("protocol", "reply", "read"),
    [
        ("joint", "7 9 3", [Score(7, 1, 10), Score(9, 1, 10), Score(3, 1, 10)]),
        ("ranking", "2 > 3 > 1", [Score(3, 3, 1), Score(1, 3, 1), Score(2, 3, 1)]),
    ],
)
def test_one_reply_on_several_dialogues_is_read_for_each(protocol: str, reply: str, read: list[Score]) -> None:
    dialogues = shown("b", 3)
    cases = [Case(one.question, DIALOGUE, (one,)) for one in dialogues]
    judgments = [
        Judgment(case, judge_of(protocol), Scores(score), reply) for case, score in zip(cases, read, strict=True)
    ]
    assert [(one.read, one.change) for one in reread(judgments)] == [(Scores(score), "same") for score in read]


def test_only_banks_with_a_readable_judge_are_opened(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    pair, other = judged("pair", Verdict(Side.FIRST), "[[A]]", "甲"), judged("stars", Verdict(Side.FIRST), "*", "甲")
    stars = judged("stars", Verdict(Side.FIRST), "*", "乙")
    store.add(banks=[Bank("甲"), Bank("乙")], judgments=[pair, other, stars])
    assert "scores" not in READABLE
    assert store.known_judges("甲") == [pair.judge, other.judge]
    assert store.known_judges("乙") == [stars.judge]
    everyone = set(store.judges().values())
    opened: list[str] = []
    items = Store.items

    def watched(self: Store, bank: str) -> Iterator[Item]:
        opened.append(bank)
        return items(self, bank)

    monkeypatch.setattr(Store, "items", watched)
    assert list(stored(store, ["甲", "乙"], everyone)) == [pair, other]
    assert list(stored(store, ["甲", "乙"], {pair.judge.name})) == [pair]
    assert list(stored(store, ["甲", "乙"], {other.judge.name})) == []
    assert opened == ["甲", "甲"]
    assert [count(store, ["甲", "乙"], names) for names in (everyone, {pair.judge.name})] == [3, 1]
