"""Answers that grow side by side: each takes its place when there is room and leaves it when it ends.

On a CPU in segments of padded batches, between which answers come and go; on a GPU by transformers' continuous batching.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import TypeAlias

from judge.models.local import batches
from judge.models.local.batches import Ask, bytes_per_token, ended, ends_of, head_width
from judge.models.local.loading import Loaded, Tokens
from judge.models.local.memory import Memory

SEGMENT = 32  # tokens by which answers grow before others may join them


@dataclass(eq=False)
class Growing:
    """An answer under way: what was asked, what it says so far, whether it ended of itself.

    too_large: it found no room even alone. `dropped` tells whether nobody waits for it any more.
    """

    ask: Ask
    said: Tokens = ()
    whole: bool = False
    too_large: bool = False
    dropped: Callable[[], bool] = field(default=lambda: False)

    @property
    def done(self) -> bool:
        return self.whole or self.too_large or len(self.said) >= self.ask.most


Come: TypeAlias = Callable[[], Sequence[Growing]]  # what has come to be answered since it was last called
Told: TypeAlias = Callable[[int], None]  # that there are so many more tokens


def write(loaded: Loaded, memory: Memory | None, come: Come, most: int, told: Told) -> Iterator[Growing]:
    """Yield answers as they end, until none is under way and none comes.

    most: tokens of a batch, padding counted; those that find no room wait until others have ended. Too large for memory, the
    batch is halved. Without a memory an answer cannot be set aside, so that all of a batch are written to the end.
    """

    def length(one: Growing) -> int:
        """Return how many tokens it will have when it can next be set aside."""
        left = one.ask.most - len(one.said)
        return len(one.ask.tokens) + len(one.said) + (left if memory is None else min(SEGMENT, left))

    under_way: list[Growing] = []
    most = min(most, memory.most) if memory is not None else most  # what is under way is never read again
    while under_way := [one for one in (*under_way, *sorted(come(), key=length)) if not one.dropped()]:
        some = _first(under_way, most, length)
        try:
            _grow(loaded, some, memory, told)
        except (RuntimeError, MemoryError) as error:
            batches.make_room(error, memory)
            some[0].too_large = len(some) == 1
            if len(some) > 1:
                most = len(some) // 2 * max(map(length, some))
        for one in some:
            if one.done:
                under_way.remove(one)
                yield one


def _first(under_way: Sequence[Growing], most: int, length: Callable[[Growing], int]) -> list[Growing]:
    """Return those that came first and fit into a batch together, at least one."""
    some: list[Growing] = []
    width = 0
    for one in under_way:
        wider = max(width, length(one))
        if not some or wider * (len(some) + 1) <= most:
            some.append(one)
            width = wider
    return some


def _grow(loaded: Loaded, some: Sequence[Growing], memory: Memory | None, told: Told) -> None:
    """Let some answers grow by a segment."""

    def stop() -> bool:
        return all(one.dropped() for one in some)

    def step(rows: int) -> bool:
        told(rows)
        return stop()

    prompts = [one.ask.tokens + one.said for one in some]
    segment = SEGMENT
    if memory is not None:
        batches.read(loaded, prompts, memory, stop)
    else:
        segment = max(one.ask.most for one in some)
    if stop():
        return
    asks = [
        replace(one.ask, tokens=prompt, most=min(segment, one.ask.most - len(one.said)))
        for one, prompt in zip(some, prompts, strict=True)
    ]
    for one, said in zip(some, batches.generate(loaded, asks, memory, step), strict=True):
        one.said, one.whole = one.said + said.tokens, said.whole


# ── on a GPU ──────────────────────────────────────────────────────────────────────────────────────────────────────────

PAGE = 32  # tokens of a block of the cache
SHARE = 0.8  # of the free memory of a GPU that the cache may take
STEP_TOKENS = 8_192  # of one forward pass
LOOK_SECONDS = 0.1


class StreamEnded(RuntimeError):
    """Continuous batching cannot go on."""


def stream(loaded: Loaded, come: Come, told: Told, free: int | None = None) -> Iterator[Growing]:
    """The same by continuous batching (Yu et al. 2022, Orca), greedily: each answer leaves its place to the next when it ends.

    free: bytes for the cache, else a share of what the GPU has free. Prompts that begin alike share their blocks.
    What finds no room even alone is yielded as too large. Raises StreamEnded where it cannot go on; what has not ended can be
    written otherwise.
    """
    from transformers import ContinuousBatchingConfig, GenerationConfig

    if free is None:
        free = int(SHARE * batches.free_memory(loaded))
    blocks, ends = free // bytes_per_block(loaded), ends_of(loaded)
    if blocks < 1:
        raise StreamEnded("no room for a single block of the cache")
    under_way: dict[str, Growing] = {}
    with loaded.model.continuous_batching_context_manager(
        generation_config=GenerationConfig(  # type: ignore[no-untyped-call]
            do_sample=False, eos_token_id=sorted(ends), pad_token_id=loaded.tokenizer.pad_token_id
        ),
        continuous_batching_config=ContinuousBatchingConfig(
            page_size=PAGE,
            num_blocks=blocks,
            max_batch_tokens=min(STEP_TOKENS, blocks * PAGE),
            auto_switch_to_flash=find_spec("flash_attn") is not None,  # else it would look for kernels on the network
        ),
        warmup=False,
    ) as manager:
        while (new := come()) or under_way:
            for one in new:
                one.too_large = -(-(len(one.ask.tokens) + one.ask.most) // PAGE) > blocks
                if one.too_large:
                    yield one
                else:
                    under_way[manager.add_request(list(one.ask.tokens), max_new_tokens=one.ask.most)] = one
            for name in [name for name, one in under_way.items() if one.dropped()]:
                manager.cancel_request(name)
                del under_way[name]
            found = manager.get_result(timeout=LOOK_SECONDS)
            if found is None and not manager.is_running():
                raise StreamEnded("it came to an end before its requests")
            if found is None or found.request_id not in under_way or not found.is_finished():
                continue
            if found.error:
                raise StreamEnded(found.error)
            one = under_way.pop(found.request_id)
            said = ended(list(found.generated_tokens), one.ask.most, ends)
            one.said, one.whole = said.tokens, said.whole
            told(len(one.said))
            yield one


def bytes_per_block(loaded: Loaded) -> int:
    """Return what a block of the cache takes: keys and values, a layer's copy of them as attention reads it, and its mask."""
    config = loaded.model.config.get_text_config()
    read, mask = 3 * config.num_attention_heads * head_width(config), 2 * STEP_TOKENS  # numbers per token
    return PAGE * int(bytes_per_token(loaded) + (read + mask) * loaded.model.dtype.itemsize)
