"""One model behind an OpenAI-compatible endpoint; no exception of the SDK or of its transport passes this file."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import sys
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Protocol
from urllib.parse import urlsplit

import openai

from judge.errors import InputError, ModelBusy, ModelError, ModelRefused
from judge.identity import Json
from judge.models import PROBE, Message, Reply, Request
from judge.models.outcome import classify, sound
from judge.models.vendors import Preset, api_key, base_url, check_url
from judge.records import Model

TIMEOUT = 600.0  # seconds for one call from its first byte to its last, thinking included

NO_PROXY: Mapping[str, None] = {"http://": None, "https://": None, "all://": None}

# What the product decides call by call, and what must never stand in a file.
_RESERVED = {"model", "messages", "stream", "stream_options", "n", "response_format", "api_key", "authorization"}


@dataclass(frozen=True, slots=True)
class Probe:
    """What one live call and the model list show of an endpoint; `listed` is None where it has no list."""

    reply: Reply
    listed: tuple[str, ...] | None

    @property
    def revision(self) -> str | None:
        """What the provider says of the version it runs, None where it says nothing."""
        said = [word for word in (self.reply.returned_model, self.reply.fingerprint) if word]
        return "@".join(said) if self.reply.fingerprint else None


class OpenAICompatible:
    """A ChatModel over chat completions.

    `parameters` are fixed for the model, part of its identity, and outrank what a request suggests; `thinking` None leaves
    the vendor's default.
    """

    def __init__(
        self,
        name: str,
        preset: Preset,
        model: str,
        *,
        environment: Mapping[str, str],
        url: str | None = None,
        variant: str | None = None,
        parameters: Mapping[str, Json] | None = None,
        thinking: bool | None = None,
        system: str | None = None,
        revision: str | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self.name = name
        self.preset = preset.for_model(model)
        self.timeout = timeout
        switch, parameters = self._switch(thinking), dict(parameters or {})
        on = self.preset.thinking_on
        thinks = bool(on) and (on or {}).items() <= {**switch, **parameters}.items()
        self._omit = {*self.preset.omit, *(self.preset.omit_thinking if thinks else ())}
        self._fixed = {**(self.preset.extra_body or {}), **switch, **self._checked(parameters)}
        endpoint = check_url(url, name) if url else base_url(preset, environment, variant)
        self.identity = Model(endpoint, model, tuple(sorted(self._fixed.items())), system, revision)
        self._find_key = partial(api_key, preset, environment)

    def __repr__(self) -> str:
        return f"OpenAICompatible({self.name!r}, {self.identity.endpoint!r}, {self.identity.model!r})"

    def check_key(self) -> None:
        """Raise InputError where there is no key; records of a model can be read without one."""
        self._find_key()

    @cached_property
    def _key(self) -> str:
        return self._find_key()

    def learn(self, finding: Mapping[str, Json]) -> None:
        """Leave out what this endpoint was seen to refuse (judge doctor --live); what was not seen stays with the preset."""
        if finding.get("temperature_zero") is False:
            self._omit.add("temperature")
        if finding.get("system_role") is False:
            self.preset = replace(self.preset, system="fold")
        if finding.get("logprobs") is False:
            self._omit.add("logprobs")

    async def aclose(self) -> None:
        """Close the connections; `contextlib.aclosing` calls this."""
        if client := self.__dict__.pop("_client", None):
            await client.close()

    async def reply(self, request: Request) -> Reply:
        """Ask once, without retries."""
        try:
            status, text, headers = await self._exchange(self._completed(self.body(request)))
            return classify(status, decode(text), text, headers, self.preset)
        except ModelError as error:
            error.where = self.name
            most, sent = self.preset.max_messages, len(request.messages)
            if isinstance(error, ModelRefused) and most and sent > most:
                error.fix += f"；{self.preset.title}的文档只允许 {most} 条消息，这一次有 {sent} 条"
            raise

    async def list_models(self) -> tuple[str, ...]:
        """Return the names of the models that the endpoint lists; raises the same errors as `reply`."""
        status, text, headers = await self._exchange(self._client.models.with_raw_response.list())
        content = decode(text)
        entries = content.get("data") if isinstance(content, dict) else None
        if status == 200 and isinstance(entries, list):
            return tuple(sorted(str(entry["id"]) for entry in entries if isinstance(entry, dict) and "id" in entry))
        classify(status, content, text, headers, self.preset)
        raise ModelBusy("模型列表读不懂")

    async def probe(self) -> Probe:
        """Ask for five tokens and for the model list, to learn what the endpoint says of itself."""
        reply = await self.reply(PROBE)
        try:
            return Probe(reply, await self.list_models())
        except ModelError:
            return Probe(reply, None)

    def body(self, request: Request) -> dict[str, Json]:
        """Return the request as this vendor takes it."""
        messages = composed(self.identity.system, request.messages, fold=self.preset.system == "fold")
        asked: dict[str, Json] = {"max_tokens": request.max_tokens, "seed": request.seed}
        if request.temperature is not None:
            asked["temperature"] = self.preset.temperature.fit(request.temperature)
        shares = min(request.logprobs, self.preset.logprobs)
        if shares and "logprobs" not in self._omit:
            asked |= {"logprobs": True, "top_logprobs": shares}
        asked["response_format"] = self._response_format(request.schema, messages)
        if self.preset.stream:
            asked |= {"stream": True, "stream_options": {"include_usage": True}}
        wanted = {name: value for name, value in asked.items() if value is not None and name not in self._omit}
        return {"model": self.identity.model, "messages": messages, **wanted, **self._fixed}

    def _response_format(self, schema: Json, messages: list[Json]) -> Json:
        if schema is None or self.preset.structured == "none":
            return None
        if self.preset.structured == "json_schema":
            return {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema, "strict": True}}
        # Left out rather than satisfied by words of ours: a judge is shown what its record says it was shown.
        if self.preset.json_word and "json" not in json.dumps(messages).casefold():
            return None
        return {"type": "json_object"}

    def _switch(self, thinking: bool | None) -> Mapping[str, Json]:
        """Return the vendor's form of thinking on or off."""
        if thinking is None:
            return {}
        switch = self.preset.thinking_on if thinking else self.preset.thinking_off
        if switch is None:
            fix = "去掉 thinking，或在 parameters 里写厂商自己的开关"
            raise InputError(f"不知道{self.preset.title}的这个模型怎样开关思考", where=self.name, fix=fix)
        return switch

    def _checked(self, parameters: Mapping[str, Json]) -> dict[str, Json]:
        """Return what a person fixed; what could not be sent as written is refused, 0 for "greater than 0" is not."""
        for name in parameters:
            if name.casefold() in _RESERVED:
                raise InputError(f"参数 {name} 不能固定", where=self.name, fix="去掉它；密钥只从环境变量读")
            if name in self._omit:
                raise InputError(f"{self.preset.title}的这个模型拒绝或忽略 {name}", where=self.name, fix=f"去掉 {name}")
        kept: dict[str, Json] = {name: value for name, value in parameters.items() if value is not None}
        value: Json = kept.pop("temperature", None)
        if value is None:
            return kept
        if not self.preset.temperature.takes(value):
            said = f"temperature={value!r}：{self.preset.title}的这个模型只接受 {self.preset.temperature}，或不设置"
            raise InputError(said, where=self.name, fix="改成允许的值，或去掉它")
        fitted = self.preset.temperature.fit(value)
        return kept if fitted is None else {**kept, "temperature": fitted}

    @cached_property
    def _client(self) -> openai.AsyncOpenAI:
        # A proxy in the environment is for the world outside, never for a server on this machine.
        local = urlsplit(self.identity.endpoint).hostname in {"localhost", "127.0.0.1", "::1"}
        client = openai.AsyncOpenAI(
            api_key=self._key,
            base_url=self.identity.endpoint,
            max_retries=0,
            timeout=openai.Timeout(self.timeout, connect=min(self.timeout, 30.0)),
            http_client=openai.DefaultAsyncHttpxClient(mounts=NO_PROXY) if local else None,
        )
        client.organization = client.project = None  # the SDK takes these from the environment, for another vendor
        return client

    async def _completed(self, body: dict[str, Json]) -> RawResponse:
        # The SDK's way to post what it has no types for: its parameters know neither the switches of vendors nor plain
        # schemas, and checking every message against them costs a tenth of a call.
        kept = await self._client.post("/chat/completions", body=body, cast_to=openai.HttpxBinaryResponseContent)
        return kept.response

    async def _exchange(self, call: Awaitable[RawResponse]) -> tuple[int, str, dict[str, str]]:
        """Await one call under the deadline and return status, body and headers, whatever the status is."""
        answer: RawResponse
        try:
            async with asyncio.timeout(self.timeout):
                answer = await call
        except openai.APIStatusError as error:
            answer = error.response
        except (openai.APITimeoutError, TimeoutError) as error:
            raise ModelBusy(f"{self.timeout:g} 秒内没有答完") from error
        except foreign_errors() as error:
            raise self._translated(error) from error
        text = answer.content.decode("utf-8", "replace")
        if len(self._key) > len("EMPTY"):  # some servers repeat the key they refuse
            text = text.replace(self._key, "***")
        return answer.status_code, text, {name.lower(): value for name, value in answer.headers.items()}

    def _translated(self, error: BaseException) -> ModelError:
        """Return our error for one of the SDK or of its transport."""
        chain = [error]
        while (cause := chain[-1].__cause__ or chain[-1].__context__) and len(chain) < 10:
            chain.append(cause)
        said = "：".join(filter(None, [type(chain[-1]).__name__, str(chain[-1])])).replace(self._key, "***")
        if any(isinstance(one, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY" in str(one) for one in chain):
            fix = "把公司的根证书装进系统证书库，或用 SSL_CERT_FILE 指定"
            return ModelRefused(f"证书不被信任（{said}）", fix=fix)
        return ModelBusy(f"连不上 {self.identity.endpoint} 或中途断开（{said}）")


class RawResponse(Protocol):
    """What is needed of a response, in the words that both generations of the SDK and its transport share."""

    @property
    def status_code(self) -> int: ...
    @property
    def content(self) -> bytes: ...
    @property
    def headers(self) -> Mapping[str, str]: ...


def foreign_errors() -> tuple[type[Exception], ...]:
    """Return what the SDK and whichever transport it loaded may raise; openai 2 rides on httpx, openai 3 on httpx2."""
    known: list[type[Exception]] = [openai.OpenAIError, OSError, ValueError, EOFError]
    transport = ("HTTPError", "InvalidURL", "StreamError", "EndOfStream", "BrokenResourceError", "ClosedResourceError")
    for module in ("httpx", "httpx2", "anyio"):
        known += [getattr(sys.modules[module], name) for name in transport if hasattr(sys.modules.get(module), name)]
    return tuple(known)


def composed(system: str | None, messages: Sequence[Message], *, fold: bool) -> list[Json]:
    """Return messages as sent: one system message in front, or its words before those of the first user turn."""
    said = [system] if system else []
    said += [message.content for message in messages if message.role == "system"]
    sent: list[Json] = [{"role": one.role, "content": sound(one.content)} for one in messages if one.role != "system"]
    text = sound("\n\n".join(said))
    if text and not fold:
        sent.insert(0, {"role": "system", "content": text})
    elif text:
        first = sent[0] if sent else None
        if isinstance(first, dict) and first["role"] == "user":
            sent[0] = {"role": "user", "content": f"{text}\n\n{first['content']}"}
        else:
            sent.insert(0, {"role": "user", "content": text})
    return sent


def decode(text: str) -> Json:
    """Return the JSON of a body, the events of a stream put together; None where it is neither, or was cut."""
    if text.lstrip().startswith(("data:", "event:", ":")):
        return merge_events(text)
    try:
        return json.loads(text)  # type: ignore[no-any-return]
    except (ValueError, RecursionError):
        return None


def merge_events(text: str) -> Json:
    """Put the events of a stream together as the completion they would have been; None where it broke off."""
    whole: dict[str, Json] = {}
    message: dict[str, Json] = {}
    tokens: list[Json] = []
    finish, done = None, False
    for line in re.split("\r\n|\n|\r", text):  # not splitlines: JSON may hold U+2028 and its like as they are
        event = decode(line.removeprefix("data:")) if line.startswith(("data:", "{")) else {}
        if not isinstance(event, dict):
            if line.endswith("[DONE]"):
                done = True
                continue
            return None
        whole |= {name: value for name, value in event.items() if name != "choices" and value is not None}
        choices = event.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if isinstance(choice, dict):
            # The last event of some vendors repeats the whole message beside the deltas.
            _extend(message, choice.get("delta") or (None if message else choice.get("message")))
            finish = choice.get("finish_reason") or finish
            logprobs = choice.get("logprobs")
            content = logprobs.get("content") if isinstance(logprobs, dict) else None
            tokens += content if isinstance(content, list) else []
            whole["choices"] = [{"message": message, "finish_reason": finish, "logprobs": {"content": tokens}}]
    return whole if done or finish or {"error", "base_resp"} & whole.keys() else None


def _extend(message: dict[str, Json], delta: Json) -> None:
    for name, value in delta.items() if isinstance(delta, dict) else ():
        before = message.get(name)
        if isinstance(before, str) and isinstance(value, str) and name != "role":
            message[name] = before + value
        elif isinstance(before, list) and isinstance(value, list):
            before.extend(value)
        elif value is not None:
            message[name] = value
