"""Corrected figures as data: what the judge says, what people say of a drawn part, and what both together say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from judge.stats.intervals import Estimate

Target: TypeAlias = Literal["like", "bank"]
TELLING = 60  # audits below which what the judge saves is not known


@dataclass(frozen=True, slots=True)
class Triple:
    """One figure in percent by the judge alone, by people's drawn verdicts alone, and corrected; None where it cannot be told."""

    judge: Estimate | None
    people: Estimate | None
    corrected: Estimate | None


@dataclass(frozen=True, slots=True)
class CorrectedRow:
    """One candidate: win plus half a tie (or its share of full points), and OPEN where two are compared."""

    candidate: str
    figure: Triple
    open_score: Triple | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """A board corrected by people's verdicts whose chance to be asked for is known.

    unit: half_tie (win plus half a tie) or score (points over full points, mean over answers). pooled: the judge's error
    belongs to the model. rho: correlation of prediction and people on audited items. saved: share of people's verdicts the
    judge saves at equal width, in percent; below 0 it costs some. signals: what people's verdicts are predicted from.
    waiting: drawn and not judged yet. chosen: judged by people but never drawn, so shown and not used. few: fewer audits than
    a correction needs (`needed`).
    """

    unit: Literal["half_tie", "score"]
    rows: tuple[CorrectedRow, ...]
    audits: int
    population: int
    waiting: int
    chosen: int
    uniform: float | None
    tuning: float | None
    rho: float | None
    saved: float | None
    signals: tuple[str, ...]
    pooled: bool
    target: Target
    needed: int
    narrower: tuple[str, ...]  # draws from less than is looked at here: they say nothing of the whole
    confidence: float = 0.95

    def of(self, candidate: str) -> CorrectedRow | None:
        """Return the row of one candidate; None where it is not corrected."""
        return next((row for row in self.rows if row.candidate == candidate), None)

    @property
    def few(self) -> bool:
        return not self.rows

    @property
    def saving(self) -> float | None:
        """Return how many further verdicts people alone would need for the same width; None where too few tell, or all are judged.

        Of the draw's variance n of N verdicts leave 1 / n - 1 / N (Cochran 1977).
        """
        if self.saved is None or not TELLING <= self.audits < self.population:
            return None
        left = (1 - self.saved / 100) * (1 / self.audits - 1 / self.population)
        return 1 / (left + 1 / self.population) - self.audits
