"""Batches on one model: padded generation that goes on from what was computed before, and continuations scored exactly.

Rows of a batch are [padding | what is kept | padding | what is new]: the mask leaves the padding out, positions count what it
lets through, so a row's tokens are the same in whatever batch it stands.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psutil
import torch
from transformers import DynamicCache, LogitsProcessor, LogitsProcessorList

from judge.models.local.loading import Loaded

WORTH = 64  # tokens that several prompts share, from which on they are computed once beforehand
KEPT_TOKENS = 200_000  # of all conversations together, whose keys and values stay in memory


@dataclass(frozen=True, slots=True)
class Ask:
    """What one request comes to: its tokens, how long an answer may be, how warm, and from which seed."""

    tokens: tuple[int, ...]
    most: int
    temperature: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """What was generated, without the token that ends it; `whole`: it ended of itself."""

    tokens: tuple[int, ...]
    whole: bool


@dataclass(slots=True)
class Kept:
    """The keys and values of one conversation, layer by layer (heads x tokens x width), and its tokens."""

    tokens: tuple[int, ...]
    layers: list[tuple[torch.Tensor, torch.Tensor]]


class Memory:
    """Keys and values of the latest conversations; a new prompt goes on from the one it shares most with."""

    def __init__(self, most: int = KEPT_TOKENS) -> None:
        self.most = most
        self.kept: OrderedDict[tuple[int, ...], Kept] = OrderedDict()
        self.size = 0
        self.reused = 0  # tokens that were not computed again

    def of(self, tokens: Sequence[int], fresh: int = 1) -> tuple[Kept | None, int]:
        """Return the conversation that shares most with some tokens, and how many; the last `fresh` are always computed."""
        best, most = None, 0
        for kept in self.kept.values():
            shared = _shared(kept.tokens, tokens, len(tokens) - fresh)
            if shared > most:
                best, most = kept, shared
        if best is not None:
            self.kept.move_to_end(best.tokens)
        return best, most

    def put(self, kept: Kept) -> None:
        """Keep one; the oldest go when there are too many tokens."""
        if len(kept.tokens) > self.most:
            return
        before = self.kept.pop(kept.tokens, None)
        self.size += len(kept.tokens) - (len(before.tokens) if before else 0)
        self.kept[kept.tokens] = kept
        while self.size > self.most:
            _, gone = self.kept.popitem(last=False)
            self.size -= len(gone.tokens)

    def clear(self) -> None:
        self.kept.clear()
        self.size = 0


def _shared(one: Sequence[int], other: Sequence[int], most: int) -> int:
    """Return how many tokens two share from the start, by halving: comparing slices costs next to nothing."""
    low, high = 0, min(len(one), len(other), most)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[low:middle] == other[low:middle] else (low, middle - 1)
    return low


def generate(loaded: Loaded, asks: Sequence[Ask], memory: Memory | None = None) -> list[Said]:
    """Generate for several requests in one padded batch; memory: go on from it, and add to it."""
    if memory is not None:
        prime(loaded, [one.tokens for one in asks], memory)
    rows = _Rows(loaded, [one.tokens for one in asks], memory)
    warm = [_Warmth(asks)] if any(one.temperature > 0 for one in asks) else []
    with torch.inference_mode():
        out = loaded.model.generate(
            input_ids=rows.ids,
            attention_mask=rows.mask,
            cache=rows.cache,
            logits_processor=LogitsProcessorList(warm),
            do_sample=False,
            max_new_tokens=max(one.most for one in asks),
            pad_token_id=loaded.tokenizer.pad_token_id,
            return_dict_in_generate=True,
            use_cache=True,
        )
    ends, new = _ends(loaded), out.sequences[:, rows.ids.shape[1] :].tolist()
    found = [_ended(said, one.most, ends) for said, one in zip(new, asks, strict=True)]
    if memory is not None:
        rows.keep(out.cache if hasattr(out, "cache") else out.past_key_values, [one.tokens for one in found], memory)
    return found


def scored(
    loaded: Loaded,
    prompts: Sequence[Sequence[int]],
    continuations: Sequence[Sequence[int]],
    memory: Memory | None = None,
) -> torch.Tensor:
    """Return the log-probability of each continuation after each prompt (prompts x continuations), from one forward pass.

    Where some are of several tokens, from one pass for each.
    """
    if memory is not None:
        prime(loaded, [tuple(one) for one in prompts], memory)
    if all(len(one) == 1 for one in continuations):
        rows = _Rows(loaded, prompts, memory)
        logits = rows.last_logits()
        found = torch.log_softmax(logits[:, -1].float(), dim=-1)
        return found[:, [one[0] for one in continuations]]
    results = []
    for one in continuations:
        rows = _Rows(loaded, [[*prompt, *one[:-1]] for prompt in prompts], memory, len(one))
        logits = torch.log_softmax(rows.last_logits(len(one)).float(), dim=-1)
        wanted = torch.tensor(one, device=logits.device).expand(len(prompts), -1)
        results.append(logits.gather(2, wanted.unsqueeze(2)).squeeze(2).sum(dim=1))
    return torch.stack(results, dim=1)


def prime(loaded: Loaded, prompts: Sequence[tuple[int, ...]], memory: Memory) -> None:
    """Compute once what several prompts begin with, such as a judge's instructions and rubric."""
    common = prompts[0][: _shared(min(prompts), max(prompts), len(min(prompts)))]
    if len(prompts) < 2 or len(common) < WORTH or memory.of(common, 0)[1] >= len(common) - 1:
        return
    rows = _Rows(loaded, [common], memory)
    rows.last_logits()
    rows.keep(rows.cache, [()], memory)


class _Warmth(LogitsProcessor):
    """Samples by taking the best after Gumbel noise (Gumbel 1954): each row from its own seed, whatever batch it stands in."""

    def __init__(self, asks: Sequence[Ask]) -> None:
        self.warm = [one.temperature for one in asks]
        self.dice = [torch.Generator().manual_seed(hash((one.seed, one.tokens)) % 2**63) for one in asks]

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        for at, (warm, dice) in enumerate(zip(self.warm, self.dice, strict=True)):
            if warm > 0:
                noise = torch.rand(scores.shape[1], generator=dice).clamp_(1e-20, 1 - 1e-7).log_().neg_().log_().neg_()
                scores[at] = scores[at].float() / warm + noise.to(scores.device)
        return scores


def rewards(loaded: Loaded, prompts: Sequence[Sequence[int]]) -> list[float]:
    """Return a reward model's number for each conversation."""
    width, pad = max(map(len, prompts)), loaded.tokenizer.pad_token_id
    ids = torch.tensor([[*one, *[pad] * (width - len(one))] for one in prompts], device=loaded.model.device)
    mask = torch.tensor([[1] * len(one) + [0] * (width - len(one)) for one in prompts], device=loaded.model.device)
    with torch.inference_mode():
        logits = loaded.model(input_ids=ids, attention_mask=mask).logits
    found: list[float] = logits[:, -1].float().tolist()
    return found


class _Rows:
    """Prompts as one batch: what memory holds of each before, what is new behind."""

    def __init__(self, loaded: Loaded, prompts: Sequence[Sequence[int]], memory: Memory | None, fresh: int = 1) -> None:
        self.loaded = loaded
        self.prompts = [tuple(one) for one in prompts]
        found = [memory.of(one, fresh) if memory is not None else (None, 0) for one in self.prompts]
        self.had = [shared for _, shared in found]
        if memory is not None:
            memory.reused += sum(self.had)
        new = [one[shared:] for one, shared in zip(self.prompts, self.had, strict=True)]
        self.old_width, width = max(self.had), max(map(len, new))
        pad, device = loaded.tokenizer.pad_token_id, loaded.model.device
        ids, mask = [], []
        for one, shared, rest in zip(self.prompts, self.had, new, strict=True):
            left, middle = self.old_width - shared, width - len(rest)
            ids.append([pad] * left + list(one[:shared]) + [pad] * middle + list(rest))
            mask.append([0] * left + [1] * shared + [0] * middle + [1] * len(rest))
        self.ids = torch.tensor(ids, device=device)
        self.mask = torch.tensor(mask, device=device)
        self.cache = DynamicCache(config=loaded.model.config)
        if self.old_width:
            self._fill([kept for kept, _ in found])

    def _fill(self, found: Sequence[Kept | None]) -> None:
        like = next(one for one in found if one is not None)
        for layer in range(len(like.layers)):
            sides = []
            for side in (0, 1):
                shape = like.layers[layer][side]
                whole = shape.new_zeros((len(found), shape.shape[0], self.old_width, shape.shape[2]))
                for at, (kept, shared) in enumerate(zip(found, self.had, strict=True)):
                    if kept is not None and shared:
                        whole[at, :, self.old_width - shared :] = kept.layers[layer][side][:, :shared]
                sides.append(whole)
            self.cache.update(sides[0], sides[1], layer)

    def last_logits(self, count: int = 1) -> torch.Tensor:
        """Return the logits at the last `count` places (rows x count x words)."""
        positions = (self.mask.cumsum(-1) - 1).clamp(min=0)[:, self.old_width :]
        with torch.inference_mode():
            out = self.loaded.model(
                input_ids=self.ids[:, self.old_width :],
                attention_mask=self.mask,
                position_ids=positions,
                cache=self.cache,
                logits_to_keep=count,
                use_cache=True,
            )
        logits: torch.Tensor = out.logits
        return logits[:, -count:]

    def keep(self, cache: Any, said: Sequence[tuple[int, ...]], memory: Memory) -> None:
        """Keep each row's keys and values, without the padding; of the last token none were computed."""
        width = self.ids.shape[1]
        for at, (prompt, new) in enumerate(zip(self.prompts, said, strict=True)):
            there = [*self.mask[at].nonzero().flatten().tolist(), *range(width, width + len(new))]
            places = torch.tensor([one for one in there if one < cache.get_seq_length()], device=self.ids.device)
            layers = [
                (layer.keys[at][:, places].clone(), layer.values[at][:, places].clone()) for layer in cache.layers
            ]
            memory.put(Kept((*prompt, *new)[: len(places)], layers))


def _ends(loaded: Loaded) -> frozenset[int]:
    """Return the tokens that end an answer."""
    configured = loaded.model.generation_config.eos_token_id
    several = configured if isinstance(configured, list) else [configured]
    return frozenset(one for one in (*several, loaded.tokenizer.eos_token_id) if one is not None)


def _ended(new: Sequence[int], most: int, ends: frozenset[int]) -> Said:
    """Cut what was generated at the first token that ends an answer, or where it may be no longer."""
    stop = next((at for at, token in enumerate(new[:most]) if token in ends), None)
    return Said(tuple(new[: most if stop is None else stop]), stop is not None)


# ── continuous batching ───────────────────────────────────────────────────────────────────────────────────────────────

PAGE = 32  # tokens of a block of the cache
SHARE = 0.8  # of the free memory of a GPU that the cache may take
STEP_TOKENS = 8_192  # of one forward pass


def continuous(loaded: Loaded, asks: Sequence[Ask], free: int | None = None) -> list[Said]:
    """Generate greedily for any number of requests, each leaving its place to the next when it ends (Yu et al. 2022, Orca).

    free: bytes for the cache, else a share of what the GPU has free. Prompts that begin alike share their blocks.
    """
    from transformers import ContinuousBatchingConfig, GenerationConfig

    if free is None:
        free = int(SHARE * torch.cuda.mem_get_info()[0]) if torch.cuda.is_available() else 1 << 28
    needed = sum(-(-(len(one.tokens) + one.most) // PAGE) for one in asks)
    largest = max(-(-(len(one.tokens) + one.most) // PAGE) for one in asks)
    blocks = min(needed, free // (PAGE * bytes_per_token(loaded)))
    if blocks < largest:
        raise torch.OutOfMemoryError(f"{largest} blocks of the cache are needed, there is room for {blocks}")
    out = loaded.model.generate_batch(
        inputs=[list(one.tokens) for one in asks],
        generation_config=GenerationConfig(  # type: ignore[no-untyped-call]
            max_new_tokens=max(one.most for one in asks),
            do_sample=False,
            eos_token_id=sorted(_ends(loaded)),
            pad_token_id=loaded.tokenizer.pad_token_id,
        ),
        continuous_batching_config=ContinuousBatchingConfig(
            page_size=PAGE, num_blocks=blocks, max_batch_tokens=min(STEP_TOKENS, blocks * PAGE)
        ),
        warmup=False,
    )
    ends = _ends(loaded)
    by_prompt = {tuple(one.prompt_ids): list(one.generated_tokens) for one in out.values()}
    return [_ended(by_prompt[one.tokens], one.most, ends) for one in asks]


def room(loaded: Loaded) -> int:
    """Return how many tokens' keys and values a batch may have: three tenths of the memory that is free."""
    free = torch.cuda.mem_get_info()[0] if loaded.device == "cuda" else psutil.virtual_memory().available
    return max(1, int(0.3 * free / bytes_per_token(loaded)))


def bytes_per_token(loaded: Loaded) -> int:
    """Return what one token's keys and values take in memory."""
    config = loaded.model.config.get_text_config()
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return int(2 * config.num_hidden_layers * heads * width * loaded.model.dtype.itemsize)
