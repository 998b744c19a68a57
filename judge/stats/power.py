"""How wide an interval a plan will give, and how many questions a margin takes."""

from __future__ import annotations

import math
from statistics import NormalDist

from judge.stats.intervals import Estimate, t_quantile, wilson

MANY = 2000  # questions beyond which a search gives up


def half_width(deviation: float, questions: int, confidence: float = 0.95) -> float:
    """Half-width of a mean's interval to expect, in the unit of `deviation`, the sd of one question's value (Student 1908).

    Infinite below two questions.
    """
    if questions < 2:
        return math.inf
    return t_quantile(0.5 + confidence / 2, questions - 1) * deviation / math.sqrt(questions)


def questions_for(margin: float, deviation: float, confidence: float = 0.95, power: float = 0.8) -> int:
    """How many questions tell a true difference of `margin` from none with the given power (Cohen 1988), normal theory.

    margin > 0 and deviation, the sd of one question's value, in the same unit. Raises ValueError for a margin of 0 or less.
    """
    if not margin > 0:
        raise ValueError("a margin is greater than 0")
    normal = NormalDist()
    return max(2, math.ceil(((normal.inv_cdf(0.5 + confidence / 2) + normal.inv_cdf(power)) * deviation / margin) ** 2))


def questions_needed(estimate: Estimate, bound: float, confidence: float = 0.95, power: float = 0.8) -> int | None:
    """How many questions would tell a share in [0, 1] from a bound, if the present share and spread hold.

    Normal theory with the given power (Cohen 1988); where all questions went alike, the first number at which the Wilson
    interval leaves the bound outside. None where the share lies on the bound.
    """
    distance = abs(estimate.value - bound)
    if distance == 0 or not estimate.clusters:
        return None
    if estimate.standard_error > 0:
        deviation = estimate.standard_error * math.sqrt(estimate.clusters)
        return max(questions_for(distance, deviation, confidence, power), estimate.clusters + 1)

    def clear(count: int) -> bool:
        low, high = wilson(estimate.value, count, t_quantile(0.5 + confidence / 2, count - 1))
        return bound < low or high < bound

    few, many = estimate.clusters, MANY
    if not clear(many):
        return None
    while many - few > 1:  # the interval only narrows
        middle = (few + many) // 2
        few, many = (few, middle) if clear(middle) else (middle, many)
    return many
