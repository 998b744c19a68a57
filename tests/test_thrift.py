from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest

from judge.comparison import Comparisons, State
from judge.pairing import swapped
from judge.records import (
    DIALOGUE,
    Answer,
    Candidate,
    Case,
    Dialogue,
    Judge,
    Judgment,
    Model,
    Question,
    Result,
    Scope,
    Score,
    Scores,
    Side,
    Turn,
    Unanswered,
    Unreadable,
    Verdict,
)
from judge.stats.intervals import cluster_mean
from judge.thrift import cascade, checked, in_doubt, sure
from tests.test_stopping import LOSS, TIE, WIN, compared

OFFLINE = Judge("baseline", Model("judge", "baseline"), "offline-pair")
NOTHING = Unanswered("no reference")


def case(number: int, scope: Scope = DIALOGUE) -> Case:
    one = Question("题库", f"q{number}", "计算", (Turn("问"),))
    sides = (Dialogue(one, Candidate(name, Model("test", name)), (Answer("问", name),)) for name in "甲乙")
    return Case(one, scope, tuple(sides))


def offline(result: Result) -> Judgment:
    return Judgment(case(0), OFFLINE, result)


def leans(first: float, tie: float = 0.0) -> Judgment:
    side = Side.FIRST if first > 0.5 else Side.SECOND
    return offline(Verdict(side, 1, (first, tie, 1 - first - tie)))


# ── of what the offline judge is sure ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (leans(0.81), True),
        (leans(0.79), False),
        (leans(0.19), True),
        (leans(0.21), False),
        (leans(0.7, 0.3), True),  # .85 in points
        (leans(0.5, 0.5), False),  # .75
        (offline(Verdict(Side.FIRST, 2)), False),  # without probabilities nobody is sure
        (offline(NOTHING), False),
        (offline(Scores(Score(10, 1, 10))), False),
    ],
)
def test_sure_is_more_than_three_tenths_from_even(said: Judgment, expected: bool) -> None:
    assert sure(said) is expected


def test_one_in_ten_is_checked_whichever_way_it_is_shown() -> None:
    chosen = [checked(case(number)) for number in range(2000)]
    assert sum(chosen) == pytest.approx(200, abs=3 * (2000 * 0.1 * 0.9) ** 0.5)
    assert [checked(swapped(case(number))) for number in range(200)] == chosen[:200]
    assert [number for number in range(40) if chosen[number]] == [
        number for number in range(40) if checked(case(number))
    ]
    assert [checked(case(number, Scope(1))) for number in range(200)] != chosen[:200]  # each turn by itself


# ── which single verdicts are asked again ─────────────────────────────────────────────────────────────────────────────


def verdict(side: Side, strength: Literal[0, 1, 2] = 1, *shares: float) -> Verdict:
    return Verdict(side, strength, shares or None)  # type: ignore[arg-type]


@pytest.mark.parametrize("levels", [3, 5])
@pytest.mark.parametrize("said", [verdict(Side.TIE, 0), verdict(Side.TIE, 0, 0.05, 0.9, 0.05)])
def test_a_tie_is_in_doubt_in_every_protocol(said: Verdict, levels: int) -> None:
    assert in_doubt(said, None, levels)


@pytest.mark.parametrize("result", [Unreadable("没有结论"), Unanswered("filtered"), Scores(Score(5, 1, 10))])
@pytest.mark.parametrize("levels", [3, 5])
def test_what_is_no_verdict_is_not_in_doubt(result: Result, levels: int) -> None:
    assert not in_doubt(result, leans(0.9), levels)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (None, False),
        (offline(NOTHING), False),
        (offline(Verdict(Side.TIE, 0, (0.5, 0.0, 0.5))), False),
        (leans(0.51), False),
        (leans(0.49), True),  # however little
    ],
)
def test_on_three_levels_the_offline_judge_puts_it_in_doubt(other: Judgment | None, expected: bool) -> None:
    assert in_doubt(verdict(Side.FIRST), other, 3) is expected


@pytest.mark.parametrize(("strength", "expected"), [(1, True), (2, False)])
@pytest.mark.parametrize("other", [None, leans(0.1), leans(0.9)])
def test_on_five_levels_what_is_not_strong_is_in_doubt(
    strength: Literal[1, 2], expected: bool, other: Judgment | None
) -> None:
    assert in_doubt(verdict(Side.FIRST, strength), other, 5) is expected


@pytest.mark.parametrize(
    ("shares", "expected"), [((0.8, 0.0, 0.2), False), ((0.79, 0.2, 0.01), True), ((0.05, 0.1, 0.85), False)]
)
@pytest.mark.parametrize("other", [None, leans(0.1), leans(0.9)])
def test_a_soft_verdict_is_in_doubt_below_eight_tenths(
    shares: tuple[float, float, float], expected: bool, other: Judgment | None
) -> None:
    side = Side.FIRST if shares[0] > shares[2] else Side.SECOND
    assert in_doubt(Verdict(side, 1, shares), other, 3) is expected


# ── a cascade ─────────────────────────────────────────────────────────────────────────────────────────────────────────

SURE_WIN, SURE_LOSS, UNSURE = (0.9, 0.0), (0.1, 0.0), (0.7, 0.0)


def labelled(rows: Comparisons) -> Comparisons:
    """The same with labels, and one placement where there is a verdict."""
    label = np.where(rows.judged, np.sign(rows.half_tie - 0.5), 0).astype(np.int64)
    return replace(rows, label=label, placements=rows.judged.astype(np.int64))


def both(*said: tuple[tuple[float, float] | State, tuple[float, float] | State]) -> tuple[Comparisons, Comparisons]:
    """(judge, offline judge) per question."""
    judge = labelled(compared(*((at, one[0]) for at, one in enumerate(said))))
    other = labelled(compared(*((at, one[1]) for at, one in enumerate(said))))
    return judge, other


def test_the_judge_decides_where_it_judged_and_the_offline_judge_where_it_is_sure() -> None:
    judge, other = both(
        (WIN, SURE_LOSS),  # the judge, and a check
        (State.MISSING, SURE_WIN),  # the offline judge, whole
        (State.MISSING, SURE_LOSS),
        (State.MISSING, UNSURE),  # nobody
        (State.MISSING, State.UNANSWERED),
        (TIE, UNSURE),  # the judge
        (State.UNREADABLE, SURE_WIN),  # what the judge could not say the offline judge may
        (State.NO_DIALOGUE, State.NO_DIALOGUE),
    )
    merged, spared = cascade(judge, other, 0.95)
    assert merged.win.tolist() == [1, 1, 0, 0, 0, 0, 1, 0]
    assert merged.tie.tolist() == [0, 0, 0, 0, 0, 1, 0, 0]
    assert merged.loss.tolist() == [0, 0, 1, 0, 0, 0, 0, 0]
    assert merged.label.tolist() == [1, 1, -1, 0, 0, 0, 1, 0]
    assert merged.placements.tolist() == [1, 0, 0, 0, 0, 1, 0, 0]
    missing, judged = State.MISSING, State.JUDGED
    assert merged.state.tolist() == [judged, judged, judged, missing, missing, judged, judged, State.NO_DIALOGUE]
    assert (spared.spared, spared.judged, spared.checks) == (3, 5, 1)


def test_what_the_checks_say_by_hand() -> None:
    """Of five checks the judge says otherwise once, and once a tie: of ten rows four are spared, so the mean gap counts .4."""
    judge, other = both(
        (WIN, SURE_WIN),
        (WIN, SURE_WIN),
        (LOSS, SURE_WIN),
        (TIE, SURE_LOSS),
        (LOSS, SURE_LOSS),
        *[(State.MISSING, SURE_WIN)] * 4,
        (WIN, UNSURE),
    )
    _, spared = cascade(judge, other, 0.9)
    assert (spared.spared, spared.judged, spared.checks) == (4, 10, 5)
    assert spared.differ is not None
    assert (spared.differ.value, spared.differ.clusters) == (20.0, 5)
    gaps = np.array([0, 0, -1, 0.5, 0])
    known = cluster_mean(gaps, np.arange(5), 0.9, share=False)
    assert known is not None
    assert spared.shift is not None
    assert spared.shift.value == pytest.approx(-0.1 * 40)
    assert (spared.shift.low, spared.shift.high) == pytest.approx((40 * known.low, 40 * known.high))


def test_checks_that_all_agree_shift_nothing_but_are_not_certain() -> None:
    judge, other = both(*[(WIN, SURE_WIN)] * 6, *[(State.MISSING, SURE_WIN)] * 6)
    _, spared = cascade(judge, other, 0.95)
    assert spared.differ is not None
    assert spared.shift is not None
    assert (spared.differ.value, spared.shift.value) == (0, 0)
    assert spared.differ.high > 20
    assert -50 <= spared.shift.low < -10
    assert 10 < spared.shift.high <= 50


def test_too_few_checks_tell_of_no_shift() -> None:
    one = cascade(*both((WIN, SURE_WIN), (State.MISSING, SURE_WIN)), 0.95)[1]
    assert (one.checks, one.shift) == (1, None)
    none = cascade(*both((WIN, UNSURE), (State.MISSING, SURE_WIN)), 0.95)[1]
    assert (none.checks, none.differ, none.shift) == (0, None, None)


def test_a_cascade_that_spared_nothing_is_the_judge() -> None:
    judge, other = both((WIN, UNSURE), (State.MISSING, UNSURE), (LOSS, SURE_WIN), (LOSS, SURE_LOSS))
    merged, spared = cascade(judge, other, 0.95)
    for name in judge.__dataclass_fields__:
        assert getattr(merged, name).tolist() == getattr(judge, name).tolist()
    assert (spared.spared, spared.judged, spared.checks) == (0, 3, 2)
    assert spared.shift is not None
    assert spared.shift.value == 0  # what was not taken over shifts nothing


def test_what_an_answers_end_decided_is_neither_spared_nor_a_check() -> None:
    """An empty answer loses without anyone: both columns hold it, and it tells nothing of the offline judge."""
    judge, other = both((WIN, WIN), (WIN, SURE_WIN), (State.MISSING, SURE_WIN))
    settled = np.array([True, False, False])
    merged, spared = cascade(replace(judge, settled=settled), replace(other, settled=settled), 0.95)
    assert merged.settled.tolist() == settled.tolist()
    assert (spared.spared, spared.judged, spared.checks) == (1, 3, 1)


def test_turns_of_one_question_are_one_check_each_and_one_cluster() -> None:
    judge, other = both((WIN, SURE_WIN), (LOSS, SURE_WIN), (State.MISSING, SURE_WIN))
    questions = np.array([1, 1, 2])
    _, spared = cascade(replace(judge, question=questions), replace(other, question=questions), 0.95)
    assert spared.checks == 2
    assert spared.differ is not None
    assert (spared.differ.value, spared.differ.clusters, spared.differ.low, spared.differ.high) == (50, 1, 0, 100)


def test_swapping_the_candidates_mirrors_a_cascade() -> None:
    judge, other = both((WIN, SURE_WIN), (TIE, SURE_LOSS), (LOSS, SURE_WIN), (State.MISSING, SURE_LOSS), (WIN, UNSURE))
    turned = [replace(one, win=one.loss, loss=one.win, label=-one.label) for one in (judge, other)]
    merged, spared = cascade(judge, other, 0.95)
    back, same = cascade(turned[0], turned[1], 0.95)
    assert back.win.tolist() == merged.loss.tolist()
    assert back.label.tolist() == (-merged.label).tolist()
    assert same.differ == spared.differ
    assert spared.shift is not None
    assert same.shift is not None
    assert same.shift.value == pytest.approx(-spared.shift.value)
