"""Live commands as a user types them, over a real server on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import RunCommand
from tests.engines.scene import script
from tests.models.server import Server


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(script) as running:
        yield running


@pytest.fixture
def live(judge: RunCommand, server: Server, tmp_path: Path) -> RunCommand:
    """The command runner with three models added through the command itself."""
    for name, model in (("新", "new"), ("旧", "old"), ("评委", "judge")):
        done = judge("models", "add", name, "--preset", "vllm", "--model", model, "--url", server.url)
        assert done.code == 0, done.err
    text = (tmp_path / "judge.toml").read_text(encoding="utf-8")
    text = text.replace('model = "new"', 'model = "new"\nsystem = "强"').replace(
        'model = "old"', 'model = "old"\nsystem = "弱"'
    )
    (tmp_path / "judge.toml").write_text(text, encoding="utf-8")
    return judge


def test_a_dry_run_says_what_it_would_take_and_calls_nothing(live: RunCommand, server: Server) -> None:
    done = live("compare", "新", "旧", "--judge", "评委", "--limit", "10", "--dry-run")
    assert (done.code, done.out, server.requests) == (0, "", 0)
    assert "计划：10 题" in done.err
    assert "评判至多 20 次" in done.err


def test_two_candidates_are_answered_judged_and_compared(live: RunCommand, server: Server) -> None:
    done = live("compare", "新", "旧", "--judge", "评委", "--limit", "10")
    assert done.code == 0, done.err
    assert done.out.startswith("可以换：甲（新）比乙（旧）更好")
    assert "两种位置都评过 10，结论翻转 0" in done.out
    paid = server.requests
    again = live("compare", "新", "旧", "--judge", "评委", "--limit", "10")
    assert (again.out, server.requests) == (done.out, paid)
    assert "不再付费" in again.err


@pytest.mark.parametrize(("protocol", "calls"), [("pair-5", 20), ("scores", 20)])
def test_other_protocols_are_other_judges_on_the_same_answers(
    live: RunCommand, server: Server, protocol: str, calls: int
) -> None:
    live("compare", "新", "旧", "--judge", "评委", "--limit", "10")
    paid = server.requests
    done = live("compare", "新", "旧", "--judge", "评委", "--limit", "10", "--protocol", protocol, "--json")
    assert done.code == 0, done.err
    assert done.json["judge"] == f"评委+{protocol}"
    assert done.json["overall"]["win"] == 10.0
    assert server.requests <= paid + calls + 2  # no answer was paid for again; the probes look for drift


def test_a_panel_judges_together_and_each_is_shown(live: RunCommand, server: Server) -> None:
    live("models", "add", "评委二", "--preset", "vllm", "--model", "judge2", "--url", server.url)
    done = live("compare", "新", "旧", "--judge", "评委,评委二", "--limit", "10")
    assert done.code == 0, done.err
    assert "评委  评委、评委二" in done.out
    rows = [line.split() for line in done.out.splitlines() if line.startswith(("评委 ", "评委二 "))]
    assert [row[-2:] for row in rows[-2:]] == [["0/10", "100.0%"], ["0/10", "100.0%"]]


def test_several_candidates_make_a_board(live: RunCommand) -> None:
    done = live("run", "--models", "新,旧", "--judge", "评委", "--limit", "10", "--design", "round-robin", "--json")
    assert done.code == 0, done.err
    assert [row["candidate"] for row in done.json["rows"]] == ["新", "旧"]
    scores = live("run", "--models", "新,旧", "--judge", "评委", "--limit", "10", "--protocol", "scores", "--json")
    assert [row["mean"]["value"] for row in scores.json["rows"]] == [8.0, 5.0]


def test_recorded_answers_can_meet_a_live_candidate(live: RunCommand, server: Server, tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    assert live("import", str(root / "question_banks/open.jsonl"), str(root / "docs/example")).code == 0
    done = live("compare", "新", "示例甲", "--judge", "评委", "--abilities", "计算", "--json")
    assert done.code == 0, done.err
    assert (done.json["second"], done.json["overall"]["win"]) == ("示例甲", 6.0)


def test_stages_can_be_done_one_by_one(live: RunCommand, server: Server) -> None:
    answered = live("compare", "新", "旧", "--judge", "评委", "--limit", "5", "--stage", "answer")
    assert (answered.code, answered.out) == (0, "")
    paid = server.requests
    judged = live("compare", "新", "旧", "--judge", "评委", "--limit", "5", "--stage", "judge", "--json")
    assert judged.json["overall"]["counts"]["judged"] == 5
    assert server.requests <= paid + 10 + 2
    scored = live("compare", "新", "旧", "--judge", "评委", "--limit", "5", "--stage", "score", "--json")
    assert scored.json == judged.json


def test_keys_come_from_the_environment_and_are_nowhere_written(judge: RunCommand, tmp_path: Path) -> None:
    done = judge("compare", "qwen:a", "qwen:b", "--judge", "qwen:c", "--limit", "2")
    assert done.code == 2
    assert "DASHSCOPE_API_KEY" in done.err
    (tmp_path / "judge.toml").write_text(
        '[models.a]\npreset = "qwen"\nmodel = "m"\napi_key = "sk-1"\n', encoding="utf-8"
    )
    refused = judge("models")
    assert refused.code == 2
    assert "密钥不能写在配置里" in refused.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["models", "add", "x", "--preset", "qwne", "--model", "m"], "没有名为 qwne"),
        (["models", "add", "新", "--preset", "vllm", "--model", "m"], "已经有名为 新 的模型"),
        (["compare", "新", "旧", "--judge", "评委", "--bank", "没有"], "没有名为 没有 的题库"),
        (["compare", "新", "旧", "--judge", "评w"], "没有名为 评w 的模型；你要找的是不是：评委"),
        (["run", "--models", "新", "--judge", "评委"], "至少要两个不同的候选"),
    ],
)
def test_mistakes_are_named_before_anything_is_paid(
    live: RunCommand, server: Server, arguments: list[str], said: str
) -> None:
    done = live(*arguments)
    assert done.code == 2
    assert said in done.err
    assert "修复：" in done.err
    assert server.requests == 0


def test_models_lists_what_is_there(live: RunCommand) -> None:
    listed = live("models", "--json").json["models"]
    assert [(row["name"], row["model"], row["key"]) for row in listed] == [
        ("新", "new", True),
        ("旧", "old", True),
        ("评委", "judge", True),
    ]
    assert len(json.loads(live("models", "--presets", "--json").out)["presets"]) == 18


def test_doctor_looks_without_calling_and_finds_out_by_calling(live: RunCommand, server: Server) -> None:
    still = live("doctor")
    assert (still.code, server.requests) == (0, 0), still.out
    assert "✓ 评委" in still.out
    asked = live("doctor", "--live", "--model", "评委")
    assert asked.code == 0, asked.out + asked.err
    assert "温度 0有，系统消息有，结构化输出没有，概率没有，思考过程没有" in asked.out
    assert server.requests == 5


def test_doctor_says_what_is_wrong_and_how_to_mend_it(judge: RunCommand) -> None:
    judge("models", "add", "通义", "--preset", "qwen", "--model", "qwen-max")
    judge("models", "add", "死", "--preset", "vllm", "--model", "m", "--url", "http://127.0.0.1:9/v1")
    done = judge("doctor", "--live")
    assert done.code == 2
    assert "✗ 通义：没有找到" in done.out
    assert "✗ 连接 127.0.0.1:9：连不上" in done.out
    assert "DASHSCOPE_API_KEY" in done.out
