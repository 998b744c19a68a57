"""Reading stored replies again: what our reader makes of them, and where that differs from what was recorded."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from judge import reply
from judge.records import Judgment, Result, Score, Scores, Side, Unreadable, Verdict
from judge.store import Store

# Protocols whose replies can be read without more than the reply: "scores" would need its rubric's dimensions.
READABLE = frozenset({"single", "mtbench", "pair", "pair-5", "joint", "ranking"})

Change: TypeAlias = Literal["same", "finer", "found", "lost", "differs"]

CHANGES: dict[Change, str] = {
    "same": "一致",
    "finer": "一致且更细",
    "found": "多读出",
    "lost": "读不出",
    "differs": "不同",
}


@dataclass(frozen=True, slots=True)
class Reread:
    """One stored reply read again."""

    judgment: Judgment
    read: Result
    change: Change


def stored(store: Store, banks: Iterable[str], judges: Container[str]) -> Iterator[Judgment]:
    """Yield what some judges, by name, said on some banks; a bank where none of them can be read is not even opened."""
    for bank in banks:
        if any(judge.name in judges and judge.protocol in READABLE for judge in store.known_judges(bank)):
            for item in store.items(bank):
                yield from (judgment for judgment in item.judgments if judgment.judge.name in judges)


def count(store: Store, banks: Iterable[str], judges: Container[str]) -> int:
    """Count what some judges, by name, said on some banks."""
    said = [(bank, code) for bank in banks for code, name in store.judges(bank).items() if name in judges]
    return sum(len(store.judgment_columns(bank, code)) for bank, code in said)


def reread(judgments: Iterable[Judgment]) -> Iterator[Reread]:
    """Read every stored reply again whose judge's protocol is READABLE; the others are left out.

    Several dialogues scored in one reply are told apart by their order in the store, which is the order shown.
    """
    for group in _joint(judgments):
        for judgment, read in zip(group, _read(group), strict=False):  # nothing is read of a format nobody agreed on
            yield Reread(judgment, read, compare(judgment.result, read))


def compare(recorded: Result, read: Result) -> Change:
    """Say how a second reading differs from what was recorded."""
    if isinstance(recorded, Unreadable) and isinstance(read, Unreadable):
        return "same"
    if isinstance(recorded, Unreadable):
        return "found"
    if isinstance(read, Unreadable):
        return "lost"
    match recorded, read:
        case Verdict(Side.TIE, _, _), Verdict(Side.TIE, _, _):
            return "same"
        case Verdict(one, strength, _), Verdict(other, again, _) if one is other:
            return "same" if strength == again else "finer"
        case Scores(Score(one), _), Scores(Score(other), _) if one == other:
            return "same"
        case _:
            return "differs"


def _joint(judgments: Iterable[Judgment]) -> Iterator[list[Judgment]]:
    """Put together the judgments that came out of one reply; a reply on one case stands alone."""
    groups: dict[object, list[Judgment]] = {}
    for number, judgment in enumerate(judgments):
        alone = judgment.judge.protocol not in {"joint", "ranking"} or judgment.reply is None
        question = judgment.case.question.key
        name: object = number if alone else (question, judgment.judge.key, judgment.repeat, judgment.reply)
        groups.setdefault(name, []).append(judgment)
    yield from groups.values()


def _scale(judgment: Judgment) -> tuple[float, float]:
    """Return the scale of the recorded score; 1 to 10 where none was read."""
    match judgment.result:
        case Scores(Score(_, minimum, maximum), _):
            return minimum, maximum
        case _:
            return 1, 10


def _read(group: Sequence[Judgment]) -> Sequence[Result]:
    """Read one reply in its protocol's format: what it says of each dialogue it was asked about; empty where it has none."""
    text, count = group[0].reply, len(group)
    minimum, maximum = _scale(group[0])
    if text is None:
        return ()
    match group[0].judge.protocol:
        case "single" | "mtbench":
            return [reply.read_rating(text, minimum=minimum, maximum=maximum)]
        case "pair":
            return [reply.read_verdict(text)]
        case "pair-5":
            return [reply.read_verdict(text, levels=5)]
        case "joint":
            scores = reply.read_joint_scores(text, count, minimum=minimum, maximum=maximum)
            return [scores] * count if isinstance(scores, Unreadable) else scores
        case "ranking":
            ranks = reply.read_ranking(text, count)
            if isinstance(ranks, Unreadable):
                return [ranks] * count
            return [Scores(Score(rank, count, 1)) for rank in ranks]
        case _:
            return ()
