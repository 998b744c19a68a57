from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from judge.comparison import Comparisons
from judge.style import style
from judge.styles import FEATURES, Styles, styles_of

LONG, SHORT = "# 题\n\n今天天气很好。\n- 甲", "好。"
TEXTS = [  # question, candidate, sample, answers by turn
    (7, 1, 0, (LONG, SHORT)),
    (7, 2, 0, (SHORT, SHORT)),
    (9, 2, 1, (LONG,)),
    (9, 1, 0, ()),
    (5, 2, 0, ("```\nx\n```",)),
]


def codes(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def comparisons(question: np.ndarray, sample: np.ndarray, scope: np.ndarray) -> Comparisons:
    """Rows of candidates 1 and 2; only what is looked up matters."""
    ones = np.ones(len(question), np.int64)
    columns = dict.fromkeys(Comparisons.__dataclass_fields__, ones)
    return replace(Comparisons(**columns), question=question, second=2 * ones, sample=sample, scope=scope)  # type: ignore[arg-type]


def test_length_comes_first_and_code_is_left_out() -> None:
    assert FEATURES == ("chars", "headings", "list_items", "bold", "code_blocks", "tables", "paragraphs", "emoji")


def test_counts_are_found_by_question_candidate_sample_and_scope() -> None:
    found = styles_of(TEXTS)
    known, counts = found.of(codes(7, 7, 7, 9), codes(1, 1, 2, 2), codes(0, 0, 0, 1), codes(1, 2, 1, 1))
    assert known.all()
    assert counts[:, 0].tolist() == [8, 1, 1, 8]
    assert counts[0].tolist() == [8, 1, 1, 0, 0, 0, 2, 0]
    assert counts[0].tolist() == [getattr(style(LONG), name) for name in FEATURES]


def test_scope_0_is_the_whole_dialogue() -> None:
    _, counts = styles_of(TEXTS).of(codes(7, 7), codes(1, 2), codes(0, 0), codes(0, 0))
    assert counts.tolist() == [[9, 1, 1, 0, 0, 0, 3, 0], [2, 0, 0, 0, 0, 0, 2, 0]]


@pytest.mark.parametrize(
    "place",
    [
        (8, 1, 0, 0),  # no such question
        (9, 1, 0, 0),  # a dialogue without answers
        (7, 3, 0, 0),  # codes beyond the largest must not run into the next question's
        (7, 1, 1, 0),
        (7, 1, 2, 0),
        (7, 2, 0, 3),
        (9, 2, 1, 2),
        (0, 0, 0, 0),
    ],
)
def test_what_has_no_text_is_not_known(place: tuple[int, int, int, int]) -> None:
    known, counts = styles_of(TEXTS).of(*(codes(code) for code in place))
    assert known.tolist() == [False]
    assert counts.tolist() == [[0.0] * len(FEATURES)]


def test_both_sides_of_comparisons() -> None:
    rows = comparisons(codes(7, 9, 7, 7), codes(0, 1, 0, 0), codes(0, 0, 1, 3))
    known, first, second = styles_of(TEXTS).of_both(rows)
    assert known.tolist() == [True, False, True, False]
    assert (first[:, 0].tolist(), second[:, 0].tolist()) == ([9, 0, 8, 0], [2, 8, 1, 0])


def test_lengths_of_one_candidates_answers_turn_by_turn() -> None:
    found = styles_of(TEXTS)
    assert sorted(found.of_candidate(1).tolist()) == [1, 8]
    assert sorted(found.of_candidate(2).tolist()) == [1, 1, 8]  # an answer that is nothing but code has no length
    assert found.of_candidate(3).tolist() == []


@pytest.mark.parametrize("texts", [[], [(9, 1, 0, ())]])
def test_without_texts_nothing_is_known(texts: list[tuple[int, int, int, tuple[str, ...]]]) -> None:
    found = styles_of(texts)
    known, counts = found.of(codes(7, 9), codes(1, 1), codes(0, 0), codes(0, 0))
    assert known.tolist() == [False, False]
    assert counts.shape == (2, len(FEATURES))
    assert found.of_candidate(1).tolist() == []
    assert len(found.key) == 0


def test_neither_order_of_texts_nor_gaps_in_codes_matter() -> None:
    one, other = styles_of(TEXTS), styles_of(list(reversed(TEXTS)))
    assert isinstance(one, Styles)
    assert one.key.tolist() == other.key.tolist() == sorted(one.key.tolist())
    assert one.counts.tolist() == other.counts.tolist()
    known, counts = styles_of([(10**6, 900, 3, (SHORT,)), (2, 5, 0, (LONG,))]).of(
        codes(10**6, 2), codes(900, 5), codes(3, 0), codes(1, 0)
    )
    assert known.all()
    assert counts[:, 0].tolist() == [1, 8]
