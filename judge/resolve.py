"""From the names people type to what the store holds: candidates, bank and judge of one question asked of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from judge.columns import Codes, DialogueColumns, JudgmentColumns, QuestionColumns
from judge.controls import without_controls
from judge.errors import InputError, NothingToCompare, UnknownName
from judge.meetings import Meetings, all_pairs
from judge.pairing import evenly
from judge.plan import check_plan
from judge.records import AGAIN, Bank, Plan, Run, Tally
from judge.store import Store

Struck: TypeAlias = tuple[tuple[str, str], ...]  # questions that people took out of the scores: id and reason
PEOPLE = "人工"  # the judge's name on boards made of human verdicts


@dataclass(frozen=True)
class Material:
    """All that is stored on some candidates of one bank by one judge (or by people), as columns."""

    bank: Bank
    judge: str
    judge_code: int | None  # None: people
    names: Mapping[int, str]  # of candidates, by code
    candidates: Codes
    questions: QuestionColumns
    abilities: tuple[str, ...]
    dialogues: DialogueColumns
    judgments: JudgmentColumns
    struck: Struck = ()

    @property
    def human(self) -> bool:
        """Tell whether people said it."""
        return self.judge_code is None

    @property
    def paired(self) -> bool:
        """Tell whether two dialogues were judged together, rather than each one scored."""
        return bool((self.judgments.second > 0).any())

    @property
    def scopes(self) -> Codes:
        """Scopes that were judged, the dialogue (0) first."""
        return np.unique(self.judgments.scope)

    def within(self, scopes: Codes) -> Material:
        """Leave out what was said in other scopes."""
        return replace(self, judgments=self.judgments.take(np.isin(self.judgments.scope, scopes)))

    def of_judged(self) -> Material:
        """Leave out candidates on which nothing was said."""
        said = np.concatenate([self.judgments.first, self.judgments.second])
        return replace(self, candidates=self.candidates[np.isin(self.candidates, said)])

    def judged_pairs(self) -> list[tuple[int, int]]:
        """Return the pairs of positions that were judged together; of two candidates the one pair there is."""
        if len(self.candidates) == 2:
            return [(0, 1)]
        order = np.argsort(self.candidates)
        rows = self.judgments.take(self.judgments.second > 0)
        sides = np.stack([rows.first, rows.second], axis=1)
        at = np.sort(order[np.searchsorted(self.candidates[order], sides)], axis=1)
        return [(int(one), int(other)) for one, other in np.unique(at, axis=0)]

    def meetings(self, scopes: Codes, pairs: list[tuple[int, int]] | None = None) -> Meetings:
        """Say who meets whom: some pairs of positions, or every pair."""
        return Meetings(
            candidates=self.candidates,
            questions=self.questions.code,
            turns=self.questions.turns,
            refuse=self.questions.refuse,
            scopes=scopes,
            complete=self.bank.complete,
            pairs=all_pairs(len(self.candidates)) if pairs is None else pairs,
            samples=np.unique(self.dialogues.sample) if len(self.dialogues) else np.zeros(1, np.int64),
        )


def find(noun: str, name: str, known: Mapping[int, str]) -> list[int]:
    """Return the codes a name stands for: the name itself, or what follows the last slash; raises UnknownName."""
    exact = [code for code, one in known.items() if one == name]
    found = exact or [code for code, one in known.items() if one.rpartition("/")[2].casefold() == name.casefold()]
    if not found:
        raise UnknownName(noun, name, known.values())
    return found


def plan_of(store: Store, name: str | None) -> Plan:
    """Return the plan that a run's name, the start of its key, a bank, or `bank::judge` stands for; None: the last run, if any.

    Raises UnknownName, and InputError where several runs could be meant.
    """
    runs = [run for run, _ in store.runs() if run.kind == "compare"]
    if name is None:
        return plan_from(runs[-1]) if runs else Plan()
    bank, _, judge = name.partition("::")
    if bank in {summary.bank.name for summary in store.banks()}:
        return Plan(bank=bank, judge=judge or None)
    keyed = [run for run in runs if len(name) >= 4 and run.key.startswith(name)]
    named = [run for run in runs if run.name == name]
    if len(keyed) > 1:
        raise InputError(f"{name} 开头的评测有 {len(keyed)} 次", fix="judge runs 列出全部，多写几位")
    if keyed or named:
        return plan_from((keyed or named)[-1])
    known = [*(run.name for run in runs), *(summary.bank.name for summary in store.banks())]
    raise UnknownName("评测或题库", name, known)


def plan_from(run: Run) -> Plan:
    """Return the plan that a run carried out."""
    assert isinstance(run.content, dict)
    asked = run.content.get("plan", {})
    assert isinstance(asked, dict)
    return check_plan(asked, f"评测 {run.key[:8]}")


def stopped_early(store: Store, bank: str) -> bool:
    """Tell whether some run on a bank could stop before it was through."""
    plans = [plan_from(run) for run, _ in store.runs() if run.kind == "compare"]
    return any(one.bank == bank and one.until != "all" for one in plans)


def chosen(plan: Plan, known: dict[int, str]) -> list[int]:
    """Return the codes of the candidates a plan names; of all but controls where it names none."""
    return [code for name in plan.candidates for code in find("候选", name, known)] or without_controls(known)


def pair(store: Store, first: str, second: str, bank: str | None) -> tuple[str, int, int]:
    """Find the one bank that two candidates share, and their codes; raises NothingToCompare or InputError."""
    if bank is not None:
        one_bank(store, bank)
    known = store.candidates()
    firsts, seconds = find("候选", first, known), find("候选", second, known)
    if set(firsts) == set(seconds) and len(firsts) == 1:
        raise InputError(f"{first} 与 {second} 是同一个候选", fix="换成两个不同的候选")
    banks = [bank] if bank is not None else [summary.bank.name for summary in store.banks()]
    shared = []
    for name in banks:
        there = store.candidates(name)
        ones, others = [c for c in firsts if c in there], [c for c in seconds if c in there]
        shared += [(name, one, other) for one in ones for other in others if one != other]
    if not shared:
        raise NothingToCompare(
            f"{known[firsts[0]]} 与 {known[seconds[0]]} 没有共同的题",
            fix="judge banks 查看各题库有哪些候选；同一题库里的两个候选才能比较",
        )
    if len(shared) > 1:
        choices = "、".join(sorted({name for name, _, _ in shared}))
        raise InputError(f"{first} 与 {second} 不止一处可比：{choices}", fix="用 --bank 指定题库，或写候选的全名")
    return shared[0]


def one_bank(store: Store, name: str | None) -> str:
    """Return the bank of that name, or the only one that holds judgments; raises UnknownName or InputError."""
    summaries = store.banks()
    names = [summary.bank.name for summary in summaries]
    if name is not None:
        if name not in names:
            raise UnknownName("题库", name, names)
        return name
    judged = [s.bank.name for s in summaries if s.judgments or s.human_verdicts or s.tallies]
    if len(judged) == 1:
        return judged[0]
    if not judged:
        raise NothingToCompare("库里还没有任何评判", fix="先用 judge import 导入带评判的数据")
    raise InputError(f"有评判的题库不止一个：{'、'.join(judged)}", fix="用 --bank 指定一个")


def material(store: Store, bank: str, candidates: list[int], plan: Plan, *, human: bool) -> Material:
    """Gather what one judge (or people) said on some candidates of a bank.

    Raises UnknownName for a judge or ability that is not there, InputError where several judges could be meant: judges
    are never mixed in one board without saying so.
    """
    names = store.candidates(bank)
    everything, abilities = store.question_columns(bank)
    for ability in plan.abilities:
        if ability not in abilities:
            raise UnknownName("能力", ability, abilities)
    questions = everything
    if plan.abilities:
        wanted = [abilities.index(ability) for ability in plan.abilities]
        questions = questions.take(np.isin(questions.ability, wanted))
    judge, judgments = (
        (None, store.human_columns(bank, plan.history)) if human else _judged(store, bank, candidates, everything, plan)
    )
    dialogues = store.dialogue_columns(bank, candidates, plan.history)
    questions = _one_version(questions, dialogues)
    questions, struck = _without_struck(store, bank, questions)
    if plan.limit is not None:
        questions = questions.take(np.array(evenly(questions.ability.tolist(), plan.limit), np.int64))
    return Material(
        bank=store.bank(bank),
        judge=PEOPLE if judge is None else store.judges(bank)[judge],
        judge_code=judge,
        names=names,
        candidates=np.array(candidates, np.int64),
        questions=questions,
        abilities=abilities,
        dialogues=dialogues,
        judgments=about(judgments, candidates, questions),
        struck=struck,
    )


def _without_struck(store: Store, bank: str, questions: QuestionColumns) -> tuple[QuestionColumns, Struck]:
    """Leave out the questions that people found invalid; say which."""
    found = store.struck(bank)
    if not found:
        return questions, ()
    codes = {code: found[key] for key, code in store.question_codes(bank).items() if key in found}
    gone = np.isin(questions.code, list(codes))
    return questions.take(~gone), tuple(codes[code] for code in questions.code[gone].tolist())


def of_plan(tallies: Sequence[Tally], plan: Plan, known: Mapping[int, str]) -> list[Tally]:
    """Choose the published counts of one judge against one baseline; raises InputError where several could be meant."""
    chosen = _only("评委", plan.judge, tallies, [one.judge.name for one in tallies])
    chosen = _only("基线", plan.baseline, chosen, [one.baseline.name for one in chosen])
    if plan.candidates:
        wanted_names = {known[code] for name in plan.candidates for code in find("候选", name, known)}
        chosen = [one for one in chosen if one.candidate.name in wanted_names]
    return chosen


def _only(noun: str, wanted: str | None, tallies: Sequence[Tally], names: Sequence[str]) -> list[Tally]:
    known = dict(enumerate(dict.fromkeys(names)))
    if wanted is None and len(known) > 1:
        raise InputError(f"公布的次数有几个{noun}：{'、'.join(known.values())}", fix="用 --judge、--baseline 指定")
    named = set(known.values()) if wanted is None else {known[code] for code in find(noun, wanted, known)}
    return [one for one, name in zip(tallies, names, strict=True) if name in named]


def _judged(
    store: Store, bank: str, candidates: list[int], everything: QuestionColumns, plan: Plan
) -> tuple[int, JudgmentColumns]:
    known = {code: name for code, name in store.judges(bank).items() if not name.endswith(AGAIN)}
    if plan.judge is not None:
        if plan.judge.endswith(AGAIN):
            fix = f"用 --judge {plan.judge.removesuffix(AGAIN)}；换位再评的在 judge show、judge disputes 里看"
            raise InputError(f"{plan.judge} 是挑出来换位再评的，不进榜", where="--judge", fix=fix)
        codes = find("评委", plan.judge, known)
        if len(codes) > 1:
            raise InputError(
                f"评委 {plan.judge} 有 {len(codes)} 个：{'、'.join(known[code] for code in codes)}", fix="写全名"
            )
        return codes[0], store.judgment_columns(bank, codes[0], plan.history)
    said = {code: store.judgment_columns(bank, code, plan.history) for code in known}
    useful = [code for code, rows in said.items() if len(about(rows, candidates, everything))]
    if len(useful) == 1:
        return useful[0], said[useful[0]]
    if not useful:
        people = len(about(store.human_columns(bank), candidates, everything))
        raise NothingToCompare(
            f"题库 {bank} 里没有评委评过这些候选",
            fix=f"有 {people} 条人工判定：加 --human" if people else "先导入或产生评判",
        )
    raise InputError(
        f"题库 {bank} 有 {len(useful)} 个评委评过这些候选，不能混在一张榜里：{'、'.join(known[code] for code in useful)}",
        fix="用 --judge 指定一个" + ("，或加 --human 看人工判定" if len(store.human_columns(bank)) else ""),
    )


def _one_version(questions: QuestionColumns, dialogues: DialogueColumns) -> QuestionColumns:
    """Of several versions of a question keep the latest that was answered; the latest of all where none was."""
    answered = np.isin(questions.code, dialogues.question)
    order = np.lexsort((questions.version, answered, questions.identity))
    last = np.append(np.diff(questions.identity[order]) != 0, True) if len(order) else order.astype(bool)
    return questions.take(np.sort(order[last]))


def about(judgments: JudgmentColumns, candidates: list[int], questions: QuestionColumns) -> JudgmentColumns:
    """Keep what is said on these questions and on these candidates alone."""
    among = np.isin(judgments.first, candidates) & np.isin(judgments.second, [0, *candidates])
    return judgments.take(among & np.isin(judgments.question, questions.code))
