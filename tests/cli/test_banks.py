"""A team's own bank from the first line to the board, the protocols that ship, and whether a model has read the questions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import pytest

from judge.bank import read_bank, shipped_banks
from judge.cli.flags import PROTOCOLS
from judge.judges.protocols import Comparing, Scoring
from tests.cli.conftest import RunCommand
from tests.engines.scene import script
from tests.models import Answer
from tests.models.server import Server

OWN = ["退换货", "催单", "投诉", "开票", "改地址", "保修", "会员", "积分", "物流", "安装", "售前", "人工"]


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(script) as running:
        yield running


def named(judge: RunCommand, url: str, *names: str) -> None:
    for name in names:
        assert judge("models", "add", name, "--preset", "vllm", "--model", name, "--url", url).code == 0


@pytest.fixture
def live(judge_here: RunCommand, server: Server, tmp_path: Path) -> RunCommand:
    named(judge_here, server.url, "new", "old", "judge")
    text = (tmp_path / "judge.toml").read_text(encoding="utf-8")
    for name, system in (("new", "强"), ("old", "弱")):
        text = text.replace(f'model = "{name}"', f'model = "{name}"\nsystem = "{system}"')
    (tmp_path / "judge.toml").write_text(text, encoding="utf-8")
    return judge_here


def test_a_bank_of_twelve_abilities_of_ones_own_works_everywhere(live: RunCommand, tmp_path: Path) -> None:
    assert live("banks", "new", "客服.jsonl", "--abilities", ",".join(OWN)).code == 0
    assert live("banks", "new", "客服.jsonl").code == 2  # what is there is not written over
    checked = live("banks", "check", "客服.jsonl", "--json")
    assert checked.code == 0, checked.out
    assert [one["name"] for one in checked.json["files"][0]["counts"]] == [*OWN, "合计"]
    done = live("compare", "new", "old", "--bank", "客服.jsonl", "--judge", "judge", "--json")
    assert done.code == 0, done.err
    assert [one["name"] for one in done.json["abilities"]] == OWN
    assert done.json["overall"]["win"] == 12
    scores = live(
        "run", "--models", "new,old", "--bank", "客服.jsonl", "--judge", "judge", "--protocol", "scores", "--json"
    )
    assert [row["mean"]["value"] for row in scores.json["rows"]] == [8.0, 5.0]
    board = live("leaderboard", "--bank", "客服", "--judge", "judge+scores", "--by", "ability", "--json")
    assert [part["name"] for part in board.json["rows"][0]["parts"]] == OWN
    assert live("report", "--bank", "客服", "--judge", "judge", "--html", "页.html").code == 0
    assert all(name in (tmp_path / "页.html").read_text(encoding="utf-8") for name in OWN)
    drawn = live("audit", "draw", "--bank", "客服", "--judge", "judge", "--items", "12", "--out", "判卷.jsonl")
    assert drawn.code == 0, drawn.err
    assert live("disputes", "--bank", "客服", "--judge", "judge").code == 0


def test_alignbench_scores_on_its_own_dimensions_and_averages_two_branches(live: RunCommand, server: Server) -> None:
    done = live("run", "--models", "new,old", "--judge", "judge", "--limit", "10", "--protocol", "alignbench", "--json")
    assert done.code == 0, done.err
    assert [row["mean"]["value"] for row in done.json["rows"]] == [8.0, 5.0]
    assert done.json["by"] == "branch"
    assert [(part["name"], part["value"], part["rows"]) for part in done.json["rows"][0]["parts"]] == [
        ("推理", 8.0, 2),
        ("语言", 8.0, 8),
    ]
    asked = [
        json.dumps(body, ensure_ascii=False)
        for body in server.bodies
        if "开始：对话" in json.dumps(body, ensure_ascii=False)
    ]
    assert sum("逻辑连贯性" in one and "丰富度" not in one for one in asked) == 4  # 计算, 逻辑与推理 of two candidates
    assert sum("丰富度" in one for one in asked) == 4  # 生成与创作, 角色扮演
    assert all("参考答案本身大约是 8 分" in one and "分数都写整数" in one for one in asked)


def test_mtbench_rates_every_turn_and_averages_them(live: RunCommand) -> None:
    done = live("run", "--models", "new,old", "--judge", "judge", "--limit", "10", "--protocol", "mtbench", "--json")
    assert done.code == 0, done.err
    assert [row["mean"]["value"] for row in done.json["rows"]] == [8.0, 5.0]
    assert done.json["scope"] == "turns"
    bank = {one.id: one for one in read_bank(shipped_banks()[0])[1]}
    board = live("leaderboard", "--judge", "judge+mtbench", "--by", "turn", "--json")
    rows = [part["rows"] for part in board.json["rows"][0]["parts"]]
    assert rows[0] == rows[1] == 10
    assert 20 < sum(rows) <= 10 * max(len(one.turns) for one in bank.values())
    again = live("reread", "--judge", "judge+mtbench", "--json")
    assert again.code == 0, again.err


def test_rubrics_tell_protocols_costs_and_anchors(judge_here: RunCommand) -> None:
    found = judge_here("rubrics", "--json").json
    assert [*found["protocols"]] == [*get_args(Comparing), *get_args(Scoring)]
    assert sorted(found["protocols"]) == sorted(PROTOCOLS)  # what --protocol takes
    assert all(
        one["prompt"] > 200 and one["material"] > 100 for name, one in found["protocols"].items() if name != "reward"
    )  # which is told nothing but the dialogue
    assert found["protocols"]["reward"]["prompt"] == 0
    assert found["protocols"]["mtbench"]["calls"] == pytest.approx(636 / 200)
    own = [one for one in found["rubrics"] if not one["name"].startswith("alignbench")]
    assert len(own) == 11
    for one in own:
        assert all(one[key] for key in ("consistency", "refusals", "turns_why"))
        assert len(one["examples"]) == 5
        assert 3 <= len(one["dimensions"]) <= 6
    shown = judge_here("rubrics", "math").out
    assert "各轮合成" in shown
    assert "整份回答，各档的例子" in shown
    assert judge_here("rubrics", "数学").code == 2


def test_show_stats_and_diff(judge_here: RunCommand, tmp_path: Path) -> None:
    assert "第 3 轮，接第 1、2 轮" in judge_here("banks", "show", "open", "calc-001").out
    assert judge_here("banks", "show", "open", "calc-999").code == 2
    assert len(judge_here("banks", "show", "open", "--abilities", "计算", "--json").json["questions"]) == 20
    assert judge_here("banks", "stats", "open", "--json").json["counts"][-1]["turns"] == 636
    lines = shipped_banks()[0].read_text(encoding="utf-8").splitlines()
    row = json.loads(lines[1])
    row["turns"][0]["prompt"] += "快点。"
    (tmp_path / "新.jsonl").write_text(f"{lines[0]}\n{json.dumps(row, ensure_ascii=False)}\n", encoding="utf-8")
    (tmp_path / "旧.jsonl").write_text(f"{lines[0]}\n{lines[1]}\n", encoding="utf-8")
    (tmp_path / "open-sealed.zip").write_bytes((shipped_banks()[0].parent / "open-sealed.zip").read_bytes())
    done = judge_here("banks", "diff", "旧.jsonl", "新.jsonl", "--json")
    assert (done.code, [one["id"] for one in done.json["changes"]]) == (2, [row["id"]])
    assert "改了却没加版本号" in done.err


# ── has a model read them? ────────────────────────────────────────────────────────────────────────────────────────────


def reader(knows: Callable[[str], bool], canary: bool) -> Callable[[list[dict[str, str]]], str | Answer]:
    """A model that goes on word by word with the questions it has read."""
    draft = read_bank(shipped_banks()[0])[1]
    header = json.loads(shipped_banks()[0].read_text(encoding="utf-8").splitlines()[0])

    def said(messages: list[dict[str, str]]) -> str | Answer:
        asked, _, text = messages[-1]["content"].partition("\n\n")
        if "补全" in asked:
            return header["canary"].rpartition(" ")[2] if canary else "不知道"
        for one in draft:
            if one.turns[0].prompt.startswith(text) and knows(one.id):
                return one.turns[0].prompt[len(text) :]
        return "后面大概是说要注意安全，先查清楚再动手。"

    return said


@pytest.mark.parametrize(
    ("knows", "canary", "sign"),
    [
        (lambda name: False, False, False),
        (lambda name: True, False, False),  # the sealed ones too: guessed, or read where no crawler reads
        (lambda name: name.endswith("1"), True, True),
        (lambda name: not name.endswith(("012", "018")), False, True),
    ],
    ids=["nothing", "all", "canary", "open"],
)
def test_a_model_that_has_read_the_open_questions_is_seen(
    judge_here: RunCommand, knows: Callable[[str], bool], canary: bool, sign: bool
) -> None:
    with Server(reader(knows, canary)) as server:
        named(judge_here, server.url, "新")
        done = judge_here("banks", "probe", "新")
        assert done.code == 0, done.err
        assert ("有见过题的迹象" in done.out) is sign
        found = judge_here("banks", "probe", "新", "--limit", "30", "--json").json["probed"]
        assert found["open"]["asked"] + found["sealed"]["asked"] <= 30
