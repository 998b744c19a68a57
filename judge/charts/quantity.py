"""Numbers on their way in and out: refused when they are none, printed alike in every chart and table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

NONE = "—"
Span = tuple[float, float] | None


def finite(value: float, where: str) -> float:
    """Return the value if it can be drawn."""
    if not math.isfinite(value):
        raise ValueError(f"{where}: {value} cannot be drawn; leave out what is missing, or pass None")
    return value


def ends(value: float | None, low: float | None, high: float | None, where: str) -> Span:
    """Return the ends of an interval, which may be infinite; None where there is no value or no interval."""
    for one in (low, high):
        if one is not None and math.isnan(one):
            raise ValueError(f"{where}: an end of the interval is NaN; pass None or an infinity")
    if low is not None and high is not None and low > high:
        raise ValueError(f"{where}: the interval's ends {low} and {high} are in the wrong order")
    if value is None or (low is None and high is None):
        return None
    return (-math.inf if low is None else low), (math.inf if high is None else high)


def intervals(
    name: str,
    count: int,
    values: Sequence[float | None],
    lows: Sequence[float | None],
    highs: Sequence[float | None],
) -> list[Span]:
    """Return the interval of each value of a series, all of it checked."""
    same_length(name, count, len(values), len(lows), len(highs))
    for value in values:
        if value is not None:
            finite(value, name)
    return [ends(value, low, high, name) for value, low, high in zip(values, lows, highs, strict=True)]


def shown(value: float | None, digits: int) -> str:
    """Return a number as it is printed."""
    if value is None:
        return NONE
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if abs(value) >= 1e7:
        return f"{value:.3g}"
    printed = f"{value:.{digits}f}"
    return printed.removeprefix("-") if float(printed) == 0 else printed


def with_ends(value: float | None, interval: Span, digits: int) -> str:
    """Return a number with its interval behind it."""
    if interval is None:
        return shown(value, digits)
    return f"{shown(value, digits)} [{shown(interval[0], digits)}, {shown(interval[1], digits)}]"


def count(value: float, digits: int) -> str:
    """Return a number of things: whole where it is whole."""
    return shown(value, 0 if value == int(value) else digits)


def held(scale: tuple[float, float], values: Iterable[float | None]) -> tuple[float, float]:
    """Return the scale, grown where a value lies beyond it: a value moved to the edge would be a lie."""
    low, high = scale
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"a scale runs from a number to a greater one, not from {low} to {high}")
    known = [value for value in values if value is not None]
    return min([low, *known]), max([high, *known])


def same_length(what: str, *lengths: int) -> None:
    """Refuse parts that do not belong together."""
    if len(set(lengths)) > 1:
        raise ValueError(f"{what}: lengths {', '.join(map(str, lengths))} should be equal")
