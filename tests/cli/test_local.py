"""Checkpoints without an endpoint, as candidates and as judge, through the commands."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import RunCommand
from tests.models.tiny import tiny_model

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    made = [tmp_path_factory.mktemp(name) for name in "abc"]
    return [tiny_model(folder, seed) for seed, folder in enumerate(made)]


def laid_out(bank: str, questions: list[dict[str, object]], folders: list[Path], parameters: str) -> None:
    """Write a bank, and a judge.toml with models 甲, 乙, 判 of these folders."""
    rows = [{"bank": bank, "abilities": ["计算"]}, *questions]
    Path(f"{bank}.jsonl").write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8"
    )
    tables = [
        f'[models."{name}"]\npreset = "hf"\nmodel = "{folder}"\nparameters = {{ {parameters} }}\n'
        for name, folder in zip("甲乙判", folders, strict=True)
    ]
    Path("judge.toml").write_text("\n".join(tables), encoding="utf-8")


def test_two_folders_are_compared_by_a_third(judge_here: RunCommand, folders: list[Path]) -> None:
    first, second, judge = (f"hf:{one}" for one in folders)
    asked = ("compare", first, second, "--judge", judge, "--protocol", "soft", "--bank", "题.jsonl", "--json")
    turns = [{"prompt": "那呢", "depends_on": [1]}]
    questions = [{"id": f"q{at}", "ability": "计算", "turns": [{"prompt": f"问{at}"}, *turns]} for at in range(6)]
    laid_out("题", questions, folders, 'max_tokens = 8, dtype = "float32", device = "cuda"')
    done = judge_here("compare", "甲", "乙", "--judge", "判", "--protocol", "soft", "--bank", "题.jsonl", "--json")
    assert done.code == 0, done.err
    assert "甲：没有可用的 cuda，改在 CPU 上跑" in done.err  # where there is one, this test is not of the CPU
    counts = done.json["overall"]["counts"]
    assert (counts["planned"], counts["judged"]) == (6, 6)
    again = judge_here("compare", "甲", "乙", "--judge", "判", "--protocol", "soft", "--bank", "题.jsonl", "--json")
    assert again.json == done.json
    assert "作答 0 次" in again.err
    straight = judge_here(*asked, "--dry-run")
    assert straight.code == 0, straight.err
    assert "不花钱" in straight.err


def test_how_far_a_model_is_with_what_it_writes_is_shown(
    judge_here: RunCommand, folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from judge.cli import panel

    monkeypatch.setattr(panel, "EVERY", 0.2)
    monkeypatch.setattr(panel, "RENEW", 0.05)
    questions = [
        {"id": f"q{at}", "ability": "计算", "turns": [{"prompt": f"问{at}", "reference": "答"}]} for at in range(3)
    ]
    laid_out("长", questions, folders, 'max_tokens = 900, dtype = "float32"')
    done = judge_here("run", "--models", "甲,乙", "--judge", "甲", "--stage", "answer", "--bank", "长.jsonl")
    assert done.code == 0, done.err
    assert re.search(r"；[甲乙] 在做 [123] 条，已读 [\d,]+、已写 [\d,]+ token", done.err), done.err
    assert "在做" not in done.err.splitlines()[-1]  # by then nothing is under way


def test_reasons_with_odds_are_for_models_that_run_here(judge_here: RunCommand) -> None:
    done = judge_here("compare", "kimi:a", "kimi:b", "--judge", "deepseek:c", "--protocol", "soft-reasons", "--dry-run")
    assert done.code == 2
    assert "soft-reasons 只用于本地权重的评委" in done.err


@pytest.mark.parametrize(
    ("parameters", "said"),
    [("batch_tokens = 0", "batch_tokens = 0 不合适"), ("top_p = 0.5", "用不上 top_p"), ('device = "gpu"', "不认识")],
)
def test_a_parameter_that_does_not_fit_is_named(
    judge_here: RunCommand, folders: list[Path], parameters: str, said: str
) -> None:
    Path("judge.toml").write_text(
        f'[models.a]\npreset = "hf"\nmodel = "{folders[0]}"\nparameters = {{ {parameters} }}\n', encoding="utf-8"
    )
    done = judge_here("compare", "a", f"hf:{folders[1]}", "--judge", "baseline", "--bank", "open", "--dry-run")
    assert done.code == 2
    assert said in done.err


def test_without_the_extra_the_command_that_installs_it_is_named(
    judge_here: RunCommand, folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "torch" else real(name, *rest))
    done = judge_here("compare", f"hf:{folders[0]}", f"hf:{folders[1]}", "--judge", "baseline")
    assert done.code == 2
    assert "还没有装" in done.err
    assert "pip install 'judge-open[local]'" in done.err


def test_a_folder_that_is_not_there_says_so(judge_here: RunCommand) -> None:
    done = judge_here("compare", "hf:没有/这个", "hf:也没有/这个", "--judge", "baseline")
    assert done.code == 2
    assert "修复" in done.err
