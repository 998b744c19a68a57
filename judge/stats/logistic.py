"""Logistic regression of which of two is preferred, on the difference of their features."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from judge.stats.intervals import Estimate, t_quantile

Reals: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True)
class Fit:
    """A logistic regression whose errors are clustered by question.

    coefficients: one per column of the design. bread: inverse curvature, columns × columns. gradients: questions × columns,
    centred; together they give the covariance of whatever is computed from the coefficients.
    """

    coefficients: Reals
    bread: Reals
    gradients: Reals
    place: Codes  # the question of every row, from 0
    confidence: float

    @property
    def questions(self) -> int:
        return len(self.gradients)

    def coefficient(self, column: int) -> Estimate:
        """Return one coefficient with its interval."""
        influence = self.gradients @ self.bread[column]
        return self._estimate(float(self.coefficients[column]), influence, self.questions, len(self.place))

    def mean(
        self,
        design: Reals,
        rows: NDArray[np.bool_] | None = None,
        offset: Reals | float = 0.0,
        taste: tuple[Reals, Reals] | None = None,
    ) -> Estimate:
        """Return the mean prediction on another design of the same rows (or some of them), in [0, 1].

        Its interval holds that the coefficients are estimated, that the questions are a sample and, with `taste`, that the
        offset is: rows × terms that make it up, and the covariance of their coefficients.
        """
        chosen = np.ones(len(design), bool) if rows is None else rows
        expected = sigmoid(
            design[chosen] @ self.coefficients + (offset if isinstance(offset, float) else offset[chosen])
        )
        value = float(expected.mean())
        slope = (expected * (1 - expected)) @ design[chosen] / len(expected)
        own = np.bincount(self.place[chosen], expected - value, self.questions) / len(expected)
        met = len(np.unique(self.place[chosen]))
        more = 0.0
        if taste is not None:
            terms, covariance = taste
            pull = (expected * (1 - expected)) @ terms[chosen] / len(expected)
            more = float(pull @ covariance @ pull)
        found = self._estimate(value, own + self.gradients @ (self.bread @ slope), met, len(expected), more)
        return replace(found, low=max(0.0, found.low), high=min(1.0, found.high))

    @property
    def covariance(self) -> Reals:
        """Return the covariance of the coefficients, clustered by question."""
        if self.questions < 2:
            return np.zeros_like(self.bread)  # nothing is known; intervals are infinite by themselves
        factor = self.questions / (self.questions - 1)
        return np.asarray(factor * self.bread @ (self.gradients.T @ self.gradients) @ self.bread, np.float64)

    def _estimate(self, value: float, influence: Reals, count: int, rows: int, more: float = 0.0) -> Estimate:
        """Return an estimate from what each of `count` questions moves it by; `more` is variance from elsewhere."""
        if count < 2:
            return Estimate(value, -math.inf, math.inf, 0.0, count, rows)
        error = math.sqrt(count / (count - 1) * float(influence @ influence) + more)
        reach = t_quantile(0.5 + self.confidence / 2, count - 1) * error
        return Estimate(value, value - reach, value + reach, error, count, rows)


def fit(
    design: Reals,
    points: Reals,
    questions: Codes,
    *,
    ridge: Reals | float = 0.0,
    offset: Reals | float = 0.0,
    weights: Reals | float = 1.0,
    confidence: float = 0.95,
) -> Fit:
    """Fit P(points) = sigmoid(design @ coefficients + offset) by Newton's method with a ridge penalty per column.

    points in [0, 1], a half for a tie (soft labels); covariance clustered by question (Liang and Zeger 1986). Raises
    ValueError for values that are not finite.
    """
    if not (np.isfinite(design).all() and np.isfinite(points).all()):
        raise ValueError("features and points must be finite")
    width = design.shape[1]
    penalty = np.diag(np.broadcast_to(np.asarray(ridge, np.float64), (width,)))
    found = np.zeros(width)
    for _ in range(100):
        expected = sigmoid(design @ found + offset)
        gradient = design.T @ (weights * (points - expected)) - penalty @ found
        spread = weights * expected * (1 - expected)
        curvature = (design * spread[:, None]).T @ design + penalty
        step = np.linalg.lstsq(curvature, gradient, rcond=1e-12)[0]
        longest = float(np.abs(step).max(initial=0.0))
        found = found + step * min(1.0, 5.0 / max(longest, 5.0))
        if longest < 1e-10:
            break
    names, place = np.unique(questions, return_inverse=True)
    residual = weights * (points - sigmoid(design @ found + offset))
    gradients = np.stack([np.bincount(place, residual * column, len(names)) for column in design.T], axis=1)
    gradients -= gradients.mean(axis=0)
    bread = np.asarray(np.linalg.pinv(curvature, rcond=1e-12, hermitian=True), np.float64)
    return Fit(found, bread, np.asarray(gradients, np.float64), place.astype(np.int64), confidence)


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

    Two parameters by Newton's method on the log-likelihood: Platt scaling (1999) without its offset, and a power of our own.
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
