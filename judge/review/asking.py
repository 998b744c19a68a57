"""From a queue to a draw: which items people are asked about next."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from judge.columns import Codes, Reals
from judge.errors import InputError
from judge.records import Plan
from judge.report.build import abilities_of
from judge.review.disputes import expected_error
from judge.review.draws import Draw, DrawnItem, Unit, draws_of, shuffled
from judge.review.queue import Queue
from judge.review.sampling import draw, mixture
from judge.store import Store

OVERLAP = 0.2  # share of items that two reviewers judge


def draw_pairs(store: Store, queue: Queue, plan: Plan, count: int, uniform: float, overlap: float, seed: int) -> Draw:
    """Draw comparisons for people: partly uniform, partly by expected error, spread over abilities; none that was drawn before.

    Raises InputError where nothing is left to draw.
    """
    rows, names = queue.rows, _Names(store, queue, plan)
    items = [
        DrawnItem(
            names.ids[question], scope, (names.keys[question, first, sample], names.keys[question, second, sample]), 0.0
        )
        for question, scope, sample, first, second in zip(
            *(one.tolist() for one in (rows.question, rows.scope, rows.sample, rows.first, rows.second)), strict=True
        )
    ]
    before = {item.target for one in names.earlier("pairs") for item in one.items}
    left = [at for at, item in enumerate(items) if item.target not in before]
    error = expected_error(queue.doubts, rows.label == 0, queue.unjudged)
    chosen = _drawn(items, left, error, abilities_of(queue.heard.material, rows.question), count, uniform, seed)
    return names.made("pairs", chosen, len(left), uniform, overlap, seed)


def draw_scores(store: Store, queue: Queue, plan: Plan, count: int, overlap: float, seed: int) -> Draw:
    """Draw questions of which people score every candidate's answer: `count` questions, all alike, spread over abilities.

    Raises InputError where nothing is left to draw.
    """
    material, names = queue.heard.material, _Names(store, queue, plan)
    asked = np.unique(queue.rows.question)
    before = {item.question for one in names.earlier("scores") for item in one.items}
    questions = [DrawnItem(names.ids[code], 0, (str(code),), 0.0) for code in asked.tolist()]
    left = [at for at, item in enumerate(questions) if item.question not in before]
    ability = abilities_of(material, asked)
    items = []
    for one in _drawn(questions, left, np.ones(len(asked)), ability, count, 1.0, seed):
        mine = material.dialogues.take(material.dialogues.question == int(one.dialogues[0]))
        for scope in material.scopes.tolist():
            for candidate, sample in zip(mine.candidate.tolist(), mine.sample.tolist(), strict=True):
                key = names.keys.get((int(one.dialogues[0]), candidate, sample))
                if key is not None and candidate in material.candidates:
                    items.append(replace(one, scope=scope, dialogues=(key,)))
    return names.made("scores", items, len(left), 1.0, overlap, seed)


def covering(store: Store, queue: Queue, plan: Plan) -> list[Draw]:
    """Return the draws that were made from everything the queue holds, oldest first."""
    names = _Names(store, queue, plan)
    units: tuple[Unit, ...] = ("pairs", "scores")
    found = [one for unit in units for one in names.earlier(unit)]
    return sorted(found, key=names.draws.index)


def _drawn(
    items: list[DrawnItem], left: list[int], error: Reals, strata: Codes, count: int, uniform: float, seed: int
) -> list[DrawnItem]:
    """Draw some of the items that are left, each with its chance; in an order of content, so that a seed says the same anywhere."""
    if not left:
        raise InputError("每一条都抽过了", fix="judge audit status 看还有多少没判；judge audit import 收回判好的")
    order = np.array(sorted(left, key=lambda at: (items[at].question, items[at].scope, sorted(items[at].dialogues))))
    _, first, place = np.unique(strata[order], return_index=True, return_inverse=True)
    strata = np.argsort(np.argsort(first))[place.ravel()]  # abilities numbered as they come in this order
    found = draw(mixture(error[order], uniform), strata, count, np.random.default_rng(seed))
    return [
        replace(items[int(order[at])], probability=chance)
        for at, chance in zip(found.at.tolist(), found.probability.tolist(), strict=True)
    ]


class _Names:
    """What the columns of a queue are called: dialogues and questions by key, and what was drawn of them before."""

    def __init__(self, store: Store, queue: Queue, plan: Plan) -> None:
        material = queue.heard.material
        self.bank, self.judge, self.plan = material.bank.name, material.judge, plan
        questions = {code: key for key, code in store.question_codes(self.bank).items()}
        candidates = store.candidate_keys()
        known = {one.key: one.id for one in store.questions(self.bank)}
        self.ids = {code: known[key] for code, key in questions.items()}
        self.keys = {cell: key for key, cell in store.dialogue_keys(self.bank, plan.history).items()}
        self.questions = {questions[code] for code in np.unique(queue.rows.question).tolist()}
        self.candidates = {candidates[code] for code in material.candidates.tolist()}
        self.draws = draws_of(store, self.bank)

    def earlier(self, unit: Unit) -> list[Draw]:
        """Return the draws whose items are not drawn again; what a narrower one drew says nothing of the whole and may be."""
        return [
            one
            for one in self.draws
            if one.unit == unit and one.history == self.plan.history and one.covers(self.questions, self.candidates)
        ]

    def made(self, unit: Unit, items: list[DrawnItem], frame: int, uniform: float, overlap: float, seed: int) -> Draw:
        """Put a draw together; of two readers' items a random part is taken, since the order is random."""
        shown = shuffled(items, seed)
        twice = math.ceil(overlap * len(shown))
        return Draw(
            name="",
            bank=self.bank,
            judge=self.judge,
            history=self.plan.history,
            unit=unit,
            seed=seed,
            uniform=1.0 if all(one.probability == 1 for one in items) else uniform,
            frame=frame,
            questions=tuple(sorted(self.questions)),
            candidates=tuple(sorted(self.candidates)),
            items=tuple(replace(one, reviewers=2 if at < twice else 1) for at, one in enumerate(shown)),
        ).named(len(self.draws) + 1)
