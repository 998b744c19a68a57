"""A loopback OpenAI-compatible server that speaks the real protocol and fails in the ways real vendors fail.

In a test:            with Server("你好") as server: ... server.url, server.bodies, server.counts
As its own process:   python -m tests.models.server --port 0 --latency-ms 100 --fault-rate 0.1   (prints its port)
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self, TypeAlias

from tests.models import FAULTS, PASSING, Answer, Faults, Json

Message: TypeAlias = dict[str, str]
NONE = Faults()
Script: TypeAlias = str | Answer | Sequence[str | Answer] | Callable[[list[Message]], str | Answer]


def echo(messages: list[Message]) -> str:
    """Repeat the last message."""
    return messages[-1]["content"]


class Server:
    """A server in a thread of its own; a script is a text, answers in turn (the last repeats), or a function of messages."""

    def __init__(
        self,
        script: Script = echo,
        *,
        faults: Faults = NONE,
        latency: float = 0.0,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.script, self.faults, self.latency, self.port, self.tls = script, faults, latency, port, tls
        self.models: Sequence[str] = ("mock",)
        self.model: str | None = None  # the name returned; None: the one asked for
        self.keep = True  # bodies and headers; a benchmark does without
        self.counts: Counter[bytes] = Counter()  # requests by body
        self.bodies: list[dict[str, Json]] = []
        self.headers: list[dict[str, str]] = []
        self.living: set[_Connection] = set()
        self.connections = self.in_flight = self.peak = self.abandoned = 0

    @property
    def requests(self) -> int:
        """How many chat completions were asked for."""
        return self.counts.total()

    @property
    def url(self) -> str:
        """The base address for a client."""
        return f"http://127.0.0.1:{self.port}/v1"

    def answer(self, raw: bytes, body: dict[str, Json]) -> Answer:
        """Return what this request gets, faults before the script."""
        fault = self.faults.draw(raw, self.counts[raw])
        if fault is not None:
            return fault
        said: str | Answer
        if isinstance(self.script, str | Answer):
            said = self.script
        elif isinstance(self.script, Sequence):
            said = self.script[min(self.requests, len(self.script)) - 1]
        else:
            said = self.script(body["messages"])  # type: ignore[arg-type]
        return Answer(said) if isinstance(said, str) else said

    async def start(self) -> asyncio.Server:
        """Listen in the running loop."""
        server = await asyncio.get_running_loop().create_server(
            lambda: _Connection(self), "127.0.0.1", self.port, backlog=4096, ssl=self.tls
        )
        self.port = server.sockets[0].getsockname()[1]
        return server

    def __enter__(self) -> Self:
        ready, self._stop = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True)
        self._thread.start()
        if not ready.wait(10):
            raise RuntimeError("the server did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    async def _serve(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        server = await self.start()
        ready.set()
        await self._stop.wait()
        server.close()
        for connection in list(self.living):
            connection.transport.abort()
        await asyncio.sleep(0)

    def stats(self) -> dict[str, Json]:
        """What GET /stats shows; `repeated` counts bodies that came more than once, `probes` requests for five tokens."""
        repeated = sum(times > 1 for times in self.counts.values())
        probes = sum(times for body, times in self.counts.items() if json.loads(body).get("max_tokens") == 5)
        named = ("requests", "in_flight", "peak", "connections", "abandoned")
        counted: dict[str, Json] = {name: getattr(self, name) for name in named}
        return counted | {
            "distinct": len(self.counts),
            "repeated": repeated,
            "probes": probes,
            "open": len(self.living),
        }


class _Connection(asyncio.Protocol):
    """One keep-alive HTTP/1.1 connection; requests with Content-Length, one at a time."""

    transport: asyncio.Transport

    def __init__(self, server: Server) -> None:
        self.server = server
        self.buffer = b""
        self.waiting: asyncio.TimerHandle | None = None
        self.answering = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.server.connections += 1
        self.server.living.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.server.living.discard(self)
        if self.waiting:
            self.waiting.cancel()
        if self.answering:
            self.server.in_flight -= 1
            self.server.abandoned += 1

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        lines = self.buffer[:end].decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        whole = end + 4 + int(headers.get("content-length", 0))
        if len(self.buffer) < whole:
            return
        raw, self.buffer = self.buffer[end + 4 : whole], self.buffer[whole:]
        method, path, _ = lines[0].split(" ", 2)
        if method == "GET":
            listed: list[Json] = [{"id": name, "object": "model"} for name in self.server.models]
            self.send(200, encoded(self.server.stats() if path == "/stats" else {"object": "list", "data": listed}))
        else:
            self.asked(raw, headers)

    def asked(self, raw: bytes, headers: dict[str, str]) -> None:
        """Count a request for a completion, and answer it when its time has come."""
        server, body = self.server, json.loads(raw)
        server.counts[raw] += 1
        if server.keep:
            server.bodies.append(body)
            server.headers.append(headers)
        server.in_flight += 1
        server.peak = max(server.peak, server.in_flight)
        self.answering = True
        answer = server.answer(raw, body)
        if answer.fault == "hang":
            return
        latency = server.latency if answer.latency is None else answer.latency
        if latency:
            self.waiting = asyncio.get_running_loop().call_later(latency, self.respond, answer, body)
        else:
            self.respond(answer, body)

    def respond(self, answer: Answer, body: dict[str, Json]) -> None:
        """Send the answer, or break off in the way it says."""
        self.answering = False
        self.server.in_flight -= 1
        if answer.fault == "reset":
            self.transport.abort()
            return
        streamed = bool(body.get("stream")) and answer.body is None
        content = written(answer, body, self.server.model, streamed=streamed)
        kind = "text/event-stream" if streamed else "application/json"
        if answer.fault == "cut":
            content = content[: len(content) // 2]
        self.send(answer.status, content, ("Content-Type", kind), *answer.headers, short=answer.fault == "short")

    def send(self, status: int, content: bytes, *headers: tuple[str, str], short: bool = False) -> None:
        lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(content)}", *map(": ".join, headers)]
        self.transport.write(
            "\r\n".join([*lines, "", ""]).encode() + (content[: len(content) // 2] if short else content)
        )
        if short:
            self.transport.close()


def encoded(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def written(answer: Answer, body: dict[str, Json], model: str | None, *, streamed: bool) -> bytes:
    """Return the bytes of an answer: a body as it stands, a completion, or its events."""
    if answer.body is not None:
        return answer.body if isinstance(answer.body, bytes) else encoded(answer.body)
    tokens = len(str(body["messages"])), len(answer.text or "")
    whole: dict[str, Json] = {
        "id": "chatcmpl-mock",
        "object": "chat.completion",
        "created": 1700000000,
        "model": answer.model or (body["model"] if model is None else model),
        "usage": {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)},
        **answer.more,
    }
    message: dict[str, Json] = {"role": "assistant", "content": answer.text, **answer.message}
    ending: dict[str, Json] = {"index": 0, "finish_reason": answer.finish}
    if answer.logprobs:
        ending["logprobs"] = {"content": [dict(token) for token in answer.logprobs]}
    if not streamed:
        return encoded({**whole, "choices": [{**ending, "message": message}]})
    usage = whole.pop("usage")
    events: list[Json] = [{**whole, "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}]
    for name, value in message.items():
        for piece in [value[at : at + 4] for at in range(0, len(value), 4)] if isinstance(value, str) else [value]:
            if name != "role":
                events.append({**whole, "choices": [{"index": 0, "delta": {name: piece}}]})
    events += [{**whole, "choices": [{**ending, "delta": {}}]}, {**whole, "choices": [], "usage": usage}]
    return b"".join(b"data: " + encoded(event) + b"\n\n" for event in events) + b"data: [DONE]\n\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("port", 0), ("latency-ms", 0.0), ("fault-rate", 0.0), ("seed", 0)):
        parser.add_argument(f"--{name}", type=type(default), default=default)
    parser.add_argument("--fault", action="append", choices=sorted(FAULTS), help="may be given several times")
    parser.add_argument("--model", help="the model name returned, whatever was asked for")
    parser.add_argument("--reply", default="tests.models.server:echo", help="MODULE:FUNCTION from messages to text")
    parser.add_argument("--text", help="one text for every request")
    given = parser.parse_args()
    module, _, function = given.reply.partition(":")
    script: Script = given.text if given.text is not None else getattr(importlib.import_module(module), function)
    faults = Faults(given.fault_rate, given.seed, tuple(given.fault or PASSING))
    server = Server(script, faults=faults, latency=given.latency_ms / 1000, port=given.port)
    server.model, server.keep = given.model, False

    async def serve() -> None:
        listening = await server.start()
        print(server.port, flush=True)  # noqa: T201 - whoever started this process reads the port from here
        await listening.serve_forever()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
