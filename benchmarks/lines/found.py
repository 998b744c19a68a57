"""One figure against its pass line."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Found:
    """One figure against its pass line."""

    line: str
    what: str
    figure: float
    bar: str
    ok: bool


def between(line: str, what: str, figure: float, low: float = -math.inf, high: float = math.inf) -> Found:
    bar = (
        f"{low:g}..{high:g}"
        if math.isfinite(low) and math.isfinite(high)
        else f">= {low:g}"
        if math.isfinite(low)
        else f"<= {high:g}"
    )
    return Found(line, what, float(figure), bar, bool(low <= figure <= high))
