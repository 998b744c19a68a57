from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.stats.bias import excess_for, position_bias, share_of_larger
from judge.stats.intervals import cluster_mean

POINTS = st.sampled_from([0.0, 0.5, 1.0])
ITEMS = st.lists(st.tuples(POINTS, POINTS, st.integers(0, 6)), min_size=1, max_size=40)


# ── position ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_position_bias_by_hand() -> None:
    """A candidate's points shown first 1, 1, .5, 0 and shown second 1, 0, .5, .5.

    The first place gets (1 + 0)/2, (1 + 1)/2, (.5 + .5)/2 and (0 + .5)/2, in the mean .5625; two of four items stay the same.
    """
    found = position_bias(np.array([1, 1, 0.5, 0]), np.array([1, 0, 0.5, 0.5]), np.arange(4))
    assert found is not None
    assert (found.items, found.first_wins.value, found.same.value) == (4, 0.5625, 0.5)
    # Variances .171875 and .125; the means 1, .5, .5, .25 vary by .07421875.
    assert found.swap_cost == pytest.approx(4 * 0.07421875 / (0.171875 + 0.125))


def test_a_judge_without_bias_gives_half() -> None:
    points = np.array([1.0, 0.0, 0.5, 1.0, 0.0] * 8)
    found = position_bias(points, points, np.arange(40))
    assert found is not None
    assert (found.first_wins.value, found.same.value) == (0.5, 1.0)
    assert found.first_wins.low < 0.5 < found.first_wins.high
    assert found.swap_cost == pytest.approx(2)  # the second placement says nothing new, and costs as much


def test_a_judge_that_takes_the_first_whatever_it_is() -> None:
    found = position_bias(np.ones(20), np.zeros(20), np.arange(20))
    assert found is not None
    assert (found.first_wins.value, found.same.value) == (1.0, 0.0)
    assert found.first_wins.low > 0.8
    assert found.swap_cost is None  # nothing varies


def test_the_price_of_swapping_is_one_plus_the_correlation() -> None:
    """Two placements of equal variance: 1 where they are independent, between 1 and 2 where they go together."""
    independent = np.array([1.0, 1.0, 0.0, 0.0] * 5), np.array([1.0, 0.0, 1.0, 0.0] * 5)
    found = position_bias(*independent, np.arange(20))
    assert found is not None
    assert found.swap_cost == pytest.approx(1)
    forward, backward = np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0]), np.array([1.0, 1.0, 0.0, 1.0, 0.0, 0.0])
    found = position_bias(forward, backward, np.arange(6))
    assert found is not None
    assert found.swap_cost == pytest.approx(1 + np.corrcoef(forward, backward)[0, 1])
    assert found.swap_cost == pytest.approx(4 / 3)


def test_turns_of_one_question_are_one_cluster() -> None:
    forward, backward = np.array([1.0, 1, 0.5, 0, 1, 0]), np.array([1.0, 0, 0.5, 0, 0, 0])
    once = position_bias(forward, backward, np.arange(6))
    thrice = position_bias(np.repeat(forward, 3), np.repeat(backward, 3), np.repeat(np.arange(6), 3))
    assert once is not None
    assert thrice is not None
    assert (thrice.first_wins.low, thrice.same.high) == pytest.approx((once.first_wins.low, once.same.high))


@given(ITEMS)
def test_whose_points_are_counted_does_not_matter(items: list[tuple[float, float, int]]) -> None:
    """The other candidate has 1 - points, and was shown first where this one was shown second."""
    forward, backward, questions = np.array(items).T
    plain = position_bias(forward, backward, questions.astype(np.int64))
    other = position_bias(1 - backward, 1 - forward, questions.astype(np.int64))
    assert plain is not None
    assert other is not None
    assert other.first_wins == plain.first_wins
    assert other.same == plain.same
    assert other.swap_cost == pytest.approx(plain.swap_cost)
    assert plain.swap_cost is None or -1e-12 <= plain.swap_cost <= 2 + 1e-12


def test_nothing_judged_twice_is_an_answer() -> None:
    assert position_bias(np.zeros(0), np.zeros(0), np.zeros(0, np.int64)) is None


# ── length ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_longer_one_by_hand() -> None:
    """Six items: a tie and two of equal length say nothing; of the rest the longer wins two of three."""
    points = np.array([1.0, 0.0, 0.5, 1.0, 0.0, 0.75])
    excess = np.array([10.0, -3.0, 50.0, 0.0, 0.0, -2.0])
    found = share_of_larger(points, excess, np.arange(6))
    assert found is not None
    assert found.value == pytest.approx(2 / 3)
    assert (found.rows, found.clusters) == (3, 3)


@given(st.lists(st.tuples(POINTS, st.integers(-3, 3)), max_size=30))
def test_turning_the_sides_round_changes_nothing(items: list[tuple[float, int]]) -> None:
    points, excess = np.array([item[0] for item in items]), np.array([float(item[1]) for item in items])
    questions = np.arange(len(items))
    assert share_of_larger(1 - points, -excess, questions) == share_of_larger(points, excess, questions)


def test_where_nothing_is_decided_there_is_no_share() -> None:
    two = np.arange(2)
    assert share_of_larger(np.full(2, 0.5), np.array([1.0, -1.0]), two) is None
    assert share_of_larger(np.ones(2), np.zeros(2), two) is None


# ── self-preference ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_excess_over_people_by_hand() -> None:
    """A judge gives its family 1, 1, .5, 1 where people give 1, 0, .5, .5: .375 too much."""
    found = excess_for(np.array([1.0, 1.0, 0.5, 1.0]), np.array([1.0, 0.0, 0.5, 0.5]), np.arange(4))
    expected = cluster_mean(np.array([0.0, 1.0, 0.0, 0.5]), np.arange(4), share=False)
    assert expected is not None
    assert found == expected
    assert expected.value == 0.375


def test_a_judge_that_says_what_people_say_prefers_nobody() -> None:
    points = np.array([1.0, 0.0, 0.5, 1.0])
    found = excess_for(points, points, np.arange(4))
    assert found is not None
    assert found.value == 0
    assert excess_for(np.zeros(0), np.zeros(0), np.zeros(0, np.int64)) is None
