"""The gate before every request: which host it names, where it comes from, how large it is, how often it comes; and what leaves."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

ENTRANCE = "/api/enter"
LARGEST = 64 * 1024  # bytes of a request's body
TOO_LARGE = (413, "请求太大")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


@dataclass(frozen=True, slots=True)
class Rates:
    """Requests a second of one person and how many at once; attempts to enter from one address, questions to models, likewise."""

    requests: float = 40.0
    burst: float = 200.0
    knocks: float = 0.5
    knocks_at_once: float = 20.0
    asks: float = 0.2
    asks_at_once: float = 8.0


USUAL = Rates()


class Buckets:
    """Token buckets by name; what has not been used for long is full again and forgotten."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate, self.burst, self._clock = rate, burst, clock
        self._level: dict[str, tuple[float, float]] = {}

    def take(self, name: str) -> bool:
        """Take one token; tell whether there was one."""
        now = self._clock()
        level, since = self._level.get(name, (self.burst, now))
        level = min(self.burst, level + (now - since) * self.rate)
        if len(self._level) > 10_000:
            self._level = {one: at for one, at in self._level.items() if now - at[1] < self.burst / self.rate}
        self._level[name] = (max(0.0, level - 1), now)
        return level >= 1

    def give(self, name: str) -> None:
        """Give back the token that was taken last."""
        level, since = self._level.get(name, (self.burst, 0.0))
        self._level[name] = (min(self.burst, level + 1), since)


class Guard:
    """ASGI middleware. Names of hosts: `127.0.0.1:8750`; a page of another origin cannot write, and cannot rebind a name to here."""

    def __init__(self, app: App, hosts: Iterable[str], cookie: str, rates: Rates = USUAL) -> None:
        self.app = app
        self.hosts = {host.lower() for host in hosts}
        self._cookie = f"{cookie}=".encode()
        self._people = Buckets(rates.requests, rates.burst)
        self._knocks = Buckets(rates.knocks, rates.knocks_at_once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":  # nothing here speaks over a web socket
                await self.app(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                if scope["path"] == ENTRANCE and message["status"] == 200:
                    self._knocks.give(_address(scope))  # who got in was not guessing
                message["headers"] = [*(one for one in message["headers"] if one[0] != b"server"), *HEADERS]
            await send(message)

        refused = self._refused(scope)
        body = b""
        if refused is None and scope["method"] not in ("GET", "HEAD"):
            more = True
            while more and refused is None:
                message = await receive()
                if message["type"] != "http.request":  # gone before all of it was said
                    return
                body += message.get("body", b"")
                more = message.get("more_body", False)
                refused = TOO_LARGE if len(body) > LARGEST else None
        if refused is not None:
            await _refuse(sent, *refused)
            return
        given = False

        async def received() -> Message:
            nonlocal given
            if given or scope["method"] in ("GET", "HEAD"):
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, received, sent)

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        """Return status and reason where a request goes no further."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if host not in self.hosts:
            return 421, "不认识这个主机名；用启动时打印的地址打开"
        address = _address(scope)
        session = self._session(headers.get(b"cookie", b""))
        if not self._people.take(session or address):
            return 429, "请求太频繁，稍等几秒"
        if scope["method"] in ("GET", "HEAD"):
            return None
        origin = headers.get(b"origin", b"").decode("latin-1").lower()
        if origin not in {f"{scheme}://{host}" for scheme in ("http", "https")}:
            return 403, "这个请求不是从审阅页发出的"
        if scope["path"] == ENTRANCE and not self._knocks.take(address):
            return 429, "试得太频繁，过一分钟再来"
        if (
            scope["method"] == "POST"
            and headers.get(b"content-type", b"").partition(b";")[0].strip() != b"application/json"
        ):
            return 415, "只收 JSON"
        return TOO_LARGE if int(headers.get(b"content-length", b"0")) > LARGEST else None

    def _session(self, cookies: bytes) -> str:
        for one in cookies.split(b";"):
            if one.strip().startswith(self._cookie):
                return one.strip().decode("latin-1")
        return ""


def _address(scope: Scope) -> str:
    """Return the address that a request comes from."""
    return str(scope["client"][0]) if scope.get("client") else ""


async def _refuse(send: Send, status: int, reason: str) -> None:
    body = json.dumps({"error": reason, "fix": ""}, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status == 429:
        headers.append((b"retry-after", b"5"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
