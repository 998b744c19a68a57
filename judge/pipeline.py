"""The main path, one line per stage: what was answered and judged becomes comparisons, and comparisons become figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from judge import comparison, resolve
from judge.columns import Codes
from judge.comparison import Comparisons, Rule
from judge.errors import InputError, NothingToCompare
from judge.records import Plan
from judge.report import board, build
from judge.report.board import Board, By
from judge.report.build import CompareReport, Member, Source
from judge.resolve import Material
from judge.store import Store


def compare(store: Store, plan: Plan, *, human: bool = False) -> CompareReport:
    """Set the first candidate of a plan against the second on all that is stored of them.

    Raises NothingToCompare where they share no question or nobody judged what they share.
    """
    first, second = plan.candidates
    bank, *pair = resolve.pair(store, first, second, plan.bank)
    if store.tallies(bank):
        raise NothingToCompare(f"题库 {bank} 只有公布的次数", fix=f"judge leaderboard --bank {bank}")
    names = plan.judges or (None,)
    heard = [_heard(store, bank, pair, replace(plan, judge=name), human) for name in names]
    material, comparisons, source = heard[0]
    suspects = store.suspects(pair, set(material.questions.code.tolist()))
    if len(heard) == 1:
        return build.compare_report(material, comparisons, plan, source, suspects=suspects)
    together, panel, members = _together(heard, plan)
    return build.compare_report(together, panel, plan, source, members=members, suspects=suspects)


Heard: TypeAlias = tuple[Material, Comparisons, Source]


def _together(heard: list[Heard], plan: Plan) -> tuple[Material, Comparisons, list[Member]]:
    """Combine what several judges said, and say of each how it stands beside the panel."""
    panel = comparison.panel(_alike(heard))
    members = [build.member(one.judge, own, panel, plan) for one, own, _ in heard]
    return replace(heard[0][0], judge="、".join(one.judge for one, *_ in heard)), panel, members


def _heard(store: Store, bank: str, pair: list[int], plan: Plan, human: bool) -> Heard:
    """Gather what one judge, or people, said of two candidates."""
    material = in_scope(resolve.material(store, bank, pair, plan, human=human), plan)
    comparisons, source = combine(material, plan)
    if not comparisons.judged.any():
        why = _why_nothing(material, comparisons)
        raise NothingToCompare(why, fix="换一个 --judge，或用 judge reread 看读不出的原话")
    return material, comparisons, source


def _alike(heard: list[Heard]) -> list[Comparisons]:
    """Return the comparisons of a panel whose judges judged the same thing; raises InputError otherwise."""
    if len({(len(own), source) for _, own, source in heard}) > 1:
        message = "这几个评委评的不是一回事（整段与按轮，或打分与比较），合不成评委团"
        raise InputError(message, where="--judge", fix="每次只用一种评法的评委")
    return [own for _, own, _ in heard]


def leaderboard(store: Store, plan: Plan, *, human: bool = False, by: By | None = None) -> Board:
    """Rank the candidates of one bank as one judge, or people, see them."""
    bank = resolve.one_bank(store, plan.bank)
    known = store.candidates(bank)
    if tallies := store.tallies(bank):
        if human or by:
            raise NothingToCompare(f"题库 {bank} 只有公布的次数，没有逐题的记录", fix="去掉 --human 与 --by")
        return board.tally_board(bank, resolve.of_plan(tallies, plan, known), plan)
    chosen = [code for name in plan.candidates for code in resolve.find("候选", name, known)] or list(known)
    if len(plan.judges) > 1:
        return _panel_board(store, bank, chosen, plan, by)
    material = _on_board(store, bank, chosen, plan, human)
    if material.paired and by == "dimension":
        raise InputError("两两评判没有评分维度", where="--by", fix="换成 --by ability 或 --by turn")
    if not material.paired and plan.baseline is not None:
        raise InputError("按得分排的榜没有基线", where="--baseline", fix="去掉它；要看两个候选的差距用 judge compare")
    comparisons, _ = combine(material, plan)
    if material.paired:
        return board.verdict_board(material, comparisons, plan, by, _baseline(comparisons, plan, known))
    if by == "dimension" or not material.judgments.scored.any():
        scores = store.dimension_scores(bank, material.judge_code, plan.history)
        return board.dimension_board(material, comparisons, scores, plan)
    return board.score_board(material, comparisons, plan, by)


def _panel_board(store: Store, bank: str, chosen: list[int], plan: Plan, by: By | None) -> Board:
    """Rank candidates as several judges together see them, each judge beside the panel."""
    heard: list[Heard] = []
    for name in plan.judges:
        material = _on_board(store, bank, chosen, replace(plan, judge=name), human=False)
        if not material.paired:
            raise InputError(f"{name} 没有两两比较过，合不成评委团", where="--judge", fix="打分的评委各看各的榜")
        heard.append((material, *combine(material, plan)))
    together, panel, members = _together(heard, plan)
    found = board.verdict_board(together, panel, plan, by, _baseline(panel, plan, store.candidates(bank)))
    return replace(found, members=tuple(replace(one, half_tie=None) for one in members))


def _on_board(store: Store, bank: str, chosen: list[int], plan: Plan, human: bool) -> Material:
    """Gather what one judge, or people, said of the candidates of a board."""
    material = in_scope(resolve.material(store, bank, chosen, plan, human=human), plan).of_judged()
    if not len(material.candidates):
        raise NothingToCompare(f"题库 {bank} 里没有可排名的评判", fix="judge banks 查看哪些题库有评判")
    return material


def _baseline(comparisons: Comparisons, plan: Plan, known: Mapping[int, str]) -> int | None:
    named = None if plan.baseline is None else resolve.find("候选", plan.baseline, known)[0]
    return named or board.common_opponent(comparisons)


def in_scope(material: Material, plan: Plan) -> Material:
    """Keep what is compared: whole dialogues where they were judged, else turns; the two are never pooled."""
    dialogue, turns = material.scopes[material.scopes == 0], material.scopes[material.scopes > 0]
    chosen: Codes = {"dialogue": dialogue, "turns": turns, "auto": dialogue if len(dialogue) else turns}[plan.scope]
    if len(material.judgments) and not len(chosen):
        there, other = ("整段对话", "dialogue") if len(dialogue) else ("各轮", "turns")
        raise NothingToCompare(f"评委只评过{there}", fix=f"去掉 --scope，或换成 --scope {other}")
    return material.within(chosen)


def combine(material: Material, plan: Plan) -> tuple[Comparisons, Source]:
    """Make comparisons of verdicts where two dialogues were judged together, else of the scores each was given."""
    rule = Rule(plan.tie_within, plan.filtered)
    judgments, dialogues, scopes = material.judgments, material.dialogues, material.scopes
    if material.paired:
        meetings = material.meetings(scopes, material.judged_pairs())
        found = comparison.from_verdicts(judgments, dialogues, meetings, rule, by_placement=not material.human)
        return found, "human" if material.human else "verdicts"
    found = comparison.from_scores(judgments, dialogues, material.meetings(scopes), rule)
    return found, "human" if material.human else "scores"


def _why_nothing(material: Material, comparisons: Comparisons) -> str:
    """Say what there is where no comparison came of it."""
    number = build.counts(comparisons)
    names = " 与 ".join(material.names[int(code)] for code in material.candidates)
    only_dimensions = len(material.judgments) and not material.paired and not material.judgments.scored.any()
    if only_dimensions:
        return f"{material.judge} 对 {names} 只有分项得分，没有总分，不能逐题比较"
    return (
        f"{material.judge} 对 {names} 没有一题评得出来：读不出 {number.unreadable}，没答 {number.unanswered}，"
        f"缺 {number.missing}"
    )
