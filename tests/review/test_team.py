"""What each of a team does, by hand; and the same read from a store."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.identity import Json
from judge.records import DIALOGUE, Case, Deliberation, HumanVerdict, Score, Scores, Skipped, Verdict
from judge.review.desk import WITHDRAWN
from judge.review.team import Checked, Reviewer, Seconds, Team, Trial, team, team_of
from judge.stats.intervals import Estimate
from judge.store import Store
from judge.store.people import Vote
from judge.trail import Happening
from tests.review.scene import LOSS, SKIPPED, TIE, WIN, filled, held, pair, question

NONE = Trial(0, 0, None)


def cast(at: int, side: int | None = 0, who: str = "张", key: str = "", **how: object) -> Vote:
    """A vote on item `at` of question `at`, the dialogue with the smaller key on the left; a skip without a side."""
    skipped = None if side is not None or "score" in how else "看不明白"
    rest = {"skipped": skipped, **how}
    return Vote(key or f"{who}{at}", None, f"目标{at:02}", at, "计算", who, False, "a", "b", side)._replace(**rest)


def alone(votes: Sequence[Vote], checks: Sequence[Checked] = ()) -> Reviewer:
    (found,) = team(votes, checks).reviewers
    return found


def turned(one: Vote) -> Vote:
    side = None if one.side is None else 2 - one.side
    return one._replace(first=one.second, second=one.first, side=side)


def ends(estimate: Estimate | None) -> tuple[float, float, float]:
    assert estimate is not None
    return estimate.value, estimate.low, estimate.high


# ── one person ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nobody_is_no_team() -> None:
    found = team([])
    assert (found.reviewers, found.pairs, found.abilities, found.scores) == ((), (), (), None)
    assert (found.overall.items, found.overall.agreement) == (0, None)


def test_three_of_four_decided_to_the_left() -> None:
    """Student's t of three degrees is 3.1824; the effective number is the three that .75 × .25 / (1/16) gives."""
    found = alone([cast(0), cast(1), cast(2), cast(3, 2), cast(4, 1), cast(5, 1, both_bad=True)])
    t = 3.182446
    centre, half = (0.75 + t**2 / 6) / (1 + t**2 / 3), t / (1 + t**2 / 3) * math.sqrt(0.1875 / 3 + t**2 / 36)
    assert ends(found.left) == pytest.approx((0.75, centre - half, centre + half), rel=1e-6)
    assert (found.votes, found.both_bad, found.leaning) == (6, 1, False)
    assert ends(found.ties)[0] == pytest.approx(2 / 6)
    assert found.ties is not None
    assert found.ties.rows == 6


def test_seven_to_the_left_of_seven_lean_and_six_of_six_do_not() -> None:
    """Wilson at 1: n / (n + t²), t of n - 1 degrees: 6 / (6 + 2.5706²) is below one half, 7 / (7 + 2.4469²) above."""
    six, seven = (alone([cast(at) for at in range(count)]) for count in (6, 7))
    assert ends(six.left) == pytest.approx((1.0, 6 / (6 + 2.570582**2), 1.0), rel=1e-6)
    assert ends(seven.left) == pytest.approx((1.0, 7 / (7 + 2.446912**2), 1.0), rel=1e-6)
    assert (six.leaning, seven.leaning) == (False, True)
    right = alone([cast(at, 2) for at in range(7)])
    assert ends(right.left) == pytest.approx((0.0, 0.0, 1 - 7 / (7 + 2.446912**2)), rel=1e-6, abs=1e-12)
    assert right.leaning


def test_a_side_that_is_not_known_is_no_side() -> None:
    found = alone([cast(0), cast(1, 2, placed=False)])
    assert found.left is not None
    assert (found.left.value, found.left.rows, found.votes) == (1.0, 1, 2)


def test_votes_on_one_question_are_one_case() -> None:
    found = alone([cast(at)._replace(question=1) for at in range(20)])
    assert found.left is not None
    assert (ends(found.left), found.left.clusters, found.leaning) == ((1.0, 0.0, 1.0), 1, False)


def test_quartiles_of_seconds_and_mean_confidence_of_votes_that_have_them() -> None:
    known = [cast(at, seconds=seconds, confidence=1 + at % 3) for at, seconds in enumerate((80.0, 10.0, 40.0, 20.0))]
    found = alone([*known, cast(8), cast(9, None, seconds=900.0)])
    assert found.seconds == Seconds(17.5, 30.0, 50.0, 4)
    assert (found.confidence, found.confident) == (pytest.approx(7 / 4), 4)
    assert (found.votes, found.skips) == (5, 1)
    bare = alone([cast(0)])
    assert (bare.seconds, bare.confidence, bare.confident) == (None, None, 0)


def test_what_stands_is_the_latest_not_superseded() -> None:
    """Changed on 0 and back again; on 1 only the words beside it; on 2 a tie became 'both bad'; 3 passed on after all."""
    votes = [
        cast(0, 0, key="a"),
        cast(0, 2, key="b", supersedes="a"),
        cast(0, 0, key="c", supersedes="b"),
        cast(1, 0, key="d", seconds=3.0),
        cast(1, 0, key="e", supersedes="d", seconds=5.0),
        cast(2, 1, key="f"),
        cast(2, 1, key="g", supersedes="f", both_bad=True),
        cast(3, 0, key="h"),
        cast(3, None, key="i", supersedes="h"),
        cast(4, None, key="j"),
        cast(4, 0, key="k"),
    ]
    found = alone(votes)
    assert (found.votes, found.skips, found.changed, found.withdrawn) == (4, 1, 4, 0)
    assert (found.both_bad, found.seconds) == (1, Seconds(5.0, 5.0, 5.0, 1))


def test_who_takes_a_vote_back_has_not_changed_it() -> None:
    """Cast again the same on 0, otherwise on 1, not at all on 2."""
    back = [cast(at, None, key=f"b{at}", supersedes=f"a{at}", skipped=WITHDRAWN) for at in range(3)]
    again = [cast(at, 2 * at, key=f"c{at}", supersedes=f"b{at}") for at in range(2)]
    found = alone([*(cast(at, key=f"a{at}") for at in range(3)), *back, *again])
    assert (found.votes, found.skips, found.changed, found.withdrawn) == (2, 0, 1, 1)


def test_a_ruling_is_nobodys_own_vote_and_leaves_the_votes_standing() -> None:
    ruling = cast(0, 2, "主编", supersedes="张0")._replace(adjudicates=True)
    own = cast(0, 2, "张", key="own")._replace(adjudicates=True)
    assert [(one.name, one.votes, one.changed) for one in team([cast(0), ruling, own]).reviewers] == [("张", 1, 0)]


def test_checks_count_once_and_skipped_ones_not() -> None:
    """Two of three repeats passed, one of two golds; what was sent twice counts as first sent."""
    repeats = [
        Checked("张", f"目标{at:02}", at, "repeat", passed) for at, passed in enumerate((True, False, True, None))
    ]
    golds = [Checked("张", f"目标{at:02}", at, "gold", at == 0) for at in range(2)]
    found = alone([cast(0)], [*repeats, *golds, Checked("张", "目标01", 1, "repeat", passed=True)])
    assert (found.repeats.passed, found.repeats.failed, found.repeats.total) == (2, 1, 3)
    assert (found.golds.failed, found.golds.total) == (1, 2)
    assert ends(found.repeats.rate)[0] == pytest.approx(2 / 3)
    assert ends(found.golds.rate)[0] == 0.5
    assert alone([cast(0)]).repeats == NONE


def test_twenty_repeats_passed_of_twenty() -> None:
    """Wilson at 1 with 2.0930, Student's t of nineteen degrees."""
    found = alone([], [Checked("张", f"{at}", at, "repeat", passed=True) for at in range(20)])
    assert ends(found.repeats.rate) == pytest.approx((1.0, 20 / (20 + 2.093024**2), 1.0), rel=1e-6)
    assert (found.votes, found.left, found.first) == (0, None, None)


def test_items_unmasked_are_counted_not_clicks() -> None:
    found = team([cast(0)], unmasked=[("张", "目标00"), ("张", "目标00"), ("李", "目标00")])
    assert [(one.name, one.votes, one.unmasked) for one in found.reviewers] == [("张", 1, 1), ("李", 0, 1)]


def test_scores_have_a_level_and_no_sides() -> None:
    found = alone([cast(at, None, score=share) for at, share in enumerate((0.2, 0.6, 1.0))])
    assert (found.votes, found.left, found.ties, found.leaning) == (3, None, None, False)
    assert ends(found.level)[0] == pytest.approx(0.6)


def test_most_votes_come_first() -> None:
    votes = [cast(0, 0, "张"), cast(0, 0, "李"), cast(1, 0, "王"), cast(2, 0, "王")]
    assert [one.name for one in team(votes).reviewers] == ["王", "张", "李"]


def test_nobody_is_compared_on_a_question_that_does_not_count() -> None:
    votes = [cast(at, 0, who) for who in "张李" for at in range(7)]
    found = team(votes, struck={0, 1, 2})
    assert [one.votes for one in found.reviewers] == [7, 7]
    assert (found.overall.items, found.pairs[0].items) == (4, 4)
    assert found.confusion[0][0] == 8


VOTES = st.dictionaries(st.tuples(st.sampled_from("张李王"), st.integers(0, 9)), st.integers(0, 2))


def without_sides(found: Team) -> Team:
    return replace(found, reviewers=tuple(replace(one, left=None) for one in found.reviewers))


@given(VOTES)
def test_turned_sides_turn_the_share_that_went_left_and_nothing_else(said: dict[tuple[str, int], int]) -> None:
    votes = [cast(at, side, who) for (who, at), side in said.items()]
    before, after = team(votes), team([turned(one) for one in votes])
    assert without_sides(before) == without_sides(after)
    for one, other in zip(before.reviewers, after.reviewers, strict=True):
        assert (one.left is None) is (other.left is None)
        if one.left and other.left:
            mirrored = (1 - other.left.value, 1 - other.left.high, 1 - other.left.low)
            assert ends(one.left) == pytest.approx(mirrored)
            assert one.leaning is other.leaning


@given(VOTES, st.permutations("张李王"), st.randoms(use_true_random=False))
def test_names_and_the_order_among_people_do_not_matter(
    said: dict[tuple[str, int], int], names: list[str], chance: object
) -> None:
    renamed = dict(zip("张李王", names, strict=True))
    votes = [cast(at, side, who) for (who, at), side in said.items()]
    others = [one._replace(reviewer=renamed[one.reviewer]) for one in votes]
    chance.shuffle(others)  # type: ignore[attr-defined]
    before, after = team(votes), team(others)
    assert {replace(one, name=renamed[one.name]) for one in before.reviewers} == set(after.reviewers)
    assert (before.overall, before.abilities, before.confusion) == (after.overall, after.abilities, after.confusion)


# ── from a store ──────────────────────────────────────────────────────────────────────────────────────────────────────

ONES = [question(number) for number in range(8)]
CASES = [pair(one, "甲", "乙") for one in ONES]


def person(at: int, result: Verdict | Skipped, who: str = "张", **how: object) -> HumanVerdict:
    return replace(HumanVerdict(CASES[at], who, result, 0.5, "甲乙-1"), **how)  # type: ignore[arg-type]


def shown_otherwise(one: HumanVerdict) -> HumanVerdict:
    return replace(one, case=replace(one.case, dialogues=one.case.dialogues[::-1]))


def checked(at: int, who: str, kind: str, passed: bool | None) -> Happening:
    content: dict[str, Json] = {"kind": kind, "passed": passed, "left": True, "seconds": 4.5}
    return Happening("check", who, CASES[at].target, content)


def by_name(found: Team) -> dict[str, Reviewer]:
    return {one.name: one for one in found.reviewers}


def test_a_team_is_read_from_the_store(store: Store) -> None:
    """张 and 李 see every item with opposite sides and say the same on six of seven; 张 changes one of them."""
    sure = Deliberation(confidence=3, seconds=20.0)
    first = [person(at, WIN if at < 5 else TIE, deliberation=sure) for at in range(7)]
    second = [shown_otherwise(person(at, LOSS if at < 5 else TIE, "李")) for at in range(7)]
    filled(store, [], [*first, *second, person(7, SKIPPED)])
    changed = person(0, LOSS, supersedes=first[0].key, deliberation=Deliberation(confidence=1, seconds=60.0))
    ruling = person(0, WIN, "主编", adjudicates=True)
    store.append_humans([changed, ruling])
    store.tell(
        checked(0, "张", "repeat", passed=False),
        checked(1, "张", "repeat", passed=True),
        checked(1, "李", "gold", passed=False),
        checked(2, "李", "gold", passed=None),
        Happening("unmask", "李", CASES[3].target),
        Happening("look", "李", CASES[3].target),
    )
    found = team_of(store, "题库")
    one, other = by_name(found)["张"], by_name(found)["李"]
    assert [each.name for each in found.reviewers] == ["张", "李"]
    assert (one.votes, one.skips, one.changed, one.withdrawn) == (7, 1, 1, 0)
    assert (other.votes, other.skips, other.changed) == (7, 0, 0)
    assert (one.seconds, other.seconds) == (Seconds(20.0, 20.0, 20.0, 7), None)
    assert (one.confidence, one.confident) == (pytest.approx(19 / 7), 7)
    assert (ends(one.left)[0], ends(other.left)[0]) == (0.8, 0.0)
    assert (ends(one.ties)[0], ends(other.ties)[0]) == (pytest.approx(2 / 7), pytest.approx(2 / 7))
    assert (one.repeats.passed, one.repeats.total, one.golds) == (1, 2, NONE)
    assert (other.golds.failed, other.golds.total, other.repeats) == (1, 1, NONE)
    assert (one.unmasked, other.unmasked) == (0, 1)
    assert found.overall.items == 7
    assert found.overall.agreement is not None
    assert found.overall.agreement.raw.value == pytest.approx(6 / 7)
    assert [(each.ability, each.items, each.agreement) for each in found.abilities] == [
        ("计算", 4, None),
        ("闲聊", 3, None),
    ]
    assert sum(map(sum, found.confusion)) == 14
    assert sum(found.confusion[at][at] for at in range(3)) == 12
    assert found.confusion[1] == (0, 4, 0)
    assert found.scores is None


def test_the_times_are_those_of_the_trail(store: Store) -> None:
    filled(store, [], [person(0, WIN), person(0, WIN, "李")])
    store.add(human_verdicts=[person(1, SKIPPED)])
    store.add(human_verdicts=[person(2, WIN, "主编", adjudicates=True)])
    times = [(entry.who, entry.time) for entry in store.trail(events=("verdict",))]
    found = by_name(team_of(store, "题库"))
    assert (found["张"].first, found["张"].last) == (times[0][1], times[2][1])
    assert found["李"].first == found["李"].last == times[1][1]
    assert list(found) == ["张", "李"]


def test_only_some_targets(store: Store) -> None:
    filled(store, [], [person(at, WIN) for at in range(4)])
    store.tell(checked(0, "张", "repeat", True), checked(3, "张", "gold", True))
    store.tell(Happening("unmask", "张", CASES[3].target), Happening("unmask", "李", CASES[5].target))
    (found,) = team_of(store, "题库", targets=[CASES[0].target, CASES[1].target]).reviewers
    assert (found.votes, found.repeats.total, found.golds.total, found.unmasked) == (2, 1, 0, 0)
    names = by_name(team_of(store, "题库", targets=[CASES[5].target]))
    assert (list(names), names["李"].votes, names["李"].unmasked) == (["李"], 0, 1)


def test_other_banks_and_histories_are_other_teams(store: Store) -> None:
    golden = pair(ONES[0], "甲", "乙", history="golden")
    other = replace(ONES[0], bank="别的")
    filled(
        store, [], [person(0, WIN), HumanVerdict(golden, "李", WIN), HumanVerdict(pair(other, "甲", "乙"), "王", WIN)]
    )
    names = [list(by_name(team_of(store, *where))) for where in (("题库",), ("题库", "golden"), ("别的",), ("没有",))]
    assert names == [["张"], ["李"], ["王"], []]


def test_a_struck_question_counts_in_nothing_people_are_compared_on(store: Store) -> None:
    filled(store, [], [person(at, WIN, who) for who in "张李" for at in range(6)])
    store.tell(Happening("invalid", "主编", ONES[0].key, {"reason": "题目有错"}))
    found = team_of(store, "题库")
    assert ([one.votes for one in found.reviewers], found.overall.items) == ([6, 6], 5)
    store.tell(Happening("valid", "主编", ONES[0].key))
    assert team_of(store, "题库").overall.items == 6


def test_who_was_purged_keeps_votes_and_times_but_no_checks(store: Store) -> None:
    filled(store, [], [person(at, WIN, who) for who in "张李" for at in range(5)])
    store.tell(checked(0, "张", "repeat", True), Happening("unmask", "张", CASES[0].target))
    before = team_of(store, "题库")
    store.purge("张")
    after = team_of(store, "题库")
    gone = next(one for one in after.reviewers if one.name.startswith("已删除"))
    assert (gone.votes, gone.repeats, gone.unmasked) == (5, NONE, 0)
    assert (gone.first, gone.left) == (by_name(before)["张"].first, by_name(before)["张"].left)
    assert (after.overall, after.confusion) == (before.overall, before.confusion)


def test_scores_are_shares_of_full_points(store: Store) -> None:
    """张 gives 6, 8, 10 … of ten, 李 two less each; of ranks 1 is the best, and a score by dimension alone is no level."""

    def marks(at: int, who: str, value: float, scale: tuple[float, float] = (0, 10)) -> HumanVerdict:
        case = Case(ONES[at], DIALOGUE, (held(ONES[at], "甲"),))
        return HumanVerdict(case, who, Scores(Score(value, *scale)), 1.0, "打分-1")

    humans = [marks(at, who, value - (who == "李") * 2) for at, value in enumerate((6, 8, 10, 8, 6)) for who in "张李"]
    sides = HumanVerdict(
        Case(ONES[6], DIALOGUE, (held(ONES[6], "甲"),)), "王", Scores(None, (("准确", Score(3, 1, 5)),))
    )
    filled(store, [], [*humans, marks(5, "王", 2, (5, 1)), sides])
    found = team_of(store, "题库")
    levels = {name: ends(one.level)[0] for name, one in by_name(found).items()}
    assert levels == pytest.approx({"张": 0.76, "李": 0.56, "王": 0.75})
    assert by_name(found)["王"].votes == 2
    assert found.scores is not None
    assert (found.scores.items, len(found.scores.pairs)) == (5, 1)
    assert ends(found.scores.difference)[0] == pytest.approx(0.2)
    assert found.scores.pairs[0].correlation == pytest.approx(1.0)
    assert (found.overall.items, found.pairs, found.abilities) == (0, (), ())
