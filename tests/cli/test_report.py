"""`judge report` as a user runs it: files written, gates, runs by name, clear errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import RunCommand


def test_one_command_writes_every_form(imported: RunCommand, tmp_path: Path) -> None:
    done = imported(
        *("report", "--candidates", "新版,旧版", "--html", "r.html", "--xlsx", "t/r.xlsx", "--csv", "c"),
        *("--md", "r.md", "--figures", "f", "--json"),
    )
    assert done.code == 0, done.err
    assert (tmp_path / "r.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert (tmp_path / "t" / "r.xlsx").stat().st_size > 5000
    assert {path.stem for path in (tmp_path / "c").iterdir()} >= {"summary", "abilities", "items", "judgments"}
    assert (tmp_path / "r.md").read_text(encoding="utf-8").startswith("## ")
    assert all(path.suffix == ".svg" for path in (tmp_path / "f").iterdir())
    found = done.json
    assert found["schema"] == "judge.report/1"
    summary = found["tables"]["summary"][0]
    assert (summary["candidate"], summary["judged"], summary["planned"]) == ("新版", 10, 12)
    assert {Path(one["path"]).name for one in found["written"]} >= {"r.html", "r.xlsx", "summary.csv", "r.md"}
    assert all(one["bytes"] > 0 for one in found["written"])
    assert not list(tmp_path.glob(".*.part"))


def test_without_anything_it_is_one_html_file_beside_you(imported: RunCommand, tmp_path: Path) -> None:
    done = imported("report")
    assert done.code == 0, done.err
    assert "已写到 report.html" in done.out
    english = imported("report", "--lang", "en", "--md", "-")
    assert english.code == 0
    assert "Win + ½ tie" in english.out
    assert json.loads(imported("report", "--json").out)["board"]["bank"] == "小题库"
    assert (tmp_path / "report.html").exists()


def test_a_gate_ends_with_five_after_the_report_is_written(imported: RunCommand, tmp_path: Path) -> None:
    done = imported("report", "--candidates", "旧版,新版", "--html", "gate.html", "--fail-if", "half_tie<50")
    assert done.code == 5
    assert "触到了 half_tie<50" in done.err
    assert (tmp_path / "gate.html").exists()
    assert (
        imported("report", "--candidates", "新版,旧版", "--fail-if", "half_tie<50", "--fail-if", "missing>2").code == 0
    )


def test_what_ran_live_is_a_run_with_a_name(judge_here: RunCommand) -> None:
    assert judge_here("demo", "--store", "demo.db").code == 0
    ran = judge_here(
        "run", "--models", "示例甲,示例乙", "--judge", "baseline", "--bank", "demo", "--json", store="demo.db"
    )
    assert ran.code == 0, ran.err
    runs = [one for one in judge_here("runs", "--json", store="demo.db").json["runs"] if one["kind"] == "compare"]
    assert [one["name"] for one in runs] == ["示例甲 对 示例乙"]
    by_key = judge_here("report", runs[0]["key"][:8], "--json", store="demo.db")
    assert by_key.code == 0, by_key.err
    assert by_key.json["candidates"] == ["示例甲", "示例乙"]
    again = judge_here(
        "run", "--models", "示例甲,示例乙", "--judge", "baseline", "--bank", "demo", "--json", store="demo.db"
    )
    assert again.code == 0
    assert (
        len([one for one in judge_here("runs", "--json", store="demo.db").json["runs"] if one["kind"] == "compare"])
        == 1
    )
    diff = judge_here("report", "--diff", runs[0]["key"][:8], "demo::baseline", store="demo.db")
    assert diff.code == 0, diff.err
    assert "什么也没变" in diff.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["report", "没有这次"], "没有名为 没有这次 的评测或题库"),
        (["report", "--fail-if", "half_tie=1"], "看不懂条件"),
        (["report", "--fail-if", "halftie<1"], "没有 halftie 这个数"),
        (["report", "--candidates", "新版,没有"], "没有名为 没有 的候选"),
        (["report", "--xlsx", "/proc/judge/x.xlsx"], "建不了目录"),
    ],
)
def test_what_cannot_be_done_is_said_with_the_fix(imported: RunCommand, arguments: list[str], said: str) -> None:
    done = imported(*arguments)
    assert done.code == 2
    assert said in done.err
    assert "修复：" in done.err
