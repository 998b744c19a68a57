"""A linear scale: where a value stands on the paper, and which values deserve a tick."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable
from dataclasses import dataclass

BIGGEST = sys.float_info.max


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from `low` to `high` laid out from `start` to `end`, in either direction."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return where a value stands; beyond the scale, its edge."""
        # Halves, since the whole span may overflow.
        share = (value / 2 - self.low / 2) / (self.high / 2 - self.low / 2)
        return self.start + min(1.0, max(0.0, share)) * (self.end - self.start)

    def ticks(self, about: int = 5) -> list[tuple[float, str]]:
        """Return about so many round values with their labels."""
        raw = self.high / about - self.low / about
        power = 10.0 ** math.floor(math.log10(raw))
        # A quarter of a hundred is round, a quarter of ten is not.
        steps = [power * one for one in ((10, 5, 2.5, 2, 1) if power >= 10 else (10, 5, 2, 1))]
        step = min(steps, key=lambda one: abs(len(self._multiples(one)) - about))
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
        return [(at * step, _label(at * step, digits)) for at in self._multiples(step)]

    def _multiples(self, step: float) -> range:
        return range(math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9) + 1)


def around(values: Iterable[float], start: float, end: float) -> Scale:
    """Return a scale that holds all values with a little air about them."""
    known = list(values)
    low, high = min(known), max(known)
    air = high / 20 - low / 20
    least = max(abs(low), abs(high)) * 1e-6 or 1.0
    if air < least:
        air = least if high > low else max(least, abs(low) / 10)
    return Scale(max(-BIGGEST, low - air), min(BIGGEST, high + air), start, end)


def _label(value: float, digits: int) -> str:
    if abs(value) >= 1e7 or digits > 6:
        return f"{value:.3g}"
    return f"{value:,.{digits}f}" if value else "0"
