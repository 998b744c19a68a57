"""The main path, one line per stage: what was answered and judged becomes comparisons, and comparisons become figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

import numpy as np

from judge import resolve
from judge.certificate import Certificate, Evidence, certify
from judge.comparison import Comparisons
from judge.controls import control_of, without_controls
from judge.errors import InputError, NothingToCompare
from judge.hearing import Heard, hear, orders_of, scopes_of
from judge.limits import LIMITS, Limit
from judge.models.prices import Price
from judge.records import AGAIN, Judge, Plan
from judge.report import board, build, scoring, views
from judge.report import diff as diffs
from judge.report.board import PLAIN, Board, ControlRow, Early, View
from judge.report.build import Again, CompareReport
from judge.report.correction import Correction
from judge.report.diff import Diff, Side
from judge.report.document import Document, document
from judge.review.correction import correction_of
from judge.review.queue import queue_of
from judge.review.signals import asked_again
from judge.review.verdicts import evidence_on
from judge.schedule import among, settled, standing
from judge.stopping import Orders
from judge.store import Store


def compare(store: Store, plan: Plan, *, human: bool = False, limits: Mapping[str, Limit] = LIMITS) -> CompareReport:
    """Set the first candidate of a plan against the second on all that is stored of them.

    Raises NothingToCompare where they share no question or nobody judged what they share.
    """
    first, second = plan.candidates
    bank, *pair = resolve.pair(store, first, second, plan.bank)
    if store.tallies(bank):
        raise NothingToCompare(f"题库 {bank} 只有公布的次数", fix=f"judge leaderboard --bank {bank}")
    heard = hear(store, bank, pair, plan, human=human, keep=True)
    certificate = None if human else certify(evidence_on(store, heard, plan, limits))
    correction = _correction(store, heard, plan, certificate)
    return _compared(store, heard, plan, certificate, orders_of(store, heard, plan), correction)


def _compared(
    store: Store,
    heard: Heard,
    plan: Plan,
    certificate: Certificate | None,
    orders: Orders | None,
    correction: Correction | None,
) -> CompareReport:
    """Say how the first of two candidates stands against the second, and what people's drawn verdicts make of it."""
    material = heard.material
    suspects = store.suspects(material.candidates.tolist(), set(material.questions.code.tolist()))
    found = build.compare_report(
        material,
        heard.comparisons,
        plan,
        heard.source,
        members=heard.members,
        suspects=suspects,
        order=(orders or {}).get(frozenset(material.candidates.tolist())),
    )
    found = replace(found, certificate=certificate, spared=heard.spared, again=_again(store, heard, plan))
    row = None if correction is None else correction.of(found.first)
    half_tie = None if row is None else row.figure.corrected
    decision = None
    if half_tie is not None and found.overall.rates is not None:
        rates = replace(found.overall.rates, half_tie=half_tie, half_tie_bounds=(half_tie.value, half_tie.value))
        decision = build.decide(rates, plan)
    return replace(found, correction=correction, corrected=decision)


def _correction(store: Store, heard: Heard, plan: Plan, certificate: Certificate | None) -> Correction | None:
    """Correct what a judge said by people's drawn verdicts on it; None where there are none, or people themselves are heard."""
    if certificate is None or not store.humans_sampled(heard.material.bank.name):
        return None
    found = correction_of(queue_of(store, heard, plan, certificate, triage=False), plan)
    return found if found.audits else None


def _again(store: Store, heard: Heard, plan: Plan) -> Again | None:
    """Count the verdicts that were asked again swapped by choice."""
    second = None if heard.source != "verdicts" else asked_again(store, heard, plan)
    if second is None or not second.judged.any():
        return None
    both = second.judged & heard.comparisons.judged
    return Again(int(both.sum()), int((second.label[both] != heard.comparisons.label[both]).sum()))


def leaderboard(
    store: Store, plan: Plan, *, human: bool = False, view: View = PLAIN, limits: Mapping[str, Limit] = LIMITS
) -> Board:
    """Rank the candidates of one bank as one judge, or people, see them."""
    return _board(store, plan, human, view, limits)[0]


def _board(
    store: Store, plan: Plan, human: bool, view: View, limits: Mapping[str, Limit]
) -> tuple[Board, Heard | None, Evidence | None]:
    """Return a board, and what it was made from where there are records of single questions."""
    bank, by = resolve.one_bank(store, plan.bank), view.by
    if view.resample and view.method != "bt":
        fix = "加 --method bt，或去掉 --interval bootstrap"
        raise InputError("整题重采样的区间只有 Bradley-Terry 等级分有", where="--interval", fix=fix)
    known = store.candidates(bank)
    if tallies := store.tallies(bank):
        asked = replace(view, corrected=view.corrected or None)
        if human or asked not in (PLAIN, View(method="open"), View(method="winrate")):
            fix = "去掉 --human、--by、--style、--controls、--corrected；--method 只能是 open 或 winrate"
            raise NothingToCompare(f"题库 {bank} 只有公布的次数，没有逐题的记录", fix=fix)
        return board.tally_board(bank, resolve.of_plan(tallies, plan, known), plan, view.method), None, None
    heard = hear(store, bank, resolve.chosen(plan, known), plan, human=human)
    material, comparisons = heard.material, heard.comparisons
    baseline = _baseline(comparisons, plan, known) if material.paired else None
    if material.paired and by in ("dimension", "branch"):
        raise InputError("两两评判没有评分维度，也不按两支平均", where="--by", fix="换成 --by ability 或 --by turn")
    if not material.paired and plan.baseline is not None:
        raise InputError("按得分排的榜没有基线", where="--baseline", fix="去掉它；要看两个候选的差距用 judge compare")
    orders = orders_of(store, heard, plan)
    if material.paired:
        found = board.verdict_board(material, comparisons, plan, by, baseline, orders)
    elif by == "dimension" or not material.judgments.scored.any():
        scores = store.dimension_scores(bank, material.judge_code, plan.history)
        found = board.dimension_board(material, comparisons, scores, plan)
    else:
        rule = scoring.rule_of(_judge_of(store, material))
        by = "branch" if by is None and rule.branched else by
        found = board.score_board(material, comparisons, plan, by, rule)
    evidence = evidence_on(store, heard, plan, limits)
    certificate = certify(evidence)
    found = views.viewed(
        found,
        material,
        comparisons,
        view,
        plan,
        baseline=baseline,
        styles=evidence.styles,
        people=evidence.people,
        certificate=None if human else certificate,
    )
    controls = _controls(store, bank, found, plan) if view.controls else ()
    if plan.until != "all" and material.paired and not human:
        found = replace(found, early=_early(heard, plan, orders or {}))
    if view.corrected and human:
        raise InputError("人工的榜不用校正", where="--corrected", fix="去掉 --human 或 --corrected")
    # Unasked not of a census: that is people's own board, and takes as long as the judge's.
    if view.corrected or (view.corrected is None and not human and evidence.partly):
        correction = correction_of(queue_of(store, heard, plan, certificate, triage=False), plan)
        found = replace(found, correction=correction if view.corrected or not correction.few else None)
    members = tuple(replace(one, half_tie=None) for one in heard.members)
    found = replace(found, members=members, controls=controls, spared=heard.spared, struck=material.struck)
    return found, heard, evidence


def _judge_of(store: Store, material: resolve.Material) -> Judge | None:
    """Return the one judge whose scores these are; None for people."""
    known = {one.name: one for one in store.known_judges(material.bank.name)}
    return known.get(material.judge)


def _controls(store: Store, bank: str, found: Board, plan: Plan) -> tuple[ControlRow, ...]:
    """Gather what the same judge said of the null controls of baselines; raises NothingToCompare where it was not asked."""
    known = store.candidates(bank)
    against = {code: one for code, name in known.items() if (one := control_of(name))}
    owners = {one.baseline for one in against.values()} & ({found.baseline} if found.baseline else set(known.values()))
    rows: list[ControlRow] = []
    for owner in sorted(owners):
        codes = [code for code, name in known.items() if name == owner]
        codes += [code for code, one in against.items() if one.baseline == owner]
        same = replace(plan, judge=",".join(found.judge.split("、")), limit=None, candidates=())
        with suppress(NothingToCompare):
            heard = hear(store, bank, codes, same)
            if heard.material.paired:
                rows += views.control_rows(heard.material, heard.comparisons, plan)
    if not rows:
        who = f"基线 {found.baseline} 的" if found.baseline else ""
        fix = "评一遍对照：judge run --models … --judge … --controls（每个对照至多 20 题）"
        raise NothingToCompare(f"题库 {bank} 里，{found.judge} 没有评过{who}对照", fix=fix)
    return tuple(rows)


def _early(heard: Heard, plan: Plan, orders: Orders) -> Early:
    """Say of how many pairs the order was decided, and what that took."""
    held = among(plan, len(orders))
    found = [standing(heard.comparisons, min(pair), max(pair), order, held) for pair, order in orders.items()]
    decided, equal = settled(found, plan)
    if len(found) == 1:  # to ship it is enough not to be much worse: that does not say which is better
        low, high = found[0].interval
        decided = [low > 0.5 or high < 0.5]
    names = heard.material.names
    told = []
    for pair, one, known in zip(orders, found, decided, strict=True):
        better, worse = (min(pair), max(pair))[:: one.ahead]
        told += [(names[better], names[worse])] * known
    return Early(
        way="looks" if plan.until == "looks" else "decided",
        target=plan.target,
        pairs=len(orders),
        decided=tuple(told),
        equal=sum(same and not known for same, known in zip(equal, decided, strict=True)),
        used=sum(len(one.seen.values) for one in found),
        total=sum(one.seen.total for one in found),
    )


def _baseline(comparisons: Comparisons, plan: Plan, known: Mapping[int, str]) -> int | None:
    named = None if plan.baseline is None else resolve.find("候选", plan.baseline, known)[0]
    return named or board.common_opponent(comparisons)


# ── everything at once ──


def report(
    store: Store,
    plan: Plan,
    *,
    human: bool = False,
    limits: Mapping[str, Limit] = LIMITS,
    price: Callable[[str], Price | None] | None = None,
) -> Document:
    """Gather all that a report says of the candidates of a plan (none named: all of the bank's)."""
    bank = resolve.one_bank(store, plan.bank)
    plan = replace(plan, bank=bank)
    shown, heard, evidence = _board(store, plan, human, View(method="bt", style=True, corrected=False), limits)
    if heard is None or evidence is None:
        raise NothingToCompare(f"题库 {bank} 只有公布的次数，没有逐题的记录", fix=f"judge leaderboard --bank {bank}")
    material, comparisons = heard.material, heard.comparisons
    with suppress(NothingToCompare):
        shown = replace(shown, controls=_controls(store, bank, shown, plan))
    shown = replace(shown, correction=_correction(store, heard, plan, shown.certificate))
    codes = material.candidates.tolist()
    orders = orders_of(store, heard, plan)
    two = len(codes) == 2
    pair = _compared(store, heard, plan, shown.certificate, orders, shown.correction) if two else None
    turned = None
    if not (comparisons.scope > 0).any() and any(scope > 0 for scope in scopes_of(store, material)):
        turned = hear(store, bank, codes, replace(plan, scope="turns"), human=human).comparisons
    return document(
        shown,
        pair,
        material,
        comparisons,
        None if human else evidence.people,
        turned,
        evidence.styles,
        store.items(bank),
        store.question_codes(bank),
        plan,
        price or (lambda _: None),
        store.suspects(codes, set(material.questions.code.tolist())),
        orders,
    )


def diff(store: Store, before: tuple[str, Plan], after: tuple[str, Plan]) -> Diff:
    """Set two runs side by side; raises NothingToCompare where they share no bank."""
    banks = [resolve.one_bank(store, plan.bank) for _, plan in (before, after)]
    if banks[0] != banks[1]:
        fix = "换成同一个题库上的两次评测"
        raise NothingToCompare(f"两次评测不在同一个题库上：{banks[0]}、{banks[1]}", fix=fix)
    one, other = (_side(store, name, replace(plan, bank=banks[0])) for name, plan in (before, after))
    return diffs.diff(one, other)


def _side(store: Store, name: str, plan: Plan) -> Side:
    assert plan.bank is not None
    known = store.candidates(plan.bank)
    heard = hear(store, plan.bank, resolve.chosen(plan, known), plan)
    material, comparisons = heard.material, heard.comparisons
    names = {material.names[int(code)] for code in material.candidates}
    codes = {code: key for key, code in store.question_codes(plan.bank).items()}
    asked = {codes[int(code)] for code in np.unique(comparisons.question)}
    return Side(
        name,
        material,
        comparisons,
        {one.name: one for one in store.known_candidates(plan.bank) if one.name in names},
        [one for one in store.known_judges(plan.bank) if one.name in material.judge.split("、")],
        {one.id: one for one in store.questions(plan.bank) if one.key in asked},
    )


# ── what a judge is worth ─────────────────────────────────────────────────────────────────────────────────────────────


def certificates(store: Store, plan: Plan, limits: Mapping[str, Limit] = LIMITS) -> tuple[str, list[Certificate]]:
    """Certify the judge of a plan, or every judge there is, on all that it judged in one bank; returns the bank too."""
    bank = resolve.one_bank(store, plan.bank)
    chosen = without_controls(store.candidates(bank))
    plans = (
        [plan]
        if plan.judges
        else [replace(plan, judge=name) for name in store.judges(bank).values() if not name.endswith(AGAIN)]
    )
    found = []
    for one in plans or [plan]:
        heard = hear(store, bank, chosen, one)
        found.append(certify(evidence_on(store, heard, one, limits)))
    return bank, found
