"""Conditions for a pipeline: figures of a report by name, and whether one of them crosses a line."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping

from judge.errors import GateNotMet, InputError, nearest
from judge.report.diff import Diff
from judge.report.document import Document
from judge.stats.intervals import Estimate

OPERATORS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_CONDITION = re.compile(r"\s*([a-z_]+(?:\.[a-z]+)?)\s*(<=|>=|<|>)\s*(-?\d+(?:\.\d+)?)\s*")


def figures(found: Document | Diff) -> dict[str, float]:
    """Return the figures a condition may name: those of the first candidate of a report, or of the first effect of a diff."""
    named: dict[str, float] = {}

    def add(name: str, figure: Estimate | None) -> None:
        if figure is not None:
            named.update({name: figure.value, f"{name}.low": figure.low, f"{name}.high": figure.high})

    if isinstance(found, Diff):
        if found.effects:
            first = found.effects[0]
            add("before", first.before)
            add("after", first.after)
            add("difference", first.difference)
            named["p"] = first.p
        return named
    first_name = found.plan.candidates[0] if found.plan.candidates else found.candidates[0]
    at = next((at for at, name in enumerate(found.candidates) if first_name in (name, name.rpartition("/")[2])), 0)
    share = found.shares[at]
    if share.rates is not None:
        add("half_tie", share.rates.half_tie)
        add("open", share.rates.open_score)
        add("win_rate", share.rates.win_rate)
        named["no_difference"] = share.rates.no_difference
    count = share.counts
    named["judged"] = 100 * count.judged / max(1, count.planned)
    named["missing"] = float(count.planned - count.judged)
    certificate = found.board.certificate
    for check in certificate.checks if certificate is not None else ():
        add(check.name, check.figure)
    return named


def check(conditions: tuple[str, ...], known: Mapping[str, float]) -> None:
    """Raise GateNotMet where a condition holds that must not, InputError for one that cannot be read."""
    for condition in conditions:
        match = _CONDITION.fullmatch(condition)
        if match is None:
            fix = "写成 数名 比较符 数，例如 --fail-if 'half_tie<50'"
            raise InputError(f"看不懂条件 {condition}", where="--fail-if", fix=fix)
        name, sign, number = match.groups()
        if name not in known:
            close = nearest(name, known)
            hint = f"；是不是 {close[0]}" if close else ""
            raise InputError(f"没有 {name} 这个数{hint}", where="--fail-if", fix=f"可用的：{'、'.join(sorted(known))}")
        if OPERATORS[sign](known[name], float(number)):
            fix = "这是 --fail-if 定的门槛；要放行就改门槛"
            raise GateNotMet(f"{name} = {known[name]:.2f}，触到了 {condition.strip()}", where="--fail-if", fix=fix)
