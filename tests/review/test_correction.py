from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from judge.records import HumanVerdict, Plan, Scope, Verdict
from judge.report.correction import CorrectedRow, Correction, Triple
from judge.review.correction import LEAST, LEAST_SCORES, MORE, correction_of, half_width, still_needed
from judge.review.queue import queue
from judge.stats.intervals import Estimate
from judge.store import Store
from tests.review.scene import LOSS, PLAN, TIE, WIN, drawn, filled, held, item, marked, pair, points, question, said

ONES = [question(number) for number in range(20)]
CASES = [pair(one, "甲", "乙") for one in ONES]
BANK = replace(PLAN, target="bank")
BOARD = [pair(one, *two) for one in ONES for two in ("甲乙", "甲丙", "乙丙")]
JUDGED: list[Verdict] = [(WIN, WIN, TIE, LOSS)[at % 4] for at in range(20)]
PEOPLE: list[Verdict] = [(WIN, TIE, TIE, LOSS, LOSS)[at % 5] for at in range(20)]
POINTS = {WIN: 1.0, TIE: 0.5, LOSS: 0.0}


def corrected(store: Store, plan: Plan, *names: str) -> Correction:
    return correction_of(queue(store, replace(plan, candidates=names)), plan)


def one_pair(store: Store, audited: Sequence[int], probability: float = 1.0) -> Store:
    draw = drawn("甲乙-1", [item(CASES[at], probability) for at in audited], ONES, "甲乙")
    humans = [HumanVerdict(CASES[at], "张", PEOPLE[at], probability, "甲乙-1") for at in audited]
    filled(store, [said(case, one) for case, one in zip(CASES, JUDGED, strict=True)], humans, draw)
    return store


def value(figure: Estimate | None) -> float:
    assert figure is not None
    return figure.value


def by_name(found: Correction) -> dict[str, CorrectedRow]:
    return {row.candidate: row for row in found.rows}


# ── one pair ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_census_is_what_people_said(store: Store) -> None:
    """Of twenty: people 4 wins, 8 ties, 8 losses: 8 points, 12 not lost, 16 not won; the judge 10, 5 and 5."""
    found = corrected(one_pair(store, range(20)), BANK, "甲", "乙")
    assert (found.audits, found.population, found.unit, found.pooled, found.needed) == (
        20,
        20,
        "half_tie",
        False,
        LEAST,
    )
    rows = by_name(found)
    assert [row.candidate for row in found.rows] == ["乙", "甲"]  # the better first
    for name, half, opened in (("甲", 40.0, 60.0), ("乙", 60.0, 80.0)):
        for figure, expected in ((rows[name].figure, half), (rows[name].open_score, opened)):
            assert figure is not None
            for one in (figure.people, figure.corrected):
                assert one is not None
                assert (one.value, one.low, one.high) == pytest.approx((expected,) * 3)
    assert value(rows["甲"].figure.judge) == 62.5
    assert rows["甲"].open_score is not None
    assert value(rows["甲"].open_score.judge) == 75.0


def test_two_sides_of_a_pair_are_a_hundred_together(store: Store) -> None:
    found = corrected(one_pair(store, range(0, 20, 2), 0.5), PLAN, "甲", "乙")
    one, other = (by_name(found)[name].figure for name in "甲乙")
    for figure, mirror in ((one.judge, other.judge), (one.people, other.people), (one.corrected, other.corrected)):
        assert figure is not None
        assert mirror is not None
        assert figure.value + mirror.value == pytest.approx(100)
        assert (mirror.low, mirror.high) == pytest.approx((100 - figure.high, 100 - figure.low))
        assert figure.low < figure.value < figure.high
    # Turning the pair round changes nothing.
    back = by_name(corrected(store, PLAN, "乙", "甲"))
    for name, figure in (("甲", one), ("乙", other)):
        assert value(back[name].figure.corrected) == pytest.approx(value(figure.corrected))
    opened = [by_name(found)[name].open_score for name in "甲乙"]
    again = [back[name].open_score for name in "甲乙"]
    for figure, same in zip(opened, again, strict=True):
        assert figure is not None
        assert same is not None
        assert value(figure.corrected) == pytest.approx(value(same.corrected))


def test_people_alone_are_the_mean_of_an_even_draw(store: Store) -> None:
    audited = [0, 3, 4, 7, 9, 10, 13, 16]
    found = corrected(one_pair(store, audited, 0.4), BANK, "甲", "乙")
    mean = 100 * np.mean([POINTS[PEOPLE[at]] for at in audited])
    assert value(by_name(found)["甲"].figure.people) == pytest.approx(mean)
    assert (found.audits, found.uniform, found.signals) == (8, 0.3, ("verdict",))


def test_four_audits_correct_a_pair_and_three_do_not(store: Store) -> None:
    few = corrected(one_pair(store, [0, 1, 2], 0.15), PLAN, "甲", "乙")
    assert (few.rows, few.few, few.audits, few.needed, few.tuning) == ((), True, 3, 4, None)
    assert half_width(few) is None
    draw = drawn("甲乙-2", [item(CASES[5], 0.2), item(CASES[6], 0.2)], ONES, "甲乙", uniform=0.6)
    store.add(run=draw.run, human_verdicts=[HumanVerdict(CASES[5], "张", WIN, 0.2, "甲乙-2")])
    found = corrected(store, PLAN, "甲", "乙")
    assert (len(found.rows), found.audits, found.waiting, found.uniform) == (2, 4, 1, 0.3)


def test_a_draw_from_less_is_named_and_corrects_nothing(store: Store) -> None:
    one_pair(store, [])
    narrow = drawn("窄", [item(CASES[at], 0.5) for at in range(0, 20, 2)], ONES[::2], "甲乙")
    store.add(run=narrow.run, human_verdicts=[HumanVerdict(CASES[at], "张", WIN, 0.5, "窄") for at in range(0, 16, 2)])
    found = corrected(store, PLAN, "甲", "乙")
    assert (found.rows, found.audits, found.chosen, found.narrower) == ((), 0, 8, ("窄",))
    assert (found.waiting, found.uniform) == (0, None)


def test_what_the_judge_left_open_is_half_a_point_to_be_corrected(store: Store) -> None:
    """Five of the twenty have no verdict of the judge; a census still says what people said."""
    draw = drawn("甲乙-1", [item(case, 1.0) for case in CASES], ONES, "甲乙")
    humans = [HumanVerdict(case, "张", one, 1.0, "甲乙-1") for case, one in zip(CASES, PEOPLE, strict=True)]
    filled(store, [said(case, WIN) for case in CASES[:15]], humans, draw)
    found = by_name(corrected(store, BANK, "甲", "乙"))
    assert value(found["甲"].figure.corrected) == pytest.approx(40.0)
    assert value(found["甲"].figure.judge) == 100.0


# ── boards ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def board(store: Store, audited: int, probability: float) -> Store:
    """Three candidates; people say of every third pair what they say of the first, whatever the pair."""
    draw = drawn("榜-1", [item(case, probability) for case in BOARD[:audited]], ONES, "甲乙丙")
    humans = [HumanVerdict(case, "张", PEOPLE[at % 20], probability, "榜-1") for at, case in enumerate(BOARD[:audited])]
    filled(store, [said(case, JUDGED[at % 20]) for at, case in enumerate(BOARD)], humans, draw)
    return store


def test_a_board_needs_ten_audits_beyond_one_for_each(store: Store) -> None:
    few = corrected(board(store, 12, 0.2), PLAN)
    assert (few.rows, few.audits, few.population, few.needed, few.pooled) == ((), 12, 60, 3 + MORE, True)
    more = HumanVerdict(BOARD[12], "张", WIN, 0.2, "榜-2")
    store.add(run=drawn("榜-2", [item(BOARD[12], 0.2)], ONES, "甲乙丙").run, human_verdicts=[more])
    found = corrected(store, PLAN)
    assert (len(found.rows), found.audits, found.few) == (3, 13, False)
    assert all(row.open_score is None for row in found.rows)


def test_a_census_of_a_board_is_every_candidates_mean(store: Store) -> None:
    found = corrected(board(store, 60, 1.0), BANK)
    people: dict[str, list[float]] = {name: [] for name in "甲乙丙"}
    judge: dict[str, list[float]] = {name: [] for name in "甲乙丙"}
    for at, case in enumerate(BOARD):
        first, second = (one.candidate.name for one in case.dialogues)
        for mean, told in ((people, PEOPLE), (judge, JUDGED)):
            mean[first].append(POINTS[told[at % 20]])
            mean[second].append(1 - POINTS[told[at % 20]])
    for name, row in by_name(found).items():
        assert value(row.figure.judge) == pytest.approx(100 * np.mean(judge[name]))
        assert value(row.figure.people) == pytest.approx(100 * np.mean(people[name]))
        assert value(row.figure.corrected) == pytest.approx(100 * np.mean(people[name]))
    assert half_width(found) == 0
    order = [value(row.figure.corrected) for row in found.rows]
    assert order == sorted(order, reverse=True)


# ── scores ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def scored(store: Store, names: str, audited: Sequence[int], judge_turns: int = 1) -> Store:
    """The judge marks all answers; people those to some questions, two points lower than it did (but not below 0)."""
    ones = ONES if judge_turns == 1 else [question(number, judge_turns) for number in range(20)]
    marks = {(at, name): (at + 3 * place) % 9 + 1 for at in range(20) for place, name in enumerate(names)}
    judgments = [
        marked(one, name, marks[at, name] + turn, Scope(turn) if judge_turns > 1 else Scope())
        for at, one in enumerate(ones)
        for name in names
        for turn in (range(1, judge_turns + 1) if judge_turns > 1 else [0])
    ]
    chance = len(audited) / 20
    humans: list[HumanVerdict] = []
    items = []
    for at in audited:
        for name in names:
            for turn in range(1, judge_turns + 1) if judge_turns > 1 else [0]:
                one = points(ones[at], name, max(0, marks[at, name] - 2), "分-1", chance)
                one = replace(one, case=replace(one.case, scope=Scope(turn or None)))
                humans.append(one)
                items.append(replace(item(one.case, chance), dialogues=(held(ones[at], name).key,)))
    draw = drawn("分-1", items, ones, names, unit="scores", uniform=1.0)
    filled(store, judgments, humans, draw)
    return store


MARKS = replace(PLAN, judge="打分")


def test_scores_of_a_board_are_shares_of_full_points(store: Store) -> None:
    """The judge is two points of ten too kind, wherever people would have gone below nothing but one."""
    found = corrected(scored(store, "甲乙丙", range(0, 20, 2)), replace(MARKS, target="bank"))
    assert (found.unit, found.signals, found.pooled) == ("score", ("score",), False)
    assert (found.audits, found.population, found.needed) == (30, 60, 3 * LEAST_SCORES)
    for place, name in enumerate("甲乙丙"):
        marks = [(at + 3 * place) % 9 + 1 for at in range(20)]
        low = [max(0, one - 2) for one in marks]
        row = by_name(found)[name].figure
        assert value(row.judge) == pytest.approx(10 * np.mean(marks))
        assert value(row.people) == pytest.approx(10 * np.mean(low[::2]))
        assert value(row.corrected) == pytest.approx(10 * np.mean(low), abs=1)


def test_scores_of_every_model_are_needed(store: Store) -> None:
    found = corrected(scored(store, "甲乙丙", range(LEAST_SCORES - 1)), MARKS)
    assert (found.rows, found.audits, found.needed) == ((), 3 * (LEAST_SCORES - 1), 3 * LEAST_SCORES)


def test_all_scored_is_what_people_scored(store: Store) -> None:
    found = corrected(scored(store, "甲乙丙", range(20)), replace(MARKS, target="bank"))
    for place, name in enumerate("甲乙丙"):
        low = [max(0, (at + 3 * place) % 9 - 1) for at in range(20)]
        row = by_name(found)[name].figure.corrected
        assert row is not None
        assert (row.value, row.low, row.high) == pytest.approx((10 * np.mean(low),) * 3)


def test_two_turns_of_one_question_are_one_audit_of_a_model(store: Store) -> None:
    """The judge gives each turn its number more; a census is people's mean over questions, whose turns they gave the same."""
    plan = replace(MARKS, target="bank", scope="turns")
    found = corrected(scored(store, "甲乙丙", range(20), judge_turns=2), plan)
    assert (found.audits, found.population) == (60, 60)
    for place, name in enumerate("甲乙丙"):
        low = [max(0, (at + 3 * place) % 9 - 1) for at in range(20)]
        row = by_name(found)[name].figure
        assert value(row.corrected) == pytest.approx(10 * np.mean(low))
        assert value(row.judge) == pytest.approx(10 * np.mean([(at + 3 * place) % 9 + 2.5 for at in range(20)]))


@pytest.mark.parametrize("turns", [1, 2])
def test_a_board_of_pairs_is_corrected_by_scored_questions(store: Store, turns: int) -> None:
    """People scored all answers to all questions: what that implies of every pair is the corrected figure."""
    scored(store, "甲乙丙", range(20), judge_turns=turns)
    ones = ONES if turns == 1 else [question(number, turns) for number in range(20)]
    scopes = [Scope()] if turns == 1 else [Scope(1), Scope(2)]
    pairs = [pair(one, *two, scope) for one in ones for two in ("甲乙", "甲丙", "乙丙") for scope in scopes]
    store.add(judgments=[said(case, WIN) for case in pairs])
    found = corrected(store, replace(BANK, scope="dialogue" if turns == 1 else "turns"))
    assert (found.unit, found.pooled, found.audits) == ("half_tie", False, 60 * turns)
    marks = {name: [max(0, (at + 3 * place) % 9 - 1) for at in range(20)] for place, name in enumerate("甲乙丙")}
    for name, mine in marks.items():
        others = [theirs for other, theirs in marks.items() if other != name]
        gaps = [np.sign(one - other) for theirs in others for one, other in zip(mine, theirs, strict=True)]
        assert value(by_name(found)[name].figure.corrected) == pytest.approx(50 + 50 * np.mean(gaps))


# ── how many more ─────────────────────────────────────────────────────────────────────────────────────────────────────


def told(*halves: tuple[float, float], audits: int = 40, population: int = 200) -> Correction:
    """Corrected figures by half-width and standard error, in points."""
    rows = [
        CorrectedRow(str(at), Triple(None, None, Estimate(50, 50 - half, 50 + half, error, 40, 40)))
        for at, (half, error) in enumerate(halves)
    ]
    return Correction(
        "half_tie", tuple(rows), audits, population, 0, 0, 0.3, 1.0, 0.5, 10, ("verdict",), True, "bank", 13, ()
    )


def test_the_widest_interval_counts() -> None:
    assert half_width(told((4, 2), (6, 3), (5, 2.5))) == 6
    assert half_width(told()) is None


def test_how_many_more_by_hand() -> None:
    """±8 of sd 4 from 40 of 200 audits to ±4: a quarter of the variance, so (1/40 - 1/200) / 4 + 1/200 = 1/100."""
    bank = told((8, 4), (3, 1.5))
    assert still_needed(bank, bank, 4.0) == 60
    assert still_needed(bank, bank, 8.0) == 0
    assert still_needed(told(), told(), 4.0) == 0


def test_what_the_questions_leave_open_stays() -> None:
    """Of the variance 25, 16 is the draw's: at a half-width of 8 = 2 · 4, 16 is allowed, of which 9 is the questions'."""
    like, bank = told((10, 5)), told((8, 4))
    allowed = 16 - 9
    wanted = int(np.ceil(1 / (allowed / 16 * (1 / 40 - 1 / 200) + 1 / 200)))
    assert wanted == 73
    assert still_needed(like, bank, 8.0) == 73 - 40
    assert still_needed(like, bank, 6.0) is None  # 9 is all that three squared allows


def test_of_a_census_nothing_is_left_to_audit() -> None:
    whole = told((0, 0), audits=200)
    assert still_needed(whole, whole, 3.0) == 0
    like = told((5, 2.5), audits=200)
    assert still_needed(like, whole, 3.0) is None
