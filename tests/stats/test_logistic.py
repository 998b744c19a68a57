from __future__ import annotations

import numpy as np
import pytest

from judge.stats.logistic import fit_pairs, fit_power, sigmoid


def test_coefficients_are_found_again() -> None:
    random = np.random.default_rng(1)
    differences = random.normal(size=(20_000, 3))
    truth = np.array([1.0, -0.5, 0.0])
    won = (random.random(20_000) < sigmoid(differences @ truth)).astype(float)
    assert fit_pairs(differences, won, ridge=1e-3) == pytest.approx(truth, abs=0.05)
    # Swapping sides is the same data.
    assert fit_pairs(-differences, 1 - won) == pytest.approx(fit_pairs(differences, won))


def test_one_feature_by_hand() -> None:
    """Two of three pairs won at a difference of 1: the share 2/3 is sigmoid(log 2)."""
    found = fit_pairs(np.ones((3, 1)), np.array([1.0, 1.0, 0.0]), ridge=1e-12)
    assert found == pytest.approx([np.log(2)])


def test_a_curved_logit_is_straightened() -> None:
    random = np.random.default_rng(2)
    logits = random.normal(scale=2, size=100_000)
    curved = np.sign(logits) * 1.3 * np.abs(logits) ** 0.6
    won = (random.random(100_000) < sigmoid(curved)).astype(float)
    scale, power = fit_power(logits, won)
    assert (scale, power) == pytest.approx((1.3, 0.6), abs=0.03)


def test_sigmoid_does_not_overflow() -> None:
    assert sigmoid(np.array([-1e4, 0.0, 1e4])) == pytest.approx([0, 0.5, 1])
