"""Every command block of the READMEs is run, in order, and its output compared.

`python tests/test_readme.py --write` puts what the commands print now into the blocks; read the difference before committing.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from judge.bank import read_bank

ROOT = Path(__file__).resolve().parent.parent
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHELL = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def played(block: str, store: Path) -> str:
    """Run the commands of a block and return the block as it should read."""
    lines = []
    for line in block.splitlines():
        if line.startswith("$ "):
            environment = {**os.environ, "JUDGE_STORE": str(store), "COLUMNS": "80"}
            environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
            done = subprocess.run(
                line.removeprefix("$ "),
                check=False,
                shell=True,
                cwd=ROOT,
                env=environment,
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=120,
            )
            assert done.stderr == "", done.stderr
            lines += [line, *(text.rstrip() for text in done.stdout.rstrip("\n").splitlines())]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", ["README.md", "README.en.md"])
def test_every_console_block_prints_what_it_says(name: str, tmp_path: Path) -> None:
    blocks = CONSOLE.findall((ROOT / name).read_text(encoding="utf-8"))
    assert blocks
    for block in blocks:
        assert played(block, tmp_path / "judge.db") == block


@pytest.mark.parametrize("name", ["README.md", "README.en.md"])
def test_every_make_target_named_exists(name: str) -> None:
    commands = "".join(SHELL.findall((ROOT / name).read_text(encoding="utf-8")))
    targets = re.findall(r"^make (\S+)", commands, re.MULTILINE)
    assert targets == ["demo", "test"]
    assert commands.startswith("make demo"), "the first two commands are make demo and make test"
    for target in targets:
        done = subprocess.run(["make", "-n", target], check=False, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_the_live_block_runs_but_for_the_vendors(tmp_path: Path) -> None:
    """No live key is had here: the vendors' addresses lead to a real server on this machine, the rest is as printed."""
    from tests.engines.scene import script
    from tests.models.server import Server

    block = next(
        block for block in SHELL.findall((ROOT / "README.md").read_text(encoding="utf-8")) if "models add" in block
    )
    answers = (ROOT / "docs/example/answers.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    unchanged = {one.id for one in read_bank(ROOT / "question_banks/open.jsonl")[1] if one.version == 1}
    recorded = [json.loads(line) for line in answers if '"candidate": "示例甲"' in line]
    mine = [{**row, "bank": "open"} for row in recorded if row["question"] in unchanged]
    (tmp_path / "旧版回答.jsonl").write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in mine), encoding="utf-8"
    )
    lines = [re.sub(r"\s+#.*", "", line) for line in block.splitlines()]
    environment = {**os.environ, "JUDGE_STORE": str(tmp_path / "judge.db"), "DEEPSEEK_API_KEY": "k"}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    with Server(script) as server:
        environment |= {"JUDGE_QWEN_BASE_URL": server.url, "JUDGE_DEEPSEEK_BASE_URL": server.url}
        done = subprocess.run(
            "\n".join(["set -e", *lines]),
            check=False,
            shell=True,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr
    assert "两种位置都评过 15" in done.stdout


def test_every_linked_file_exists() -> None:
    for name in ("README.md", "README.en.md"):
        for link in re.findall(r"\]\(([^)#:]+)\)", (ROOT / name).read_text(encoding="utf-8")):
            assert (ROOT / link).exists(), link


def write() -> None:
    for name in ("README.md", "README.en.md"):
        with tempfile.TemporaryDirectory() as folder:
            store = Path(folder) / "judge.db"
            text = (ROOT / name).read_text(encoding="utf-8")
            for block in CONSOLE.findall(text):
                text = text.replace(f"```console\n{block}```", f"```console\n{played(block, store)}```")
            (ROOT / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    assert sys.argv[1:] == ["--write"]
    write()
