"""Totals of scores by protocol: two branches as AlignBench takes them, the lowest turn where one broken turn spoils all."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from judge import pipeline
from judge.judges.protocols import judging
from judge.records import Answer, Candidate, Case, Dialogue, Judgment, Model, Plan, Question, Scope, Score, Scores, Turn
from judge.report.scoring import PLAIN, branch_of, branch_shares, rule_of
from judge.stats.intervals import stratified_ratio
from judge.store import Store, open_store

CATEGORIES = {
    "math": "数学计算",
    "logic": "逻辑推理",
    "fundamental": "基本任务",
    "chinese": "中文理解",
    "open_ended": "综合问答",
    "writing": "文本写作",
    "role_play": "角色扮演",
    "professional": "专业能力",
}
MODEL = Model("https://example.com", "judge")


@pytest.mark.recorded
def test_the_total_over_branches_is_the_published_one(recorded: Path) -> None:
    with (recorded / "alignbench_leaderboard" / "leaderboard.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 23
    names, codes = list(CATEGORIES.values()), np.arange(8)
    for row in rows:
        scores = np.array([float(row[key]) for key in CATEGORIES])
        shares = branch_shares(names, codes)
        total = stratified_ratio(scores, np.ones(8), codes, codes, 0.95, shares)
        assert total is not None
        assert total.value == pytest.approx(float(row["overall"]), abs=0.0101)
        branch = branch_of(names)
        assert scores[branch == 0].mean() == pytest.approx(float(row["reasoning_avg"]), abs=0.0101)
        assert scores[branch == 1].mean() == pytest.approx(float(row["language_avg"]), abs=0.0101)


def test_shares_change_the_total_and_its_interval() -> None:
    values, ones = np.array([8.0, 6.0, 3.0, 5.0, 9.0, 7.0]), np.ones(6)
    strata, clusters = np.array([0, 0, 1, 1, 2, 2]), np.arange(6)
    plain = stratified_ratio(values, ones, strata, clusters)
    same = stratified_ratio(values, ones, strata, clusters, 0.95, np.ones(6))
    assert same == plain
    found = stratified_ratio(values, ones, strata, clusters, 0.95, np.array([2.0, 2, 1, 1, 1, 1]))
    assert found is not None
    assert found.value == pytest.approx(0.5 * 7 + 0.25 * 4 + 0.25 * 8)
    # Residuals of ±1 in pairs: sum of 2 (share / 2)^2 over strata, times 6 / 3.
    assert found.standard_error == pytest.approx((2 * 2 * (0.25**2 + 0.125**2 + 0.125**2)) ** 0.5)


@pytest.fixture
def scored(tmp_path: Path) -> Store:
    """Two candidates whose turns were scored 9, 3, 6 and 6, 6, 6 on a question of 安全 and one of 计算."""
    judge = judging("评委", MODEL, "scores").judge
    store, said = open_store(str(tmp_path / "judge.db"), create=True), []
    for ability in ("安全", "计算"):
        question = Question(
            "试", ability, ability, tuple(Turn(f"第 {at} 问", depends_on=tuple(range(1, at))) for at in (1, 2, 3))
        )
        for name, scores in (("甲", (9, 3, 6)), ("乙", (6, 6, 6))):
            dialogue = Dialogue(
                question, Candidate(name, Model("x", name)), tuple(Answer(turn.prompt, "答") for turn in question.turns)
            )
            said += [
                Judgment(Case(question, Scope(at), (dialogue,)), judge, Scores(Score(score, 1, 10)), "…")
                for at, score in enumerate(scores, 1)
            ]
    store.add(judgments=said)
    return store


def test_a_dialogue_is_worth_its_lowest_turn_where_the_rubric_says_so(scored: Store) -> None:
    board = pipeline.leaderboard(scored, Plan(bank="试", scope="turns"))
    totals = {row.candidate: row.total.value for row in board.rows if row.total}
    assert totals == pytest.approx({"甲": (30 + 60) / 2, "乙": 60.0})  # 安全: 3 of 10; 计算: 6 on average
    parts = {
        row.candidate: [part.value for part in row.parts]
        for row in pipeline.leaderboard(
            scored, Plan(bank="试", scope="turns"), view=replace(pipeline.PLAIN, by="turn")
        ).rows
    }
    assert parts["甲"] == [9, 3, 6]
    scored.engine.dispose()


def test_of_rubrics_of_ones_own_and_of_people_nothing_is_assumed() -> None:
    ours = judging("评委", MODEL, "scores").judge
    assert rule_of(ours).lowest == {"安全", "角色扮演", "上下文对话"}
    assert rule_of(replace(ours, rubric="其他")) == rule_of(None) == PLAIN
    assert rule_of(judging("评委", MODEL, "alignbench").judge).branched
    assert rule_of(judging("评委", MODEL, "mtbench").judge) == PLAIN
