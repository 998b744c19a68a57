"""Models that run here, on their own weights: what concurrent dialogues ask is gathered into batches.

A thread holds the model; requests wait for it together, are sorted by length and cut into batches that fit. A batch that is
too large for memory is halved and tried again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from judge.errors import ModelRefused
from judge.identity import Json
from judge.models import Message, Reply, Request
from judge.models.local.loading import Found, Loaded, Settings, find, load
from judge.records import Model, Outcome, Usage

if TYPE_CHECKING:
    from judge.models.local.batches import Ask, Memory

GATHER_SECONDS = 0.01  # how long a batch waits for one more request, from the last that came
MOST_TOKENS = 262_144  # of a batch, prompts and answers, padding counted
DEFAULT_TOKENS = 2048


@dataclass(eq=False, frozen=True)
class _Waiting:
    """One request, and what it comes to."""

    request: Request
    ask: Ask

    @property
    def kind(self) -> Literal["reward", "exact", "said"]:
        return "reward" if self.request.reward else "exact" if self.request.logprobs else "said"


Answers: TypeAlias = dict[_Waiting, Reply | ModelRefused]


class Local:
    """A ChatModel over weights in a folder: found at once, loaded when the first request comes. Raises what `find` raises."""

    def __init__(
        self,
        name: str,
        path: str,
        settings: Settings | None = None,
        *,
        system: str | None = None,
        thinking: bool | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
        batch_tokens: int | None = None,
    ) -> None:
        self.name, self.settings, self.system = name, settings or Settings(), system
        self.thinking, self.temperature, self.max_tokens = thinking, temperature, max_tokens
        self.batch_tokens = batch_tokens
        self.found: Found = find(path, self.settings)
        self.loaded: Loaded | None = None  # by the thread, when the first request comes
        parameters: dict[str, Json] = {"dtype": self.settings.dtype}
        parameters |= {"temperature": temperature} if temperature is not None else {}
        parameters |= {"max_tokens": max_tokens} if max_tokens is not None else {}
        parameters |= {"thinking": thinking} if thinking is not None else {}
        parameters |= {"quantization": self.settings.quantization} if self.settings.quantization else {}
        parameters |= {"template": "plain"} if self.found.template == "plain" else {}
        self.identity = Model("hf", path, tuple(sorted(parameters.items())), system, self.found.hash[:16])
        self._queue: list[_Waiting] = []
        self._worker = ThreadPoolExecutor(1, f"hf:{name}")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turn = asyncio.Lock()
        self._gathering: asyncio.Task[Answers] | None = None
        self._memory: Memory | None = None
        self.seconds = 0.0  # of all batches
        self.batches: list[int] = []  # how many requests each batch held, for whoever measures

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what a person should know before it is asked."""
        return self.found.notes

    @property
    def memory(self) -> Memory:
        """Return what is kept of earlier conversations."""
        from judge.models.local.batches import Memory

        if self._memory is None:
            self._memory = Memory()
        return self._memory

    async def reply(self, request: Request) -> Reply:
        """Answer with whatever batch the request falls into; a prompt longer than the model's context is an outcome."""
        from judge.models.local.batches import Ask

        tokens = self._tokens(request.messages, whole=request.reward)
        room = self.found.context - len(tokens)
        if room < 1:
            said = f"提示有 {len(tokens):,} 个 token，超出模型的 {self.found.context:,}"
            return Reply("", Outcome.FAILED, detail=said, returned_model=self.identity.model)
        warm = self.temperature if self.temperature is not None else request.temperature or 0.0
        seed = request.seed if request.seed is not None else 0
        ask = Ask(tokens, min(self.max_tokens or request.max_tokens or DEFAULT_TOKENS, room), warm, seed)
        if self._loop is not asyncio.get_running_loop():
            self._loop, self._turn, self._gathering = asyncio.get_running_loop(), asyncio.Lock(), None
        waiting = _Waiting(request, ask)
        self._queue.append(waiting)
        self._gathering = self._gathering or asyncio.create_task(self._gathered())
        found = (await asyncio.shield(self._gathering))[waiting]
        if isinstance(found, ModelRefused):
            raise found
        return found

    async def aclose(self) -> None:
        """End the thread."""
        await asyncio.to_thread(self._worker.shutdown)

    async def _gathered(self) -> Answers:
        """Wait until the model is free and no further request comes, then answer all that wait."""
        async with self._turn:
            before = 0
            while before != len(self._queue):
                before = len(self._queue)
                await asyncio.sleep(GATHER_SECONDS)
            waiting, self._queue, self._gathering = self._queue, [], None
            return await asyncio.get_running_loop().run_in_executor(self._worker, self._answered, waiting)

    def _tokens(self, messages: Sequence[Message], *, whole: bool = False) -> tuple[int, ...]:
        told = [{"role": one.role, "content": one.content} for one in messages]
        if self.system is not None and told[0]["role"] != "system":
            told.insert(0, {"role": "system", "content": self.system})
        more = {} if self.thinking is None else {"enable_thinking": self.thinking}
        from jinja2 import TemplateError

        try:
            found = self.found.tokenizer.apply_chat_template(
                told, add_generation_prompt=not whole, return_dict=False, **more
            )
        except (
            TemplateError,
            TypeError,
            KeyError,
            ValueError,
        ) as error:  # what a template raises is its author's choice
            said = str(error).strip().splitlines()
            fix = "去掉 system，或换一份对话模板（tokenizer_config.json 的 chat_template）"
            raise ModelRefused(f"对话模板套不上（{(said or ['?'])[0][:120]}）", where=self.name, fix=fix) from error
        return tuple(found)

    # ── the thread ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _answered(self, waiting: Sequence[_Waiting]) -> Answers:
        self.loaded = self.loaded or load(self.found)
        answers: Answers = {}
        for kind in ("reward", "exact", "said"):
            some = [one for one in waiting if one.kind == kind]
            some.sort(key=lambda one: (one.ask.most, len(one.ask.tokens)))
            for batch in self._cut(some, self.loaded):
                answers |= self._answer(batch, self.loaded)
        return answers

    def _cut(self, waiting: Sequence[_Waiting], loaded: Loaded) -> list[list[_Waiting]]:
        """Cut requests, sorted, into batches whose padded size fits into memory."""
        from judge.models.local.batches import room

        most, width = self.batch_tokens or min(MOST_TOKENS, room(loaded)), 0
        batches: list[list[_Waiting]] = [[]]
        for one in waiting:
            own = len(one.ask.tokens) + (one.ask.most if one.kind == "said" else 0)
            width = max(width, own)
            if batches[-1] and width * (len(batches[-1]) + 1) > most:
                batches.append([])
                width = own
            batches[-1].append(one)
        return [batch for batch in batches if batch]

    def _answer(self, batch: Sequence[_Waiting], loaded: Loaded) -> Answers:
        """Answer a batch of one kind; too large for memory, in halves."""
        import torch

        start, ways = time.perf_counter(), {"reward": self._rewarded, "exact": self._scored, "said": self._said}
        try:
            replies = ways[batch[0].kind](batch, loaded)
        except (torch.OutOfMemoryError, MemoryError):
            self.memory.clear()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            if len(batch) == 1:
                fix = "缩短 max_tokens，或换小一号的模型、4bit 量化"
                return {batch[0]: ModelRefused("一条请求也放不进显存", where=self.name, fix=fix)}
            half = len(batch) // 2
            return self._answer(batch[:half], loaded) | self._answer(batch[half:], loaded)
        self.batches.append(len(batch))
        self.seconds += time.perf_counter() - start
        return dict(zip(batch, replies, strict=True))

    def _said(self, batch: Sequence[_Waiting], loaded: Loaded) -> list[Reply]:
        from judge.models.local.batches import continuous, generate

        asks = [one.ask for one in batch]
        cool = all(one.temperature == 0 for one in asks)
        found = continuous(loaded, asks) if loaded.device == "cuda" and cool else generate(loaded, asks, self.memory)
        replies = []
        for one, said in zip(batch, found, strict=True):
            text = loaded.tokenizer.decode(said.tokens, skip_special_tokens=True)
            usage = Usage(len(one.ask.tokens), len(said.tokens))
            outcome = Outcome.OK if said.whole else Outcome.TRUNCATED
            replies.append(Reply(text, outcome, usage=usage, returned_model=self.identity.model))
        return replies

    def _rewarded(self, batch: Sequence[_Waiting], loaded: Loaded) -> list[Reply]:
        from judge.models.local.batches import rewards

        if not loaded.reward:
            fix = "--protocol reward 用奖励模型（SequenceClassification）；别的模型换 soft 或 scores"
            raise ModelRefused("这不是奖励模型", where=self.name, fix=fix)
        found = rewards(loaded, [one.ask.tokens for one in batch])
        return [
            Reply(repr(number), usage=Usage(len(one.ask.tokens), 0), returned_model=self.identity.model)
            for one, number in zip(batch, found, strict=True)
        ]

    def _scored(self, batch: Sequence[_Waiting], loaded: Loaded) -> list[Reply]:
        """Return the likeliest of what is allowed, with the exact probabilities of all of it among themselves."""
        from judge.models.local.batches import scored

        replies = []
        allowed = batch[0].request.allowed or ("A", "B", "C")
        tokens = [loaded.tokenizer.encode(one, add_special_tokens=False) for one in allowed]
        if any(one != other and other[: len(one)] == one for one in tokens for other in tokens):
            tokens = [[*one, loaded.tokenizer.eos_token_id] for one in tokens]  # 1 is not the start of 10
        odds = scored(loaded, [one.ask.tokens for one in batch], tokens, self.memory).softmax(dim=1)
        for one, row in zip(batch, odds.tolist(), strict=True):
            order = sorted(zip(allowed, row, strict=True), key=lambda pair: -pair[1])
            usage = Usage(len(one.ask.tokens), 1)
            replies.append(
                Reply(order[0][0], usage=usage, returned_model=self.identity.model, first_tokens=tuple(order))
            )
        return replies


def settings_of(parameters: Mapping[str, Json], revision: str | None) -> tuple[Settings, dict[str, Json]]:
    """Return what parameters say of loading, and those that say something else."""
    names = ("dtype", "device", "quantization", "trust_remote_code")
    known: dict[str, Any] = {name: parameters[name] for name in names if name in parameters}
    return Settings(**known, revision=revision), {name: one for name, one in parameters.items() if name not in names}
