from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from judge.comparison import State
from judge.records import DIALOGUE, HumanVerdict, Scope, Skipped, Verdict
from judge.review.verdicts import DrawState, People, evidence_on, people_on, scores_on, spoken
from judge.store import Store
from tests.review.scene import (
    LOSS,
    PLAN,
    SKIPPED,
    TIE,
    WIN,
    drawn,
    filled,
    heard,
    held,
    item,
    marked,
    pair,
    points,
    question,
    said,
)

ONES = [question(number) for number in range(8)]
CASES = [pair(one, "甲", "乙") for one in ONES]
JUDGED = [said(case, WIN) for case in CASES]


def person(
    number: int,
    result: Verdict | Skipped,
    probability: float | None = 0.5,
    draw: str | None = "甲乙-1",
    who: str = "张",
) -> HumanVerdict:
    return HumanVerdict(CASES[number], who, result, probability, draw)


def turned(one: HumanVerdict) -> HumanVerdict:
    """The same item as another reader was shown it: the other side on the left."""
    return replace(one, case=replace(one.case, dialogues=one.case.dialogues[::-1]))


def laid(store: Store, names: str = "甲乙") -> People:
    """People's verdicts on all rows there are dialogues for."""
    told = heard(store, list(names))
    rows = told.comparisons.state != State.NO_DIALOGUE
    return people_on(spoken(store, told, PLAN), told, PLAN, rows)


def table(found: People) -> dict[int, tuple[float, float]]:
    """Value and probability by row."""
    audits = found.audits
    return {
        at: (value, pytest.approx(chance))  # type: ignore[misc]
        for at, value, chance in zip(
            audits.at.tolist(), audits.value.tolist(), audits.probability.tolist(), strict=True
        )
    }


def first_draw(*numbers: int, probability: float = 0.5):  # type: ignore[no-untyped-def]
    return drawn("甲乙-1", [item(CASES[at], probability) for at in numbers], ONES, "甲乙")


# ── one value per item ────────────────────────────────────────────────────────────────────────────────────────────────


def test_several_reviewers_are_averaged_whichever_side_they_saw_left(store: Store) -> None:
    """张 for 甲 and 李, who saw 乙 left, for a tie; then both for 乙."""
    humans = [
        person(0, WIN),
        turned(person(0, TIE, who="李")),
        person(1, LOSS),
        turned(person(1, WIN, who="李")),
    ]
    filled(store, JUDGED, humans, first_draw(0, 1))
    found = laid(store)
    assert table(found) == {0: (0.75, 0.5), 1: (0.0, 0.5)}
    assert found.label.tolist() == [0, -1]  # one vote each is a tie
    assert found.open_points.tolist() == [1.0, 0.0]
    assert (found.reviewers, found.chosen, found.implied) == (2, 0, False)
    assert found.draws == (DrawState("甲乙-1", 2, 2, 0.3),)


def test_of_three_reviewers_the_plurality_is_the_label(store: Store) -> None:
    humans = [person(0, WIN), person(0, WIN, who="李"), person(0, LOSS, who="王")]
    filled(store, JUDGED, humans, first_draw(0))
    found = laid(store)
    assert found.audits.value == pytest.approx([2 / 3])
    assert (found.label.tolist(), found.reviewers) == ([1], 3)


def test_an_adjudicated_item_keeps_its_draw(store: Store) -> None:
    humans = [person(0, WIN, 0.25), person(0, LOSS, 0.25, who="李"), person(1, WIN, 0.25)]
    last = replace(person(0, TIE, None, None, "主编"), adjudicates=True)
    filled(store, JUDGED, [*humans, last], first_draw(0, 1, probability=0.25))
    found = laid(store)
    assert table(found) == {0: (0.5, 0.25), 1: (1.0, 0.25)}
    assert found.chosen == 0


def test_a_later_word_takes_the_place_of_the_earlier(store: Store) -> None:
    one = person(0, WIN)
    filled(store, JUDGED, [one, person(1, WIN)], first_draw(0, 1))
    store.add(human_verdicts=[replace(person(0, LOSS), supersedes=one.key)])
    assert table(laid(store)) == {0: (0.0, 0.5), 1: (1.0, 0.5)}


def test_who_passes_an_item_on_has_not_judged_it(store: Store) -> None:
    """Of three items one is passed on, so two of three are a random part of the draw."""
    filled(store, JUDGED, [person(0, WIN), person(1, SKIPPED), person(2, LOSS)], first_draw(0, 1, 2))
    found = laid(store)
    assert table(found) == {0: (1.0, 1 / 3), 2: (0.0, 1 / 3)}
    assert found.draws == (DrawState("甲乙-1", 3, 2, 0.3),)
    # Another reviewer took it over.
    store.add(human_verdicts=[person(1, TIE, who="李")])
    assert table(laid(store)) == {0: (1.0, 0.5), 1: (0.5, 0.5), 2: (0.0, 0.5)}


# ── with which chance ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_half_judged_draw_is_a_random_part_of_itself(store: Store) -> None:
    filled(store, JUDGED, [person(0, WIN), person(3, LOSS)], first_draw(0, 1, 2, 3))
    found = laid(store)
    assert table(found) == {0: (1.0, 0.25), 3: (0.0, 0.25)}
    assert found.audits.judged is not None
    assert found.audits.judged.tolist() == [0.5, 0.5]
    assert found.draws == (DrawState("甲乙-1", 4, 2, 0.3),)


def test_batches_are_draws_in_the_order_they_were_made_not_brought_back(store: Store) -> None:
    """The second draw's sheet came back first."""
    second = drawn("甲乙-2", [item(CASES[at], 0.8) for at in (4, 5)], ONES, "甲乙")
    filled(store, JUDGED, [], first_draw(0, 1), second)
    store.add(human_verdicts=[person(at, LOSS, 0.8, "甲乙-2") for at in (4, 5)])
    store.add(human_verdicts=[person(at, WIN) for at in (1, 0)])
    found = laid(store)
    assert found.audits.at.tolist() == [0, 1, 4, 5]
    assert found.audits.batch.tolist() == [0, 0, 1, 1]
    assert found.audits.probability.tolist() == [0.5, 0.5, 0.8, 0.8]
    assert [one.name for one in found.draws] == ["甲乙-1", "甲乙-2"]


def test_a_census_that_came_with_the_data_needs_no_draw(store: Store) -> None:
    filled(store, JUDGED, [person(at, WIN, 1.0, None) for at in range(8)])
    found = laid(store)
    assert found.audits.probability.tolist() == [1.0] * 8
    assert found.audits.batch.tolist() == [0] * 8
    assert found.draws == ()


def test_what_people_chose_to_judge_is_counted_and_is_no_audit(store: Store) -> None:
    """Item 1 was drawn and item 2 was not; on item 1 somebody spoke by choice too."""
    humans = [person(1, WIN), person(1, LOSS, None, None, "李"), person(2, LOSS, None, None, "李")]
    filled(store, JUDGED, humans, first_draw(1))
    found = laid(store)
    assert table(found) == {1: (0.5, 0.5)}
    assert (found.chosen, found.reviewers) == (1, 2)


def test_nobody_spoke(store: Store) -> None:
    filled(store, JUDGED)
    found = laid(store)
    assert (len(found.audits), found.chosen, found.reviewers, found.implied) == (0, 0, 0, False)
    assert spoken(store, heard(store, "甲乙"), PLAN).drawn.tolist() == []


# ── what a draw says nothing of ───────────────────────────────────────────────────────────────────────────────────────


def test_a_draw_from_fewer_questions_says_nothing_of_all(store: Store) -> None:
    narrow = drawn(
        "窄", [item(CASES[at], 0.5) for at in (0, 2)], [one for one in ONES if one.ability == "计算"], "甲乙"
    )
    filled(store, JUDGED, [person(at, WIN, 0.5, "窄") for at in (0, 2)], narrow)
    found = laid(store)
    assert (len(found.audits), found.chosen) == (0, 2)
    assert found.draws == (DrawState("窄", 2, 2, 0.3, usable=False),)
    plan = replace(PLAN, abilities=("计算",))
    told = heard(store, "甲乙", plan)
    inside = people_on(spoken(store, told, plan), told, plan, np.ones(len(told.comparisons), bool))
    assert inside.audits.at.tolist() == [0, 1]
    assert inside.draws == (DrawState("窄", 2, 2, 0.3),)


def test_what_is_said_last_for_a_narrower_draw_keeps_the_chance_of_the_wider(store: Store) -> None:
    """Of three items drawn of all, one had been drawn of 计算 too; its sheet came back last and changed the verdict."""
    narrow = drawn("窄", [item(CASES[0], 0.5)], [one for one in ONES if one.ability == "计算"], "甲乙")
    wide = drawn("宽", [item(CASES[at], 0.4) for at in range(3)], ONES, "甲乙")
    before = person(0, WIN, 0.4, "宽")
    filled(store, JUDGED, [before, person(1, WIN, 0.4, "宽"), person(2, TIE, 0.4, "宽")], narrow, wide)
    store.add(human_verdicts=[replace(person(0, LOSS, 0.5, "窄"), supersedes=before.key)])
    found = laid(store)
    assert table(found) == {0: (0.0, 0.4), 1: (1.0, 0.4), 2: (0.5, 0.4)}
    assert found.draws == (DrawState("窄", 1, 1, 0.3, usable=False), DrawState("宽", 3, 3, 0.3))


def test_a_draw_from_fewer_candidates_says_nothing_of_all(store: Store) -> None:
    more = [said(pair(one, first, "丙"), WIN) for one in ONES for first in "甲乙"]
    filled(store, [*JUDGED, *more], [person(0, WIN)], first_draw(0))
    assert (len(laid(store, "甲乙丙").audits), laid(store, "甲乙丙").chosen) == (0, 1)
    assert table(laid(store)) == {0: (1.0, 0.5)}


def test_of_a_wider_draw_what_is_about_these_candidates_counts(store: Store) -> None:
    """Three items were drawn of all pairs, one of them of 甲 and 乙, and that is judged."""
    others = [pair(ONES[0], "甲", "丙"), pair(ONES[1], "乙", "丙")]
    more = [said(pair(one, first, "丙"), WIN) for one in ONES for first in "甲乙"]
    wide = drawn("宽", [item(CASES[3], 0.4), *(item(case, 0.4) for case in others)], ONES, "甲乙丙")
    humans = [person(3, LOSS, 0.4, "宽"), HumanVerdict(others[0], "张", WIN, 0.4, "宽")]
    filled(store, [*JUDGED, *more], humans, wide)
    found = laid(store)
    assert table(found) == {3: (0.0, 0.4)}
    assert found.draws == (DrawState("宽", 1, 1, 0.3),)
    whole = laid(store, "甲乙丙")
    assert len(whole.audits) == 2
    assert whole.audits.probability == pytest.approx([0.4 * 2 / 3] * 2)
    assert whole.draws == (DrawState("宽", 3, 2, 0.3),)


def test_golden_history_is_another_audit(store: Store) -> None:
    golden = [pair(one, "甲", "乙", history="golden") for one in ONES]
    other = drawn("甲乙-2", [item(golden[1], 0.5)], ONES, "甲乙", history="golden")
    humans = [person(0, WIN), HumanVerdict(golden[1], "张", LOSS, 0.5, "甲乙-2")]
    filled(store, [*JUDGED, *(said(case, LOSS) for case in golden)], humans, first_draw(0), other)
    assert table(laid(store)) == {0: (1.0, 0.5)}
    plan = replace(PLAN, history="golden")
    told = heard(store, "甲乙", plan)
    found = people_on(spoken(store, told, plan), told, plan, np.ones(8, bool))
    assert table(found) == {1: (0.0, 0.5)}
    assert [one.name for one in found.draws] == ["甲乙-2"]


def test_turns_and_dialogues_are_not_each_others_audits(store: Store) -> None:
    turn = pair(ONES[0], "甲", "乙", Scope(1))
    filled(store, [*JUDGED, said(turn, LOSS)], [HumanVerdict(turn, "张", WIN, 0.5, "甲乙-1")], first_draw(0))
    assert len(laid(store).audits) == 0


def test_positions_are_those_of_the_chosen_rows(store: Store) -> None:
    filled(store, JUDGED, [person(at, WIN) for at in (2, 5)], first_draw(2, 5))
    told = heard(store, "甲乙")
    rows = np.isin(np.arange(8), [1, 2, 3])
    found = people_on(spoken(store, told, PLAN), told, PLAN, rows)
    assert found.audits.at.tolist() == [1]


# ── scores ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_scores_imply_all_pairs_of_a_drawn_question(store: Store) -> None:
    """Question 1 was drawn with .25 and all three scored; of question 2 only 甲 and 丙 are."""
    more = [said(pair(one, *two), WIN) for one in ONES for two in ("甲丙", "乙丙")]
    items = [
        replace(item(pair(ONES[at], name, name), 0.25), dialogues=(held(ONES[at], name).key,))
        for at in (1, 2)
        for name in "甲乙丙"
    ]
    draw = drawn("分", items, ONES, "甲乙丙", unit="scores", uniform=1.0)
    marks = {(1, "甲"): 8, (1, "乙"): 5, (1, "丙"): 8, (2, "甲"): 3, (2, "丙"): 4}
    humans = [points(ONES[at], name, value, "分", 0.25) for (at, name), value in marks.items()]
    filled(store, [*JUDGED, *more], humans, draw)
    found = laid(store, "甲乙丙")
    assert found.implied
    told = heard(store, "甲乙丙").comparisons.take(found.audits.at)
    names = store.candidates("题库")
    values = {
        (names[first] + names[second], number): value
        for first, second, number, value in zip(
            told.first.tolist(), told.second.tolist(), told.question.tolist(), found.audits.value.tolist(), strict=True
        )
    }
    codes = store.question_codes("题库")
    one, two = (codes[ONES[at].key] for at in (1, 2))
    assert values == {("甲乙", one): 1.0, ("甲丙", one): 0.5, ("乙丙", one): 0.0, ("甲丙", two): 0.0}
    assert found.audits.probability == pytest.approx([0.25 * 5 / 6] * 4)


def test_scores_by_model_are_shares_of_full_points(store: Store) -> None:
    """The judge scores all eight answers of each; people two questions of 甲 and one of 乙, of six drawn answers."""
    judgments = [marked(one, name, at + (name == "甲")) for at, one in enumerate(ONES) for name in "甲乙"]
    items = [
        replace(item(CASES[at], 0.375), dialogues=(held(ONES[at], name).key,)) for at in (3, 6, 7) for name in "甲乙"
    ]
    draw = drawn("分", items, ONES, "甲乙", unit="scores", uniform=1.0)
    humans = [
        points(ONES[6], "甲", 2, "分", 0.375),
        points(ONES[6], "甲", 4, "分", 0.375, "李"),
        points(ONES[3], "甲", 10, "分", 0.375),
        points(ONES[3], "乙", 1, "分", 0.375),
    ]
    filled(store, judgments, humans, draw)
    plan = replace(PLAN, judge="打分")
    told = heard(store, "甲乙", plan)
    found = scores_on(spoken(store, told, plan), told)
    assert found is not None
    codes = {name: code for code, name in store.candidates("题库").items()}
    one, other = found[codes["甲"]], found[codes["乙"]]
    assert one.said == pytest.approx(np.arange(1, 9) / 10)
    assert other.said == pytest.approx(np.arange(8) / 10)
    assert (one.audits.at.tolist(), one.audits.value.tolist()) == ([3, 6], [1.0, pytest.approx(0.3)])
    assert (other.audits.at.tolist(), other.audits.value.tolist()) == ([3], [0.1])
    assert one.audits.probability == pytest.approx([0.375 / 2] * 2)


def test_without_scores_of_both_there_are_none_by_model(store: Store) -> None:
    filled(
        store, [*JUDGED, *(marked(one, name, 5) for one in ONES for name in "甲乙")], [person(0, WIN)], first_draw(0)
    )
    told = heard(store, "甲乙")
    assert scores_on(spoken(store, told, PLAN), told) is None  # the judge compared
    plan = replace(PLAN, judge="打分")
    marks = heard(store, "甲乙", plan)
    assert scores_on(spoken(store, marks, plan), marks) is None  # people compared
    found = people_on(spoken(store, marks, plan), marks, plan, np.ones(8, bool))
    assert len(found.audits) == 1  # what people compared is about what scores imply


# ── a certificate's evidence ──────────────────────────────────────────────────────────────────────────────────────────


def test_evidence_stands_on_drawn_items_alone_each_by_its_chance(store: Store) -> None:
    humans = [person(0, WIN, 0.25), person(1, LOSS, 0.25), person(5, LOSS, None, None)]
    filled(store, JUDGED, humans, first_draw(0, 1, probability=0.25))
    found = evidence_on(store, heard(store, "甲乙"), PLAN)
    assert found.drawn
    assert found.weight is not None
    assert found.weight.tolist() == [4, 4, 0, 0, 0, 0, 0, 0]


def test_without_drawn_items_evidence_is_all_that_people_said(store: Store) -> None:
    filled(store, JUDGED, [person(5, LOSS, None, None)])
    found = evidence_on(store, heard(store, "甲乙"), PLAN)
    assert not found.drawn
    assert found.weight is None
    nobody = evidence_on(store, replace(heard(store, "甲乙")), replace(PLAN, history="golden"))
    assert nobody.people is None


def test_a_question_drawn_for_its_dialogue_is_not_drawn_for_its_turns(store: Store) -> None:
    one = question(30, turns=2)
    cases = [pair(one, "甲", "乙", scope) for scope in (DIALOGUE, Scope(1), Scope(2))]
    draw = drawn("轮", [item(case, 0.5) for case in cases[1:]], [one], "甲乙")
    humans = [HumanVerdict(cases[2], "张", LOSS, 0.5, "轮")]
    filled(store, [said(case, WIN) for case in cases], humans, draw)
    plan = replace(PLAN, scope="turns")
    told = heard(store, "甲乙", plan)
    found = people_on(spoken(store, told, plan), told, plan, np.ones(2, bool))
    assert told.comparisons.scope.tolist() == [1, 2]
    assert table(found) == {1: (0.0, 0.25)}
