from __future__ import annotations

import importlib
import inspect
import math
import pkgutil
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import judge.review
import judge.stats
from judge.review.sampling import draw, mixture
from judge.stats import prediction_powered
from judge.stats.intervals import Estimate, cluster_mean, t_quantile, wilson
from judge.stats.pooled import Pooled, pooled
from judge.stats.prediction_powered import (
    FEW,
    FOLDS,
    RIDGE,
    Audits,
    Corrected,
    Predicted,
    calibrated,
    correct,
    ridged,
    shared_tuning,
)

VERDICTS = np.array([0.0, 0.5, 1.0])


def audited(at: Any, people: np.ndarray, probability: Any, batch: Any = 0) -> Audits:
    """Audits of some positions, people's values taken from those of everything."""
    at = np.asarray(at, np.int64)
    chance = np.broadcast_to(np.asarray(probability, np.float64), at.shape).copy()
    return Audits(at, people[at], chance, np.broadcast_to(np.asarray(batch, np.int64), at.shape).copy())


def corrected(said: np.ndarray, audits: Audits, questions: np.ndarray | None = None, **options: Any) -> Corrected:
    found = correct(
        said,
        Predicted.as_said(said, audits),
        audits,
        np.arange(len(said)) if questions is None else questions,
        **{"target": "bank", **options},
    )
    assert found is not None
    return found


def known(estimate: Estimate | None) -> Estimate:
    assert estimate is not None
    return estimate


def holds(estimate: Estimate | None, truth: float) -> bool:
    return known(estimate).low <= truth <= known(estimate).high


def slack(replicates: int) -> float:
    return 2.58 * math.sqrt(0.95 * 0.05 / replicates)


def world(random: np.random.Generator, count: int, favour: float = 0.4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """People's verdicts, those of a judge that favours the first, and the judge's margin, small where it errs."""
    strength = random.normal(0.3, 1.2, count)
    people = np.where(random.random(count) < 0.2, 0.5, random.random(count) < 1 / (1 + np.exp(-strength)))
    margin = strength + favour + random.normal(0, 1.2, count)
    return people.astype(np.float64), np.where(np.abs(margin) < 0.3, 0.5, margin > 0).astype(np.float64), margin


# ── by hand ───────────────────────────────────────────────────────────────────────────────────────────────────────────

SAID = np.array([1.0, 1, 1, 1, 1, 1, 1, 0, 0, 0])
PEOPLE = np.array([1.0, 0.5, 0, 0, 0, 0, 0, 0.5, 0, 0])


def test_a_worked_example() -> None:
    """People 1, .5 where the judge says 1 and .5, 0 where it says 0: half of a verdict counts, of ten .7 are for the first.

    So .5 + .5 (.7 - .5) = .6; errors ±.25, four of them, two fitted: .25 / (4 · 2) · (1 - 4/10).
    """
    found = corrected(SAID, audited([0, 1, 7, 8], PEOPLE, 0.4))
    assert found.tuning == pytest.approx(0.5)
    assert found.corrected.value == pytest.approx(0.6)
    assert found.corrected.standard_error == pytest.approx(math.sqrt(0.01875))
    low, high = wilson(0.6, 0.24 / 0.01875, t_quantile(0.975, 2))
    assert (found.corrected.low, found.corrected.high) == pytest.approx((low, high))
    assert found.people.value == pytest.approx(0.5)
    assert found.people.standard_error == pytest.approx(math.sqrt(0.6 * 0.5 / 3 / 4))
    assert found.saved == pytest.approx(1 - 0.01875 / 0.025)
    assert found.rho == pytest.approx(0.5 / math.sqrt(0.5))
    assert found.judge.low == found.judge.value == found.judge.high == pytest.approx(0.7)
    assert (found.audits, found.population, found.target) == (4, 10, "bank")


def test_unequal_chances_by_hand() -> None:
    """Weights 2, 2, 4, 4: (2 + 4) / 12. Variance Σ (1 - p) e² / p² = 28 / 4, over 12², times m / (m - 1).

    The four are left to chance by .5, .5, .75, .75: worth m = 2.5² / 1.625 = 3.85 of them.
    """
    people = np.array([1.0, 0, 1, 0, 0.5, 0.5, 0.5, 0.5])
    found = corrected(np.full(8, 0.5), audited([0, 1, 2, 3], people, [0.5, 0.5, 0.25, 0.25])).people
    assert found.value == pytest.approx(0.5)
    assert found.standard_error == pytest.approx(math.sqrt(2.5**2 / (2.5**2 - 1.625) * 7 / 144))


def test_weights_of_two_draws_by_hand() -> None:
    """Two of eight, then two of the six left: each draw's estimate counts half, the second knows what the first found."""
    audits = audited([0, 1, 2, 3], np.zeros(8), [1 / 4, 1 / 4, 1 / 3, 1 / 3], [0, 0, 1, 1])
    weight, chance = audits.weights
    assert weight == pytest.approx([2.5, 2.5, 1.5, 1.5])
    assert weight.sum() == pytest.approx(8)
    assert chance == pytest.approx([2 * math.sqrt(0.75)] * 2 + [1.5 * math.sqrt(2 / 3)] * 2)


def test_a_draw_of_which_nothing_is_left_leaves_a_gap() -> None:
    near, far = (audited([0, 1, 2, 3, 4], PEOPLE, 0.5, [0, 0, 1, 1, later]) for later in (2, 9))
    assert corrected(SAID, near) == corrected(SAID, far)


def test_certain_audits_tell_little_of_the_rest() -> None:
    """Six drawn for sure and four by chance: three degrees of freedom for people alone, not nine."""
    random = np.random.default_rng(3)
    people = random.random(30)
    audits = audited(np.arange(10), people, np.repeat([1.0, 0.25], [6, 4]))
    found = corrected(np.full(30, 0.5), audits, share=False).people
    error = people[6:10] - people[6:10].mean()
    assert found.standard_error == pytest.approx(math.sqrt(4 / 3 * 12 * error @ error) / (6 + 16))
    assert found.high - found.value == pytest.approx(t_quantile(0.975, 3) * found.standard_error)


def test_tuning_held_to_a_common_one_by_hand() -> None:
    """Slopes 1 and 0 over squares 2 and 2, four audits: held by 20 items of mean square 1 to the common .5."""
    found = shared_tuning(
        np.array([-1.0, 1, -1, 1]), np.array([-1.0, 1, 3, 3]), np.array([0, 0, 1, 1]), 3, np.full(4, 2.5)
    )
    assert found == pytest.approx([(2 + 20 * 0.5) / 22, (20 * 0.5) / 22, 0.5])
    assert shared_tuning(np.ones(4), np.arange(4.0), np.zeros(4, np.int64), 2, np.ones(4)).tolist() == [0, 0]


def test_ridge_by_hand() -> None:
    assert ridged(np.array([[1.0], [2.0]]), np.array([1.0, 2.0]), 5) == pytest.approx([0.5])
    assert ridged(np.array([[1.0], [2.0]]), np.array([1.0, 2.0]), 0) == pytest.approx([1])


# ── peers ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("case", range(3))
def test_estimates_equal_ppi_py(oracles: dict[str, Any], case: int) -> None:
    entry = oracles["prediction_powered"]["cases"][case]
    said, value = np.array(entry["said"]), np.array(entry["value"])
    audits = Audits(np.array(entry["at"]), value, np.array(entry["probability"]), np.zeros(len(value), np.int64))
    count, all_of_them = len(value), len(said)
    for one in entry["fixed"]:
        found = corrected(said, audits, target="like", tuning=one["tuning"]).corrected
        assert found.value == pytest.approx(one["point"], abs=1e-12)
        if "se" in one:  # its variances divide by the count, ours by one less
            moving = one["se"] ** 2 - one["se_rectifier"] ** 2
            square = one["se_rectifier"] ** 2 * count / (count - 1) + moving * all_of_them / (all_of_them - 1)
            assert found.standard_error == pytest.approx(math.sqrt(square), rel=1e-9)
    if "tuned" in entry:
        # Its tuning is for predictions of other items than the audited ones, and takes their variance from all.
        guess = said[audits.at]
        scale = (1 + count / all_of_them) * np.concatenate([guess, said]).var(ddof=1) / guess.var()
        assert corrected(said, audits).tuning == pytest.approx(entry["tuned"]["tuning"] * scale, rel=1e-9)


@given(st.integers(0, 10_000))
@settings(max_examples=50)
def test_equal_chances_are_the_classical_regression_estimator(seed: int) -> None:
    random = np.random.default_rng(seed)
    said, people = random.random(40), random.random(40)
    at = random.choice(40, 12, replace=False)
    guess, value = said[at], people[at]
    slope = np.cov(guess, value)[0, 1] / guess.var(ddof=1)
    error = value - value.mean() - slope * (guess - guess.mean())
    found = corrected(said, audited(at, people, 0.3), share=False)
    assert found.tuning == pytest.approx(slope, abs=1e-9)
    assert found.corrected.value == pytest.approx(value.mean() + slope * (said.mean() - guess.mean()), abs=1e-9)
    assert found.corrected.standard_error == pytest.approx(math.sqrt(error @ error / (12 * 10) * 0.7), rel=1e-9)
    assert found.people.standard_error == pytest.approx(value.std(ddof=1) * math.sqrt(0.7 / 12), rel=1e-9)
    reach = t_quantile(0.975, 10) * found.corrected.standard_error
    assert found.corrected.high - found.corrected.value == pytest.approx(reach, rel=1e-9)


# ── what must not matter ──────────────────────────────────────────────────────────────────────────────────────────────


@st.composite
def drawn_pairs(make: st.DrawFn) -> tuple[np.ndarray, Audits]:
    """Verdicts of a judge and of people on a drawn part, chances and draws of all kinds, predictions that never vary too."""
    random = np.random.default_rng(make(st.integers(0, 10_000)))
    count = make(st.integers(6, 30))
    said = random.choice(VERDICTS[: make(st.integers(1, 3))], count)
    people = random.choice(VERDICTS, count)
    at = random.choice(count, make(st.integers(4, count)), replace=False)
    chance = random.choice([0.1, 0.5, 0.9, 1.0] if make(st.booleans()) else [0.4], len(at))
    return said, audited(at, people, chance, random.integers(0, make(st.integers(1, 3)), len(at)))


def ends(found: Corrected) -> list[float]:
    return [bound for one in (found.judge, found.people, found.corrected) for bound in (one.value, one.low, one.high)]


@given(drawn_pairs())
def test_swapping_the_sides_mirrors_everything(pairs: tuple[np.ndarray, Audits]) -> None:
    said, audits = pairs
    other = Audits(audits.at, 1 - audits.value, audits.probability, audits.batch)
    found, mirrored = corrected(said, audits), corrected(1 - said, other)
    for one, back in zip(
        (found.judge, found.people, found.corrected),
        (mirrored.judge, mirrored.people, mirrored.corrected),
        strict=True,
    ):
        assert (one.value, one.low, one.high) == pytest.approx((1 - back.value, 1 - back.high, 1 - back.low), abs=1e-7)
        assert 0 <= one.low <= one.value <= one.high <= 1
    assert found.tuning == pytest.approx(mirrored.tuning, abs=1e-7)


@given(drawn_pairs(), st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_names_of_questions_and_order_of_rows_do_not_matter(pairs: tuple[np.ndarray, Audits], seed: int) -> None:
    said, audits = pairs
    random = np.random.default_rng(seed)
    questions = random.integers(0, 8, len(said))
    moved, mixed = random.permutation(len(said)), random.permutation(len(audits))
    place = np.argsort(moved)
    again = Audits(place[audits.at[mixed]], audits.value[mixed], audits.probability[mixed], audits.batch[mixed])
    found = corrected(said, audits, questions, target="like")
    other = corrected(said[moved], again, (100 - 7 * questions)[moved], target="like")
    assert ends(found) == pytest.approx(ends(other), abs=1e-6)


def test_asking_every_question_twice_narrows_nothing() -> None:
    """Both rows of a question say the same: as many questions as before, though twice the rows and the audits."""
    random = np.random.default_rng(4)
    people, said, _ = world(random, 60)
    once = corrected(said, audited(np.arange(60), people, 1.0), target="like").people
    twice = corrected(
        np.repeat(said, 2),
        audited(np.arange(120), np.repeat(people, 2), 1.0),
        np.repeat(np.arange(60), 2),
        target="like",
    ).people
    assert twice.standard_error == pytest.approx(once.standard_error * math.sqrt(120 / 119 * 59 / 60), rel=1e-9)


def test_a_question_counts_by_its_items() -> None:
    """Half of all items hang on one question: its error alone is a quarter of the variance of one item."""
    people, questions = np.array([1.0] * 10 + [0.0] * 10), np.array([0] * 10 + list(range(1, 11)))
    found = corrected(np.full(20, 0.5), audited(np.arange(20), people, 1.0), questions, target="like").people
    assert found.standard_error == pytest.approx(math.sqrt(20 / 19 * 0.25 * (10**2 + 10) / 20**2))


# ── ends of the range ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("batches", [[1.0], [0.5, 1.0]])
def test_who_looked_at_everything_knows_it(batches: list[float]) -> None:
    random = np.random.default_rng(5)
    people, said, _ = world(random, 20)
    draws = np.arange(20) * len(batches) // 20
    audits = audited(np.arange(20), people, np.array(batches)[draws], draws)
    found = corrected(said, audits)
    for one in (found.people, found.corrected):
        assert one.low == one.value == one.high == pytest.approx(people.mean(), abs=1e-15)
    assert found.saved is None
    # Of questions like these it is a sample: the textbook interval.
    like, plain = corrected(said, audits, target="like").people, known(cluster_mean(people, np.arange(20)))
    assert like.value == pytest.approx(plain.value, abs=1e-15)
    if len(batches) == 1:
        assert like.standard_error == pytest.approx(plain.standard_error)


def test_audits_drawn_for_sure_of_a_larger_part_are_not_everything() -> None:
    found = corrected(SAID, audited([0, 1, 2, 3, 7], PEOPLE, 1.0))
    assert found.people.low < found.people.value < found.people.high
    assert found.corrected.low < found.corrected.value < found.corrected.high


def test_all_alike_is_not_certain() -> None:
    found = corrected(np.ones(20), audited(np.arange(8), np.ones(20), 0.4))
    assert found.corrected.value == found.corrected.high == 1
    assert found.people.low == pytest.approx(wilson(1, 8, t_quantile(0.975, 7))[0])
    assert found.corrected.low < 0.6
    assert (found.tuning, found.rho) == (0, None)


def test_a_prediction_that_is_the_same_for_all_audits_counts_for_nothing() -> None:
    """Elsewhere it varies; with which slope nobody has seen."""
    found = corrected(SAID, audited([0, 1, 2, 3], PEOPLE, 0.4))
    assert found.tuning == 0
    assert found.corrected.value == found.people.value == pytest.approx(0.375)


def test_a_slope_does_not_lead_out_of_the_range() -> None:
    said = np.array([0.4, 0.5, 0.6, 0.5, 0.45, 0.55] + [0.9] * 14)
    people = np.array([0.02, 0.5, 1, 0.5, 0.25, 0.75] + [1.0] * 14)
    audits = audited(np.arange(6), people, 0.3)
    for target in ("bank", "like"):
        found = corrected(said, audits, target=target).corrected
        assert found.low < found.value == found.high == 1
    assert corrected(said, audits, share=False).corrected.value > 1.5


def test_one_question_says_nothing_of_questions_like_it() -> None:
    found = corrected(SAID, audited([0, 1, 7, 8], PEOPLE, 0.4), np.zeros(10, np.int64), target="like")
    assert (found.corrected.low, found.corrected.high) == (0, 1)
    found = corrected(SAID, audited([0, 1, 7, 8], PEOPLE, 0.4), np.zeros(10, np.int64), target="like", share=False)
    assert (found.corrected.low, found.corrected.high) == (-math.inf, math.inf)


def test_too_few_audits_are_no_estimate() -> None:
    few, none = audited([0, 1, 7], PEOPLE, 0.3), audited([], PEOPLE, 0.3)
    for audits in (few, none):
        assert correct(SAID, Predicted.as_said(SAID, audits), audits, np.arange(10)) is None
        assert calibrated(SAID[:, None] - 0.5, audits, np.arange(10)) is None


@pytest.mark.parametrize("chance", [math.nan, 0.0, -0.1, 1.01, math.inf])
def test_audits_without_a_chance_are_refused(chance: float) -> None:
    with pytest.raises(ValueError, match="what was not drawn"):
        audited([0, 1, 2, 3], PEOPLE, [0.5, 0.5, 0.5, chance])


def test_faulty_audits_are_refused() -> None:
    with pytest.raises(ValueError, match="audited once"):
        audited([0, 1, 1, 3], PEOPLE, 0.5)
    with pytest.raises(ValueError, match="count from 0"):
        audited([0, 1, 2, -1], PEOPLE, 0.5)
    with pytest.raises(ValueError, match="finite"):
        audited([0, 1], np.array([0.5, math.nan]), 0.5)
    with pytest.raises(ValueError, match="differ in length"):
        Audits(np.arange(3), np.zeros(3), np.ones(3), np.zeros(2, np.int64))
    with pytest.raises(ValueError, match="predictions must be finite"):
        corrected(np.where(SAID > 0, SAID, math.nan), audited([0, 1, 2, 3], PEOPLE, 0.5))


# ── only what was drawn corrects ──────────────────────────────────────────────────────────────────────────────────────


def public(package: Any) -> dict[str, Any]:
    """Functions and classes that modules of a package define and do not hide."""
    found = {}
    for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            if getattr(value, "__module__", "") == info.name and not name.startswith("_") and callable(value):
                found[f"{info.name}.{name}"] = value
    return found


def test_nothing_offers_to_overwrite_and_average() -> None:
    """What people's verdicts go into is these and nothing else; each wants `Audits`, and those want a chance."""
    assert {
        name.rpartition(".")[2] for name in public(judge.stats) if name.startswith(f"{prediction_powered.__name__}.")
    } == {"Audits", "Corrected", "Predicted", "alike", "calibrated", "correct", "ridged", "shared_tuning"}
    everything = {**public(judge.stats), **public(judge.review)}
    takes = {
        name.rpartition(".")[2]
        for name, value in everything.items()
        if inspect.isfunction(value)
        and any("Audits" in str(one.annotation) for one in inspect.signature(value).parameters.values())
    }
    assert takes == {"calibrated", "correct", "pooled"}
    assert not [
        name for name in everything if any(word in name.lower() for word in ("overwr", "overrid", "replac", "patch"))
    ]


def test_overwriting_the_disputed_misses_where_correcting_holds() -> None:
    """A judge that favours the first errs where its margin is small, and elsewhere too: those it never shows."""
    random = np.random.default_rng(11)
    rounds, count, asked = 300, 400, 40
    naive, honest, shift = 0, 0, []
    for _ in range(rounds):
        people, said, margin = world(random, count, favour=0.9)
        doubt = 1 / (1 + np.abs(margin))
        patched = said.copy()
        worst = np.argsort(-doubt)[:asked]
        patched[worst] = people[worst]
        shift.append(patched.mean() - people.mean())
        naive += holds(cluster_mean(patched, np.arange(count)), people.mean())
        drawn = draw(mixture(doubt), np.zeros(count, np.int64), asked, random)
        honest += holds(corrected(said, audited(drawn.at, people, drawn.probability)).corrected, people.mean())
    assert np.mean(shift) > 0.05
    assert naive / rounds <= 0.85
    assert honest / rounds >= 0.935 - slack(rounds)


# ── coverage ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("count", "asked"), [(60, 20), (300, 40)])
def test_drawn_by_doubt_it_is_unbiased_and_covers(count: int, asked: int) -> None:
    random = np.random.default_rng([12, count])
    held, error = [], []
    for turn in range(500):
        if turn % 50 == 0:
            people, said, margin = world(random, count)
        drawn = draw(mixture(1 / (1 + np.abs(margin)) ** 2), np.arange(count) % 3, asked, random)
        found = corrected(said, audited(drawn.at, people, drawn.probability)).corrected
        held.append(holds(found, people.mean()))
        error.append(found.value - people.mean())
    assert 0.92 - slack(500) <= np.mean(held) <= 0.98
    assert abs(np.mean(error)) < 3 * np.std(error) / math.sqrt(500)
    assert abs(np.mean(said - people)) > 0.03  # as the judge's own mean is not


def test_a_second_draw_may_follow_what_the_first_found() -> None:
    """Steered to the side of the judge on which people disagreed more."""
    random = np.random.default_rng(13)
    held, error = [], []
    for turn in range(500):
        if turn % 50 == 0:
            people, said, margin = world(random, 300)
        one = draw(mixture(1 / (1 + np.abs(margin))), np.zeros(300, np.int64), 20, random)
        side, wrong = (margin > 0).astype(int), np.abs(people - said)
        rate = [wrong[one.at][side[one.at] == which].sum() + 0.1 for which in (0, 1)]
        left = np.setdiff1d(np.arange(300), one.at)
        two = draw(mixture(np.array(rate)[side[left]] ** 2), np.zeros(280, np.int64), 20, random)
        audits = audited(
            np.concatenate([one.at, left[two.at]]),
            people,
            np.concatenate([one.probability, two.probability]),
            np.repeat([0, 1], 20),
        )
        found = corrected(said, audits).corrected
        held.append(holds(found, people.mean()))
        error.append(found.value - people.mean())
    assert 0.925 - slack(500) <= np.mean(held) <= 0.98
    assert abs(np.mean(error)) < 3 * np.std(error) / math.sqrt(500)


def test_a_part_of_the_bank_is_corrected_by_its_own_audits() -> None:
    random = np.random.default_rng(14)
    held, error = [], []
    for turn in range(500):
        if turn % 50 == 0:
            people, said, margin = world(random, 300)
            part = np.flatnonzero(random.random(300) < 0.4)
        drawn = draw(mixture(1 / (1 + np.abs(margin))), np.zeros(300, np.int64), 80, random)
        mine = np.isin(drawn.at, part)
        audits = audited(drawn.at, people, drawn.probability).take(mine, np.searchsorted(part, drawn.at[mine]))
        found = corrected(said[part], audits).corrected
        held.append(holds(found, people[part].mean()))
        error.append(found.value - people[part].mean())
    assert 0.935 - slack(500) <= np.mean(held) <= 0.985
    assert abs(np.mean(error)) < 3 * np.std(error) / math.sqrt(500)


def test_many_drawn_for_sure_do_not_shorten_the_interval() -> None:
    """Some 17 of 30 audits are sure; the interval hangs on the others."""
    random = np.random.default_rng(15)
    held = []
    for turn in range(500):
        if turn % 25 == 0:
            people, said, _ = world(random, 60)
            doubt = np.where(random.random(60) < 0.3, 20.0, 0.01)
        drawn = draw(mixture(doubt), np.zeros(60, np.int64), 30, random)
        held.append(
            holds(corrected(said, audited(drawn.at, people, drawn.probability), share=False).corrected, people.mean())
        )
    assert np.mean(held) >= 0.935 - slack(500)


@pytest.mark.parametrize(("questions", "items"), [(100, 1), (40, 3)])
def test_questions_like_these_are_covered(questions: int, items: int) -> None:
    """A fresh bank each time; the errors and the strengths of one question hang together."""
    random = np.random.default_rng([16, items])
    codes = np.repeat(np.arange(questions), items)

    def bank(count: int, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        shared = random.normal(0.3, 1.2, count)[codes]
        strength = shared + random.normal(0, 0.8, len(codes))
        margin = strength + 0.4 + random.normal(0, 0.9, count)[codes] + random.normal(0, 0.5, len(codes))
        return (strength > 0).astype(float), (margin > 0).astype(float)

    truth = bank(200_000, np.arange(200_000))[0].mean()
    rounds, held, within = 150, 0, 0
    for _ in range(rounds):
        people, said = bank(questions, codes)
        drawn = draw(mixture(np.ones(len(codes))), codes % 2, 40, random)
        audits = audited(drawn.at, people, drawn.probability)
        held += holds(corrected(said, audits, codes, target="like").corrected, truth)
        within += holds(corrected(said, audits, codes).corrected, truth)
    assert held / rounds >= 0.935 - slack(rounds)
    assert within < held  # this bank is not the next


# ── calibration ───────────────────────────────────────────────────────────────────────────────────────────────────────


def signals(random: np.random.Generator, margin: np.ndarray, said: np.ndarray) -> np.ndarray:
    noise = random.normal(0, 1, (len(said), 2))
    return np.column_stack([said - 0.5, margin, margin + 2 * noise[:, 0], noise[:, 1]])


def test_no_audited_question_is_predicted_by_a_fit_that_saw_it() -> None:
    random = np.random.default_rng(21)
    people, said, margin = world(random, 60)
    features, questions = signals(random, margin, said), np.repeat(np.arange(30), 2)
    at = np.arange(0, 40)
    before = calibrated(features, audited(at, people, 0.5), questions)
    changed = people.copy()
    changed[6] = 1 - changed[6] if changed[6] != 0.5 else 1.0
    after = calibrated(features, audited(at, changed, 0.5), questions)
    assert before is not None
    assert after is not None
    fold = questions[at] % FOLDS
    same = before.audited == after.audited
    assert same[fold == fold[6]].all()
    assert same[[6, 7]].all()  # both items of the question
    assert not same[fold != fold[6]].any()


def test_a_calibration_by_hand() -> None:
    """One signal of size 1 everywhere, ten audits of ten questions, all for the first: of eight a slope of 4 / (8 + 5)."""
    audits = audited(np.arange(10), np.ones(20), 0.5)
    found = calibrated(np.full((20, 1), 3.0), audits, np.arange(20))
    assert found is not None
    assert found.everywhere == pytest.approx(np.full(20, 0.5 + 4 / (8 + RIDGE)))
    assert found.audited == pytest.approx(np.full(10, 0.5 + 4 / (8 + RIDGE)))
    assert calibrated(np.full((20, 1), 3.0), audited(np.arange(FEW - 1), np.ones(20), 0.5), np.arange(20)) is None
    assert calibrated(np.full((20, 1), 3.0), audits, np.arange(20) % (FOLDS - 1)) is None


@given(st.integers(0, 1000))
@settings(max_examples=30)
def test_a_calibration_turns_with_the_sides(seed: int) -> None:
    random = np.random.default_rng(seed)
    people, said, margin = world(random, 50)
    features, audits = signals(random, margin, said), audited(random.choice(50, 15, replace=False), people, 0.3)
    other = Audits(audits.at, 1 - audits.value, audits.probability, audits.batch)
    found, mirrored = calibrated(features, audits, np.arange(50)), calibrated(-features, other, np.arange(50))
    assert found is not None
    assert mirrored is not None
    assert found.everywhere == pytest.approx(1 - mirrored.everywhere, abs=1e-9)
    assert found.audited == pytest.approx(1 - mirrored.audited, abs=1e-9)
    assert (found.everywhere >= 0).all()
    assert (found.everywhere <= 1).all()


@pytest.mark.parametrize("asked", [12, 40])
def test_calibrated_by_the_same_audits_it_still_covers(asked: int) -> None:
    random = np.random.default_rng([22, asked])
    held, error = [], []
    for turn in range(400):
        if turn % 40 == 0:
            people, said, margin = world(random, 200)
            features = signals(random, margin, said)
        audits = audited(random.choice(200, asked, replace=False), people, asked / 200)
        guess = calibrated(features, audits, np.arange(200))
        assert guess is not None
        found = correct(said, guess, audits, np.arange(200), target="bank")
        assert found is not None
        held.append(holds(found.corrected, people.mean()))
        error.append(found.corrected.value - people.mean())
    assert 0.935 - slack(400) <= np.mean(held) <= 0.985
    assert abs(np.mean(error)) < 3 * np.std(error) / math.sqrt(400)


# ── boards ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def board(random: np.random.Generator, models: int, questions: int, star: bool = False) -> dict[str, np.ndarray]:
    """Everyone meets everyone (or the first) on every question; the judge leans to some models."""
    meetings = [(one, other) for one in range(1 if star else models) for other in range(one + 1, models)]
    first, second = (np.tile([pair[side] for pair in meetings], questions) for side in (0, 1))
    asked = np.repeat(np.arange(questions), len(meetings))
    strength, lean = np.linspace(0.7, -0.7, models), 0.4 * np.cos(np.arange(models))
    answers = strength + random.normal(0, 0.8, (questions, models))
    gap = answers[asked, first] - answers[asked, second] + random.normal(0, 0.6, len(asked))
    margin = 0.7 * gap + lean[first] - lean[second] + random.normal(0, 0.9, len(asked))
    sign = {name: (np.sign(np.where(np.abs(one) < 0.3, 0, one)) + 1) / 2 for name, one in (("p", gap), ("j", margin))}
    return {"first": first, "second": second, "questions": asked, "people": sign["p"], "said": sign["j"]}


def points(scene: dict[str, np.ndarray], model: int) -> float:
    mine = (scene["first"] == model) | (scene["second"] == model)
    return float(np.where(scene["first"] == model, scene["people"], 1 - scene["people"])[mine].mean())


def together(scene: dict[str, np.ndarray], audits: Audits, models: int, **options: Any) -> Pooled:
    found = pooled(
        scene["first"],
        scene["second"],
        scene["said"],
        Predicted.as_said(scene["said"], audits),
        audits,
        scene["questions"],
        models,
        **{"target": "bank", **options},
    )
    assert found is not None
    return found


def test_a_board_of_two_is_the_pair() -> None:
    random = np.random.default_rng(31)
    scene = board(random, 2, 100)
    audits = audited(random.choice(100, 40, replace=False), scene["people"], 0.4)
    found, pair = together(scene, audits, 2), corrected(scene["said"], audits)
    first, second = known(found.corrected[0]), known(found.corrected[1])
    assert first.value == pytest.approx(pair.corrected.value, abs=1e-9)
    assert (first.low, first.high) == pytest.approx((1 - second.high, 1 - second.low), abs=1e-9)
    assert known(found.people[0]).value == pytest.approx(pair.people.value, abs=1e-9)
    # Beside the tuning one effect is fitted; its variance is that of errors within the pair, one degree of freedom less.
    assert first.standard_error == pytest.approx(pair.corrected.standard_error * math.sqrt(38 / 39), rel=1e-9)
    assert found.freedom == 38
    assert found.rates[0, 1] == pytest.approx(first.value)
    assert found.errors[0, 1] == pytest.approx(first.standard_error)


def test_a_board_of_questions_like_these_adds_their_spread() -> None:
    """As for the pair: the spread of predictions by question is the same, that of errors has one degree of freedom less."""
    random = np.random.default_rng(39)
    scene = board(random, 2, 100)
    audits = audited(random.choice(100, 40, replace=False), scene["people"], 0.4)
    pair = corrected(scene["said"], audits, target="like")
    moving = pair.tuning**2 * scene["said"].var(ddof=1) / 100
    found = known(together(scene, audits, 2, target="like").corrected[0])
    square = (pair.corrected.standard_error**2 - moving) * 38 / 39 + moving
    assert found.standard_error == pytest.approx(math.sqrt(square), rel=1e-9)


def test_what_pairs_do_beyond_their_models_widens_the_intervals() -> None:
    """In a ring each beats the next by .1: no model is stronger, three pairs with one degree of freedom deviate by .03.

    The models' own effects know a third of it for every squared contrast: 1.5 / 3 + 1 / 2 of it for a model, 2 / 3 + 1 for a pair.
    """
    first, second = np.tile([0, 1, 0], 20), np.tile([1, 2, 2], 20)
    noise = np.repeat([0.01, -0.01], 30)
    people = 0.5 + np.tile([0.1, 0.1, -0.1], 20) + noise
    scene = {"first": first, "second": second, "questions": np.repeat(np.arange(20), 3), "people": people}
    scene["said"] = np.full(60, 0.5)
    found = together(scene, audited(np.arange(15, 45), people, 0.5), 3)
    for model in range(3):
        one = known(found.corrected[model])
        assert one.value == pytest.approx(0.5, abs=1e-9)
        assert one.standard_error == pytest.approx(math.sqrt(0.03), rel=1e-2)
    assert found.errors[0, 1] == pytest.approx(math.sqrt(0.03 * 5 / 3), rel=1e-2)


def test_errors_that_are_the_models_own_are_taken_away_exactly() -> None:
    random = np.random.default_rng(32)
    scene = board(random, 5, 30)
    lean = np.array([0.1, 0.05, 0, -0.05, -0.1])
    scene["people"] = random.uniform(0.3, 0.7, 300)
    scene["said"] = scene["people"] + lean[scene["first"]] - lean[scene["second"]]
    audits = audited(random.choice(300, 40, replace=False), scene["people"], 40 / 300)
    found = together(scene, audits, 5)
    assert found.tuning == pytest.approx(1)
    for model in range(5):
        judged, people = known(found.judge[model]), known(found.corrected[model])
        assert people.value == pytest.approx(points(scene, model), abs=1e-9)
        assert abs(judged.value - people.value) == pytest.approx(abs(lean[model]) * 5 / 4, abs=1e-9)
        # Forty errors all alike leave room for one of another kind, by half a point.
        assert people.standard_error < 0.03


def test_numbers_of_models_do_not_matter() -> None:
    random = np.random.default_rng(33)
    scene = board(random, 4, 30)
    audits = audited(random.choice(180, 60, replace=False), scene["people"], 1 / 3)
    new = np.array([2, 0, 3, 1])
    renamed = {**scene, "first": new[scene["first"]], "second": new[scene["second"]]}
    found, other = together(scene, audits, 4, target="like"), together(renamed, audits, 4, target="like")
    for model in range(4):
        one, same = known(found.corrected[model]), known(other.corrected[new[model]])
        assert (one.value, one.low, one.high) == pytest.approx((same.value, same.low, same.high), abs=1e-9)
    assert found.rates == pytest.approx(other.rates[np.ix_(new, new)], abs=1e-9, nan_ok=True)
    off = ~np.eye(4, dtype=bool)
    assert (found.rates + found.rates.T)[off] == pytest.approx(np.ones(12))
    assert np.isnan(np.diag(found.rates)).all()


def test_swapping_the_sides_of_a_board_changes_nothing() -> None:
    random = np.random.default_rng(34)
    scene = board(random, 4, 30)
    at = random.choice(180, 60, replace=False)
    back = {
        "first": scene["second"],
        "second": scene["first"],
        "questions": scene["questions"],
        "people": 1 - scene["people"],
        "said": 1 - scene["said"],
    }
    found, other = (together(one, audited(at, one["people"], 1 / 3), 4) for one in (scene, back))
    for one, same in zip(found.corrected, other.corrected, strict=True):
        assert (known(one).value, known(one).low) == pytest.approx((known(same).value, known(same).low), abs=1e-9)
    assert found.rates == pytest.approx(other.rates, abs=1e-9, nan_ok=True)


def test_models_that_no_audit_links_have_no_figure() -> None:
    scene = board(np.random.default_rng(35), 4, 30)
    apart = np.flatnonzero((scene["first"] + scene["second"] == 1) | (scene["first"] + scene["second"] == 5))
    parted = {name: column[apart] for name, column in scene.items()}  # 0 meets 1, 2 meets 3
    audits = audited(np.arange(20), parted["people"], 1 / 3)
    found = together(parted, audits, 4)
    assert [one is None for one in found.corrected] == [False, False, True, True]
    assert np.isfinite(found.rates).sum() == 2
    # Nobody looked at model 3: those who met it have no figure over all they met, but pairs have.
    seen = np.flatnonzero(scene["second"] != 3)
    found = together(scene, audited(seen[:30], scene["people"], 1 / 3), 4)
    assert found.corrected == (None, None, None, None)
    assert np.isfinite(found.rates).sum() == 6
    assert all(one is not None for one in found.judge)


def test_a_board_needs_as_many_audits_as_models_and_three() -> None:
    scene = board(np.random.default_rng(36), 4, 30)
    for count in (6, 7):
        audits = audited(np.arange(count), scene["people"], 0.1)
        found = pooled(
            scene["first"],
            scene["second"],
            scene["said"],
            Predicted.as_said(scene["said"], audits),
            audits,
            scene["questions"],
            4,
        )
        assert (found is None) == (count == 6)


def test_a_judge_that_says_nothing_gives_what_people_say() -> None:
    random = np.random.default_rng(37)
    scene = board(random, 3, 30)
    scene["said"] = np.full(90, 0.5)
    found = together(scene, audited(random.choice(90, 40, replace=False), scene["people"], 4 / 9), 3)
    assert found.corrected == found.people
    assert (found.tuning, found.rho, found.saved) == (0, None, 0)


@pytest.mark.parametrize(("models", "questions", "star"), [(8, 40, False), (4, 80, True)])
@pytest.mark.parametrize("target", ["bank", "like"])
def test_forty_audits_correct_a_board(models: int, questions: int, star: bool, target: str) -> None:
    random = np.random.default_rng([38, models])
    like = [np.mean([points(board(random, models, 2000, star), one) for _ in range(5)]) for one in range(models)]
    held, error = [], []
    for turn in range(100):
        if target == "like" or turn % 10 == 0:
            scene = board(random, models, questions, star)
        count = len(scene["people"])
        audits = audited(random.choice(count, 40, replace=False), scene["people"], 40 / count)
        found = together(scene, audits, models, target=target)
        truth = like if target == "like" else [points(scene, one) for one in range(models)]
        held.extend(holds(one, true) for one, true in zip(found.corrected, truth, strict=True))
        error.append([known(one).value - true for one, true in zip(found.corrected, truth, strict=True)])
    assert np.mean(held) >= 0.935 - slack(100)
    assert (np.abs(np.mean(error, axis=0)) < 3.5 * np.std(error, axis=0) / math.sqrt(100)).all()
