"""From a queue to a draw: which items people are asked about next."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from judge.columns import Codes, Flags, Reals
from judge.errors import InputError
from judge.records import Plan, Question
from judge.report.build import abilities_of
from judge.review.disputes import expected_error
from judge.review.draws import Draw, DrawnItem, draws_of, shuffled
from judge.review.queue import Queue
from judge.review.sampling import draw, mixture
from judge.store import Store

OVERLAP = 0.2  # share of items that two reviewers judge


def draw_pairs(store: Store, queue: Queue, plan: Plan, count: int, uniform: float, overlap: float, seed: int) -> Draw:
    """Draw comparisons for people: partly uniform, partly by expected error, spread over abilities; none that was drawn before.

    Raises InputError where nothing is left to draw.
    """
    rows, material = queue.rows, queue.heard.material
    bank = material.bank.name
    earlier = draws_of(store, bank)
    ids = question_ids(store, bank)
    cells = [
        (
            ids[question].id,
            ids[question].version,
            scope,
            sample,
            *sorted((material.names[first], material.names[second])),
        )
        for question, scope, sample, first, second in zip(
            *(one.tolist() for one in (rows.question, rows.scope, rows.sample, rows.first, rows.second)), strict=True
        )
    ]
    before = {
        (item.question, item.version, item.scope, item.sample, *sorted(item.candidates))
        for one in earlier
        if one.unit == "pairs"
        for item in one.items
    }
    free = np.array([cell not in before for cell in cells], bool)
    taken = _taken(
        expected_error(queue.doubts, rows.label == 0, queue.unjudged),
        abilities_of(material, rows.question),
        free,
        count,
        uniform,
        seed,
    )
    items = []
    for at, chance in taken:
        question, version, scope, sample, one, other = cells[at]
        items.append(DrawnItem(question, version, scope, sample, (one, other), chance))
    return _made(store, queue, plan, "pairs", items, earlier, int(free.sum()), uniform, overlap, seed)


def draw_scores(store: Store, queue: Queue, plan: Plan, count: int, overlap: float, seed: int) -> Draw:
    """Draw questions of which people score every candidate's answer: `count` questions, all alike, spread over abilities."""
    material = queue.heard.material
    bank = material.bank.name
    earlier = draws_of(store, bank)
    ids = question_ids(store, bank)
    asked = np.unique(queue.rows.question)
    before = {(item.question, item.version) for one in earlier if one.unit == "scores" for item in one.items}
    free = np.array([(ids[one].id, ids[one].version) not in before for one in asked.tolist()], bool)
    taken = _taken(np.ones(len(asked)), abilities_of(material, asked), free, count, 1.0, seed)
    dialogues = material.dialogues
    items = []
    for at, chance in taken:
        question = ids[int(asked[at])]
        mine = dialogues.take(dialogues.question == asked[at])
        for scope in material.scopes.tolist():
            for candidate, sample in zip(mine.candidate.tolist(), mine.sample.tolist(), strict=True):
                if candidate in material.candidates:
                    names = (material.names[candidate],)
                    items.append(DrawnItem(question.id, question.version, scope, sample, names, chance))
    return _made(store, queue, plan, "scores", items, earlier, int(free.sum()), 1.0, overlap, seed)


def question_ids(store: Store, bank: str) -> dict[int, Question]:
    """Return a bank's questions by code."""
    codes = store.question_codes(bank)
    return {codes[one.key]: one for one in store.questions(bank)}


def _taken(error: Reals, strata: Codes, free: Flags, count: int, uniform: float, seed: int) -> list[tuple[int, float]]:
    """Return positions and the chances with which they were drawn."""
    left = np.flatnonzero(free)
    if not len(left):
        raise InputError("每一条都抽过了", fix="judge audit status 看还有多少没判；judge audit import 收回判好的")
    found = draw(mixture(error[left], uniform), strata[left], count, np.random.default_rng(seed))
    return list(zip(left[found.at].tolist(), found.probability.tolist(), strict=True))


def _made(
    store: Store,
    queue: Queue,
    plan: Plan,
    unit: str,
    items: list[DrawnItem],
    earlier: list[Draw],
    frame: int,
    uniform: float,
    overlap: float,
    seed: int,
) -> Draw:
    shown = list(shuffled(items, seed))
    twice = math.ceil(overlap * len(shown))  # the order is random, so the first ones are a random part
    shown = [replace(one, reviewers=2 if at < twice else 1) for at, one in enumerate(shown)]
    bank = queue.heard.material.bank.name
    ids = question_ids(store, bank)
    return Draw(
        name=f"{bank}-{len(earlier) + 1}",
        bank=bank,
        judge=queue.heard.material.judge,
        history=plan.history,
        unit="scores" if unit == "scores" else "pairs",
        seed=seed,
        uniform=uniform,
        frame=frame,
        questions=tuple(sorted({ids[code].id for code in np.unique(queue.rows.question).tolist()})),
        items=tuple(shown),
    )
