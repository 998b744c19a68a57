"""The desk: every item reaches as many people as it needs and no more, whatever they do and in whatever order."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judge.records import Side, Skipped, Verdict
from judge.review.desk import LENT_FOR, WITHDRAWN, Check, Desk, Place, contradict, preferred, sides
from judge.review.draws import Draw, DrawnItem
from judge.store.columns import Standing
from judge.store.people import Voice

DRAW = Draw("抽", "题库", "评委", "own", "pairs", 0, 0.3, 100, (), (), ())
LEFT, RIGHT, TIE = Verdict(Side.FIRST), Verdict(Side.SECOND), Verdict(Side.TIE, 0)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def place(number: int, reviewers: int = 1) -> Place:
    item = DrawnItem(f"q{number}", 0, (f"a{number}", f"b{number}"), 0.5, reviewers)
    return Place(DRAW, number, item, f"t{number}", f"k{number}", ("计算", "闲聊")[number % 2], "问")


def desk(count: int, *, doubles: int = 0, clock: Clock | None = None, repeats: float = 0.0, golds: float = 0.0) -> Desk:
    found = Desk(b"secret", repeats=repeats, golds=golds, clock=clock or Clock())
    found.add([place(one, 2 if one <= doubles else 1) for one in range(1, count + 1)], [])
    return found


def said(one: Place, reviewer: str, what: Verdict | Skipped, *, rules: bool = False) -> Voice:
    return Voice(
        one.target, reviewer, rules, sides(one, reviewer)[0], what, Standing(f"{one.target}{reviewer}", "{}"), "抽"
    )


def lent(found: Desk, reviewer: str, holding: tuple[str, ...] = (), count: int = 2) -> list[str]:
    return [task.place.target for task in found.lend(reviewer, holding, count)]


def test_what_is_lent_to_one_is_not_given_to_another_until_the_time_is_over() -> None:
    clock = Clock()
    found = desk(4, clock=clock)
    assert lent(found, "张") == ["t1", "t2"]
    assert lent(found, "李") == ["t3", "t4"]
    assert lent(found, "王") == []
    clock.now = LENT_FOR + 1
    assert lent(found, "王") == ["t1", "t2"]


def test_a_sign_of_life_keeps_what_was_lent() -> None:
    clock = Clock()
    found = desk(2, clock=clock)
    held = tuple(task.id for task in found.lend("张"))
    for _ in range(5):
        clock.now += LENT_FOR - 1
        assert lent(found, "张", held) == ["t1", "t2"]
        assert lent(found, "李") == []


def test_an_item_for_two_goes_to_two_at_once_and_to_no_third() -> None:
    found = desk(1, doubles=1)
    assert [lent(found, who) for who in ("张", "李", "王")] == [["t1"], ["t1"], []]
    found.hear(said(found.places[0], "张", LEFT))
    assert lent(found, "王") == []
    found.hear(said(found.places[0], "李", RIGHT))
    assert found.places[0].closed


def test_a_skip_passes_the_item_on_and_a_verdict_taken_back_returns_to_its_person() -> None:
    found = desk(1)
    found.lend("张")
    found.hear(said(found.places[0], "张", Skipped("不是我的领域")))
    assert lent(found, "张") == []
    assert lent(found, "李") == ["t1"]
    found.hear(said(found.places[0], "李", LEFT))
    found.hear(said(found.places[0], "李", Skipped(WITHDRAWN)))
    assert lent(found, "李") == ["t1"]
    assert [voice for _, voice in found.mine("李")] == []


def test_a_late_verdict_on_what_went_to_another_meanwhile_is_not_lost() -> None:
    clock = Clock()
    found = desk(1, clock=clock)
    found.lend("张")
    clock.now = LENT_FOR + 1
    found.lend("李")
    found.hear(said(found.places[0], "李", LEFT))
    found.hear(said(found.places[0], "张", LEFT))
    assert sorted(found.places[0].said) == ["张", "李"]


def test_who_chose_an_item_counts_among_the_voices_and_does_not_spare_anyone_drawn() -> None:
    found = desk(1)
    found.hear(Voice("t1", "专家", False, "a1", LEFT, Standing("1", "{}")))
    assert lent(found, "专家") == []
    assert lent(found, "张") == ["t1"]
    found.hear(said(found.places[0], "张", RIGHT))
    assert found.places[0].closed


def test_people_contradict_by_candidate_whatever_side_it_stood_on() -> None:
    one = place(1)
    for_a = [
        Voice("t1", who, False, first, verdict, Standing("", ""))
        for who, first, verdict in [("张", "a1", LEFT), ("李", "b1", RIGHT)]
    ]
    assert [preferred(voice, one.item.dialogues) for voice in for_a] == ["a1", "a1"]
    assert not contradict(for_a, one.item.dialogues)
    assert contradict([*for_a, Voice("t1", "王", False, "a1", TIE, Standing("", ""))], one.item.dialogues)


def test_a_conflict_goes_to_one_who_has_not_voted_and_ends_with_a_ruling() -> None:
    found = desk(1, doubles=1)
    one = found.places[0]
    found.hear(Voice("t1", "张", False, "a1", LEFT, Standing("1", "{}"), "抽"))
    found.hear(Voice("t1", "李", False, "a1", RIGHT, Standing("2", "{}"), "抽"))
    assert (found.conflicts("张"), found.conflicts("王"), found.conflicts("张", own=True)) == ([], [one], [one])
    found.hear(said(one, "王", LEFT, rules=True))
    assert found.conflicts("王") == []


def test_a_struck_question_leaves_the_queue_and_comes_back() -> None:
    found = desk(2)
    found.strike("k1")
    assert lent(found, "张", count=5) == ["t2"]
    found.strike("k1", struck=False)
    assert lent(found, "李") == ["t1"]


def test_who_has_seen_the_names_is_not_asked() -> None:
    found = desk(2)
    found.bar("王", "t1")
    assert lent(found, "王") == ["t2"]
    assert lent(found, "张") == ["t1"]


def test_repeats_turn_the_sides_of_what_was_voted_on_long_enough_ago() -> None:
    found = desk(40, repeats=0.1)
    for one in found.places[:10]:
        found.hear(said(one, "张", LEFT))
    task = found.lend("张")[0]
    assert (task.kind, task.place.target) == ("repeat", "t1")
    assert task.shown == sides(task.place, "张")[::-1]
    assert found.task("张", task.id) == task
    found.checked(Check("张", "t1", "repeat"))
    assert {one.kind for one in found.lend("张")} == {"item"}


def test_a_broken_pair_shows_an_answer_to_another_question() -> None:
    found = desk(40, golds=0.05)
    for one in found.places[:20]:
        found.hear(said(one, "张", LEFT))
    task = found.lend("张")[0]
    assert task.kind == "gold"
    assert task.broken in task.shown
    assert task.broken not in task.place.item.dialogues
    assert len(set(task.shown) & set(task.place.item.dialogues)) == 1


def test_a_task_means_nothing_to_another_person() -> None:
    found = desk(3)
    mine = found.lend("张")[0]
    assert found.task("李", mine.id) is None
    assert {one.id for one in found.lend("李", (mine.id,))}.isdisjoint({mine.id})


def test_a_broken_pair_lacks_no_turn_that_its_question_has() -> None:
    found = desk(40, golds=0.05)
    for one in found.places:
        one.turns = 2 if one.number in (1, 30) else 1
    for one in found.places[:20]:
        found.hear(said(one, "张", LEFT))
    task = found.lend("张")[0]
    assert (task.place.target, task.broken) == ("t1", "a30")


def test_what_measured_a_person_is_counted_and_comes_back_like_all_else() -> None:
    found = desk(40, repeats=0.1)
    for one in found.places[:10]:
        found.hear(said(one, "张", LEFT))
    task = found.lend("张")[0]
    check = Check("张", "t1", "repeat")
    assert (found.known(check), found.progress("张").mine) == (False, 10)
    found.checked(check, task)
    assert (found.known(check), found.progress("张").mine) == (True, 11)
    assert found.unchecked("张") == task
    assert (found.known(check), found.progress("张").mine, found.unchecked("张")) == (False, 10, None)
    assert found.lend("张", (task.id,))[0] == task
    found.checked(check, task)
    found.hear(said(found.places[10], "张", LEFT))
    assert found.unchecked("张") is None  # the vote came later


def test_a_page_that_was_open_before_the_desk_was_laid_out_again_goes_on() -> None:
    first = desk(30)
    held = tuple(task.id for task in first.lend("张"))
    again = desk(30)
    assert lent(again, "张", held) == ["t1", "t2"]
    other = Desk(b"another")
    other.add([place(one) for one in range(1, 31)], [])
    assert other.task("张", held[0]) is None
    assert {task.id for task in other.lend("张")}.isdisjoint(held)


def test_ids_tell_nothing_of_item_or_kind() -> None:
    found = desk(500, repeats=0.5)
    ids = {found._id(kind, one, who) for one in found.places for kind in ("item", "repeat", "gold") for who in "张李"}  # type: ignore[arg-type]
    assert len(ids) == 500 * 3 * 2
    assert {len(one) for one in ids} == {16}


def assert_counted(found: Desk) -> None:
    """What is counted as it changes is what counting would find."""
    progress = found.progress("张")
    assert found.waiting == sum(not one.closed for one in found.places)
    assert (progress.done, progress.total) == (sum(one.closed for one in found.places), len(found.places))
    assert progress.conflicts == sum(one.conflict for one in found.places)
    for name, done, total in progress.abilities:
        places = [one for one in found.places if one.ability == name]
        assert (done, total) == (sum(one.closed for one in places), len(places))


ACTS = st.lists(
    st.tuples(
        st.sampled_from("张李王赵"),
        st.sampled_from(["vote", "vote", "other", "skip", "undo", "wait", "reload", "strike", "rule"]),
    ),
    max_size=120,
)


@settings(max_examples=150, deadline=None)
@given(ACTS, st.integers(0, 8))
def test_nobody_is_asked_beyond_need_and_nothing_is_lost(acts: list[tuple[str, str]], doubles: int) -> None:
    clock = Clock()
    found = desk(12, doubles=doubles, clock=clock, repeats=0.1)
    voices: dict[tuple[str, str], Voice] = {}

    def hear(voice: Voice) -> None:
        voices.pop((voice.target, voice.reviewer), None)
        voices[voice.target, voice.reviewer] = voice
        found.hear(voice)

    for who, act in acts:
        clock.now += 1
        if act == "wait":
            clock.now += LENT_FOR
        elif act == "undo" and (mine := found.mine(who)):
            hear(said(mine[0][0].place, who, Skipped(WITHDRAWN)))
        elif act in ("vote", "other", "skip") and (tasks := found.lend(who)) and tasks[0].kind == "item":
            assert who not in tasks[0].place.said
            hear(said(tasks[0].place, who, {"vote": LEFT, "other": TIE, "skip": Skipped("看不明白")}[act]))
        elif act == "strike":
            found.strike("k3", struck=not found.places[2].struck)
        elif act == "rule" and (open_ones := found.conflicts(who)):
            found.hear(said(open_ones[0], who, LEFT, rules=True))
        elif act == "reload":
            again = desk(12, doubles=doubles, clock=clock, repeats=0.1)
            again.add([], voices.values())
            assert [(one.target, sorted(one.said)) for one in again.places] == [
                (one.target, sorted(one.said)) for one in found.places
            ]
            assert [task.id for task, _ in again.mine(who)] == [task.id for task, _ in found.mine(who)]
    for one in found.places:
        now = [who for who, until in one.lent.items() if until > clock.now and who not in one.said]
        assert len(one.votes) <= one.item.reviewers
        assert len(one.votes) + len(now) <= max(one.item.reviewers, len(one.votes))
    assert_counted(found)
    kept = Counter(voice.target for voice in voices.values() if not voice.passed)
    assert {one.target: len(one.votes) for one in found.places if one.votes} == dict(kept)


@pytest.mark.parametrize("who", ["张", "李", "王"])
def test_sides_hang_on_item_and_person_and_are_fair(who: str) -> None:
    left = sum(sides(place(one), who)[0].startswith("a") for one in range(2000))
    assert 920 < left < 1080
