"""What stays in memory between calls: the keys and values of conversations, so that what was read is not read again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from judge.models.local.loading import Tokens

KEPT_TOKENS = 200_000  # of all conversations together, where there is room


@dataclass(slots=True)
class Kept:
    """The keys and values of one conversation, layer by layer (heads x tokens x width), and its tokens."""

    tokens: Tokens
    layers: list[tuple[torch.Tensor, torch.Tensor]]


class Memory:
    """Keys and values of the latest conversations; a new prompt goes on from the one it shares most with."""

    def __init__(self, most: int = KEPT_TOKENS) -> None:
        self.most = most
        self.kept: OrderedDict[Tokens, Kept] = OrderedDict()
        self.size = 0
        self.read = 0  # tokens of prompts that were computed
        self.reused = 0  # and that were not computed again

    def of(self, tokens: Sequence[int], fresh: int = 1) -> tuple[Kept | None, int]:
        """Return the conversation that shares most with some tokens, and how many; the last `fresh` are always computed."""
        most = len(tokens) - fresh
        best = self.kept.get(tuple(tokens[:most]))  # an answer that goes on growing
        if best is None:
            longest = 0
            for kept in self.kept.values():
                if (common := shared(kept.tokens, tokens, most)) > longest:
                    best, longest = kept, common
            most = longest
        if best is not None:
            self.kept.move_to_end(best.tokens)
        return best, most

    def put(self, kept: Kept, over: Kept | None = None) -> None:
        """Keep one, in place of the one it goes on from; the oldest go when there are too many tokens."""
        for gone in {kept.tokens, over.tokens} if over else {kept.tokens}:
            self._drop(gone)
        if len(kept.tokens) > self.most:
            return
        self.size += len(kept.tokens)
        self.kept[kept.tokens] = kept
        while self.size > self.most:
            self._drop(next(iter(self.kept)))

    def _drop(self, tokens: Tokens) -> None:
        if self.kept.pop(tokens, None) is not None:
            self.size -= len(tokens)

    def clear(self) -> None:
        self.kept.clear()
        self.size = 0


def shared(one: Sequence[int], other: Sequence[int], most: int) -> int:
    """Return how many tokens two share from the start, by halving: comparing slices costs next to nothing."""
    low, high = 0, min(len(one), len(other), most)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[low:middle] == other[low:middle] else (low, middle - 1)
    return low
