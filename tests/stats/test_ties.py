from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.stats.bradley_terry import Model, Ratings, rate
from judge.stats.games import Games, of_rows, of_shares
from judge.stats.intervals import t_quantile
from judge.stats.ties import MODELS, TieRatings, davidson, rao_kupper, rate_with_ties

BOTH = pytest.mark.parametrize("model", [davidson, rao_kupper], ids=["davidson", "rao-kupper"])
GAPS, TIES = st.floats(-8, 8), st.floats(-4, 1.5)


def rated(games: Games, model: Model = davidson, **settings: Any) -> TieRatings:
    found = rate_with_ties(games, model, **settings)
    assert isinstance(found, TieRatings)
    return found


def two(won: int, tied: int, lost: int) -> Games:
    """Two models, one game per question."""
    outcome = np.repeat([2, 1, 0], [won, tied, lost])
    zero = np.zeros(len(outcome), np.int64)
    return of_rows(zero, zero + 1, np.arange(len(outcome)), outcome)


def many(seed: int = 7, questions: int = 40) -> Games:
    """Four models, every pair twice on each question."""
    random = np.random.default_rng(seed)
    strength = np.array([0.9, 0.3, -0.2, -1.0]) + random.normal(0, 0.7, (questions, 4))
    first, second = np.triu_indices(4, 1)
    seen = (strength[:, first] - strength[:, second]).T[:, :, None] + random.logistic(size=(6, questions, 2))
    win, loss = (seen > 0.6).sum(axis=2), (seen < -0.6).sum(axis=2)
    return Games(4, questions, np.stack([win, 2 - win - loss, loss]))


# ── what a model says of one game ─────────────────────────────────────────────────────────────────────────────────────


def test_davidson_by_hand() -> None:
    """Strengths 4 and 1 (a gap of ln 4), nu 1: 4 : 2 : 1 of 7."""
    said = davidson(np.array([math.log(4)]), 0.0)
    assert said.probability is not None
    assert said.probability[:, 0] == pytest.approx([4 / 7, 2 / 7, 1 / 7], rel=1e-14)


def test_rao_kupper_by_hand() -> None:
    """Strengths 4 and 1, theta 2: 4 / (4 + 2), 1 / (8 + 1), ties (4 - 1) · 4 / (6 · 9) (Rao and Kupper 1967)."""
    said = rao_kupper(np.array([math.log(4)]), math.log(math.log(2)))
    assert said.probability is not None
    assert said.probability[:, 0] == pytest.approx([2 / 3, 2 / 9, 1 / 9], rel=1e-13)


@BOTH
@given(GAPS, TIES)
def test_chances_sum_to_one_and_swap_with_the_sides(model: Model, gap: float, tie: float) -> None:
    said = model(np.array([gap, -gap]), tie).probability
    assert said is not None
    assert (said > 0).all()
    assert said.sum(axis=0) == pytest.approx([1, 1], abs=1e-12)
    assert said[::-1, 1] == pytest.approx(said[:, 0], rel=1e-9, abs=1e-15)


@BOTH
@given(GAPS, TIES)
def test_a_score_has_expectation_zero_and_its_variance_is_the_information(model: Model, gap: float, tie: float) -> None:
    said = model(np.array([gap]), tie)
    assert said.probability is not None
    chance, score = said.probability[:, 0], said.score[:, :, 0]
    assert chance @ score == pytest.approx([0, 0], abs=1e-11)
    assert (score * chance[:, None]).T @ score == pytest.approx(said.information[:, :, 0], abs=1e-12)


@BOTH
@given(GAPS, TIES)
def test_scores_are_derivatives_of_the_log_likelihood(model: Model, gap: float, tie: float) -> None:
    """Central differences, by the gap and by the parameter of ties."""
    step = 1e-5

    def logs(at: float, by: float) -> np.ndarray:
        chance = model(np.array([at]), by).probability
        assert chance is not None
        return np.asarray(np.log(chance[:, 0]))

    score = model(np.array([gap]), tie).score[:, :, 0]
    by_gap = (logs(gap + step, tie) - logs(gap - step, tie)) / (2 * step)
    by_tie = (logs(gap, tie + step) - logs(gap, tie - step)) / (2 * step)
    assert score[:, 0] == pytest.approx(by_gap, rel=1e-5, abs=1e-6)
    assert score[:, 1] == pytest.approx(by_tie, rel=1e-5, abs=1e-6)


# ── textbooks and other programs ──────────────────────────────────────────────────────────────────────────────────────


def pudding(known: dict[str, Any]) -> Games:
    """Davidson's chocolate puddings: counts per pair, all on one question."""
    data = {name: np.array(column) for name, column in known["data"].items()}
    zeros = np.zeros(len(data["i"]), np.int64)
    counts = [data[name].astype(float) for name in ("wins_i", "ties", "wins_j")]
    return of_shares(data["i"], data["j"], zeros, counts[0], counts[1], counts[2])


def test_davidson_1970_example_2(oracles: dict[str, Any]) -> None:
    """Printed worths lie up to 2e-5 from the maximum, where the iteration was stopped; the maximum itself is by scipy."""
    known = oracles["davidson_textbook"]
    found = rated(pudding(known), prior=math.inf)
    worth = np.exp(found.ratings.strength)
    assert worth / worth.sum() == pytest.approx(known["published"]["worth"], abs=3e-5)
    assert found.parameter == pytest.approx(known["published"]["nu"], abs=1e-5)
    exact = known["davidson_scipy"]
    assert found.ratings.strength == pytest.approx(exact["log_strength_centred"], abs=1e-10)
    assert found.parameter == pytest.approx(exact["nu"], rel=1e-10)
    assert found.ratings.tie == pytest.approx(exact["log_tie"], abs=1e-10)


def test_rao_kupper_on_the_same_puddings(oracles: dict[str, Any]) -> None:
    exact = oracles["rao_kupper"]["rao_kupper_scipy"]
    found = rated(pudding(oracles["davidson_textbook"]), rao_kupper, prior=math.inf)
    assert found.ratings.strength == pytest.approx(exact["log_strength_centred"], abs=1e-10)
    assert found.parameter == pytest.approx(exact["theta"], rel=1e-10)


@pytest.mark.parametrize("name", ["ties", "few_games"])
def test_both_models_equal_scipy_and_davidson_equals_newman(oracles: dict[str, Any], name: str) -> None:
    """evalica's Newman is Davidson with nu = 2 v (see evalica_notes)."""
    known = oracles["evalica"][name]
    first, second, outcome = (np.array(known[key]) for key in ("first", "second", "outcome"))
    games = of_rows(first, second, np.arange(len(first)), outcome)
    found = rated(games, prior=math.inf)
    assert found.ratings.strength == pytest.approx(known["newman"]["log_scores_centred"], abs=1e-9)
    assert found.parameter == pytest.approx(2 * known["newman"]["v"], rel=1e-9)
    assert found.ratings.strength == pytest.approx(known["davidson_scipy"]["log_strength_centred"], abs=1e-9)
    other = rated(games, rao_kupper, prior=math.inf)
    assert other.ratings.strength == pytest.approx(known["rao_kupper_scipy"]["log_strength_centred"], abs=1e-9)
    assert other.parameter == pytest.approx(known["rao_kupper_scipy"]["theta"], rel=1e-9)


# ── ratings with ties ─────────────────────────────────────────────────────────────────────────────────────────────────


@BOTH
def test_two_models_give_back_the_shares(model: Model) -> None:
    """Two parameters for two free shares: both models fit 12 wins, 9 ties and 5 losses exactly.

    With one game per question the interval of each share is that of its logit, sd 1 / sqrt((n - 1) p (1 - p)).
    """
    found = rated(two(12, 9, 5), model, prior=math.inf, confidence=0.9)
    chance = found.chances(0, 1)
    for (value, low, high), share in zip((chance.win, chance.tie, chance.loss), (12 / 26, 9 / 26, 5 / 26), strict=True):
        assert value == pytest.approx(share, abs=1e-10)
        middle, reach = math.log(share / (1 - share)), t_quantile(0.95, 25) / math.sqrt(25 * share * (1 - share))
        assert low == pytest.approx(1 / (1 + math.exp(reach - middle)), abs=1e-9)
        assert high == pytest.approx(1 / (1 + math.exp(-reach - middle)), abs=1e-9)


def test_parameters_of_equals_in_closed_form() -> None:
    """10 wins, 30 ties, 10 losses: nu = 2 · .6 / .4, and theta = 4, where ties take (theta - 1) / (theta + 1)."""
    assert rated(two(10, 30, 10)).parameter == pytest.approx(3, rel=1e-9)
    assert rated(two(10, 30, 10), rao_kupper).parameter == pytest.approx(4, rel=1e-9)


@BOTH
@pytest.mark.parametrize("prior", [3.0, math.inf])
def test_without_ties_strengths_are_those_of_bradley_and_terry(model: Model, prior: float) -> None:
    games = many()
    games = Games(4, games.questions, np.stack([games.counts[0], np.zeros_like(games.counts[1]), games.counts[2]]))
    found, plain = rated(games, model, prior=prior), rate(games, prior=prior)
    assert isinstance(plain, Ratings)
    assert found.parameter == (0.0 if model is davidson else 1.0)
    assert found.ratings.strength.tolist() == plain.strength.tolist()
    assert found.ratings.tie is None
    win, tie, loss = found.chances(0, 3).win, found.chances(0, 3).tie, found.chances(0, 3).loss
    assert tie[0] == pytest.approx(0, abs=1e-12)
    assert win[0] == pytest.approx(1 / (1 + math.exp(plain.strength[3] - plain.strength[0])), abs=1e-9)
    assert win[0] + loss[0] == pytest.approx(1, abs=1e-9)


@BOTH
def test_chances_are_ordered_and_mirrored(model: Model) -> None:
    found = rated(many(), model)
    for one in range(4):
        for other in range(4):
            if one == other:
                continue
            here, there = found.chances(one, other), found.chances(other, one)
            assert here.win == pytest.approx(there.loss, abs=1e-12)
            assert here.tie == pytest.approx(there.tie, abs=1e-12)
            assert here.win[0] + here.tie[0] + here.loss[0] == pytest.approx(1, abs=1e-12)
            for value, low, high in (here.win, here.tie, here.loss):
                assert 0 < low < value < high < 1


def test_davidson_says_what_half_wins_say() -> None:
    """Wins plus half the ties are sufficient in both (Davidson 1970): expected points equal those obtained."""
    games = many()
    found = rated(games, prior=math.inf)
    win, tie, loss = games.totals
    first, second = games.pairs
    chances = [found.chances(int(a), int(b)) for a, b in zip(first, second, strict=True)]
    expected = np.array([one.win[0] + one.tie[0] / 2 for one in chances]) * (win + tie + loss)
    points = np.bincount(first, expected, 4) + np.bincount(second, win + tie + loss - expected, 4)
    assert points == pytest.approx(games.points, abs=1e-8)
    assert sum(one.tie[0] * n for one, n in zip(chances, win + tie + loss, strict=True)) == pytest.approx(tie.sum())


def test_names_of_models_do_not_matter() -> None:
    games, name = many(), np.array([2, 0, 3, 1])
    first, second = games.pairs
    questions = np.arange(games.questions)
    spread = [np.repeat(name[side], games.questions) for side in (first, second)]
    shares = [games.counts[plane].ravel().astype(float) for plane in range(3)]
    again = of_shares(spread[0], spread[1], np.tile(questions, 6), shares[0], shares[1], shares[2])
    for model in MODELS.values():
        plain, renamed = rated(games, model), rated(again, model)
        assert renamed.ratings.strength[name] == pytest.approx(plain.ratings.strength, abs=1e-9)
        assert renamed.parameter == pytest.approx(plain.parameter, rel=1e-9)
        assert renamed.chances(0, 3).win == pytest.approx(plain.chances(1, 2).win, abs=1e-9)


@BOTH
@pytest.mark.parametrize("ties", [1000, 100_000])
def test_hardly_anything_but_ties_can_be_fitted(model: Model, ties: int) -> None:
    games = of_shares(*np.array([[0, 0], [1, 1], [0, 1]]), *np.array([[1.0, 0], [ties / 2, ties / 2], [0, 1.0]]))
    assert rated(games, model).parameter == pytest.approx(ties if model is davidson else ties + 1, rel=1e-6)
