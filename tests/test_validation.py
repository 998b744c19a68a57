"""The offline judge held against people, on recorded data: questions, disciplines and models it never saw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from judge.importers import critiquellm, llmeval2
from judge.judges.baseline import shipped
from judge.judges.features import NAMES
from judge.validation import Preferences, fitted, preferences, validate


@pytest.fixture(scope="module")
def stars(recorded: Path) -> Preferences:
    return preferences(llmeval2.read(recorded / "llmeval2").human_verdicts)


def test_the_shipped_coefficients_are_those_of_the_training_script(stars: Preferences) -> None:
    found = fitted(stars, np.ones(len(stars.won), bool))
    assert dict(zip(NAMES, found.weights, strict=True)) == pytest.approx(
        dict(zip(NAMES, shipped().weights, strict=True)), abs=1e-4
    )
    assert (found.scale, found.power) == pytest.approx((shipped().scale, shipped().power), abs=1e-4)
    assert len(stars.won) == 32760


def test_agreement_on_disciplines_and_models_never_seen(stars: Preferences) -> None:
    """The pass lines: 70 % of decided pairs with a discipline left out, 69 % with models left out too, 3 points of calibration."""
    found = validate(stars, stars.groups)
    assert found.overall is not None
    assert found.models_left_out is not None
    assert found.refitted
    assert found.overall.value >= 70
    assert found.models_left_out.value >= 69
    assert all(abs(one.said - one.agreed) <= 3 for one in found.calibration)
    assert sum(one.pairs for one in found.calibration) == sum(one.pairs for one in found.groups) == found.pairs
    assert len(found.groups) == 8


def test_on_other_data_the_shipped_coefficients_judge(recorded: Path) -> None:
    humans = critiquellm.read(recorded / "critiquellm").human_verdicts
    based = preferences(one for one in humans if one.case.question.bank.endswith("pairwise_reference_based"))
    found = validate(based, [])
    assert not found.refitted
    assert found.models_left_out is None
    assert found.overall is not None
    assert found.overall.value > 65
    free = preferences(one for one in humans if one.case.question.bank.endswith("pairwise_reference_free"))
    assert (len(free.won), free.without_reference > 0) == (0, True)
