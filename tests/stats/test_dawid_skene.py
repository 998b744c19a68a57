from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judge.stats import dawid_skene as module
from judge.stats.dawid_skene import Consensus, dawid_skene


def voted(items: int = 600, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Labels of a perfect rater, three good ones (80 %), and one who guesses; the truth last."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, 3, items)
    said = [truth]
    for _ in range(3):
        said.append(np.where(random.random(items) < 0.8, truth, (truth + random.integers(1, 3, items)) % 3))
    said.append(random.integers(0, 3, items))
    item, rater = np.divmod(np.arange(5 * items), 5)
    return item, rater, np.stack(said, axis=1).ravel(), truth


def test_raters_are_known_by_their_labels_alone() -> None:
    item, rater, label, truth = voted()
    found = dawid_skene(item, rater, label, 3)
    assert found.accuracy[0] > 0.98
    assert found.accuracy[1:4] == pytest.approx([0.8, 0.8, 0.8], abs=0.04)
    assert found.accuracy[4] == pytest.approx(1 / 3, abs=0.05)
    assert found.weight[0] > found.weight[1:4].max()
    # Log odds against guessing among three: log(.8 · 2 / .2) = 2.08, and of a guesser nearly nothing.
    assert found.weight[1:4] == pytest.approx(np.full(3, np.log(8)), abs=0.25)
    assert 0 <= found.weight[4] < 0.2
    assert (found.posterior.argmax(axis=1) == truth).mean() > 0.98
    assert found.prior == pytest.approx(np.bincount(truth) / len(truth), abs=0.02)


def test_a_majority_of_guessers_does_not_outvote_who_knows() -> None:
    """Where two good raters stand against three guessers: plain votes are right less often."""
    random = np.random.default_rng(6)
    truth = random.integers(0, 3, 900)
    good = [np.where(random.random(900) < 0.9, truth, (truth + 1) % 3) for _ in range(2)]
    said = np.stack([*good, *(random.integers(0, 3, 900) for _ in range(3))], axis=1)
    item, rater = np.divmod(np.arange(said.size), 5)
    found = dawid_skene(item, rater, said.ravel(), 3)
    votes = np.stack([(said == one).sum(axis=1) for one in range(3)], axis=1)
    right, plain = (found.posterior.argmax(axis=1) == truth).mean(), (votes.argmax(axis=1) == truth).mean()
    assert right > plain + 0.05
    assert right > 0.87  # .81 where both good ones are right, half of the .18 where one is


@pytest.mark.parametrize("name", ["full", "fifth_missing"])
def test_posteriors_equal_crowd_kit(oracles: dict[str, Any], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Without smoothing, which crowd-kit does not have (it keeps cells above 1e-10), and without a stopping rule."""
    known = oracles["dawid_skene"][name]
    monkeypatch.setattr(module, "SMOOTHING", 1e-10)
    item, rater, label = (np.array(known[key]) for key in ("item", "rater", "label"))
    found = dawid_skene(item, rater, label, 3, most=3000, tolerance=0.0)
    assert found.posterior == pytest.approx(np.array(known["posterior"]), abs=1e-6)
    assert found.prior == pytest.approx(np.array(known["prior"]), abs=1e-6)
    confusion = np.array(known["confusion"])
    assert found.confusion == pytest.approx(confusion, abs=1e-6)
    assert found.accuracy == pytest.approx(np.einsum("t,rtt->r", known["prior"], confusion), abs=1e-6)


@pytest.mark.parametrize("name", ["full", "fifth_missing"])
def test_smoothing_changes_few_labels(oracles: dict[str, Any], name: str) -> None:
    known = oracles["dawid_skene"][name]
    found = dawid_skene(*(np.array(known[key]) for key in ("item", "rater", "label")), 3)
    assert (found.posterior.argmax(axis=1) == known["label_found"]).mean() >= 0.95


LABELS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=60).map(
    lambda rows: list({row[:2]: row for row in rows}.values())
)


def estimated(rows: np.ndarray) -> Consensus:
    return dawid_skene(*rows.T, 3, most=30)


@settings(max_examples=60)
@given(LABELS)
def test_shares_sum_to_one_and_no_vote_counts_against_itself(rows: list[tuple[int, int, int]]) -> None:
    found = estimated(np.array(rows))
    assert found.posterior.sum(axis=1) == pytest.approx(np.ones(len(found.posterior)))
    assert found.prior.sum() == pytest.approx(1)
    assert found.confusion.sum(axis=2) == pytest.approx(np.ones(found.confusion.shape[:2]))
    assert (found.weight >= 0).all()
    assert np.isfinite(found.weight).all()
    assert ((found.accuracy > 0) & (found.accuracy < 1)).all()
    assert 1 <= found.rounds <= 30


@settings(max_examples=60)
@given(LABELS, st.randoms(use_true_random=False))
def test_neither_order_nor_names_of_items_matter(rows: list[tuple[int, int, int]], random: Any) -> None:
    columns = np.array(rows)
    columns[:, 0] = np.unique(columns[:, 0], return_inverse=True)[1]
    plain = estimated(columns)
    turned = columns.copy()
    turned[:, 0] = len(plain.posterior) - 1 - turned[:, 0]
    order = list(range(len(turned)))
    random.shuffle(order)
    again = estimated(turned[order])
    assert again.posterior[::-1] == pytest.approx(plain.posterior, abs=1e-6)
    assert again.accuracy == pytest.approx(plain.accuracy, abs=1e-6)


def test_all_agreed_is_nearly_certain_and_needs_no_rounds() -> None:
    label = np.array([0, 1, 2, 1] * 10)
    item, rater = np.repeat(np.arange(40), 3), np.tile(np.arange(3), 40)
    found = dawid_skene(item, rater, np.repeat(label, 3), 3)
    assert found.posterior.max(axis=1).min() > 1 - 1e-6
    assert (found.posterior.argmax(axis=1) == label).all()
    # Smoothing: 10, 20 and 10 labels of each kind and .01 in every cell.
    assert found.confusion[0, 1] == pytest.approx([0.01 / 20.03, 20.01 / 20.03, 0.01 / 20.03], rel=1e-4)
    assert found.accuracy == pytest.approx(np.full(3, (10.01 / 10.03 + 20.01 / 20.03) / 2), rel=1e-4)


def test_a_rater_and_an_item_without_labels_say_nothing() -> None:
    found = dawid_skene(np.array([0, 0, 2, 2]), np.array([0, 2, 0, 2]), np.array([1, 1, 0, 0]), 3)
    assert found.confusion[1] == pytest.approx(np.full((3, 3), 1 / 3))
    assert found.weight[1] == pytest.approx(0, abs=1e-9)
    assert found.posterior[1] == pytest.approx(found.prior)


def test_no_labels_are_refused() -> None:
    nothing = np.zeros(0, np.int64)
    with pytest.raises(ValueError, match="no labels"):
        dawid_skene(nothing, nothing, nothing, 3)
