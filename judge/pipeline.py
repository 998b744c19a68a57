"""The main path, one line per stage: what was answered and judged becomes comparisons, and comparisons become figures."""

from __future__ import annotations

from judge import comparison, resolve
from judge.columns import Codes
from judge.comparison import Comparisons, Rule
from judge.errors import NothingToCompare
from judge.records import Plan
from judge.report import board, build
from judge.report.board import Board, By
from judge.report.build import CompareReport, Source
from judge.resolve import Material
from judge.store import Store


def compare(store: Store, plan: Plan, *, human: bool = False) -> CompareReport:
    """Set the first candidate of a plan against the second on all that is stored of them.

    Raises NothingToCompare where they share no question or nobody judged what they share.
    """
    first, second = plan.candidates
    bank, *pair = resolve.pair(store, first, second, plan.bank)
    material = resolve.material(store, bank, pair, plan, human=human)
    comparisons, source = combine(material, plan)
    if not comparisons.judged.any():
        raise NothingToCompare(
            f"{material.judge} 没有评过 {first} 与 {second} 的任何一题",
            fix="换一个 --judge，或用 judge banks 查看有哪些评判",
        )
    return build.compare_report(material, comparisons, plan, source)


def leaderboard(store: Store, plan: Plan, *, human: bool = False, by: By | None = None) -> Board:
    """Rank the candidates of one bank as one judge, or people, see them."""
    bank = resolve.one_bank(store, plan.bank)
    tallies = store.tallies(bank)
    if tallies:
        return board.tally_board(bank, tallies, plan)
    known = store.candidates(bank)
    chosen = [code for name in plan.candidates for code in resolve.find("候选", name, known)] or list(known)
    material = resolve.material(store, bank, chosen, plan, human=human).of_judged()
    if not len(material.candidates):
        raise NothingToCompare(f"题库 {bank} 里没有可排名的评判", fix="judge banks 查看哪些题库有评判")
    if not material.paired and (by == "dimension" or not material.judgments.scored.any()):
        scores = store.dimension_scores(bank, material.judge_code)
        return board.dimension_board(material, scores, plan)
    comparisons, _ = combine(material, plan)
    if not material.paired:
        return board.score_board(material, comparisons, plan, by)
    named = None if plan.baseline is None else resolve.find("候选", plan.baseline, known)[0]
    return board.verdict_board(material, comparisons, plan, by, named or board.common_opponent(comparisons))


def combine(material: Material, plan: Plan) -> tuple[Comparisons, Source]:
    """Make comparisons of verdicts where two dialogues were judged together, else of the scores each was given."""
    rule = Rule(plan.tie_within, plan.filtered)
    scopes = _scopes(material, plan)
    if material.paired:
        meetings = material.meetings(scopes, material.judged_pairs())
        judgments, dialogues = material.judgments, material.dialogues
        found = comparison.from_verdicts(judgments, dialogues, meetings, rule, by_placement=not material.human)
        return found, "human" if material.human else "verdicts"
    found = comparison.from_scores(material.judgments, material.dialogues, material.meetings(scopes), rule)
    return found, "human" if material.human else "scores"


def _scopes(material: Material, plan: Plan) -> Codes:
    """Choose what is compared: whole dialogues where they were judged, else turns; the two are never pooled."""
    dialogue, turns = material.scopes[material.scopes == 0], material.scopes[material.scopes > 0]
    chosen: Codes = {"dialogue": dialogue, "turns": turns, "auto": dialogue if len(dialogue) else turns}[plan.scope]
    if not len(chosen):
        there = "整段对话" if len(dialogue) else "各轮"
        raise NothingToCompare(
            f"评委只评过{there}", fix="去掉 --scope，或换成 --scope " + ("dialogue" if len(dialogue) else "turns")
        )
    return chosen
