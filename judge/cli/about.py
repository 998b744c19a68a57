"""What disputes and audits are about: the options that name a run, or a bank and its judge, and the plan they come to."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import click

from judge.cli.output import listed

if TYPE_CHECKING:
    from judge.records import Plan
    from judge.store import Store

Function = TypeVar("Function", bound=Callable[..., None])

OPTIONS = (
    click.argument("run", required=False, metavar="[评测|题库]"),
    click.option("--bank", metavar="题库", help="哪个题库（只有一个有评判时可省）"),
    click.option("--judge", metavar="评委", help="哪个评委（只有一个时可省）；几个用逗号分开"),
    click.option(
        "--panel", type=click.Choice(["equal", "weighted", "cascade"]), help="几个评委怎么合（默认照那一次评测）"
    ),
    click.option("--candidates", metavar="候选,…", help="只看这些候选，逗号分隔"),
    click.option("--abilities", metavar="能力,…", help="只看这些能力，逗号分隔"),
)

target_option = click.option(
    "--target",
    "wanted",
    type=click.FloatRange(0, min_open=True),
    default=3.0,
    metavar="分",
    help="想要的区间半宽（默认 ±3 分）",
)


@dataclass(frozen=True, slots=True)
class About:
    """What the options say; None: nothing."""

    run: str | None
    bank: str | None
    judge: str | None
    panel: str | None
    candidates: str | None
    abilities: str | None

    def plan(self, store: Store, **more: object) -> Plan:
        """Return the plan of the run that was named (else the last, where it was on the same bank), with the options laid over it."""
        from judge.plan import with_flags
        from judge.records import Plan
        from judge.resolve import plan_of

        start = plan_of(store, self.run)
        if self.run is None and self.bank not in (None, start.bank):
            start = Plan()
        said: dict[str, object] = {
            "bank": self.bank,
            "judge": self.judge,
            "panel": self.panel,
            "candidates": listed(self.candidates),
            "abilities": listed(self.abilities),
            **more,
        }
        # What people look at is the whole of what was planned, whenever judging stopped.
        return with_flags(start, {**said, "until": "all"})


def about_options(function: Function) -> Function:
    """Add the argument and the options; the command gets them as `about`."""

    @functools.wraps(function)
    def with_about(**given: object) -> None:
        names = ("run", "bank", "judge", "panel", "candidates", "abilities")
        function(about=About(*(given.pop(name) for name in names)), **given)  # type: ignore[arg-type]

    for option in reversed(OPTIONS):
        with_about = option(with_about)
    return with_about  # type: ignore[return-value]
