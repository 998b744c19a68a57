from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from judge.stats.bradley_terry import Ratings, bootstrap, rate
from judge.stats.elo import sequential
from judge.stats.games import Games, NotIdentified, of_rows
from judge.stats.intervals import t_quantile
from judge.stats.ties import rate_with_ties

Row: TypeAlias = tuple[int, int, int, int]  # first, second, question, outcome
MODELS, QUESTIONS = 4, 5
LINKS: list[Row] = [(0, 1, 0, 1), (1, 2, 0, 1), (2, 3, 0, 1)]  # ties that bound every strength on both sides
ROWS = st.lists(
    st.tuples(
        st.integers(0, MODELS - 1),
        st.integers(1, MODELS - 1),
        st.integers(0, QUESTIONS - 1),
        st.sampled_from([0, 1, 2]),
    ).map(lambda row: (row[0], (row[0] + row[1]) % MODELS, row[2], row[3])),
    min_size=1,
    max_size=30,
)
PRIORS = st.sampled_from([3.0, math.inf])


def counted(rows: list[Row], models: int = MODELS, questions: int = QUESTIONS) -> Games:
    return of_rows(*np.array(rows, np.int64).reshape(-1, 4).T, models, questions)


def rated(games: Games, **settings: Any) -> Ratings:
    found = rate(games, **settings)
    assert isinstance(found, Ratings)
    return found


def linked(rows: list[Row]) -> Games:
    """Games that determine finite strengths even without a prior."""
    games = counted(rows + LINKS)
    assume(games.fault() is None)
    return games


def two(won: int, tied: int, lost: int) -> Games:
    """Two models, one game per question."""
    outcome = np.repeat([2, 1, 0], [won, tied, lost])
    zero = np.zeros(len(outcome), np.int64)
    return of_rows(zero, zero + 1, np.arange(len(outcome)), outcome)


# ── recorded scores and other programs ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Food:
    """Thirty recorded votes, and the scores that evalica publishes for them."""

    names: list[str]
    first: np.ndarray
    second: np.ndarray
    outcome: np.ndarray
    golden: dict[str, list[float]]

    @property
    def games(self) -> Games:
        return of_rows(self.first, self.second, np.arange(len(self.first)), self.outcome)


@pytest.fixture(scope="module")
def food(recorded: Path) -> Food:
    folder = recorded / "rating_small"
    votes = list(csv.DictReader((folder / "food.csv").read_text(encoding="utf-8").splitlines()))
    names = sorted({vote[side] for vote in votes for side in ("left", "right")})
    outcome = {"left": 2, "tie": 1, "right": 0}
    scores = list(csv.DictReader((folder / "food_golden_scores.csv").read_text(encoding="utf-8").splitlines()))
    by_item = {(row["algorithm"], row["item"]): float(row["score"]) for row in scores}
    return Food(
        names,
        np.array([names.index(vote["left"]) for vote in votes]),
        np.array([names.index(vote["right"]) for vote in votes]),
        np.array([outcome[vote["winner"]] for vote in votes]),
        {row["algorithm"]: [by_item[row["algorithm"], name] for name in names] for row in scores},
    )


@pytest.mark.recorded
def test_recorded_counts(food: Food) -> None:
    assert food.games.points.tolist() == food.golden["counting"]


@pytest.mark.recorded
def test_recorded_average_win_rates(food: Food) -> None:
    """The mean over opponents of the win rate against each, ties half."""
    win, tie, loss = food.games.totals
    first, second = food.games.pairs
    share = (win + tie / 2) / (win + tie + loss)
    against = np.bincount(first, share, 5) + np.bincount(second, 1 - share, 5)
    assert against / 4 == pytest.approx(food.golden["average_win_rate"], rel=1e-10)


@pytest.mark.recorded
def test_recorded_bradley_terry(food: Food) -> None:
    worth = np.exp(rated(food.games, prior=math.inf).strength)
    assert worth / worth.sum() == pytest.approx(food.golden["bradley_terry"], rel=1e-10)


@pytest.mark.recorded
def test_recorded_newman_is_davidson_up_to_a_factor(food: Food) -> None:
    """Two of the thirty votes are ties; evalica scales these scores in another way."""
    with_ties = rate_with_ties(food.games, prior=math.inf)
    assert not isinstance(with_ties, NotIdentified)
    golden = np.log(food.golden["newman"])
    assert with_ties.ratings.strength == pytest.approx(golden - golden.mean(), abs=1e-10)


@pytest.mark.recorded
def test_recorded_elo(food: Food) -> None:
    found = sequential(food.first, food.second, food.outcome / 2, 5)
    assert found == pytest.approx(food.golden["elo"], rel=1e-13)


@pytest.mark.parametrize("name", ["no_ties", "ties", "few_games"])
def test_strengths_are_those_of_evalica(oracles: dict[str, Any], name: str) -> None:
    known = oracles["evalica"][name]
    first, second, outcome = (np.array(known[key]) for key in ("first", "second", "outcome"))
    found = rated(of_rows(first, second, np.arange(len(first)), outcome), prior=math.inf)
    assert found.strength == pytest.approx(known["bradley_terry"]["log_scores_centred"], abs=1e-9)


@pytest.mark.parametrize("case", range(3))
def test_covariance_is_that_of_statsmodels(oracles: dict[str, Any], case: int) -> None:
    """There the last model is the reference with strength 0, here strengths are centred: differences to it are compared.

    statsmodels' plain sandwich times G / (G - 1), `covariance_g`, is ours; its own small-sample factor has (N - 1) / (N - K)
    on top, which counts rows as if they were independent.
    """
    known = oracles["statsmodels_cluster"]["logistic"][case]
    first, second, question = (np.array(known[key]) for key in ("first", "second", "question"))
    outcome = np.rint(2 * np.array(known["y"])).astype(np.int64)
    found = rated(of_rows(first, second, question, outcome), prior=math.inf)
    items = known["items"]
    to_reference = np.eye(items)[:-1] - np.eye(items)[-1]
    assert to_reference @ found.strength == pytest.approx(known["coefficients"], abs=1e-9)
    assert found.freedom == known["clusters"] - 1
    covariance = to_reference @ found.covariance @ to_reference.T
    assert covariance == pytest.approx(np.array(known["covariance_g"]), rel=1e-9, abs=1e-12)
    error = np.sqrt(np.diag(known["covariance_g"]))
    assert found.difference_error[:-1, -1] == pytest.approx(error, rel=1e-9)


# ── closed forms ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("won", "tied", "lost"), [(9, 0, 3), (9, 4, 3), (1, 1, 30), (200, 0, 100)])
def test_two_models_have_the_log_odds(won: int, tied: int, lost: int) -> None:
    found = rated(two(won, tied, lost), prior=math.inf)
    half = math.log((won + tied / 2) / (lost + tied / 2)) / 2
    assert found.strength == pytest.approx([half, -half], abs=1e-12)
    assert found.elo(found.strength)[0] - found.elo(found.strength)[1] == pytest.approx(800 / math.log(10) * half)


@pytest.mark.parametrize(("won", "tied", "lost"), [(9, 0, 3), (9, 4, 3), (30, 0, 70)])
def test_error_of_two_models_in_closed_form(won: int, tied: int, lost: int) -> None:
    """With one game per question the sandwich of log odds is sd / (p q sqrt n); without ties 1 / sqrt((n - 1) p q)."""
    points = np.repeat([1.0, 0.5, 0.0], [won, tied, lost])
    n, share = len(points), points.mean()
    error = points.std(ddof=1) / (share * (1 - share) * math.sqrt(n))
    if not tied:
        assert error == pytest.approx(1 / math.sqrt((n - 1) * share * (1 - share)), rel=1e-12)
    found = rated(two(won, tied, lost), prior=math.inf, confidence=0.9)
    assert found.difference_error[0, 1] == pytest.approx(error, rel=1e-10)
    assert found.standard_error == pytest.approx([error / 2, error / 2], rel=1e-10)
    assert (found.questions, found.freedom) == (n, n - 1)
    assert found.high - found.strength == pytest.approx(np.full(2, t_quantile(0.95, n - 1) * error / 2), rel=1e-10)
    assert found.strength - found.low == pytest.approx(found.high - found.strength)


def test_the_prior_pulls_as_a_normal_of_its_sd_does() -> None:
    """At the maximum the score of the games equals strength / sd²."""
    for prior in (0.2, 3.0, 100.0):
        found = rated(two(9, 4, 3), prior=prior)
        expected = 16 / (1 + math.exp(found.strength[1] - found.strength[0]))
        assert 11 - expected == pytest.approx(found.strength[0] / prior**2, abs=1e-9)


def test_the_error_under_a_prior_in_closed_form() -> None:
    """Per strength 4 n s² / (4 n p q + 2 / sd²)², s the sd of points about their own mean: the prior's pull is no residual."""
    points = np.repeat([1.0, 0.5, 0.0], [9, 4, 3])
    found = rated(two(9, 4, 3), prior=0.5)
    share = 1 / (1 + math.exp(found.strength[1] - found.strength[0]))
    information = 4 * 16 * share * (1 - share) + 2 / 0.5**2
    error = math.sqrt(4 * 16 * points.var(ddof=1)) / information
    assert found.standard_error == pytest.approx([error, error], rel=1e-10)


def test_a_strength_of_ln_10_is_400_points() -> None:
    found = rated(two(100, 0, 1), prior=math.inf)
    assert found.elo(np.array([0.0, math.log(10), -2 * math.log(10)])).tolist() == pytest.approx([1000, 1400, 200])
    assert found.elo(np.array([math.inf, -math.inf]), centre=0).tolist() == [math.inf, -math.inf]


# ── invariances ───────────────────────────────────────────────────────────────────────────────────────────────────────


@given(ROWS, st.permutations(range(MODELS)), PRIORS)
def test_names_of_models_do_not_matter(rows: list[Row], name: list[int], prior: float) -> None:
    plain = rated(linked(rows), prior=prior)
    again = rated(counted([(name[a], name[b], q, o) for a, b, q, o in rows + LINKS]), prior=prior)
    assert again.strength[name] == pytest.approx(plain.strength, abs=1e-9)
    assert again.covariance[np.ix_(name, name)] == pytest.approx(plain.covariance, rel=1e-6, abs=1e-9, nan_ok=True)
    assert plain.strength.sum() == pytest.approx(0, abs=1e-9)


@given(ROWS, PRIORS)
def test_neither_sides_nor_names_of_questions_nor_order_matter(rows: list[Row], prior: float) -> None:
    plain = rated(linked(rows), prior=prior)
    turned = [(b, a, QUESTIONS - 1 - q, 2 - o) for a, b, q, o in reversed(rows + LINKS)]
    again = rated(counted(turned), prior=prior)
    assert again.strength == pytest.approx(plain.strength, abs=1e-10)
    assert again.low == pytest.approx(plain.low, abs=1e-8)
    assert again.high == pytest.approx(plain.high, abs=1e-8)


@given(ROWS)
def test_asking_every_question_twice_halves_the_variance(rows: list[Row]) -> None:
    """Up to the factor Q / (Q - 1), which becomes 2Q / (2Q - 1). With a prior, twice the games would also weigh more."""
    games = linked(rows)
    plain = rated(games, prior=math.inf)
    twice = rated(Games(MODELS, 2 * QUESTIONS, np.concatenate([games.counts] * 2, axis=2)), prior=math.inf)
    assert twice.strength == pytest.approx(plain.strength, abs=1e-8)
    asked = games.asked
    if asked > 1:
        factor = (2 * asked / (2 * asked - 1)) / (asked / (asked - 1)) / 2
        assert twice.covariance == pytest.approx(factor * plain.covariance, rel=1e-6, abs=1e-9)


@given(ROWS, st.integers(2, 9))
def test_more_games_on_the_same_questions_narrow_nothing(rows: list[Row], times: int) -> None:
    """Every game of a question repeated is the same question: only the prior could tell."""
    games = linked(rows)
    plain = rated(games, prior=math.inf)
    more = rated(Games(MODELS, QUESTIONS, games.counts * times), prior=math.inf)
    assert more.strength == pytest.approx(plain.strength, abs=1e-8)
    assert more.covariance == pytest.approx(plain.covariance, rel=1e-6, abs=1e-9, nan_ok=True)


@given(ROWS, st.integers(0, 30))
def test_parts_of_a_file_add_up(rows: list[Row], cut: int) -> None:
    games = linked(rows)
    parts = [counted(part).counts for part in ((rows + LINKS)[:cut], (rows + LINKS)[cut:])]
    again = rated(Games(MODELS, QUESTIONS, parts[0] + parts[1]))
    assert again.strength.tolist() == rated(games).strength.tolist()


@given(ROWS)
def test_a_mirror_turns_strengths_round(rows: list[Row]) -> None:
    games = linked(rows)
    plain, mirror = rated(games), rated(Games(MODELS, QUESTIONS, games.counts[::-1]))
    assert mirror.strength == pytest.approx(-plain.strength, abs=1e-9)
    assert mirror.low == pytest.approx(-plain.high, abs=1e-8)


# ── where games set no bound ──────────────────────────────────────────────────────────────────────────────────────────


def unbeaten() -> Games:
    """Model 3 beats all others on ten questions; these win and lose among themselves."""
    rows: list[Row] = []
    for question in range(10):
        rows += [(3, 0, question, 2), (1, 3, question, 0), (3, 2, question, 2)]
        rows += [(0, 1, question, 2 * (question % 3 > 0)), (1, 2, question, 2 * (question % 2)), (0, 2, question, 1)]
    return counted(rows, questions=10)


def test_an_unbeaten_candidate_has_no_ceiling_and_a_finite_strength() -> None:
    found = rated(unbeaten())
    assert found.no_ceiling.tolist() == [False, False, False, True]
    assert not found.no_floor.any()
    assert found.high[3] == math.inf
    assert np.isfinite(found.high[:3]).all()
    assert np.isfinite(found.low).all()
    # 30 wins of 30 at a prior of sd 3: score of the games equals strength / 9.
    expected = 1 / (1 + np.exp(found.strength[:3] - found.strength[3]))
    assert 10 * (1 - expected).sum() == pytest.approx(found.strength[3] / 9, abs=1e-9)
    assert found.strength[3] == pytest.approx(3.29858, abs=1e-5)  # scipy.optimize on the same likelihood
    assert found.strength[3] - found.strength[:3].max() > 3
    # Residuals of a row of wins are nearly nothing; the interval must not be.
    assert found.strength[3] - found.low[3] > 1.5


def test_a_winless_candidate_is_its_mirror_image() -> None:
    games = unbeaten()
    plain, mirror = rated(games), rated(Games(4, 10, games.counts[::-1]))
    assert mirror.no_floor.tolist() == [False, False, False, True]
    assert not mirror.no_ceiling.any()
    assert mirror.low[3] == -math.inf
    assert mirror.strength == pytest.approx(-plain.strength, abs=1e-9)
    assert mirror.high[3] == pytest.approx(-plain.low[3], abs=1e-9)


@pytest.mark.parametrize("games", [20, 100])
def test_where_all_went_one_way_the_interval_is_no_point(games: int) -> None:
    """Without residuals the sandwich is 0; the curvature speaks instead."""
    found = rated(two(games, 0, 0))
    assert (found.standard_error > 0.3).all()
    assert 1 / (1 + math.exp(found.strength[1] - found.strength[0])) > 0.97


def test_one_question_says_nothing_of_others() -> None:
    found = rated(counted([(0, 1, 0, 2), (1, 0, 0, 2), (1, 0, 0, 2), (1, 2, 0, 2), (2, 1, 0, 2), (2, 3, 0, 1)]))
    assert np.isfinite(found.strength).all()
    assert (found.low == -math.inf).all()
    assert (found.high == math.inf).all()
    assert (found.questions, found.freedom) == (1, 0)


@pytest.mark.parametrize(
    ("rows", "models", "why"),
    [
        ([], 1, "one model"),
        ([], 2, "no games"),
        ([(0, 1, 0, 2)], 3, "disconnected"),
        ([(0, 1, 0, 1), (0, 1, 1, 1)], 2, "all ties"),
    ],
)
def test_what_is_not_determined_is_said(rows: list[Row], models: int, why: str) -> None:
    games = counted(rows, models)
    for found in (rate(games), rate_with_ties(games), bootstrap(games, 10)):
        assert isinstance(found, NotIdentified)
        assert found.why == why


@pytest.mark.parametrize(
    "wrong", [{"prior": 0.0}, {"prior": -1.0}, {"prior": math.nan}, {"confidence": 1.0}, {"confidence": 0.0}]
)
def test_settings_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="prior > 0 and 0 < confidence < 1"):
        rate(two(3, 0, 1), **wrong)


# ── bootstrap ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def played(questions: int, seed: int = 5) -> Games:
    """Five models meet on all questions, on which each is better or worse than usual."""
    random = np.random.default_rng(seed)
    strength = np.array([0.8, 0.3, 0.0, -0.3, -0.8]) + random.normal(0, 1, (questions, 5))
    first, second = np.triu_indices(5, 1)
    seen = (strength[:, first] - strength[:, second]).T + random.logistic(size=(10, questions))
    win, loss = (seen > 0.5).astype(np.int64), (seen < -0.5).astype(np.int64)
    return Games(5, questions, np.stack([win, 1 - win - loss, loss]))


@pytest.mark.parametrize("prior", [3.0, math.inf])
def test_the_bootstrap_agrees_with_the_sandwich(prior: float) -> None:
    games = played(200)
    found, drawn = rated(games, prior=prior), bootstrap(games, 2000, seed=1, prior=prior)
    assert isinstance(drawn, np.ndarray)
    assert drawn.shape == (2000, 5)
    assert drawn.sum(axis=1) == pytest.approx(np.zeros(2000), abs=1e-9)
    # 2,000 rounds: Monte-Carlo error of a mean 1/45 sd, of an sd 1.6 %; the bias of log odds is of order 1/Q.
    assert drawn.mean(axis=0) == pytest.approx(found.strength, abs=0.12 * float(found.standard_error.max()))
    assert drawn.std(axis=0) == pytest.approx(found.standard_error, rel=0.06)
    gap = drawn[:, 0] - drawn[:, 4]
    assert gap.std() == pytest.approx(found.difference_error[0, 4], rel=0.06)


def test_the_bootstrap_solves_every_resample() -> None:
    """Each round is the rating of the questions drawn, as often as they were drawn."""
    games = played(12)
    drawn = bootstrap(games, 6, seed=3)
    assert isinstance(drawn, np.ndarray)
    weight = np.random.default_rng(3).multinomial(12, np.full(12, 1 / 12), 6)
    for row, times in zip(drawn, weight, strict=True):
        assert row == pytest.approx(rated(Games(5, 12, games.counts * times)).strength, abs=1e-4)


def test_a_seed_fixes_the_bootstrap() -> None:
    games = played(20)
    one, same, other = (bootstrap(games, 300, seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_the_bootstrap_of_one_question_does_not_move() -> None:
    games = counted([(0, 1, 0, 2), (1, 0, 0, 2), (1, 0, 0, 2), (1, 2, 0, 2), (2, 1, 0, 2), (2, 3, 0, 1)])
    drawn = bootstrap(games, 5)
    assert isinstance(drawn, np.ndarray)
    for row in drawn:
        assert row == pytest.approx(rated(games).strength, abs=1e-5)


@settings(max_examples=30)
@given(ROWS)
def test_games_of_any_shape_give_finite_strengths(rows: list[Row]) -> None:
    """With a prior, whatever is won or lost."""
    games = counted(rows)
    found = rate(games)
    if isinstance(found, Ratings):
        assert np.isfinite(found.strength).all()
        assert (found.low <= found.strength).all()
        assert (found.strength <= found.high).all()
        drawn = bootstrap(games, 20)
        assert isinstance(drawn, np.ndarray)
        assert np.isfinite(drawn).all()
