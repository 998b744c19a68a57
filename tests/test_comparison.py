from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.columns import DialogueColumns, JudgmentColumns, Kind
from judge.comparison import Rule, State, from_scores, from_verdicts
from judge.meetings import OUTCOMES, Meetings
from judge.records import Outcome

A, B = 11, 22  # candidates' codes


def dialogues(*rows: tuple[int, int, str] | tuple[int, int, str, int]) -> DialogueColumns:
    """(question, candidate, outcome[, user turns]) per dialogue; one without an answer ended at turn 1."""
    codes = [
        [i, r[0], r[1], 0, OUTCOMES.index(Outcome(r[2])), int(r[2] not in ("ok", "truncated")), [*r, 0][3]]
        for i, r in enumerate(rows)
    ]
    return DialogueColumns(*np.array(codes, np.int64).reshape(-1, 7).T)


def both_ok(*questions: int) -> DialogueColumns:
    return dialogues(*((question, candidate, "ok") for question in questions for candidate in (A, B)))


def judgments(*rows: tuple[int, int, int, str | float | tuple[float, float, float]]) -> JudgmentColumns:
    """(question, shown first, shown second, said): a side, soft probabilities, a score of 10, or what kept it from being."""
    sides = ["first", "tie", "second"]
    columns: dict[str, list[object]] = {name: [] for name in JudgmentColumns.__dataclass_fields__}
    for question, first, second, said in rows:
        shares, side, value, kind = (0.0, 0.0, 0.0), 1, 0.0, Kind.VERDICT
        if isinstance(said, tuple):
            shares, side = said, int(np.argmax(said))
        elif isinstance(said, float):
            value, kind = said, Kind.SCORES
        elif said in sides:
            side = sides.index(said)
            shares = (float(side == 0), float(side == 1), float(side == 2))
        else:
            kind = Kind[said.upper()]
        row = {
            "question": question,
            "scope": 0,
            "judge": 1,
            "repeat": 0,
            "kind": kind,
            "first": first,
            "second": second,
        }
        row |= {"first_sample": 0, "second_sample": 0, "placement_known": True, "side": side, "shares": shares}
        scale = (0.0, 10.0) if kind == Kind.SCORES else (0.0, 0.0)
        row |= {"value": value, "worst": scale[0], "best": scale[1]}
        for name, cell in row.items():
            columns[name].append(cell)
    arrays = {name: np.array(cells) for name, cells in columns.items()}
    arrays["shares"] = np.array(columns["shares"], float).reshape(-1, 3)
    for name in (
        "question",
        "scope",
        "judge",
        "repeat",
        "kind",
        "first",
        "second",
        "first_sample",
        "second_sample",
        "side",
    ):
        arrays[name] = arrays[name].astype(np.int64)
    return JudgmentColumns(**{**arrays, "placement_known": arrays["placement_known"].astype(bool)})


def meetings(*questions: int, refuse: tuple[int, ...] = (), complete: bool = True) -> Meetings:
    codes = np.array(questions, np.int64)
    return Meetings(
        candidates=np.array([A, B]),
        questions=codes,
        turns=np.ones(len(codes), np.int64),
        refuse=np.isin(codes, refuse),
        scopes=np.zeros(1, np.int64),
        complete=complete,
        pairs=[(0, 1)],
    )


def test_a_placement_becomes_a_candidate() -> None:
    """B shown first and called better is a loss for A."""
    found = from_verdicts(judgments((1, B, A, "first"), (2, A, B, "first")), both_ok(1, 2), meetings(1, 2))
    assert found.first.tolist() == [A, A]
    assert found.label.tolist() == [-1, 1]
    assert found.loss.tolist() == [1.0, 0.0]


def test_a_conflict_counts_half_to_each_side_in_rates_and_is_a_tie_as_label() -> None:
    found = from_verdicts(judgments((1, A, B, "first"), (1, B, A, "first")), both_ok(1), meetings(1))
    assert (found.win[0], found.tie[0], found.loss[0]) == (0.5, 0.0, 0.5)
    assert (found.label[0], found.flipped[0], found.opposed[0], found.placements[0]) == (0, True, True, 2)


def test_a_win_and_a_tie_flip_but_do_not_oppose() -> None:
    found = from_verdicts(judgments((1, A, B, "first"), (1, B, A, "tie")), both_ok(1), meetings(1))
    assert (found.win[0], found.tie[0], found.loss[0]) == (0.5, 0.5, 0.0)
    assert (found.label[0], found.flipped[0], found.opposed[0]) == (0, True, False)


def test_repeats_of_one_placement_weigh_as_one_placement() -> None:
    said = judgments((1, A, B, "first"), (1, A, B, "first"), (1, A, B, "first"), (1, B, A, "first"))
    found = from_verdicts(said, both_ok(1), meetings(1))
    assert (found.win[0], found.loss[0]) == (0.5, 0.5)


def test_people_are_votes_not_placements() -> None:
    said = judgments((1, A, B, "first"), (1, A, B, "first"), (1, B, A, "first"))
    found = from_verdicts(said, both_ok(1), meetings(1), by_placement=False)
    assert (found.win[0], found.loss[0]) == pytest.approx((2 / 3, 1 / 3))
    assert (found.label[0], found.flipped[0]) == (1, False)


def test_absence_is_a_state_and_never_a_share() -> None:
    said = judgments((1, A, B, "unreadable"), (2, A, B, "unanswered"), (4, A, B, "unreadable"), (4, B, A, "tie"))
    found = from_verdicts(said, both_ok(1, 2, 3, 4), meetings(1, 2, 3, 4, 5))
    assert found.state.tolist() == [
        State.UNREADABLE,
        State.UNANSWERED,
        State.MISSING,
        State.JUDGED,
        State.NO_DIALOGUE,
    ]
    assert found.placements.tolist() == [0, 0, 0, 1, 0]
    assert (found.win + found.tie + found.loss).tolist() == [0, 0, 0, 1, 0]


def test_what_only_one_candidate_answered_is_planned_only_in_a_complete_bank() -> None:
    half = dialogues((1, A, "ok"), (1, B, "ok"), (2, A, "ok"))
    assert len(from_verdicts(judgments((1, A, B, "tie")), half, meetings(1, 2))) == 2
    assert len(from_verdicts(judgments((1, A, B, "tie")), half, meetings(1, 2, complete=False))) == 1


@pytest.mark.parametrize(
    ("ends", "rule", "expected"),
    [
        (("filtered_output", "ok"), "loss", (-1, State.JUDGED, True)),
        (("ok", "empty"), "loss", (1, State.JUDGED, True)),
        (("empty", "filtered_input"), "loss", (0, State.JUDGED, True)),
        (("filtered_output", "ok"), "tie", (0, State.JUDGED, True)),
        (("truncated", "ok"), "loss", (1, State.JUDGED, False)),
        (("failed", "ok"), "loss", (0, State.NO_DIALOGUE, False)),
    ],
)
def test_how_answers_ended_decides_without_a_judge(
    ends: tuple[str, str], rule: str, expected: tuple[int, State, bool]
) -> None:
    held = dialogues((1, A, ends[0]), (1, B, ends[1]))
    asked = [] if {"filtered_output", "empty"} & set(ends) else [(1, A, B, "first")]
    found = from_verdicts(judgments(*asked), held, meetings(1), Rule(filtered=rule))  # type: ignore[arg-type,call-overload]
    assert (found.label[0], found.state[0], bool(found.settled[0])) == expected


def test_a_verdict_that_was_given_on_an_empty_answer_stands_unless_the_rule_says_otherwise() -> None:
    held, said = dialogues((1, A, "empty"), (1, B, "ok")), judgments((1, A, B, "first"))
    assert from_verdicts(said, held, meetings(1)).label.tolist() == [1]
    assert from_verdicts(said, held, meetings(1), Rule(filtered="tie")).label.tolist() == [0]


def test_filtered_ones_can_be_left_out_of_the_plan() -> None:
    held = dialogues((1, A, "filtered_output"), (1, B, "ok"), (2, A, "ok"), (2, B, "ok"))
    found = from_verdicts(judgments((2, A, B, "tie")), held, meetings(1, 2), Rule(filtered="exclude"))
    assert found.question.tolist() == [2]


def test_where_a_refusal_is_expected_a_filter_does_not_lose_by_itself() -> None:
    held = dialogues((1, A, "filtered_output"), (1, B, "ok"))
    found = from_verdicts(judgments((1, A, B, "first")), held, meetings(1, refuse=(1,)))
    assert (found.label[0], bool(found.settled[0])) == (1, False)


def test_different_user_turns_set_a_flag() -> None:
    held = dialogues((1, A, "ok", 5), (1, B, "ok", 6), (2, A, "ok", 5), (2, B, "ok", 5))
    found = from_verdicts(judgments((1, A, B, "tie")), held, meetings(1, 2))
    assert found.texts_differ.tolist() == [True, False]


def test_soft_verdicts_keep_their_probabilities() -> None:
    found = from_verdicts(judgments((1, B, A, (0.8, 0.0, 0.2))), both_ok(1), meetings(1))
    assert (found.win[0], found.loss[0], found.label[0]) == (0.2, 0.8, -1)


def test_scores_of_one_judge_imply_comparisons() -> None:
    said = judgments(
        (1, A, 0, 8.0), (1, B, 0, 7.5), (2, A, 0, 3.0), (2, B, 0, 3.0), (3, A, 0, 1.0), (3, B, 0, "unreadable")
    )
    found = from_scores(said, both_ok(1, 2, 3), meetings(1, 2, 3))
    assert found.label.tolist() == [1, 0, 0]
    assert found.state.tolist() == [State.JUDGED, State.JUDGED, State.UNREADABLE]
    assert from_scores(said, both_ok(1, 2, 3), meetings(1, 2, 3), Rule(tie_within=0.5)).label.tolist() == [0, 0, 0]


def test_repeated_scores_are_averaged_and_ranks_read_downwards() -> None:
    said = judgments((1, A, 0, 8.0), (1, A, 0, 6.0), (1, B, 0, 7.0))
    assert from_scores(said, both_ok(1), meetings(1)).label.tolist() == [0]
    ranks = replace(judgments((1, A, 0, 1.0), (1, B, 0, 3.0)), worst=np.array([4.0, 4.0]), best=np.array([1.0, 1.0]))
    assert from_scores(ranks, both_ok(1), meetings(1)).label.tolist() == [1]


def test_scores_on_different_scales_are_not_compared() -> None:
    said = replace(judgments((1, A, 0, 8.0), (1, B, 0, 7.0)), best=np.array([10.0, 100.0]))
    assert from_scores(said, both_ok(1), meetings(1)).state.tolist() == [State.MISSING]


SAID = st.sampled_from(["first", "tie", "second", "unreadable", "unanswered"])


@given(st.lists(st.tuples(st.integers(1, 6), st.booleans(), SAID), max_size=30))
def test_swapping_the_candidates_swaps_wins_and_losses(rows: list[tuple[int, bool, str]]) -> None:
    said = judgments(*((q, A, B, how) if forward else (q, B, A, how) for q, forward, how in rows))
    held = both_ok(1, 2, 3, 4, 5, 6)
    one = from_verdicts(said, held, meetings(1, 2, 3, 4, 5, 6))
    other = from_verdicts(said, held, replace(meetings(1, 2, 3, 4, 5, 6), candidates=np.array([B, A])))
    assert one.win == pytest.approx(other.loss)
    assert one.tie == pytest.approx(other.tie)
    assert one.label.tolist() == (-other.label).tolist()
    assert one.state.tolist() == other.state.tolist()
    judged = one.judged
    assert (one.win + one.tie + one.loss)[judged] == pytest.approx(np.ones(judged.sum()))
    assert not (one.win + one.tie + one.loss)[~judged].any()
