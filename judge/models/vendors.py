"""What is known of each vendor, as data: vendors.toml read once, checked, and asked by name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias, TypeGuard, get_args
from urllib.parse import urlsplit

from pydantic import ConfigDict, TypeAdapter

from judge.errors import InputError, UnknownName
from judge.identity import Json

Kind = Literal["filtered_output", "filtered_input", "quota", "rate", "context", "key", "busy", "refused"]
KINDS: tuple[Kind, ...] = get_args(Kind)  # the order in which signals are asked

Body: TypeAlias = Mapping[object, object]

_FINE = (None, "", 0, "0", 200, "200", "ok", "success", "Success")  # codes that say nothing went wrong
_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Complaint:
    """What an endpoint says went wrong, whatever shape it said it in."""

    status: int = 200
    codes: tuple[str, ...] = ()  # codes and types
    text: str = ""
    finish: str = ""
    marks: tuple[str, ...] = ()
    parameter: str = ""


@dataclass(frozen=True)
class Signal:
    """How one kind of complaint is told; any one sign is enough."""

    __pydantic_config__ = _STRICT

    status: tuple[int, ...] = ()
    codes: tuple[str, ...] = ()
    texts: tuple[re.Pattern[str], ...] = ()
    finish: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()

    def matches(self, complaint: Complaint) -> bool:
        """Say whether the complaint shows one of the signs."""
        return (
            complaint.status in self.status
            or complaint.finish.casefold() in self.finish
            or any(mark in self.marks for mark in complaint.marks)
            or any(fnmatchcase(code.lower(), like.lower()) for code in complaint.codes for like in self.codes)
            or any(re.search(text.pattern, complaint.text, re.IGNORECASE) for text in self.texts)
        )


@dataclass(frozen=True)
class Temperature:
    """Which temperatures are taken: a range, or only the server's own values, and then none may be sent."""

    __pydantic_config__ = _STRICT

    minimum: float = 0.0  # 0.01 stands for "greater than 0"
    maximum: float = 2.0
    only: tuple[float, ...] = ()

    def fit(self, value: float) -> float | None:
        """Return the nearest temperature that is taken, None where none may be sent."""
        return None if self.only else min(max(value, self.minimum), self.maximum)

    def takes(self, value: object) -> TypeGuard[float]:
        """Say whether a value written by a person stands; 0 does, for "greater than 0" as well."""
        if not isinstance(value, int | float) or isinstance(value, bool):
            return False
        return value in self.only if self.only else 0 <= value <= self.maximum

    def __str__(self) -> str:
        return "、".join(map(str, self.only)) or f"{self.minimum} 到 {self.maximum}"


@dataclass(frozen=True)
class Exceptional:
    """What differs for some models of a vendor; None: as the vendor."""

    __pydantic_config__ = _STRICT

    match: tuple[str, ...]
    temperature: Temperature | None = None
    system: Literal["own", "fold"] | None = None
    omit: tuple[str, ...] | None = None
    stream: bool | None = None
    logprobs: int | None = None
    thinking_on: Mapping[str, Json] | None = None
    thinking_off: Mapping[str, Json] | None = None


@dataclass(frozen=True)
class Preset:
    """One vendor's endpoint as data; the file says what each field is for."""

    __pydantic_config__ = _STRICT

    title: str
    verified: Literal["D", "S", "U"]
    base_url: str = ""
    name: str = ""
    weights: bool = False  # no endpoint: `model` is a folder of weights, or their id in the hub's cache
    variants: Mapping[str, str] | None = None
    keys: tuple[str, ...] = ()
    key_required: bool = True
    temperature: Temperature = Temperature()
    system: Literal["own", "fold"] = "own"  # fold: there is no system role, it goes into the first user turn
    structured: Literal["json_schema", "json_object", "none"] = "none"
    json_word: bool = False  # json_object is refused where no message says "json"
    logprobs: int = 0  # how many alternatives of a token can be asked for
    stream: bool = False  # calls that are not streamed are refused
    omit: tuple[str, ...] = ()  # parameters that are refused or ignored
    omit_thinking: tuple[str, ...] = ()  # the same while thinking
    max_messages: int | None = None
    extra_body: Mapping[str, Json] | None = None
    thinking_on: Mapping[str, Json] | None = None
    thinking_off: Mapping[str, Json] | None = None
    reasoning: tuple[str, ...] = ("reasoning_content", "reasoning", "reasoning_details")
    prefilled_think: bool = False  # the template may open <think> itself, so that a reply only closes it
    models: tuple[Exceptional, ...] = ()
    signals: Mapping[Kind, Signal] | None = None
    shared: Mapping[Kind, Signal] | None = None
    unverified: tuple[str, ...] = ()
    notes: str = ""

    def for_model(self, model: str) -> Preset:
        """Return the preset as it holds for one model."""
        for rule in self.models:
            if any(fnmatchcase(model.lower(), like.lower()) for like in rule.match):
                said = {field.name: getattr(rule, field.name) for field in fields(rule) if field.name != "match"}
                return replace(self, **{name: value for name, value in said.items() if value is not None})
        return self

    def kind(self, complaint: Complaint) -> Kind | None:
        """Return what a complaint is, the vendor's own signs first; None where no sign is known."""
        for signals in (self.signals or {}, self.shared or {}):
            for kind in KINDS:
                if kind in signals and signals[kind].matches(complaint):
                    return kind
        return None

    @property
    def key_variables(self) -> tuple[str, ...]:
        """The environment variables that may hold the key, first asked first."""
        return (*self.keys, f"JUDGE_{self.name.upper()}_API_KEY")


def preset(name: str) -> Preset:
    """Return a vendor's preset; raises UnknownName with the nearest known ones."""
    known = presets()
    if name not in known:
        raise UnknownName("预设", name, known)
    return known[name]


@cache
def presets() -> Mapping[str, Preset]:
    """Return all presets by name; a fault in vendors.toml is ours and comes as pydantic's ValidationError."""
    content = tomllib.loads(Path(__file__).with_name("vendors.toml").read_text(encoding="utf-8"))
    shared = TypeAdapter(dict[Kind, Signal]).validate_python(content["shared"])
    vendors = TypeAdapter(dict[str, Preset]).validate_python(content["vendors"])
    return {name: replace(vendor, name=name, shared=shared) for name, vendor in vendors.items()}


def base_url(vendor: Preset, environment: Mapping[str, str], variant: str | None = None) -> str:
    """Return where the vendor is reached: JUDGE_<PRESET>_BASE_URL, else the variant, else the usual address."""
    variable = f"JUDGE_{vendor.name.upper()}_BASE_URL"
    if written := environment.get(variable, "").strip():
        return check_url(written, f"环境变量 {variable}")
    if variant is None:
        return vendor.base_url
    known = vendor.variants or {}
    if variant not in known:
        raise UnknownName(f"{vendor.name} 地址", variant, known, fix="" if known else "这个预设只有一个地址")
    return known[variant]


def check_url(url: str, where: str) -> str:
    """Return an address without its last slash; raises InputError where it is none or would carry a secret into records."""
    try:
        parts = urlsplit(url.strip())
    except ValueError as error:
        raise InputError(f"{url!r} 不是地址", where=where, fix="写成 https://主机/v1 的形式") from error
    if parts.username or parts.password or parts.query or parts.fragment:
        # The address is part of a model's identity and stands in records and reports. It is not repeated here either.
        raise InputError(
            "地址里不能有用户名、密码、? 或 #", where=where, fix="只写到版本号为止，如 https://主机/v1；密钥用环境变量"
        )
    try:
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        (parts.hostname or "").encode("idna")
    except ValueError:  # a port beyond 65535; UnicodeError: a name no resolver takes
        sound = False
    if not sound:
        raise InputError(f"{url!r} 不是 http 或 https 地址", where=where, fix="写成 https://主机/v1 的形式")
    return url.strip().rstrip("/")


def api_key(vendor: Preset, environment: Mapping[str, str]) -> str:
    """Return the key for a vendor; raises InputError naming the variables where there is none or it cannot be sent."""
    for variable in vendor.key_variables:
        key = environment.get(variable, "").strip()
        if key and (not key.isascii() or not key.isprintable() or " " in key):
            # Said here, without the key: the transport would refuse it with the whole header in its message.
            raise InputError("密钥里有空格、换行或非 ASCII 字符", where=f"环境变量 {variable}", fix="重新复制密钥")
        if key:
            return key
    if vendor.key_required:
        raise InputError(
            f"没有找到{vendor.title}的密钥",
            where=vendor.name,
            fix=f"设置环境变量，例如 export {vendor.key_variables[0]}=……（也认 {'、'.join(vendor.key_variables[1:])}）",
        )
    return "EMPTY"


# ── what an endpoint complains of ────────────────────────────────────────────────────────────────────────────────────


def complaint_of(status: int, body: object | None, text: str) -> Complaint | None:
    """Return what the server complains of, None where it does not."""
    if isinstance(body, list) and body:
        body = body[0]
    if not isinstance(body, Mapping):
        # A page of a gateway in between: its first words are all there is to show.
        return (
            None if 200 <= status < 300 else Complaint(status, text=plain_words(re.sub(r"<[^>]*>", " ", text[:4000])))
        )
    fault = _fault(body)
    if fault is None:
        if 200 <= status < 300:
            return None
        fault = body
    if isinstance(fault, str):
        return Complaint(status, text=plain_words(fault), marks=marks_of(body))
    codes = tuple(
        str(fault[name])
        for name in ("code", "type", "error_code", "status_code", "Code")
        if isinstance(fault.get(name), str | int) and fault[name] not in _FINE
    )
    # Gateways put the upstream's status into the code of a 200.
    told = next((int(code) for code in codes if re.fullmatch(r"[45]\d\d", code)), status)
    parameter = fault.get("param")
    return Complaint(
        status=told if status < 300 else status,
        codes=codes,
        text=_message(fault),
        marks=marks_of(body),
        parameter=parameter if isinstance(parameter, str) else "",
    )


def _fault(body: Body) -> Body | str | None:
    """Return the part of a body that tells of an error, in the shapes that vendors and gateways use."""
    error = body.get("error") or body.get("errors")
    if isinstance(error, list) and error:
        error = error[0]
    if isinstance(error, Mapping | str):
        return error
    tencent = body.get("Response")
    if isinstance(tencent, Mapping) and isinstance(tencent.get("Error"), Mapping):
        return tencent["Error"]  # type: ignore[no-any-return]
    minimax = body.get("base_resp")
    if isinstance(minimax, Mapping) and minimax.get("status_code") not in _FINE:
        return minimax
    bare = body.get("code", body.get("error_code")) not in _FINE or body.get("object") == "error"
    return body if bare and not body.get("choices") else None


def _message(fault: Body) -> str:
    for name in ("message", "msg", "error_msg", "status_msg", "Message", "detail", "error"):
        said = fault.get(name)
        if isinstance(said, list):  # FastAPI: only `msg`, for `input` repeats what we sent
            said = "；".join(str(item.get("msg", "")) for item in said if isinstance(item, Mapping))
        if isinstance(said, str) and said.strip():
            return plain_words(said)
    return ""


def marks_of(body: Body) -> tuple[str, ...]:
    """Return the true-valued keys of a body, and whose words a content filter names."""
    named = [str(name) for name, value in body.items() if value is True]
    parts = body.get("contentFilter") or body.get("content_filter")
    for part in parts if isinstance(parts, list) else []:
        if isinstance(part, Mapping):
            named.append(f"contentFilter.{part.get('role')}")
    return tuple(named)


def plain_words(text: str) -> str:
    """Return a provider's words short, on one line and without control characters."""
    kept = "".join(character if character.isprintable() else " " for character in text[:2000])
    kept = " ".join(kept.split())
    return kept if len(kept) <= 300 else kept[:299] + "…"
