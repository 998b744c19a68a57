from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.stats.agreement import Agreement, GroupAgreement, several_raters, two_raters
from judge.stats.intervals import Estimate, t_quantile


def labels(table: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Return two raters' labels from their joint counts, the first rater's labels by row."""
    cells = np.repeat(np.arange(len(table) ** 2), np.ravel(table))
    return cells // len(table), cells % len(table)


def pair(first: Any, second: Any, categories: int = 3, clusters: Any = None) -> Agreement:
    questions = np.arange(len(first)) if clusters is None else np.asarray(clusters)
    found = two_raters(np.asarray(first), np.asarray(second), questions, categories)
    assert found is not None
    return found


def long(ratings: list[list[int | None]], lowest: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (item, rater, label) of a table items × raters with gaps."""
    rows = [
        (item, rater, label - lowest)
        for item, said in enumerate(ratings)
        for rater, label in enumerate(said)
        if label is not None
    ]
    item, rater, label = np.array(rows, np.int64).T
    return item, rater, label


def group(ratings: list[list[int | None]], categories: int = 3, lowest: int = 0) -> GroupAgreement:
    """Compare raters of a table, every item a question of its own."""
    item, rater, label = long(ratings, lowest)
    found = several_raters(item, rater, label, item, categories)
    assert found is not None
    return found


def value(estimate: Estimate | None) -> float | None:
    return None if estimate is None else estimate.value


# ── two raters ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_kappa_of_fleiss_levin_and_paik() -> None:
    """Statistical Methods for Rates and Proportions (2003), table 18.1: 100 subjects, three diagnoses, kappa .676."""
    found = pair(*labels([[75, 1, 4], [5, 4, 1], [0, 0, 10]]))
    assert found.raw.value == pytest.approx(0.89)
    assert value(found.kappa) == pytest.approx((0.89 - 0.66) / 0.34, rel=1e-12)
    assert found.first_base == pytest.approx((0.80, 0.10, 0.10))
    assert found.second_base == pytest.approx((0.80, 0.05, 0.15))
    assert found.items == 100


def test_ac1_stays_useful_where_one_label_prevails() -> None:
    """Gwet (2008): of 125 subjects 118 are + for both, 5 and 2 for one: kappa -.0234, AC1 .9408."""
    found = pair(*labels([[118, 5], [2, 0]]), categories=2)
    assert found.raw.value == pytest.approx(0.944)
    assert value(found.kappa) == pytest.approx(-0.0234, abs=5e-5)
    assert value(found.ac1) == pytest.approx(0.9408, abs=5e-5)


@pytest.mark.parametrize("name", ["balanced", "skewed", "chance", "one_constant"])
def test_two_raters_equal_statsmodels_and_irrcac(oracles: dict[str, Any], name: str) -> None:
    known = oracles["kappas"]["cohen"][name]
    found = pair(np.array(known["first"]) + 1, np.array(known["second"]) + 1)
    assert found.raw.value == pytest.approx(known["raw"], rel=1e-12)
    assert value(found.kappa) == pytest.approx(known["kappa"], rel=1e-10, abs=1e-12)
    assert value(found.ac1) == pytest.approx(known["ac1"], rel=1e-10)


@pytest.mark.parametrize("name", ["balanced", "skewed", "chance"])
def test_the_jackknife_is_near_the_asymptotic_error(oracles: dict[str, Any], name: str) -> None:
    """One row per question: the jackknife and Fleiss, Cohen and Everitt's formula differ by a term of order 1/n."""
    known = oracles["kappas"]["cohen"][name]
    found = pair(np.array(known["first"]) + 1, np.array(known["second"]) + 1)
    assert found.kappa is not None
    assert found.kappa.standard_error == pytest.approx(known["std_kappa"], rel=0.05)
    assert found.kappa.high == pytest.approx(
        min(1, found.kappa.value + t_quantile(0.975, found.items - 1) * found.kappa.standard_error)
    )


def test_the_jackknife_of_raw_agreement_is_the_textbook_error() -> None:
    found = pair(*labels([[75, 1, 4], [5, 4, 1], [0, 0, 10]]))
    assert found.raw.standard_error == pytest.approx((0.89 * 0.11 / 99) ** 0.5, rel=1e-10)
    assert found.raw.clusters == found.raw.rows == 100


def test_items_of_one_question_are_left_out_together() -> None:
    """Each item doubled under its question's number: nothing narrows."""
    first, second = labels([[15, 1, 4], [5, 4, 1], [0, 0, 10]])
    once = pair(first, second)
    twice = pair(np.repeat(first, 2), np.repeat(second, 2), clusters=np.repeat(np.arange(40), 2))
    for one, two in ((once.raw, twice.raw), (once.kappa, twice.kappa), (once.ac1, twice.ac1)):
        assert one is not None
        assert two is not None
        assert (two.value, two.standard_error) == pytest.approx((one.value, one.standard_error), rel=1e-10)
        assert (two.clusters, two.rows) == (40, 80)


def test_where_only_one_label_occurs_kappa_is_not_defined(oracles: dict[str, Any]) -> None:
    """statsmodels has none either; AC1 sees that chance explains nothing of it."""
    assert oracles["kappas"]["cohen"]["all_the_same"]["kappa"] is None
    found = pair(np.ones(30, np.int64), np.ones(30, np.int64))
    assert found.kappa is None
    assert value(found.ac1) == 1.0
    assert found.first_base == found.second_base == (0.0, 1.0, 0.0)


def test_one_question_leaves_everything_open() -> None:
    found = pair([1, 0], [1, 2], clusters=[7, 7])
    assert (found.raw.value, found.raw.low, found.raw.high) == (0.5, 0.0, 1.0)
    assert found.kappa is not None
    assert (found.kappa.low, found.kappa.high) == (-1.0, 1.0)
    assert found.kappa.clusters == 1


def test_nothing_labelled_is_an_answer() -> None:
    nothing = np.zeros(0, np.int64)
    assert two_raters(nothing, nothing, nothing, 3) is None


@pytest.mark.parametrize("label", [-1, 3])
@pytest.mark.parametrize("side", [0, 1])
def test_labels_out_of_range_are_refused(label: int, side: int) -> None:
    both = [np.array([0, 1]), np.array([0, 1])]
    both[side] = np.array([0, label])
    with pytest.raises(ValueError, match=r"labels lie in 0\.\.2"):
        two_raters(both[0], both[1], np.arange(2), 3)


PAIRS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 5)), min_size=1, max_size=40)


@given(PAIRS, st.permutations(range(3)))
def test_neither_names_of_labels_nor_of_raters_matter(rows: list[tuple[int, int, int]], name: list[int]) -> None:
    first, second, clusters = np.array(rows).T
    plain = pair(first, second, clusters=clusters)
    for again in (
        pair(np.array(name)[first], np.array(name)[second], clusters=-clusters),
        pair(second, first, clusters=clusters),
    ):
        for one, two in ((plain.raw, again.raw), (plain.kappa, again.kappa), (plain.ac1, again.ac1)):
            assert (one is None) == (two is None)
            if one is not None and two is not None:
                assert (two.value, two.low, two.high) == pytest.approx((one.value, one.low, one.high), abs=1e-9)


@given(PAIRS)
def test_intervals_hold_the_value_and_stay_inside(rows: list[tuple[int, int, int]]) -> None:
    first, second, clusters = np.array(rows).T
    found = pair(first, second, clusters=clusters)
    assert found.raw.low <= found.raw.value <= found.raw.high
    for estimate in (found.kappa, found.ac1):
        if estimate is not None:
            assert -1 <= estimate.low <= estimate.value <= estimate.high <= 1


# ── several raters ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_krippendorffs_example() -> None:
    """Krippendorff (2011), section C: 4 observers, 12 units, gaps; alpha nominal .743. One unit has a single label."""
    gap = None
    ratings: list[list[int | None]] = [
        [1, 1, gap, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4], [4, 4, 4, 4], [1, 1, 2, 1],
        [2, 2, 2, 2], [gap, 5, 5, 5], [gap, gap, 1, 1], [gap, 3, gap, gap],
    ]  # fmt: skip
    found = group(ratings, 5, lowest=1)
    assert value(found.alpha) == pytest.approx(904 / 1216, rel=1e-12)
    assert round(904 / 1216, 3) == 0.743
    assert (found.items, found.raters) == (11, 4)


@pytest.mark.parametrize("name", ["gwet_2014", "krippendorff_2011"])
def test_textbooks_with_gaps_equal_irrcac(oracles: dict[str, Any], name: str) -> None:
    known = oracles["kappas"]["textbook"][name]
    found = group(known["ratings"], 5, lowest=1)
    printed = {"ac1": found.ac1, "fleiss": found.fleiss, "observed": found.raw, "krippendorff": found.alpha}
    for coefficient, expected in known["published"].items():
        if coefficient in printed:
            digits = 5e-4 if coefficient == "krippendorff" else 5e-6
            assert value(printed[coefficient]) == pytest.approx(expected, abs=digits)
    assert value(found.ac1) == pytest.approx(known["irrcac"]["ac1"]["value"], rel=1e-10)
    assert value(found.fleiss) == pytest.approx(known["irrcac"]["fleiss"]["value"], rel=1e-10)
    assert value(found.alpha) == pytest.approx(known["irrcac"]["krippendorff"]["value"], rel=1e-10)


@pytest.mark.parametrize(("part", "name"), [("full", "balanced"), ("full", "skewed"), ("missing", "some_missing"), ("missing", "most_missing")])  # fmt: skip
def test_several_raters_equal_irrcac(oracles: dict[str, Any], part: str, name: str) -> None:
    known = oracles["kappas"][part][name]
    found, other = group(known["ratings"]), known["irrcac"]
    assert found.raw.value == pytest.approx(other["ac1"]["observed"], rel=1e-10)
    for mine, theirs in ((found.ac1, "ac1"), (found.fleiss, "fleiss"), (found.alpha, "krippendorff")):
        assert mine is not None
        assert mine.value == pytest.approx(other[theirs]["value"], rel=1e-9)
        # Gwet's linearised error, items independent, against the jackknife.
        assert mine.standard_error == pytest.approx(other[theirs]["se_linearised"], rel=0.12)
    if part == "full":
        assert value(found.fleiss) == pytest.approx(known["fleiss"], rel=1e-10)
    assert value(found.alpha) == pytest.approx(other["krippendorff_evalica"]["value"], rel=1e-10)


def test_two_raters_of_a_group_agree_as_a_pair() -> None:
    """Raw agreement and AC1 are the same; Fleiss' kappa pools the base rates that Cohen's keeps apart (Scott's pi)."""
    first, second = labels([[20, 3, 1], [2, 10, 6], [0, 2, 16]])
    two = pair(first, second)
    several = group([[int(a), int(b)] for a, b in zip(first, second, strict=True)])
    assert several.raw.value == pytest.approx(two.raw.value, rel=1e-12)
    assert value(several.ac1) == pytest.approx(two.ac1.value if two.ac1 else None, rel=1e-12)
    pooled = (np.array(two.first_base) + np.array(two.second_base)) / 2
    chance = float((pooled**2).sum())
    assert value(several.fleiss) == pytest.approx((two.raw.value - chance) / (1 - chance), rel=1e-12)
    # Krippendorff's alpha adds its small-sample term: 1 - (1 - pi) (N - 1) / N over N labels.
    n = 2 * len(first)
    assert value(several.alpha) == pytest.approx(1 - (1 - value(several.fleiss)) * (n - 1) / n, rel=1e-12)  # type: ignore[operator]


def test_a_group_that_only_knows_one_label_has_no_kappa() -> None:
    found = group([[2, 2], [2, 2], [2, 2]])
    assert found.raw.value == 1.0
    assert (found.fleiss, found.alpha) == (None, None)
    assert value(found.ac1) == 1.0
    assert found.base == (0.0, 0.0, 1.0)


def test_items_with_one_label_count_in_base_rates_only() -> None:
    """Two items with two labels (one agreed), one with a single label: the base rates average items' shares."""
    found = group([[0, 0], [0, 1], [None, 2]])
    assert (found.items, found.raw.value) == (2, 0.5)
    assert found.base == pytest.approx((1.5 / 3, 0.5 / 3, 1 / 3))


def test_without_an_item_labelled_twice_there_is_no_agreement() -> None:
    nothing = np.zeros(0, np.int64)
    assert several_raters(nothing, nothing, nothing, nothing, 3) is None
    assert several_raters(np.array([0, 1]), np.array([0, 1]), np.array([1, 1]), np.array([0, 1]), 3) is None


TABLES = st.lists(
    st.lists(st.sampled_from([None, 0, 1, 2]), min_size=3, max_size=3).filter(lambda row: row != [None] * 3),
    min_size=1,
    max_size=15,
)


@given(TABLES, st.permutations(range(3)), st.permutations(range(3)))
def test_names_and_order_do_not_matter(
    ratings: list[list[int | None]], label_name: list[int], rater_name: list[int]
) -> None:
    item, rater, label = long(ratings)
    question = item // 2
    plain = several_raters(item, rater, label, question, 3)
    mixed = np.random.default_rng(len(item)).permutation(len(item))
    other = (9 - item, np.array(rater_name)[rater], np.array(label_name)[label], 5 - question)
    again = several_raters(*(column[mixed] for column in other), 3)
    assert (plain is None) == (again is None)
    if plain is None or again is None:
        return
    assert np.array(again.base)[label_name] == pytest.approx(plain.base)
    for one, two in zip(
        (plain.raw, plain.fleiss, plain.alpha, plain.ac1),
        (again.raw, again.fleiss, again.alpha, again.ac1),
        strict=True,
    ):
        assert (one is None) == (two is None)
        if one is not None and two is not None:
            assert (two.value, two.low, two.high) == pytest.approx((one.value, one.low, one.high), abs=1e-9)
