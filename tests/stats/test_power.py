from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.stats import power
from judge.stats.intervals import cluster_mean, t_quantile
from judge.stats.power import half_width, questions_for, questions_needed


def test_half_width_is_that_of_a_t_interval() -> None:
    """t(.975, 9) = 2.262157; sd 50 points, ten questions: 35.77. t(.95, 120) = 1.657651; sd 11, 121 questions: 1.657651."""
    assert half_width(50, 10) == pytest.approx(2.2621571627 * 50 / math.sqrt(10), rel=1e-9)
    assert half_width(11, 121, 0.9) == pytest.approx(1.6576508994, rel=1e-9)


@pytest.mark.parametrize("questions", [0, 1])
def test_below_two_questions_nothing_is_known(questions: int) -> None:
    assert half_width(0.5, questions) == math.inf


def test_half_width_is_what_the_interval_of_a_mean_will_have() -> None:
    values = np.random.default_rng(4).normal(0.5, 0.2, 60)
    found = cluster_mean(values, np.arange(60), 0.9, share=False)
    assert found is not None
    assert half_width(values.std(ddof=1), 60, 0.9) == pytest.approx(found.high - found.value, rel=1e-12)


def test_questions_for_is_the_printed_number() -> None:
    """Cohen (1988), table 2.4.1 for one sample: d = .2 needs 196 + 2 by t, 197 by normal theory; d = .5: 32; d = .8: 13."""
    assert [questions_for(d, 1.0) for d in (0.2, 0.5, 0.8)] == [197, 32, 13]
    assert questions_for(5, 50) == math.ceil(((1.959963985 + 0.8416212336) * 10) ** 2) == 785
    assert questions_for(5, 50, power=0.9) == math.ceil(((1.959963985 + 1.281551566) * 10) ** 2) == 1051
    assert questions_for(5, 50, confidence=0.9) == math.ceil(((1.644853627 + 0.8416212336) * 10) ** 2) == 619
    assert questions_for(1000, 1) == 2


@pytest.mark.parametrize("margin", [0.0, -1.0, math.nan])
def test_a_margin_is_greater_than_nothing(margin: float) -> None:
    with pytest.raises(ValueError, match="a margin is greater than 0"):
        questions_for(margin, 1.0)


@given(st.floats(0.01, 2), st.floats(0.05, 2), st.floats(0.8, 0.99))
def test_at_half_the_power_the_margin_is_the_half_width(margin: float, deviation: float, confidence: float) -> None:
    """Power 1/2: a true difference of the margin lies outside the interval as often as not (t against normal theory)."""
    count = questions_for(margin, deviation, confidence, power=0.5)
    if count < 50:
        return
    assert half_width(deviation, count, confidence) == pytest.approx(margin, rel=0.05)
    assert half_width(deviation, count, confidence) <= half_width(deviation, count - 1, confidence)


@given(st.floats(0.01, 0.4), st.integers(10, 200), st.integers(0, 10_000))
def test_what_is_needed_from_a_sample_is_what_was_planned(margin: float, questions: int, seed: int) -> None:
    values = np.random.default_rng(seed).choice([0.0, 0.5, 1.0], questions)
    found = cluster_mean(values, np.arange(questions))
    assert found is not None
    if found.standard_error < 1e-9:
        return
    for bound in (found.value - margin, found.value + margin):
        planned = questions_for(abs(found.value - bound), float(values.std(ddof=1)))
        needed = questions_needed(found, bound)
        assert needed is not None
        # Never fewer than are there already: the bound was not left outside by these.
        assert abs(needed - max(planned, questions + 1)) <= 1


@pytest.mark.parametrize("lost", [3, 8])
def test_where_all_went_alike_the_wilson_interval_is_followed(lost: int) -> None:
    found = cluster_mean(np.zeros(lost), np.arange(lost))
    assert found is not None
    needed = questions_needed(found, 0.3)
    assert needed is not None
    for count, clear in ((needed, True), (needed - 1, False)):
        reach = t_quantile(0.975, count - 1)
        high = reach**2 / (count + reach**2)  # Wilson at a share of 0
        assert (high < 0.3) == clear or count <= lost


def test_a_search_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wilson at a share of 1 begins at 1 / (1 + t² / n): twenty questions all won leave .82 outside, nineteen do not."""
    found = cluster_mean(np.ones(3), np.arange(3))
    assert found is not None
    assert questions_needed(found, 1.0) is None
    assert questions_needed(found, 0.82) == 20
    assert 1 / (1 + t_quantile(0.975, 19) ** 2 / 20) > 0.82 > 1 / (1 + t_quantile(0.975, 18) ** 2 / 19)
    monkeypatch.setattr(power, "MANY", 19)
    assert questions_needed(found, 0.82) is None
