"""Boards and comparisons from small stores whose every figure can be counted by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from judge import pipeline
from judge.errors import InputError, NothingToCompare, UnknownName
from judge.records import (
    DIALOGUE,
    Answer,
    Bank,
    Candidate,
    Case,
    Dialogue,
    HumanVerdict,
    Judge,
    Judgment,
    Model,
    Plan,
    Question,
    Scope,
    Score,
    Scores,
    Side,
    Tally,
    Turn,
    Unreadable,
    Verdict,
)
from judge.report.board import View
from judge.store import Store, open_store

A, B = (Candidate(name, Model("test", name)) for name in ("甲", "乙"))
JUDGE = Judge("评委", Model("test", "评委"), "pair")
WIN, LOSS, TIE = Verdict(Side.FIRST), Verdict(Side.SECOND), Verdict(Side.TIE, 0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(str(tmp_path / "judge.db"), create=True)
    yield opened
    opened.engine.dispose()


def question(number: int, ability: str = "计算", version: int = 1) -> Question:
    return Question("题库", f"q{number}", ability, (Turn("一"), Turn("二")), version=version)


def held(one: Question, candidate: Candidate, history: str = "own") -> Dialogue:
    answers = (Answer("一", f"{candidate.name}答"), Answer("二", "再答"))
    return Dialogue(one, candidate, answers, history=history)  # type: ignore[arg-type]


def pair(one: Question, history: str = "own", *, known: bool = True) -> Case:
    return Case(one, DIALOGUE, (held(one, A, history), held(one, B, history)), placement_known=known)


def scored(one: Question, candidate: Candidate, value: float, scope: Scope = DIALOGUE, **dimensions: float) -> Judgment:
    parts = tuple((name, Score(mark, 1, 5)) for name, mark in dimensions.items())
    scores = Scores(Score(value, 0, 10), parts)
    return Judgment(Case(one, scope, (held(one, candidate),)), Judge("打分", Model("test", "打分"), "scores"), scores)


def add(store: Store, judgments: Sequence[Judgment] = (), humans: Sequence[HumanVerdict] = ()) -> None:
    store.add(banks=[Bank("题库")], judgments=judgments, human_verdicts=humans)


def test_dialogue_and_turn_scores_are_never_pooled(store: Store) -> None:
    ones = [question(number) for number in range(3)]
    add(store, [scored(one, A, 8) for one in ones] + [scored(one, B, 2) for one in ones])
    add(store, [scored(one, B, 10, Scope(turn)) for one in ones for turn in (1, 2)])
    board = pipeline.leaderboard(store, Plan())
    assert [(row.candidate, row.mean.value if row.mean else None, row.judged) for row in board.rows] == [
        ("甲", 8.0, 3),
        ("乙", 2.0, 3),
    ]
    turns = pipeline.leaderboard(store, Plan(scope="turns"))
    assert [(row.candidate, row.mean.value if row.mean else None) for row in turns.rows] == [("乙", 10.0)]


def test_abilities_choose_the_dimension_board_too(store: Store) -> None:
    one, other = question(1, "计算"), question(2, "闲聊")
    add(
        store,
        [
            scored(one, A, 5, 准确=1),
            scored(other, A, 5, 准确=5),
            scored(one, B, 5, 准确=3),
            scored(other, B, 5, 准确=5),
        ],
    )
    board = pipeline.leaderboard(store, Plan(abilities=("计算",)), view=View(by="dimension"))
    assert {row.candidate: row.parts[0].value for row in board.rows} == {"甲": 1.0, "乙": 3.0}


def test_own_and_golden_history_are_two_boards(store: Store) -> None:
    ones = [question(number) for number in range(4)]
    add(store, [Judgment(pair(one), JUDGE, WIN) for one in ones])
    add(store, [Judgment(pair(one, "golden"), JUDGE, LOSS) for one in ones])
    plan = Plan(candidates=("甲", "乙"))
    assert pipeline.compare(store, plan).overall.win == 4.0
    assert pipeline.compare(store, Plan(candidates=("甲", "乙"), history="golden")).overall.loss == 4.0


def test_of_several_versions_the_latest_answered_one_is_planned(store: Store) -> None:
    old, new = question(1), question(1, version=2)
    add(store, [Judgment(pair(old), JUDGE, WIN)])
    store.add(questions=[new])
    assert pipeline.compare(store, Plan(candidates=("甲", "乙"))).overall.counts.planned == 1
    add(store, [Judgment(pair(new), JUDGE, LOSS)])
    overall = pipeline.compare(store, Plan(candidates=("甲", "乙"))).overall
    assert (overall.counts.planned, overall.loss) == (1, 1.0)


def test_of_each_reviewer_the_latest_verdict_counts(store: Store) -> None:
    one = question(1)
    add(store, humans=[HumanVerdict(pair(one), "张", LOSS, comment="先"), HumanVerdict(pair(one), "李", WIN)])
    add(store, humans=[HumanVerdict(pair(one), "张", TIE, comment="改")])
    overall = pipeline.compare(store, Plan(candidates=("甲", "乙")), human=True).overall
    assert (overall.win, overall.tie, overall.loss) == (0.5, 0.5, 0.0)


def test_unknown_placements_tell_nothing_of_flips(store: Store) -> None:
    one = question(1)
    swapped = Case(one, DIALOGUE, pair(one).dialogues[::-1], placement_known=False)
    add(store, [Judgment(pair(one, known=False), JUDGE, WIN), Judgment(swapped, JUDGE, WIN)])
    found = pipeline.compare(store, Plan(candidates=("甲", "乙"))).overall
    assert (found.win, found.loss, found.counts.flipped, found.counts.both_placements) == (0.5, 0.5, 0, 0)


def test_missing_ones_that_could_turn_the_decision_are_said_to(store: Store) -> None:
    ones = [question(number) for number in range(40)]
    add(store, [Judgment(pair(one), JUDGE, WIN if at < 12 else Unreadable("乱")) for at, one in enumerate(ones)])
    report = pipeline.compare(store, Plan(candidates=("甲", "乙")))
    assert report.decision is not None
    assert (report.decision.answer, report.decision.fragile) == ("switch", True)
    assert report.overall.rates is not None
    assert report.overall.rates.half_tie_bounds == (30.0, 100.0)


def test_only_unreadable_replies_are_said_to_be_so(store: Store) -> None:
    add(store, [Judgment(pair(question(1)), JUDGE, Unreadable("乱"))])
    with pytest.raises(NothingToCompare, match="没有一题评得出来：读不出 1，没答 0"):
        pipeline.compare(store, Plan(candidates=("甲", "乙")))


def test_an_unknown_bank_is_named_as_such(store: Store) -> None:
    add(store, [Judgment(pair(question(1)), JUDGE, WIN)])
    with pytest.raises(UnknownName, match="没有名为 题酷 的题库；你要找的是不是：题库"):
        pipeline.compare(store, Plan(candidates=("甲", "乙"), bank="题酷"))


def test_a_judge_cannot_be_mixed_with_another(store: Store) -> None:
    other = Judge("评委二", Model("test", "评委二"), "pair")
    add(store, [Judgment(pair(question(1)), JUDGE, WIN), Judgment(pair(question(2)), other, LOSS)])
    with pytest.raises(InputError, match="不能混在一张榜里：评委、评委二"):
        pipeline.compare(store, Plan(candidates=("甲", "乙")))


def test_published_counts_are_chosen_by_judge_and_baseline(store: Store) -> None:
    judges = [Judge(name, Model("test", name)) for name in ("一评", "二评")]
    tallies = [Tally("公布", A, B, judge, 3, 1, at) for at, judge in enumerate(judges)]
    store.add(banks=[Bank("公布")], tallies=tallies)
    with pytest.raises(InputError, match="公布的次数有几个评委：一评、二评"):
        pipeline.leaderboard(store, Plan(bank="公布"))
    board = pipeline.leaderboard(store, Plan(bank="公布", judge="二评"))
    assert (board.judge, board.rows[0].loss) == ("二评", 1.0)
    with pytest.raises(NothingToCompare, match="只有公布的次数"):
        pipeline.leaderboard(store, Plan(bank="公布"), human=True)


def test_one_model_under_a_second_name_is_refused(store: Store) -> None:
    add(store, [Judgment(pair(question(1)), JUDGE, WIN)])
    renamed = Candidate("甲的新名字", A.model)
    with pytest.raises(InputError, match="甲的新名字 这个模型"):
        store.add(dialogues=[Dialogue(question(2), renamed, (Answer("一", "答"),))])


def test_a_changed_header_of_a_bank_stands_beside_the_old_one(store: Store) -> None:
    store.add(banks=[Bank("题库", title="旧")])
    store.add(banks=[Bank("题库", title="新")])
    assert store.bank("题库").title == "新"
    assert [summary.bank.title for summary in store.banks()] == ["新"]


def test_a_panel_weighs_its_judges_alike_and_shows_each(store: Store) -> None:
    judges = [Judge(name, Model("test", name), "pair") for name in ("一评", "二评", "三评")]
    ones = [question(number) for number in range(4)]
    said = {"一评": [WIN, WIN, WIN, TIE], "二评": [WIN, LOSS, WIN, Unreadable("乱")], "三评": [WIN, LOSS, LOSS, LOSS]}
    for judge in judges:
        add(store, [Judgment(pair(one), judge, result) for one, result in zip(ones, said[judge.name], strict=True)])
    report = pipeline.compare(store, Plan(candidates=("甲", "乙"), judge="一评,二评,三评"))
    assert report.judge == "一评、二评、三评"
    assert report.overall.win == pytest.approx(1 + 1 / 3 + 2 / 3)
    assert report.overall.tie == pytest.approx(1 / 2)
    assert report.overall.counts.judged == 4
    # The panel's labels: win, loss, win, tie (one tie, one loss).
    assert [(one.judge, one.judged, one.agreement) for one in report.members] == [
        ("一评", 4, 75.0),
        ("二评", 3, 100.0),
        ("三评", 4, 50.0),
    ]
    assert pipeline.compare(store, Plan(candidates=("甲", "乙"), judge="二评")).members == ()
