"""Models that run here, on their own weights: a request becomes tokens, and what the worker finds becomes a reply."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from judge.errors import InputError, ModelRefused
from judge.identity import Json
from judge.models import Message, Reply, Request
from judge.models.local.loading import NEXT_TURN, Found, Settings, Tokens, find
from judge.models.outcome import thoughts
from judge.records import Model, Outcome, Usage

if TYPE_CHECKING:
    from judge.models.local.worker import Worker

DEFAULT_TOKENS = 2048
MARK = "[["  # begins the verdict that ends an answer with reasons


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
        parameters: dict[str, Json] = {"dtype": self.settings.dtype}
        parameters |= {"temperature": temperature} if temperature is not None else {}
        parameters |= {"max_tokens": max_tokens} if max_tokens is not None else {}
        parameters |= {"thinking": thinking} if thinking is not None else {}
        parameters |= {"quantization": self.settings.quantization} if self.settings.quantization else {}
        parameters |= {"template": "plain"} if self.found.template == "plain" else {}
        self.identity = Model("hf", path, tuple(sorted(parameters.items())), system, self.found.hash[:16])
        self._worker: Worker | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what a person should know before it is asked."""
        return self.found.notes

    @property
    def doing(self) -> str:
        """Say what the model is at; empty where nothing is wanted of it."""
        return self._worker.doing if self._worker else ""

    @property
    def worker(self) -> Worker:
        """Return the thread that holds the model; torch is imported with the first of them."""
        from judge.models.local.worker import Worker

        if self._worker is None:
            self._worker = Worker(self.name, self.found, self.batch_tokens)
        return self._worker

    async def reply(self, request: Request) -> Reply:
        """Answer side by side with what else is asked; a prompt longer than the model's context is an outcome.

        What is `allowed` gets its exact probabilities, from one forward pass: at once, or after reasons that are written.
        """
        at_once = bool(request.allowed) and not request.reasons
        tokens = self._tokens(request.messages, whole=request.reward, at_once=at_once)
        if at_once and self._opens(tokens):
            tokens = (*tokens, *self._encoded("</think>\n\n"))
        room = self.found.context - len(tokens)
        if room < 1:
            said = f"提示有 {len(tokens):,} 个 token，超出模型的 {self.found.context:,}"
            return Reply("", Outcome.FAILED, detail=said, returned_model=self.identity.model)
        if request.reward:
            reward = await self.worker.reward(tokens)
            return self._reply(repr(reward), tokens, 0) if math.isfinite(reward) else self._broken(tokens)
        if at_once:
            order = await self._odds(tokens, request.allowed, request.allowed)
            return self._reply(order[0][0], tokens, 1, first_tokens=order) if order else self._broken(tokens)
        return await self._said(request, tokens, room)

    async def aclose(self) -> None:
        """End the thread."""
        if self._worker is not None:
            await asyncio.to_thread(self._worker.close)

    async def _said(self, request: Request, tokens: Tokens, room: int) -> Reply:
        from judge.models.local.batches import Ask

        warm = self.temperature if self.temperature is not None else request.temperature or 0.0
        most = min(self.max_tokens or request.max_tokens or DEFAULT_TOKENS, room)
        found = await self.worker.said(Ask(tokens, most, warm, hash((request.seed or 0, request.sample))))
        opened = "<think>" if self._opens(tokens) else ""
        text, reasoning, unclosed = thoughts(opened + self._text(found.said))
        whole = found.whole
        if self.found.template == "plain" and NEXT_TURN in text:  # a base model writes the user's next words as well
            text, whole = text.partition(NEXT_TURN)[0], True
        outcome = Outcome.TRUNCATED if unclosed or not whole else Outcome.OK if text.strip() else Outcome.EMPTY
        order: tuple[tuple[str, float], ...] = ()
        if request.allowed and outcome is Outcome.OK:
            reasons, mark, _ = text.rpartition(MARK)
            kept = self._before_mark(found.said) if mark else (*found.said, *self._encoded("\n"))
            order = await self._odds((*tokens, *kept), request.allowed, [f"[[{one}]]" for one in request.allowed])
            if not order:
                return self._broken(tokens)
            text = f"{(reasons if mark else text).rstrip()}\n[[{order[0][0]}]]"
        thought = "\n".join(reasoning).strip() or None
        return self._reply(text, tokens, len(found.said), outcome, reasoning=thought, first_tokens=order)

    async def _odds(
        self, tokens: Tokens, allowed: Sequence[str], written: Sequence[str]
    ) -> tuple[tuple[str, float], ...]:
        """Return what is allowed, with its probabilities among itself, likeliest first; nothing where they are no numbers.

        written: each as it would stand in the answer.
        """
        from judge.models.local.batches import END

        ways = [self._encoded(one) for one in written]
        if any(one != other and other[: len(one)] == one for one in ways for other in ways):
            ways = [(*one, END) for one in ways]  # 1 is not the start of 10
        shares = await self.worker.odds(tokens, ways)
        if not all(map(math.isfinite, shares)):
            return ()
        return tuple(sorted(zip(allowed, shares, strict=True), key=lambda pair: -pair[1]))

    def _reply(self, text: str, tokens: Tokens, said: int, outcome: Outcome = Outcome.OK, **more: Any) -> Reply:
        return Reply(text, outcome, usage=Usage(len(tokens), said), returned_model=self.identity.model, **more)

    def _broken(self, tokens: Tokens) -> Reply:
        said = "算出来的不是数，多半是 float16 溢出：换 bfloat16 或 float32"
        return self._reply("", tokens, 0, Outcome.FAILED, detail=said)

    def _text(self, tokens: Tokens) -> str:
        return str(self.found.tokenizer.decode(list(tokens), skip_special_tokens=True))

    def _opens(self, tokens: Tokens) -> bool:
        """Tell whether the template has begun the reasoning in the model's place."""
        return self._text(tokens[-8:]).rstrip().endswith("<think>")

    def _encoded(self, text: str) -> Tokens:
        return tuple(self.found.tokenizer.encode(text, add_special_tokens=False))

    def _before_mark(self, said: Tokens) -> Tokens:
        """Return the tokens before the last mark: the most whose text ends before it."""
        short = len(self._text(said).rpartition(MARK)[0])
        low, high = 0, len(said)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if len(self._text(said[:middle])) <= short else (low, middle - 1)
        return said[:low]

    def _tokens(self, messages: Sequence[Message], *, whole: bool = False, at_once: bool = False) -> Tokens:
        """Return messages as the template has them; a whole conversation asks for no answer, one at once has no reasoning."""
        told = [{"role": one.role, "content": one.content} for one in messages]
        if self.system is not None and told[0]["role"] != "system":
            told.insert(0, {"role": "system", "content": self.system})
        thinking = False if at_once else self.thinking
        more = {} if thinking is None else {"enable_thinking": thinking}
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


def settings_of(parameters: Mapping[str, Json], revision: str | None) -> tuple[Settings, dict[str, Json]]:
    """Return what parameters say of loading, and those that say something else."""
    allowed: dict[str, tuple[Json, ...]] = {
        "dtype": ("auto", "float32", "bfloat16", "float16"),
        "device": ("auto", "cpu", "cuda", "mps"),
        "quantization": ("", "8bit", "4bit"),
        "trust_remote_code": (True, False),
    }
    known: dict[str, Any] = {name: parameters[name] for name in allowed if name in parameters}
    for name, value in known.items():
        if not any(value is one or (isinstance(value, str) and value == one) for one in allowed[name]):
            fix = f"{name} 写 {'、'.join(json.dumps(one) for one in allowed[name])} 之一"
            raise InputError(f"{name} = {json.dumps(value, ensure_ascii=False)} 不认识", where="parameters", fix=fix)
    return Settings(**known, revision=revision), {name: one for name, one in parameters.items() if name not in allowed}
