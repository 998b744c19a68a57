from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from judge.stats import games as module
from judge.stats.games import Games, NotIdentified, of_rows, of_shares

Row: TypeAlias = tuple[int, int, int, int]  # first, second, question, outcome
MODELS, QUESTIONS = 4, 3
ROWS = st.lists(
    st.tuples(
        st.integers(0, MODELS - 1), st.integers(1, MODELS - 1), st.integers(0, QUESTIONS - 1), st.integers(0, 2)
    ).map(lambda row: (row[0], (row[0] + row[1]) % MODELS, row[2], row[3])),
    max_size=40,
)


def columns(rows: list[Row]) -> list[NDArray[np.int64]]:
    return list(np.array(rows, np.int64).reshape(-1, 4).T)


def counted(rows: list[Row], models: int = MODELS, questions: int = QUESTIONS) -> Games:
    return of_rows(*columns(rows), models, questions)


def beats(*pairs: tuple[int, int]) -> list[Row]:
    """One win of the first of each pair, each on question 0."""
    return [(one, other, 0, 2) for one, other in pairs]


def ties(*pairs: tuple[int, int]) -> list[Row]:
    return [(one, other, 0, 1) for one, other in pairs]


# ── counting ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_rows_are_counted_by_pair_and_question() -> None:
    """Pairs stand as (0,1), (0,2), (1,2); a row that names a pair the other way round is turned."""
    found = of_rows(*columns([(0, 1, 0, 2), (1, 0, 0, 2), (1, 0, 1, 1), (2, 0, 1, 0), (1, 2, 0, 0), (1, 2, 0, 0)]))
    assert (found.models, found.questions) == (3, 2)
    assert found.counts.tolist() == [
        [[1, 0], [0, 1], [0, 0]],  # won by the first of the pair
        [[0, 1], [0, 0], [0, 0]],
        [[1, 0], [0, 0], [2, 0]],
    ]
    assert found.totals.tolist() == [[1, 1, 0], [1, 0, 0], [1, 0, 2]]
    assert found.points.tolist() == [2.5, 1.5, 2.0]
    assert found.played.tolist() == [4, 5, 3]
    assert found.asked == 2


def test_a_question_without_a_game_is_not_asked() -> None:
    assert counted(beats((0, 1)), questions=7).asked == 1


@given(ROWS)
def test_one_hot_shares_are_rows(rows: list[Row]) -> None:
    first, second, question, outcome = columns(rows)
    shares = [(outcome == said).astype(float) for said in (2, 1, 0)]
    found = of_shares(first, second, question, shares[0], shares[1], shares[2], MODELS, QUESTIONS)
    assert found.counts.tolist() == counted(rows).counts.tolist()


@given(ROWS, st.randoms(use_true_random=False), st.lists(st.booleans(), min_size=40, max_size=40))
def test_neither_the_order_of_rows_nor_the_side_named_first_matters(
    rows: list[Row], random: object, turned: list[bool]
) -> None:
    other = [(b, a, q, 2 - o) if turn else (a, b, q, o) for (a, b, q, o), turn in zip(rows, turned, strict=False)]
    random.shuffle(other)  # type: ignore[attr-defined]
    assert counted(other).counts.tolist() == counted(rows).counts.tolist()


@given(ROWS, st.integers(0, 40))
def test_counts_of_two_halves_add_up(rows: list[Row], cut: int) -> None:
    together = counted(rows[:cut]).counts + counted(rows[cut:]).counts
    assert together.tolist() == counted(rows).counts.tolist()


@given(ROWS)
def test_every_game_gives_one_point(rows: list[Row]) -> None:
    found = counted(rows)
    assert found.points.sum() == len(rows)
    assert found.played.sum() == 2 * len(rows)


def test_many_rows_are_counted_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    rows = [
        (int(a), int((a + b) % 4), int(q), int(o))
        for a, b, q, o in random.integers((0, 1, 0, 0), (4, 4, 3, 3), (50, 4))
    ]
    whole = counted(rows).counts.tolist()
    monkeypatch.setattr(module, "CHUNK", 7)
    assert counted(rows).counts.tolist() == whole


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int32, np.uint32])
def test_any_integer_type_will_do(kind: type[np.integer]) -> None:
    rows = [(0, 3, 0, 2), (3, 0, 1, 2), (1, 2, 2, 1), (2, 1, 2, 0)]
    small = [column.astype(kind) for column in columns(rows)]
    assert of_rows(*small, 4, 3).counts.tolist() == counted(rows).counts.tolist()


def test_shares_of_a_verdict_are_fractions_of_a_game() -> None:
    one = np.zeros(2, np.int64)
    found = of_shares(one, one + 1, one, np.array([0.5, 0.25]), np.array([0.25, 0.25]), np.array([0.25, 0.5]))
    assert found.counts.tolist() == [[[0.75]], [[0.5]], [[0.75]]]
    turned = of_shares(one + 1, one, one, np.array([0.5, 1.0]), np.array([0.25, 0.0]), np.array([0.25, 0.0]))
    assert turned.counts.tolist() == [[[0.25]], [[0.25]], [[1.5]]]


def test_pairs_of_one_first_model_stand_together() -> None:
    found = counted([], models=5)
    first, second = found.pairs
    parts = list(found.blocks())
    assert [one for one, _ in parts] == [0, 1, 2, 3]
    for one, part in parts:
        assert first[part].tolist() == [one] * (4 - one)
        assert second[part].tolist() == list(range(one + 1, 5))


# ── what is refused ───────────────────────────────────────────────────────────────────────────────────────────────────

CODES = {
    "negative model": ((-1, 1, 0), r"a code lies outside 0\.\.2"),
    "large model": ((3, 1, 0), r"a code lies outside 0\.\.2"),
    "negative question": ((0, 1, -1), r"a code lies outside 0\.\.1"),
    "large question": ((0, 1, 2), r"a code lies outside 0\.\.1"),
    "itself": ((1, 1, 0), "a model cannot meet itself"),
}


@pytest.mark.parametrize(("row", "words"), CODES.values(), ids=CODES.keys())
def test_codes_out_of_range_are_refused(row: tuple[int, int, int], words: str) -> None:
    first, second, question = (np.array([code]) for code in row)
    with pytest.raises(ValueError, match=words):
        of_rows(first, second, question, np.array([2]), 3, 2)
    one = np.ones(1)
    with pytest.raises(ValueError, match=words):
        of_shares(first, second, question, one, one, one, 3, 2)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_codes_are_integers(which: int) -> None:
    codes: list[np.ndarray] = [np.array([0]), np.array([1]), np.array([0])]
    codes[which] = codes[which].astype(float)
    with pytest.raises(ValueError, match="integer codes"):
        of_rows(*codes, np.array([2]), 2, 1)
    with pytest.raises(ValueError, match="integer codes"):
        of_shares(*codes, np.ones(1), np.ones(1), np.ones(1), 2, 1)


@pytest.mark.parametrize("which", range(4))
def test_columns_of_unequal_length_are_refused(which: int) -> None:
    rows = columns([(0, 1, 0, 2), (1, 2, 0, 2), (2, 0, 1, 1)])
    rows[which] = rows[which][:-1]
    with pytest.raises(ValueError, match="differ in length"):
        of_rows(*rows, 3, 2)


@pytest.mark.parametrize("outcome", [3, -1])
def test_an_outcome_is_one_of_three(outcome: int) -> None:
    with pytest.raises(ValueError, match="an outcome is 0"):
        of_rows(np.array([0, 0]), np.array([1, 1]), np.array([0, 0]), np.array([2, outcome]))


@pytest.mark.parametrize("share", [-0.1, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("plane", [0, 1, 2])
def test_shares_are_finite_and_not_negative(share: float, plane: int) -> None:
    shares = [np.full(1, 0.5) for _ in range(3)]
    shares[plane] = np.full(1, share)
    with pytest.raises(ValueError, match="finite and not negative"):
        of_shares(np.array([0]), np.array([1]), np.array([0]), *shares)


# ── what determines a rating ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rows", "models", "expected"),
    [
        ([], 0, NotIdentified("one model")),
        ([], 1, NotIdentified("one model")),
        ([], 3, NotIdentified("no games")),
        (beats((0, 1), (3, 2)), 4, NotIdentified("disconnected", ((0, 1), (2, 3)))),
        (beats((0, 2)), 4, NotIdentified("disconnected", ((0, 2), (1,), (3,)))),
        (ties((0, 1)) + ties((2, 4)) + beats((1, 3)), 5, NotIdentified("disconnected", ((0, 1, 3), (2, 4)))),
        (ties((0, 1), (1, 2)), 3, NotIdentified("all ties", ((0, 1, 2),))),
        (ties((0, 1)) + beats((1, 2)), 3, None),
    ],
)
def test_faults_of_games(rows: list[Row], models: int, expected: NotIdentified | None) -> None:
    assert counted(rows, models).fault() == expected


CYCLE = beats((0, 1), (1, 2), (2, 0))


@pytest.mark.parametrize(
    ("rows", "no_ceiling", "no_floor"),
    [
        (CYCLE, [], []),
        (CYCLE + beats((3, 0), (3, 2)), [3], []),  # unbeaten
        (CYCLE + beats((0, 3), (1, 3)), [], [3]),  # winless
        (CYCLE + beats((3, 0), (1, 4)), [3], [4]),
        (CYCLE + beats((3, 0), (4, 3)), [3, 4], []),  # a ladder above the rest
        (CYCLE + beats((3, 0), (3, 4)), [3, 4], [4]),  # 4 met only the unbeaten one: nothing holds it to the rest
        (CYCLE + ties((3, 0)), [], []),  # half a point is a point
        (CYCLE + beats((3, 0)) + ties((3, 1)), [], []),
        (CYCLE + beats((3, 0)) + ties((3, 4)), [3, 4], []),
        (beats((0, 1), (0, 1), (1, 0)), [], []),
    ],
)
def test_what_wins_alone_do_not_bound(rows: list[Row], no_ceiling: list[int], no_floor: list[int]) -> None:
    models = 1 + max(max(row[:2]) for row in rows)
    above, below = counted(rows, models).ends()
    assert np.flatnonzero(above).tolist() == no_ceiling
    assert np.flatnonzero(below).tolist() == no_floor


@given(st.permutations(range(5)))
def test_ends_follow_the_models_whatever_their_names(name: list[int]) -> None:
    rows = CYCLE + beats((3, 0), (1, 4))
    above, below = counted([(name[a], name[b], q, o) for a, b, q, o in rows], 5).ends()
    assert np.flatnonzero(above).tolist() == [name[3]]
    assert np.flatnonzero(below).tolist() == [name[4]]
