"""The team's screen as data: how far all have come, the figures now, and what is known of everyone who votes."""

from __future__ import annotations

from judge.identity import Json
from judge.report.correction import Correction
from judge.review.agreement import Against, against_people
from judge.review.chair import BREATH, Chair
from judge.review.room import Room
from judge.review.team import Reviewer, Team, Trial, team_of
from judge.stats.agreement import Agreement
from judge.stats.intervals import Estimate


def teamed(room: Room, chair: Chair, lead: str) -> dict[str, Json]:
    """Return what a lead sees of the team; figures of this moment."""
    figures = chair.figures(BREATH, wait=True)
    progress = room.desk.progress(lead)
    found = team_of(room.store, room.bank, room.plan.history, {place.target for place in room.desk.places})
    overall, *abilities = against_people(figures.queue)
    number, last = room.store.trail_head()
    content: dict[str, Json] = {
        "progress": {
            "mine": progress.mine,
            "done": progress.done,
            "total": progress.total,
            "conflicts": progress.conflicts,
            "abilities": [list(one) for one in progress.abilities],
            "width": figures.width,
            "needed": figures.needed,
            "wanted": room.terms.wanted,
        },
        "figures": {
            "width": figures.width,
            "needed": figures.needed,
            "wanted": room.terms.wanted,
            **_corrected(figures.correction),
        },
        "judge": {"overall": _against(overall), "abilities": [_against(one) for one in abilities]},
        "head": [number, last],
    }
    return {**content, **_team(found)}


def _corrected(found: Correction) -> dict[str, Json]:
    rows: list[Json] = [
        {
            "candidate": row.candidate,
            "judge": estimate(row.figure.judge),
            "people": estimate(row.figure.people),
            "corrected": estimate(row.figure.corrected),
        }
        for row in found.rows
    ]
    return {
        "rows": rows,
        "audits": found.audits,
        "population": found.population,
        "least": found.needed,
        "alone": None
        if found.saving is None
        else found.audits + found.saving,  # labels people would need by themselves
        "unit": found.unit,
    }


def _team(found: Team) -> dict[str, Json]:
    agreement = found.overall.agreement
    pairs: list[Json] = [
        {"names": [one.first, one.second], "items": one.items, **_pair(one.agreement)} for one in found.pairs
    ]
    return {
        "reviewers": [_reviewer(one) for one in found.reviewers],
        "agreement": None
        if agreement is None
        else {
            "items": found.overall.items,
            "raw": estimate(agreement.raw),
            "alpha": estimate(agreement.alpha),
            "ac1": estimate(agreement.ac1),
            "fleiss": estimate(agreement.fleiss),
        },
        "pairs": pairs,
        "confusion": [list(row) for row in found.confusion] if any(map(any, found.confusion)) else None,
    }


def _reviewer(one: Reviewer) -> Json:
    return {
        "name": one.name,
        "votes": one.votes,
        "skips": one.skips,
        "seconds": one.seconds.median if one.seconds else None,
        "left": estimate(one.left),
        "leaning": one.leaning,
        "ties": one.ties.value if one.ties else None,
        "repeats": _trial(one.repeats),
        "golds": _trial(one.golds),
        "unmasks": one.unmasked,
    }


def _trial(one: Trial) -> str:
    return f"{one.passed}/{one.total}" if one.total else "—"


def _against(one: Against) -> Json:
    return {"ability": one.ability, "items": one.items, **_pair(one.agreement)} if one.items else None


def _pair(one: Agreement | None) -> dict[str, Json]:
    return {"raw": estimate(one.raw) if one else None, "kappa": estimate(one.kappa) if one else None}


def estimate(one: Estimate | None) -> Json:
    """Return a figure with its interval; None where there is none."""
    return None if one is None else {"value": one.value, "low": one.low, "high": one.high}
