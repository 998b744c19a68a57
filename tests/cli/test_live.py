"""Live commands as a user types them, over a real server on loopback."""

from __future__ import annotations

import json
import os
import resource
import signal
import ssl
import subprocess
import sys
import time
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
def judge(judge_here: RunCommand) -> RunCommand:
    return judge_here


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


def test_a_file_of_answers_stands_for_a_candidate(live: RunCommand, server: Server, tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    rows = [json.loads(line) for line in (root / "docs/example/answers.jsonl").read_text(encoding="utf-8").splitlines()]
    mine = [row for row in rows if row["candidate"] == "示例甲"]
    path = tmp_path / "旧版答案.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in mine), encoding="utf-8")
    assert live("import", str(root / "docs/example/demo.jsonl")).code == 0
    done = live(
        "compare", "新", f"answers:{path}", "--judge", "评委", "--abilities", "计算", "--bank", "demo", "--json"
    )
    assert done.code == 0, done.err
    assert (done.json["second"], done.json["overall"]["counts"]["judged"]) == ("示例甲", 6)
    both = tmp_path / "两个.jsonl"
    both.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    refused = live("compare", "新", f"answers:{both}", "--judge", "评委", "--bank", "demo")
    assert refused.code == 2
    assert "有 2 个候选" in refused.err
    assert "没有这个回答文件" in live("compare", "新", "answers:没有.jsonl", "--judge", "评委").err


def test_samples_turns_and_soft_verdicts(live: RunCommand, server: Server) -> None:
    twice = live("compare", "新", "旧", "--judge", "评委", "--limit", "3", "--samples", "2", "--json")
    assert twice.json["overall"]["counts"]["judged"] == 6, twice.err
    turns = live("compare", "新", "旧", "--judge", "评委", "--limit", "3", "--scope", "turns", "--json")
    asked = [body["messages"][-1]["content"] for body in server.bodies]  # type: ignore[index]
    assert sum("本次要评：第 1 轮的回答" in one for one in asked) == 6
    assert turns.json["scope"] == "turns"
    soft = live("compare", "新", "旧", "--judge", "评委", "--limit", "3", "--protocol", "soft", "--json")
    assert soft.json["judge"] == "评委+soft"
    # 0.8 for the better one, 0.2 for a tie.
    assert soft.json["overall"]["rates"]["half_tie"]["value"] == pytest.approx(90.0)
    assert any(body.get("top_logprobs") == 20 for body in server.bodies)


def test_golden_history_and_references_are_asked_for_only_where_they_are(
    live: RunCommand, server: Server, tmp_path: Path
) -> None:
    turns = [
        {"prompt": "一加一？", "reference": "2", "golden": "等于二。"},
        {"prompt": "再加一？", "reference": "3", "depends_on": [1]},
    ]
    rows = [{"bank": "有参考"}, {"id": "q1", "ability": "计算", "turns": turns}]
    path = tmp_path / "有参考.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    asked = (
        "compare",
        "新",
        "旧",
        "--judge",
        "评委",
        "--bank",
        str(path),
        "--history",
        "golden",
        "--reference",
        "--json",
    )
    done = live(*asked)
    assert done.code == 0, done.err
    said = [body["messages"] for body in server.bodies]
    assert any({"role": "assistant", "content": "等于二。"} in messages for messages in said)  # type: ignore[operator]
    hidden = live("compare", "新", "旧", "--judge", "评委", "--bank", str(path), "--no-reference", "--json")
    assert hidden.json["judge"] == "评委+noref", hidden.err
    judged = [m[-1]["content"] for m in said if "前一份对话（A）" in m[-1]["content"]]  # type: ignore[index,operator]
    assert all("标准答案" in one or "参考写法" in one for one in judged)
    refused = live("compare", "新", "旧", "--judge", "评委", "--history", "golden")
    assert refused.code == 2
    assert "没有标准历史（golden）" in refused.err
    bare = tmp_path / "没参考.jsonl"
    bare.write_text('{"id": "q1", "ability": "闲聊", "turns": [{"prompt": "早"}]}\n', encoding="utf-8")
    refused = live("compare", "新", "旧", "--judge", "评委", "--bank", str(bare), "--reference")
    assert refused.code == 2
    assert "1 道题没有参考答案或要点：q1" in refused.err


def test_money_is_shown_before_it_is_spent_and_can_be_capped(live: RunCommand, server: Server, tmp_path: Path) -> None:
    ask = ("compare", "新", "旧", "--judge", "评委", "--limit", "10")
    assert "不花钱" in live(*ask, "--dry-run").err
    price = '[[price]]\npreset = "vllm"\nmodel = "judge"\ninput = 1000.0\noutput = 0.0\nas_of = "2026-11"\n'
    (tmp_path / "prices.toml").write_text(price, encoding="utf-8")
    assert "约 ¥" in live(*ask, "--dry-run").err
    unsure = live(*ask)
    assert unsure.code == 2
    assert "需要确认" in unsure.err
    assert server.requests == 0
    capped = live(*ask, "--max-cost", "20", "--yes")
    assert capped.code == 4
    assert "就会超过上限 ¥20" in capped.err
    paid = server.requests
    done = live(*ask, "--yes", "--json")
    assert (done.code, done.json["overall"]["counts"]["judged"]) == (0, 10)
    assert server.requests > paid
    (tmp_path / "prices.toml").write_text('[[price]]\npreset = "qwen"\n', encoding="utf-8")
    broken = live("models", "--prices")
    assert broken.code == 2
    assert "prices.toml 第 1 个 [[price]]" in broken.err


def test_a_price_that_is_not_known_is_said_and_cannot_be_capped(judge: RunCommand) -> None:
    key = {"ZHIPUAI_API_KEY": "k"}
    ask = ("compare", "zhipu:a", "zhipu:b", "--judge", "zhipu:c", "--limit", "2")
    assert "zhipu:a、zhipu:b、zhipu:c 单价未知" in judge(*ask, "--dry-run", **key).err
    refused = judge(*ask, "--max-cost", "1", **key)
    assert refused.code == 2
    assert "不知道 zhipu:a、zhipu:b、zhipu:c 的单价" in refused.err


def test_another_revision_is_another_model_and_a_fresh_run_pays_again(live: RunCommand, server: Server) -> None:
    ask = ("compare", "新", "旧", "--judge", "评委", "--limit", "3")
    first = live(*ask, "--json")
    paid = server.requests
    revised = live(*ask, "--revision", "新=二", "--json")
    assert (revised.json["first"], revised.json["second"], revised.json["judge"]) == ("新@二", "旧", "评委")
    fresh = live(*ask, "--fresh", "--json")
    assert fresh.code == 0, fresh.err
    assert fresh.json["first"].startswith("新@fresh-")
    assert server.requests >= 2 * paid
    assert live(*ask, "--json").json == first.json
    assert live(*ask, "--fresh", "--revision", "x").code == 2


def test_a_model_that_changed_is_not_mixed_with_its_records(live: RunCommand, server: Server, tmp_path: Path) -> None:
    ask = ("compare", "新", "旧", "--judge", "评委")
    assert live(*ask, "--limit", "3").code == 0
    server.model = "另一个模型"
    changed = live(*ask, "--limit", "4")
    assert changed.code == 2
    assert "同名可能已换模型" in changed.err
    assert "--revision 新=" in changed.err
    server.model = ""
    untold = live(*ask, "--limit", "4")
    assert untold.code == 2
    assert "服务不报模型名" in untold.err
    assert live(*ask, "--limit", "4", "--yes").code == 0
    server.model = None
    assert live("models", "set", "新", "temperature=0.3").code == 0
    other = live(*ask, "--limit", "3")
    assert other.code == 2
    assert "新 在库里是另一个候选：参数变了" in other.err
    assert live("models", "set", "新", "temperature=auto").code == 0
    assert live(*ask, "--limit", "3").code == 0


def test_a_panel_makes_a_board_with_its_members(live: RunCommand, server: Server) -> None:
    live("models", "add", "评委二", "--preset", "vllm", "--model", "judge2", "--url", server.url)
    done = live("run", "--models", "新,旧", "--judge", "评委,评委二", "--limit", "5", "--json")
    assert done.code == 0, done.err
    assert done.json["judge"] == "评委、评委二"
    assert [(one["judge"], one["agreement"]) for one in done.json["members"]] == [("评委", 100.0), ("评委二", 100.0)]


def test_ctrl_c_once_drains_and_a_second_run_goes_on(live: RunCommand, server: Server, tmp_path: Path) -> None:
    server.latency = 0.2
    ask = [str(Path(sys.executable).with_name("judge")), "compare", "新", "旧", "--judge", "评委", "--limit", "60"]
    environment = {**os.environ, "JUDGE_STORE": str(tmp_path / "judge.db")}
    process = subprocess.Popen(ask, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
    while server.requests < 20:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "正在收尾" in said
    assert "重来会接着做" in said
    drained = server.requests
    assert server.abandoned == 0
    server.latency = 0.0
    assert live("compare", "新", "旧", "--judge", "评委", "--limit", "60").code == 0
    assert server.stats()["repeated"] <= 3  # probes for drift, and nothing else, came twice
    assert server.requests > drained


def test_a_full_disk_stops_the_run_and_nothing_is_lost(live: RunCommand, server: Server, tmp_path: Path) -> None:
    ask = [str(Path(sys.executable).with_name("judge")), "compare", "新", "旧", "--judge", "评委", "--limit", "30"]
    environment = {**os.environ, "JUDGE_STORE": str(tmp_path / "judge.db")}

    def small() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))

    stopped = subprocess.run(
        ask, cwd=tmp_path, env=environment, capture_output=True, text=True, preexec_fn=small, check=False
    )
    assert stopped.returncode == 2, stopped.stderr
    assert "写不进库" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    done = live(*ask[1:], "--json")
    assert (done.code, done.json["overall"]["counts"]["judged"]) == (0, 30)


def test_a_folder_that_cannot_be_written_is_named(live: RunCommand, server: Server) -> None:
    done = live("compare", "新", "旧", "--judge", "评委", store="/proc/judge/judge.db")
    assert done.code == 2
    assert "/proc/judge" in done.err
    assert server.requests == 0


def test_a_temperature_the_vendor_refuses_is_named_with_the_line(judge: RunCommand, tmp_path: Path) -> None:
    judge("models", "add", "月", "--preset", "minimax", "--model", "m", "--temperature", "1.5")
    done = judge("compare", "月", "minimax:n", "--judge", "minimax:j", MINIMAX_API_KEY="k")
    assert done.code == 2
    assert "temperature=1.5" in done.err
    assert "[models.月]" in done.err


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
    assert len(json.loads(live("models", "--presets", "--json").out)["presets"]) == 19


def test_doctor_looks_without_calling_and_finds_out_by_calling(live: RunCommand, server: Server) -> None:
    still = live("doctor")
    assert (still.code, server.requests) == (0, 0), still.out
    assert "✓ 评委" in still.out
    asked = live("doctor", "--live", "--model", "评委")
    assert asked.code == 0, asked.out + asked.err
    assert "温度 0 行，系统消息 行，结构化输出 不行，概率 不行，思考过程 不行" in asked.out
    assert server.requests == 5


def test_doctor_says_what_is_wrong_and_how_to_mend_it(judge: RunCommand) -> None:
    judge("models", "add", "通义", "--preset", "qwen", "--model", "qwen-max")
    judge("models", "add", "死", "--preset", "vllm", "--model", "m", "--url", "http://127.0.0.1:9/v1")
    done = judge("doctor", "--live")
    assert done.code == 2
    assert "✗ 通义：没有找到" in done.out
    assert "✗ 连接 127.0.0.1:9：连不上" in done.out
    assert "DASHSCOPE_API_KEY" in done.out


def test_init_writes_a_configuration_and_names_the_keys_it_found(judge: RunCommand, tmp_path: Path) -> None:
    done = judge("init", "--bank", "open", DEEPSEEK_API_KEY="sk-geheim")
    assert done.code == 0, done.err
    assert "找到的密钥：DEEPSEEK_API_KEY（deepseek）" in done.out
    text = (tmp_path / "judge.toml").read_text(encoding="utf-8")
    assert 'preset = "deepseek"' in text
    assert "sk-geheim" not in text + done.out
    assert judge("models", "add", "深", "--preset", "deepseek", "--model", "m").code == 0
    assert "judge 的模型" in (tmp_path / "judge.toml").read_text(encoding="utf-8")  # what a person wrote stays
    assert "没有动它（1 个模型）" in judge("init").out
    assert judge("init", "--bank", "没有").code == 2


def test_models_are_changed_in_place_or_not_at_all(live: RunCommand, tmp_path: Path) -> None:
    path = tmp_path / "judge.toml"
    path.write_text("# 我的注释\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert live("models", "set", "新", "concurrency=8", "parameters.top_p=0.9", "revision=三").code == 0
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# 我的注释\n")
    assert "top_p = 0.9" in text
    assert 'revision = "三"' in text
    for wrong, said in (("concurency=8", "是不是 concurrency"), ("concurrency=0", "不合适"), ("concurrency", "键=值")):
        refused = live("models", "set", "新", wrong)
        assert refused.code == 2
        assert said in refused.err
    assert path.read_text(encoding="utf-8") == text
    assert live("models", "set", "没有", "concurrency=8").code == 2
    listed = live("models", "list")
    assert "新  vllm:new  不需要密钥\n    同时 8；不按 token 收钱；能力：还没查" in listed.out


def test_doctor_shakes_hands_and_says_whose_certificate_is_not_trusted(judge: RunCommand, tmp_path: Path) -> None:
    certificate = Path(__file__).resolve().parents[1] / "models" / "localhost.pem"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Server(script, tls=context) as server:
        url = f"https://localhost:{server.port}/v1"
        judge("models", "add", "密", "--preset", "vllm", "--model", "m", "--url", url)
        refused = judge("doctor", "--live")
        assert refused.code == 2
        assert "✗ TLS localhost：握手不成" in refused.out
        assert "SSL_CERT_FILE" in refused.out
        trusted = judge("doctor", "--live", SSL_CERT_FILE=str(certificate))
        assert trusted.code == 0, trusted.out
        assert "✓ TLS localhost：TLSv1.3，签发者 judge tests" in trusted.out
        assert "✓ 密 调用" in trusted.out


def test_models_behind_one_account_share_the_least_that_any_of_them_says(live: RunCommand, server: Server) -> None:
    server.latency = 0.01
    assert live("models", "set", "旧", "concurrency=3").code == 0
    assert live("compare", "新", "旧", "--judge", "评委", "--limit", "10").code == 0
    assert server.peak == 3


def test_what_could_never_be_judged_is_not_paid_for(live: RunCommand, server: Server, tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    rows = [json.loads(line) for line in (root / "docs/example/answers.jsonl").read_text(encoding="utf-8").splitlines()]
    some = [row for row in rows if row["candidate"] == "示例甲"][:4]
    path = tmp_path / "部分.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in some), encoding="utf-8")
    assert live("import", str(root / "docs/example/demo.jsonl")).code == 0
    done = live("compare", f"answers:{path}", "新", "--judge", "评委", "--samples", "2", "--bank", "demo")
    assert done.code == 0, done.err
    assert "计划：4 题" in done.err
    assert "有 56 题缺已有候选的回答，比不了，不问" in done.err
    assert "评判至多 8 次" in done.err
    asked = [body["messages"][-1]["content"] for body in server.bodies]  # type: ignore[index]
    judged = sum("前一份对话（A）" in one for one in asked)
    assert judged == 8
    assert len(asked) - judged == sum(len(row["answers"]) for row in some)


def test_one_model_twice_is_refused_before_anything_is_paid(live: RunCommand, server: Server, tmp_path: Path) -> None:
    twice = live("compare", "新", "旧", "--judge", "评委,评委")
    assert (twice.code, server.requests) == (2, 0)
    assert "是同一个评委" in twice.err
    live("models", "add", "新别", "--preset", "vllm", "--model", "new", "--url", server.url)
    live("models", "set", "新别", "system=强")
    assert "是同一个候选" in live("compare", "新", "新别", "--judge", "评委").err
    assert live("compare", "新", "旧", "--judge", "评委", "--limit", "2").code == 0
    renamed = live("compare", "新别", "旧", "--judge", "评委", "--limit", "2")
    assert renamed.code == 2
    assert "新别 这个模型在库里叫 新" in renamed.err
    assert "合不成评委团" in live("run", "--models", "新,旧", "--judge", "评委,新", "--protocol", "scores").err


def test_the_plan_counts_what_is_left_model_by_model(live: RunCommand, server: Server) -> None:
    ask = ("compare", "新", "旧", "--judge", "评委", "--limit", "5")
    assert live(*ask, "--max-calls", "20").code == 4
    assert server.requests == 20
    plan = live(*ask, "--dry-run", "--json").json
    probes = 3
    before = server.requests
    assert live(*ask).code == 0
    assert server.requests - before <= plan["answer_calls"] + plan["judge_calls"] + probes
    assert server.requests - before >= plan["answer_calls"] + plan["judge_calls"]


def test_what_is_stored_can_be_read_without_a_key_or_a_server(live: RunCommand, server: Server, tmp_path: Path) -> None:
    text = (tmp_path / "judge.toml").read_text(encoding="utf-8")
    (tmp_path / "judge.toml").write_text(text.replace('preset = "vllm"', 'preset = "zhipu"'), encoding="utf-8")
    ask = ("compare", "新", "旧", "--judge", "评委", "--limit", "2", "--json")
    assert live(*ask).code == 2
    done = live(*ask, "--yes", ZHIPUAI_API_KEY="k")
    assert done.code == 0, done.err
    server.script = "不该再问"
    assert live(*ask).json == done.json


def test_options_of_a_live_run_are_refused_where_nothing_is_live(imported: RunCommand) -> None:
    for option in (["--dry-run"], ["--stage", "answer"], ["--revision", "新版=二"], ["--max-calls", "3"]):
        done = imported("compare", "新版", "旧版", *option)
        assert done.code == 2, option
        assert "没有要现场作答或评判的" in done.err
    limited = imported("compare", "新版", "旧版", "--limit", "4", "--json")
    assert limited.json["overall"]["counts"]["planned"] == 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["models", "add", "a,b", "--preset", "vllm", "--model", "m"], "不能有逗号"),
        (["models", "add", "x", "--preset", "vllm", "--model", "m", "--url", "ftp://a"], "不是 http"),
        (["models", "add", "x", "--preset", "vllm", "--model", "m", "--url", "http://h:99999/v1"], "不是 http"),
        (["models", "add", "x", "--preset", "vllm", "--model", "m", "--url", "http://u:geheim@h/v1"], "不能有用户名"),
        (["models", "set", "新", "system.x=1"], "不是表"),
        (["models", "set", "新", "preset=qwne"], "没有名为 qwne 的预设"),
        (["models", "set", "新", "temperature=nan"], "temperature"),
        (["models", "set", "新", "parameters={a=inf}"], "JSON 写不出的值"),
        (["compare", "新", "旧", "--judge", "评委", "--max-cost", "nan"], "--max-cost 要是一个数"),
        (["compare", "新", "旧", "--judge", "评委", "--max-cost", "-3"], "大于 0 的数"),
        (["compare", "新", "旧", "--judge", "评委", "--samples", "101"], "1 到 100 的整数"),
        (["compare", "新", "旧", "--judge", "评委", "--revision", "没有=二"], "--revision 里的 没有"),
        (["compare", "新", "旧", "--judge", "评委", "--revision", "新="], "--revision 后面要有版本名"),
    ],
)
def test_bad_settings_are_refused_and_nothing_is_written(
    live: RunCommand, server: Server, tmp_path: Path, arguments: list[str], said: str
) -> None:
    before = (tmp_path / "judge.toml").read_text(encoding="utf-8")
    done = live(*arguments)
    assert done.code == 2
    assert said in done.err
    assert "geheim" not in done.err
    assert (tmp_path / "judge.toml").read_text(encoding="utf-8") == before
    assert server.requests == 0


def test_a_revision_that_looks_like_a_date_is_text(live: RunCommand, tmp_path: Path) -> None:
    assert live("models", "set", "新", "revision=2026-11-01", "system=1").code == 0
    text = (tmp_path / "judge.toml").read_text(encoding="utf-8")
    assert 'revision = "2026-11-01"' in text
    assert 'system = "1"' in text
