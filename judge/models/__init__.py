"""Models as the product sees them: a request goes in, a reply with its outcome comes out; vendors stay behind this door."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from judge.identity import Json
from judge.records import Model, Outcome, Usage


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation as sent."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a model in one call.

    temperature and max_tokens: None leaves the server's default. `schema` asks for JSON of this form where the server can;
    `logprobs` asks for the probabilities of so many first tokens' alternatives where it can, and a model that runs here gives
    exactly those of `allowed`, with `reasons` after the reasons it writes, each as [[X]]. `reward`: the messages are a whole
    conversation, and a reward model's number for it is wanted. `sample`: which of several answers to the same this is; it goes
    to no server, and moves the dice of a model that runs here.
    """

    messages: tuple[Message, ...]
    temperature: float | None = None
    max_tokens: int | None = None
    schema: Json = None
    logprobs: int = 0
    allowed: tuple[str, ...] = ()
    reasons: bool = False
    reward: bool = False
    seed: int | None = None
    sample: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said: the text without its reasoning, how it ended, and what the provider says of itself.

    `first_tokens` are (token, probability) alternatives of the first answer token, most probable first.
    """

    text: str
    outcome: Outcome = Outcome.OK
    reasoning: str | None = None
    usage: Usage | None = None
    returned_model: str | None = None
    fingerprint: str | None = None
    first_tokens: tuple[tuple[str, float], ...] = ()
    detail: str = ""  # what the provider said about a filter or an error


PROBE = Request((Message("user", "你好"),), max_tokens=5)  # the smallest question: who answers, and under what name


class ChatModel(Protocol):
    """A model that can be asked.

    `reply` raises ModelBusy where a later call may succeed, ModelRefused where the configuration is at fault, QuotaGone where
    the account is; everything else (filtered, empty, truncated) is a Reply with its outcome.
    """

    name: str
    identity: Model

    async def reply(self, request: Request) -> Reply: ...
