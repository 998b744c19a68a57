"""Batches on one model: padded generation that goes on from what was computed before, and continuations scored exactly.

Rows of a batch are [padding | what is kept | padding | what is new]: the mask leaves the padding out, positions count what it
lets through, so a row's tokens are the same in whatever batch it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import psutil
import torch
from transformers import (
    DynamicCache,
    LogitsProcessor,
    LogitsProcessorList,
    StoppingCriteria,
    StoppingCriteriaList,
    TopKLogitsWarper,
    TopPLogitsWarper,
)
from transformers.cache_utils import DynamicLayer

from judge.models.local.loading import Loaded, Tokens
from judge.models.local.memory import Kept, Memory, shared

One = TypeVar("One")
Stop: TypeAlias = Callable[[], bool]  # whether nobody waits any more for what is being computed

END = -1  # in a continuation: whatever ends an answer
# Tokens of prompts in one forward pass, padding counted: more is no faster, takes memory, and cannot be interrupted meanwhile.
READ_TOKENS = {"cpu": 1024, "cuda": 8192, "mps": 2048}
WORTH = 64  # tokens that several prompts share, from which on they are computed once beforehand


@dataclass(frozen=True, slots=True)
class Ask:
    """What one request comes to: its tokens, how long an answer may be, how warm, and from which seed."""

    tokens: Tokens
    most: int
    temperature: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """What was generated, without the token that ends it; `whole`: it ended of itself."""

    tokens: Tokens
    whole: bool


def never() -> bool:
    """Tell that somebody waits."""
    return False


def read(loaded: Loaded, prompts: Sequence[Tokens], memory: Memory, stop: Stop = never) -> None:
    """Compute what memory does not hold of some prompts but their last token, so many tokens at once; stop: asked in between."""
    prime(loaded, prompts, memory, stop)
    unread = {one[:-1] for one in prompts if memory.of(one)[1] < len(one) - 1}
    for batch in cut(sorted(unread), lambda one: len(one) - memory.of(one)[1], at_once(loaded)):
        _read(loaded, batch, memory, stop)


def prime(loaded: Loaded, prompts: Sequence[Tokens], memory: Memory, stop: Stop = never) -> None:
    """Compute once what several prompts begin with, such as a judge's instructions and rubric."""
    common = prompts[0][: shared(min(prompts), max(prompts), len(min(prompts)))]
    if len(prompts) > 1 and len(common) >= WORTH and memory.of(common, 0)[1] < len(common) - 1:
        _read(loaded, [common], memory, stop)


def _read(loaded: Loaded, prompts: Sequence[Tokens], memory: Memory, stop: Stop = never) -> None:
    """Compute some prompts; a single one that is too long for one pass, piece by piece."""
    longest, known, pace = max(map(len, prompts)), min(memory.of(one)[1] for one in prompts), at_once(loaded)
    pieces = range(known + pace, longest, pace) if longest <= memory.most else ()  # else they could not be kept
    for end in (*pieces, longest):
        if stop():
            return
        rows = _Rows(loaded, [one[:end] for one in prompts], memory)
        rows.last_logits()
        rows.keep(rows.cache, [()] * len(prompts), memory)


def cut(ones: Iterable[One], length: Callable[[One], int], most: int) -> list[list[One]]:
    """Cut some into batches, in their order, of at most so many tokens, padding counted; none is empty."""
    batches: list[list[One]] = []
    width = 0
    for one in ones:
        width = max(width, length(one))
        if batches and (len(batches[-1]) + 1) * width <= most:
            batches[-1].append(one)
        else:
            batches.append([one])
            width = length(one)
    return batches


def generate(
    loaded: Loaded, asks: Sequence[Ask], memory: Memory | None = None, step: Callable[[int], bool] | None = None
) -> list[Said]:
    """Generate for several requests in one padded batch; memory: go on from it, and add to it.

    step: told after each token how many rows there are; where it returns True, generation stops.
    """
    rows = _Rows(loaded, [one.tokens for one in asks], memory)
    warm = [_Warmth(loaded, asks)] if any(one.temperature > 0 for one in asks) else []
    with torch.inference_mode():
        out = loaded.model.generate(
            input_ids=rows.ids,
            attention_mask=rows.mask,
            cache=rows.cache,
            logits_processor=LogitsProcessorList(warm),
            stopping_criteria=StoppingCriteriaList([_Step(step)] if step else []),
            do_sample=False,
            max_new_tokens=max(one.most for one in asks),
            pad_token_id=loaded.tokenizer.pad_token_id,
            return_dict_in_generate=True,
            use_cache=True,
        )
    ends, new = ends_of(loaded), out.sequences[:, rows.ids.shape[1] :].tolist()
    found = [ended(said, one.most, ends) for said, one in zip(new, asks, strict=True)]
    if memory is not None:
        rows.keep(out.cache if hasattr(out, "cache") else out.past_key_values, [one.tokens for one in found], memory)
    return found


def scored(
    loaded: Loaded,
    prompts: Sequence[Tokens],
    continuations: Sequence[Sequence[int]],
    memory: Memory | None = None,
    stop: Stop = never,
) -> torch.Tensor:
    """Return the log-probability of each continuation after each prompt (prompts x continuations), from one forward pass.

    Where some are of several tokens, from one short pass for each. stop: asked while prompts are read; then nothing is said.
    """
    if memory is not None:
        read(loaded, prompts, memory, stop)
    if stop():
        return torch.zeros(len(prompts), len(continuations))
    if all(len(one) == 1 for one in continuations):
        logits = _Rows(loaded, prompts, memory).last_logits()
        found = torch.log_softmax(logits[:, -1].float(), dim=-1)
        return found[:, [one[0] for one in continuations]]
    results, ends = [], sorted(ends_of(loaded))
    for one in continuations:
        rows = _Rows(loaded, [(*prompt, *one[:-1]) for prompt in prompts], memory, len(one))
        logs = torch.log_softmax(rows.last_logits(len(one)).float(), dim=-1)
        total = torch.logsumexp(logs[:, -1, ends], dim=-1) if one[-1] == END else logs[:, -1, one[-1]]
        results.append(total + sum(logs[:, at, token] for at, token in enumerate(one[:-1])))
    return torch.stack(results, dim=1)


class _Warmth(LogitsProcessor):
    """Samples by inversion of the distribution (Devroye 1986): each row by its own dice, whatever batch it stands in."""

    def __init__(self, loaded: Loaded, asks: Sequence[Ask]) -> None:
        self.narrowing = LogitsProcessorList([TopKLogitsWarper(loaded.top_k)] if loaded.top_k else [])
        if loaded.top_p < 1:
            self.narrowing.append(TopPLogitsWarper(loaded.top_p))
        self.rows = [at for at, one in enumerate(asks) if one.temperature > 0]
        self.warm = torch.tensor([[asks[at].temperature] for at in self.rows], device=loaded.model.device)
        seeds = [hash((asks[at].seed, asks[at].tokens)) % 2**63 for at in self.rows]
        self.dice = [torch.Generator().manual_seed(one) for one in seeds]

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Leave of each warm row the word that its dice fell on."""
        odds = self.narrowing(input_ids[self.rows], scores[self.rows].float() / self.warm)
        reach = odds.softmax(dim=-1).cumsum(dim=-1)
        luck = torch.tensor([[1 - float(torch.rand((), generator=one))] for one in self.dice], device=scores.device)
        words = torch.searchsorted(reach, luck * reach[:, -1:])
        scores[self.rows] = torch.full_like(scores[self.rows], -torch.inf).scatter(1, words, 0.0)
        return scores


class _Step(StoppingCriteria):
    """Tells that every row has one more token, and whether to stop."""

    def __init__(self, step: Callable[[int], bool]) -> None:
        self.step = step

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **more: Any) -> torch.Tensor:
        stop = self.step(len(input_ids))
        return torch.full((len(input_ids),), stop, device=input_ids.device)


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
        self.known, self.had = [kept for kept, _ in found], [had for _, had in found]
        new = [one[had:] for one, had in zip(self.prompts, self.had, strict=True)]
        if memory is not None and max(map(len, new)) > fresh:  # more than what is always computed
            memory.read += sum(map(len, new))
            memory.reused += sum(self.had)
        self.old_width, width = max(self.had), max(map(len, new))
        device = loaded.model.device
        ids, mask = [], []
        for one, had, rest in zip(self.prompts, self.had, new, strict=True):
            left, middle = self.old_width - had, width - len(rest)
            pad = one[0]  # which is masked: a penalty on words said before meets no word that this row has not
            ids.append([pad] * left + list(one[:had]) + [pad] * middle + list(rest))
            mask.append([0] * left + [1] * had + [0] * middle + [1] * len(rest))
        self.ids = torch.tensor(ids, device=device)
        self.mask = torch.tensor(mask, device=device)
        self.cache = DynamicCache(config=loaded.model.config)
        if self.old_width:
            self._fill()

    def _fill(self) -> None:
        like = next(one for one in self.known if one is not None)
        for layer in range(len(like.layers)):
            sides = []
            for side in (0, 1):
                shape = like.layers[layer][side]
                whole = shape.new_zeros((len(self.known), shape.shape[0], self.old_width, shape.shape[2]))
                for at, (kept, had) in enumerate(zip(self.known, self.had, strict=True)):
                    if kept is not None and had:
                        whole[at, :, self.old_width - had :] = kept.layers[layer][side][:, :had]
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

    def keep(self, cache: Any, said: Sequence[Tokens], memory: Memory) -> None:
        """Keep each row's keys and values, without the padding; of the last token none were computed."""
        width = self.ids.shape[1]
        for at, (prompt, new) in enumerate(zip(self.prompts, said, strict=True)):
            there = [*self.mask[at].nonzero().flatten().tolist(), *range(width, width + len(new))]
            places = torch.tensor(
                [one for one in there if one < cache.get_seq_length()]
            )  # layers may lie on several GPUs
            layers = [(layer.keys[at][:, places], layer.values[at][:, places]) for layer in cache.layers]
            known = self.known[at]
            whole = known if known is not None and self.had[at] == len(known.tokens) else None
            memory.put(Kept((*prompt, *new)[: len(places)], layers), over=whole)


def ends_of(loaded: Loaded) -> frozenset[int]:
    """Return the tokens that end an answer."""
    configured = loaded.model.generation_config.eos_token_id
    several = configured if isinstance(configured, list) else [configured]
    return frozenset(one for one in (*several, loaded.tokenizer.eos_token_id) if one is not None)


def ended(new: Sequence[int], most: int, ends: frozenset[int]) -> Said:
    """Cut what was generated at the first token that ends an answer, or where it may be no longer."""
    stop = next((at for at, token in enumerate(new[:most]) if token in ends), None)
    return Said(tuple(new[: most if stop is None else stop]), stop is not None)


def room(loaded: Loaded) -> int:
    """Return how many tokens' keys and values a batch may have: three tenths of the memory that is free."""
    return max(1, int(0.3 * free_memory(loaded) / bytes_per_token(loaded)))


def free_memory(loaded: Loaded) -> int:
    """Return how many bytes are free; what torch holds in reserve on a GPU is."""
    if loaded.device != "cuda":
        return int(psutil.virtual_memory().available)
    return int(torch.cuda.mem_get_info()[0] + torch.cuda.memory_reserved() - torch.cuda.memory_allocated())


def at_once(loaded: Loaded) -> int:
    """Return how many tokens of prompts go into one forward pass."""
    return READ_TOKENS[loaded.device]


def too_large(error: Exception) -> bool:
    """Tell whether memory was too small; on a CPU and on MPS torch raises a plain RuntimeError."""
    said = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError) and ("can't allocate memory" in said or "out of memory" in said)
    )


def make_room(error: Exception, memory: Memory | None) -> None:
    """Give memory back after it was too small; raises any other error anew."""
    if not too_large(error):
        raise error
    if memory is not None:
        memory.clear()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def keeps(loaded: Loaded) -> bool:
    """Tell whether all layers keep every token's keys and values, so that an answer can be set aside and gone on with."""
    return all(type(layer) is DynamicLayer for layer in DynamicCache(config=loaded.model.config).layers)


def bytes_per_token(loaded: Loaded) -> int:
    """Return what one token's keys and values take in memory."""
    config = loaded.model.config.get_text_config()
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    return int(2 * config.num_hidden_layers * heads * head_width(config) * loaded.model.dtype.itemsize)


def head_width(config: Any) -> int:
    """Return how many numbers an attention head has."""
    return int(getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)
