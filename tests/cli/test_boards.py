"""Boards by every method, null controls, style control and the judge's certificate, as a user asks for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import RunCommand, lines


def pairs(folder: Path, games: list[tuple[str, str, str]], bank: str = "对局") -> Path:
    """Write one question per game (first, second, side) with both dialogues and one verdict."""
    rows: list[dict[str, Any]] = [{"bank": bank, "complete": False}]
    for at, (first, second, side) in enumerate(games):
        on = {"bank": bank, "question": f"g{at}"}
        rows.append({"id": f"g{at}", "ability": "计算", "turns": [{"prompt": f"问{at}", "reference_kind": "none"}]})
        rows += [
            {**on, "candidate": name, "answers": [{"prompt": f"问{at}", "text": f"{name}答"}]}
            for name in (first, second)
        ]
        verdict = {"side": side, "strength": 0 if side == "tie" else 1}
        rows.append({**on, "scope": "dialogue", "candidates": [first, second], "judge": "评委一", "verdict": verdict})
    return lines(folder / f"{bank}.jsonl", rows)


def test_bradley_terry_says_the_closed_form_of_two_candidates(judge_here: RunCommand, tmp_path: Path) -> None:
    games = [("甲", "乙", "first")] * 30 + [("甲", "乙", "second")] * 10
    assert judge_here("import", str(pairs(tmp_path, games))).code == 0
    board = judge_here("leaderboard", "--method", "bt", "--json").json
    ratings = {row["candidate"]: row["rating"] for row in board["rows"]}
    # log(30/10) = 1.0986 logits apart, 173.72 per logit, a little less for the weak prior.
    assert ratings["甲"]["elo"] - ratings["乙"]["elo"] == pytest.approx(190.85, abs=2.0)
    assert ratings["甲"]["elo"] + ratings["乙"]["elo"] == pytest.approx(2000)
    assert ratings["甲"]["ranks"] == [1, 1]
    assert board["ratings"]["questions"] == 40
    assert board["ratings"]["interval"] == "sandwich"
    resampled = judge_here("leaderboard", "--method", "bt", "--interval", "bootstrap", "--json").json
    assert resampled["ratings"]["interval"] == "bootstrap"
    assert resampled["rows"][0]["rating"]["low"] == pytest.approx(ratings["甲"]["low"], abs=5)


@pytest.mark.parametrize("method", ["bt", "davidson", "rao-kupper", "elo", "open", "winrate"])
@pytest.mark.parametrize("by", [None, "ability"])
def test_every_method_ranks_and_breaks_down(imported: RunCommand, method: str, by: str | None) -> None:
    arguments = ["leaderboard", "--method", method, *(["--by", by] if by else [])]
    shown = imported(*arguments)
    assert shown.code == 0, shown.err
    board = imported(*arguments, "--json").json
    assert [row["candidate"] for row in board["rows"]] == ["新版", "旧版"]
    assert board["method"] == method
    assert board["certificate"]["word"] in {"alone", "correct", "unfit", "unproven"}
    parts = [part["name"] for part in board["rows"][0]["parts"]]
    assert parts == (["计算", "闲聊"] if by else [])


def test_what_the_games_do_not_tell_is_said_and_not_numbered(judge_here: RunCommand, tmp_path: Path) -> None:
    apart = [("甲", "乙", "first"), ("乙", "甲", "first"), ("丙", "丁", "first"), ("丁", "丙", "first")]
    assert judge_here("import", str(pairs(tmp_path, apart, "两组"))).code == 0
    done = judge_here("leaderboard", "--method", "bt", "--bank", "两组")
    assert done.code == 0
    assert "定不出等级分：候选分成互不相遇的几组" in done.out
    board = judge_here("leaderboard", "--method", "bt", "--bank", "两组", "--json").json
    assert board["not_identified"][0] == "disconnected"
    assert sorted(map(sorted, board["not_identified"][1])) == [["丁", "丙"], ["乙", "甲"]]
    assert all(row["rating"] is None for row in board["rows"])
    assert judge_here("import", str(pairs(tmp_path, [("甲", "乙", "tie")] * 3, "全平"))).code == 0
    assert "定不出等级分：全是平局" in judge_here("leaderboard", "--method", "davidson", "--bank", "全平").out


def test_an_unbeaten_candidate_has_a_floor_and_no_ceiling(judge_here: RunCommand, tmp_path: Path) -> None:
    games = [("甲", "乙", "first")] * 12 + [("乙", "丙", "first"), ("丙", "乙", "first")] * 6
    assert judge_here("import", str(pairs(tmp_path, games))).code == 0
    done = judge_here("leaderboard", "--method", "bt")
    assert "+∞]" in done.out
    assert "甲 全胜或全负：等级分由弱先验定，一头没有界。" in done.out
    row = judge_here("leaderboard", "--method", "bt", "--json").json["rows"][0]
    assert row["candidate"] == "甲"
    assert row["rating"]["high"] is None
    assert row["rating"]["bounded"] == [True, False]
    assert 1000 < row["rating"]["low"] < row["rating"]["elo"] < 2500


def test_null_controls_are_judged_and_shown_and_stay_off_the_board(judge_here: RunCommand) -> None:
    assert judge_here("demo", "--store", "demo.db").code == 0
    missing = judge_here("leaderboard", "--judge", "baseline", "--controls", store="demo.db")
    assert missing.code == 2
    assert "--controls（每个对照至多 20 题）" in missing.err
    done = judge_here(
        "run",
        "--models",
        "示例甲,示例乙",
        "--judge",
        "baseline",
        "--bank",
        "demo",
        "--controls",
        "--json",
        store="demo.db",
    )
    assert done.code == 0, done.err
    controls = {row["kind"]: row for row in done.json["controls"]}
    assert controls["self"]["half_tie"]["value"] == 50
    assert controls["empty"]["half_tie"]["value"] < 10
    assert not any(row["suspicious"] for row in controls.values())
    assert [row["candidate"] for row in done.json["rows"]] == ["示例甲"]
    board = judge_here("leaderboard", "--judge", "baseline", "--controls", store="demo.db")
    assert "照抄题目" in board.out
    assert "control:" not in board.out


def test_the_certificate_and_its_thresholds(imported: RunCommand, tmp_path: Path) -> None:
    done = imported("validate")
    assert done.code == 0, done.err
    assert "评委判平算一半" in done.out
    assert "Gwet AC1" in done.out
    found = imported("validate", "--json").json["certificates"][0]
    checks = {check["name"]: check for check in found["checks"]}
    # People prefer 旧版 on q0 to q2, where the judge prefers 新版; one of nine items judged twice flips; 19 of 20 read.
    assert checks["agreement"]["figure"]["value"] == 0
    assert checks["flips"]["figure"]["value"] == pytest.approx(100 / 9)
    assert checks["readable"]["figure"]["value"] == pytest.approx(95.0)
    assert found["word"] == "correct"
    strict = imported("validate", "--threshold", "agreement=99,95", "--json").json["certificates"][0]
    assert strict["word"] == "unfit"
    (tmp_path / "judge.toml").write_text("[certificate]\nflips = [5, 8]\n", encoding="utf-8")
    board = imported("leaderboard", "--json").json
    limits = {check["name"]: check["limit"] for check in board["certificate"]["checks"]}
    assert (limits["flips"]["alone"], limits["flips"]["unfit"]) == (5, 8)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["validate", "--threshold", "agreement=高"], "里要是数"),
        (["validate", "--threshold", "情绪=3"], "证书里没有 情绪 这一项"),
        (["validate", "--data", "没有/这个"], "没有这个文件或目录"),
        (["validate", "--judge", "评委二"], "没有名为 评委二 的评委"),
        (["leaderboard", "--panel", "weighted", "--judge", "评委一,评委一"], "分不出谁更准"),
        (["leaderboard", "--method", "glicko"], "之一"),
    ],
)
def test_what_cannot_be_done_is_said_with_the_fix(imported: RunCommand, arguments: list[str], said: str) -> None:
    done = imported(*arguments)
    assert done.code == 2
    assert said in done.err
    assert "修复：" in done.err


def test_a_recorded_judge_is_called_what_it_is(judge_here: RunCommand, recorded: Path) -> None:
    done = judge_here("validate", "--data", str(recorded / "judgebench"), "--json")
    assert done.code == 0, done.err
    found = done.json["certificates"][0]
    assert found["word"] == "unfit"  # both orders agree on 52 %, gold labels are met half the time
    assert found["swap_cost"] == pytest.approx(1.28, abs=0.02)


def test_style_control_stands_beside_what_was_judged(judge_here: RunCommand, recorded: Path) -> None:
    assert judge_here("import", str(recorded / "llmeval2")).code == 0
    board = judge_here("leaderboard", "--style", "--method", "bt", "--json").json
    first = board["rows"][0]
    assert first["candidate"] == "recorded:llmeval2/GPT4"
    assert first["rating"]["ranks"] == [1, 1]
    assert {"raw", "controlled", "calibrated", "length_controlled"} == set(first["style"])
    assert board["style"]["features"][0] == "chars"
    # Both the judge and people like longer answers (STATISTICS, section 5).
    assert board["style"]["judge"][0]["low"] > 0
    assert board["style"]["people"][0]["low"] > 0
    behind = [row["behind"] for row in board["rows"][1:]]
    assert all(gap["difference"]["high"] < 0 and gap["p"] < 0.05 for gap in behind)
    assert board["certificate"]["word"] == "correct"
    agreement = next(check for check in board["certificate"]["checks"] if check["name"] == "agreement")
    assert agreement["figure"]["value"] == pytest.approx(73.9, abs=0.1)  # PASS_LINES, line 7
    assert json.dumps(board, ensure_ascii=False).count("NaN") == 0
