"""The arena's board as data: what people's votes have come to, who met whom how often, how much was fought lately."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from threading import Lock

from judge import markup, pipeline
from judge.errors import NothingToCompare, UnknownName
from judge.identity import Json
from judge.records import Plan
from judge.report.board import Board, BoardRow, View
from judge.review.app.teaming import estimate
from judge.review.ring import Ring

EVERY = 3.0  # seconds that a board is good for, however much happens
REST = 3.0  # computing it may take one part in so many of the time


class Standings:
    """One ring's board, as `judge leaderboard --human --method bt` computes it."""

    def __init__(self, ring: Ring) -> None:
        self.ring = ring
        self._computing = Lock()
        self._board: Board | None = None
        self._as_of = (-1, "")
        self._rested = 0.0

    def board(self) -> Board | None:
        """Return the board, up to a moment old; None where nothing was voted on yet."""
        with self._computing:
            head, began = self.ring.store.trail_head(), time.monotonic()
            if head != self._as_of and began > self._rested:
                self._board, self._as_of = self._computed(), head
                self._rested = time.monotonic() + EVERY + REST * (time.monotonic() - began)
            return self._board

    def _computed(self) -> Board | None:
        plan = Plan(bank=self.ring.terms.bank)
        try:
            return pipeline.leaderboard(self.ring.store, plan, human=True, view=View(method="bt"))
        except (UnknownName, NothingToCompare):
            return None

    def now(self) -> dict[str, Json]:
        """Return what a lead sees."""
        ring, found = self.ring, self.board()
        pairs: list[Json] = [
            {"names": [markup.visible(one) for one in names], "battles": count} for names, count in ring.met().items()
        ]
        began = [datetime.fromisoformat(one.begun) for one in list(ring.fought.values())]
        now = datetime.now(UTC)
        recent = {days: sum(now - one < timedelta(days=days) for one in began) for days in (1, 7)}
        number, last = ring.store.trail_head()
        missing = found.not_identified if found else None
        return {
            "rows": [_row(one) for one in found.rows] if found else [],
            "missing": missing[0] if missing else None,
            "groups": [[markup.visible(name) for name in group] for group in missing[1]] if missing else [],
            "pairs": pairs,
            "day": recent[1],
            "week": recent[7],
            "fought": len(began),
            "open": len(ring.open),
            "calls": ring.purse.progress.calls,
            "cost": ring.purse.progress.cost,
            "priced": all(voice.price is not None for voice in ring.voices.values()),
            "head": [number, last],
        }


def _row(row: BoardRow) -> Json:
    rating = row.rating
    elo: Json = {"value": rating.elo, "low": rating.low, "high": rating.high} if rating else None
    return {
        "candidate": markup.visible(row.candidate),
        "elo": elo,
        "ranks": [*rating.ranks] if rating and rating.ranks else None,
        "half": estimate(row.half_tie),
        "wins": estimate(row.rates.win_rate) if row.rates else None,
        "win": row.win,
        "tie": row.tie,
        "loss": row.loss,
        "battles": row.judged,
    }
