"""The presets as data: complete, checked, and asked by name, model and environment."""

from __future__ import annotations

import pytest

from judge.errors import InputError, UnknownName
from judge.models.vendors import Preset, api_key, base_url, check_url, preset, presets

# fmt: off
NAMES = [
    "qwen", "zhipu", "deepseek", "kimi", "minimax", "baichuan", "doubao", "hunyuan", "qianfan", "spark", "siliconflow", "stepfun",
    "vllm", "sglang", "ollama", "lmstudio", "llamacpp", "xinference", "hf",
]
# fmt: on
LOCAL = NAMES[12:]


def test_the_eighteen_presets_and_weights_that_run_here_are_there() -> None:
    assert list(presets()) == NAMES
    assert [name for name, one in presets().items() if one.weights] == ["hf"]


@pytest.mark.parametrize("one", presets().values(), ids=NAMES)
def test_a_preset_says_where_it_is_and_how_far_it_was_verified(one: Preset) -> None:
    if one.weights:
        assert (one.base_url, one.keys, one.key_required) == ("", (), False)
        return
    assert check_url(one.base_url, "") == one.base_url
    assert all(check_url(url, "") == url for url in (one.variants or {}).values())
    assert one.base_url.startswith("http://localhost" if one.name in LOCAL else "https://")
    assert one.verified in {"D", "S", "U"}
    assert one.key_required == (one.name not in LOCAL)
    assert one.key_variables[-1] == f"JUDGE_{one.name.upper()}_API_KEY"
    assert one.keys or not one.key_required


def test_a_mistyped_preset_names_the_nearest() -> None:
    with pytest.raises(UnknownName) as caught:
        preset("quen")
    assert caught.value.nearest == ["qwen"]


def test_the_address_comes_from_the_environment_then_the_variant_then_the_preset() -> None:
    kimi = preset("kimi")
    assert base_url(kimi, {}) == "https://api.moonshot.cn/v1"
    assert base_url(kimi, {}, "intl") == "https://api.moonshot.ai/v1"
    assert base_url(kimi, {"JUDGE_KIMI_BASE_URL": " http://gateway/v1/ "}, "intl") == "http://gateway/v1"
    with pytest.raises(UnknownName, match="mars"):
        base_url(kimi, {}, "mars")


@pytest.mark.parametrize(
    "url", ["gateway/v1", "ftp://gateway/v1", "https://", "http://u:secret@host/v1", "http://h/v1?k=secret"]
)
def test_an_address_that_is_none_or_holds_a_secret_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(InputError) as caught:
        check_url(url, "judge.toml")
    assert "secret" not in str(caught.value)


def test_keys_are_looked_for_in_order_and_trimmed() -> None:
    zhipu = preset("zhipu")
    assert zhipu.key_variables == ("ZHIPUAI_API_KEY", "ZAI_API_KEY", "JUDGE_ZHIPU_API_KEY")
    assert api_key(zhipu, {"ZAI_API_KEY": "second\n", "JUDGE_ZHIPU_API_KEY": "third"}) == "second"
    assert api_key(zhipu, {"ZHIPUAI_API_KEY": " ", "JUDGE_ZHIPU_API_KEY": "third"}) == "third"
    assert api_key(preset("vllm"), {}) == "EMPTY"


def test_a_missing_key_names_the_variables_and_a_broken_one_is_not_repeated() -> None:
    with pytest.raises(InputError) as caught:
        api_key(preset("qwen"), {})
    assert "DASHSCOPE_API_KEY" in str(caught.value)
    assert "JUDGE_QWEN_API_KEY" in str(caught.value)
    with pytest.raises(InputError) as caught:
        api_key(preset("qwen"), {"DASHSCOPE_API_KEY": "sk-秘密"})
    assert "秘密" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "model", "asked", "sent"),
    [
        ("minimax", "MiniMax-M2", 0.0, 0.01),
        ("minimax", "MiniMax-M2", 1.5, 1.0),
        ("spark", "4.0Ultra", 0.0, 0.01),
        ("qianfan", "ernie-4.5", 0.0, 0.01),
        ("doubao", "ep-1", 1.5, 1.0),
        ("zhipu", "glm-4.6", 0.0, 0.0),
        ("qwen", "qwen-plus", 2.0, 1.99),
        ("kimi", "moonshot-v1-8k", 0.3, 0.3),
        ("kimi", "kimi-k2.6", 0.0, None),
        ("kimi", "Kimi-K2.5-preview", 1.0, None),
        ("vllm", "any", 2.0, 2.0),
    ],
)
def test_temperatures_are_fitted(name: str, model: str, asked: float, sent: float | None) -> None:
    assert preset(name).for_model(model).temperature.fit(asked) == sent


@pytest.mark.parametrize(
    ("name", "model", "field", "value"),
    [
        ("qwen", "qwq-plus", "stream", True),
        ("qwen", "qwen3-8b", "stream", True),
        ("qwen", "qwen-max", "stream", False),
        ("siliconflow", "deepseek-ai/DeepSeek-R1", "stream", True),
        ("spark", "lite", "system", "fold"),
        ("spark", "4.0Ultra", "system", "own"),
        ("kimi", "kimi-k2.6", "thinking_off", {"thinking": {"type": "disabled"}}),
        ("kimi", "moonshot-v1-8k", "thinking_off", None),
        ("hunyuan", "hunyuan-turbos", "extra_body", {"enable_enhancement": False}),
        ("siliconflow", "any", "max_messages", 10),
        ("vllm", "any", "reasoning", ("reasoning", "reasoning_content")),
    ],
)
def test_facts_by_model(name: str, model: str, field: str, value: object) -> None:
    assert getattr(preset(name).for_model(model), field) == value
