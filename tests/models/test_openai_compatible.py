"""The client over loopback: what goes out for each vendor, what comes back for each fault, and what is never let out."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from judge.errors import InputError, ModelBusy, ModelError, ModelRefused, QuotaGone
from judge.identity import Json
from judge.models import ChatModel, Message, Reply, Request
from judge.models.openai_compatible import OpenAICompatible, merge_events
from judge.models.vendors import preset, presets
from judge.records import Model, Outcome, Usage
from tests.models import FAULTS, PASSING, Answer, Faults, error
from tests.models.server import Server

KEY = "sk-5f2c9b1e7d3a4860"
ASK = Request((Message("user", "春天写诗"),))
KEYS = {one.key_variables[-1]: KEY for one in presets().values()}
T = TypeVar("T")


def client(server: Server, vendor: str = "vllm", model: str = "m", **more: object) -> OpenAICompatible:
    return OpenAICompatible("甲", preset(vendor), model, environment=KEYS, url=server.url, **more)  # type: ignore[arg-type]


def run(model: OpenAICompatible, call: Callable[[], Awaitable[T]]) -> T:
    """Run one call, close the client, and let anything left open say so."""

    async def whole() -> T:
        async with contextlib.aclosing(model):
            return await call()

    try:
        return asyncio.run(whole())
    finally:
        gc.collect()


def ask(server: Server, vendor: str = "vllm", model: str = "m", request: Request = ASK, **more: object) -> Reply:
    one = client(server, vendor, model, **more)
    return run(one, lambda: one.reply(request))


# ── what goes out ─────────────────────────────────────────────────────────────────────────────────────────────────────

JUDGING = Request(
    (Message("system", "你是评审"), Message("user", "只答 JSON")),
    temperature=0,
    max_tokens=9,
    schema={},
    logprobs=30,
    seed=1,
)
SCHEMA: Json = {"type": "json_schema", "json_schema": {"name": "reply", "schema": {}, "strict": True}}
OBJECT: Json = {"type": "json_object"}
STREAM: dict[str, Json] = {"stream": True, "stream_options": {"include_usage": True}}
LOGPROBS: dict[str, Json] = {"logprobs": True, "top_logprobs": 20}


@pytest.mark.parametrize(
    ("vendor", "model", "thinking", "sent"),
    [
        ("qwen", "qwen-max", None, {"temperature": 0, "response_format": OBJECT}),
        ("qwen", "qwen3-8b", False, {"temperature": 0, "response_format": OBJECT, "enable_thinking": False, **STREAM}),
        ("zhipu", "glm-4.6", False, {"temperature": 0, "response_format": OBJECT, "thinking": {"type": "disabled"}}),
        ("deepseek", "deepseek-chat", None, {"temperature": 0, "response_format": OBJECT, **LOGPROBS}),
        ("deepseek", "deepseek-chat", True, {"response_format": OBJECT, "thinking": {"type": "enabled"}}),
        ("deepseek", "deepseek-reasoner", None, {"response_format": OBJECT}),
        ("kimi", "kimi-k2.6", False, {"response_format": OBJECT, "thinking": {"type": "disabled"}}),
        ("kimi", "moonshot-v1-8k", None, {"temperature": 0, "response_format": OBJECT}),
        ("minimax", "MiniMax-M2", None, {"temperature": 0.01, "reasoning_split": True}),
        ("baichuan", "Baichuan4", None, {"temperature": 0}),
        ("doubao", "ep-1", True, {"temperature": 0, "thinking": {"type": "enabled"}}),
        ("hunyuan", "hunyuan-turbos", None, {"temperature": 0, "enable_enhancement": False}),
        ("qianfan", "ernie-4.5", False, {"temperature": 0.01, "response_format": OBJECT, "enable_thinking": False}),
        ("spark", "4.0Ultra", None, {"temperature": 0.01, "seed": None}),
        ("siliconflow", "deepseek-ai/DeepSeek-R1", None, {"temperature": 0, "response_format": OBJECT, **STREAM}),
        ("stepfun", "step-2", None, {"temperature": 0}),
        ("vllm", "m", False, {"temperature": 0, "response_format": SCHEMA, "chat_template_kwargs": {"enable_thinking": False}, **LOGPROBS}),
        ("sglang", "m", None, {"temperature": 0, "response_format": SCHEMA, **LOGPROBS}),
        ("ollama", "m", False, {"temperature": 0, "response_format": SCHEMA, "reasoning_effort": "none", **LOGPROBS}),
        ("lmstudio", "m", None, {"temperature": 0, "response_format": SCHEMA}),
        ("llamacpp", "m", None, {"temperature": 0, "response_format": SCHEMA, **LOGPROBS}),
        ("xinference", "m", None, {"temperature": 0}),
    ],
)  # fmt: skip
def test_each_vendor_is_sent_what_it_takes(
    vendor: str, model: str, thinking: bool | None, sent: dict[str, Json]
) -> None:
    with Server("{}") as server:
        assert ask(server, vendor, model, JUDGING, thinking=thinking).text == "{}"
    messages = [{"role": "system", "content": "你是评审"}, {"role": "user", "content": "只答 JSON"}]
    whole = {"model": model, "messages": messages, "max_tokens": 9, "seed": 1, **sent}
    assert server.bodies == [{name: value for name, value in whole.items() if value is not None}]
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


def test_where_there_is_no_system_role_its_words_go_into_the_first_user_turn() -> None:
    turns = Message("user", "一"), Message("assistant", "二"), Message("user", "三")
    with Server() as server:
        ask(server, "spark", "lite", Request((Message("system", "简短"), *turns)), system="你是诗人")
    assert [(one["role"], one["content"]) for one in server.bodies[0]["messages"]] == [  # type: ignore[union-attr, index, call-overload]
        ("user", "你是诗人\n\n简短\n\n一"),
        ("assistant", "二"),
        ("user", "三"),
    ]


def test_json_is_not_asked_for_where_the_word_is_missing_and_needed() -> None:
    with Server("{}") as server:
        ask(server, "qwen", "qwen-max", Request((Message("user", "打分"),), schema={}))
        ask(server, "zhipu", "glm-4.6", Request((Message("user", "打分"),), schema={}))
    assert ["response_format" in body for body in server.bodies] == [False, True]


def test_nothing_is_sent_that_was_not_asked_for() -> None:
    with Server() as server:
        ask(server, request=Request((Message("user", "半个\ud83d字"),)))
    assert server.bodies == [{"model": "m", "messages": [{"role": "user", "content": "半个�字"}]}]


def test_the_identity_is_what_is_fixed_and_sent() -> None:
    fixed: dict[str, Json] = {"top_p": 0.9, "temperature": 0, "seed": 7}
    with Server() as server:
        one = client(server, "minimax", "MiniMax-M2", parameters=fixed, system="短", revision="9月")
        run(one, lambda: one.reply(Request(ASK.messages, temperature=0.7, seed=1)))
    kept = (("reasoning_split", True), ("seed", 7), ("temperature", 0.01), ("top_p", 0.9))
    assert one.identity == Model(server.url, "MiniMax-M2", kept, "短", "9月")
    assert server.bodies[0].items() >= dict(kept).items()
    typed: ChatModel = one
    assert typed.name == "甲"


@pytest.mark.parametrize(
    ("vendor", "model", "more", "words"),
    [
        ("kimi", "kimi-k2.6", {"parameters": {"temperature": 0}}, "temperature"),
        ("minimax", "m", {"parameters": {"temperature": 1.5}}, "0.01 到 1.0"),
        ("vllm", "m", {"parameters": {"temperature": "hot"}}, "temperature='hot'"),
        ("deepseek", "deepseek-reasoner", {"parameters": {"temperature": 0.5}}, "拒绝或忽略 temperature"),
        ("deepseek", "v4", {"parameters": {"temperature": 0.5}, "thinking": True}, "拒绝或忽略 temperature"),
        ("deepseek", "v4", {"parameters": {"logprobs": True, "thinking": {"type": "enabled"}}}, "忽略 logprobs"),
        ("vllm", "m", {"parameters": {"api_key": KEY}}, "不能固定"),
        ("vllm", "m", {"parameters": {"stream": True}}, "不能固定"),
        ("baichuan", "m", {"thinking": False}, "思考"),
        ("vllm", "m", {"url": f"http://user:{KEY}@host/v1"}, "地址"),
        ("qwen", "m", {"environment": {}}, "DASHSCOPE_API_KEY"),
    ],
)
def test_a_configuration_that_could_not_hold_is_refused_before_any_call(
    vendor: str, model: str, more: dict[str, object], words: str
) -> None:
    with pytest.raises(InputError) as caught:
        OpenAICompatible("甲", preset(vendor), model, **{"environment": KEYS, **more}).check_key()  # type: ignore[arg-type]
    assert words in str(caught.value)
    assert KEY not in str(caught.value)


# ── what comes back ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_reply_with_all_that_the_provider_says() -> None:
    chances: list[Json] = [{"token": "好", "logprob": -0.1}, {"token": "坏", "logprob": -2.0}]
    answer = Answer(
        "好诗",
        message={"reasoning_content": "先想"},
        more={"system_fingerprint": "fp", "usage": {"prompt_tokens": 3, "completion_tokens": 2}},
        logprobs=[{"token": "好", "logprob": -0.1, "top_logprobs": chances}, {"token": "诗", "logprob": 0.0}],
        model="m-0930",
    )
    with Server(answer) as server:
        plain, streamed = ask(server), ask(server, "qwen", "qwq")
    assert plain == streamed
    assert [name for name, _ in plain.first_tokens] == ["好", "坏"]
    assert dict(plain.first_tokens) == pytest.approx({"好": 0.9048, "坏": 0.1353}, abs=1e-4)
    assert (plain.text, plain.reasoning, plain.usage) == ("好诗", "先想", Usage(3, 2))
    assert (plain.returned_model, plain.fingerprint, plain.outcome) == ("m-0930", "fp", Outcome.OK)


EXPECTED: dict[str, object] = {
    "429": "limited",
    "arrears": QuotaGone,
    **dict.fromkeys(("500", "503", "reset", "short", "cut", "no_choices", "not_json", "hang"), ModelBusy),
    **dict.fromkeys(("aliyun_input", "zhipu_input", "minimax_input", "ark_input", "step_input"), Outcome.FILTERED_INPUT),
    **dict.fromkeys(("aliyun_output", "zhipu_output", "minimax_output", "ark_output", "tencent_output"), Outcome.FILTERED_OUTPUT),
}  # fmt: skip
VENDORS = {
    "ali": "qwen",
    "arr": "zhipu",
    "zhi": "zhipu",
    "min": "minimax",
    "ark": "doubao",
    "ste": "stepfun",
    "ten": "hunyuan",
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("model", ["m", "qwen3-streamed"])
def test_every_fault_has_its_outcome(fault: str, model: str) -> None:
    vendor = VENDORS.get(fault[:3], "qwen")
    with Server(FAULTS[fault]) as server:
        try:
            found: object = ask(server, vendor, model, timeout=0.3 if fault == "hang" else 5).outcome
        except ModelError as caught:
            found = "limited" if getattr(caught, "limited", False) else type(caught)
    assert found == EXPECTED[fault]
    assert server.requests == 1  # the SDK's own retries are off


def test_a_wait_asked_for_in_a_header_is_handed_on() -> None:
    with Server(FAULTS["429"]) as server, pytest.raises(ModelBusy) as caught:
        ask(server)
    assert caught.value.retry_after == 1


def test_faults_are_the_same_in_whatever_order_calls_arrive_and_pass_on_a_second_try() -> None:
    requests = [Request((Message("user", str(number)),)) for number in range(60)]

    async def outcomes(order: list[Request]) -> dict[str, str]:
        with Server(faults=Faults(rate=0.3, seed=1)) as server:
            async with contextlib.aclosing(client(server)) as one:
                found = await asyncio.gather(*(one.reply(request) for request in order), return_exceptions=True)
                again = await asyncio.gather(*(one.reply(request) for request in order), return_exceptions=True)
            assert sum(isinstance(reply, Reply) for reply in again) > 30
            assert set(server.counts.values()) == {2}
            assert server.peak > 1 or server.latency == 0
        return {request.messages[0].content: type(reply).__name__ for request, reply in zip(order, found, strict=True)}

    first, second = asyncio.run(outcomes(requests)), asyncio.run(outcomes(requests[::-1]))
    assert first == second
    assert 8 <= list(first.values()).count("ModelBusy") <= 30
    assert set(first.values()) == {"Reply", "ModelBusy"}


def test_a_server_that_is_not_there_is_busy_and_named() -> None:
    with Server() as server:
        gone = server.url
    one = OpenAICompatible("甲", preset("vllm"), "m", environment={}, url=gone)
    with pytest.raises(ModelBusy, match=gone) as caught:
        run(one, lambda: one.reply(ASK))
    assert caught.value.where == "甲"


def test_a_proxy_in_the_environment_is_not_used_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with Server("好") as server:
        assert ask(server).text == "好"


def test_headers_meant_for_another_vendor_are_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-other")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-other")
    with Server("好") as server:
        ask(server)
    assert not [name for name in server.headers[0] if name.startswith("openai")]


# ── streams ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def event(**more: Json) -> str:
    return f"data: {json.dumps({'id': '1', **more}, ensure_ascii=False)}\n\n"


def delta(content: str, finish: str | None = None) -> str:
    return event(choices=[{"index": 0, "delta": {"content": content}, "finish_reason": finish}])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (delta("你") + delta("好", "stop") + "data: [DONE]\n\n", "你好"),
        (delta("你") + delta("好") + "data: [DONE]\n\n", "你好"),
        ((": ping\n\n" + delta("你\u2028") + delta("好", "stop")).replace("\n", "\r\n"), "你\u2028好"),
        (delta("你") + event(choices=[{"delta": None, "message": {"content": "你好"}, "finish_reason": "stop"}]), "你"),
        (event(choices=[{"message": {"content": "你好"}, "finish_reason": "stop"}]), "你好"),
        (delta("你") + delta("好"), None),  # broke off
        (delta("你") + 'data: {"id": "1", "choi', None),
    ],
)
def test_events_are_put_together(text: str, said: str | None) -> None:
    whole = merge_events(text)
    found = whole["choices"][0]["message"]["content"] if isinstance(whole, dict) else None  # type: ignore[index, call-overload]
    assert found == said


def test_an_error_in_the_middle_of_a_stream_is_seen_and_the_beginning_kept() -> None:
    body = delta("半句") + event(
        error={"code": "data_inspection_failed", "message": "Output data may contain inappropriate content."}
    )
    with Server(Answer(body=body.encode())) as server:
        reply = ask(server, "qwen", "qwq")
    assert (reply.outcome, reply.text) == (Outcome.FILTERED_OUTPUT, "半句")


# ── time ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_deadline_holds_for_the_whole_call() -> None:
    with Server(Answer("好", latency=30)) as server:
        start = time.perf_counter()
        with pytest.raises(ModelBusy, match=r"0\.2 秒"):
            ask(server, timeout=0.2)
        assert time.perf_counter() - start < 3


def test_a_cancelled_call_leaves_no_connection_open() -> None:
    async def cancel() -> None:
        async with contextlib.aclosing(client(server)) as one:
            calls = [asyncio.create_task(one.reply(ASK)) for _ in range(5)]
            while server.in_flight < 5:
                await asyncio.sleep(0.01)
            for call in calls:
                call.cancel()
            assert all(
                isinstance(end, asyncio.CancelledError) for end in await asyncio.gather(*calls, return_exceptions=True)
            )
            while server.living:
                await asyncio.sleep(0.01)

    with Server(FAULTS["hang"]) as server:
        asyncio.run(asyncio.wait_for(cancel(), 10))
        gc.collect()
    assert (server.abandoned, server.in_flight, server.peak) == (5, 0, 5)


# ── secrets ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_key_is_in_no_error_record_repr_or_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = f"Incorrect API key provided: {KEY}"
    answers = [
        error(401, "invalid_api_key", told),
        error(500, "", told),
        error(400, "content_filter", told),
        Answer(told),
    ]
    shown = []
    with Server([*answers, FAULTS["reset"]]) as server:
        one = client(server, "qwen", "m")
        shown += [repr(one), str(one), repr(one.identity), repr(one.preset)]
        for _ in range(5):
            try:
                shown.append(repr(ask(server, "qwen", "m")))
            except ModelError as caught:
                chain: BaseException | None = caught
                while chain is not None:
                    shown += [str(chain), repr(chain), repr(chain.__dict__)]
                    chain = chain.__cause__ or chain.__context__
    assert server.headers[0]["authorization"].endswith(KEY)
    assert "***" in "".join(shown)
    assert KEY not in "".join(shown)
    assert KEY not in caplog.text


# ── lists and probes ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_models_are_listed_and_a_probe_says_what_it_saw() -> None:
    with Server(Answer("好", more={"system_fingerprint": "fp_9"}, model="m-0930")) as server:
        server.models = ("b", "a")
        one = client(server)
        probe = run(one, one.probe)
    assert (probe.listed, probe.revision) == (("a", "b"), "m-0930@fp_9")
    assert server.bodies[0]["max_tokens"] == 5


def test_where_messages_are_limited_a_refusal_says_so() -> None:
    turns = Request(tuple(Message("user", str(number)) for number in range(11)))
    with Server(error(400, "20015", "messages: invalid")) as server, contextlib.suppress(ModelRefused):
        assert ask(server, "siliconflow", "m", turns).outcome is Outcome.FAILED
    with Server(error(400, "20013", "messages: invalid")) as server, pytest.raises(ModelRefused) as caught:
        ask(server, "siliconflow", "m", turns)
    assert "10 条消息，这一次有 11 条" in str(caught.value)


# ── the server as a process of its own ────────────────────────────────────────────────────────────────────────────────


def test_the_server_starts_as_a_process_and_prints_its_port() -> None:
    command = [sys.executable, "-m", "tests.models.server", "--text", "好", "--fault-rate", "0.5", "--seed", "3"]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root, env={**os.environ}) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        try:
            one = OpenAICompatible("甲", preset("vllm"), "m", environment={}, url=f"http://127.0.0.1:{port}/v1")
            with contextlib.suppress(ModelBusy):
                assert run(one, lambda: one.reply(ASK)).text == "好"
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/stats") as page:
                assert json.load(page)["requests"] == 1
        finally:
            process.kill()


def test_every_passing_fault_is_one_that_the_client_calls_busy() -> None:
    assert {EXPECTED[name] for name in PASSING} == {ModelBusy, "limited"}


def test_what_an_endpoint_was_seen_to_refuse_is_left_out() -> None:
    with Server("好") as server:
        one = client(server)
        one.learn({"temperature_zero": False, "system_role": False, "logprobs": False, "structured": None})
        run(one, lambda: one.reply(JUDGING))
        [body] = server.bodies
    assert not {"temperature", "logprobs", "top_logprobs"} & body.keys()
    assert body["messages"] == [{"role": "user", "content": "你是评审\n\n只答 JSON"}]
    with Server("好") as server:
        unseen = client(server)
        unseen.learn({})
        run(unseen, lambda: unseen.reply(JUDGING))
        assert {"temperature", "logprobs"} <= server.bodies[0].keys()
