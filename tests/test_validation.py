"""The offline judge held against people, on recorded data: questions, disciplines and models it never saw."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from judge.importers import critiquellm, llmeval2
from judge.judges.baseline import shipped
from judge.judges.features import NAMES
from judge.records import (
    DIALOGUE,
    Answer,
    Candidate,
    Case,
    Dialogue,
    HumanVerdict,
    Model,
    Question,
    Score,
    Scores,
    Turn,
)
from judge.validation import Preferences, fitted, preferences, validate
from tests.conftest import RECORDED


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


def test_a_group_that_was_trained_on_is_not_judged_by_numbers_that_saw_it(stars: Preferences) -> None:
    """With too little left to refit on there is no figure, never a made-up one."""
    humans = [one for one in _humans() if one.case.question.ability == "Physics"]
    found = validate(preferences(humans), ["Physics"])
    assert (found.overall, found.models_left_out, found.calibration) == (None, None, ())
    assert [group.agreement for group in found.groups] == [None]


def _humans() -> list[HumanVerdict]:
    return llmeval2.read(RECORDED / "llmeval2").human_verdicts


def test_scales_of_reviewers_are_not_mixed_and_nobody_meets_himself() -> None:
    question = Question("库", "q", "计算", (Turn("几", "6", "exact"),))
    good, bad = (
        Dialogue(question, Candidate(name, Model("t", name)), (Answer("几", text),))
        for name, text in (("甲", "6"), ("乙", "5"))
    )

    def score(dialogue: Dialogue, reviewer: str, value: float) -> HumanVerdict:
        return HumanVerdict(Case(question, DIALOGUE, (dialogue,)), reviewer, Scores(Score(value, 1, 10)), 1.0)

    given = [score(good, "严", 3), score(bad, "严", 1), score(good, "宽", 9), score(bad, "宽", 8)]
    found = preferences(given)
    assert found.won.tolist() == [1.0, 1.0]
    overruled = replace(score(good, "严", 1), supersedes=given[0].key)
    assert preferences([*given, overruled]).won.tolist() == [1.0]
