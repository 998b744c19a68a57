"""The main path, one line per stage: what was answered and judged becomes comparisons, and comparisons become figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from judge import comparison, resolve
from judge.certificate import Certificate, Evidence, certify
from judge.columns import Codes
from judge.comparison import Comparisons, Rule
from judge.controls import control_of, without_controls
from judge.errors import InputError, NothingToCompare
from judge.families import family
from judge.limits import LIMITS, Limit
from judge.records import Plan
from judge.report import board, build, views
from judge.report.board import PLAIN, Board, ControlRow, View
from judge.report.build import CompareReport, Member, Source
from judge.resolve import Material
from judge.stats.dawid_skene import Consensus, dawid_skene
from judge.store import Store
from judge.styles import Styles, styles_of


def compare(store: Store, plan: Plan, *, human: bool = False, limits: Mapping[str, Limit] = LIMITS) -> CompareReport:
    """Set the first candidate of a plan against the second on all that is stored of them.

    Raises NothingToCompare where they share no question or nobody judged what they share.
    """
    first, second = plan.candidates
    bank, *pair = resolve.pair(store, first, second, plan.bank)
    if store.tallies(bank):
        raise NothingToCompare(f"题库 {bank} 只有公布的次数", fix=f"judge leaderboard --bank {bank}")
    names = plan.judges or (None,)
    heard = [_heard(store, bank, pair, replace(plan, judge=name), human) for name in names]
    (material, comparisons, source), members = _together(heard, plan) if len(heard) > 1 else (heard[0], [])
    suspects = store.suspects(pair, set(material.questions.code.tolist()))
    found = build.compare_report(material, comparisons, plan, source, members=members, suspects=suspects)
    if human:
        return found
    return replace(found, certificate=certify(evidence_of(store, (material, comparisons, source), plan, limits)))


Heard: TypeAlias = tuple[Material, Comparisons, Source]


def _together(heard: list[Heard], plan: Plan) -> tuple[Heard, list[Member]]:
    """Combine what several judges said, and say of each how it stands beside the panel."""
    alike = _alike(heard)
    worth = _worth(alike)
    if plan.panel == "weighted" and worth is None:
        fix = "用 --judge 写三个以上评委，或去掉 --panel weighted"
        raise InputError("两个评委之间分不出谁更准，没法按准确率加权", where="--panel", fix=fix)
    weights = worth.weight.tolist() if worth is not None and plan.panel == "weighted" else [1.0] * len(heard)
    panel = comparison.panel(alike, weights)
    members = [build.member(one.judge, own, panel, plan) for one, own, _ in heard]
    if worth is not None:
        known = zip(members, worth.accuracy.tolist(), weights, strict=True)
        members = [replace(one, accuracy=100 * right, weight=weight) for one, right, weight in known]
    material, _, source = heard[0]
    names = "、".join(one.judge for one, *_ in heard)
    judgments = material.judgments.joined([one.judgments for one, *_ in heard[1:]])
    return (replace(material, judge=names, judgments=judgments), panel, source), members


def _worth(members: list[Comparisons]) -> Consensus | None:
    """Estimate from their labels alone how often each of three or more judges is right."""
    item, judge, label = comparison.votes(members)
    return dawid_skene(item, judge, label, 3) if len(members) >= 3 and len(item) else None


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


def leaderboard(
    store: Store, plan: Plan, *, human: bool = False, view: View = PLAIN, limits: Mapping[str, Limit] = LIMITS
) -> Board:
    """Rank the candidates of one bank as one judge, or people, see them."""
    bank, by = resolve.one_bank(store, plan.bank), view.by
    known = store.candidates(bank)
    if tallies := store.tallies(bank):
        if human or view not in (PLAIN, View(method="open"), View(method="winrate")):
            fix = "去掉 --human、--by、--style、--controls；--method 只能是 open 或 winrate"
            raise NothingToCompare(f"题库 {bank} 只有公布的次数，没有逐题的记录", fix=fix)
        return board.tally_board(bank, resolve.of_plan(tallies, plan, known), plan, view.method)
    chosen = [code for name in plan.candidates for code in resolve.find("候选", name, known)]
    chosen = chosen or without_controls(known)
    heard, members = _on_board(store, bank, chosen, plan, human)
    material, comparisons, _ = heard
    baseline = _baseline(comparisons, plan, known) if material.paired else None
    if material.paired and by == "dimension":
        raise InputError("两两评判没有评分维度", where="--by", fix="换成 --by ability 或 --by turn")
    if not material.paired and plan.baseline is not None:
        raise InputError("按得分排的榜没有基线", where="--baseline", fix="去掉它；要看两个候选的差距用 judge compare")
    if material.paired:
        found = board.verdict_board(material, comparisons, plan, by, baseline)
    elif by == "dimension" or not material.judgments.scored.any():
        scores = store.dimension_scores(bank, material.judge_code, plan.history)
        found = board.dimension_board(material, comparisons, scores, plan)
    else:
        found = board.score_board(material, comparisons, plan, by)
    evidence = None if human else evidence_of(store, heard, plan, limits)
    found = views.viewed(
        found,
        material,
        comparisons,
        view,
        plan,
        baseline=baseline,
        styles=_styles(store, material, plan) if view.style else None,
        people=None if evidence is None else evidence.people,
        certificate=None if evidence is None else certify(evidence),
    )
    controls = _controls(store, bank, found, plan) if view.controls else ()
    return replace(found, members=tuple(replace(one, half_tie=None) for one in members), controls=controls)


def _on_board(store: Store, bank: str, chosen: list[int], plan: Plan, human: bool) -> tuple[Heard, Sequence[Member]]:
    """Gather what one judge, several together, or people said of the candidates of a board."""
    heard: list[Heard] = []
    for name in plan.judges or (None,):
        one = replace(plan, judge=name)
        material = in_scope(resolve.material(store, bank, chosen, one, human=human), one).of_judged()
        if not len(material.candidates):
            raise NothingToCompare(f"题库 {bank} 里没有可排名的评判", fix="judge banks 查看哪些题库有评判")
        if len(plan.judges) > 1 and not material.paired:
            raise InputError(f"{name} 没有两两比较过，合不成评委团", where="--judge", fix="打分的评委各看各的榜")
        heard.append((material, *combine(material, one)))
    return _together(heard, plan) if len(heard) > 1 else (heard[0], ())


def _controls(store: Store, bank: str, found: Board, plan: Plan) -> tuple[ControlRow, ...]:
    """Gather what the same judge said of the null controls of baselines; raises NothingToCompare where it was not asked."""
    known = store.candidates(bank)
    against = {code: one for code, name in known.items() if (one := control_of(name))}
    owners = {one.baseline for one in against.values()} & ({found.baseline} if found.baseline else set(known.values()))
    rows: list[ControlRow] = []
    for owner in sorted(owners):
        codes = [code for code, name in known.items() if name == owner]
        codes += [code for code, one in against.items() if one.baseline == owner]
        try:
            material = resolve.material(
                store, bank, codes, replace(plan, judge=found.judge.split("、")[0], limit=None), human=False
            )
            material = in_scope(material, plan).of_judged()
        except NothingToCompare:
            continue
        rows += views.control_rows(material, combine(material, plan)[0], plan)
    if not rows:
        who = f"基线 {found.baseline} 的" if found.baseline else ""
        fix = "评一遍对照：judge run --models … --judge … --controls（每个对照至多 20 题）"
        raise NothingToCompare(f"题库 {bank} 里，{found.judge} 没有评过{who}对照", fix=fix)
    return tuple(rows)


def _baseline(comparisons: Comparisons, plan: Plan, known: Mapping[int, str]) -> int | None:
    named = None if plan.baseline is None else resolve.find("候选", plan.baseline, known)[0]
    return named or board.common_opponent(comparisons)


# ── what a judge is worth ─────────────────────────────────────────────────────────────────────────────────────────────


def certificates(store: Store, plan: Plan, limits: Mapping[str, Limit] = LIMITS) -> tuple[str, list[Certificate]]:
    """Certify the judge of a plan, or every judge there is, on all that it judged in one bank; returns the bank too."""
    bank = resolve.one_bank(store, plan.bank)
    chosen = without_controls(store.candidates(bank))
    plans = [plan] if plan.judges else [replace(plan, judge=name) for name in store.judges(bank).values()]
    found = []
    for one in plans or [plan]:
        heard, _ = _on_board(store, bank, chosen, one, human=False)
        found.append(certify(evidence_of(store, heard, one, limits)))
    return bank, found


def evidence_of(store: Store, heard: Heard, plan: Plan, limits: Mapping[str, Limit] = LIMITS) -> Evidence:
    """Gather what a certificate is computed from: the judge's comparisons and, on the same rows, people's."""
    material, said, _ = heard
    reviews = store.human_columns(material.bank.name, plan.history)
    reviews = resolve.about(reviews, material.candidates.tolist(), material.questions)
    reviews = reviews.take(np.isin(reviews.scope, np.unique(said.scope)))
    people = None
    if len(reviews):
        theirs = replace(material, judge=resolve.PEOPLE, judge_code=None, judgments=reviews)
        people = combine(
            theirs, plan, pairs=material.judged_pairs() if material.paired else None, scopes=material.scopes
        )[0]
    known, first, second = _styles(store, material, plan).of_both(said)
    own, kin = _kin(store, material)
    return Evidence(
        judge=material.judge,
        judgments=material.judgments,
        said=said,
        people=people,
        reviews=reviews if len(reviews) else None,
        longer=np.where(known, first[:, 0] - second[:, 0], 0.0),
        kin=np.isin(said.first, own).astype(np.int64) - np.isin(said.second, own).astype(np.int64),
        family=kin,
        limits=limits,
        confidence=plan.confidence,
    )


def _kin(store: Store, material: Material) -> tuple[list[int], tuple[str, ...]]:
    """Return the candidates that share a family with some judge of this material, by code and by name."""
    judges = {one.name: family(one.model.model, one.name) for one in store.known_judges(material.bank.name)}
    mine = {judges.get(name) for name in material.judge.split("、")} - {None}
    names = {int(code): material.names[int(code)] for code in material.candidates}
    models = {one.name: family(one.name, one.model.model) for one in store.known_candidates(material.bank.name)}
    kin = [code for code, name in names.items() if models.get(name) in mine]
    return kin, tuple(names[code] for code in kin)


def _styles(store: Store, material: Material, plan: Plan) -> Styles:
    return styles_of(store.answer_texts(material.bank.name, material.candidates.tolist(), plan.history))


def in_scope(material: Material, plan: Plan) -> Material:
    """Keep what is compared: whole dialogues where they were judged, else turns; the two are never pooled."""
    dialogue, turns = material.scopes[material.scopes == 0], material.scopes[material.scopes > 0]
    chosen: Codes = {"dialogue": dialogue, "turns": turns, "auto": dialogue if len(dialogue) else turns}[plan.scope]
    if len(material.judgments) and not len(chosen):
        there, other = ("整段对话", "dialogue") if len(dialogue) else ("各轮", "turns")
        raise NothingToCompare(f"评委只评过{there}", fix=f"去掉 --scope，或换成 --scope {other}")
    return material.within(chosen)


def combine(
    material: Material, plan: Plan, *, pairs: list[tuple[int, int]] | None = None, scopes: Codes | None = None
) -> tuple[Comparisons, Source]:
    """Make comparisons of verdicts where two dialogues were judged together, else of the scores each was given.

    pairs, scopes: lay them over these meetings instead of those that were judged.
    """
    rule = Rule(plan.tie_within, plan.filtered)
    judgments, dialogues = material.judgments, material.dialogues
    scopes = material.scopes if scopes is None else scopes
    if material.paired:
        meetings = material.meetings(scopes, material.judged_pairs() if pairs is None else pairs)
        found = comparison.from_verdicts(judgments, dialogues, meetings, rule, by_placement=not material.human)
        return found, "human" if material.human else "verdicts"
    found = comparison.from_scores(judgments, dialogues, material.meetings(scopes, pairs), rule)
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
