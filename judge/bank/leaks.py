"""Whether a model goes on with a bank's own words: a sign that it has read them. Pure.

The start of a question is given and its end asked for, word by word. Some ends can be guessed; those of the sealed questions,
which no crawler read, say how many. Only what goes beyond that is a sign (Oren et al. 2023 compare orders in the same spirit).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from judge.bank.likeness import plain
from judge.models import Message, Request
from judge.records import Question
from judge.stats.intervals import wilson

RUN = 16  # characters in a row, punctuation aside, that nobody writes by chance in the same place
LEAST = 40  # characters of a first turn that can be cut in two
HEAD = 0.5
ASK = "下面是一段中文文字的开头。请从断开的地方逐字接着写完这段话，只写后面的部分，不要回答它，不要解释。\n\n{head}"
COMPLETE = "请把这一行补全，只写缺的部分：\n\n{head}"
NORMAL = 1.959964


@dataclass(frozen=True, slots=True)
class Cut:
    """A question's first turn, cut in two."""

    question: Question
    head: str
    tail: str

    def request(self) -> Request:
        return Request((Message("user", ASK.format(head=self.head)),), temperature=0.0, max_tokens=400)


@dataclass(frozen=True, slots=True)
class Share:
    """How many of so many were continued word by word, in percent with a Wilson interval (Wilson 1927)."""

    continued: int
    asked: int

    @property
    def interval(self) -> tuple[float, float]:
        low, high = wilson(self.continued / self.asked, self.asked, NORMAL) if self.asked else (0.0, 1.0)
        return 100 * low, 100 * high


@dataclass(frozen=True, slots=True)
class Probed:
    """What a probe found: open questions, sealed ones, the ids that were continued, whether the canary was known.

    p: one-sided, by Fisher's exact test (1935), that open ones are continued no more often than sealed ones; None without both.
    """

    open: Share
    sealed: Share
    known: tuple[str, ...]
    canary: bool | None
    failed: int
    p: float | None


def cuts(questions: Sequence[Question]) -> list[Cut]:
    """Cut the first turns that are long enough."""
    firsts = [(one, one.turns[0].prompt) for one in questions if one.turns]
    return [Cut(one, text[: (at := int(HEAD * len(text)))], text[at:]) for one, text in firsts if len(text) >= LEAST]


def continues(cut: Cut, reply: str) -> bool:
    """Tell whether a reply goes on as the question does: RUN characters of its first forty, in a row."""
    tail, said = plain(cut.tail)[: RUN + 24], plain(reply)
    return any(tail[at : at + RUN] in said for at in range(max(1, len(tail) - RUN + 1))) and len(tail) >= RUN


def canary_request(canary: str) -> Request:
    """Ask for the end of a canary's line: what follows its last space."""
    asked = COMPLETE.format(head=canary.rpartition(" ")[0])
    return Request((Message("user", asked),), temperature=0.0, max_tokens=100)


def knows(canary: str, reply: str) -> bool:
    """Tell whether a reply holds the canary's own part, of which nothing was given."""
    return plain(canary.rpartition(" ")[2]) in plain(reply)


def probed(found: Sequence[tuple[Cut, bool]], sealed: frozenset[str], canary: bool | None, failed: int) -> Probed:
    """Count what was continued; sealed: ids of the questions that no crawler read."""
    shares = [[known for cut, known in found if (cut.question.id in sealed) is hidden] for hidden in (False, True)]
    plainly, hidden = (Share(sum(one), len(one)) for one in shares)
    p = (
        fisher(plainly.continued, plainly.asked, hidden.continued, hidden.asked)
        if plainly.asked and hidden.asked
        else None
    )
    names = tuple(cut.question.id for cut, known in found if known)
    return Probed(plainly, hidden, names, canary, failed, p)


def fisher(successes: int, tries: int, others: int, other_tries: int) -> float:
    """Return the one-sided p value that the first share is no larger than the second, by Fisher's exact test (1935)."""
    total, all_tries = successes + others, tries + other_tries
    ways = math.comb(all_tries, total)
    most = min(total, tries)
    return sum(math.comb(tries, one) * math.comb(other_tries, total - one) for one in range(successes, most + 1)) / ways
