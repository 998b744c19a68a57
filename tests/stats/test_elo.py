from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.stats.elo import sequential


def test_one_game_by_hand() -> None:
    """Equals: the winner takes half of k. 400 points ahead: 10 to 1, so the favourite takes k / 11 (Elo 1978)."""
    one, other = np.array([0]), np.array([1])
    assert sequential(one, other, np.array([1.0]), 2, k=32).tolist() == [1016, 984]
    assert sequential(one, other, np.array([0.5]), 2, k=32).tolist() == [1000, 1000]
    ahead = sequential(np.array([0, 0]), np.array([1, 1]), np.array([1.0, 1.0]), 2, k=400, initial=0)
    assert ahead == pytest.approx([200 + 400 / 11, -200 - 400 / 11], rel=1e-12)


def test_the_order_of_games_matters() -> None:
    """Why it is shown for comparison only: the same two games, won once each, the later one counts more."""
    one, other = np.array([0, 0]), np.array([1, 1])
    early = sequential(one, other, np.array([1.0, 0.0]), 2, k=32)
    late = sequential(one, other, np.array([0.0, 1.0]), 2, k=32)
    assert early[0] < 1000 < late[0]
    assert early.tolist() == pytest.approx(late[::-1].tolist(), rel=1e-12)


@pytest.mark.parametrize("name", ["no_ties", "ties", "few_games"])
@pytest.mark.parametrize("k", [4, 32])
def test_points_are_those_of_evalica(oracles: dict[str, Any], name: str, k: int) -> None:
    known = oracles["evalica"][name]
    first, second, outcome = (np.array(known[key]) for key in ("first", "second", "outcome"))
    found = sequential(first, second, outcome / 2, known["items"], k=float(k))
    assert found == pytest.approx(known[f"elo_k{k}"], rel=1e-12)


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(1, 4), st.sampled_from([0.0, 0.25, 0.5, 1.0])), max_size=40),
    st.floats(0, 64),
)
def test_points_only_change_hands_and_sides_do_not_matter(games: list[tuple[int, int, float]], k: float) -> None:
    first = np.array([game[0] for game in games], np.int64)
    second = np.array([(game[0] + game[1]) % 5 for game in games], np.int64)
    score = np.array([game[2] for game in games])
    found = sequential(first, second, score, 5, k=k)
    assert found.sum() == pytest.approx(5000)
    assert sequential(second, first, 1 - score, 5, k=k) == pytest.approx(found, rel=1e-12)


def test_without_games_all_stand_where_they_began() -> None:
    nobody = np.zeros(0, np.int64)
    assert sequential(nobody, nobody, np.zeros(0), 3, initial=1500.0).tolist() == [1500, 1500, 1500]


@pytest.mark.parametrize("score", [-0.1, 1.1, math.nan, math.inf])
def test_a_score_outside_is_refused(score: float) -> None:
    with pytest.raises(ValueError, match=r"a score lies in \[0, 1\]"):
        sequential(np.array([0, 0]), np.array([1, 1]), np.array([1.0, score]), 2)


def test_a_model_does_not_meet_itself() -> None:
    with pytest.raises(ValueError, match="a model cannot meet itself"):
        sequential(np.array([0, 1]), np.array([1, 1]), np.array([1.0, 1.0]), 2)
