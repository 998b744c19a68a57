"""What speaks against each verdict, gathered from the store: other placements, scores, the offline judge, strengths, panels, ploys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from judge import resolve
from judge.columns import Codes, Flags, JudgmentColumns, Reals
from judge.comparison import Comparisons
from judge.hearing import Heard, combine
from judge.judges.baseline import leaning, offline_in, shipped
from judge.judges.protocols import SCORING
from judge.meetings import positions
from judge.records import AGAIN, Judge, Plan
from judge.report.ratings import games_of
from judge.review.disputes import Signals
from judge.stats.bradley_terry import rate
from judge.stats.games import NotIdentified
from judge.store import Store
from judge.validation import left_out, preferences


def leanings(store: Store, heard: Heard, plan: Plan, rows: Comparisons, *, offline: bool = True) -> Mapping[str, Reals]:
    """Return margin, offline and strength in favour of the first of every row, nan where not known; without `offline` it is not asked."""
    nothing = np.full(len(rows), np.nan)
    return {
        "margin": _margins(store, heard, plan, rows),
        "offline": _offline(store, heard, plan, rows) if offline else nothing,
        "strength": _strength(rows, heard.material.candidates),
    }


def signals_of(
    store: Store, heard: Heard, plan: Plan, rows: Comparisons, there: Flags, leans: Mapping[str, Reals]
) -> Signals:
    """Return what speaks against each row; `there`: which of what was heard the rows are."""
    side, tie = np.sign(rows.label).astype(np.float64), rows.label == 0
    against = {name: np.where(tie, np.abs(lean), -side * lean) for name, lean in leans.items()}
    return Signals(
        order=_order(store, heard, plan, rows, there),
        margin=against["margin"],
        offline=against["offline"],
        strength=against["strength"],
        panel=_panel(heard, there),
        ploy=_ploys(store, heard, plan, rows),
    )


def _order(store: Store, heard: Heard, plan: Plan, rows: Comparisons, there: Flags) -> Reals:
    """Return 1 where placements disagree, 2 where they name opposite winners; also of those asked again by choice."""
    found = np.where(rows.placements == 2, 0.0, np.nan)
    found = np.where(rows.flipped, 1.0, found)
    found = np.where(rows.opposed, 2.0, found)
    again = asked_again(store, heard, plan)
    if again is None:
        return found
    again = again.take(there)
    second = np.where(again.label * rows.label < 0, 2.0, (again.label != rows.label).astype(np.float64))
    return np.where(again.judged & rows.judged, np.fmax(found, second), found)


def asked_again(store: Store, heard: Heard, plan: Plan) -> Comparisons | None:
    """Return what the judge said of items that were swapped by choice, on the same rows as `heard`; None where none was."""
    material = heard.material
    named = {name: code for code, name in store.judges(material.bank.name).items()}
    code = next((named[one + AGAIN] for one in material.judge.split("、") if one + AGAIN in named), None)
    if code is None or not material.paired:
        return None
    said = resolve.about(
        store.judgment_columns(material.bank.name, code, plan.history), material.candidates.tolist(), material.questions
    )
    other = replace(material, judgments=said)
    scopes = np.unique(heard.comparisons.scope)
    return combine(other, plan, pairs=material.judged_pairs(), scopes=scopes)[0] if len(said) else None


def _margins(store: Store, heard: Heard, plan: Plan, rows: Comparisons) -> Reals:
    """Return by how much the same judge's scores favour the first, as a share of their scale; nan where it gave none.

    A judge of pairs may have scored the answers too (another protocol of the same model); else its own sureness stands in.
    """
    material = heard.material
    if not material.paired:
        return _score_gap(material.judgments, rows)
    bank = material.bank.name
    mine = {one.name: one for one in store.known_judges(bank)}
    models = {mine[name].model.model for name in material.judge.split("、") if name in mine}
    others = {name: code for code, name in store.judges(bank).items()}
    for name, one in mine.items():
        if one.model.model in models and _scores(one):
            gap = _score_gap(store.judgment_columns(bank, others[name], plan.history), rows)
            if not np.isnan(gap).all():
                return gap
    # Hard verdicts, averaged over placements, come in quarters; others are how sure the judge was.
    soft = rows.judged & (np.abs(4 * rows.win - np.round(4 * rows.win)) > 1e-6)
    return np.where(rows.judged & soft.any(), rows.win - rows.loss, np.nan)


def _scores(judge: Judge) -> bool:
    return judge.protocol in SCORING or judge.protocol in ("score", "single", "offline-scores")  # those of importers


def _score_gap(judgments: JudgmentColumns, rows: Comparisons) -> Reals:
    scored = judgments.take(judgments.scored & (judgments.second == 0))
    share = (scored.value - scored.worst) / (scored.best - scored.worst)
    sides = []
    for candidate in (rows.first, rows.second):
        sides.append(
            _looked_up(
                np.stack([scored.first, scored.question, scored.scope, scored.first_sample], axis=1),
                share,
                np.stack([candidate, rows.question, rows.scope, rows.sample], axis=1),
            )
        )
    return sides[0] - sides[1]


def _looked_up(keys: Codes, values: Reals, wanted: Codes) -> Reals:
    """Return the mean of the values under each wanted key, nan where there is none."""
    if not len(keys):
        return np.full(len(wanted), np.nan)
    both, place = np.unique(np.concatenate([keys, wanted]), axis=0, return_inverse=True)
    place = place.ravel()
    count = np.bincount(place[: len(keys)], minlength=len(both))
    total = np.bincount(place[: len(keys)], values, len(both))
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return np.asarray(mean[place[len(keys) :]], np.float64)


def _offline(store: Store, heard: Heard, plan: Plan, rows: Comparisons) -> Reals:
    """Return the offline judge's logit for the first; nan where it abstains, or where it is the judge itself."""
    nothing = np.full(len(rows), np.nan)
    if offline_in(heard.material.judge):
        return nothing
    bank = heard.material.bank.name
    questions = {one.key: one for one in store.questions(bank)}
    if not any(turn.reference for one in questions.values() for turn in one.turns):
        return nothing
    provenance = shipped().provenance
    trained = [str(one) for one in provenance["groups"]] if isinstance(provenance, dict) else []  # type: ignore[union-attr]
    seen = {one.ability for one in questions.values()} & set(trained)
    # Coefficients that have seen an ability of this data would flatter themselves on it.
    fresh = (
        left_out(preferences(one for item in store.items(bank) for one in item.human_verdicts), trained) if seen else {}
    )
    codes, names = store.question_codes(bank), {name: code for code, name in heard.material.names.items()}
    keys, values = [], []
    scopes = np.unique(rows.scope).tolist()
    for dialogue in store.dialogues(bank):
        code = names.get(dialogue.candidate.name)
        if code is None or dialogue.history != plan.history:
            continue
        weights = fresh.get(dialogue.question.ability)
        for scope in scopes:
            lean = leaning(dialogue, scope or None, weights)
            if lean is not None:
                keys.append((code, codes[dialogue.question.key], scope, dialogue.sample))
                values.append(lean)
    if not keys:
        return nothing
    known = np.array(keys, np.int64)
    sides = [
        _looked_up(known, np.array(values), np.stack([one, rows.question, rows.scope, rows.sample], axis=1))
        for one in (rows.first, rows.second)
    ]
    return sides[0] - sides[1]


def _strength(rows: Comparisons, candidates: Codes) -> Reals:
    """Return by how much the first is the stronger candidate by this judge, in logits."""
    found = rate(games_of(rows, candidates))
    if isinstance(found, NotIdentified):
        return np.full(len(rows), np.nan)
    _, first = positions(rows.first, candidates)
    _, second = positions(rows.second, candidates)
    return np.asarray(found.strength[first] - found.strength[second], np.float64)


def _panel(heard: Heard, there: Flags) -> Reals:
    """Return the share of a panel's members that say otherwise than the panel."""
    if len(heard.said) < 2:
        return np.full(int(there.sum()), np.nan)
    whole = heard.comparisons.label
    judged = np.stack([one.judged for one in heard.said])
    other = np.stack([one.label != whole for one in heard.said]) & judged
    return np.asarray(other.sum(axis=0) / np.maximum(judged.sum(axis=0), 1), np.float64)[there]


def _ploys(store: Store, heard: Heard, plan: Plan, rows: Comparisons) -> Reals:
    found = store.suspicious(heard.material.bank.name, heard.material.candidates.tolist(), plan.history)
    if not found:
        return np.zeros(len(rows))
    winner = np.where(rows.label >= 0, rows.first, rows.second)
    either = np.stack([rows.first, rows.second], axis=1)
    flags = []
    for at, (question, sample, won, label) in enumerate(
        zip(rows.question.tolist(), rows.sample.tolist(), winner.tolist(), rows.label.tolist(), strict=True)
    ):
        names = [won] if label else either[at].tolist()
        flags.append(any((question, one, sample) in found for one in names))
    return np.array(flags, np.float64)
