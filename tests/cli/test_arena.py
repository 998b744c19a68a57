"""judge arena as it is typed: what cannot be opened is said before anything is."""

from __future__ import annotations

from pathlib import Path

import pytest

from judge.records import Bank
from judge.store import open_store
from tests.cli.conftest import RunCommand

MODELS = """
[models."新版"]
preset = "vllm"
model = "new"
url = "http://127.0.0.1:1/v1"

[models."旧版"]
preset = "vllm"
model = "old"
url = "http://127.0.0.1:1/v1"

[models."旧版二"]
preset = "vllm"
model = "old"
url = "http://127.0.0.1:1/v1"

[models."贵的"]
preset = "qwen"
model = "no-such-price"
"""


@pytest.fixture
def arena(judge_here: RunCommand, tmp_path: Path) -> RunCommand:
    (tmp_path / "judge.toml").write_text(MODELS, encoding="utf-8")
    return judge_here


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["新版"], "至少要两个不同的候选"),
        (["新版", "新版"], "至少要两个不同的候选"),
        (["新版", "没有这个"], "没有名为 没有这个 的模型"),
        (["旧版", "旧版二"], "是同一个候选"),
        (["新版", "answers:旧.jsonl"], "是记录，答不了没问过的话"),
        (["新版", "replay:旧.jsonl"], "是记录，答不了没问过的话"),
        (["新版", "旧版", "--ability", "唱歌"], "没有名为 唱歌 的能力"),
        (["新版", "旧版", "--reviewers", "<张>"], "用不得"),
        (["新版", "旧版", "--bank", "别的"], "题库 别的 不是对战攒下的"),
        (["新版", "旧版", "--max-cost", "nan"], "--max-cost"),
        (["新版", "旧版", "--revision", "新版="], "--revision 后面要有版本名"),
    ],
)
def test_what_cannot_be_opened_is_said(arena: RunCommand, tmp_path: Path, arguments: list[str], message: str) -> None:
    store = open_store(str(tmp_path / "judge.db"), create=True)
    store.add(banks=[Bank("别的")])
    store.engine.dispose()
    done = arena("arena", *arguments, "--port", "0")
    assert (done.code, message in done.err) == (2, True), done.err
    assert done.out == ""


def test_keys_and_prices_are_looked_for_before_the_first_battle(arena: RunCommand) -> None:
    done = arena("arena", "新版", "贵的", "--port", "0", DASHSCOPE_API_KEY="")
    assert (done.code, "DASHSCOPE_API_KEY" in done.err) == (2, True), done.err
    done = arena("arena", "新版", "贵的", "--port", "0", "--max-cost", "10", DASHSCOPE_API_KEY="k")
    assert (done.code, "不知道 贵的 的单价" in done.err) == (2, True), done.err


def test_the_help_has_examples_and_fits_80_columns(judge_here: RunCommand) -> None:
    from rich.cells import cell_len

    done = judge_here("arena", "--help")
    assert done.out.startswith("用法：judge arena")
    assert "例：" in done.out
    assert not [line for line in done.out.splitlines() if cell_len(line) > 80]
