"""Cheaper judging over a real server: a cascade asks for less and says what it may cost; swaps by choice change no figure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import RunCommand
from tests.models import Answer
from tests.models.server import Server

QUESTIONS = 80


def script(messages: list[dict[str, str]]) -> str | Answer:
    """Answer right or wrong by the system prompt; judge for the right one, or for the first shown in one question of four."""
    last = messages[-1]["content"]
    named = re.findall(r"第(\d+)题", last)
    if not named:  # a probe that looks for drift
        return "好"
    number = int(named[0])
    if "开始：前一份对话（A）" not in last:
        strong = messages[0]["role"] == "system"
        if strong and number % 4:
            return f"答案是 {number * 7}，因为每一份是七，共有 {number} 份，所以相乘得到这个数。"
        if strong or number % 4:
            return "这个问题我不大清楚，可能要再想想。"
        return f"因为每一份是七，共有 {number} 份，所以相乘得到 {number * 7}。"
    first, second = last.split("开始：前一份对话（A）")[1].split("开始：后一份对话（B）")[:2]
    right = [f"答案是 {number * 7}，" in one for one in (first, second)]
    if right[0] == right[1]:
        return "理由。\n[[A]]"  # where neither says it in so many words: the first one shown
    return "理由。\n[[A]]" if right[0] else "理由。\n[[B]]"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(script) as running:
        yield running


@pytest.fixture
def live(judge_here: RunCommand, server: Server, tmp_path: Path) -> RunCommand:
    rows = [
        {
            "id": f"q{at:03}",
            "ability": "计算",
            "turns": [
                {
                    "prompt": f"第{at}题：每份七个，{at}份一共多少？",
                    "reference": f"答案是 {at * 7}，因为每一份是七，共有 {at} 份，所以相乘得到这个数。",
                    "reference_kind": "exact",
                }
            ],
        }
        for at in range(1, QUESTIONS + 1)
    ]
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in [{"bank": "乘法", "abilities": ["计算"]}, *rows])
    (tmp_path / "乘法.jsonl").write_text(text + "\n", encoding="utf-8")
    for name, system in (("新", "强"), ("旧", ""), ("评委", "")):
        done = judge_here("models", "add", name, "--preset", "vllm", "--model", f"m-{name}", "--url", server.url)
        assert done.code == 0, done.err
        if system:
            config = tmp_path / "judge.toml"
            line = f'model = "m-{name}"'
            config.write_text(config.read_text("utf-8").replace(line, f'{line}\nsystem = "{system}"'), encoding="utf-8")
    return judge_here


def compare(*more: str) -> tuple[str, ...]:
    return ("compare", "新", "旧", "--bank", "乘法.jsonl", "--order", "single", "--yes", *more)


def test_a_cascade_asks_for_less_and_says_what_it_may_cost(live: RunCommand, server: Server) -> None:
    done = live(*compare("--judge", "评委,baseline", "--panel", "cascade", "--json"))
    assert done.code == 0, done.err
    spared = done.json["spared"]
    # Most questions are plain to the offline judge; a tenth of those is judged all the same.
    assert 40 <= spared["spared"] < QUESTIONS
    assert spared["judged"] == QUESTIONS
    assert 2 <= spared["checks"] <= 20
    assert 0 <= spared["differ"]["value"] < 50
    assert server.requests < 2 * QUESTIONS + QUESTIONS // 2
    shown = live(*compare("--judge", "评委,baseline", "--panel", "cascade"))
    assert "由离线评委判（它有把握的）" in shown.out
    assert "另抽" in shown.out
    whole = live(*compare("--judge", "评委", "--json"))
    assert whole.json["spared"] is None


def test_swaps_by_choice_are_shown_and_change_no_figure(live: RunCommand, server: Server) -> None:
    plain = live(*compare("--judge", "评委", "--json"))
    assert plain.code == 0, plain.err
    paid = server.requests
    done = live(*compare("--judge", "评委", "--swap-doubtful", "--json"))
    assert done.code == 0, done.err
    assert done.json["overall"] == plain.json["overall"]
    again = done.json["again"]
    assert again["asked"] > 0
    assert again["changed"] > 0
    assert server.requests - paid == pytest.approx(again["asked"], abs=3)
    once_more = live(*compare("--judge", "评委", "--swap-doubtful", "--json"))
    assert once_more.json == done.json
    shown = live(*compare("--judge", "评委", "--swap-doubtful"))
    assert f"换位再评 {again['asked']} 题" in shown.out
    queue = live("disputes", "乘法", "--json")
    assert queue.code == 0, queue.err
    assert any(why["why"] == "order" for row in queue.json["disputes"] for why in row["reasons"])
    refused = live("leaderboard", "--bank", "乘法", "--judge", "评委+swap")
    assert refused.code == 2
    assert "不进榜" in refused.err


def test_what_cannot_be_a_cascade_says_so(live: RunCommand) -> None:
    done = live(*compare("--judge", "评委", "--panel", "cascade"))
    assert done.code == 2
    assert "baseline" in done.err
