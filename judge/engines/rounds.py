"""A run in rounds: after each, somebody looks at what was judged and says what is next, or that it is enough."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping

from judge.engines.here import Run
from judge.store import Store
from judge.work import Progress, Work


class Rounds:
    """A run that stops when nothing more is wanted; what it leaves can be judged later as if it had never stopped."""

    def __init__(self, store: Store, work: Work, ahead: Callable[[], Mapping[str, Container[frozenset[str]]]]) -> None:
        self.store = store
        self.work = work
        self.progress = Progress()
        self.stopping = False
        self._ahead = ahead
        self._round: Run | None = None

    def stop(self) -> None:
        """Begin no new call."""
        self.stopping = True
        if self._round is not None:
            self._round.stop()

    async def carry_out(self) -> None:
        """Do the work round by round; raises what stops a run."""
        while not self.stopping and (wanted := self._ahead()):
            self._round = Run(self.store, self.work.part(wanted), self.progress)
            self._round.stopping = self.stopping  # perhaps while somebody looked
            await self._round.carry_out()
