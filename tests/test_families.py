from __future__ import annotations

import pytest

from judge.families import FAMILIES, family

KNOWN = {
    "Qwen": ["Qwen2.5-72B-Instruct", "Qwen/QwQ-32B", "通义千问", "QWEN-MAX"],
    "GLM": ["glm-4-plus", "THUDM/chatglm3-6b", "智谱清言"],
    "DeepSeek": ["deepseek-chat", "deepseek-ai/DeepSeek-V3"],
    "Kimi": ["moonshot-v1-8k", "Kimi-K2"],
    "MiniMax": ["abab6.5-chat", "MiniMax-Text-01"],
    "Baichuan": ["Baichuan2-13B-Chat", "百川"],
    "豆包": ["doubao-pro-32k", "云雀大模型", "ByteDance-Seed/Seed-OSS-36B"],
    "混元": ["hunyuan-large", "混元"],
    "文心": ["ERNIE-4.0-8K", "文心一言"],
    "星火": ["讯飞星火认知大模型", "spark-max"],
    "阶跃": ["step-2-16k", "stepfun-ai/stepfun"],
    "Yi": ["01-ai/Yi-34B-Chat", "yi-lightning"],
    "InternLM": ["internlm2-chat-7b", "书生·浦语"],
    "GPT": [
        "gpt-4o",
        "GPT4",
        "gpt_4",
        "gpt35_turbo",
        "chatgpt-4o-latest",
        "text-davinci-003",
        "o1-mini",
        "openai/o3",
        "o4-mini",
    ],
    "Claude": ["claude-3-5-sonnet"],
    "Gemini": ["gemini-1.5-pro", "google/gemma-2-9b", "PaLM2"],
    "Llama": ["Llama-3-8B", "Chinese-Alpaca-13B", "vicuna-13b", "Ziya-LLaMA-13B"],
    "Mistral": ["mixtral-8x7b", "Mistral-7B-Instruct"],
    "BELLE": ["BELLE-7B-2M"],
    "MOSS": ["MOSS-moon-003"],
}


@pytest.mark.parametrize(("known", "name"), [(known, name) for known, names in KNOWN.items() for name in names])
def test_a_name_tells_its_family(known: str, name: str) -> None:
    assert family(name) == known


def test_every_family_is_told_by_some_name() -> None:
    assert set(KNOWN) == set(FAMILIES)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "phi-3",
        "Skywork-13B",
        "wizardlm-13b-v1.2",
        "HuatuoGPT",
        "pro1-x",
        "Marco-o1",
        "yin-7b",
        "baseline",
        "甲",
        "first-step",
    ],
)
def test_other_names_tell_nothing(name: str) -> None:
    assert family(name) is None


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("recorded:LLMEval-2/GPT-4", "GPT"),
        ("Qwen/glm-4", "GLM"),  # whose shelf it stands on does not matter
        ("openai/claude-3", "Claude"),
        ("Qwen-72B/", "Qwen"),
    ],
)
def test_only_the_last_part_of_a_path_counts(name: str, known: str) -> None:
    assert family(name) == known


def test_the_first_name_that_tells_counts() -> None:
    assert family("裁判一号", "gpt-4o") == "GPT"
    assert family("qwen-max", "gpt-4o") == "Qwen"
    assert family("裁判一号", "endpoint-7") is None
    assert family() is None
