"""What a chat completion came to, decided from everything the server said: status, body, finish_reason and headers; pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from email.utils import parsedate_to_datetime

from judge.errors import ModelBusy, ModelError, ModelRefused, QuotaGone
from judge.models import Reply
from judge.models.vendors import Body, Complaint, Kind, Preset, complaint_of, marks_of, plain_words
from judge.records import Outcome, Usage

_CUT = {"length", "max_tokens", "max_length", "max_output"}
_THINK = re.compile(r"\s*<think(?:ing)?>(.*?)</think(?:ing)?>\s*", re.DOTALL)
_OPEN_THINK = re.compile(r"\s*<think(?:ing)?>(.*)", re.DOTALL)
_CLOSED_THINK = re.compile(r"(.*?)^[ \t]*</think(?:ing)?>\s*", re.DOTALL | re.MULTILINE)
_PARAMETERS = re.compile(
    r"\b(temperature|top_p|max_tokens|max_completion_tokens|response_format|top_logprobs|logprobs|seed|stream_options"
    r"|stream|enable_thinking|thinking|chat_template_kwargs|reasoning_effort|enable_enhancement|messages)\b"
)


def classify(status: int, body: object | None, text: str, headers: Mapping[str, str], preset: Preset) -> Reply:
    """Return what a call came to; raises ModelBusy, ModelRefused or QuotaGone where it came to no outcome.

    `body` is the decoded JSON, None where `text` is not JSON; header names are in lower case.
    """
    complaint = complaint_of(status, body, text)
    if complaint is None and isinstance(body, Mapping):
        return _completion(body, headers, preset)
    if complaint is None:
        raise ModelBusy(f"答复不是合法的 JSON（共 {len(text)} 个字符），可能中途断开")
    return _settle(complaint, body, headers, preset)


# ── where something went wrong ────────────────────────────────────────────────────────────────────────────────────────


def _settle(complaint: Complaint, body: object, headers: Mapping[str, str], preset: Preset) -> Reply:
    """Turn a complaint into an outcome, or into the error that says who can mend it."""
    kind = preset.kind(complaint)
    if kind is None:
        kind = "busy" if complaint.status >= 500 or complaint.status < 300 else "refused"
    said = _said(complaint)
    if kind in {"filtered_input", "filtered_output", "context"}:
        begun = _completion(body, headers, preset, ended=True) if _choice(body) is not None else Reply("")
        outcome = {"filtered_input": Outcome.FILTERED_INPUT, "filtered_output": Outcome.FILTERED_OUTPUT}
        if kind == "filtered_input" and begun.text:
            kind = "filtered_output"  # the answer had begun: it was not what we sent that ended it
        detail = f"context：{said}" if kind == "context" else said
        return replace(begun, outcome=outcome.get(kind, Outcome.FAILED), detail=detail)
    raise _error(kind, complaint, said, headers, preset)


def _error(kind: Kind, complaint: Complaint, said: str, headers: Mapping[str, str], preset: Preset) -> ModelError:
    variables = "、".join(preset.key_variables)
    match kind:
        case "quota":
            return QuotaGone(
                f"账户的余额或额度用完了（{said}）", fix=f"到{preset.title}充值或调高额度，再运行一次，会接着做完"
            )
        case "rate":
            return ModelBusy(f"被限速（{said}）", retry_after=retry_after(headers, complaint.text), limited=True)
        case "busy":
            return ModelBusy(f"服务繁忙或出错（{said}）", retry_after=retry_after(headers, complaint.text))
        case "key":
            return ModelRefused(f"密钥被拒（{said}）", fix=f"检查环境变量 {variables}，以及密钥所属地域与地址是否一致")
    if complaint.status == 403:
        return ModelRefused(f"没有权限（{said}）", fix=f"在控制台开通这个模型，或检查环境变量 {variables}")
    if complaint.status == 404:
        address = f"JUDGE_{preset.name.upper()}_BASE_URL"
        return ModelRefused(f"模型名或地址不存在（{said}）", fix=f"检查模型名；地址可用环境变量 {address} 改")
    found = _PARAMETERS.search(complaint.text)
    parameter = complaint.parameter or (found[1] if found else "")
    fix = f"去掉或改正参数 {parameter}" if parameter else "按厂商的说明改正模型名或参数"
    return ModelRefused(f"请求被拒（{said}）", fix=fix)


def _said(complaint: Complaint) -> str:
    """Return a complaint on one line, as shown to people and kept as a reply's detail."""
    head = "，".join([f"HTTP {complaint.status}", *dict.fromkeys(complaint.codes)])
    words = complaint.text or complaint.finish or "、".join(complaint.marks)
    return f"{head}：{words}" if words else head


# ── when to ask again ─────────────────────────────────────────────────────────────────────────────────────────────────


def retry_after(headers: Mapping[str, str], message: str = "") -> float | None:
    """Return the wait in seconds that the server asks for: Retry-After, else the limits' reset, else its words."""
    if milliseconds := headers.get("retry-after-ms", ""):
        wait = _seconds(milliseconds, headers)
        return None if wait is None else wait / 1000
    wait = _seconds(headers.get("retry-after", ""), headers)
    if wait is not None:
        return wait
    resets = {name: _seconds(value, headers) for name, value in headers.items() if "ratelimit-reset" in name}
    waits = {name: wait for name, wait in resets.items() if wait is not None}
    # A limit that is used up must reset first; where none says so, the first reset is worth a try.
    spent = [wait for name, wait in waits.items() if headers.get(name.replace("reset", "remaining")) in {"0", "0.0"}]
    if waits:
        return max(spent) if spent else min(waits.values())
    told = re.search(
        r"(?:again (?:in|after)|retry after|等待|请在)\s*(\d+(?:\.\d+)?)\s*(ms|s|sec|秒)", message, re.IGNORECASE
    )
    return float(told[1]) / (1000 if told[2].lower() == "ms" else 1) if told else None


def _seconds(value: str, headers: Mapping[str, str]) -> float | None:
    """Read "12", "1m30s", "20ms", a Unix time or an HTTP date; dates are held against the server's own clock."""
    value = value.strip()
    if re.fullmatch(r"\d+(\.\d+)?", value):
        number = float(value)
        if number < 1e9:
            return number
        return _until(number / (1000 if number > 1e12 else 1), headers)
    if re.fullmatch(r"(\d+(\.\d+)?(ms|h|m|s))+", value):
        units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
        return sum(float(number) * units[unit] for number, _, unit in re.findall(r"(\d+(\.\d+)?)(ms|h|m|s)", value))
    try:
        return _until(parsedate_to_datetime(value).timestamp(), headers)
    except (ValueError, OverflowError):
        return None


def _until(moment: float, headers: Mapping[str, str]) -> float | None:
    try:
        return max(0.0, moment - parsedate_to_datetime(headers.get("date", "")).timestamp())
    except (ValueError, OverflowError):
        return None


# ── what was said ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _completion(body: object, headers: Mapping[str, str], preset: Preset, *, ended: bool = False) -> Reply:
    """Read a completion; `ended` says that its ending is known already and only its contents are asked for."""
    choice = _choice(body)
    if choice is None or not isinstance(body, Mapping):
        marked = Complaint(marks=marks_of(body) if isinstance(body, Mapping) else ())
        if preset.kind(marked):
            return _settle(marked, None, headers, preset)
        raise ModelBusy("答复里没有 choices")
    given = choice.get("message") or choice.get("delta")
    message: Body = given if isinstance(given, Mapping) else {"content": choice.get("text")}
    text, reasoning, unclosed = _thoughts(message, preset)
    finish = str(choice.get("finish_reason") or "")
    ending = Complaint(finish=finish, marks=marks_of(body))
    if not ended and preset.kind(ending):
        return _settle(ending, body, headers, preset)
    refusal = message.get("refusal")
    refused = not text.strip() and isinstance(refusal, str) and bool(refusal.strip())
    if refused:
        outcome = Outcome.FILTERED_OUTPUT
    elif finish in _CUT or unclosed:
        outcome = Outcome.TRUNCATED
    else:
        outcome = Outcome.OK if text.strip() else Outcome.EMPTY
    return Reply(
        text=text,
        outcome=outcome,
        reasoning=reasoning or None,
        usage=_usage(body.get("usage")),
        returned_model=_word(body.get("model")),
        fingerprint=_word(body.get("system_fingerprint")),
        first_tokens=_first_tokens(choice.get("logprobs"), text, thought=bool(reasoning)),
        detail=plain_words(str(refusal)) if refused else "",
    )


def _choice(body: object) -> Body | None:
    choices = body.get("choices") if isinstance(body, Mapping) else None
    return choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], Mapping) else None


def _thoughts(message: Body, preset: Preset) -> tuple[str, str, bool]:
    """Part the answer from the reasoning; the last value says that the answer never began."""
    text = _joined(message.get("content"))
    reasoning = next((said for name in preset.reasoning if (said := _joined(message.get(name)))), "")
    text, inline, unclosed = thoughts(text)
    if preset.prefilled_think and not reasoning and not inline and (closed := _CLOSED_THINK.match(text)):
        inline.append(closed[1])
        text = text[closed.end() :]
    return text, "\n".join([reasoning, *inline]).strip(), unclosed


def thoughts(text: str) -> tuple[str, list[str], bool]:
    """Part a text from the reasoning it opens with; the last value says that the answer never began."""
    found = []
    while block := _THINK.match(text):
        found.append(block[1])
        text = text[block.end() :]
    if opened := _OPEN_THINK.fullmatch(text):
        return "", [*found, opened[1]], True
    return text, found, False


def _joined(content: object) -> str:
    """Return a content or reasoning field as one text, whether it is text or a list of parts."""
    if isinstance(content, str):
        return sound(content).replace("\0", "�")  # NUL, like a lone surrogate, has no place in a store
    if isinstance(content, list):
        return "".join(_joined(part) for part in content)
    if isinstance(content, Mapping):
        return next((_joined(content[name]) for name in ("text", "thinking", "content") if content.get(name)), "")
    return ""


def sound(text: str) -> str:
    """Replace lone surrogates, halves of a character that a server cut in two: UTF-8 has no form for them."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _usage(usage: object) -> Usage | None:
    if not isinstance(usage, Mapping):
        return None
    asked, given = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    if asked is None or given is None:
        return None
    details = usage.get("completion_tokens_details")
    thought = _count(details.get("reasoning_tokens")) if isinstance(details, Mapping) else None
    return Usage(asked, given, thought or _count(usage.get("reasoning_tokens")) or 0)


def _count(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) and math.isfinite(value) and value >= 0 else None


def _word(value: object) -> str | None:
    return plain_words(value) or None if isinstance(value, str) else None


def _first_tokens(logprobs: object, answer: str, *, thought: bool) -> tuple[tuple[str, float], ...]:
    """Return the alternatives of the answer's first token; none where it cannot be told from the reasoning's."""
    tokens = logprobs.get("content") if isinstance(logprobs, Mapping) else None
    if not isinstance(tokens, list) or not all(isinstance(token, Mapping) for token in tokens):
        return ()
    pieces = [_bytes(token) for token in tokens]
    start = b"".join(pieces).rfind(answer.strip().encode())
    if start < 0:
        if thought:
            return ()
        start = next((at for at, byte in enumerate(b"".join(pieces)) if not chr(byte).isspace()), 0)
    at, passed = 0, 0
    while at < len(pieces) - 1 and passed + len(pieces[at]) <= start:
        passed += len(pieces[at])
        at += 1
    return _alternatives(tokens[at]) if tokens and answer.strip() else ()


def _alternatives(token: Body) -> tuple[tuple[str, float], ...]:
    top = token.get("top_logprobs")
    shares: dict[str, float] = {}
    for one in top if isinstance(top, list) and top else [token]:
        value = one.get("logprob") if isinstance(one, Mapping) else None
        if isinstance(value, int | float) and not math.isnan(value):
            shares[str(one.get("token"))] = math.exp(min(0.0, value))
    return tuple(sorted(shares.items(), key=lambda item: -item[1]))


def _bytes(token: Body) -> bytes:
    raw = token.get("bytes")
    if isinstance(raw, Sequence) and all(isinstance(byte, int) and 0 <= byte < 256 for byte in raw):
        return bytes(raw)
    return _joined(token.get("token")).encode()
