"""What an endpoint can do, found out by asking: a handful of tiny calls whose answers are kept and used."""

from __future__ import annotations

import json
from dataclasses import dataclass

from judge.errors import ModelBusy, ModelError, ModelRefused
from judge.models import ChatModel, Message, Reply, Request
from judge.reply import verdict_schema

TINY = 64  # tokens: enough for an answer, and for a short thought before it


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What was seen of a model; None where it could not be told (the endpoint was busy)."""

    returned_model: str | None
    fingerprint: str | None
    temperature_zero: bool | None
    system_role: bool | None
    structured: bool | None
    logprobs: bool | None
    reasoning: bool
    listed: tuple[str, ...] | None = None  # the models the endpoint says it has, where it says so


async def examine(model: ChatModel) -> Capabilities:
    """Ask a model five tiny questions; raises what its first call raises (key, name, quota, network)."""
    hello = (Message("user", "你好，只回一个字。"),)
    first = await model.reply(Request(hello, max_tokens=TINY))
    choice = (Message("user", '两个回答一样好。只输出 JSON：{"reason": "……", "verdict": "C"}'),)
    structured = await _tried(model, Request(choice, max_tokens=TINY, schema=verdict_schema(3)))
    odds = await _tried(model, Request(hello, max_tokens=TINY, logprobs=5))
    cold = await _tried(model, Request(hello, temperature=0.0, max_tokens=TINY))
    role = await _tried(model, Request((Message("system", "只回一个字。"), *hello), max_tokens=TINY))
    return Capabilities(
        returned_model=first.returned_model,
        fingerprint=first.fingerprint,
        temperature_zero=_answered(cold),
        system_role=_answered(role),
        structured=None if structured is None else isinstance(structured, Reply) and _is_object(structured.text),
        logprobs=None if odds is None else isinstance(odds, Reply) and bool(odds.first_tokens),
        reasoning=first.reasoning is not None,
        listed=await _listed(model),
    )


async def _tried(model: ChatModel, request: Request) -> Reply | ModelRefused | None:
    """Return the reply, the refusal, or None where the endpoint was too busy to tell."""
    try:
        return await model.reply(request)
    except ModelRefused as refusal:
        return refusal
    except ModelBusy:
        return None


async def _listed(model: ChatModel) -> tuple[str, ...] | None:
    listing = getattr(model, "list_models", None)
    try:
        return None if listing is None else await listing()
    except ModelError:
        return None


def _answered(tried: Reply | ModelRefused | None) -> bool | None:
    return None if tried is None else isinstance(tried, Reply)


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
