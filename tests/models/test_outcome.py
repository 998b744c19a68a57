"""What a call came to: each vendor's shapes, the waits asked for, reasoning, probabilities, and bodies nobody expects."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.errors import ModelBusy, ModelError, ModelRefused, QuotaGone
from judge.models import Reply
from judge.models.outcome import classify, retry_after
from judge.models.vendors import preset, presets
from judge.records import Outcome, Usage
from tests.models import FAULTS

LIMITED = "limited"


def said(status: int, body: object, vendor: str = "vllm", **headers: str) -> Reply:
    return classify(status, body, json.dumps(body), headers, preset(vendor))


def done(text: object = "好", finish: object = "stop", **more: object) -> dict[str, object]:
    message = {
        "role": "assistant",
        "content": text,
        **{name: more.pop(name) for name in list(more) if name in REASONING},
    }
    return {"choices": [{"message": message, "finish_reason": finish}], **more}


REASONING = {"reasoning_content", "reasoning", "reasoning_details", "refusal"}


def err(code: object = None, message: str = "", kind: str = "", **more: object) -> dict[str, object]:
    return {"error": {"code": code, "message": message, "type": kind}, **more}


def base(code: int) -> dict[str, object]:
    return {"choices": None, "base_resp": {"status_code": code, "status_msg": "said"}}


BALANCE = "Insufficient Balance"
TOO_LONG = "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."
# fmt: off
CASES: list[tuple[str, int, object, object]] = [
    # Aliyun
    ("qwen", 400, err("data_inspection_failed", "Input data may contain inappropriate content."), Outcome.FILTERED_INPUT),
    ("qwen", 400, err("data_inspection_failed", "Output data may contain inappropriate content."), Outcome.FILTERED_OUTPUT),
    ("qwen", 400, err("DataInspectionFailed", "Input or output data may contain inappropriate content."), Outcome.FILTERED_INPUT),
    ("qwen", 400, {"code": "DataInspectionFailed", "message": "Input data may contain inappropriate content."}, Outcome.FILTERED_INPUT),
    ("qwen", 400, err("Arrearage", "Access denied, please make sure your account is in good standing."), QuotaGone),
    ("qwen", 403, err("AllocationQuota.FreeTierOnly", "The free tier of the model has been exhausted."), QuotaGone),
    ("qwen", 429, err("Throttling.AllocationQuota", "Allocated quota exceeded, please increase your quota limit."), LIMITED),
    ("qwen", 429, err("insufficient_quota", "You exceeded your current quota, please check your plan."), LIMITED),
    ("qwen", 400, err("InvalidParameter", "Range of input length should be [1, 30720]"), Outcome.FAILED),
    ("qwen", 401, err("invalid_api_key", "Incorrect API key provided."), ModelRefused),
    ("qwen", 404, err("model_not_found", "The model `qwen9` does not exist."), ModelRefused),
    # Zhipu
    ("zhipu", 400, err("1301", "敏感", contentFilter=[{"role": "user", "level": 1}]), Outcome.FILTERED_INPUT),
    ("zhipu", 400, err("1301", "敏感", contentFilter=[{"role": "assistant", "level": 1}]), Outcome.FILTERED_OUTPUT),
    ("zhipu", 200, done("半句", "sensitive"), Outcome.FILTERED_OUTPUT),
    ("zhipu", 200, done("半句", "network_error"), ModelBusy),
    ("zhipu", 200, done("", "model_context_window_exceeded"), Outcome.FAILED),
    ("zhipu", 429, err("1302", "您的账户已达到速率限制"), LIMITED),
    ("zhipu", 429, err("1305", "该模型当前访问量过大，请您稍后再试"), LIMITED),
    ("zhipu", 429, err("1113", "您的账户已欠费，请充值后重试"), QuotaGone),
    ("zhipu", 429, err("1308", "已达到 5 小时的使用上限。您的限额将在 2026-08-25 07:41:44 重置。"), QuotaGone),
    ("zhipu", 400, err("1210", "API 调用参数有误，请检查文档。"), ModelRefused),
    ("zhipu", 400, err("1261", "Prompt 超长"), Outcome.FAILED),
    ("zhipu", 401, err("1002", "Authorization Token非法"), ModelRefused),
    # DeepSeek
    ("deepseek", 400, err("invalid_request_error", "Content Exists Risk"), Outcome.FILTERED_INPUT),
    ("deepseek", 402, err("invalid_request_error", BALANCE), QuotaGone),
    ("deepseek", 200, done("半", "insufficient_system_resource"), ModelBusy),
    ("deepseek", 400, err("invalid_request_error", "deepseek-reasoner does not support the parameter logprobs"), ModelRefused),
    ("deepseek", 400, err(None, TOO_LONG), Outcome.FAILED),
    # Kimi
    ("kimi", 400, err(None, "The request was rejected because it was considered high risk", "content_filter"), Outcome.FILTERED_INPUT),
    ("kimi", 400, err(None, "invalid temperature: only 1 is allowed for this model", "invalid_request_error"), ModelRefused),
    ("kimi", 400, err(None, "Your request exceeded model token limit : 8192", "invalid_request_error"), Outcome.FAILED),
    ("kimi", 429, err(None, "Your account is not active, exceeded_current_quota", "exceeded_current_quota_error"), QuotaGone),
    ("kimi", 429, err(None, "max RPM: 3, please try again after 1 seconds", "rate_limit_reached_error"), LIMITED),
    ("kimi", 200, done("半", "content_filter"), Outcome.FILTERED_OUTPUT),
    # MiniMax: most of it in a 200
    ("minimax", 200, base(1026), Outcome.FILTERED_INPUT),
    ("minimax", 200, base(1027), Outcome.FILTERED_OUTPUT),
    ("minimax", 200, {"choices": None, "input_sensitive": True}, Outcome.FILTERED_INPUT),
    ("minimax", 200, {**done("半"), "output_sensitive": True, "base_resp": {"status_code": 0}}, Outcome.FILTERED_OUTPUT),
    ("minimax", 200, {**done("好"), "input_sensitive": False, "base_resp": {"status_code": 0, "status_msg": ""}}, Outcome.OK),
    ("minimax", 200, base(1002), LIMITED),
    ("minimax", 200, base(1039), LIMITED),
    ("minimax", 200, base(1008), QuotaGone),
    ("minimax", 200, base(1004), ModelRefused),
    ("minimax", 200, base(2013), ModelRefused),
    ("minimax", 200, base(1013), ModelBusy),
    ("minimax", 200, base(9999), ModelBusy),
    # Baichuan: the same status for two things
    ("baichuan", 429, err("rate_limit", "Rate limit reached"), LIMITED),
    ("baichuan", 429, err("insufficient", "账户余额不足"), QuotaGone),
    # Volcengine
    ("doubao", 400, err("SensitiveContentDetected.Violence", "the input text may contain"), Outcome.FILTERED_INPUT),
    ("doubao", 400, err("InputTextSensitiveContentDetected", ""), Outcome.FILTERED_INPUT),
    ("doubao", 400, err("InputTextRiskDetection", ""), Outcome.FILTERED_INPUT),
    ("doubao", 400, err("OutputTextSensitiveContentDetected", ""), Outcome.FILTERED_OUTPUT),
    ("doubao", 400, err("OutputTextRiskDetection", ""), Outcome.FILTERED_OUTPUT),
    ("doubao", 200, done("半", "content_filter"), Outcome.FILTERED_OUTPUT),
    ("doubao", 403, err("AccountOverdueError", "overdue balance"), QuotaGone),
    ("doubao", 429, err("ModelAccountRpmRateLimitExceeded", ""), LIMITED),
    ("doubao", 400, err("ContentSecurityDetectionError", "Internal error."), ModelBusy),
    # Tencent, Baidu, iFlytek
    ("hunyuan", 200, done("", "sensitive"), Outcome.FILTERED_OUTPUT),
    ("hunyuan", 200, {"Response": {"Error": {"Code": "LimitExceeded", "Message": "限频"}}}, LIMITED),
    ("hunyuan", 200, {"Response": {"Error": {"Code": "FailedOperation.ServiceStopArrears", "Message": ""}}}, QuotaGone),
    ("qianfan", 200, err("rpm_rate_limit_exceeded", "Rate limit reached for RPM"), LIMITED),
    ("qianfan", 429, err("tpm_rate_limit_exceeded", "Rate limit reached for TPM"), LIMITED),
    ("qianfan", 400, err(None, "the content is unsafe", "unsafe_request"), Outcome.FILTERED_INPUT),
    ("qianfan", 401, err("invalid_iam_token", "IAM Certification failed"), ModelRefused),
    ("spark", 200, {"code": 10013, "message": "输入内容审核不通过", "sid": "x"}, Outcome.FILTERED_INPUT),
    ("spark", 200, {"code": 10014, "message": "输出内容涉及敏感信息"}, Outcome.FILTERED_OUTPUT),
    ("spark", 200, {"code": 11202, "message": "秒级流控超限"}, LIMITED),
    ("spark", 200, {"code": 0, "message": "Success", **done("好")}, Outcome.OK),
    ("spark", 200, {"code": 10907, "message": "token数量超过上限"}, Outcome.FAILED),
    # SiliconFlow, StepFun
    ("siliconflow", 403, {"code": 30001, "message": "Sorry, your account balance is insufficient", "data": None}, QuotaGone),
    ("siliconflow", 429, {"message": "Request was rejected due to rate limiting. Details:TPM limit reached."}, LIMITED),
    ("siliconflow", 503, {"code": 50505, "message": "Model service overloaded. Please try again later."}, ModelBusy),
    ("siliconflow", 400, {"code": 20012, "message": "Model does not exist. Please check it carefully.", "data": None}, ModelRefused),
    ("siliconflow", 401, "Invalid token", ModelRefused),
    ("stepfun", 451, err("censorship", "blocked"), Outcome.FILTERED_INPUT),
    ("stepfun", 451, None, Outcome.FILTERED_INPUT),
    # servers one runs oneself, gateways
    ("vllm", 400, {"object": "error", "message": TOO_LONG, "type": "BadRequestError", "code": 400}, Outcome.FAILED),
    ("vllm", 404, {"detail": "Not Found"}, ModelRefused),
    ("vllm", 422, {"detail": [{"msg": "field required", "input": "余额不足 rate limit"}]}, ModelRefused),
    ("sglang", 400, {"message": "The input (9000 tokens) is longer than the model's context length (8192 tokens)."}, Outcome.FAILED),
    ("llamacpp", 400, err(400, "the request exceeds the available context size", "exceed_context_size_error"), Outcome.FAILED),
    ("lmstudio", 400, {"error": "response_format.type must be 'json_schema' or 'text'"}, ModelRefused),
    ("ollama", 404, err(None, "model 'x' not found", "api_error"), ModelRefused),
    ("vllm", 200, err(429, "upstream said slow down"), LIMITED),
    ("vllm", 200, err(502, "bad gateway"), ModelBusy),
    ("vllm", 200, {"error": "something broke"}, ModelBusy),
    ("vllm", 403, err("insufficient_user_quota", "用户额度不足"), QuotaGone),
    ("vllm", 413, err(None, "request entity too large"), Outcome.FAILED),
    *(("xinference", status, None, ModelBusy) for status in (408, 409, 425, 500, 502, 503, 504, 529)),
    ("xinference", 302, None, ModelRefused),
    ("xinference", 400, None, ModelRefused),
    # a 200 that holds no answer
    ("vllm", 200, None, ModelBusy),
    ("vllm", 200, [], ModelBusy),
    ("vllm", 200, "text", ModelBusy),
    ("vllm", 200, {"choices": None}, ModelBusy),
    ("vllm", 200, {"choices": []}, ModelBusy),
    ("vllm", 200, {"choices": [None]}, ModelBusy),
    # how an answer ended
    ("vllm", 200, done("好"), Outcome.OK),
    ("vllm", 200, done("好", None), Outcome.OK),
    ("vllm", 200, done("好", "eos"), Outcome.OK),
    ("vllm", 200, done("抱歉，我不能回答。"), Outcome.OK),
    ("vllm", 200, done("半句", "length"), Outcome.TRUNCATED),
    ("vllm", 200, done("", "length", reasoning_content="想了很久"), Outcome.TRUNCATED),
    ("vllm", 200, done(None, "length", reasoning="想了很久"), Outcome.TRUNCATED),
    ("vllm", 200, done("<think>想了很久", "length"), Outcome.TRUNCATED),
    ("vllm", 200, done("<think>想了很久"), Outcome.TRUNCATED),
    ("vllm", 200, done(" \n"), Outcome.EMPTY),
    ("vllm", 200, done(None), Outcome.EMPTY),
    ("vllm", 200, done("", reasoning_content="想了"), Outcome.EMPTY),
    ("vllm", 200, done("<think>想了</think>\n"), Outcome.EMPTY),
    ("vllm", 200, done(None, refusal="I can't help"), Outcome.FILTERED_OUTPUT),
    ("vllm", 200, {**done("半句", None), **err("content_filter", "stopped")}, Outcome.FILTERED_OUTPUT),
]
# fmt: on


@pytest.mark.parametrize(("vendor", "status", "body", "expected"), CASES)
def test_every_shape_has_its_outcome(vendor: str, status: int, body: object, expected: object) -> None:
    try:
        found: object = said(status, body, vendor).outcome
    except ModelBusy as error:
        found = LIMITED if error.limited else ModelBusy
    except ModelError as error:
        found = type(error)
    assert found == expected


def test_every_preset_has_rows_of_its_own() -> None:
    assert {row[0] for row in CASES} == {name for name, one in presets().items() if not one.weights}


def test_a_fault_of_the_server_of_the_tests_is_what_its_name_says() -> None:
    for name, vendor in (
        ("aliyun", "qwen"),
        ("zhipu", "zhipu"),
        ("minimax", "minimax"),
        ("ark", "doubao"),
        ("step", "stepfun"),
    ):
        answer = FAULTS[f"{name}_input"]
        assert said(answer.status, answer.body, vendor).outcome is Outcome.FILTERED_INPUT


@pytest.mark.parametrize(
    ("vendor", "status", "body", "words"),
    [
        ("qwen", 401, err("invalid_api_key", "no"), ["DASHSCOPE_API_KEY", "JUDGE_QWEN_API_KEY", "密钥"]),
        ("qwen", 404, err("", "no"), ["模型名", "JUDGE_QWEN_BASE_URL"]),
        ("kimi", 400, err("", "invalid temperature: only 1 is allowed"), ["去掉或改正参数 temperature"]),
        ("vllm", 400, {"error": {"message": "bad", "param": "top_k"}}, ["参数 top_k"]),
        ("zhipu", 429, err("1113", "欠费"), ["充值", "智谱 GLM"]),
    ],
)
def test_a_refusal_says_what_to_do(vendor: str, status: int, body: object, words: list[str]) -> None:
    with pytest.raises((ModelRefused, QuotaGone)) as caught:
        said(status, body, vendor)
    assert all(word in str(caught.value) for word in words)


def test_what_the_provider_said_is_kept_on_one_line_without_control_characters() -> None:
    reply = said(400, err("1301", "不\x1b[31m安\n全" + "。" * 900), "zhipu")
    assert reply.detail.startswith("HTTP 400，1301：不 [31m安 全")
    assert len(reply.detail) < 340
    assert said(400, err("", TOO_LONG)).detail.startswith("context：")
    with pytest.raises(ModelBusy, match="502 Bad Gateway"):
        classify(502, None, "<html><h1>502 Bad Gateway</h1></html>", {}, preset("qwen"))


DATE = "Tue, 29 Sep 2026 08:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "message", "seconds"),
    [
        ({"retry-after": "7"}, "", 7),
        ({"retry-after": "0.5"}, "", 0.5),
        ({"retry-after-ms": "250"}, "", 0.25),
        ({"retry-after": "Tue, 29 Sep 2026 08:01:30 GMT", "date": DATE}, "", 90),
        ({"retry-after": "Tue, 29 Sep 2026 07:00:00 GMT", "date": DATE}, "", 0),
        ({"retry-after": "Tue, 29 Sep 2026 08:01:30 GMT"}, "", None),  # no clock to hold it against
        ({"x-ratelimit-reset-requests": "6m0s", "x-ratelimit-reset-tokens": "20ms"}, "", 0.02),
        (
            {
                "x-ratelimit-reset-requests": "6m0s",
                "x-ratelimit-reset-tokens": "20ms",
                "x-ratelimit-remaining-requests": "0",
            },
            "",
            360,
        ),
        ({"x-ratelimit-reset": "1790668810", "date": DATE}, "", 10),
        ({"retry-after": "soon"}, "", None),
        ({"retry-after": "Tue, 99 Sep 2026"}, "", None),
        ({}, "max RPM: 3, please try again after 1 seconds", 1),
        ({}, "请在 30 秒后重试", 30),
        ({}, "", None),
    ],
)
def test_the_wait_that_the_server_asks_for(headers: dict[str, str], message: str, seconds: float | None) -> None:
    assert retry_after(headers, message) == seconds


def test_a_limit_carries_its_wait() -> None:
    with pytest.raises(ModelBusy) as caught:
        classify(429, err("1302", "慢"), "", {"retry-after": "3"}, preset("zhipu"))
    assert (caught.value.limited, caught.value.retry_after) == (True, 3)


@pytest.mark.parametrize(
    ("body", "vendor", "text", "reasoning"),
    [
        (done("答", reasoning_content="想"), "deepseek", "答", "想"),
        (done("答", reasoning="想"), "vllm", "答", "想"),
        (
            done("答", reasoning_details=[{"type": "reasoning.text", "text": "想"}, {"text": "又想"}]),
            "minimax",
            "答",
            "想又想",
        ),
        (done("<think>想</think>\n\n答"), "minimax", "答", "想"),
        (done("\n<think>想</think><think>又想</think>答"), "minimax", "答", "想\n又想"),
        (done("<think>想"), "minimax", "", "想"),
        (done("想\n</think>\n\n答"), "vllm", "答", "想"),
        (done("想\n</think>\n\n答"), "qwen", "想\n</think>\n\n答", None),
        (done("标签 <think> 要写成 </think>"), "vllm", "标签 <think> 要写成 </think>", None),
        (done([{"type": "text", "text": "答"}, {"type": "text", "text": "案"}]), "vllm", "答案", None),
        (done("  缩进\n"), "vllm", "  缩进\n", None),
        (done("坏\ud800字\0"), "vllm", "坏�字�", None),
    ],
)
def test_reasoning_is_kept_apart(body: object, vendor: str, text: str, reasoning: str | None) -> None:
    reply = said(200, body, vendor)
    assert (reply.text, reply.reasoning) == (text, reasoning)


def test_what_the_provider_says_of_itself() -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 7, "completion_tokens_details": {"reasoning_tokens": 5}}
    reply = said(200, done("答", model="glm-4.6-0930", system_fingerprint="fp_1", usage=usage))
    assert (reply.returned_model, reply.fingerprint, reply.usage) == ("glm-4.6-0930", "fp_1", Usage(10, 7, 5))
    assert said(200, done("答", usage={"total_tokens": 3})).usage is None


def token(text: str, *others: tuple[str, float], raw: bytes | None = None) -> dict[str, object]:
    top = [{"token": one, "logprob": math.log(share)} for one, share in others]
    return {"token": text, "logprob": -0.1, "bytes": None if raw is None else list(raw), "top_logprobs": top}


@pytest.mark.parametrize(
    ("text", "tokens", "expected"),
    [
        ("A", [token("A", ("B", 0.25), ("A", 0.75))], {"A": 0.75, "B": 0.25}),
        ("\nA", [token("\n", ("\n", 1.0)), token("A", ("A", 0.5))], {"A": 0.5}),
        ("<think>A</think>B", [token("<think>"), token("A"), token("</think>"), token("B", ("B", 0.5))], {"B": 0.5}),
        ("好", [token("\\xe5", ("x", 0.5), raw=b"\xe5"), token("\\xa5\\xbd", raw=b"\xa5\xbd")], {"x": 0.5}),
        ("A", [token("A")], {"A": pytest.approx(math.exp(-0.1))}),
        ("<think>C</think>B", [token("other")], {}),
    ],
)
def test_the_first_answer_token_has_its_alternatives(
    text: str, tokens: list[object], expected: dict[str, float]
) -> None:
    body = {"choices": [{"message": {"content": text}, "finish_reason": "stop", "logprobs": {"content": tokens}}]}
    reply = said(200, body)
    assert dict(reply.first_tokens) == pytest.approx(expected)
    assert list(reply.first_tokens) == sorted(reply.first_tokens, key=lambda item: -item[1])


# fmt: off
KEYS = st.sampled_from([
    "error", "errors", "code", "message", "msg", "type", "detail", "choices", "delta", "content", "finish_reason", "logprobs", "top_logprobs",
    "token", "bytes", "logprob", "usage", "prompt_tokens", "completion_tokens", "completion_tokens_details", "reasoning_tokens", "base_resp",
    "status_code", "Response", "Error", "contentFilter", "role", "reasoning_content", "refusal", "model", "system_fingerprint", "text",
    "input_sensitive", "param", "object",
])
# fmt: on
BODIES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["error", "<think>", "stop"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)


@given(st.sampled_from(sorted(presets())), st.sampled_from([200, 201, 301, 400, 401, 429, 451, 500]), BODIES)
def test_no_body_breaks_the_classifier(vendor: str, status: int, body: object) -> None:
    try:
        reply = classify(status, body, "", {}, preset(vendor))
    except ModelError:
        return
    assert isinstance(reply.outcome, Outcome)
    reply.text.encode()


@given(
    st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms", "date", "x-ratelimit-reset"]), st.text()),
    st.text(),
)
def test_no_header_breaks_the_wait(headers: dict[str, str], message: str) -> None:
    wait = retry_after(headers, message)
    assert wait is None or wait >= 0
