"""How far people agree, by hand; what must not matter does not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.records import HumanVerdict, Verdict
from judge.review.agreement import (
    LEAST,
    Against,
    Among,
    Grid,
    Pair,
    against_people,
    among,
    by_ability,
    confusion_of,
    label_of,
    pairs_of,
    scored,
)
from judge.review.queue import queue
from judge.stats.intervals import Estimate
from judge.store import Store
from judge.store.people import Vote
from tests.review.scene import LOSS, PLAN, TIE, WIN, drawn, filled, item, marked, pair, points, question, said

SIDES = {"W": 0, "T": 1, "L": 2}  # of the dialogue with the smaller key, which stands left here


def vote(
    who: str, at: int, word: str, question: int | None = None, ability: str = "计算", turned: bool = False
) -> Vote:
    """A verdict on item `at`, by default of a question of its own."""
    side, shown = SIDES[word], ("a", "b")
    if turned:
        side, shown = 2 - side, shown[::-1]
    about = (f"目标{at:02}", at if question is None else question, ability)
    return Vote(f"{who}{at}", None, *about, who, False, *shown, side)


def score(who: str, at: int, share: float, question: int | None = None) -> Vote:
    about = (f"目标{at:02}", at if question is None else question, "闲聊")
    return Vote(f"{who}{at}", None, *about, who, False, "a", score=share)


def labels(**said: str) -> Grid:
    """Lay out what each person says of items in order; `-` where nothing."""
    return Grid.labels(
        [vote(who, at, word) for who, words in said.items() for at, word in enumerate(words) if word != "-"]
    )


def value(estimate: Estimate | None) -> float:
    assert estimate is not None
    return estimate.value


# ── people among themselves ───────────────────────────────────────────────────────────────────────────────────────────

SIX = {"张": "WWLTWL", "李": "WWLTL-", "王": "WT-T--"}


def test_six_items_by_hand() -> None:
    """Shares of equal pairs 1, 1/3, 1, 1, 0. Krippendorff: of 13 labels 6, 4 and 3; 3 + 1 + 2 + 3 + 0 of 13 against 48/156."""
    found = among(labels(**SIX))
    assert (found.ability, found.items) == (None, 5)
    assert found.agreement is not None
    assert (found.agreement.items, found.agreement.raters) == (5, 3)
    assert found.agreement.raw.value == pytest.approx(2 / 3)
    assert value(found.agreement.alpha) == pytest.approx((9 / 13 - 4 / 13) / (1 - 4 / 13))
    base = [(1 + 2 / 3 + 0 + 0 + 1 / 2 + 0) / 6, (1 / 3 + 1) / 6, (1 + 1 / 2 + 1) / 6]
    assert found.agreement.base == pytest.approx(base)
    chance = sum(one**2 for one in base)
    assert value(found.agreement.fleiss) == pytest.approx((2 / 3 - chance) / (1 - chance))
    other = sum(one * (1 - one) for one in base) / 2
    assert value(found.agreement.ac1) == pytest.approx((2 / 3 - other) / (1 - other))


def test_the_confusion_counts_every_ordered_pair_of_people() -> None:
    """Three who say the same are six; who voted alone is in none."""
    assert confusion_of(labels(**SIX)) == ((8, 2, 1), (2, 6, 0), (1, 0, 2))
    assert confusion_of(labels()) == ((0, 0, 0), (0, 0, 0), (0, 0, 0))


def test_few_items_give_no_figure() -> None:
    assert among(labels(张="WWWT", 李="WWLT")) == Among(None, 4, None)
    assert among(labels(张="WWWTL")) == Among(None, 0, None)
    assert LEAST == 5
    (found,) = pairs_of(labels(张="WWWT", 李="WWLT"))
    assert found == Pair("张", "李", 4, None)


def test_kappa_of_every_two_people_with_a_common_item() -> None:
    """Of ten: seven alike; bases .5 .3 .2 and .5 .4 .1, so .39 by chance. 王 met 李 once and 张 never."""
    found = pairs_of(labels(张="WWWWWTTTLL-", 李="WWWWTWTTTLW", 王="----------L"))
    assert [(one.first, one.second, one.items) for one in found] == [("张", "李", 10), ("李", "王", 1)]
    assert found[0].agreement is not None
    assert found[0].agreement.raw.value == pytest.approx(0.7)
    assert value(found[0].agreement.kappa) == pytest.approx(0.31 / 0.61)
    assert found[0].agreement.first_base == pytest.approx((0.5, 0.3, 0.2))
    assert found[0].agreement.second_base == pytest.approx((0.5, 0.4, 0.1))
    assert found[1].agreement is None


def test_items_of_one_question_are_one_cluster() -> None:
    votes = [vote(who, at, "W" if at < 8 or who == "张" else "L", at // 2) for who in "张李" for at in range(10)]
    found = among(Grid.labels(votes))
    assert found.agreement is not None
    assert (found.agreement.raw.value, found.agreement.raw.clusters, found.agreement.raw.rows) == (0.8, 5, 10)


def test_abilities_stand_in_the_order_of_their_questions() -> None:
    said = [(at, "闲聊" if at < 6 else "计算") for at in range(9)]
    votes = [vote(who, at, "W" if at else "L", None, ability) for who in "张李" for at, ability in reversed(said)]
    first, second = by_ability(Grid.labels(votes))
    assert (first.ability, first.items, second) == ("闲聊", 6, Among("计算", 3, None))
    assert first.agreement is not None
    assert first.agreement.raw.value == 1.0


def test_labels_are_of_the_smaller_key_whatever_the_side() -> None:
    assert [label_of(vote("张", 0, word, turned=turned)) for word in "WTL" for turned in (False, True)] == [
        0,
        0,
        1,
        1,
        2,
        2,
    ]


WORDS = st.dictionaries(
    st.tuples(st.sampled_from("张李王赵"), st.integers(0, 11)), st.tuples(st.sampled_from("WTL"), st.booleans())
)


@given(WORDS, st.permutations("张李王赵"))
def test_neither_names_nor_sides_matter(words: dict[tuple[str, int], tuple[str, bool]], names: list[str]) -> None:
    """Named otherwise and shown the other way round, people agree as before."""
    renamed = dict(zip("张李王赵", names, strict=True))
    before = Grid.labels([vote(who, at, word, at // 2, turned=turn) for (who, at), (word, turn) in words.items()])
    after = Grid.labels(
        [vote(renamed[who], at, word, at // 2, turned=not turn) for (who, at), (word, turn) in words.items()]
    )
    assert among(after) == among(before)
    assert confusion_of(after) == confusion_of(before)
    kappas = {frozenset((one.first, one.second)): one for one in pairs_of(after)}
    for one in pairs_of(before):
        other = kappas.pop(frozenset((renamed[one.first], renamed[one.second])))
        assert other.items == one.items
        assert (other.agreement is None) is (one.agreement is None)
        if one.agreement and other.agreement:
            assert other.agreement.raw == one.agreement.raw
            mine, theirs = one.agreement.kappa, other.agreement.kappa
            assert (mine and pytest.approx(mine.value)) == (theirs and theirs.value)
    assert not kappas


@given(WORDS)
def test_the_confusion_holds_every_pair_twice(words: dict[tuple[str, int], tuple[str, bool]]) -> None:
    found = Grid.labels([vote(who, at, word) for (who, at), (word, _) in words.items()])
    cells = confusion_of(found)
    assert cells == tuple(zip(*cells, strict=True))
    assert sum(map(sum, cells)) == 2 * sum(one.items for one in pairs_of(found))


# ── scores ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_scores_by_hand() -> None:
    """10 8 6 4 2 and 8 8 8 2 2 of ten: .12 apart on average; 36 over the root of 40 times 43.2 is the root of .75."""
    mine, theirs = (1.0, 0.8, 0.6, 0.4, 0.2), (0.8, 0.8, 0.8, 0.2, 0.2)
    votes = [score("张", at, one) for at, one in enumerate(mine)] + [
        score("李", at, one) for at, one in enumerate(theirs)
    ]
    found = scored(Grid.scores([*votes, score("王", 0, 0.5), score("王", 9, 0.5)]))
    assert found is not None
    assert [(one.first, one.second, one.items) for one in found.pairs] == [
        ("张", "李", 5),
        ("张", "王", 1),
        ("李", "王", 1),
    ]
    assert value(found.pairs[0].difference) == pytest.approx(0.12)
    assert found.pairs[0].correlation == pytest.approx(0.75**0.5)
    assert (found.pairs[1].difference, found.pairs[1].correlation) == (None, None)
    # On the first answer three differ by .2, .5 and .3.
    assert found.items == 5
    assert value(found.difference) == pytest.approx((1 / 3 + 0 + 0.2 + 0.2 + 0) / 5)


def test_who_gives_one_score_to_all_correlates_with_nobody() -> None:
    votes = [score(who, at, 0.5 if who == "张" else at / 10) for who in "张李" for at in range(6)]
    found = scored(Grid.scores(votes))
    assert found is not None
    assert (found.pairs[0].items, found.pairs[0].correlation) == (6, None)
    assert value(found.pairs[0].difference) == pytest.approx(0.25)


def test_scores_are_no_labels() -> None:
    votes = [score(who, at, 0.5) for who in "张李" for at in range(6)]
    assert among(Grid.labels(votes)) == Among(None, 0, None)
    assert scored(Grid.scores([vote("张", 0, "W"), vote("李", 0, "W")])) is None
    assert scored(Grid.scores([score("张", 0, 0.5), score("李", 1, 0.5)])) is None


# ── a judge and people ────────────────────────────────────────────────────────────────────────────────────────────────

ONES = [question(number) for number in range(12)]
CASES = [pair(one, "甲", "乙") for one in ONES]


def asked(store: Store, judge: list[Verdict], people: list[Verdict], chance: list[float]) -> tuple[Against, ...]:
    """What people said of the first items, by a draw with these chances."""
    draw = drawn("甲乙-1", [item(CASES[at], one) for at, one in enumerate(chance)], ONES, "甲乙")
    humans = [HumanVerdict(CASES[at], "张", one, chance[at], draw.name) for at, one in enumerate(people)]
    filled(store, [said(case, one) for case, one in zip(CASES, judge, strict=True)], humans, draw)
    told = queue(store, replace(PLAN, candidates=("甲", "乙")))
    found = against_people(told)
    mine, theirs = found[0].agreement, told.certificate.agreement
    assert mine is not None
    assert theirs is not None
    # The certificate counts from the loss.
    assert (mine.items, mine.raw, mine.first_base) == (theirs.items, theirs.raw, theirs.first_base[::-1])
    assert value(mine.kappa) == pytest.approx(value(theirs.kappa))
    return found


def test_a_judge_against_people_weighs_by_the_chance(store: Store) -> None:
    """Alike on items 0 to 3 of weights 2, 2, 4, 4; 甲 for the judge and 乙 for people on 4 and 5 of weights 4 and 2."""
    people = [WIN, TIE, LOSS, TIE, LOSS, LOSS]
    judge = [WIN, TIE, LOSS, TIE, WIN, WIN] + [TIE] * 6
    whole, *abilities = asked(store, judge, people, [0.5, 0.5, 0.25, 0.25, 0.25, 0.5])
    assert (whole.ability, whole.items) == (None, 6)
    assert whole.confusion == ((1, 0, 2), (0, 2, 0), (0, 0, 1))
    assert whole.weighted == ((2 / 18, 0, 6 / 18), (0, 6 / 18, 0), (0, 0, 4 / 18))
    assert whole.agreement is not None
    assert whole.agreement.raw.value == pytest.approx(12 / 18)
    chance = (8 * 2 + 6 * 6 + 4 * 10) / 18**2
    assert value(whole.agreement.kappa) == pytest.approx((12 / 18 - chance) / (1 - chance))
    assert [(one.ability, one.items, one.agreement) for one in abilities] == [("计算", 3, None), ("闲聊", 3, None)]
    assert abilities[0].confusion == ((1, 0, 1), (0, 0, 0), (0, 0, 1))


def test_an_ability_with_enough_items_has_its_own_figure(store: Store) -> None:
    whole, first, second = asked(store, [WIN] * 12, [WIN, LOSS] * 6, [1.0] * 12)
    assert (whole.items, first.items, second.items) == (12, 6, 6)
    assert [value(one.agreement and one.agreement.raw) for one in (whole, first, second)] == [0.5, 1.0, 0.0]
    assert (first.ability, second.ability) == ("计算", "闲聊")


def test_nothing_drawn_is_no_figure(store: Store) -> None:
    filled(store, [said(case, WIN) for case in CASES])
    zero = ((0, 0, 0),) * 3
    assert against_people(queue(store, replace(PLAN, candidates=("甲", "乙")))) == (Against(None, 0, None, zero, zero),)


def test_people_who_scored_answers_are_compared_on_what_scores_imply(store: Store) -> None:
    """People put 甲 above 乙 on every drawn question, the judge on every second."""
    ones = [question(number, ability="闲聊") for number in range(12)]
    judgments = [
        marked(one, name, 5 if name == "乙" else 8 - 6 * (at % 2)) for at, one in enumerate(ones) for name in "甲乙"
    ]
    humans = [points(one, name, 9 if name == "甲" else 4, "打分-1", 1.0) for one in ones[:6] for name in "甲乙"]
    cases = [each.case for each in humans]
    draw = drawn("打分-1", [item(case, 1.0) for case in cases], ones, "甲乙", unit="scores")
    filled(store, judgments, humans, draw)
    found = against_people(queue(store, replace(PLAN, judge="打分", candidates=("甲", "乙"))))
    assert [(one.ability, one.items, one.confusion) for one in found] == [
        (None, 6, ((3, 0, 0), (0, 0, 0), (3, 0, 0))),
        ("闲聊", 6, ((3, 0, 0), (0, 0, 0), (3, 0, 0))),
    ]
