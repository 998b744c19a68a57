"""Judging that stops when it is decided, over a real server: it saves calls, and going on later ends where not stopping ends."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import RunCommand, lines
from tests.engines.scene import script
from tests.models import Answer
from tests.models.server import Server


def noisy(messages: list[dict[str, str]]) -> str | Answer:
    """Answer with one's strength; judge by strength, but for one question in five the other way round, and one in five a tie."""
    said = script(messages)
    last = messages[-1]["content"]
    if isinstance(said, str) and "[[" in said and "开始：前一份对话（A）" in last:
        question = last.split("强答：")[1].split("\n")[0] if "强答：" in last else last
        luck = zlib.crc32(question.encode()) % 10
        if luck < 2:
            return said.replace("[[A]]", "[[X]]").replace("[[B]]", "[[A]]").replace("[[X]]", "[[B]]")
        if luck < 4:
            return "都行。\n[[C]]"
    return said


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(noisy) as running:
        yield running


@pytest.fixture
def live(judge_here: RunCommand, server: Server, tmp_path: Path) -> RunCommand:
    """The command runner with five models of three strengths, a judge, and a bank of 200 questions."""
    rows = [
        {"id": f"q{at:03}", "ability": "计算" if at % 2 else "闲聊", "turns": [{"prompt": f"第{at}题"}]}
        for at in range(200)
    ]
    head = {"bank": "大", "abilities": ["计算", "闲聊"]}
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in [head, *rows])
    (tmp_path / "大.jsonl").write_text(text + "\n", encoding="utf-8")
    for name, system in (("新", "强"), ("旧", "弱"), ("旧二", "弱"), ("评委", "")):
        done = judge_here("models", "add", name, "--preset", "vllm", "--model", f"m-{name}", "--url", server.url)
        assert done.code == 0, done.err
        if system:
            config = tmp_path / "judge.toml"
            line = f'model = "m-{name}"'
            config.write_text(config.read_text("utf-8").replace(line, f'{line}\nsystem = "{system}"'), encoding="utf-8")
    return judge_here


COMMAND = ("compare", "新", "旧", "--judge", "评委", "--bank", "大.jsonl", "--yes")


@pytest.mark.parametrize(("target", "way"), [("bank", "decided"), ("like", "decided"), ("like", "looks")])
def test_it_stops_when_it_is_decided_and_names_what_about(
    live: RunCommand, server: Server, target: str, way: str
) -> None:
    done = live(*COMMAND, "--until", way, "--for", target, "--json")
    assert done.code == 0, done.err
    found = done.json["stopping"]
    assert (found["way"], found["target"], found["total"], found["unread"]) == (way, target, 200, 0)
    assert found["used"] <= 80
    assert done.json["decision"]["answer"] == "switch"
    assert server.requests <= 80 * 4 + 3
    half = done.json["overall"]["rates"]["half_tie"]
    assert half["low"] > 47
    assert half["low"] < half["value"] < half["high"]
    shown = live("compare", "新", "旧", "--judge", "评委", "--bank", "大", "--yes", "--until", way, "--for", target)
    assert f"评到第 {found['used']} / 200 题" in shown.out
    assert ("这份题库" if target == "bank" else "像这样的题") in shown.out


def test_going_on_later_ends_where_never_stopping_ends(live: RunCommand, server: Server, tmp_path: Path) -> None:
    command = (*COMMAND, "--limit", "80", "--json")
    early = live(*command, "--until", "decided").json["stopping"]["used"]
    assert early < 80
    stopped = server.requests
    went_on = live(*command)
    assert went_on.json["overall"]["counts"]["judged"] == 80
    paid = server.requests
    never = live(*command, "--store", str(tmp_path / "另一个.db"))
    assert went_on.json == never.json
    assert stopped > 0
    assert paid - stopped < server.requests - paid  # what was judged before was not paid for again


def test_stopping_is_resumable_and_repeats_itself(live: RunCommand, server: Server) -> None:
    first = live(*COMMAND, "--until", "decided", "--json")
    paid = server.requests
    again = live(*COMMAND, "--until", "decided", "--json")
    assert first.json == again.json
    assert server.requests - paid <= 3  # the probes that look for drift
    capped = live(
        "compare",
        "新",
        "旧二",
        "--judge",
        "评委",
        "--bank",
        "大.jsonl",
        "--yes",
        "--until",
        "decided",
        "--max-calls",
        "20",
    )
    assert capped.code == 4
    assert "上限" in capped.err
    rest = live(
        "compare", "新", "旧二", "--judge", "评委", "--bank", "大.jsonl", "--yes", "--until", "decided", "--json"
    )
    assert rest.code == 0, rest.err
    assert rest.json["decision"]["answer"] == "switch"


@pytest.mark.parametrize("design", ["round-robin", "baseline"])
def test_a_board_judges_pairs_on_other_questions_until_they_are_decided(
    live: RunCommand, server: Server, design: str
) -> None:
    command = ("run", "--models", "新,旧二,旧", "--judge", "评委", "--bank", "大.jsonl", "--design", design, "--yes")
    done = live(*command, "--until", "decided", "--for", "bank", "--json")
    assert done.code == 0, done.err
    early = done.json["early"]
    pairs = {("新", "旧"), ("新", "旧二")} if design == "round-robin" else {("新", "旧")}
    assert early["pairs"] == (3 if design == "round-robin" else 2)
    assert {tuple(pair) for pair in early["decided"]} == pairs
    assert early["equal"] == 1  # two that are the same; that takes nearly the whole bank to say
    assert early["used"] < 0.75 * early["total"]
    for row in done.json["rows"]:
        assert row["half_tie"]["low"] <= row["half_tie"]["value"] <= row["half_tie"]["high"]
    shown = live(*command, "--until", "decided", "--for", "bank")
    assert "新 > 旧" in shown.out
    assert "没有为它放宽" in live("leaderboard", "--bank", "大").err


def test_what_was_judged_before_does_not_count_as_asked(live: RunCommand, server: Server) -> None:
    """A pilot's questions stand anywhere in the order: they are neither paid for again nor taken for a beginning."""
    live(*COMMAND, "--limit", "20", "--json")
    paid = server.requests
    done = live(*COMMAND, "--until", "decided", "--json").json
    assert done["stopping"]["used"] <= 96
    assert done["stopping"]["unread"] == 0
    assert server.requests - paid < 96 * 3 + 10


def test_recorded_answers_may_stop_early_and_what_they_lack_is_left_out(
    live: RunCommand, server: Server, tmp_path: Path
) -> None:
    rows = []
    for at in range(200):
        for name, word in (("录新", "强"), ("录旧", "弱")):
            if (at, name) in {(at, "录旧") for at in range(0, 200, 8)}:
                continue
            text = "" if at % 50 == 7 and name == "录旧" else f"{word}答：第{at}题"
            said = {"prompt": f"第{at}题", "text": text, **({"outcome": "empty"} if not text else {})}
            rows.append({"bank": "大", "question": f"q{at:03}", "candidate": name, "answers": [said]})
    lines(tmp_path / "回答.jsonl", rows)
    assert live("import", "大.jsonl", "回答.jsonl").code == 0
    done = live("compare", "录新", "录旧", "--judge", "评委", "--yes", "--until", "decided", "--json")
    assert done.code == 0, done.err
    assert done.json["stopping"]["unread"] == 0
    assert 175 <= done.json["stopping"]["total"] < 200  # those met on the way are left out
    assert done.json["stopping"]["used"] <= 80
    assert server.requests <= 90


def test_a_run_of_some_abilities_reads_as_it_was_judged(live: RunCommand) -> None:
    command = ("run", "--models", "新,旧", "--judge", "评委", "--bank", "大.jsonl", "--abilities", "计算", "--yes")
    done = live(*command, "--until", "decided", "--json")
    assert done.code == 0, done.err
    early = done.json["early"]
    assert (early["total"], early["decided"]) == (100, [["新", "旧"]])
    assert early["used"] <= 64


def test_a_report_of_a_run_that_stopped_holds_its_intervals(live: RunCommand, tmp_path: Path) -> None:
    shown = live(*COMMAND, "--until", "decided", "--json").json["overall"]["rates"]["half_tie"]
    done = live("report", "--json")
    assert done.code == 0, done.err
    first = done.json["tables"]["summary"][0]
    assert (first["half_tie_low"], first["half_tie_high"]) == pytest.approx((shown["low"], shown["high"]))
    assert done.json["compare"]["stopping"]["used"] < 200


def test_what_cannot_stop_says_so(live: RunCommand) -> None:
    for more in (("--protocol", "scores"), ("--stage", "judge")):
        done = live(*COMMAND, "--until", "decided", *more)
        assert done.code == 2
        assert "--until" in done.err
