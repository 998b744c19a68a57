"""Logistic regression of which of two is preferred, on the difference of their features."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]


def fit_pairs(differences: Reals, won: Reals, ridge: float = 10.0) -> Reals:
    """Return the coefficients, one per column, that make `won` (1 first, 0 second) likely; without an intercept, so swapping is symmetric.

    Newton's method on the log-likelihood with a ridge penalty on the coefficients (Bradley and Terry 1952 with covariates).
    """
    weights = np.zeros(differences.shape[1])
    for _ in range(50):
        expected = sigmoid(differences @ weights)
        gradient = differences.T @ (won - expected) - ridge * weights
        spread = expected * (1 - expected)
        step = np.linalg.solve((differences * spread[:, None]).T @ differences + ridge * np.eye(len(weights)), gradient)
        weights = weights + step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def fit_power(logits: Reals, won: Reals) -> tuple[float, float]:
    """Return (scale, power) so that sigmoid(sign(z)·scale·|z|^power) is the share that won: a symmetric calibration.

    Two parameters by Newton's method on the log-likelihood, after Beta calibration (Kull et al. 2017) without its asymmetry.
    """
    size, side = np.maximum(np.abs(logits), 1e-6), np.sign(logits)
    log_size = np.log(size)
    found = np.zeros(2)  # log of the scale, power - 1
    for _ in range(100):
        curve = side * np.exp(found[0]) * size ** (1 + found[1])
        expected = sigmoid(curve)
        slopes = np.stack([curve, curve * log_size], axis=1)
        gradient = slopes.T @ (won - expected)
        spread = expected * (1 - expected)
        step = np.linalg.solve((slopes * spread[:, None]).T @ slopes + 1e-6 * np.eye(2), gradient)
        found = found + np.clip(step, -0.5, 0.5)
        if np.abs(step).max() < 1e-9:
            break
    return float(np.exp(found[0])), float(1 + found[1])


def sigmoid(logits: Reals) -> Reals:
    """Return 1 / (1 + exp(-z)), without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(logits / 2)), np.float64)
