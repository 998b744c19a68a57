"""A live run killed again and again ends as if nothing had happened, and pays twice only for what was in flight."""

from __future__ import annotations

import contextlib
import io
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from judge.cli import entry
from tests.cli.conftest import lines
from tests.engines.killing import carry_out

ROOT = Path(__file__).resolve().parents[2]
JUDGE = str(Path(sys.executable).with_name("judge"))
Context = multiprocessing.context.ForkServerContext


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The loopback server as a process of its own, 20 ms a call; yields its address."""
    command = [sys.executable, "-m", "tests.models.server", "--port", "0", "--latency-ms", "20"]
    command += ["--reply", "tests.engines.scene:script"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    process.kill()
    process.communicate()


def asked(server: str) -> int:
    """Count the questions put to models; the probe of five tokens on a model that has records is none of them."""
    with urllib.request.urlopen(f"{server}/stats") as answer:
        stats = json.load(answer)
    return int(stats["requests"]) - int(stats["probes"])


@pytest.fixture
def command(tmp_path: Path, server: str) -> list[str]:
    """The command of a run of 60 questions, two candidates and a judge, eight calls at once."""
    names = {"新": ("new", "强"), "旧": ("old", "弱"), "评委": ("judge", "")}
    tables = [
        f'[models."{name}"]\npreset = "vllm"\nmodel = "{model}"\nurl = "{server}/v1"\nconcurrency = 8\n'
        + (f'system = "{system}"\n' if system else "")
        for name, (model, system) in names.items()
    ]
    (tmp_path / "judge.toml").write_text("\n".join(tables), encoding="utf-8")
    rows: list[dict[str, Any]] = [{"bank": "题", "abilities": ["计算", "闲聊"]}]
    for at in range(60):
        turns = [{"prompt": f"第{at}题第一问"}, {"prompt": f"第{at}题追问", "depends_on": [1]}]
        rows.append({"id": f"q{at:02}", "ability": ("计算", "闲聊")[at % 2], "turns": turns})
    lines(tmp_path / "题.jsonl", rows)
    return ["compare", "新", "旧", "--judge", "评委", "--bank", "题.jsonl", "--yes", "--json"]


def run(command: list[str], folder: Path, store: str) -> dict[str, Any]:
    """Carry out a command in this process, to its end."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = entry.run([*command, "--store", store])
    assert code == 0, err.getvalue()
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def begun(processes: Context, command: list[str], folder: Path, store: str, said: str = "said") -> BaseProcess:
    process = processes.Process(
        target=carry_out, args=([*command, "--store", store], folder, folder / said), daemon=True
    )
    process.start()
    return process


def killed(process: BaseProcess, server: str, calls: int) -> bool:
    """Kill a process when it has asked so often, if it lives so long; say whether it did."""
    until = asked(server) + calls
    while process.is_alive() and asked(server) < until:
        time.sleep(0.01)
    process.kill()
    process.join()
    return process.exitcode == -signal.SIGKILL


def test_killed_twenty_times_the_board_is_the_same(
    command: list[str], server: str, tmp_path: Path, processes: Context
) -> None:
    before = asked(server)
    undisturbed = run(command, tmp_path, "whole.db")
    once = asked(server) - before
    assert undisturbed["overall"]["counts"]["judged"] == 60

    random_moments = random.Random(20261121)
    before, kills, at_work = asked(server), 0, 0
    while kills < 20:
        process = begun(processes, command, tmp_path, "killed.db")
        early = kills % 4 == 0
        if early:  # somewhere in its beginning
            time.sleep(random_moments.uniform(0, 0.3))
        at_work += killed(process, server, 0 if early else random_moments.randint(1, 12)) and not early
        kills += 1
    assert at_work >= 10
    assert run(command, tmp_path, "killed.db") == undisturbed
    twice = asked(server) - before - once
    assert 0 <= twice <= kills * 8  # at most what was in flight at each kill
    # And nothing is left to pay.
    before = asked(server)
    assert run(command, tmp_path, "killed.db") == undisturbed
    assert asked(server) == before


@pytest.mark.parametrize(("way", "target"), [("decided", "bank"), ("looks", "like")])
def test_killed_while_it_may_stop_it_stops_where_it_would_have(
    command: list[str], server: str, tmp_path: Path, processes: Context, way: str, target: str
) -> None:
    command = [*command, "--until", way, "--for", target]
    undisturbed = run(command, tmp_path, "whole.db")
    assert 0 < undisturbed["stopping"]["used"] < 60
    random_moments = random.Random(way)
    for _ in range(2):
        assert killed(begun(processes, command, tmp_path, "killed.db"), server, random_moments.randint(5, 30))
    assert run(command, tmp_path, "killed.db") == undisturbed
    before = asked(server)
    assert run(command, tmp_path, "killed.db") == undisturbed
    assert asked(server) == before


def test_two_processes_share_one_run(command: list[str], server: str, tmp_path: Path, processes: Context) -> None:
    before = asked(server)
    undisturbed = run(command, tmp_path, "one.db")
    once = asked(server) - before
    both = {said: begun(processes, command, tmp_path, "two.db", said) for said in ("一", "二")}
    for process in both.values():
        process.join(120)
    outs = [json.loads((tmp_path / said).read_text(encoding="utf-8")) for said in both]
    assert outs == [undisturbed, undisturbed]
    assert asked(server) - before - once == once  # no call was paid twice


def test_ctrl_c_drains_and_says_how_to_go_on(command: list[str], server: str, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    before = asked(server)
    process = subprocess.Popen(
        [JUDGE, *command, "--store", "stopped.db"], cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=environment
    )
    while process.poll() is None and asked(server) < before + 20:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "重来会接着做" in said
    assert run(command, tmp_path, "stopped.db")["overall"]["win"] == 60.0


def test_another_model_under_the_same_name_stops_the_resume(command: list[str], tmp_path: Path) -> None:
    """Ten questions are answered; then the server says another model's name, and the run stops before it mixes them."""
    from tests.engines.scene import script
    from tests.models import Answer
    from tests.models.server import Server

    says = {"model": "v1"}

    def drifting(messages: list[dict[str, str]]) -> Answer:
        return Answer(script(messages), model=says["model"])

    with Server(drifting) as live:
        text = (tmp_path / "judge.toml").read_text(encoding="utf-8")
        old = text.split('url = "')[1].split('"')[0]
        (tmp_path / "judge.toml").write_text(text.replace(old, live.url), encoding="utf-8")
        run([*command, "--limit", "10"], tmp_path, "drift.db")
        paid = live.requests
        says["model"] = "v2"
        err = io.StringIO()
        with contextlib.chdir(tmp_path), contextlib.redirect_stderr(err):
            assert entry.run([*command, "--store", "drift.db"]) == 2
        assert "同名可能已换模型：库里的记录来自 v1，现在回答的是 v2" in err.getvalue()
        assert "--revision" in err.getvalue()
        assert live.requests <= paid + 3  # the probe alone
        again = run([*command, "--revision", "v2", "--limit", "10"], tmp_path, "drift.db")
        assert again["overall"]["counts"]["judged"] == 10
