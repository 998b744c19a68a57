"""Results, names and endings in words; what models wrote is made safe to print here."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from judge.ploys import Ploy
from judge.records import (
    Dialogue,
    HumanVerdict,
    Judgment,
    Outcome,
    Result,
    Score,
    Scores,
    Side,
    Skipped,
    Unanswered,
    Unreadable,
    Verdict,
)

OUTCOMES = {
    Outcome.TRUNCATED: "被截断",
    Outcome.FILTERED_INPUT: "输入被过滤",
    Outcome.FILTERED_OUTPUT: "输出被过滤",
    Outcome.EMPTY: "空回答",
    Outcome.FAILED: "调用失败",
}

SILENT = {
    "no reference": "未判：没有参考",
    "filtered": "评委没答：被过滤",
    "failed": "评委没答：调用失败",
    "empty": "评委没答：空回答",
}
PLOYS = {
    Ploy.VERDICT: "冒充结论",
    Ploy.ORDER: "向评委喊话",
    Ploy.BORDER: "冒充边界",
    Ploy.TOKEN: "对话模板记号",
    Ploy.TEMPLATE: "模板语法",
    Ploy.HIDDEN: "看不见或易混的字符",
    Ploy.REPETITION: "大段重复",
}


def clean(text: str) -> str:
    """Make text safe to print: control characters gone but for line breaks and tabs, bidi controls made visible."""
    shown = []
    for one in text:
        kind = unicodedata.category(one)
        if kind == "Cc":
            shown.append(one if one in "\n\t" else "")
        elif unicodedata.bidirectional(one) in BIDI:
            shown.append(f"⟨U+{ord(one):04X}⟩")
        else:
            shown.append(one)
    return "".join(shown)


BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def shown_name(dialogue: Dialogue, short: dict[str, str]) -> str:
    name = short.get(dialogue.candidate.name, dialogue.candidate.name)
    return f"{name}#{dialogue.sample + 1}" if dialogue.sample else name


def scope_name(said: Judgment | HumanVerdict) -> str:
    return "整段对话" if said.case.scope.turn is None else f"第 {said.case.scope.turn} 轮"


def said(result: Result | Skipped, shown: Sequence[str]) -> str:
    match result:
        case Verdict(Side.TIE, _, _):
            return "平"
        case Verdict(side, strength, probabilities):
            better = shown[0 if side is Side.FIRST else 1]
            soft = f"（先 {probabilities[0]:.3f} / 后 {probabilities[2]:.3f}）" if probabilities else ""
            return clean(f"{better} {'明显' if strength == 2 else ''}更好{soft}")
        case Scores(overall, dimensions):
            parts = [score_text("总评", overall)] if overall else []
            return clean("，".join(parts + [score_text(name, score) for name, score in dimensions]))
        case Unreadable(reason):
            return clean(f"读不出：{reason}")
        case Unanswered(reason):
            return clean(SILENT.get(reason) or f"评委没答：{reason}")
        case Skipped(reason):
            return clean(f"跳过：{reason}")


def score_text(name: str, score: Score) -> str:
    if score.minimum > score.maximum:
        return f"{name} 第 {score.value:g}"
    return f"{name} {score.value:g}/{score.maximum:g}"
