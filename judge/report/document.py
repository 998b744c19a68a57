"""A whole report as data, before anyone draws it: what `judge report` shows in HTML, Excel, CSV, Markdown and JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from judge.attribution import Broken, attributed
from judge.behaviour import Behaviour, behaviours
from judge.columns import Reals
from judge.comparison import Comparisons, State
from judge.models.prices import Price
from judge.ploys import Suspect
from judge.records import HumanVerdict, Judgment, Plan, Usage
from judge.report.board import Board, early_rates, met_by
from judge.report.build import CompareReport, Share, abilities_of, share, short_names
from judge.report.correction import Correction
from judge.resolve import Material
from judge.stats.intervals import Estimate, cluster_mean
from judge.stopping import Orders, against
from judge.store.reading import Item
from judge.styles import Styles

SCHEMA = "judge.report/1"


@dataclass(frozen=True, slots=True)
class Profile:
    """What one candidate's answers look like without a judge: dialogues with each behaviour, of so many."""

    candidate: str
    dialogues: int
    answers: int
    seen: Mapping[Behaviour, int]
    median_chars: float | None  # of answers with text; a Han character counts 1, a Latin word 2


@dataclass(frozen=True, slots=True)
class Cost:
    """What was paid for one candidate's answers or one judge's judgments; tokens and yuan are None where not recorded."""

    name: str
    role: str  # "candidate" or "judge"
    calls: int
    counted: int  # calls whose tokens are known
    input_tokens: int
    output_tokens: int
    yuan: float | None


@dataclass(frozen=True, slots=True)
class Curve:
    """One candidate's win plus half a tie (%) on the parts of a bank, in the order of `names`; None where nothing was judged."""

    candidate: str
    values: tuple[Estimate | None, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """One candidate's win plus half a tie (%) where it was shown first and where second, on comparisons shown both ways."""

    candidate: str
    first: Estimate
    second: Estimate


@dataclass(frozen=True, slots=True)
class Gap:
    """One comparison of a pair: how much longer the first answered (natural log of the ratio) and its points (0 to 1)."""

    question: str
    log_ratio: float
    points: float


@dataclass(frozen=True, slots=True)
class Line:
    """One question as the list of questions shows it; one entry per pair in `labels`, `flags` and `people`.

    labels, people: win, tie, loss of the pair's first, or why there is none. flags: what a reader should know of the pair.
    """

    item: Item
    labels: tuple[str, ...]
    flags: tuple[tuple[str, ...], ...]
    people: tuple[str | None, ...]


@dataclass(frozen=True)
class Document:
    """Everything a report says."""

    board: Board
    compare: CompareReport | None  # of two candidates
    plan: Plan
    candidates: tuple[str, ...]  # best first
    pairs: tuple[tuple[int, int], ...]  # positions in candidates that were compared
    matrix: tuple[tuple[float | None, ...], ...]  # win plus half a tie (%) of row against column
    abilities: tuple[str, ...]
    by_ability: tuple[Curve, ...]
    turns: tuple[int, ...]
    by_turn: tuple[Curve, ...]
    shares: tuple[Share, ...]  # win, tie and loss of every candidate against all it met
    profiles: tuple[Profile, ...]
    costs: tuple[Cost, ...]
    lengths: tuple[Gap, ...]
    placed: tuple[Placed, ...]  # of candidates that were shown in both placements
    broken: tuple[Broken, ...]
    lines: tuple[Line, ...]
    suspects: tuple[Suspect, ...] = ()  # what in the answers seems meant for the judge
    names: Mapping[str, str] = field(default_factory=dict)  # short names, where they tell candidates apart

    @property
    def correction(self) -> Correction | None:
        return self.board.correction


def document(
    board: Board,
    compare: CompareReport | None,
    material: Material,
    comparisons: Comparisons,
    people: Comparisons | None,
    turned: Comparisons | None,
    styles: Styles,
    items: Iterable[Item],
    numbers: Mapping[str, int],
    plan: Plan,
    price: Callable[[str], Price | None],
    suspects: Sequence[Suspect] = (),
    orders: Orders | None = None,
) -> Document:
    """Put a report together. `turned`: comparisons of turns where the board is of whole dialogues and turns were judged too.

    numbers: codes of questions by key. orders: of the questions of every pair, where judging could stop early.
    """
    by_name = {material.names[int(code)]: int(code) for code in material.candidates}
    order = [row.candidate for row in board.rows]
    order += [name for name in by_name if name not in order]
    if compare is not None:
        order = [compare.first, compare.second]
    codes = [by_name[name] for name in order]
    kept = {item.question.key: item for item in items if any(one.candidate.name in by_name for one in item.dialogues)}
    ability = abilities_of(material, comparisons.question)
    present = [at for at in range(len(material.abilities)) if (ability == at).any()]
    by_turn = turned if turned is not None else comparisons.take(comparisons.scope > 0)
    turns = tuple(int(turn) for turn in np.unique(by_turn.scope))
    pairs = _pairs(comparisons, codes)
    ids = {numbers[key]: item.question.id for key, item in kept.items()}
    mine = [_only(item, by_name) for item in kept.values()]
    judgments = [one for item in mine for one in item.judgments]
    humans = [one for item in mine for one in item.human_verdicts]
    own = [one for one in judgments if one.judge.name in board.judge.split("、")]
    return Document(
        board=board,
        compare=compare,
        plan=plan,
        candidates=tuple(order),
        pairs=pairs,
        matrix=_matrix(comparisons, codes),
        abilities=tuple(material.abilities[at] for at in present),
        by_ability=_curves(comparisons, codes, order, [ability == at for at in present], plan, orders),
        turns=turns,
        by_turn=_curves(by_turn, codes, order, [by_turn.scope == turn for turn in turns], plan, orders),
        shares=tuple(
            _share(name, met_by(comparisons, code), plan, orders) for name, code in zip(order, codes, strict=True)
        ),
        profiles=tuple(_profile(name, mine, styles, by_name[name]) for name in order),
        costs=tuple(_costs(order, mine, own, price)),
        lengths=_lengths(comparisons, styles, codes, ids) if len(order) == 2 else (),
        placed=_placed(comparisons, codes, order, plan),
        broken=tuple(attributed([*own, *humans])),
        lines=_lines(mine, numbers, comparisons, people, pairs, codes),
        suspects=tuple(suspects),
        names=short_names(order),
    )


def _share(name: str, met: Comparisons, plan: Plan, orders: Orders | None) -> Share:
    found = share(name, met, plan)
    if found.rates is None or orders is None:
        return found
    return replace(found, rates=early_rates(found.rates, met, orders, plan))


def _only(item: Item, names: Mapping[str, int]) -> Item:
    """Keep what concerns the candidates of the report alone."""

    def about(one: Judgment | HumanVerdict) -> bool:
        return all(dialogue.candidate.name in names for dialogue in one.case.dialogues)

    return Item(
        item.question,
        tuple(one for one in item.dialogues if one.candidate.name in names),
        tuple(one for one in item.judgments if about(one)),
        tuple(one for one in item.human_verdicts if about(one)),
    )


def _pairs(comparisons: Comparisons, codes: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Return the pairs that were compared, as positions, the better-placed first."""
    at = {code: position for position, code in enumerate(codes)}
    met = np.unique(np.stack([comparisons.first, comparisons.second], axis=1), axis=0).tolist()
    known = [(at[one], at[other]) for one, other in met if one in at and other in at]
    return tuple(sorted((min(pair), max(pair)) for pair in known))


def _matrix(comparisons: Comparisons, codes: Sequence[int]) -> tuple[tuple[float | None, ...], ...]:
    judged = comparisons.take(comparisons.judged)
    place = {code: at for at, code in enumerate(codes)}
    points = np.zeros((len(codes), len(codes)))
    games = np.zeros_like(points)
    inside = np.isin(judged.first, codes) & np.isin(judged.second, codes)
    first, second = (
        np.array([place[one] for one in side[inside].tolist()], np.int64) for side in (judged.first, judged.second)
    )
    half = judged.half_tie[inside]
    np.add.at(points, (first, second), half)
    np.add.at(points, (second, first), 1 - half)
    np.add.at(games, (first, second), 1)
    np.add.at(games, (second, first), 1)
    return tuple(
        tuple(
            float(100 * points[row, column] / games[row, column]) if games[row, column] else None
            for column in range(len(codes))
        )
        for row in range(len(codes))
    )


def _curves(
    comparisons: Comparisons,
    codes: Sequence[int],
    names: Sequence[str],
    parts: Sequence[np.ndarray],
    plan: Plan,
    orders: Orders | None,
) -> tuple[Curve, ...]:
    found = []
    for code, name in zip(codes, names, strict=True):
        values: list[Estimate | None] = []
        for inside in parts:
            met = met_by(comparisons.take(inside), code)
            judged = met.take(met.judged)
            if orders is None:
                mean = cluster_mean(judged.half_tie, judged.question, plan.confidence)
            else:
                mean = against(met.half_tie, met, orders, plan)
            values.append(None if mean is None else mean.scaled(100))
        found.append(Curve(name, tuple(values)))
    return tuple(found)


def _profile(name: str, items: Sequence[Item], styles: Styles, code: int) -> Profile:
    seen: Counter[Behaviour] = Counter()
    dialogues = answers = 0
    for item in items:
        for dialogue in item.dialogues:
            if dialogue.candidate.name == name:
                dialogues += 1
                answers += len(dialogue.answers)
                seen.update({one.behaviour for one in behaviours(dialogue)})
    chars = styles.of_candidate(code)
    return Profile(name, dialogues, answers, dict(seen), float(np.median(chars)) if len(chars) else None)


def _costs(
    names: Sequence[str], items: Sequence[Item], own: Sequence[Judgment], price: Callable[[str], Price | None]
) -> list[Cost]:
    spent: dict[tuple[str, str], list[Usage | None]] = {(name, "candidate"): [] for name in names}
    for item in items:
        for dialogue in item.dialogues:
            spent[dialogue.candidate.name, "candidate"] += [answer.usage for answer in dialogue.answers]
    for judgment in own:
        spent.setdefault((judgment.judge.name, "judge"), []).append(judgment.usage)
    found = []
    for (name, role), usages in spent.items():
        known = [one for one in usages if one is not None]
        given, said = sum(one.input_tokens for one in known), sum(one.output_tokens for one in known)
        rate = price(name)
        yuan = rate.between(given, said) if rate is not None and known else None
        found.append(Cost(name, role, len(usages), len(known), given, said, yuan))
    return found


def _placed(comparisons: Comparisons, codes: Sequence[int], names: Sequence[str], plan: Plan) -> tuple[Placed, ...]:
    found = []
    twice = comparisons.take(comparisons.judged & (comparisons.placements == 2))
    for code, name in zip(codes, names, strict=True):
        own, other = twice.first == code, twice.second == code
        mine = own | other
        # What the pair's first got where it was shown second, its opponent lost where it was shown first.
        first = np.where(own, twice.as_first, 1 - twice.as_second)[mine]
        second = np.where(own, twice.as_second, 1 - twice.as_first)[mine]
        ends = [cluster_mean(one, twice.question[mine], plan.confidence) for one in (first, second)]
        if ends[0] is not None and ends[1] is not None:
            found.append(Placed(name, ends[0].scaled(100), ends[1].scaled(100)))
    return tuple(found)


def _lengths(comparisons: Comparisons, styles: Styles, codes: Sequence[int], ids: Mapping[int, str]) -> tuple[Gap, ...]:
    met = met_by(comparisons, codes[0])
    met = met.take(met.judged & (met.second == codes[1]) & (met.sample == 0))
    known, first, second = styles.of_both(met)
    ratio: Reals = np.log1p(first[:, 0]) - np.log1p(second[:, 0])
    return tuple(
        Gap(ids.get(int(question), ""), float(gap), float(points))
        for question, gap, points in zip(met.question[known], ratio[known], met.half_tie[known], strict=True)
    )


LABELS = {1: "win", 0: "tie", -1: "loss"}
STATES = {
    State.UNREADABLE: "unreadable",
    State.UNANSWERED: "unanswered",
    State.MISSING: "missing",
    State.NO_DIALOGUE: "no answer",
}


def _lines(
    items: Sequence[Item],
    numbers: Mapping[str, int],
    comparisons: Comparisons,
    people: Comparisons | None,
    pairs: Sequence[tuple[int, int]],
    codes: Sequence[int],
) -> tuple[Line, ...]:
    """Lay verdicts beside questions; where several scopes or samples of a question were judged, their shares decide."""
    at = {(codes[one], codes[other]): position for position, (one, other) in enumerate(pairs)}
    said = _labels(comparisons, at)
    theirs = {} if people is None else _labels(people, at)
    flags = _flags(comparisons, at)
    found = []
    for item in items:
        code = numbers[item.question.key]
        labels = tuple(said.get((code, pair), "missing") for pair in range(len(pairs)))
        human = tuple(theirs.get((code, pair)) for pair in range(len(pairs)))
        marks = [tuple(sorted(flags.get((code, pair), ()))) for pair in range(len(pairs))]
        found.append(
            Line(item, labels, tuple(marks), tuple(one if one in ("win", "tie", "loss") else None for one in human))
        )
    return tuple(found)


def _labels(comparisons: Comparisons, at: Mapping[tuple[int, int], int]) -> dict[tuple[int, int], str]:
    """Return by (question, pair) what was said of the pair's first."""
    points: dict[tuple[int, int], list[float]] = {}
    states: dict[tuple[int, int], str] = {}
    rows = zip(
        comparisons.question.tolist(),
        comparisons.first.tolist(),
        comparisons.second.tolist(),
        comparisons.state.tolist(),
        comparisons.label.tolist(),
        strict=True,
    )
    for question, first, second, state, label in rows:
        pair = at.get((first, second), at.get((second, first)))
        if pair is None:
            continue
        sign = 1 if (first, second) in at else -1
        if state == State.JUDGED:
            points.setdefault((question, pair), []).append(sign * label)
        else:
            states[question, pair] = STATES[State(state)]
    means = {where: sum(values) / len(values) for where, values in points.items()}
    labels = {where: LABELS[1 if mean > 0 else -1 if mean < 0 else 0] for where, mean in means.items()}
    return {**states, **labels}


def _flags(comparisons: Comparisons, at: Mapping[tuple[int, int], int]) -> dict[tuple[int, int], set[str]]:
    found: dict[tuple[int, int], set[str]] = {}
    for name, rows in (
        ("flipped", comparisons.flipped),
        ("settled", comparisons.settled),
        ("texts differ", comparisons.texts_differ),
        ("one placement", comparisons.judged & (comparisons.placements == 1)),
    ):
        for row in np.flatnonzero(rows).tolist():
            first, second = int(comparisons.first[row]), int(comparisons.second[row])
            pair = at.get((first, second), at.get((second, first)))
            if pair is not None:
                found.setdefault((int(comparisons.question[row]), pair), set()).add(name)
    return found
