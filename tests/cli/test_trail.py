"""What a lead asks of human verdicts: where they come from, whether they are whole, all in a file, none overwritten."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from openpyxl import load_workbook

from judge.store import open_store
from judge.trail import Happening
from tests.cli.conftest import Done, RunCommand, lines


@pytest.fixture
def judge(judge_here: RunCommand) -> RunCommand:
    return judge_here


@pytest.fixture
def audited(judge: RunCommand, sample: Path, tmp_path: Path) -> RunCommand:
    """The sample with three verdicts by 审阅员, and four items drawn of which 小陈 judged two."""
    assert judge("import", str(sample)).code == 0
    drawn = judge("audit", "draw", "小题库", "--items", "4", "--overlap", "0", "--out", "判卷.jsonl")
    assert drawn.code == 0, drawn.err
    fill(tmp_path, "左", "右")
    assert judge("audit", "import", "判卷.jsonl", "--reviewer", "小陈").code == 0
    return judge


def sheet(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "判卷.jsonl").read_text(encoding="utf-8").splitlines()]


def fill(folder: Path, *words: str, **rest: object) -> None:
    rows = sheet(folder)
    for row, word in zip(rows, words, strict=False):
        row |= {"verdict": word, **rest}
    lines(folder / "判卷.jsonl", rows)


def change(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "judge.db")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


# ── history ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_history_tells_when_who_what_and_where(audited: RunCommand, tmp_path: Path) -> None:
    shown = audited("audit", "history").out.splitlines()
    assert shown[0].split() == ["时间（UTC）", "谁", "做了什么", "题"]
    rows = [line.split() for line in shown[2:]]
    assert [row[2] for row in rows] == ["审阅员"] * 3 + ["judge"] + ["小陈"] * 2
    assert rows[0][3:] == ["判定", "新版", "对", "旧版：旧版", "更好", "q0"]
    assert rows[3][3] == "抽样"
    question = str(sheet(tmp_path)[0]["question"])
    fill(tmp_path, "平", comment="改主意了")
    assert audited("audit", "import", "判卷.jsonl", "--reviewer", "小陈", "--replace").code == 0
    found = audited("audit", "history", question, "--json").json["entries"]
    assert [one["words"].split()[0] for one in found if one["who"] == "小陈"] == ["判定", "改判"]
    assert {(one["bank"], one["question"]) for one in found} == {("小题库", question)}
    mine = audited("audit", "history", "小陈", "--json").json["entries"]
    assert [one["event"] for one in mine] == ["verdict"] * 3
    assert [one["number"] for one in audited("audit", "history", "--last", "2", "--json").json["entries"]] == [6, 7]


def test_history_knows_every_kind_of_event(audited: RunCommand, tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "judge.db"))
    target = store.voices()[0].target
    [question] = [key for key, (_, _, name) in store.subjects().items() if name == "q11"]
    store.enter(store.invite("小李", "reviewer"))
    store.invite("老王", "lead")
    store.revoke("老王")
    for kind, passed in (("repeat", True), ("gold", False), ("repeat", None)):
        store.tell(Happening("check", "小李", target, {"kind": kind, "passed": passed}))
    store.tell(Happening("unmask", "小李", target), Happening("look", "老王", target))
    store.tell(Happening("invalid", "老王", question, {"reason": "题面有错"}), Happening("valid", "老王", question))
    store.tell(Happening("battle", "小李", question))
    store.purge("小陈")
    store.engine.dispose()
    found = audited("audit", "history", "--last", "14", "--json").json["entries"]
    assert [one["words"] for one in found[1:]] == [
        "得到链接",
        "用链接进入",
        "得到链接（负责人）",
        "不能再进入",
        "重判自己的一题：通过",
        "检验题：没通过",
        "重判自己的一题：跳过",
        "看了遮住的名字",
        "看了各是谁答的",
        "题目作废：题面有错",
        "题目恢复",
        "开始对战",
        "名字与附言已删除",
    ]
    assert [one["question"] for one in found[-6:-1]] == ["q0", "q0", "q11", "q11", "q11"]
    shown = audited("audit", "history", "--last", "15").out
    assert "（已删除）" in shown
    assert "小陈" not in shown
    assert "没有名为 小陈 的题目或审阅者" in audited("audit", "history", "小陈").err


def test_history_of_an_unknown_name_says_what_was_meant(audited: RunCommand) -> None:
    done = audited("audit", "history", "小程")
    assert done.code == 2
    assert "你要找的是不是：小陈" in done.err
    assert audited("audit", "history", "q11").out == "还没有记录。\n"


# ── verify ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_verify_says_in_one_line_that_all_is_whole(audited: RunCommand) -> None:
    done = audited("audit", "verify")
    said, head, keep = done.out.splitlines()
    assert (done.code, said) == (0, "记录 6 条，首尾相接；人工判定 5 条，逐条相符。")
    number, last = head.removeprefix("首尾 ").split(":")
    assert (number, len(last)) == ("6", 64)
    assert keep.endswith(f"judge audit verify --head 6:{last[:16]}")
    for kept in (f"6:{last}", f"6:{last[:16]}"):
        assert audited("audit", "verify", "--head", kept).out.splitlines()[0].endswith("给出的首尾还在其中。")
    found = audited("audit", "verify", "--json").json
    assert found["head"] == {"number": 6, "hash": last}
    assert (found["entries"], found["verdicts"], found["draws"], found["faults"]) == (6, 5, 1, [])


def test_verify_says_what_is_wrong_in_words(audited: RunCommand, tmp_path: Path) -> None:
    last = audited("audit", "verify", "--json").json["head"]["hash"]
    change(
        tmp_path, "UPDATE human_verdict SET side = 0 WHERE code = 1", "UPDATE trail SET who = '别人' WHERE number = 2"
    )
    done = audited("audit", "verify")
    assert done.code == 2
    first, second = done.out.splitlines()
    assert first == "第 2 条记录上的人名被改过"
    assert second.startswith("人工判定 ")
    assert second.endswith(" 被改过")
    assert "2 处不符" in done.err
    as_json = audited("audit", "verify", "--json")
    assert as_json.code == 2
    assert [(one["kind"], one["reason"]) for one in as_json.json["faults"]] == [
        ("entry", "name"),
        ("verdict", "changed"),
    ]
    forgotten = audited("audit", "verify", "--head", f"3:{last}")
    assert "给出的第 3 条已不在链上：它或它之前的记录被改写过" in forgotten.out
    change(tmp_path, "UPDATE run SET name = '假的' WHERE kind = 'audit'")
    assert "抽样 假的 来路不明：库里有，记录里没有" in audited("audit", "verify").out


def test_verify_names_twenty_faults_and_counts_the_others(audited: RunCommand, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "judge.db")) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(human_verdict)")]
    rest = ", ".join(one for one in columns if one not in ("code", "key"))
    copy = "INSERT INTO human_verdict (code, key, {0}) SELECT {1}, 'k{1}', {0} FROM human_verdict WHERE code = 1"
    change(tmp_path, *(copy.format(rest, number) for number in range(100, 123)))
    shown = audited("audit", "verify").out.splitlines()
    assert len(shown) == 21
    assert shown[0] == "人工判定 k100 来路不明：库里有，记录里没有"
    assert shown[-1] == "……还有 3 处"


@pytest.mark.parametrize("head", ["17", "17:ab12", "x:" + "0" * 64, "1:" + "g" * 64, ""])
def test_a_head_that_is_none_is_refused(audited: RunCommand, head: str) -> None:
    done = audited("audit", "verify", "--head", head)
    assert done.code == 2
    assert "看不懂的首尾" in done.err


# ── export ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_lines_are_taken_back(audited: RunCommand, sample: Path, tmp_path: Path) -> None:
    fill(tmp_path, "都不好", comment="=都编的", confidence=2, turn=1, aspects=["准确"], seconds=9.5)
    assert audited("audit", "import", "判卷.jsonl", "--reviewer", "小陈", "--replace").code == 0
    done = audited("audit", "export", "--out", "出/判定.jsonl")
    assert (done.code, done.out) == (0, "已写到 出/判定.jsonl：人工判定 6 条\n")
    assert "没有新内容" in audited("import", "出/判定.jsonl").out
    store = open_store(str(tmp_path / "judge.db"))
    store.purge("小陈")
    store.engine.dispose()
    assert audited("audit", "export", "--out", "出/删后.jsonl").code == 0
    assert "小陈" not in (tmp_path / "出/删后.jsonl").read_text(encoding="utf-8")
    assert "没有新内容" in audited("import", "出/删后.jsonl").out
    assert audited("audit", "verify", "--json").json["faults"] == []
    (sample / "humans.jsonl").unlink()
    other = tmp_path / "别的.db"
    assert audited("import", str(sample), "出/判定.jsonl", store=other).code == 0
    again = audited("audit", "export", "--out", "再.jsonl", store=other)
    assert again.code == 0
    assert (tmp_path / "再.jsonl").read_bytes() == (tmp_path / "出/判定.jsonl").read_bytes()


def test_tables_say_all_of_every_verdict_and_start_no_formula(audited: RunCommand, tmp_path: Path) -> None:
    question = sheet(tmp_path)[0]["question"]
    fill(tmp_path, "都不好", comment="=1+1", confidence=2, turn=1, aspects=["准确", "得体"], seconds=9.5)
    assert audited("audit", "import", "判卷.jsonl", "--reviewer", "小陈", "--replace").code == 0
    assert audited("audit", "export", "--out", "判定.csv").code == 0
    assert (tmp_path / "判定.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with (tmp_path / "判定.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    [before, row] = [one for one in rows if one["审阅者"] == "小陈" and one["题"] == question]
    assert (row["判定"], row["附言"], row["把握"], row["秒"]) == ("都不好", "'=1+1", "2", "9.5")
    assert (row["定胜负的轮"], row["定胜负的维度"], row["取代的键"]) == ("1", "准确、得体", before["键"])
    assert (row["题库"], row["范围"], row["抽中概率"]) == ("小题库", "整段对话", before["抽中概率"])
    assert {row["左"], row["右"]} == {"新版", "旧版"}
    assert before["判定"] == f"{before['左']} 更好"
    assert row["时间（UTC）"][:2] == "20"
    assert audited("audit", "export", "--out", "判定.xlsx", "--bank", "小题库", "--json").json["human_verdicts"] == 6
    [page] = load_workbook(tmp_path / "判定.xlsx").worksheets
    assert page.title == "人工判定"
    head, *body = page.iter_rows(values_only=True)
    assert list(head) == list(rows[0])
    assert [one[16] for one in body if one[12] == "=1+1"] == [9.5]


def test_where_to_export_must_be_known(audited: RunCommand) -> None:
    assert "用 .jsonl、.csv 或 .xlsx" in audited("audit", "export", "--out", "判定.txt").err
    assert audited("audit", "export", "--out", "判定.csv", "--bank", "没有").code == 2


# ── taking in ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_filled_in_sheet_is_known_by_its_fields(audited: RunCommand, tmp_path: Path) -> None:
    draw, left = sheet(tmp_path)[0]["draw"], sheet(tmp_path)[2]
    votes = [
        {"draw": draw, "item": 3, "verdict": "左", "reviewer": "小李", "swapped": True, "confidence": 1},
        {"draw": draw, "item": 4, "verdict": "", "reviewer": "小李"},
    ]
    lines(tmp_path / "votes.jsonl", votes)
    done = audited("import", "votes.jsonl")
    assert done.out == "votes.jsonl  [sheet]  新增 人工判定 1\n    还没填：1\n"
    assert audited("import", "votes.jsonl", "--json").json["imported"][0]["known"] == {"human_verdict": 1}
    told = audited("show", str(left["question"]), "--json").json["human_verdicts"]
    [mine] = [one for one in told if one["reviewer"] == "小李"]
    assert mine["deliberation"]["confidence"] == 1
    lines(tmp_path / "votes.jsonl", [{"draw": draw, "item": 4, "verdict": "左"}])
    assert "没有写是谁判的" in audited("import", "votes.jsonl").err


def refusals(done: Done, said: str) -> None:
    assert done.code == 2
    assert said in done.err
    assert "修复：确实要改，加 --replace" in done.err


def test_what_stands_is_not_overwritten_unsaid(audited: RunCommand, sample: Path, tmp_path: Path) -> None:
    head = audited("audit", "verify", "--json").json["head"]
    row = json.loads((sample / "humans.jsonl").read_text(encoding="utf-8").splitlines()[0])
    lines(tmp_path / "改.jsonl", [{**row, "verdict": {"side": "first", "strength": 1}}])
    refusals(audited("import", "改.jsonl"), "改.jsonl 第 1 行：审阅员 判 q0，右 → 左")
    fill(tmp_path, "右", "左")
    refusals(audited("audit", "import", "判卷.jsonl", "--reviewer", "小陈"), "判卷.jsonl 第 2 行：小陈 判 ")
    fill(tmp_path, "右", "左", reviewer="小陈")
    refusals(audited("import", "判卷.jsonl"), "有 2 条与已有的判定不同")
    assert audited("audit", "verify", "--json").json["head"] == head
    assert "新增 人工判定 1" in audited("import", "改.jsonl", "--replace").out
    assert "没有新内容" in audited("import", str(sample)).out  # what was said first is known, not said again
    assert "改了：2" in audited("import", "判卷.jsonl", "--replace").out
    found = audited("audit", "verify", "--json").json
    assert (found["verdicts"], found["faults"]) == (8, [])
