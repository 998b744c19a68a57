"""A question that people found invalid counts nowhere, every report says so, and it can be put back."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from judge import pipeline
from judge.records import Plan
from judge.report.terminal import print_compare
from judge.report.terminal_board import print_board
from judge.store import Store
from judge.trail import Happening
from tests.review.scene import LOSS, PLAN, TIE, WIN, filled, pair, question, said

BOTH = Plan(bank="题库", judge="评委", candidates=("甲", "乙"))


@pytest.fixture
def four(store: Store) -> Store:
    """Four questions: two won by the first, one tie, one lost."""
    verdicts = (WIN, WIN, TIE, LOSS)
    filled(store, [said(pair(question(at), "甲", "乙"), verdict) for at, verdict in enumerate(verdicts)])
    return store


def strike(store: Store, number: int, event: str = "invalid") -> None:
    content = {"reason": "题目自相矛盾", "question": f"q{number:02}"} if event == "invalid" else None
    store.tell(Happening(event, "王", question(number).key, content))  # type: ignore[arg-type]


def half_tie(store: Store) -> tuple[float, int]:
    found = pipeline.compare(store, BOTH)
    assert found.overall.rates is not None
    return found.overall.rates.half_tie.value, found.overall.counts.planned


def test_it_leaves_every_figure_and_comes_back(four: Store) -> None:
    assert half_tie(four) == (62.5, 4)
    strike(four, 3)
    assert half_tie(four) == (pytest.approx(100 * 2.5 / 3), 3)
    assert [row.judged for row in pipeline.leaderboard(four, PLAN).rows] == [3, 3]
    strike(four, 3, "valid")
    assert half_tie(four) == (62.5, 4)


def test_reports_name_it_and_the_reason(four: Store) -> None:
    strike(four, 3)
    sentence = "有 1 道题被人判为无效，不计入任何得分：q03（题目自相矛盾）。"
    for show, report in (
        (print_compare, pipeline.compare(four, BOTH)),
        (print_board, pipeline.leaderboard(four, PLAN)),
    ):
        out = Console(file=StringIO(), width=200)
        show(report, out)  # type: ignore[operator]
        assert sentence in out.file.getvalue()  # type: ignore[attr-defined]
    assert pipeline.compare(four, BOTH).struck == (("q03", "题目自相矛盾"),)
