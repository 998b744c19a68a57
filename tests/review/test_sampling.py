from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.review.sampling import LEAST_UNIFORM, draw, inclusion, mixture

DOUBTS = st.lists(st.floats(0, 1e6), min_size=1, max_size=40).map(lambda one: np.round(np.array(one), 3))


# ── mixture ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_mixture_by_hand() -> None:
    """Doubt 3 and 1 of four items: .3 / 4 each, and .7 in quarters of 3 to 1."""
    assert mixture(np.array([3.0, 1, 0, 0])) == pytest.approx([0.6, 0.25, 0.075, 0.075])
    assert mixture(np.array([3.0, 1, 0, 0]), 1.0) == pytest.approx([0.25] * 4)
    assert mixture(np.zeros(5)) == pytest.approx([0.2] * 5)
    assert mixture(np.zeros(0)).tolist() == []


@given(DOUBTS, st.floats(LEAST_UNIFORM, 1))
def test_no_item_weighs_less_than_its_even_part(doubt: np.ndarray, uniform: float) -> None:
    weights = mixture(doubt, uniform)
    assert weights.sum() == pytest.approx(1)
    assert (weights >= LEAST_UNIFORM / len(doubt) * (1 - 1e-12)).all()
    assert (np.diff(weights[np.argsort(doubt)]) >= -1e-15).all()


@pytest.mark.parametrize("uniform", [0.0, 0.29, 1.01, math.nan])
def test_a_draw_by_doubt_alone_is_refused(uniform: float) -> None:
    with pytest.raises(ValueError, match="uniform"):
        mixture(np.ones(3), uniform)


@pytest.mark.parametrize("doubt", [-0.1, math.nan, math.inf])
def test_a_doubt_that_is_none_is_refused(doubt: float) -> None:
    with pytest.raises(ValueError, match="doubt"):
        mixture(np.array([1.0, doubt]))


# ── chances ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_chances_by_hand() -> None:
    assert inclusion(np.array([1.0, 2, 3, 4]), 2) == pytest.approx([0.2, 0.4, 0.6, 0.8])
    # 3 · 6/9 = 2 is sure; of the two left, 2 · 1/3 each.
    assert inclusion(np.array([6.0, 1, 1, 1]), 3) == pytest.approx([1, 2 / 3, 2 / 3, 2 / 3])
    # First 4 · 12/20 is sure, then 3 · 4/8 too; the rest share two places.
    assert inclusion(np.array([12.0, 4, 1, 1, 1, 1]), 4) == pytest.approx([1, 1, 0.5, 0.5, 0.5, 0.5])
    assert inclusion(np.array([9.0, 1, 1]), 3).tolist() == [1, 1, 1]
    assert inclusion(np.array([9.0, 1, 1]), 30).tolist() == [1, 1, 1]


@given(DOUBTS, st.integers(0, 50))
def test_chances_add_up_to_the_size(doubt: np.ndarray, count: int) -> None:
    weights = mixture(doubt)
    chance = inclusion(weights, count)
    assert chance.sum() == pytest.approx(min(count, len(doubt)))
    assert (chance <= 1).all()
    if count:
        assert (chance > 0).all()
        rest = chance < 1
        assert (chance[rest] / weights[rest]) == pytest.approx(
            np.full(rest.sum(), (chance / weights)[rest].max(initial=0))
        )


# ── draws ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(DOUBTS, st.integers(0, 50), st.integers(0, 1000))
def test_a_draw_has_its_size_and_spreads_over_strata(doubt: np.ndarray, count: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    strata = random.integers(0, 4, len(doubt))
    weights = mixture(doubt)
    drawn = draw(weights, strata, count, random)
    chance = inclusion(weights, count)
    assert len(drawn.at) == len(np.unique(drawn.at)) == min(count, len(doubt))
    assert (drawn.probability == chance[drawn.at]).all()
    for one in range(4):
        assert abs((strata[drawn.at] == one).sum() - chance[strata == one].sum()) < 1 + 1e-6
    assert set(np.flatnonzero(chance == 1)) <= set(drawn.at)


def test_items_are_drawn_as_often_as_is_said() -> None:
    random = np.random.default_rng(41)
    doubt = np.concatenate([random.exponential(1, 38), [20.0, 30.0]])
    weights, strata = mixture(doubt), np.arange(40) % 3
    chance = inclusion(weights, 12)
    rounds = 6000
    seen = np.zeros(40)
    both = np.zeros((40, 40))
    for _ in range(rounds):
        drawn = draw(weights, strata, 12, random)
        seen[drawn.at] += 1
        both[np.ix_(drawn.at, drawn.at)] += 1
    error = np.sqrt(chance * (1 - chance) / rounds)
    assert (chance == 1).sum() == 2
    assert (np.abs(seen / rounds - chance) <= 4 * error).all()
    assert ((seen / rounds - chance)[chance < 1] ** 2 / error[chance < 1] ** 2).mean() == pytest.approx(1, abs=0.5)
    # No two items shut each other out: what is seen of pairs says something of all.
    assert (both > 0).all()


def test_the_seed_is_the_draw() -> None:
    weights, strata = mixture(np.arange(30.0)), np.arange(30) % 2
    one, same, other = (draw(weights, strata, 9, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one.at.tolist() == same.at.tolist() != other.at.tolist()
    assert (np.diff(one.at) > 0).all()


def test_all_or_nothing() -> None:
    random = np.random.default_rng(42)
    everything = draw(mixture(np.arange(5.0)), np.zeros(5, np.int64), 9, random)
    assert (everything.at.tolist(), everything.probability.tolist()) == ([0, 1, 2, 3, 4], [1] * 5)
    assert len(draw(mixture(np.ones(5)), np.zeros(5, np.int64), 0, random).at) == 0
    assert len(draw(np.zeros(0), np.zeros(0, np.int64), 3, random).at) == 0


@pytest.mark.parametrize("count", [1, 7, 100])
def test_an_even_draw_is_even(count: int) -> None:
    drawn = draw(np.ones(300), np.zeros(300, np.int64), count, np.random.default_rng(43))
    assert drawn.probability == pytest.approx(np.full(count, count / 300))
