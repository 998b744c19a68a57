from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from judge.certificate import Certificate, Check, Evidence, among_people, certify, decided_agreement, word_of
from judge.columns import JudgmentColumns, Kind
from judge.comparison import Comparisons, State
from judge.limits import LIMITS, Limit
from judge.stats.intervals import Estimate, cluster_mean, t_quantile
from judge.styles import styles_of

MANY = 40  # questions, enough for certainty where all go one way


def rows(shown_first: np.ndarray, shown_second: np.ndarray | None = None) -> Comparisons:
    """One comparison of candidates 1 and 2 per question, by the points of 1 in one placement or in both."""
    forward = shown_first.astype(np.float64)
    backward = forward if shown_second is None else shown_second.astype(np.float64)
    size = len(forward)
    ones = np.ones(size, np.int64)
    shares = [((forward == said).astype(float) + (backward == said)) / 2 for said in (1, 0.5, 0)]
    return Comparisons(
        question=np.arange(1, size + 1),
        scope=0 * ones,
        sample=0 * ones,
        first=ones,
        second=2 * ones,
        state=ones * State.JUDGED,
        win=shares[0],
        tie=shares[1],
        loss=shares[2],
        label=np.where(forward == backward, np.sign(forward - 0.5), 0).astype(np.int64),
        placements=ones if shown_second is None else 2 * ones,
        flipped=forward != backward,
        opposed=np.abs(forward - backward) == 1,
        settled=np.zeros(size, bool),
        texts_differ=np.zeros(size, bool),
        as_first=forward,
        as_second=backward,
    )


def calls(*said: tuple[int, str, int], first: Sequence[int] | None = None) -> JudgmentColumns:
    """(question, verdict or what kept it from being, repeat) per call on candidates 1 and 2; `first`: the one shown first."""
    sides = ["first", "tie", "second"]
    question, words, repeat = (list(column) for column in zip(*said, strict=True)) if said else ([], [], [])
    side = np.array([sides.index(word) if word in sides else 1 for word in words], np.int64)
    kind = [Kind.VERDICT if word in sides else Kind[word.upper()] for word in words]
    zeros = np.zeros(len(side), np.int64)
    shown = zeros + 1 if first is None else np.asarray(first)
    return JudgmentColumns(
        question=np.array(question, np.int64),
        scope=zeros,
        judge=zeros + 1,
        repeat=np.array(repeat, np.int64),
        kind=np.array(kind, np.int64),
        first=shown,
        second=3 - shown,
        first_sample=zeros,
        second_sample=zeros,
        placement_known=np.ones(len(side), bool),
        side=side,
        shares=np.eye(3)[side],
        value=zeros.astype(float),
        worst=zeros.astype(float),
        best=zeros.astype(float),
    )


def certified(said: Comparisons, people: Comparisons | None = None, **more: Any) -> Certificate:
    nothing = np.zeros(len(said))
    given = {"judgments": calls(), "reviews": None, "longer": nothing, "kin": nothing.astype(np.int64)}
    return certify(Evidence(judge="评委", said=said, people=people, styles=styles_of([]), **(given | more)))


def figure(certificate: Certificate, name: str) -> Estimate:
    found = certificate.check(name)
    assert found is not None, f"{name} was not measured"
    return found.figure


def mark(certificate: Certificate, name: str) -> str:
    found = certificate.check(name)
    assert found is not None, f"{name} was not measured"
    return found.mark


WON = np.tile([1.0, 0.0], MANY // 2)  # each candidate wins half of the questions


# ── limits and words ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [
        (80, 70, 90, "alone"),
        (75, 60, 90, "alone"),  # on the bounds
        (74.9, 70, 80, "correct"),
        (80, 59.9, 100, "correct"),  # good, but it may yet be beyond use
        (50, 40, 60, "correct"),  # bad, but the kind end of the interval is not
        (50, 40, 59.9, "unfit"),
    ],
)
def test_more_is_better(value: float, low: float, high: float, expected: str) -> None:
    assert Limit(75, 60, more=True).mark(Estimate(value, low, high, 5, 40, 40)) == expected


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [
        (10, 5, 15, "alone"),
        (20, 5, 40, "alone"),
        (20.1, 19, 22, "correct"),
        (10, 0, 40.1, "correct"),
        (50, 40, 60, "correct"),
        (50, 40.1, 60, "unfit"),
    ],
)
def test_less_is_better(value: float, low: float, high: float, expected: str) -> None:
    assert Limit(20, 40, more=False).mark(Estimate(value, low, high, 5, 40, 40)) == expected


def test_what_has_no_bound_is_never_beyond_use() -> None:
    assert LIMITS["longer"].mark(Estimate(90, 80, 100, 5, 40, 40)) == "correct"
    assert LIMITS["longer"].unfit == math.inf


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ({}, "unproven"),
        ({"flips": "alone", "readable": "alone"}, "unproven"),
        ({"flips": "correct"}, "unproven"),
        ({"flips": "unfit"}, "unfit"),
        ({"agreement": "alone", "flips": "alone"}, "alone"),
        ({"agreement": "alone", "flips": "correct"}, "correct"),
        ({"agreement": "correct"}, "correct"),
        ({"agreement": "unfit", "flips": "alone"}, "unfit"),
        ({"agreement": "alone", "flips": "unfit"}, "unfit"),
    ],
)
def test_the_word_follows_from_the_marks(marks: dict[str, Any], expected: str) -> None:
    estimate = Estimate(0, 0, 0, 0, 1, 1)
    assert word_of([Check(name, estimate, LIMITS[name], mark) for name, mark in marks.items()]) == expected


def test_every_limit_has_its_better_side_first() -> None:
    assert all(limit.alone > limit.unfit if limit.more else limit.alone < limit.unfit for limit in LIMITS.values())


# ── agreement with people ─────────────────────────────────────────────────────────────────────────────────────────────


def test_agreement_on_what_people_decided_by_hand() -> None:
    """Said win, tie, loss, win, loss where people said win, win, tie, loss, loss: 1, ½, not decided, 0, 1."""
    mine, theirs = np.array([1, 0, -1, 1, -1]), np.array([1, 1, 0, -1, -1])
    found = decided_agreement(mine, theirs, np.arange(5))
    assert found is not None
    assert (found.value, found.rows) == (2.5 / 4, 4)
    assert decided_agreement(mine, np.zeros(5, np.int64), np.arange(5)) is None


def test_a_judge_that_says_what_people_say_can_stand_alone() -> None:
    won = np.tile(WON, 2)
    found = certified(rows(won, won), rows(won), judgments=calls(*((q, "first", 0) for q in range(80))))
    assert found.word == "alone"
    assert {one.name: one.figure.value for one in found.checks} == {
        "agreement": 100,
        "flips": 0,
        "first": 0,
        "readable": 100,
    }
    assert figure(found, "agreement").low == pytest.approx(100 * 80 / (80 + t_quantile(0.975, 79) ** 2))
    assert found.agreement is not None
    assert (found.agreement.items, found.agreement.raw.value) == (80, 1.0)
    assert found.agreement.first_base == (0.5, 0.0, 0.5)
    assert found.calls == 80


def test_a_judge_that_contradicts_people_is_unfit() -> None:
    """It says the opposite on 32 of 40 questions."""
    said = np.where(np.arange(MANY) < 32, 1 - WON, WON)
    found = certified(rows(said), rows(WON))
    assert figure(found, "agreement").value == pytest.approx(20)
    assert found.word == "unfit"


def test_a_judge_that_is_right_often_needs_correction() -> None:
    """28 of 40: 70 %, which is between the bounds."""
    found = certified(rows(np.where(np.arange(MANY) < 12, 1 - WON, WON)), rows(WON))
    assert figure(found, "agreement").value == pytest.approx(70)
    assert (mark(found, "agreement"), found.word) == ("correct", "correct")


def test_without_people_nothing_is_proven() -> None:
    won = np.tile(WON, 2)
    found = certified(rows(won, won))
    assert found.word == "unproven"
    assert (found.agreement, found.people, found.longer_people) == (None, None, None)
    assert found.check("agreement") is None
    assert {one.mark for one in found.checks} == {"alone"}


def test_people_who_judged_nothing_or_only_ties_prove_nothing() -> None:
    silent = replace(rows(WON), state=np.full(MANY, int(State.MISSING)))
    assert certified(rows(WON), silent).word == "unproven"
    undecided = certified(rows(WON), rows(np.full(MANY, 0.5)))
    assert undecided.check("agreement") is None
    assert undecided.word == "unproven"
    assert undecided.agreement is not None
    assert undecided.agreement.raw.value == 0.0


def test_what_a_rule_settled_is_no_agreement() -> None:
    """Filtered answers lose for the judge and for people alike; on the 30 other questions they always differ."""
    settled = np.arange(MANY) < 10
    said, people = rows(np.where(settled, WON, 1 - WON)), rows(WON)
    found = certified(replace(said, settled=settled), replace(people, settled=settled))
    assert (figure(found, "agreement").value, figure(found, "agreement").rows) == (0, 30)


def test_people_who_chose_what_to_judge_cannot_vouch_for_the_rest() -> None:
    found = certified(rows(WON), rows(WON), drawn=False)
    assert (mark(found, "agreement"), found.word, found.drawn) == ("correct", "correct", False)
    assert certified(rows(1 - WON), rows(WON), drawn=False).word == "unfit"


def test_limits_can_be_changed() -> None:
    said = rows(np.where(np.arange(MANY) < 12, 1 - WON, WON))
    lenient = {**LIMITS, "agreement": Limit(65, 50, more=True)}
    found = certified(said, rows(WON), limits=lenient)
    assert (mark(found, "agreement"), found.word) == ("alone", "alone")
    assert found.checks[0].limit == Limit(65, 50, more=True)


# ── placements, replies and repeats ───────────────────────────────────────────────────────────────────────────────────


def test_a_judge_that_always_takes_the_first_is_unfit() -> None:
    found = certified(rows(np.ones(MANY), np.zeros(MANY)), rows(WON))
    assert (figure(found, "flips").value, figure(found, "first").value) == (100, 50)
    assert (mark(found, "flips"), mark(found, "first"), found.word) == ("unfit", "unfit", "unfit")


def test_flips_and_the_pull_of_the_first_place_by_hand() -> None:
    """Of 40 questions 6 flip towards the first and 2 towards the second: 20 %, and (6 - 2) / 40 / 2 = 5 points."""
    forward, backward = WON.copy(), WON.copy()
    forward[:6], backward[:6] = 1, 0
    forward[6:8], backward[6:8] = 0, 1
    found = certified(rows(forward, backward))
    assert figure(found, "flips").value == pytest.approx(20)
    assert figure(found, "first").value == pytest.approx(5)
    share = cluster_mean((forward + 1 - backward) / 2, np.arange(MANY))
    assert share is not None
    # The interval of a distance begins at 0 where that of the share holds one half.
    assert share.low < 0.5
    assert (figure(found, "first").low, figure(found, "first").high) == pytest.approx((0, 100 * (share.high - 0.5)))
    turned = certified(rows(backward, forward))
    assert figure(turned, "first").value == pytest.approx(5)
    assert found.swap_cost is not None
    assert 1 < found.swap_cost < 2


def test_one_placement_tells_nothing_of_places() -> None:
    found = certified(rows(WON))
    assert (found.check("flips"), found.check("first"), found.swap_cost) == (None, None, None)


def test_replies_that_could_not_be_read_are_counted_among_replies() -> None:
    """One of four replies; a call without a reply is another matter."""
    said = calls((1, "first", 0), (2, "unreadable", 0), (3, "tie", 0), (4, "second", 0), (5, "unanswered", 0))
    found = certified(rows(WON), judgments=said)
    assert (figure(found, "readable").value, figure(found, "readable").rows) == (75, 4)
    assert found.calls == 5
    assert certified(rows(WON), judgments=calls((1, "unanswered", 0))).check("readable") is None


def test_repeats_are_held_against_the_first_call_on_the_same_case() -> None:
    """Question 1: first, then first, tie; question 2: second, then second; the other placement is another case."""
    said = calls(
        (2, "second", 1), (1, "tie", 2), (1, "first", 0), (1, "first", 1), (2, "second", 0), (1, "second", 0), (3, "tie", 0),
        first=[1, 1, 1, 1, 1, 2, 1],
    )  # fmt: skip
    found = certified(rows(WON), judgments=said)
    assert figure(found, "retest").value == pytest.approx(100 * 2 / 3)
    assert (figure(found, "retest").rows, figure(found, "retest").clusters) == (3, 2)
    # A call whose placement is not known may have been shown anything.
    once = replace(calls((1, "first", 0), (1, "second", 1)), placement_known=np.array([True, False]))
    assert certified(rows(WON), judgments=once).check("retest") is None


def test_unread_repeats_and_single_calls_are_no_retest() -> None:
    said = calls((1, "unreadable", 0), (1, "first", 1), (2, "tie", 0), (2, "unanswered", 1))
    assert certified(rows(WON), judgments=said).check("retest") is None


# ── tastes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_length_is_worth_beyond_what_people_give_it() -> None:
    """The first is longer on 30 questions, the second on 10: the judge takes the longer one each time, people half of them."""
    longer = np.where(np.arange(MANY) < 30, 50.0, -20.0)
    found = certified(rows((longer > 0).astype(float)), rows(WON), longer=longer)
    assert found.longer_judge is not None
    assert found.longer_people is not None
    assert (found.longer_judge.value, found.longer_people.value) == (100, 50)
    assert figure(found, "longer").value == pytest.approx(50)
    assert mark(found, "longer") == "correct"
    # A judge that shuns what people like stands as far from them.
    shy = certified(rows((longer < 0).astype(float)), rows((longer > 0).astype(float)), longer=longer)
    assert figure(shy, "longer").value == pytest.approx(100)


def test_length_is_held_against_people_on_the_same_items_alone() -> None:
    """People judged the first ten questions, where the judge agrees; elsewhere it takes the longer one each time."""
    longer = np.ones(MANY)
    judged = np.arange(MANY) < 10
    people = replace(rows(WON), state=np.where(judged, State.JUDGED, State.MISSING).astype(np.int64))
    found = certified(rows(np.where(judged, WON, 1.0)), people, longer=longer)
    assert found.longer_judge is not None
    assert (found.longer_judge.value, found.longer_judge.rows) == (50, 10)
    assert figure(found, "longer").value == 0
    alone = certified(rows(np.where(judged, WON, 1.0)), longer=longer)
    assert alone.longer_judge is not None
    assert (alone.longer_judge.value, alone.check("longer")) == (100 * 35 / 40, None)


def test_points_to_the_own_family_beyond_what_people_give() -> None:
    """Candidate 1 is kin on ten questions, 2 on ten; the judge gives its kin all of them, people half: 50 points."""
    kin = np.repeat([1, -1, 0], [10, 10, 20])
    said = np.where(kin == 0, WON, (kin > 0).astype(float))
    found = certified(rows(said), rows(WON), kin=kin, family=("甲",))
    assert figure(found, "self").value == pytest.approx(50)
    assert figure(found, "self").rows == 20
    assert (mark(found, "self"), found.word, found.family) == ("unfit", "unfit", ("甲",))
    assert certified(rows(said), kin=kin).check("self") is None


# ── people among themselves ───────────────────────────────────────────────────────────────────────────────────────────


def test_reviewers_agree_on_candidates_whatever_they_were_shown_first() -> None:
    """Reviewers 7 and 8: question 1 agreed across placements, question 2 not, question 3 seen by one."""
    said = calls(
        (1, "first", 7), (1, "second", 8), (2, "tie", 7), (2, "first", 8), (3, "first", 7), first=[1, 2, 1, 1, 1]
    )
    found = among_people(said, 0.95)
    assert found is not None
    assert (found.items, found.raters, found.raw.value) == (2, 2, 0.5)
    certificate = certified(rows(WON), reviews=said)
    assert certificate.people == found


def test_reviewers_who_share_nothing_have_no_agreement() -> None:
    assert among_people(calls((1, "first", 7), (2, "first", 8)), 0.95) is None
    assert among_people(calls((1, "unanswered", 7), (1, "unanswered", 8)), 0.95) is None
