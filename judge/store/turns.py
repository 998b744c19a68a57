"""Many threads that add at once: whoever's turn it is writes for all who came meanwhile, and each waits until its own is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Condition
from typing import Generic, TypeVar

from judge.errors import InputError, JudgeError, StoreError

Piece = TypeVar("Piece")


@dataclass(eq=False)
class _Waiting(Generic[Piece]):
    """What one thread wants written, and what came of it."""

    piece: Piece
    over: bool = False
    error: JudgeError | None = None


class Turns(Generic[Piece]):
    """Hands pieces over in order, as many together as are waiting; what writes them is all or nothing."""

    def __init__(self, write: Callable[[Sequence[Piece]], None]) -> None:
        self._write = write
        self._changed = Condition()
        self._writing = False
        self._waiting: list[_Waiting[Piece]] = []

    def add(self, piece: Piece) -> None:
        """Return once a piece is written; raises what writing it raised."""
        mine = _Waiting(piece)
        with self._changed:
            self._waiting.append(mine)
            while self._writing and not mine.over:
                self._changed.wait()
            if not mine.over:
                self._writing, batch, self._waiting = True, self._waiting, []
        if not mine.over:
            try:
                self._write_all(batch)
            finally:
                with self._changed:
                    self._writing = False
                    for one in batch:
                        one.over = True
                    self._changed.notify_all()
        if mine.error is not None:
            raise mine.error

    def _write_all(self, batch: Sequence[_Waiting[Piece]]) -> None:
        """Write a batch; where one piece of it is refused, each alone."""
        for one in batch:
            one.error = StoreError("没有写入", fix="再来一次")  # until it is known to be otherwise
        try:
            self._write([one.piece for one in batch])
        except InputError as error:
            if len(batch) > 1:
                for one in batch:
                    self._write_all([one])
                return
            batch[0].error = error
        except StoreError as error:
            for one in batch:
                one.error = error
        else:
            for one in batch:
                one.error = None
