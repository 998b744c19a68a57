from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import RunCommand, lines


def test_the_overview_lists_every_command(judge: RunCommand) -> None:
    done = judge("--help")
    assert done.code == 0
    for name in ("compare", "leaderboard", "show", "import", "export", "banks", "runs", "reread"):
        assert f"  {name}  " in done.out
    assert judge().out == done.out


@pytest.mark.parametrize(
    "name",
    [
        "compare",
        "run",
        "leaderboard",
        "show",
        "import",
        "export",
        "banks",
        "init",
        "models",
        "doctor",
        "runs",
        "reread",
    ],
)
def test_each_help_has_examples_in_chinese_and_fits_80_columns(judge_here: RunCommand, name: str) -> None:
    from rich.cells import cell_len

    done = judge_here(name, "--help")
    assert done.code == 0
    assert done.out.startswith(f"用法：judge {name}")
    assert "例：" in done.out
    assert "--json" in done.out
    assert "Show this message" not in done.out
    assert "[OPTIONS]" not in done.out
    assert not [line for line in done.out.splitlines() if cell_len(line) > 80]


def test_leaderboard_by_ability_and_turn(imported: RunCommand) -> None:
    board = imported("leaderboard", "--by", "ability", "--json").json
    assert board["schema"] == "judge.leaderboard/1"
    assert [row["candidate"] for row in board["rows"]] == ["新版", "旧版"]
    assert board["rows"][0]["half_tie"]["value"] == 85.0
    assert [part["name"] for part in board["rows"][0]["parts"]] == ["计算", "闲聊"]
    assert imported("leaderboard", "--human", "--json").json["rows"][0]["candidate"] == "旧版"


def test_show_gives_one_item_in_full(imported: RunCommand) -> None:
    out = imported("show", "q8").out
    for expected in (
        "小题库/q8",
        "第8题追问",
        "新版答第8题追问",
        "旧版答第8题第一问",
        "参考（第 1 轮）",
        "理由。[[A]]",
    ):
        assert expected in out
    assert "新版 → 旧版：新版 更好" in out
    assert "旧版 → 新版：旧版 更好" in out
    human = imported("show", "小题库/q0").out
    assert "人工 审阅员 · 整段对话 · 新版 对 旧版：旧版 更好" in human
    item = imported("show", "q8", "--json").json
    assert imported("show", item["judgments"][0]["key"][:10]).out == out
    assert "旧版" not in imported("show", "q8", "--pair", "新版").out


def test_show_as_json_writes_every_field_out(imported: RunCommand) -> None:
    item = imported("show", "q0", "--json").json
    assert item["schema"] == "judge.show/1"
    assert {"version": 1, "difficulty": None, "tags": []}.items() <= item["question"].items()
    assert item["question"]["turns"][0]["expected"] == "answer"
    dialogue = item["dialogues"][0]
    assert (dialogue["candidate"], dialogue["sample"], dialogue["history"], dialogue["outcome"]) == (
        "新版",
        0,
        "own",
        "ok",
    )
    assert dialogue["answers"][0] == {
        "prompt": "第0题第一问",
        "text": "新版答第0题第一问",
        "outcome": "ok",
        "reasoning": None,
        "usage": None,
        "returned_model": None,
    }
    case = {
        "scope": "dialogue",
        "candidates": ["新版", "旧版"],
        "samples": [0, 0],
        "histories": ["own", "own"],
        "placement_known": True,
    }
    judgment = item["judgments"][0]
    assert judgment == case | {
        "key": judgment["key"],
        "judge": "评委一",
        "verdict": {"side": "first"},
        "reply": "理由。[[A]]",
        "repeat": 0,
        "usage": None,
        "returned_model": None,
    }
    human = item["human_verdicts"][0]
    assert human == case | {
        "key": human["key"],
        "reviewer": "审阅员",
        "verdict": {"side": "second"},
        "probability": 1.0,
        "draw": None,
        "adjudicates": False,
        "both_bad": False,
        "supersedes": None,
        "comment": "",
        "deliberation": {"confidence": None, "turn": None, "aspects": [], "seconds": None},
    }


def test_show_prints_hostile_text_inert(judge: RunCommand, tmp_path: Path) -> None:
    folder = tmp_path / "敌"
    folder.mkdir()
    nasty = "\x1b[31m红\x1b]0;标题\x07 \u202e倒 [bold]不是标记[/bold] \x9b2J"
    bank = [{"bank": "b", "abilities": ["计算"]}]
    bank.append({"id": "q", "ability": "计算", "turns": [{"prompt": "问", "reference_kind": "none"}]})
    lines(folder / "bank.jsonl", bank)
    lines(
        folder / "answers.jsonl",
        [{"bank": "b", "question": "q", "candidate": "坏", "answers": [{"prompt": "问", "text": nasty}]}],
    )
    assert judge("import", str(folder)).code == 0
    out = judge("show", "q").out
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(out)
    assert "⟨U+202E⟩" in out
    assert "[bold]不是标记[/bold]" in out


def test_importing_twice_changes_nothing_and_says_so(imported: RunCommand, sample: Path, tmp_path: Path) -> None:
    assert imported("export", "--out", str(tmp_path / "一")).code == 0
    again = imported("import", str(sample))
    assert again.code == 0
    assert "没有新内容" in again.out
    assert imported("export", "--out", str(tmp_path / "二")).code == 0
    one, other = ({f.name: f.read_bytes() for f in (tmp_path / n).iterdir()} for n in ("一", "二"))
    assert one == other
    assert len(imported("runs", "--json").json["runs"]) == 1


def test_two_files_of_one_name_are_two_imports(judge_here: RunCommand, tmp_path: Path) -> None:
    for folder in ("一", "二"):
        (tmp_path / folder).mkdir()
        turns = [{"prompt": f"{folder}问"}]
        rows: list[dict[str, Any]] = [
            {"bank": "b", "abilities": ["计算"]},
            {"id": folder, "ability": "计算", "turns": turns},
        ]
        for _ in range(2):
            assert judge_here("import", str(lines(tmp_path / folder / "同名.jsonl", rows))).code == 0
    runs = judge_here("runs", "--json").json["runs"]
    assert [(run["name"], run["content"]["counts"]["questions"]) for run in runs] == [("同名.jsonl", 1)] * 2


def test_formats_fill_the_terminal_and_can_be_read_by_programs(judge_here: RunCommand) -> None:
    from rich.cells import cell_len

    from judge.importers import FORMATS

    wide, narrow, least = (judge_here("import", "--formats", columns=columns).out for columns in (120, 60, 20))
    assert len(wide.splitlines()) == len(FORMATS) < len(narrow.splitlines())
    assert max(map(cell_len, narrow.splitlines())) <= 60
    assert least == narrow
    found = judge_here("import", "--formats", "--json").json
    assert (found["schema"], [one["name"] for one in found["formats"]]) == ("judge.formats/1", list(FORMATS))


def test_what_an_import_says_is_not_wrapped(judge_here: RunCommand, sample: Path) -> None:
    done = judge_here("import", str(sample), columns=20)
    assert done.out.splitlines() == [f"{sample}  [own]  新增 题 12、回答 23、评判 22、人工判定 3"]


def test_an_empty_variable_leaves_the_store_where_it_is(judge_here: RunCommand, sample: Path, tmp_path: Path) -> None:
    assert judge_here("import", str(sample), store="").code == 0
    assert (tmp_path / "results" / "judge.db").exists()


def test_what_is_exported_can_be_imported_elsewhere(imported: RunCommand, tmp_path: Path) -> None:
    assert imported("export", "--out", str(tmp_path / "出")).code == 0
    other = tmp_path / "other.db"
    assert imported("import", str(tmp_path / "出"), store=other).code == 0
    assert imported("compare", "新版", "旧版", store=other).out == imported("compare", "新版", "旧版").out
    assert imported("show", "q8", "--json", store=other).out == imported("show", "q8", "--json").out


def test_reread_finds_nothing_to_object_to(imported: RunCommand) -> None:
    found = imported("reread", "--json").json
    assert found["counts"] == {"same": 20, "finer": 0, "found": 0, "lost": 0, "differs": 0}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id": "q1", "ability": "计算"', "JSON 不完整"),
        ('{"id": "q1", "ability": "计算", "turns": [], "version": 99999999999999999999}', "version"),
        ('{"id": "q1\\u0000", "ability": "计算", "turns": []}', "的 id：文字里有空字符"),
        ('{"id": "q1", "ability": "运气", "turns": [{"prompt": "问", "reference_kind": "none"}]}', "运气"),
        ('{"id": "q1", "ability": "计算", "turns": []}', "turns"),
        ('{"id": "q1", "ability": "计算"}', "turns"),
        ('{"id": "q1", "ability": "计算", "turns": "问"}', "turns"),
        ('{"id": "q0", "ability": "计算", "turns": [{"prompt": "另一问", "reference_kind": "none"}]}', "q0"),
        ('{"id": "q1", "ability": "计算", "turns": [{"prompt": "\\ud83d", "reference_kind": "none"}]}', "代理"),
    ],
)
def test_a_broken_line_is_named_and_nothing_is_written(
    judge_here: RunCommand, tmp_path: Path, line: str, said: str
) -> None:
    good = '{"id": "q0", "ability": "计算", "turns": [{"prompt": "问", "reference_kind": "none"}]}'
    path = tmp_path / "bank.jsonl"
    path.write_text(f"{good}\n{line}\n", encoding="utf-8")
    done = judge_here("import", str(path))
    assert done.code == 2
    assert f"{path} 第 2 行" in done.err
    assert said in done.err
    assert "修复：" in done.err
    assert not (tmp_path / "judge.db").exists()


def test_bytes_that_are_no_utf8_are_named(judge_here: RunCommand, tmp_path: Path) -> None:
    path = tmp_path / "bank.jsonl"
    path.write_bytes('{"id": "q0", "ability": "计算"}\n'.encode("gb18030"))
    done = judge_here("import", str(path))
    assert done.code == 2
    assert "UTF-8" in done.err
    assert "第 1 行" in done.err


def test_a_bank_file_can_be_checked_for_every_fault_at_once(judge_here: RunCommand, tmp_path: Path) -> None:
    path = tmp_path / "bank.jsonl"
    path.write_text('{"id": "q0"}\n{"id": "q1", "ability": "运气", "turns": []}\n', encoding="utf-8")
    done = judge_here("banks", "check", str(path))
    assert done.code == 2
    assert "第 1 行" in done.out + done.err
    assert "第 2 行" in done.out + done.err


def test_interrupting_an_import_leaves_130_and_a_sound_store(
    imported: RunCommand, sample: Path, tmp_path: Path
) -> None:
    before = imported("leaderboard", "--json").out
    command = [
        str(Path(sys.executable).with_name("judge")),
        "import",
        str(sample),
        "--store",
        str(tmp_path / "judge.db"),
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode in (130, -signal.SIGINT, 0)
    assert imported("leaderboard", "--json").out == before


def test_a_reader_that_stops_early_gets_no_traceback(imported: RunCommand, tmp_path: Path) -> None:
    judge = Path(sys.executable).with_name("judge")
    command = f"{judge} show q8 --store {tmp_path / 'judge.db'} | head -1"
    done = subprocess.run(command, check=False, shell=True, capture_output=True, text=True)
    assert "Traceback" not in done.stderr


def test_a_terminal_gets_colour(imported: RunCommand, tmp_path: Path) -> None:
    leader, follower = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80"}
    command = [str(Path(sys.executable).with_name("judge")), "compare", "新版", "旧版"]
    command += ["--store", str(tmp_path / "judge.db")]
    process = subprocess.Popen(command, stdout=follower, stderr=follower, env=environment)
    os.close(follower)
    out = b""
    while True:
        try:
            chunk = os.read(leader, 65536)
        except OSError:
            break
        if not chunk:
            break
        out += chunk
    process.wait(timeout=30)
    assert b"\x1b[1;32m" in out
    assert "可以换" in out.decode()
