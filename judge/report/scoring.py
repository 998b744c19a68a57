"""How a protocol makes a candidate's total of its scores: over turns, over abilities, over branches. Pure but for the rubrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from judge.columns import Codes, JudgmentColumns, Reals
from judge.records import Judge
from judge.report.build import abilities_of
from judge.resolve import Material
from judge.rubric import read_rubrics, shipped_rubrics

BRANCHES = ("推理", "语言")
REASONING = frozenset(
    {"数学计算", "逻辑推理", "计算", "逻辑与推理"}
)  # AlignBench's first branch, and our abilities of that kind
BRANCHED = frozenset({"alignbench", "dimensions with reference"})  # ours by its protocol, and its own, imported


@dataclass(frozen=True, slots=True)
class Rule:
    """lowest: abilities in which a dialogue judged turn by turn is worth its lowest turn (as MT-Bench-101, Bai et al. 2024,
    takes it), all others the mean over turns. branched: the total is the mean of two branches, each the mean of its abilities
    (AlignBench, Liu et al. 2023)."""

    lowest: frozenset[str] = frozenset()
    branched: bool = False


PLAIN = Rule()


def rule_of(judge: Judge | None) -> Rule:
    """Return the rule of a judge's protocol and rubrics; of rubrics that did not come with this program nothing is known."""
    if judge is None:
        return PLAIN
    if judge.protocol in BRANCHED:
        return Rule(branched=True)
    if judge.protocol not in ("scores", "soft-scores", "soft-scores-reasons"):
        return PLAIN
    rubrics = read_rubrics(shipped_rubrics())
    if judge.rubric != rubrics.hash:
        return PLAIN
    return Rule(frozenset(name for name, one in rubrics.special.items() if one.turns == "minimum"))


def worth(material: Material, scored: JudgmentColumns, rule: Rule) -> JudgmentColumns:
    """Leave out what does not count towards a total: where the lowest turn counts, all turns but that one."""
    if not rule.lowest or 0 in material.scopes or not len(scored):
        return scored
    low = np.array([name in rule.lowest for name in material.abilities], bool)[abilities_of(material, scored.question)]
    share = (scored.value - scored.worst) / (scored.best - scored.worst)
    order = np.lexsort((scored.scope, share, scored.repeat, scored.first_sample, scored.first, scored.question))
    cells = np.stack([scored.question, scored.first, scored.first_sample, scored.repeat], axis=1)[order]
    first = np.ones(len(order), bool)
    first[1:] = (cells[1:] != cells[:-1]).any(axis=1)
    lowest = np.zeros(len(order), bool)
    lowest[order] = first
    return scored.take(~low | lowest)


def branch_of(names: Sequence[str]) -> Codes:
    """Return the branch of each ability: its place in BRANCHES."""
    return np.array([0 if name in REASONING else 1 for name in names], np.int64)


def branch_shares(names: Sequence[str], abilities: Codes) -> Reals:
    """Return the weight of each row's ability in a total over branches: branches weigh the same, and abilities within one."""
    branch, there = branch_of(names), np.unique(abilities)
    size = np.bincount(branch[there], minlength=len(BRANCHES)).astype(np.float64)
    found: Reals = 1 / size[branch[abilities]]
    return found
