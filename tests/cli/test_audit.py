"""An audit as its people live it: a draw, a blind sheet, verdicts that come back, and a board that follows."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from judge import pipeline
from tests.cli.conftest import RunCommand, lines

QUALITY = {"甲": 0.7, "乙": 0.5, "丙": 0.35}
QUESTIONS = 60


def truth(question: int, one: str, other: str) -> float:
    """What people would say of two answers, 1, 0.5 or 0 for the first: decided by the marks that stand in the answers."""
    gap = mark(question, one) - mark(question, other)
    return 0.5 if abs(gap) < 0.15 else float(gap > 0)


def mark(question: int, candidate: str) -> float:
    return QUALITY[candidate] + random.Random(f"{question} {candidate}").uniform(-0.5, 0.5)


@pytest.fixture
def judge(judge_here: RunCommand) -> RunCommand:
    return judge_here


@pytest.fixture
def store(judge: RunCommand, tmp_path: Path) -> RunCommand:
    """A store with three candidates on 60 questions, and a judge of all pairs that likes 丙 too much."""
    folder = tmp_path / "数据"
    folder.mkdir()
    bank: list[dict[str, Any]] = [{"bank": "审计", "abilities": ["计算", "闲聊"]}]
    answers, judgments = [], []
    for at in range(QUESTIONS):
        name = f"q{at:02}"
        bank.append({"id": name, "ability": "计算" if at % 2 else "闲聊", "turns": [{"prompt": f"第{at}题"}]})
        for candidate in QUALITY:
            said = {"prompt": f"第{at}题", "text": f"回答，记号 {mark(at, candidate):.6f}"}
            answers.append({"bank": "审计", "question": name, "candidate": candidate, "answers": [said]})
        for one, other in (("甲", "乙"), ("甲", "丙"), ("乙", "丙")):
            luck = random.Random(f"judge {at} {one}{other}")
            gap = mark(at, one) - mark(at, other) - (0.25 if other == "丙" else 0) + luck.gauss(0, 0.25)
            side = "tie" if abs(gap) < 0.1 else "first" if gap > 0 else "second"
            case = {"bank": "审计", "question": name, "scope": "dialogue", "candidates": [one, other]}
            judgments.append({**case, "judge": "评委一", "verdict": {"side": side}})
    lines(folder / "bank.jsonl", bank)
    lines(folder / "answers.jsonl", answers)
    lines(folder / "judgments.jsonl", judgments)
    done = judge("import", str(folder))
    assert done.code == 0, done.err
    return judge


def fill(path: Path, until: int | None = None) -> int:
    """Fill a sheet as a careful reader would, who sees only what stands on it."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for row in rows[:until]:
        shown = [float(row["turns"][0][side].rsplit(" ", 1)[1]) for side in ("左", "右")]
        gap = shown[0] - shown[1]
        row["verdict"] = "平" if abs(gap) < 0.15 else "左" if gap > 0 else "右"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return len(rows[:until])


def test_forty_audits_correct_a_board(store: RunCommand, tmp_path: Path) -> None:
    drawn = store("audit", "draw", "审计", "--items", "40", "--overlap", "0", "--out", "判卷.jsonl", "--json")
    assert drawn.code == 0, drawn.err
    assert (drawn.json["frame"], len(drawn.json["items"]), drawn.json["uniform"]) == (180, 40, 0.3)
    assert sum(item["probability"] for item in drawn.json["items"]) <= 40
    assert all(0 < item["probability"] <= 1 for item in drawn.json["items"])
    sheet = (tmp_path / "判卷.jsonl").read_text(encoding="utf-8")
    assert not any(name in sheet for name in QUALITY)  # blind: no candidate is named
    assert fill(tmp_path / "判卷.jsonl") == 40
    taken = store("audit", "import", "判卷.jsonl", "--reviewer", "小陈")
    assert taken.out == "收到 40 条人工判定。\n"
    again = store("audit", "import", "判卷.jsonl", "--reviewer", "小陈")
    assert again.out == "收到 0 条人工判定，40 条已经在库里。\n"

    board = store("leaderboard", "--corrected", "--for", "bank", "--json").json["correction"]
    assert (board["audits"], board["population"], board["unit"], board["pooled"]) == (40, 180, "half_tie", True)
    assert board["uniform"] == 0.3
    assert 0 < board["rho"] < 1
    people = {
        name: 100 * sum(truth(at, name, other) for at in range(QUESTIONS) for other in QUALITY if other != name) / 120
        for name in QUALITY
    }
    for row in board["rows"]:
        for figure in ("judge", "people", "corrected"):
            found = row["figure"][figure]
            assert found["low"] <= found["value"] <= found["high"]
        corrected, alone = row["figure"]["corrected"], row["figure"]["judge"]
        assert corrected["low"] <= people[row["candidate"]] <= corrected["high"]
        if row["candidate"] == "丙":  # which the judge likes too much
            assert alone["value"] - people["丙"] > 5
            assert abs(corrected["value"] - people["丙"]) < abs(alone["value"] - people["丙"])
    shown = store("leaderboard", "--corrected").out
    for heading in ("胜+½平（校正后）", "只看评委", "只看抽查的人", "ρ", "像这样的题"):
        assert heading in shown


def test_a_pair_is_corrected_where_it_is_compared(store: RunCommand, tmp_path: Path) -> None:
    store("audit", "draw", "审计", "--items", "40", "--candidates", "甲,丙", "--out", "判卷.jsonl")
    fill(tmp_path / "判卷.jsonl")
    store("audit", "import", "判卷.jsonl", "--reviewer", "小陈")
    done = store("compare", "甲", "丙", "--json").json
    first = done["correction"]["rows"][0]
    assert {row["candidate"] for row in done["correction"]["rows"]} == {"甲", "丙"}
    assert first["open_score"]["corrected"]["low"] < first["open_score"]["corrected"]["high"]
    assert done["corrected"]["answer"] in ("switch", "keep", "undecided")
    shown = store("compare", "甲", "丙").out
    assert "人工校正后" in shown
    assert "只看抽查的人" in shown
    assert "只看抽查的人" not in store("compare", "甲", "乙").out  # nobody looked at these


def test_a_board_shows_what_people_made_of_it_once_they_judged_enough(
    store: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as nothing:  # where nothing was drawn, nobody looks for it
        nothing.delattr(pipeline, "queue_of")
        assert "只看抽查的人" not in store("leaderboard").out
        assert store("leaderboard", "--json").json["correction"] is None
        assert store("report", "--bank", "审计", "--json").json["board"]["correction"] is None
    assert "还要判 13 条才能校正（至少 13 条）" in store("leaderboard", "--corrected").out
    for number, size in ((1, 12), (2, 50)):
        store("audit", "draw", "审计", "--items", str(size), "--overlap", "0", "--out", f"{number}.jsonl")
        fill(tmp_path / f"{number}.jsonl")
        store("audit", "import", f"{number}.jsonl", "--reviewer", "小陈")
        if number == 1:
            assert "只看抽查的人" not in store("leaderboard").out
            assert store("leaderboard", "--json").json["correction"] is None
            assert "还要判 1 条才能校正" in store("leaderboard", "--corrected").out
            assert store("report", "--json").json["tables"]["audits"][0]["needed"] == 13
    shown = store("leaderboard").out
    assert all(head in shown for head in ("只看评委", "只看抽查的人", "胜+½平（校正后）"))
    (said,) = [line for line in shown.splitlines() if line.startswith("人判了 62 / 180 条 · 评委替人省下 ")]
    found = store("leaderboard", "--json").json
    assert found["correction"] == store("leaderboard", "--corrected", "--json").json["correction"]
    saved = found["correction"]["saved"]
    alone = 1 / ((1 - saved / 100) * (1 / 62 - 1 / 180) + 1 / 180)
    assert f"{alone - 62:.0f} 条（{saved:.0f}%；同样宽的区间，只靠人约要判 {alone:.0f} 条）" in said
    report = store("report", "--bank", "审计", "--json").json
    assert report["board"]["correction"] == found["correction"]
    assert report["tables"]["audits"][0]["saved_labels"] == round(alone - 62)
    for left_out in (("--no-corrected",), ("--human",)):
        assert "只看抽查的人" not in store("leaderboard", *left_out).out
        assert store("leaderboard", *left_out, "--json").json["correction"] is None
    assert store("leaderboard", "--human", "--corrected").code == 2


def test_a_census_is_a_board_of_people_and_corrects_on_request(store: RunCommand, tmp_path: Path) -> None:
    store("audit", "draw", "审计", "--items", "180", "--overlap", "0", "--out", "判卷.jsonl")
    fill(tmp_path / "判卷.jsonl")
    store("audit", "import", "判卷.jsonl", "--reviewer", "小陈")
    assert store("leaderboard", "--json").json["correction"] is None
    found = store("leaderboard", "--corrected", "--for", "bank", "--json").json["correction"]
    assert found["audits"] == found["population"] == 180
    assert all(
        row["figure"]["corrected"]["value"] == pytest.approx(row["figure"]["people"]["value"]) for row in found["rows"]
    )
    assert "评委替人省下" not in store("leaderboard", "--corrected").out


def test_later_draws_take_what_earlier_ones_left_and_all_count(store: RunCommand, tmp_path: Path) -> None:
    seen: list[tuple[str, ...]] = []
    for number, size in enumerate((40, 60), 1):
        out = f"判卷{number}.jsonl"
        drawn = store("audit", "draw", "审计", "--items", str(size), "--out", out, "--json").json
        assert drawn["name"].startswith(f"审计-{number}-")
        seen += [tuple(sorted(item["dialogues"])) for item in drawn["items"]]
        fill(tmp_path / out)
        store("audit", "import", out, "--reviewer", "小陈")
    assert len(set(seen)) == 100
    status = store("audit", "status", "审计", "--for", "bank", "--target", "2", "--json").json
    assert [(one["items"], one["judged"]) for one in status["draws"]] == [(40, 40), (60, 60)]
    assert status["correction"]["audits"] == 100
    assert status["half_width"] > 2
    assert 0 < status["still_needed"] <= 80
    left = store("audit", "draw", "审计", "--items", "500", "--out", "余下.jsonl", "--json").json
    assert (len(left["items"]), {item["probability"] for item in left["items"]}) == (80, {1.0})
    fill(tmp_path / "余下.jsonl")
    store("audit", "import", "余下.jsonl", "--reviewer", "小陈")
    whole = store("leaderboard", "--corrected", "--for", "bank", "--json").json["correction"]
    assert whole["audits"] == 180
    over = store("audit", "draw", "审计", "--out", "再.jsonl")
    assert over.code == 2
    assert "每一条都抽过了" in over.err


def test_a_sheet_may_come_back_half_done(store: RunCommand, tmp_path: Path) -> None:
    store("audit", "draw", "审计", "--items", "50", "--overlap", "0.2", "--out", "判卷.jsonl")
    sheet = tmp_path / "判卷.jsonl"
    second = tmp_path / "判卷-2.jsonl"
    assert [len(one.read_text(encoding="utf-8").splitlines()) for one in (sheet, second)] == [
        50,
        10,
    ]  # a fifth is for two
    fill(sheet, until=30)
    taken = store("audit", "import", "判卷.jsonl", "--reviewer", "小陈", "--json").json
    assert (taken["new"], taken["known"], taken["empty"]) == (30, 0, 20)
    fill(second)
    assert store("audit", "import", "判卷-2.jsonl", "--reviewer", "小李", "--json").json["new"] == 10
    found = store("audit", "status", "审计", "--json").json
    assert (found["draws"][0]["judged"], found["correction"]["waiting"], found["reviewers"]) == (30, 20, 2)
    assert found["agreement"]["items"] == 10
    assert found["agreement"]["raw"]["value"] == 1.0
    assert "按已判的是其中随机一部分来算" in store("audit", "status", "审计").out
    assert found["correction"]["rows"]


def test_a_reviewer_may_change_their_mind_and_back(store: RunCommand, tmp_path: Path) -> None:
    store("audit", "draw", "审计", "--items", "20", "--overlap", "0", "--out", "判卷.jsonl")
    sheet = tmp_path / "判卷.jsonl"
    fill(sheet)
    store("audit", "import", "判卷.jsonl", "--reviewer", "小陈")
    first = store("audit", "status", "审计", "--json").json
    rows = [json.loads(line) for line in sheet.read_text(encoding="utf-8").splitlines()]
    mine = rows[0]["verdict"]
    for word, count in (("都不好", 20), ("跳过", 19), (mine, 20)):
        lines(sheet, [{**rows[0], "verdict": word}, *rows[1:]])
        before = store("audit", "status", "审计", "--json").json
        refused = store("audit", "import", "判卷.jsonl", "--reviewer", "小陈")
        assert refused.code == 2
        assert (
            f"有 1 条与已有的判定不同，一条也没有收：\n  判卷.jsonl 第 1 行：小陈 判 {rows[0]['question']}"
            in refused.err
        )
        assert f" → {word}\n  修复：确实要改，加 --replace" in refused.err
        assert store("audit", "status", "审计", "--json").json == before
        taken = store("audit", "import", "判卷.jsonl", "--reviewer", "小陈", "--replace", "--json").json
        assert (taken["new"], taken["changed"], taken["known"]) == (0, 1, 19)
        assert store("audit", "status", "审计", "--json").json["correction"]["audits"] == count
    assert store("audit", "status", "审计", "--json").json == first


def test_an_adjudicated_item_keeps_its_draw(store: RunCommand, tmp_path: Path) -> None:
    drawn = store("audit", "draw", "审计", "--items", "20", "--overlap", "0", "--out", "判卷.jsonl", "--json").json
    fill(tmp_path / "判卷.jsonl")
    store("audit", "import", "判卷.jsonl", "--reviewer", "小陈")
    sheet = [json.loads(line) for line in (tmp_path / "判卷.jsonl").read_text(encoding="utf-8").splitlines()]
    pairs = (("甲", "乙"), ("甲", "丙"), ("乙", "丙"))
    number = int(sheet[0]["question"][1:])
    shown = [float(sheet[0]["turns"][0][side].rsplit(" ", 1)[1]) for side in ("左", "右")]
    [pair] = [pair for pair in pairs if {round(mark(number, one), 6) for one in pair} == set(shown)]
    settled = {
        "bank": "审计",
        "question": sheet[0]["question"],
        "scope": "dialogue",
        "candidates": list(pair),
        "reviewer": "主编",
        "adjudicates": True,
        "verdict": {"side": "tie"},
    }
    lines(tmp_path / "终审.jsonl", [settled])
    assert store("import", "终审.jsonl").code == 0
    found = store("audit", "status", "审计", "--json").json
    assert (found["correction"]["audits"], found["correction"]["waiting"], found["correction"]["chosen"]) == (20, 0, 0)
    assert len(drawn["items"]) == 20


def test_what_people_chose_to_judge_is_shown_and_corrects_nothing(store: RunCommand, tmp_path: Path) -> None:
    chosen = [
        {
            "bank": "审计",
            "question": f"q{at:02}",
            "scope": "dialogue",
            "candidates": ["甲", "丙"],
            "reviewer": "小李",
            "verdict": {"side": "second"},
        }
        for at in range(30)
    ]
    lines(tmp_path / "自选.jsonl", chosen)
    assert store("import", "自选.jsonl").code == 0
    few = store("leaderboard", "--corrected", "--json").json["correction"]
    assert (few["rows"], few["audits"], few["chosen"], few["needed"]) == ([], 0, 30, 13)
    assert "只作展示，不进校正" in store("leaderboard", "--corrected").out
    store("audit", "draw", "审计", "--items", "40", "--out", "判卷.jsonl")
    fill(tmp_path / "判卷.jsonl")
    store("audit", "import", "判卷.jsonl", "--reviewer", "小陈")
    found = store("leaderboard", "--corrected", "--json").json["correction"]
    assert found["audits"] == 40
    assert found["chosen"] > 0


def test_a_draw_from_some_abilities_says_nothing_of_the_others(store: RunCommand, tmp_path: Path) -> None:
    store("audit", "draw", "审计", "--abilities", "计算", "--items", "40", "--out", "判卷.jsonl")
    fill(tmp_path / "判卷.jsonl")
    store("audit", "import", "判卷.jsonl", "--reviewer", "小陈")
    whole = store("leaderboard", "--corrected", "--json").json["correction"]
    assert (whole["audits"], whole["chosen"], whole["rows"], len(whole["narrower"])) == (0, 40, [], 1)
    assert "抽自比这里更小的范围" in store("audit", "status", "审计").out
    # What a narrower draw drew may be drawn again: else the wider one could not draw it.
    again = store("audit", "draw", "审计", "--items", "180", "--out", "全部.jsonl", "--json").json
    assert (again["frame"], len(again["items"])) == (180, 180)
    part = store("leaderboard", "--corrected", "--abilities", "计算", "--json").json["correction"]
    assert (part["audits"], part["population"], part["chosen"]) == (40, 90, 0)
    assert len(part["rows"]) == 3


def test_wrong_sheets_are_refused_by_line(store: RunCommand, tmp_path: Path) -> None:
    store("audit", "draw", "审计", "--items", "5", "--overlap", "0", "--out", "判卷.jsonl")
    sheet = tmp_path / "判卷.jsonl"
    rows = [json.loads(line) for line in sheet.read_text(encoding="utf-8").splitlines()]
    for change, said in (
        ({"verdict": "左边好"}, "看不懂的判定"),
        ({"verdict": "左", "item": 99}, "没有第 99 条"),
        ({"verdict": "左", "draw": "别的"}, "没有名为 别的 的抽样"),
        ({"verdict": "左", "draw": None}, "没有 draw 一栏"),
        ({"verdict": "左", "question": "q77"}, "不是 q77"),
    ):
        lines(tmp_path / "坏.jsonl", [{**rows[0], **change}])
        done = store("audit", "import", "坏.jsonl", "--reviewer", "小陈")
        assert done.code == 2
        assert said in done.err
    lines(tmp_path / "坏.jsonl", [{**rows[0], "verdict": "左"}, {**rows[0], "verdict": "右"}])
    assert "判了两次" in store("audit", "import", "坏.jsonl", "--reviewer", "小陈").err
    assert "没有名字" in store("audit", "import", "判卷.jsonl", "--reviewer", " ").err
    assert store("audit", "import", "没有.jsonl", "--reviewer", "小陈").code == 2
    assert (
        store("audit", "draw", "审计", "--items", "5", "--out", "判卷.jsonl").code == 2
    )  # never over a sheet that is there
    assert store("audit", "draw", "审计", "--uniform", "0.1").code == 2


def test_the_queue_says_why_and_is_simulated_only_where_people_judged_enough(store: RunCommand) -> None:
    found = store("disputes", "审计", "--json").json
    assert found["rows"] == 180
    assert found["capture"] is None
    assert len(found["disputes"]) == 20
    doubts = [row["doubt"] for row in found["disputes"]]
    assert doubts == sorted(doubts, reverse=True)
    assert all(why["words"] for row in found["disputes"] for why in row["reasons"])
    assert "不知道这个队列准不准" in store("disputes", "审计").out
    done = store("audit", "simulate", "审计")
    assert done.code == 2
    assert "人判过的不够" in done.err


def test_scores_are_drawn_by_question_and_correct_score_boards(judge: RunCommand, tmp_path: Path) -> None:
    folder = tmp_path / "打分"
    folder.mkdir()
    bank: list[dict[str, Any]] = [{"bank": "打分", "abilities": ["计算"]}]
    answers, judgments = [], []
    for at in range(QUESTIONS):
        bank.append({"id": f"q{at:02}", "ability": "计算", "turns": [{"prompt": f"第{at}题"}]})
        for candidate in QUALITY:
            here = {"bank": "打分", "question": f"q{at:02}"}
            said = {"prompt": f"第{at}题", "text": f"回答，记号 {mark(at, candidate):.6f}"}
            answers.append({**here, "candidate": candidate, "answers": [said]})
            value = max(1, min(10, round(5 + 5 * mark(at, candidate) + random.Random(f"s{at}{candidate}").gauss(0, 1))))
            scores = {"overall": {"value": value, "minimum": 1, "maximum": 10}}
            judgments.append(
                {**here, "scope": "dialogue", "candidates": [candidate], "judge": "评委二", "scores": scores}
            )
    for name, rows in (("bank", bank), ("answers", answers), ("judgments", judgments)):
        lines(folder / f"{name}.jsonl", rows)
    assert judge("import", str(folder)).code == 0
    drawn = judge(
        "audit", "draw", "打分", "--scores", "--items", "20", "--overlap", "0", "--out", "判卷.jsonl", "--json"
    ).json
    assert (len(drawn["items"]), drawn["unit"], drawn["frame"]) == (60, "scores", 60)
    assert {round(item["probability"], 9) for item in drawn["items"]} == {round(20 / 60, 9)}
    sheet = tmp_path / "判卷.jsonl"
    rows = [json.loads(line) for line in sheet.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        row["verdict"] = max(1, min(10, round(3 + 5 * float(row["turns"][0]["回答"].rsplit(" ", 1)[1]))))
    lines(sheet, rows)
    lines(tmp_path / "坏.jsonl", [{**rows[0], "verdict": "不知道"}])
    assert "看不懂的分数" in judge("audit", "import", "坏.jsonl", "--reviewer", "小陈").err
    assert judge("audit", "import", "判卷.jsonl", "--reviewer", "小陈").out == "收到 60 条人工判定。\n"
    found = judge("leaderboard", "--corrected", "--json").json["correction"]
    assert (found["unit"], found["audits"], found["signals"]) == ("score", 60, ["score"])
    assert found["saved"] > 30
    for row in found["rows"]:
        assert row["figure"]["corrected"]["value"] < row["figure"]["judge"]["value"] - 10  # people are stricter
    assert "得分率（校正后）" in judge("leaderboard", "--corrected").out
