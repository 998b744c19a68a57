"""Cheaper judging: what the offline judge may take alone, and which single verdicts are worth asking again swapped. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from judge.comparison import Comparisons
from judge.errors import InputError
from judge.identity import content_hash
from judge.records import Case, Judgment, Result, Side, Verdict
from judge.stats.intervals import Estimate, cluster_mean

SURE = 0.3  # |p - .5| of the offline judge beyond which it is taken at its word: at .2 rankings suffer (benchmarks/validity.py, 7)
CHECKED = 0.1  # share of what it takes that the judge judges all the same, drawn by content
FIRM = 0.8  # probability of a soft verdict from which on it is not asked again


class NotACascade(InputError):
    """A cascade takes one judge of pairs and the offline judge."""

    def __init__(self) -> None:
        fix = "写 --judge 评委,baseline --panel cascade"
        super().__init__("级联要一个两两比较的评委加离线评委", where="--panel cascade", fix=fix)


def sure(offline: Judgment) -> bool:
    """Tell whether the offline judge is sure of a case."""
    said = offline.result
    return (
        isinstance(said, Verdict)
        and said.probabilities is not None
        and abs(said.probabilities[0] + said.probabilities[1] / 2 - 0.5) > SURE
    )


def checked(case: Case) -> bool:
    """Tell whether a case is among those that are judged although the offline judge is sure; the same in both placements."""
    return int(content_hash("check", case.target)[:8], 16) < CHECKED * 16**8


def in_doubt(said: Result, offline: Judgment | None, levels: int) -> bool:
    """Tell whether a single verdict is worth asking again swapped.

    A tie; on five levels one that is not strong; a soft one below FIRM; on three levels one the offline judge contradicts.
    """
    if not isinstance(said, Verdict):
        return False
    if said.side is Side.TIE:
        return True
    if said.probabilities is not None:
        return max(said.probabilities) < FIRM
    if levels > 3:
        return said.strength < 2
    other = offline.result if offline is not None else None
    return isinstance(other, Verdict) and other.side not in (Side.TIE, said.side)


@dataclass(frozen=True, slots=True)
class Spared:
    """What a cascade left to the offline judge, and what the random checks say of it.

    spared: comparisons it decided alone, of `judged`. checks: of those it was sure of, how many the judge judged too; differ:
    share of these on which they name different sides (%); shift: by how much the first candidate's win plus half a tie
    would move had the judge judged all, in points, estimated from the checks (None: too few).
    """

    spared: int
    judged: int
    checks: int
    differ: Estimate | None
    shift: Estimate | None


def cascade(judge: Comparisons, offline: Comparisons, confidence: float) -> tuple[Comparisons, Spared]:
    """Take the judge's verdict where there is one, else the offline judge's where it is sure; the same rows in both."""
    convinced = offline.judged & (np.abs(offline.half_tie - 0.5) > SURE) & ~offline.settled
    alone = convinced & ~judge.judged
    side = np.sign(offline.half_tie - 0.5)
    merged = replace(
        judge,
        win=np.where(alone, side > 0, judge.win).astype(np.float64),
        tie=np.where(alone, 0.0, judge.tie),
        loss=np.where(alone, side < 0, judge.loss).astype(np.float64),
        label=np.where(alone, side, judge.label).astype(np.int64),
        state=np.where(alone, offline.state, judge.state),
        placements=np.where(alone, 0, judge.placements),
    )
    check = convinced & judge.judged & ~judge.settled
    gap = np.asarray(judge.half_tie[check] - (side[check] > 0), np.float64)
    questions = judge.question[check]
    share = float(alone.sum()) / max(1, int(merged.judged.sum()))
    shift = cluster_mean(gap, questions, confidence, share=False, within=(-1, 1)) if check.sum() > 1 else None
    differ = cluster_mean((judge.label[check] * side[check] < 0).astype(np.float64), questions, confidence)
    return merged, Spared(
        int(alone.sum()),
        int(merged.judged.sum()),
        int(check.sum()),
        None if differ is None else differ.scaled(100),
        None if shift is None else shift.scaled(100 * share),
    )
