from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.stats.active import urgency
from judge.stats.bradley_terry import Ratings, rate
from judge.stats.games import NotIdentified, of_rows


def rated(strength: list[float], covariance: np.ndarray) -> Ratings:
    """Ratings of which only strengths and their covariance matter."""
    values, nobody = np.array(strength, float), np.zeros(len(strength), bool)
    return Ratings(values, values, values, covariance, None, 3.0, 0.95, 30, 29, nobody, nobody)


def beyond(z: float) -> float:
    """The normal tail beyond z."""
    return math.erfc(z / math.sqrt(2)) / 2


def test_urgency_by_hand() -> None:
    """Differences .1, 1 and .9 with errors 5, 13 and 12 tenths: variances .09, .16 and 1.53 less covariance."""
    covariance = np.array([[0.09, 0, 0], [0, 0.16, 0.125], [0, 0.125, 1.53]])
    errors = [0.5, math.sqrt(1.62), 1.2]
    expected = np.array([(beyond(gap / s) * s) ** 2 for gap, s in zip((0.1, 1.0, 0.9), errors, strict=True)])
    found = urgency(rated([0.0, 0.1, 1.0], covariance))
    assert found == pytest.approx(expected / expected.sum(), rel=1e-12)


@given(st.lists(st.floats(-2, 2), min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_names_of_models_do_not_matter(strength: list[float], random: object) -> None:
    count = len(strength)
    source = np.random.default_rng(count)
    root = source.normal(size=(count, count))
    covariance = root @ root.T / count + 0.05 * np.eye(count)
    new = source.permutation(count)
    plain, renamed = np.zeros((count, count)), np.zeros((count, count))
    upper = np.triu_indices(count, 1)
    plain[upper] = urgency(rated(strength, covariance))
    renamed[upper] = urgency(rated([strength[at] for at in new], covariance[np.ix_(new, new)]))
    both = plain + plain.T
    assert renamed + renamed.T == pytest.approx(both[np.ix_(new, new)], abs=1e-12)
    assert plain.sum() == pytest.approx(1.0)


def test_near_and_unknown_pairs_come_first() -> None:
    same_error = urgency(rated([0.0, 0.2, 2.0], 0.04 * np.eye(3)))
    assert same_error[0] > same_error[2] > same_error[1]
    same_gap = urgency(rated([0.0, 0.0, 0.0], np.diag([0.01, 0.04, 0.16])))
    assert same_gap[0] < same_gap[1] < same_gap[2]


def test_where_nothing_is_known_all_ask_alike() -> None:
    assert urgency(rated([0.0, 1.0, 2.0, 3.0], np.full((4, 4), math.nan))).tolist() == [1 / 6] * 6
    assert urgency(rated([0.0, 1.0], np.zeros((2, 2)))).tolist() == [1.0]


@pytest.mark.parametrize("least", [0.01, 9.0])
def test_a_pair_of_which_nothing_is_known_asks_as_much_as_any_other_at_least(least: float) -> None:
    found = urgency(rated([0.0, 0.1, 0.2, 0.3], np.diag([least, 0.04, 0.0625, math.nan])))
    unknown = [2, 4, 5]  # the pairs of the last model
    assert (found[unknown] == found.max()).all()
    assert 0 < found[3] < found.max()
    assert found.sum() == pytest.approx(1.0)


def test_pairs_too_far_apart_to_doubt_share_evenly() -> None:
    assert urgency(rated([0.0, 500.0, 1000.0], 0.01 * np.eye(3))).tolist() == [1 / 3] * 3


def test_judging_a_pair_makes_it_less_urgent() -> None:
    """Three even models, 10 questions for every pair, then 90 more for the first pair."""
    random = np.random.default_rng(50)

    def fitted(extra: int) -> Ratings:
        first = np.array([0] * (10 + extra) + [0] * 10 + [1] * 10)
        second = np.array([1] * (10 + extra) + [2] * 20)
        rows = len(first)
        found = rate(of_rows(first, second, np.arange(rows), np.arange(rows) % 2 * 2, 3, rows))
        assert not isinstance(found, NotIdentified)
        return found

    before, after = urgency(fitted(0)), urgency(fitted(90))
    assert before == pytest.approx([1 / 3] * 3, abs=1e-9)
    assert after[0] < 0.2
    assert after[1] == pytest.approx(after[2])
    assert random.choice(3, 1000, p=after).tolist().count(0) < 250
