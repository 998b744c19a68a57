"""What can go wrong, sorted by who can mend it.

JudgeError
├── InputError            the user: a file, an argument, a configuration          exit 2
│   ├── Failed            a check the user asked for found faults, which were printed
│   ├── UnknownName       a name nobody knows, with the nearest known ones
│   └── NothingToCompare  the named things share no question, or have no judgment
├── StoreError            the user: the store cannot be used as it is             exit 2
├── ModelError            a model's endpoint                                      exit 3
│   ├── ModelBusy         nobody: limit, overload, broken reply; asked again      (never shown while retries are left)
│   ├── ModelRefused      the user: key, model name or parameter is refused       exit 2
│   └── QuotaGone         the user: the account is out of money or quota          exit 4
├── GateNotMet            nobody: a condition the user set is not met             exit 5
└── CapReached            the user: a cap on money or calls; resumable            exit 4

An item that fails is a value in the records, never an exception; an exception ends the command.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar


class JudgeError(Exception):
    """An error with a code, a place, a reason and a fix, printed without a traceback."""

    code: ClassVar[str] = "E1000"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        place = f"{self.where}：" if self.where else ""
        fix = f"\n  修复：{self.fix}" if self.fix else ""
        return f"错误 {self.code}: {place}{self.message}{fix}"


class InputError(JudgeError):
    """A file, argument or configuration that cannot be used as written."""

    code = "E2100"
    exit_code = 2


class Failed(InputError):
    """A check the user asked for found faults; they were printed as its result."""

    code = "E2103"


class UnknownName(InputError):
    """A name that stands for nothing here; carries the nearest known names."""

    code = "E2101"

    def __init__(self, noun: str, name: str, known: Iterable[str], *, fix: str = "") -> None:
        names = sorted(set(known))
        self.nearest = nearest(name, names)
        hint = f"；你要找的是不是：{'、'.join(self.nearest)}" if self.nearest else ""
        listed = "、".join(names[:12]) + ("……" if len(names) > 12 else "")
        super().__init__(
            f"没有名为 {name} 的{noun}{hint}",
            fix=fix or (f"已有：{listed}" if names else "库里还是空的，先用 judge import 导入数据"),
        )


class NothingToCompare(InputError):
    """The candidates share no question, or the judge said nothing on what they share."""

    code = "E2102"


class StoreError(JudgeError):
    """The store is missing, foreign, damaged, newer than this program, busy or not writable; it was not touched."""

    code = "E2200"
    exit_code = 2


class ModelError(JudgeError):
    """A model's endpoint did not do what was asked of it."""

    code = "E3000"
    exit_code = 3


class ModelBusy(ModelError):
    """A call failed in a way that a later one may not; `retry_after` is the wait the server asks for, in seconds."""

    code = "E3100"

    def __init__(
        self, message: str, *, retry_after: float | None = None, limited: bool = False, where: str = ""
    ) -> None:
        super().__init__(message, where=where)
        self.retry_after = retry_after
        self.limited = limited  # refused for its rate, not for a fault


class ModelRefused(ModelError):
    """The endpoint refuses the key, the model name or a parameter; asking again changes nothing."""

    code = "E3200"
    exit_code = 2


class QuotaGone(ModelError):
    """The account behind the endpoint is out of money or quota; the run stops there and can be resumed."""

    code = "E4100"
    exit_code = 4


class GateNotMet(JudgeError):
    """A condition given with --fail-if does not hold."""

    code = "E5000"
    exit_code = 5


class CapReached(JudgeError):
    """A cap on money or calls ended the run; a second call goes on from here."""

    code = "E4000"
    exit_code = 4


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Return up to three known names that a mistyped one may stand for, compared without case and dataset prefix."""
    by_tail: dict[str, str] = {}
    for one in known:
        by_tail.setdefault(one.casefold(), one)
        by_tail.setdefault(one.rpartition("/")[2].casefold(), one)
    tail = name.rpartition("/")[2].casefold()
    # In a name of two or three Han characters one slip is already a third to a half of it.
    cutoff = 0.5 if len(tail) <= 4 else 0.6
    close = difflib.get_close_matches(name.casefold(), by_tail, n=3, cutoff=cutoff)
    close += difflib.get_close_matches(tail, by_tail, n=3, cutoff=cutoff)
    return list(dict.fromkeys(by_tail[one] for one in close))[:3]
