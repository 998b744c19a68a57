from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from judge.stats.intervals import cluster_mean
from judge.stats.length import (
    RIDGE_STRENGTH,
    RIDGE_STYLE,
    LengthControlled,
    control,
    length_controlled,
    style_differences,
)
from judge.stats.logistic import fit, sigmoid

COUNTS = hnp.arrays(np.float64, (6, 3), elements=st.integers(0, 500).map(float))


# ── terms ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_terms_by_hand() -> None:
    """Lengths 99 to 9 and back are logs ±ln 10, both one sd; list items 3 to 1 are 2 of 5."""
    found = style_differences(np.array([[99.0, 3.0], [9.0, 0.0]]), np.array([[9.0, 1.0], [99.0, 0.0]]))
    assert found == pytest.approx(np.array([[math.tanh(1), 0.4], [-math.tanh(1), 0.0]]), rel=1e-12)


@given(COUNTS, COUNTS)
def test_swapping_the_sides_turns_the_signs(first: np.ndarray, second: np.ndarray) -> None:
    found = style_differences(first, second)
    assert style_differences(second, first) == pytest.approx(-found, abs=1e-15)
    assert (np.abs(found) < 1).all()


def test_equal_texts_and_none_have_terms_too() -> None:
    assert style_differences(np.full((2, 3), 7.0), np.full((2, 3), 7.0)).tolist() == [[0, 0, 0], [0, 0, 0]]
    assert style_differences(np.zeros((0, 3)), np.zeros((0, 3))).shape == (0, 3)


# ── control of several models ─────────────────────────────────────────────────────────────────────────────────────────

STRENGTH, TASTE = np.array([0.8, 0.2, -0.2, -0.8]), np.array([0.9, -0.4])
SURE = np.zeros((2, 2))  # the covariance of a taste that is known


def played(rows: int, questions: int, seed: int, taste: np.ndarray = TASTE, noise: float = 0.0) -> dict[str, Any]:
    """Games of four models; the stronger also write longer, which the first term counts."""
    random = np.random.default_rng(seed)
    first = random.integers(0, 4, rows)
    second = (first + random.integers(1, 4, rows)) % 4
    asked = random.integers(0, questions, rows)
    terms = np.tanh(random.normal(size=(rows, 2)) + np.outer(STRENGTH[first] - STRENGTH[second], [0.5, 0.0]))
    level = noise * random.normal(size=questions)[asked]
    share = sigmoid(STRENGTH[first] - STRENGTH[second] + terms @ taste + level)
    points = ((random.random(rows) < share).astype(float) + (random.random(rows) < share)) / 2
    return {"first": first, "second": second, "questions": asked, "points": points, "terms": terms, "models": 4}


def equal_style(games: dict[str, Any], model: int, taste: np.ndarray | None = None) -> float:
    """What a model's points would be by the true coefficients, over its own games."""
    side = np.where(games["first"] == model, 1.0, -1.0)
    logit = STRENGTH[games["first"]] - STRENGTH[games["second"]]
    logit = logit if taste is None else logit + games["terms"] @ taste
    return float(sigmoid(side * logit)[(games["first"] == model) | (games["second"] == model)].mean())


def test_known_coefficients_and_rates_at_equal_style_are_found() -> None:
    games = played(50_000, 2000, 1)
    found = control(**games)
    for at, true in enumerate(TASTE):
        assert found.common[at].value == pytest.approx(true, abs=0.03)
        assert abs(found.common[at].value - true) < 3 * found.common[at].standard_error
        assert found.coefficients[0, at] == found.common[at].value
    for model in range(4):
        at_equal, raw = found.controlled[model], found.raw[model]
        assert at_equal is not None
        assert raw is not None
        assert at_equal.value == pytest.approx(equal_style(games, model), abs=0.01)
        assert abs(at_equal.value - equal_style(games, model)) < 3 * at_equal.standard_error
        assert raw.value == pytest.approx(equal_style(games, model, TASTE), abs=0.01)
    # Style is worth points here: the strongest writes longest, which the judge likes.
    assert abs(equal_style(games, 0) - equal_style(games, 0, TASTE)) > 0.02
    assert found.calibrated is None


def test_what_was_judged_stays_what_it_was() -> None:
    games = played(300, 40, 2)
    found = control(**games)
    for model in range(4):
        mine = (games["first"] == model) | (games["second"] == model)
        own = np.where(games["first"] == model, games["points"], 1 - games["points"])
        assert found.raw[model] == cluster_mean(own[mine], games["questions"][mine])


def test_with_the_judges_own_taste_the_rates_are_those_judged() -> None:
    """Up to the ridge on strengths, exactly: at the maximum a model's points less its expected points are ridge · strength.

    So raw less calibrated is .1 · strength / games of the model: below 1e-3 here, and 0 for a model of mean strength.
    """
    games = played(600, 60, 3)
    own = control(**games).coefficients
    found = control(**games, people=(own, SURE))
    assert found.calibrated is not None
    rows = np.arange(600)
    design = np.zeros((600, 6))
    design[rows, games["first"]], design[rows, games["second"]] = 1.0, -1.0
    design[:, 4:] = games["terms"]
    strength = fit(
        design, games["points"], games["questions"], ridge=np.repeat([RIDGE_STRENGTH, RIDGE_STYLE], [4, 2])
    ).coefficients[:4]
    for model in range(4):
        raw, calibrated = found.raw[model], found.calibrated[model]
        assert raw is not None
        assert calibrated is not None
        pull = RIDGE_STRENGTH * strength[model] / raw.rows
        assert raw.value - calibrated.value == pytest.approx(pull, abs=1e-10)
        assert abs(pull) < 1e-3


def test_people_without_a_taste_are_equal_style() -> None:
    games = played(300, 40, 4)
    found = control(**games, people=(np.zeros((1, 2)), SURE))
    assert found.calibrated == found.controlled


def test_calibration_takes_away_only_what_people_would_not_give() -> None:
    """A judge of taste .9 where people's is .6: rates as people would give them, between raw and fully controlled."""
    games = played(50_000, 2000, 5, np.array([0.9, 0.0]))
    people = np.array([[0.6, 0.0]])
    found = control(**games, people=(people, SURE))
    assert found.calibrated is not None
    for model in range(4):
        raw, level, middle = found.raw[model], found.controlled[model], found.calibrated[model]
        assert raw is not None
        assert level is not None
        assert middle is not None
        assert middle.value == pytest.approx(equal_style(games, model, people[0]), abs=0.01)
        assert min(raw.value, level.value) < middle.value < max(raw.value, level.value)


def test_what_is_not_known_of_peoples_taste_widens_the_interval() -> None:
    """By the delta method: the mean slope of predictions along people's coefficients, times their covariance."""
    games, people = played(600, 60, 13), np.array([[0.5, 0.2]])
    covariance = np.array([[0.04, 0.01], [0.01, 0.09]])
    sure, unsure = control(**games, people=(people, SURE)), control(**games, people=(people, covariance))
    assert sure.calibrated is not None
    assert unsure.calibrated is not None
    design = np.zeros((600, 6))
    rows = np.arange(600)
    design[rows, games["first"]], design[rows, games["second"]] = 1.0, -1.0
    design[:, 4:] = games["terms"]
    ridge = np.repeat([RIDGE_STRENGTH, RIDGE_STYLE], [4, 2])
    strength = fit(design, games["points"], games["questions"], ridge=ridge).coefficients[:4]
    for model in range(4):
        side = np.where(games["first"] == model, 1.0, -1.0)
        mine = (games["first"] == model) | (games["second"] == model)
        gap = strength[games["first"]] - strength[games["second"]] + games["terms"] @ people[0]
        share = sigmoid(side * gap)
        slope = ((share * (1 - share) * side)[:, None] * games["terms"])[mine].mean(axis=0)
        one, other = sure.calibrated[model], unsure.calibrated[model]
        assert one is not None
        assert other is not None
        assert other.value == one.value == pytest.approx(share[mine].mean(), rel=1e-9)
        assert other.standard_error**2 - one.standard_error**2 == pytest.approx(slope @ covariance @ slope, rel=1e-6)


def test_groups_have_their_own_taste_shrunk_to_the_common_one() -> None:
    """5,000 games in group 0 that likes length, 5,000 in group 1 that does not, 12 in group 2: these borrow."""
    likes, not_so = played(5000, 200, 6, np.array([1.2, 0.0])), played(5000, 200, 7, np.array([0.2, 0.0]))
    few = played(12, 6, 8, np.array([0.2, 0.0]))
    games = {
        name: np.concatenate([part[name] for part in (likes, not_so, few)])
        for name in ("first", "second", "questions", "points", "terms")
    }
    groups = np.repeat([0, 1, 2], [5000, 5000, 12])
    found = control(**games, models=4, groups=groups)
    assert found.coefficients.shape == (3, 2)
    assert found.coefficients[:2, 0] == pytest.approx([1.2, 0.2], abs=0.12)
    assert found.common[0].value == pytest.approx(0.7, abs=0.25)
    assert abs(found.coefficients[2, 0] - found.common[0].value) < 0.6
    # Each coefficient is the common one and its own: their covariance is that of the sum.
    assert found.covariance.shape == (6, 6)
    assert (np.sqrt(np.diag(found.covariance))[:4] < 0.1).all()
    assert np.sqrt(found.covariance[4, 4]) > 0.1
    one = control(**likes)
    assert np.sqrt(np.diag(one.covariance)) == pytest.approx([at.standard_error for at in one.common])
    assert control(**likes, groups=np.zeros(5000, np.int64)).coefficients == pytest.approx(one.coefficients)


def test_sides_order_and_names_do_not_matter() -> None:
    games, name = played(300, 40, 9), np.array([2, 0, 3, 1])
    people = np.array([[0.4, 0.1]]), np.diag([0.04, 0.01])
    plain = control(**games, people=people)
    mixed = np.random.default_rng(9).permutation(300)
    again = control(
        name[games["second"]][mixed],
        name[games["first"]][mixed],
        1000 - games["questions"][mixed],
        1 - games["points"][mixed],
        -games["terms"][mixed],
        4,
        people=people,
    )
    assert again.coefficients == pytest.approx(plain.coefficients, abs=1e-9)
    assert again.calibrated is not None
    assert plain.calibrated is not None
    for model in range(4):
        for one, two in (
            (plain.raw[model], again.raw[name[model]]),
            (plain.controlled[model], again.controlled[name[model]]),
            (plain.calibrated[model], again.calibrated[name[model]]),
        ):
            assert one is not None
            assert two is not None
            assert (two.value, two.low, two.high) == pytest.approx((one.value, one.low, one.high), abs=1e-9)


def test_a_model_without_games_has_no_rate() -> None:
    games = played(300, 40, 10) | {"models": 5}
    found = control(**games, people=(np.zeros((1, 2)), SURE))
    assert found.raw[4] is None
    assert found.controlled[4] is None
    assert found.calibrated is not None
    assert found.calibrated[4] is None


def test_the_error_at_equal_style_is_that_of_a_question_bootstrap() -> None:
    games = played(1200, 100, 11, noise=1.0)
    found = control(**games).controlled[0]
    assert found is not None
    members = [np.flatnonzero(games["questions"] == one) for one in range(100)]
    random, values = np.random.default_rng(12), []
    for _ in range(200):
        rows = np.concatenate([members[one] for one in random.integers(0, 100, 100)])
        again = control(**{key: games[key][rows] for key in games if key != "models"}, models=4).controlled[0]
        assert again is not None
        values.append(again.value)
    assert found.standard_error == pytest.approx(np.std(values), rel=0.12)


# ── length-controlled win rate against a baseline ─────────────────────────────────────────────────────────────────────


def alpaca(rows: int, seed: int = 20, w_len: float = -0.8) -> dict[str, Any]:
    """Preferences for a model against a baseline; questions have codes far from their rows, and difficulties."""
    random = np.random.default_rng(seed)
    codes = 3 * np.arange(rows) + 100
    difficulty = {int(code): float(one) for code, one in zip(codes, random.normal(0, 1, rows), strict=True)}
    base, own = random.gamma(4, 300, rows), random.gamma(4, 400, rows)
    term = np.tanh((base - own) / (base - own).std(ddof=1))
    logit = w_len * term + 0.9 * np.array(list(difficulty.values())) + 0.4
    share = sigmoid(logit + random.normal(0, 0.5, rows))
    preference = np.clip(share + random.normal(0, 0.05, rows), 0, 1)
    return {
        "preference": preference,
        "length": own,
        "baseline_length": base,
        "questions": codes,
        "difficulty": difficulty,
    }


def controlled(games: dict[str, Any], **settings: Any) -> LengthControlled:
    found = length_controlled(**(games | settings))
    assert found is not None
    return found


def taken(games: dict[str, Any], rows: np.ndarray) -> dict[str, Any]:
    """The same games, some rows in some order; difficulties stay keyed by question."""
    return games | {key: games[key][rows] for key in ("preference", "length", "baseline_length", "questions")}


def test_a_known_effect_of_length_is_found() -> None:
    """50,000 rows whose logit is exactly -.8 · term + .9 · difficulty + .4, answered 0 or 1."""
    games = alpaca(50_000)
    base, own = games["baseline_length"], games["length"]
    term = np.tanh((base - own) / (base - own).std(ddof=1))
    hard = np.array(list(games["difficulty"].values()))
    share = sigmoid(-0.8 * term + 0.9 * hard + 0.4)
    games["preference"] = (np.random.default_rng(21).random(50_000) < share).astype(float)
    found = controlled(games)
    assert found.length.value == pytest.approx(-0.8, abs=0.03)
    assert abs(found.length.value + 0.8) < 3 * found.length.standard_error
    truth = float(sigmoid(0.9 * hard + 0.4).mean())
    assert found.controlled.value == pytest.approx(truth, abs=0.005)
    assert abs(found.controlled.value - truth) < 3 * found.controlled.standard_error
    assert found.raw == cluster_mean(games["preference"], games["questions"])
    assert found.raw.value - found.controlled.value > 0.03  # the longer answers had been liked for that


def test_the_own_error_is_that_of_a_question_bootstrap() -> None:
    """Within 10 %; the published one, sd of predictions / sqrt n, leaves out that coefficients are estimated."""
    games = alpaca(400)
    found = controlled(games)
    random = np.random.default_rng(22)
    values = [controlled(taken(games, random.integers(0, 400, 400))).controlled.value for _ in range(300)]
    assert found.controlled.standard_error == pytest.approx(np.std(values), rel=0.1)
    assert found.controlled.clusters == 400


def test_rows_may_stand_in_any_order() -> None:
    games = alpaca(300)
    plain, mixed = controlled(games), controlled(taken(games, np.random.default_rng(23).permutation(300)))
    for one, two in ((plain.raw, mixed.raw), (plain.controlled, mixed.controlled), (plain.length, mixed.length)):
        assert (two.value, two.low, two.high) == pytest.approx((one.value, one.low, one.high), abs=1e-9)


def test_difficulties_stay_with_their_questions_where_rows_are_missing() -> None:
    """Three of 805 rows missing, as for six models of AlpacaEval: looked up by row position they would slip.

    Left out at the front, every later row would take another question's difficulty, and the fit would lose it.
    """
    games = alpaca(805)
    kept = np.arange(3, 805)
    found = controlled(taken(games, kept))
    known = np.array(list(games["difficulty"].values()))
    gap = (games["baseline_length"] - games["length"])[kept]
    term = np.tanh(gap / gap.std(ddof=1))
    by_question, by_position = (
        fit(np.column_stack([term, hard, np.ones(802)]), games["preference"][kept], kept)
        for hard in (known[kept], known[:802])
    )
    assert by_question.coefficients == pytest.approx([-0.8, 0.9, 0.4], abs=0.15)
    assert abs(by_position.coefficients[1]) < 0.1
    assert found.length.value == pytest.approx(by_question.coefficients[0], rel=1e-9)
    assert abs(by_position.coefficients[0] - found.length.value) > 0.05
    expected = sigmoid(known[kept] * by_question.coefficients[1] + by_question.coefficients[2]).mean()
    assert found.controlled.value == pytest.approx(expected, rel=1e-9)
    wrong = sigmoid(known[:802] * by_position.coefficients[1] + by_position.coefficients[2]).mean()
    assert abs(wrong - found.controlled.value) > 0.001


def test_questions_without_a_difficulty_take_none() -> None:
    games = alpaca(300)
    half = {code: hard for code, hard in games["difficulty"].items() if code % 2}
    zeros = dict.fromkeys(games["difficulty"], 0.0) | half
    assert controlled(games, difficulty=half) == controlled(games, difficulty=zeros)
    assert controlled(games, difficulty=None) == controlled(games, difficulty={})


def gamed(games: dict[str, Any], liking: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A verbose or concise variant of the baseline: preference, length difference, questions."""
    random = np.random.default_rng(seed)
    rows = len(games["questions"])
    difference = random.normal(0, 300, rows)
    return sigmoid(liking * np.tanh(difference / difference.std(ddof=1))), difference, games["questions"]


def test_gamed_rows_pull_the_coefficient_of_length() -> None:
    """Variants judged by their length alone pull towards that effect, those judged equal towards none."""
    games = alpaca(300)
    plain = controlled(games).length.value
    more = controlled(games, gamed=[gamed(games, -3.0, 24), gamed(games, -3.0, 25)]).length.value
    none = controlled(games, gamed=[gamed(games, 0.0, 24), gamed(games, 0.0, 25)]).length.value
    assert -3 < more < plain - 0.05
    assert plain + 0.05 < none < 0


def test_gamed_rows_weigh_a_fifth_together_and_say_nothing_of_the_model() -> None:
    """As a fit with weights, their strength term switched off; the rate is the mean over the model's own rows."""
    games = alpaca(200)
    variants = [gamed(games, -1.0, 26), gamed(games, -2.0, 27)]
    found = controlled(games, gamed=variants)
    hard = np.array([games["difficulty"][int(one)] for one in games["questions"]])
    own = games["baseline_length"] - games["length"]
    parts = [np.column_stack([np.tanh(own / own.std(ddof=1)), hard, np.ones(200)])]
    parts += [np.column_stack([np.tanh(gap / gap.std(ddof=1)), hard, np.zeros(200)]) for _, gap, _ in variants]
    points = np.concatenate([games["preference"], *(said for said, _, _ in variants)])
    weights = np.repeat([1.0, 0.1, 0.1], 200)
    by_hand = fit(np.vstack(parts), points, np.tile(games["questions"], 3), weights=weights)
    assert found.length == by_hand.coefficient(0)
    expected = sigmoid(hard * by_hand.coefficients[1] + by_hand.coefficients[2]).mean()
    assert found.controlled.value == pytest.approx(expected, rel=1e-12)
    assert found.controlled.rows == 200


def test_answers_all_of_one_length_leave_nothing_to_control() -> None:
    games = alpaca(200) | {"difficulty": None}
    games |= {"length": np.full(200, 700.0), "baseline_length": np.full(200, 500.0)}
    found = controlled(games)
    assert found.controlled.value == pytest.approx(found.raw.value, abs=1e-9)
    assert found.length.value == 0


def test_one_row_and_none() -> None:
    games = alpaca(2)
    one = controlled(taken(games, np.array([0])))
    assert (one.controlled.low, one.controlled.high) == (0.0, 1.0)
    nothing = {key: games[key][:0] for key in ("preference", "length", "baseline_length", "questions")}
    assert length_controlled(**nothing) is None
