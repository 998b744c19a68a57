"""Counts of who beat whom on which question: what all ratings are computed from, at a cost that does not grow with rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Reals: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.integer]
Why: TypeAlias = Literal["one model", "no games", "disconnected", "all ties"]

CHUNK = 1 << 17  # rows counted at a time: temporary arrays stay small beside the input, and in the processor's cache
WIN, TIE, LOSS = 0, 1, 2  # planes of `counts`


@dataclass(frozen=True, slots=True)
class NotIdentified:
    """Why there is no rating; `groups`: models that are connected among themselves, by position."""

    why: Why
    groups: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class Games:
    """Games between `models` models on `questions` questions.

    counts: 3 × pairs × questions, won, tied and lost by the first of each pair; pairs stand as in numpy.triu_indices.
    Shares of a verdict count as fractions of a game.
    """

    models: int
    questions: int
    counts: NDArray[np.integer] | Reals

    @cached_property
    def totals(self) -> Reals:
        """Return counts over all questions, 3 × pairs."""
        return np.asarray(self.counts.sum(axis=2), np.float64)

    @cached_property
    def pairs(self) -> tuple[Codes, Codes]:
        """Return the first and the second of every pair."""
        first, second = np.triu_indices(self.models, 1)
        return first, second

    @cached_property
    def asked(self) -> int:
        """Return how many questions had a game."""
        return int((self.counts.sum(axis=(0, 1)) > 0).sum())

    @cached_property
    def played(self) -> Reals:
        """Return how many games each model played."""
        return self._of_models(self.totals.sum(axis=0), 1)

    @cached_property
    def points(self) -> Reals:
        """Return wins plus half the ties of each model."""
        win, tie, loss = self.totals
        return self._of_models(win + tie / 2, 0) + self._of_models(loss + tie / 2, 2)

    def _of_models(self, values: Reals, sides: int) -> Reals:
        """Sum values of pairs over their first models (0), second models (2), or both (1)."""
        first, second = self.pairs
        found = np.zeros(self.models)
        if sides != 2:
            found += np.bincount(first, values, self.models)
        if sides != 0:
            found += np.bincount(second, values, self.models)
        return found

    def blocks(self) -> Iterator[tuple[int, slice]]:
        """Yield each model with the pairs in which it stands first; the second models are those after it, in order."""
        start = 0
        for model in range(self.models - 1):
            yield model, slice(start, start + self.models - 1 - model)
            start += self.models - 1 - model

    def fault(self) -> NotIdentified | None:
        """Say why these games determine no rating; None where they do."""
        if self.models < 2:
            return NotIdentified("one model")
        win, tie, loss = self.totals
        met = win + tie + loss > 0
        if not met.any():
            return NotIdentified("no games")
        groups = _components(self._links(met, met))
        if len(groups) > 1:
            return NotIdentified("disconnected", groups)
        if not (win + loss > 0).any():
            return NotIdentified("all ties", groups)
        return None

    def ends(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Tell which models the data put no upper, and which no lower bound on: they beat all of the others, or none.

        Maximum likelihood is finite only where everyone is linked to everyone by points won (Ford 1957).
        """
        win, tie, loss = self.totals
        reach = _closure(self._links(win + tie > 0, loss + tie > 0))
        mutual = (reach & reach.T).sum(axis=1)
        # Bounds are against the largest group in which everyone is linked to everyone; of equally large ones, against each.
        hearts = mutual == mutual.max()
        beaten, beats = reach[hearts].all(axis=0), reach[:, hearts].all(axis=1)
        return np.logical_not(beaten), np.logical_not(beats)

    def _links(self, forward: NDArray[np.bool_], backward: NDArray[np.bool_]) -> NDArray[np.bool_]:
        first, second = self.pairs
        links = np.zeros((self.models, self.models), bool)
        links[first, second], links[second, first] = forward, backward
        return links


def of_rows(
    first: Codes,
    second: Codes,
    question: Codes,
    outcome: Codes,
    models: int | None = None,
    questions: int | None = None,
) -> Games:
    """Count rows of integer codes; outcome 2: the first won, 1: a tie, 0: the second won.

    Codes count from 0. Raises ValueError for arrays of unequal length, negative or too large codes, a model against itself,
    or an outcome other than 0, 1 and 2.
    """
    models = _size(models, first, second)
    questions = _size(questions, question)
    _same_length(first, second, question, outcome)
    if outcome.dtype.kind not in "iu":
        raise ValueError("an outcome is an integer: 0 (second won), 1 (tie) or 2 (first won)")
    place = _places(models) * questions
    pairs = models * (models - 1) // 2
    planes = np.arange(3, dtype=np.intp) * (pairs * questions)
    counts: NDArray[np.integer] = np.zeros(3 * pairs * questions, np.int64 if len(first) > 2**31 else np.int32)
    for start in range(0, len(first), CHUNK):
        part = slice(start, start + CHUNK)
        one, other, said = first[part], second[part], outcome[part]
        _check(one, other, question[part], models, questions)
        said = said.astype(np.int8) if said.dtype.kind == "u" else said
        if said.min() < 0 or said.max() > 2:
            raise ValueError("an outcome is 0 (second won), 1 (tie) or 2 (first won)")
        cell = place.ravel()[one.astype(np.intp, copy=False) * models + other.astype(np.intp, copy=False)]
        cell += question[part].astype(np.intp, copy=False)
        # The plane as the first of the pair sees it: a row that names the pair the other way round is turned.
        cell += planes[np.where(one < other, LOSS - said, said)]
        np.add.at(counts, cell, counts.dtype.type(1))
    return Games(models, questions, counts.reshape(3, pairs, questions))


def of_shares(
    first: Codes,
    second: Codes,
    question: Codes,
    win: Reals,
    tie: Reals,
    loss: Reals,
    models: int | None = None,
    questions: int | None = None,
) -> Games:
    """Add up shares of verdicts (win, tie, loss of the first, >= 0) per pair and question.

    Raises ValueError as `of_rows` does, and for shares that are negative or not finite.
    """
    models = _size(models, first, second)
    questions = _size(questions, question)
    _same_length(first, second, question, win, tie, loss)
    _check(first, second, question, models, questions)
    shares = np.stack([win, tie, loss]).astype(np.float64)
    if not np.isfinite(shares).all() or (shares < 0).any():
        raise ValueError("shares of win, tie and loss must be finite and not negative")
    pairs = models * (models - 1) // 2
    turned = np.asarray(first) > np.asarray(second)
    shares = np.where(turned, shares[::-1], shares)
    cell = _places(models)[first, second] * questions + question
    counts = np.stack([np.bincount(cell, plane, pairs * questions) for plane in shares])
    return Games(models, questions, counts.reshape(3, pairs, questions))


def _size(given: int | None, *codes: Codes) -> int:
    if given is not None:
        return given
    return 1 + max((int(one.max()) for one in codes if len(one)), default=-1)


def _same_length(*columns: Codes | Reals) -> None:
    if len({len(one) for one in columns}) > 1:
        raise ValueError("columns differ in length")


def _places(models: int) -> NDArray[np.intp]:
    """Return the position of each pair, whichever way round."""
    first, second = np.triu_indices(models, 1)
    place = np.zeros((models, models), np.intp)
    place[first, second] = place[second, first] = np.arange(len(first))
    return place


def _check(first: Codes, second: Codes, question: Codes, models: int, questions: int) -> None:
    for codes, size in ((first, models), (second, models), (question, questions)):
        if codes.dtype.kind not in "iu":
            raise ValueError("models and questions are given as integer codes")
        if len(codes) and not (int(codes.min()) >= 0 and int(codes.max()) < size):
            raise ValueError(f"a code lies outside 0..{size - 1}")
    if (first == second).any():
        raise ValueError("a model cannot meet itself")


def _closure(links: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return who is reached from whom over any number of links (Warshall 1962)."""
    reach = links | np.eye(len(links), dtype=bool)
    for middle in range(len(links)):
        reach |= reach[:, middle : middle + 1] & reach[middle]
    return reach


def _components(links: NDArray[np.bool_]) -> tuple[tuple[int, ...], ...]:
    reach = _closure(links)
    return tuple(dict.fromkeys(tuple(np.flatnonzero(row).tolist()) for row in reach))
