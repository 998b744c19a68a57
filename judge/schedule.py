"""What is judged next while the order of some candidates is open: one pair question by question, boards pair by pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np

from judge.comparison import Comparisons
from judge.errors import NothingToCompare
from judge.hearing import hear, place_of
from judge.records import Plan
from judge.report.ratings import games_of
from judge.stats.active import REFIT, WARM_UP, urgency
from judge.stats.bradley_terry import rate
from judge.stats.games import NotIdentified
from judge.stats.sequential import LOOKS, betting, e_bh
from judge.stopping import Order, Seen, ends, in_order, sequence
from judge.store import Store
from judge.work import Work

AT_A_TIME = 16  # questions of one pair between two looks: enough to keep an endpoint busy

Pair: TypeAlias = tuple[str, str]  # two candidates, by name
Part: TypeAlias = Mapping[str, set[frozenset[str]]]  # which candidates (by key) meet on which questions (by key)


@dataclass(frozen=True)
class Standing:
    """What was seen of one pair so far, in points of the first."""

    seen: Seen
    e_value: float
    interval: tuple[float, float]

    @property
    def ahead(self) -> int:
        """Return 1 where the first seems better, -1 where the second does."""
        return 1 if sum(self.interval) > 1 else -1


NOTHING = Standing(Seen(np.zeros(0), 0), 1.0, (0.0, 1.0))


def among(plan: Plan, pairs: int) -> Plan:
    """Return the plan by which one of several pairs is held where looks are fixed beforehand: all together err no more often.

    Bonferroni's; of betting e-BH sees to it.
    """
    if plan.until != "looks":
        return plan
    return replace(plan, confidence=1 - (1 - plan.confidence) / max(1, pairs))


def standing(rows: Comparisons, first: int, second: int, order: Order, plan: Plan) -> Standing:
    """Say how far two candidates (codes) are."""
    forward = (rows.first == first) & (rows.second == second)
    mine = rows.take(forward | ((rows.first == second) & (rows.second == first)))
    seen = sequence(np.where(mine.first == first, mine.half_tie, 1 - mine.half_tie), mine, order)
    evidence = betting(seen.values, seen.total if plan.target == "bank" else None).both
    return Standing(seen, float(evidence[-1]) if len(evidence) else 1.0, ends(seen, plan))


def settled(found: Sequence[Standing], plan: Plan) -> tuple[list[bool], list[bool]]:
    """Tell which pairs are decided, and which are as good as equal: within the margin of an even share.

    One pair: the decision of `judge compare` is reached. Several: e-BH over all of them, or, where looks were fixed
    beforehand, an interval that leaves an even share out.
    """
    margin = plan.margin / 100
    equal = [low > 0.5 - margin and high < 0.5 + margin for low, high in (one.interval for one in found)]
    if len(found) == 1:
        low, high = found[0].interval
        return [low > 0.5 - margin or high < 0.5], equal
    if plan.until == "looks":
        return [low > 0.5 or high < 0.5 for low, high in (one.interval for one in found)], equal
    return list(e_bh([one.e_value for one in found], 1 - plan.confidence)), equal


@dataclass
class Schedule:
    """Says what to judge next; to be called when what it said before was judged, or could not be."""

    store: Store
    work: Work
    plan: Plan
    _asked: dict[Pair, int] = field(default_factory=dict)

    @cached_property
    def pairs(self) -> list[Pair]:
        """Every two candidates that meet, the earlier named first."""
        names = {one.key: one.name for one in self.work.candidates}
        place = {one.name: at for at, one in enumerate(self.work.candidates)}
        met = {frozenset(names[key] for key in shown) for cases in self.work.draw.placed.values() for _, shown in cases}
        found = [tuple(sorted(pair, key=place.__getitem__)) for pair in met]
        return sorted(((one[0], one[1]) for one in found), key=lambda pair: (place[pair[0]], place[pair[1]]))

    @cached_property
    def places(self) -> dict[Pair, str]:
        """Under which key every pair is judged."""
        return {pair: place_of(self.plan, self._bank, pair) for pair in self.pairs}

    @cached_property
    def orders(self) -> dict[Pair, list[str]]:
        """The questions of every pair, by key, in the order in which it is judged."""
        keys, abilities = [one.key for one in self.work.questions], [one.ability for one in self.work.questions]
        return {pair: [keys[at] for at in in_order(keys, abilities, place)] for pair, place in self.places.items()}

    def __call__(self) -> Part:
        """Return the next part of the work; empty where all pairs are settled or through.

        The first one is what an earlier process had begun, before anyone looks: so a run that was killed ends where one that
        was not does.
        """
        if not self._asked:
            reached = self.store.reached(list(self.places.values()))
            self._asked = {pair: reached.get(place, 0) for pair, place in self.places.items()}
            if reached:
                return self._part(dict.fromkeys(range(len(self.pairs)), 0), dict.fromkeys(self.pairs, 0))
        rows, candidates = self._said()
        codes = self.store.question_codes(self._bank)
        found = []
        for pair in self.pairs:
            order = Order(np.array([codes.get(key, 0) for key in self.orders[pair]], np.int64), self._asked[pair])
            one, other = (candidates.get(name, 0) for name in pair)
            held = among(self.plan, len(self.pairs))
            found.append(NOTHING if rows is None else standing(rows, one, other, order, held))
        decided, equal = settled(found, self.plan)
        open_ones = [
            at
            for at, pair in enumerate(self.pairs)
            if not decided[at] and not equal[at] and self._asked[pair] < len(self.orders[pair])
        ]
        return self._part(self._next(open_ones, rows, candidates), dict(self._asked))

    def _part(self, numbers: Mapping[int, int], start: Mapping[Pair, int]) -> Part:
        """Return so many more questions of some pairs, from `start`; how far they go is kept before they are asked."""
        keys = {one.name: one.key for one in self.work.candidates}
        part: dict[str, set[frozenset[str]]] = {}
        for at, number in numbers.items():
            pair = self.pairs[at]
            self._asked[pair] = min(self._asked[pair] + number, len(self.orders[pair]))
            for key in self.orders[pair][start[pair] : self._asked[pair]]:
                part.setdefault(key, set()).add(frozenset(keys[name] for name in pair))
        self.store.keep_reached({self.places[self.pairs[at]]: self._asked[self.pairs[at]] for at in numbers})
        return part

    @property
    def _bank(self) -> str:
        return self.work.questions[0].bank

    def _said(self) -> tuple[Comparisons | None, dict[str, int]]:
        """Return what was said so far (None: nothing), and the codes of candidates by name."""
        named = {name: code for code, name in self.store.candidates(self._bank).items()}
        codes = [named[one.name] for one in self.work.candidates if one.name in named]
        heard = set(self.store.judges(self._bank).values())
        if len(codes) > 1 and heard.issuperset(self.plan.judges):
            with suppress(NothingToCompare):
                return hear(self.store, self._bank, codes, self.plan).comparisons, named
        return None, named

    def _next(self, open_ones: list[int], rows: Comparisons | None, candidates: Mapping[str, int]) -> dict[int, int]:
        """Return how many questions every open pair is to be judged on next."""
        if self.plan.until == "looks" or len(self.pairs) == 1:
            return {at: self._to_look(self.pairs[at]) for at in open_ones}
        fresh = {at: WARM_UP - self._asked[self.pairs[at]] for at in open_ones}
        fresh = {at: number for at, number in fresh.items() if number > 0}
        everyone = len(self.work.candidates) * (len(self.work.candidates) - 1) // 2
        if fresh or rows is None:
            return fresh
        if len(self.pairs) < everyone:  # against a baseline no pair tells of another
            return dict.fromkeys(open_ones, WARM_UP)
        return self._active(open_ones, rows, candidates) if open_ones else {}

    def _to_look(self, pair: Pair) -> int:
        """Return how many questions there are to the next look at a pair."""
        total, asked = len(self.orders[pair]), self._asked[pair]
        if self.plan.until == "looks":
            looks = (round(look * total / LOOKS) for look in range(1, LOOKS + 1))
            return next(end for end in looks if end > asked) - asked
        return AT_A_TIME

    def _active(self, open_ones: list[int], rows: Comparisons, candidates: Mapping[str, int]) -> dict[int, int]:
        """Draw pairs by how much they ask to be judged."""
        names = [one.name for one in self.work.candidates]
        ratings = rate(games_of(rows, np.array([candidates.get(name, 0) for name in names], np.int64)))
        weight = np.ones(len(self.pairs))
        if not isinstance(ratings, NotIdentified):
            weight = urgency(ratings)  # pairs stand in the same order as here
        weight = weight[open_ones]
        total = float(weight.sum())
        rng = np.random.default_rng([self.plan.seed, sum(self._asked.values())])
        picks = rng.choice(open_ones, min(REFIT, 4 * len(open_ones)), p=weight / total if total > 0 else None)
        return {int(at): int(count) for at, count in zip(*np.unique(picks, return_counts=True), strict=True)}
