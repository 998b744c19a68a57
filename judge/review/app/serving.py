"""The page served: one process per store, on one address, until it is stopped."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Literal

import uvicorn

from judge.errors import InputError, StoreError
from judge.identity import content_hash
from judge.review.app.guard import App
from judge.store import Store

RENEW = 20.0  # seconds between two signs of life to other processes
SWITCH = 0.001  # seconds a thread may keep others waiting: votes go through while figures are computed
BACKLOG = 2048  # connections that wait to be accepted
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def hosts_of(host: str, port: int, names: Sequence[str] = ()) -> list[str]:
    """Return the names under which the page may be asked for; `names`: further ones, with their port or without."""
    own = () if host in ("0.0.0.0", "::") else (f"[{host}]" if ":" in host else host,)
    known = dict.fromkeys([*LOOPBACK, *own, *names])
    return [one if one.rpartition(":")[2].isdecimal() else f"{one}:{port}" for one in known]


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 takes a free one. Raises InputError where the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Where the protocol is not named, asyncio does not know that it may send at once: 40 ms more for every answer.
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
        found.listen(BACKLOG)  # from here on nobody else has the port, and whoever comes early waits
    except OSError as error:
        found.close()
        fix = "换一个端口：--port 8751，或 --port 0 随便挑一个"
        raise InputError(f"用不了 {host}:{port}（{error.strerror}）", where="--port", fix=fix) from error
    return found


def server_of(app: App) -> uvicorn.Server:
    """Return what answers requests; when it stops, what is being written is finished."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,  # else whoever tries to get in names the address that is held against the attempts
            ws="none",
            timeout_keep_alive=75,  # longer than most people read, so that a vote seldom comes as its connection is closed
            timeout_graceful_shutdown=3,
        )
    )


def serve(app: App, sockets: Sequence[socket.socket]) -> None:
    """Answer requests until interrupted."""
    sys.setswitchinterval(SWITCH)
    server_of(app).run(sockets=list(sockets))


@contextmanager
def alone(store: Store, bank: str, kind: Literal["review", "arena"] = "review") -> Iterator[None]:
    """Hold a bank's review or arena for this process; raises InputError where another one that is alive has it."""
    name = content_hash("claim", [kind, bank])
    if name not in store.claim([name]):
        fix = "用那一个，或先把它停掉；它若是在别的机器上死掉的，一分钟后再来"
        noun = {"review": "审阅", "arena": "对战"}[kind]
        raise InputError(f"{bank} 的{noun}已经开着，在另一个进程里", where=f"judge {kind}", fix=fix)
    stopped = threading.Event()

    def beat() -> None:
        while not stopped.wait(RENEW):
            with suppress(StoreError):  # a database that is gone for a moment must not end this
                store.renew_claims()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(timeout=5)
        store.release_claims([name])
