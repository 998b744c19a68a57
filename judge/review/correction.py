"""From a queue to corrected figures: one pair by itself, boards with the judge's error as the model's, scores by model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from judge.columns import Codes, Reals
from judge.meetings import positions
from judge.records import Plan
from judge.report.board import met_by
from judge.report.correction import CorrectedRow, Correction, Triple
from judge.review.queue import CALIBRATED, Queue
from judge.review.verdicts import Scored
from judge.stats.intervals import Estimate, cluster_mean
from judge.stats.pooled import pooled
from judge.stats.prediction_powered import Audits, Corrected, Predicted, calibrated, correct, shared_tuning

LEAST = 4  # audits of one pair
MORE = 10  # audits a board needs beyond one for each candidate: with fewer its intervals hold too seldom
LEAST_SCORES = 8  # scored answers of every model: with fewer the common tuning is not known well enough


def correction_of(queue: Queue, plan: Plan) -> Correction:
    """Correct what a judge says of the candidates of a queue; without enough audits the rows are empty and `needed` says how many."""
    people = queue.people
    candidates = queue.heard.material.candidates
    names = queue.heard.material.names
    scores = queue.scores
    two = len(candidates) == 2
    signals: tuple[str, ...]
    if scores is not None and not two:
        signals, found = ("score",), _scores(scores, candidates.tolist(), plan)
        audits, population = (
            sum(len(one.audits) for one in scores.values()),
            sum(len(one.said) for one in scores.values()),
        )
    else:
        signals, predicted = _predicted(queue, people.audits)
        way = _by_question if people.implied else _pair if two else _board
        found = way(queue, plan, predicted)
        audits, population = len(people.audits), len(queue.rows)
    by_score = signals == ("score",)
    needed = LEAST_SCORES * len(candidates) if by_score else LEAST if two else len(candidates) + MORE
    usable = [one for one in people.draws if one.usable]
    mass = [one.uniform for one in usable if one.judged]
    kept = Correction(
        unit="score" if by_score else "half_tie",
        rows=(),
        audits=audits,
        population=population,
        waiting=sum(one.items - one.judged for one in usable),
        narrower=tuple(one.name for one in people.draws if not one.usable),
        chosen=people.chosen,
        uniform=min(mass) if mass else None,
        tuning=None,
        rho=None,
        saved=None,
        signals=signals,
        pooled=not two and not by_score and not people.implied,
        target=plan.target,
        needed=needed,
        confidence=plan.confidence,
    )
    if found is None:
        return kept
    rows, tuning, rho, saved = found
    named = [CorrectedRow(names[int(code)], *figures) for code, figures in zip(candidates, rows, strict=True)]
    named.sort(key=lambda row: -(row.figure.corrected.value if row.figure.corrected else -np.inf))
    return replace(kept, rows=tuple(named), tuning=tuning, rho=rho, saved=None if saved is None else 100 * saved)


# Per candidate its figure, and OPEN where there are two; then tuning, rho, saved.
Found = tuple[Sequence[tuple[Triple, Triple | None]], float, float | None, float | None]


def _predicted(queue: Queue, audits: Audits) -> tuple[tuple[str, ...], Predicted]:
    """Predict people's verdicts from the judge's and what else is known, cross-fitted; from the verdicts alone with few audits."""
    names, features = queue.features
    useful = len(names) > 1 and CALIBRATED <= len(audits) < len(queue.rows)  # of a census nothing is left to predict
    better = calibrated(features, audits, queue.rows.question) if useful else None
    return (names, better) if better is not None else (("verdict",), Predicted.as_said(queue.said, audits))


def _pair(queue: Queue, plan: Plan, predicted: Predicted) -> Found | None:
    rows, audits = queue.rows, queue.people.audits
    if len(audits) < LEAST:
        return None

    def corrected(points: Reals, people: Reals, guess: Predicted | None = None) -> tuple[Triple, Corrected]:
        """Correct one figure from the judge's points, by row, and people's, by audit."""
        said = np.where(rows.judged, points, 0.5)
        guess = guess or Predicted.as_said(said, audits)
        theirs = replace(audits, value=people)
        found = correct(said, guess, theirs, rows.question, target=plan.target, confidence=plan.confidence)
        assert found is not None
        heard = rows.judged
        return _triple(points[heard], rows.question[heard], found.people, found.corrected, plan), found

    points = queue.people.open_points
    first, found = corrected(rows.half_tie, audits.value, predicted)
    second = Triple(*(None if one is None else _mirrored(one) for one in (first.judge, first.people, first.corrected)))
    open_first, _ = corrected(rows.win + rows.tie, points)
    open_second, _ = corrected(rows.loss + rows.tie, 1 - audits.value + (points - audits.value))
    return [(first, open_first), (second, open_second)], found.tuning, found.rho, found.saved


def _triple(said: Reals, questions: Codes, people: Estimate | None, corrected: Estimate | None, plan: Plan) -> Triple:
    """Put a judge's mean of what it said beside the others, in percent."""
    return Triple(*map(_percent, (cluster_mean(said, questions, plan.confidence), people, corrected)))


def _board(queue: Queue, plan: Plan, predicted: Predicted) -> Found | None:
    rows, candidates = queue.rows, queue.heard.material.candidates
    _, first = positions(rows.first, candidates)
    _, second = positions(rows.second, candidates)
    if len(queue.people.audits) < len(candidates) + MORE:
        return None
    found = pooled(
        first,
        second,
        queue.said,
        predicted,
        queue.people.audits,
        rows.question,
        len(candidates),
        target=plan.target,
        confidence=plan.confidence,
    )
    if found is None:
        return None
    lines = []
    for at, code in enumerate(candidates.tolist()):
        met = met_by(rows.take(rows.judged), code)
        figure = _triple(met.half_tie, met.question, found.people[at], found.corrected[at], plan)
        lines.append((figure, None))
    return lines, found.tuning, found.rho, found.saved


def _by_question(queue: Queue, plan: Plan, predicted: Predicted) -> Found | None:
    """Correct a board of pairs whose people scored all answers to drawn questions: a question is one audit of every model."""
    rows, audits = queue.rows, queue.people.audits
    value, audit = np.full(len(rows), np.nan), np.zeros(len(rows), np.int64)
    value[audits.at], audit[audits.at] = audits.value, np.arange(len(audits))
    guess = predicted.everywhere.copy()
    guess[audits.at] = predicted.audited
    lines, tunings, saved, pairs = [], [], [], []
    for code in queue.heard.material.candidates.tolist():
        mine = np.flatnonzero((rows.first == code) | (rows.second == code))
        turned = rows.first[mine] != code
        questions, place = np.unique(rows.question[mine], return_inverse=True)
        place = place.ravel()
        sides = (np.where(turned, 1 - one[mine], one[mine]) for one in (value, queue.said, guess))
        people, said, expected = (np.bincount(place, one) / np.bincount(place) for one in sides)
        at = np.flatnonzero(~np.isnan(people))
        first = np.unique(place, return_index=True)[1][at]
        one = replace(audits.take(audit[mine][first], at), value=people[at])
        found = correct(
            said,
            Predicted.as_said(expected, one),
            one,
            questions,
            target=plan.target,
            confidence=plan.confidence,
        )
        if found is None:
            return None
        met = met_by(rows.take(rows.judged), code)
        lines.append((_triple(met.half_tie, met.question, found.people, found.corrected, plan), None))
        tunings.append(found.tuning)
        pairs += [] if found.rho is None else [found.rho]
        saved += [] if found.saved is None else [found.saved]
    return (
        lines,
        float(np.mean(tunings)),
        float(np.mean(pairs)) if pairs else None,
        float(np.mean(saved)) if saved else None,
    )


def _scores(scores: Mapping[int, Scored], candidates: Sequence[int], plan: Plan) -> Found | None:
    """Correct mean scores model by model, the tuning held to a common one."""
    if any(len(one.audits) < LEAST_SCORES for one in scores.values()):
        return None
    order = [scores[code] for code in candidates]
    guess = np.concatenate([one.said[one.audits.at] for one in order])
    value = np.concatenate([one.audits.value for one in order])
    group = np.repeat(np.arange(len(order)), [len(one.audits) for one in order])
    weight = 1 / np.concatenate([one.audits.probability for one in order])
    tuning = shared_tuning(guess, value, group, len(order), weight)
    lines, saved = [], []
    for one, own in zip(order, tuning.tolist(), strict=True):
        found = correct(
            one.said,
            Predicted.as_said(one.said, one.audits),
            one.audits,
            one.questions,
            target=plan.target,
            confidence=plan.confidence,
            tuning=own,
        )
        assert found is not None
        lines.append((_triple(one.said, one.questions, found.people, found.corrected, plan), None))
        if found.saved is not None:
            saved.append(found.saved)
    size = np.bincount(group)
    said, people = (one - (np.bincount(group, one) / size)[group] for one in (guess, value))  # within models
    rho = np.corrcoef(said, people)[0, 1] if np.ptp(said) and np.ptp(people) else np.nan
    return lines, float(tuning.mean()), None if np.isnan(rho) else float(rho), float(np.mean(saved)) if saved else None


def _percent(figure: Estimate | None) -> Estimate | None:
    return None if figure is None else figure.scaled(100)


def _mirrored(figure: Estimate) -> Estimate:
    """Return the other side's share of a hundred."""
    return replace(figure, value=100 - figure.value, low=100 - figure.high, high=100 - figure.low)


def half_width(found: Correction) -> float | None:
    """Return the widest half of a corrected interval, in points; None where nothing is corrected."""
    widths = [(row.figure.corrected.high - row.figure.corrected.low) / 2 for row in found.rows if row.figure.corrected]
    return max(widths, default=None)


def still_needed(found: Correction, alone: Correction, wanted: float) -> int | None:
    """Return about how many further audits bring every half-width to `wanted` points; None: not by audits of these items.

    alone: the same for this bank alone, whose variance is that of the draw. Of it more audits leave 1 / n - 1 / N (Cochran
    1977); what the questions themselves leave open stays.
    """
    needed = 0
    for row, bare in zip(found.rows, alone.rows, strict=True):
        figure, drawn = row.figure.corrected, bare.figure.corrected
        if figure is None or drawn is None or (figure.high - figure.low) / 2 <= wanted:
            continue
        reach = (figure.high - figure.low) / 2 / figure.standard_error if figure.standard_error > 0 else np.inf
        draw = drawn.standard_error**2
        allowed = (wanted / reach) ** 2 - max(0.0, figure.standard_error**2 - draw)
        left = 1 / found.audits - 1 / found.population
        if allowed <= 0 or draw <= 0 or left <= 0:
            return None
        needed = max(needed, int(np.ceil(1 / (allowed / draw * left + 1 / found.population))) - found.audits)
    return needed
