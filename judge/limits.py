"""The thresholds of a judge's certificate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from judge.stats.intervals import Estimate

Mark: TypeAlias = Literal["alone", "correct", "unfit"]


@dataclass(frozen=True, slots=True)
class Limit:
    """Bounds of one figure in percent or points: good enough to rely on alone, and beyond use.

    `more` tells whether more is better. A figure is beyond use only where even the kind end of its interval is.
    """

    alone: float
    unfit: float
    more: bool

    def mark(self, figure: Estimate) -> Mark:
        """Hold a figure against the bounds."""
        sign = 1 if self.more else -1
        kind_end, hard_end = (figure.high, figure.low) if self.more else (figure.low, figure.high)
        if sign * kind_end < sign * self.unfit:
            return "unfit"
        good = sign * figure.value >= sign * self.alone and sign * hard_end >= sign * self.unfit
        return "alone" if good else "correct"


# Where each bound stands and why is told in docs/methods.md; `judge validate --threshold` and judge.toml change them.
LIMITS: Mapping[str, Limit] = {
    "agreement": Limit(75, 60, more=True),  # of items that people decided, those on which the judge says the same
    "flips": Limit(20, 40, more=False),
    "first": Limit(5, 15, more=False),  # points by which the place shown first gets more or less than half
    "longer": Limit(10, math.inf, more=False),  # points by which longer answers win more or less often than with people
    "readable": Limit(98, 90, more=True),
    "retest": Limit(90, 70, more=True),
    "self": Limit(5, 20, more=False),  # points given to the judge's own family beyond what people give
}
