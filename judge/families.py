"""What the name of a model tells: what it is called without its revision, and which family it is of (a judge may be kind to its own)."""

from __future__ import annotations

import re

# Families by what their models are called, in endpoints and in published tables; a name may hold a path or a size.
FAMILIES: dict[str, str] = {
    "Qwen": r"qwen|qwq|通义|tongyi",
    "GLM": r"glm|智谱|zhipu",
    "DeepSeek": r"deepseek|深度求索",
    "Kimi": r"kimi|moonshot|月之暗面",
    "MiniMax": r"minimax|abab",
    "Baichuan": r"baichuan|百川",
    "豆包": r"doubao|豆包|skylark|云雀|\bseed-",
    "混元": r"hunyuan|混元",
    "文心": r"ernie|文心|wenxin|yiyan|一言",
    "星火": r"spark|星火|xinghuo|xunfei|讯飞",
    "阶跃": r"\bstep-|stepfun|阶跃",
    "Yi": r"(?:^|[^a-z])yi-|零一万物",
    "InternLM": r"internlm|书生|浦语",
    "GPT": r"(?<![a-z])gpt[-_ ]?(?:[345]|oss)|chatgpt|davinci|^o[134](?:-|$)",
    "Claude": r"claude",
    "Gemini": r"gemini|gemma|\bpalm(?:-?2)?\b|\bbard\b",
    "Llama": r"llama|alpaca(?!_eval)|vicuna",
    "Mistral": r"mistral|mixtral",
    "BELLE": r"\bbelle",
    "MOSS": r"\bmoss",
}
_COMPILED = {family: re.compile(pattern, re.IGNORECASE) for family, pattern in FAMILIES.items()}


def bare(name: str) -> str:
    """Return the name a model goes by in the configuration: without its revision (`@...`) and what was asked of it (`+...`)."""
    return name.partition("@")[0].partition("+")[0]


def family(*names: str) -> str | None:
    """Return the family that the first telling name belongs to; None where none tells.

    A name that says what a model was made from tells its last maker: `Chinese-Alpaca` belongs to Llama.
    """
    for name in names:
        plain = name.rpartition("/")[2] or name
        for known, pattern in _COMPILED.items():
            if pattern.search(plain):
                return known
    return None
