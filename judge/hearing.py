"""What one judge, several together, or people said of candidates: gathered from the store and made into comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from judge import comparison, resolve
from judge.certificate import Evidence
from judge.columns import Codes
from judge.comparison import Comparisons, Rule
from judge.errors import InputError, NothingToCompare
from judge.families import family
from judge.identity import content_hash, plain
from judge.judges.baseline import offline_in
from judge.limits import LIMITS, Limit
from judge.records import Plan
from judge.report.build import Member, Source, counts, member
from judge.resolve import Material
from judge.stats.dawid_skene import Consensus, dawid_skene
from judge.stopping import Order, Orders, in_order
from judge.store import Store
from judge.styles import styles_of
from judge.thrift import NotACascade, Spared
from judge.thrift import cascade as cascaded


@dataclass(frozen=True)
class Heard:
    """What was said of some candidates of a bank; `members` where several judges said it together, and what each of them `said`."""

    material: Material
    comparisons: Comparisons
    source: Source
    members: tuple[Member, ...] = ()
    said: tuple[Comparisons, ...] = ()
    spared: Spared | None = None  # of a cascade


def hear(
    store: Store, bank: str, candidates: list[int], plan: Plan, *, human: bool = False, keep: bool = False
) -> Heard:
    """Gather what the judges of a plan, or people, said of candidates (codes) of a bank.

    Candidates of whom nothing was said are left out, unless `keep`. Raises NothingToCompare where nothing was said at
    all, InputError where several judges cannot be heard together.
    """
    if plan.panel == "cascade" and not human:
        return _cascade(store, bank, candidates, plan)
    heard: list[Heard] = []
    for name in plan.judges or (None,):
        one = replace(plan, judge=name)
        material = in_scope(resolve.material(store, bank, candidates, one, human=human), one)
        material = material if keep else material.of_judged()
        if not len(material.candidates):
            raise NothingToCompare(f"题库 {bank} 里没有可排名的评判", fix="judge banks 查看哪些题库有评判")
        if len(plan.judges) > 1 and not keep and not material.paired:
            raise InputError(f"{name} 没有两两比较过，合不成评委团", where="--judge", fix="打分的评委各看各的榜")
        heard.append(Heard(material, *combine(material, one)))
        if keep and not heard[-1].comparisons.judged.any():
            why = _why_nothing(material, heard[-1].comparisons)
            raise NothingToCompare(why, fix="换一个 --judge，或用 judge reread 看读不出的原话")
    return heard[0] if len(heard) == 1 else _together(heard, plan)


def _cascade(store: Store, bank: str, candidates: list[int], plan: Plan) -> Heard:
    """Hear a judge where it judged, and the offline judge where it is sure."""
    materials = {
        name: in_scope(resolve.material(store, bank, candidates, replace(plan, judge=name), human=False), plan)
        for name in plan.judges
    }
    offline = [name for name in materials if offline_in(name)]
    if len(materials) != 2 or len(offline) != 1 or not all(one.paired for one in materials.values()):
        raise NotACascade
    second = materials.pop(offline[0])
    ((name, first),) = materials.items()
    pairs = sorted({*first.judged_pairs(), *second.judged_pairs()})
    scopes = np.union1d(first.scopes, second.scopes)
    said = [combine(one, plan, pairs=pairs, scopes=scopes)[0] for one in (first, second)]
    merged, spared = cascaded(said[0], said[1], plan.confidence)
    together = first.judgments.joined([second.judgments])
    names = f"{name}、{offline[0]}"
    material = replace(first, judge=names, judgments=together)
    return Heard(material, merged, "verdicts", said=tuple(said), spared=spared)


def _together(heard: list[Heard], plan: Plan) -> Heard:
    """Combine what several judges said, and say of each how it stands beside the panel."""
    if len({(len(one.comparisons), one.source) for one in heard}) > 1:
        message = "这几个评委评的不是一回事（整段与按轮，或打分与比较），合不成评委团"
        raise InputError(message, where="--judge", fix="每次只用一种评法的评委")
    said = [one.comparisons for one in heard]
    worth = _worth(said)
    if plan.panel == "weighted" and worth is None:
        fix = "用 --judge 写三个以上评委，或去掉 --panel weighted"
        raise InputError("两个评委之间分不出谁更准，没法按准确率加权", where="--panel", fix=fix)
    weights = worth.weight.tolist() if worth is not None and plan.panel == "weighted" else [1.0] * len(heard)
    panel = comparison.panel(said, weights)
    members = [member(one.material.judge, one.comparisons, panel, plan) for one in heard]
    if worth is not None:
        known = zip(members, worth.accuracy.tolist(), weights, strict=True)
        members = [replace(one, accuracy=100 * right, weight=weight) for one, right, weight in known]
    first = heard[0].material
    names = "、".join(one.material.judge for one in heard)
    judgments = first.judgments.joined([one.material.judgments for one in heard[1:]])
    return Heard(replace(first, judge=names, judgments=judgments), panel, heard[0].source, tuple(members), tuple(said))


def _worth(members: list[Comparisons]) -> Consensus | None:
    """Estimate from their labels alone how often each of three or more judges is right."""
    item, judge, label = comparison.votes(members)
    return dawid_skene(item, judge, label, 3) if len(members) >= 3 and len(item) else None


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
    number = counts(comparisons)
    names = " 与 ".join(material.names[int(code)] for code in material.candidates)
    only_dimensions = len(material.judgments) and not material.paired and not material.judgments.scored.any()
    if only_dimensions:
        return f"{material.judge} 对 {names} 只有分项得分，没有总分，不能逐题比较"
    return (
        f"{material.judge} 对 {names} 没有一题评得出来：读不出 {number.unreadable}，没答 {number.unanswered}，"
        f"缺 {number.missing}"
    )


def scopes_of(store: Store, material: Material) -> list[int]:
    """Return the scopes in which the judge (or people) of some material said anything."""
    code = material.judge_code
    bank = material.bank.name
    said = store.human_columns(bank) if code is None else store.judgment_columns(bank, code)
    return sorted(set(said.scope.tolist()))


def orders_of(store: Store, heard: Heard, plan: Plan) -> Orders | None:
    """Return how every pair was judged question by question; None where judging did not stop early, or people judged."""
    if plan.until == "all" or heard.source != "verdicts":
        return None
    material = heard.material
    codes, names = material.questions.code, material.names
    keys = {code: key for key, code in store.question_codes(material.bank.name).items()}
    asked = [keys[code] for code in codes.tolist()]
    pairs = [tuple(int(material.candidates[at]) for at in pair) for pair in material.judged_pairs()]
    places = {pair: place_of(plan, material.bank.name, [names[one] for one in pair]) for pair in pairs}
    reached = store.reached(list(places.values()))
    abilities = material.questions.ability.tolist()
    return {
        frozenset(pair): Order(
            np.asarray(codes[in_order(asked, abilities, place)], np.int64), min(reached.get(place, 0), len(codes))
        )
        for pair, place in places.items()
    }


def place_of(plan: Plan, bank: str, names: Sequence[str]) -> str:
    """Return the key under which two candidates are judged until it is decided; the order of their questions hangs on it."""
    about = [
        bank,
        sorted(names),
        plan.until,
        plan.judge,
        plan.panel,
        plan.scope,
        plan.history,
        plan.abilities,
        plan.limit,
        plan.seed,
    ]
    return content_hash("place", plain(about))


def evidence_of(store: Store, heard: Heard, plan: Plan, limits: Mapping[str, Limit] = LIMITS) -> Evidence:
    """Gather what a certificate is computed from: the judge's comparisons and, on the same rows, people's."""
    material, said = heard.material, heard.comparisons
    reviews = store.human_columns(material.bank.name, plan.history)
    reviews = resolve.about(reviews, material.candidates.tolist(), material.questions)
    reviews = reviews.take(np.isin(reviews.scope, np.unique(said.scope)))
    people = None
    if len(reviews):
        theirs = replace(material, judge=resolve.PEOPLE, judge_code=None, judgments=reviews)
        people = combine(
            theirs, plan, pairs=material.judged_pairs() if material.paired else None, scopes=material.scopes
        )[0]
    styles = styles_of(store.answer_texts(material.bank.name, material.candidates.tolist(), plan.history))
    known, first, second = styles.of_both(said)
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
        styles=styles,
        limits=limits,
        confidence=plan.confidence,
        drawn=store.humans_drawn(material.bank.name),
    )


def _kin(store: Store, material: Material) -> tuple[list[int], tuple[str, ...]]:
    """Return the candidates that share a family with some judge of this material, by code and by name."""
    judges = {one.name: family(one.model.model, one.name) for one in store.known_judges(material.bank.name)}
    mine = {judges.get(name) for name in material.judge.split("、")} - {None}
    names = {int(code): material.names[int(code)] for code in material.candidates}
    models = {one.name: family(one.name, one.model.model) for one in store.known_candidates(material.bank.name)}
    kin = [code for code, name in names.items() if models.get(name) in mine]
    return kin, tuple(names[code] for code in kin)
