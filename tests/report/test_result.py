"""What the page says first, in figures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from judge import pipeline
from judge.report import behind, result
from judge.report.board import Behind
from judge.report.build import Decision
from judge.report.document import Document
from judge.report.grid import NONE, Theirs, bars
from judge.report.sentence import headline, warnings
from judge.report.words import words
from tests.report.stage import PAIR, alone_report, board_report, example_store, pair_report

ZH = words("zh")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Document:
    return pair_report(tmp_path_factory.mktemp("pair"))


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Document:
    return board_report(tmp_path_factory.mktemp("board"))


def decided(pair: Document, **changes: object) -> Document:
    assert pair.compare is not None
    decision = replace(Decision("switch", True, 3.0, None, False), **changes)  # type: ignore[arg-type]
    return replace(pair, compare=replace(pair.compare, decision=decision))


def test_the_headline_is_the_decision_and_warnings_stand_apart(pair: Document) -> None:
    assert headline(pair, ZH) == "还分不出：甲（示例甲）与乙（示例乙）的差距没有超出误差。"
    assert result.tone(pair) == "wait"
    assert warnings(pair, ZH) == []
    fragile = decided(pair, fragile=True)
    assert headline(fragile, ZH) == "可以换：甲（示例甲）比乙（示例乙）更好。"
    assert warnings(fragile, ZH) == ["但有 40 项没评到，足以翻转这个结论。"]
    assert result.tone(fragile) == "good"
    offline = replace(fragile, board=replace(pair.board, judge="评委、baseline"))
    assert len(warnings(offline, ZH)) == 2
    assert headline(offline, ZH) == headline(fragile, ZH)
    for language in ("zh", "en"):
        for warning in warnings(offline, words(language)):
            assert warning not in headline(offline, words(language))
    assert result.tone(decided(pair, answer="keep")) == "bad"


def test_a_pair_has_both_ways_and_what_equals_would_get(pair: Document) -> None:
    grid = result.rates(pair, ZH)
    assert grid is not None
    assert [list(row) for row in grid.rows] == [
        ["OPEN（胜+平）", "67.5 [45.7, 83.7]", "47.5 [27.7, 68.1]", "57.5"],
        ["胜率", "52.5 [31.9, 72.3]", "32.5", "42.5"],
        ["胜+½平", "60.0 [40.5, 76.8]", "40.0", "50.0"],
    ]
    assert all(isinstance(head, Theirs) for head in grid.heads[1:3])
    assert grid.bars[0] == (45.7, 67.5, 83.7, 57.5)
    assert [tile.figure for tile in result.tiles(pair, ZH)] == ["60.0", "67.5", "10.5 / 3 / 6.5", "20 / 60"]
    assert dict(result.counts(pair, ZH)) == {
        "计划": "60",
        "有回答": "59",
        "已评": "20",
        "读不出": "0",
        "评委没答": "0",
        "缺": "40",
        "其中没有回答": "1",
        "两种位置都评过": "19",
        "结论翻转": "3",
        "其中胜负对调": "3",
    }
    assert result.remarks(pair, ZH) == ["没评到的若全负 / 全胜：OPEN 22.5–89.2、胜+½平 20.0–86.7"]
    assert result.leaderboard(pair, ZH) is None


def test_a_board_has_ranks_ratings_and_who_is_clearly_behind(board: Document) -> None:
    grid = result.leaderboard(board, ZH)
    assert grid is not None
    assert grid.rows[0][1] == "Qwen-Sample-72B-Instruct"
    assert len(grid.bars) == len(grid.rows) == 4
    assert grid.rows[0][-1] == "72 / 72"
    assert result.tiles(board, ZH) == []
    assert result.basis(board, ZH) == ""  # of verdicts on pairs no figure stands by itself
    gap = Behind(board.shares[0].rates.half_tie, 0.2)  # type: ignore[union-attr]
    rows = tuple(replace(row, behind=replace(gap, p=at / 30)) if at else row for at, row in enumerate(board.board.rows))
    behind_first = replace(board, board=replace(board.board, rows=rows))
    assert result.basis(behind_first, ZH).startswith("与榜首逐题配对比（按所有候选对校正），1 个确实落后。")
    assert result.basis(behind_first, ZH).endswith("示例丙、示例丁 与榜首分不开。")
    assert any("Bradley-Terry" in one for one in result.remarks(board, ZH))
    assert dict(result.counts(board, ZH))["计划"] == "144"


def test_what_has_no_end_reaches_the_edge_of_the_ruler() -> None:
    assert bars([None]) == [None]
    assert bars([(None, 10.0, 20.0), None]) == [(0.0, 3.7, 96.3, None), None]
    assert bars([(10.0, 20.0, None)]) == [(3.7, 96.3, 100.0, None)]
    assert bars([(5.0, 5.0, 5.0)]) == [(50.0, 50.0, 50.0, None)]


def test_one_candidate_has_its_scores(tmp_path_factory: pytest.TempPathFactory) -> None:
    document = alone_report(tmp_path_factory.mktemp("alone"))
    grid = result.leaderboard(document, ZH)
    assert grid is not None
    assert grid.rows[0][-1] == "16 / 16"
    assert dict(result.counts(document, ZH))["已评"] == "16"


def test_a_panel_and_people_have_their_own_words(tmp_path_factory: pytest.TempPathFactory) -> None:
    store = example_store(tmp_path_factory.mktemp("panel"))
    by_people = pipeline.report(store, replace(PAIR, judge=None), human=True)
    verdict = behind.certificate(by_people, ZH)
    assert (verdict.word, verdict.tone, verdict.checks) == ("人工判定", "plain", None)
    assert behind.members(by_people, ZH) is None
    assert behind.members(pipeline.report(store, PAIR), ZH) is None


def test_the_certificate_says_what_it_could_not_measure(pair: Document) -> None:
    verdict = behind.certificate(pair, ZH)
    assert verdict.word == "须由人工校正"
    assert verdict.checks is not None
    assert list(verdict.checks.rows[1]) == ["换位后结论翻转", "15.8 [5.0, 40.1]%", "19", "19", "≤ 20", "> 40", "须校正"]
    assert verdict.notes[0] == "没有量的：重复评判一致、偏向同家族（库里没有所需的记录）。"
    assert any("Krippendorff α 0.620 [−0.006, 1.000]" in note for note in verdict.notes)
    assert verdict.warnings == ["人工判定不是抽样得来的，与人对照的几项只作参考。"]


def test_behaviour_shows_what_was_seen_and_names_what_was_not(pair: Document) -> None:
    grid, unseen = behind.behaviour(pair, ZH)
    assert list(grid.rows[0])[:3] == ["示例甲", "60", "51"]
    assert "1 (2%)" in grid.rows[0]
    assert NONE in grid.rows[0]
    assert "自报家门" in unseen
    assert not set(grid.heads) & set(unseen)
    assert [list(row) for row in behind.costs(pair, ZH).rows] == [
        ["示例甲", "候选", "176"],
        ["示例乙", "候选", "176"],
        ["示例评委", "评委", "40"],
    ]


def test_attribution_counts_by_fault_and_by_turn(pair: Document) -> None:
    found = behind.attribution(pair, ZH)
    assert found is not None
    for grid in (found.faults, found.turns):
        total = sum(int(cell) for row in grid.rows for cell in row[1:] if cell != NONE)
        assert total == len(found.clauses) == len(pair.broken)
    assert behind.attribution(replace(pair, broken=()), ZH) is None
