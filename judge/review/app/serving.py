"""The page served: one process per store, on one address, until it is stopped."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn

from judge.errors import InputError
from judge.identity import content_hash
from judge.review.app.guard import App
from judge.store import Store

RENEW = 20.0  # seconds between two signs of life to other processes
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def hosts_of(host: str, port: int, names: Sequence[str] = ()) -> list[str]:
    """Return the names under which the page may be asked for; `names`: further ones, with their port or without."""
    own = () if host in ("0.0.0.0", "::") else (f"[{host}]" if ":" in host else host,)
    known = dict.fromkeys([*LOOPBACK, *own, *names])
    return [one if one.rpartition(":")[2].isdecimal() else f"{one}:{port}" for one in known]


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 takes a free one. Raises InputError where the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except OSError as error:
        found.close()
        fix = "换一个端口：--port 8751，或 --port 0 随便挑一个"
        raise InputError(f"用不了 {host}:{port}（{error.strerror}）", where="--port", fix=fix) from error
    return found


def serve(app: App, sockets: Sequence[socket.socket]) -> None:
    """Answer requests until interrupted; what is being written is finished."""
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=3
    )
    uvicorn.Server(config).run(sockets=list(sockets))


@contextmanager
def alone(store: Store, bank: str) -> Iterator[None]:
    """Hold a bank's review for this process; raises InputError where another one that is alive has it."""
    name = content_hash("claim", ["review", bank])
    if name not in store.claim([name]):
        fix = "用那一个，或先把它停掉；它若是在别的机器上死掉的，一分钟后再来"
        raise InputError(f"{bank} 的审阅已经开着，在另一个进程里", where="judge review", fix=fix)
    stopped = threading.Event()

    def beat() -> None:
        while not stopped.wait(RENEW):
            store.renew_claims()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(timeout=5)
        store.release_claims([name])
