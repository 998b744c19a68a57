"""How vendors answer and fail, as data for the loopback server beside this file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


@dataclass(frozen=True)
class Answer:
    """What the server does with one request: a completion, a body as it stands, or a broken connection."""

    text: str | None = ""
    finish: str | None = "stop"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: Json | bytes = None  # sent as it stands in place of a completion
    message: Mapping[str, Json] = field(default_factory=dict)  # more fields of the message: reasoning_content, refusal
    more: Mapping[str, Json] = field(default_factory=dict)  # more fields of the body: base_resp, usage
    logprobs: Sequence[Mapping[str, Json]] = ()
    model: str | None = None  # None: as asked for
    fault: str = ""  # reset, hang, short, cut
    latency: float | None = None  # seconds; None: the server's


def error(
    status: int, code: str = "", message: str = "", headers: Mapping[str, str] | None = None, **more: Json
) -> Answer:
    """An error in the usual shape."""
    said: dict[str, Json] = {"code": code, "message": message, "type": "", "param": None}
    return Answer(status=status, headers=tuple((headers or {}).items()), body={"error": said, **more})


def minimax(code: int, message: str) -> Answer:
    """A MiniMax error: a 200 without choices."""
    return Answer(body={"id": "1", "choices": None, "base_resp": {"status_code": code, "status_msg": message}})


FAULTS: dict[str, Answer] = {
    "429": error(429, "rate_limit_exceeded", "too many requests", {"Retry-After": "1"}),
    "arrears": error(429, "1113", "您的账户已欠费，请充值后重试"),
    "500": error(500, "internal_error", "internal error"),
    "503": error(503, "", "overloaded"),
    "reset": Answer(fault="reset"),
    "hang": Answer(fault="hang"),
    "short": Answer("短", fault="short"),
    "cut": Answer("断", fault="cut"),
    "no_choices": Answer(body={"id": "1", "choices": None}),
    "not_json": Answer(status=502, body=b"<html><head><title>502 Bad Gateway</title></head></html>"),
    "aliyun_input": error(400, "data_inspection_failed", "Input data may contain inappropriate content."),
    "aliyun_output": error(400, "data_inspection_failed", "Output data may contain inappropriate content."),
    "zhipu_input": error(400, "1301", "系统检测到敏感内容", contentFilter=[{"role": "user", "level": 1}]),
    "zhipu_output": Answer("半句", finish="sensitive"),
    "minimax_input": minimax(1026, "input new_sensitive"),
    "minimax_output": minimax(1027, "output new_sensitive"),
    "ark_input": error(400, "InputTextSensitiveContentDetected", "the input text may contain sensitive information"),
    "ark_output": error(400, "OutputTextSensitiveContentDetected", "the output text may contain sensitive information"),
    "step_input": error(451, "censorship_block", "blocked"),
    "tencent_output": Answer("", finish="sensitive"),
}
PASSING = ("429", "500", "503", "reset", "short", "cut", "no_choices", "not_json")  # a second try may go well


@dataclass(frozen=True)
class Faults:
    """Faults at a rate, drawn from the seed, the body and how often the body came: the same in whatever order calls arrive."""

    rate: float = 0.0
    seed: int = 0
    kinds: tuple[str, ...] = PASSING

    def draw(self, body: bytes, attempt: int) -> Answer | None:
        """Return the fault that this request meets, None for none."""
        if not self.rate:
            return None
        digest = hashlib.blake2b(body, digest_size=8, key=f"{self.seed}/{attempt}".encode()).digest()
        if int.from_bytes(digest[:6]) / 2**48 >= self.rate:
            return None
        return FAULTS[self.kinds[int.from_bytes(digest[6:]) % len(self.kinds)]]
