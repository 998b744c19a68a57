"""The first two minutes, and the offline judge on the command line."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import RunCommand


def test_the_demo_needs_no_key_and_shows_the_whole_way(judge: RunCommand, judge_here: RunCommand) -> None:
    done = judge("demo")
    assert done.code == 0, done.err
    assert done.err == ""
    for said in (
        "离线评委只看字面，这一句不作发布依据",
        "未判（无参考） 22",
        "结论翻转 结构对称，不适用",
        "示例甲：60 段对话，其中输出被过滤 1",
        "示例乙：60 段对话，其中被截断 1、调用失败 1",
        "最拿不准的两题",
        "接着试：",
    ):
        assert said in done.out, said
    following = [line.split() for line in done.out.splitlines() if line.startswith("  judge ")]
    assert len(following) == 5
    for command in following:
        served = ["--export-static", "离线"] if command[1] == "review" else []  # else it waits for people
        tried = judge_here(*command[1:], *served)
        assert tried.code == 0, (command, tried.err)
    assert judge_here("demo").out == done.out
    assert judge_here("demo", "--json").json["decision"]["answer"] == "switch"


def test_the_demo_reaches_for_no_network(judge: RunCommand, tmp_path: Path) -> None:
    """Every connection and every name looked up raises; the demo does not notice."""
    (tmp_path / "sitecustomize.py").write_text(
        "import socket\n"
        "def cut(*_, **__):\n    raise OSError('the network is cut')\n"
        "socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = cut\n",
        encoding="utf-8",
    )
    done = judge("demo", PYTHONPATH=str(tmp_path))
    assert done.code == 0, done.err
    assert "接着试：" in done.out
    live = judge("compare", "vllm:a", "vllm:b", "--judge", "baseline", "--limit", "1", PYTHONPATH=str(tmp_path))
    assert live.code == 3  # the cut is real


def test_the_offline_judge_is_there_for_any_candidates(judge_here: RunCommand, sample: Path) -> None:
    assert judge_here("import", str(sample)).code == 0
    done = judge_here("compare", "新版", "旧版", "--judge", "baseline", "--json")
    assert done.code == 0, done.err
    assert done.json["judge"] == "baseline"
    assert done.json["overall"]["counts"]["judged"] == 11
    scores = judge_here("run", "--models", "新版,旧版", "--judge", "baseline", "--protocol", "scores", "--json")
    assert scores.code == 0, scores.err
    assert {row["candidate"] for row in scores.json["rows"]} == {"新版", "旧版"}


def test_a_default_judge_stands_in_the_configuration(judge_here: RunCommand, sample: Path, tmp_path: Path) -> None:
    assert judge_here("import", str(sample)).code == 0
    done = judge_here("run", "--models", "新版,旧版", "--json")
    assert "用离线评委 baseline" in done.err
    assert done.json["judge"] == "baseline"
    (tmp_path / "judge.toml").write_text('judge = "评委"\n', encoding="utf-8")
    named = judge_here("run", "--models", "新版,旧版")
    assert named.code == 2
    assert "没有名为 评委 的模型" in named.err


def test_validate_says_how_far_it_agrees(judge_here: RunCommand, sample: Path, recorded: Path) -> None:
    done = judge_here("validate", "--judge", "baseline", "--data", str(recorded / "critiquellm"), "--json")
    assert done.code == 0, done.err
    assert done.json["pairs"] == 50
    shown = judge_here("validate", "--judge", "baseline", "--data", str(recorded / "critiquellm"))
    assert "系数没见过这份数据" in shown.out
    assert "自称把握" in shown.out
    assert judge_here("import", str(sample)).code == 0
    stored = judge_here("validate", "--judge", "baseline", "--data", "小题库")
    assert stored.code == 2  # two turns: the offline judge is held against people on single turns only
    assert "没有人分出高下" in stored.err


def test_one_item_shows_where_the_offline_judge_sees_it_the_other_way(judge_here: RunCommand, sample: Path) -> None:
    """新版 repeats the reference of q6 and q0; judged a tie there, and lost here."""
    lost = '"q0", "scope": "dialogue", "judge": "评委一", "protocol": "pair", "candidates": ["新版", "旧版"], "verdict": {"side": '
    changes = {
        "bank.jsonl": {'"reference_kind": "none"': '"reference": "同上", "reference_kind": "exact"'},
        "answers.jsonl": {"新版答第6题第一问": "6", "新版答第0题第一问": "0", "旧版答第0题第一问": "我无法回答"},
        "judgments.jsonl": {f'{lost}"first"': f'{lost}"second"'},
    }
    for file, texts in changes.items():
        path = sample / file
        text = path.read_text(encoding="utf-8")
        for old, new in texts.items():
            assert old in text, old
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
    assert judge_here("import", str(sample)).code == 0
    assert "平局；离线评委倾向" in judge_here("show", "q6").out
    assert "⚠ 与离线评委相左：它认为 新版 更好" in judge_here("show", "q0").out


def test_recorded_candidates_go_by_their_short_names_too(judge_here: RunCommand, sample: Path) -> None:
    for file in ("answers.jsonl", "judgments.jsonl", "humans.jsonl"):
        path = sample / file
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace('"新版"', '"recorded:小/新版"'), encoding="utf-8")
    assert judge_here("import", str(sample)).code == 0
    done = judge_here("compare", "新版", "旧版", "--judge", "baseline", "--json")
    assert done.code == 0, done.err
    assert done.json["first"] == "recorded:小/新版"
    missing = judge_here("compare", "新班", "旧版", "--judge", "baseline")
    assert missing.code == 2
    assert "你要找的是不是：recorded:小/新版" in missing.err


def test_another_version_of_the_offline_judge_goes_by_its_version(judge_here: RunCommand, sample: Path) -> None:
    path = sample / "judgments.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace('"评委一"', '"baseline"'), encoding="utf-8")
    assert judge_here("import", str(sample)).code == 0
    done = judge_here("compare", "新版", "旧版", "--judge", "baseline", "--json")
    assert done.code == 0, done.err
    assert done.json["judge"].startswith("baseline@")
    assert "离线评委：只看字面" in judge_here("compare", "新版", "旧版", "--judge", "baseline").out


def test_what_the_offline_judge_cannot_do_is_said(judge_here: RunCommand, sample: Path) -> None:
    assert judge_here("import", str(sample)).code == 0
    for option in (["--no-reference"], ["--protocol", "soft"]):
        done = judge_here("compare", "新版", "旧版", "--judge", "baseline", *option)
        assert done.code == 2
        assert "离线评委离不开参考" in done.err
    panel = judge_here("compare", "新版", "旧版", "--judge", "评委一,baseline")
    assert "评委团里的离线评委只看字面，这一句不作发布依据" in panel.out
    missing = judge_here("validate", "--data", "/nope/x.jsonl")
    assert "没有这个文件或目录" in missing.err
