"""A server that is not ours, `transformers serve`, as candidate and as judge, through the commands a user types."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import RunCommand
from tests.models.tiny import tiny_model

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of the server and the name of its one model."""
    folder = tiny_model(tmp_path_factory.mktemp("tiny"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("transformers")), "serve", str(folder)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(folder)}
    with (folder / "log.txt").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        for _ in range(120):
            assert server.poll() is None, (folder / "log.txt").read_text()
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1)
                break
            except (urllib.error.URLError, TimeoutError):
                time.sleep(0.5)
        yield f"http://127.0.0.1:{port}/v1", str(folder)
    finally:
        server.kill()
        server.wait()


def test_transformers_serve_answers_and_judges(judge_here: RunCommand, served: tuple[str, str], tmp_path: Path) -> None:
    """Random weights say nothing that can be read: every judgment is there, and counted as unreadable, never guessed."""
    url, model = served
    for name, temperature in (("甲", "0"), ("乙", "0.7"), ("评委", "0")):
        added = judge_here(
            *("models", "add", name, "--preset", "vllm", "--model", model, "--url", url, "--temperature", temperature)
        )
        assert added.code == 0, added.err
        # Long answers of noise would only cost time.
        assert judge_here("models", "set", name, "parameters.max_tokens=8", "concurrency=2").code == 0
    seen = judge_here("doctor", "--live", "--model", "评委")
    assert seen.code == 0, seen.out + seen.err
    assert "✓ 评委 调用" in seen.out
    asked = ("compare", "甲", "乙", "--judge", "评委", "--limit", "2", "--order", "both")
    done = judge_here(*asked)
    assert done.code == 2, done.out
    assert "没有一题评得出来：读不出 2" in done.err
    assert judge_here("show", "open/chat-001").code == 0
    again = judge_here(*asked)
    assert "作答 0 次，评判至多 0 次" in again.err
