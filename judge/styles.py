"""What was counted of answers' texts, laid beside comparisons: length and form of both sides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from judge.columns import Codes, Flags, Reals
from judge.comparison import Comparisons
from judge.style import Style, style, total

# What style control looks at, the length first; code is apart from length, so it stands for itself.
FEATURES = tuple(name for name in Style._fields if name != "code")
_KEPT = [at for at, name in enumerate(Style._fields) if name in FEATURES]


@dataclass(frozen=True)
class Styles:
    """One row per dialogue and scope (0: the whole dialogue, k: turn k), sorted by `key`; counts: rows × FEATURES."""

    key: Codes
    counts: Reals
    sizes: tuple[int, int, int]  # largest candidate, sample and scope, plus one

    def of(self, question: Codes, candidate: Codes, sample: Codes, scope: Codes) -> tuple[Flags, Reals]:
        """Return which rows have a text, and the counts of each (zeros without)."""
        if not len(self.key):
            return np.zeros(len(question), bool), np.zeros((len(question), len(FEATURES)))
        wanted = _key(question, candidate, sample, scope, self.sizes)
        at = np.minimum(np.searchsorted(self.key, wanted), len(self.key) - 1)
        known = self.key[at] == wanted
        return known, np.where(known[:, None], self.counts[at], 0.0)

    def of_candidate(self, candidate: int) -> Reals:
        """Return the lengths of one candidate's answers, turn by turn."""
        candidates, samples, scopes = self.sizes
        scope, rest = self.key % scopes, self.key // scopes
        mine = (scope > 0) & (rest // samples % candidates == candidate) & (self.counts[:, 0] > 0)
        return np.asarray(self.counts[mine, 0], np.float64)

    def of_both(self, rows: Comparisons) -> tuple[Flags, Reals, Reals]:
        """Return which comparisons have both texts, and the counts of the first and of the second."""
        first_known, first = self.of(rows.question, rows.first, rows.sample, rows.scope)
        second_known, second = self.of(rows.question, rows.second, rows.sample, rows.scope)
        return first_known & second_known, first, second


def styles_of(texts: Iterable[tuple[int, int, int, tuple[str, ...]]]) -> Styles:
    """Count texts given as (question, candidate, sample, answers by turn); dialogues without text are left out."""
    places: list[tuple[int, int, int, int]] = []
    counts: list[tuple[int, ...]] = []
    for question, candidate, sample, answers in texts:
        per_turn = [style(answer) for answer in answers]
        for scope, one in enumerate([total(per_turn), *per_turn]) if per_turn else ():
            places.append((question, candidate, sample, scope))
            counts.append(one)
    if not places:
        return Styles(np.zeros(0, np.int64), np.zeros((0, len(FEATURES))), (1, 1, 1))
    columns = np.array(places, np.int64)
    candidates, samples, scopes = (columns[:, 1:].max(axis=0) + 1).tolist()
    sizes = (candidates, samples, scopes)
    key = _key(columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3], sizes)
    order = np.argsort(key)
    return Styles(key[order], np.array(counts, np.float64)[order][:, _KEPT], sizes)


def _key(question: Codes, candidate: Codes, sample: Codes, scope: Codes, sizes: tuple[int, int, int]) -> Codes:
    candidates, samples, scopes = sizes
    inside = (candidate < candidates) & (sample < samples) & (scope < scopes)
    key = ((question * candidates + candidate) * samples + sample) * scopes + scope
    return np.where(inside, key, -1)
