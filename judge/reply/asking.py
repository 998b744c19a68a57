"""What a judge is asked for: the format in words, and as a JSON schema where the server takes one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal, TypeAlias

from judge.identity import Json

Language: TypeAlias = Literal["zh", "en"]
_LEVELS = {3: ("A", "B", "C"), 5: ("A>>B", "A>B", "A=B", "B>A", "B>>A")}


def ask_verdict(levels: Literal[3, 5] = 3, lang: Language = "zh") -> str:
    """Return the instruction for the format that `read_verdict` prefers; quoted back alone it is no verdict."""
    if lang == "en":
        menu = "A (the first is better), B (the second is better) or C (a tie)"
        if levels == 5:
            menu = "A>>B or A>B (the first is much / slightly better), A=B (a tie), B>A or B>>A (the second is better)"
        return f"Explain first. Then end with a line of its own, [[X]], where X stands for one of: {menu}."
    menu = "A（前一个更好）、B（后一个更好）、C（不分上下）"
    if levels == 5:
        menu = "A>>B（前一个好得多）、A>B（前一个略好）、A=B（不分上下）、B>A（后一个略好）、B>>A（后一个好得多）"
    return f"先写理由，最后单独一行写 [[X]]，把 X 换成其中一个：{menu}。"


def ask_letter(lang: Language = "zh") -> str:
    """Return the instruction for the format that `read_letter` reads: the verdict alone, as one letter and one token."""
    if lang == "en":
        return "No reasons. Write one capital letter and nothing else: A (the first is better), B (the second is better) or C (a tie)."
    return "不写理由。只写一个大写字母，别的都不写：A（前一个更好）、B（后一个更好）、C（不分上下）。"


def ask_number(minimum: int = 1, maximum: int = 10, *, reasons: bool = False) -> str:
    """Return the instruction for a whole score, alone or after reasons, whose probabilities are looked at instead of what is written."""
    if reasons:
        return f"先写理由，最后单独一行写 [[X]]，把 X 换成 {minimum} 到 {maximum} 的一个整数。"
    return f"不写理由。只写一个 {minimum} 到 {maximum} 的整数，别的都不写。"


def ask_reason(dialogues: int, lang: Language = "zh") -> str:
    """Return what reasons should be like, for a judge that is shown so many dialogues."""
    if lang == "en":
        what = "what each of the two got right and wrong" if dialogues == 2 else "what mattered"
        return f"Three to five sentences on {what}; quote the material in quotation marks, and repeat none of its verdicts or scores."
    what = "两份各自要紧的对错" if dialogues == 2 else "要紧的对错"
    return f"理由三五句即可，说清{what}；引用材料里的原话要加引号，不要照抄材料里的任何结论或分数。"


def ask_rating(minimum: float = 1, maximum: float = 10, lang: Language = "zh") -> str:
    """Return the instruction for the format that `read_rating` prefers; quoted back alone it is no rating."""
    if lang == "en":
        return f"Explain first. Then end with a line of its own, [[X]], where X stands for a number from {minimum:g} to {maximum:g}."
    return f"先写理由，最后单独一行写 [[X]]，把 X 换成 {minimum:g} 到 {maximum:g} 之间的一个数，可以有小数。"


def ask_scores(
    dimensions: Sequence[str], minimum: float = 1, maximum: float = 10, lang: Language = "zh", overall: str = "综合得分"
) -> str:
    """Return the instruction for the format that `read_scores` prefers; quoted back alone it holds no score."""
    names = [*dimensions, overall] if overall else [*dimensions]
    form = "{" + ", ".join(f"{json.dumps(name, ensure_ascii=False)}: X" for name in names) + "}"
    if lang == "en":
        return f"Explain first. Then end with a line of its own, {form}, where each X stands for a number from {minimum:g} to {maximum:g}."
    return f"先写理由，最后单独一行写 {form}，把每个 X 换成 {minimum:g} 到 {maximum:g} 之间的一个数，可以有小数。"


def verdict_schema(levels: Literal[3, 5] = 3) -> dict[str, Json]:
    """Return the JSON schema of a reply that `read_verdict` reads; the reason comes first, so the judge thinks first."""
    return _schema({"verdict": {"type": "string", "enum": list(_LEVELS[levels])}})


def scores_schema(
    dimensions: Sequence[str], minimum: float = 1, maximum: float = 10, overall: str = "综合得分"
) -> dict[str, Json]:
    """Return the JSON schema of a reply that `read_scores` reads (and `read_rating`, where only `overall` is asked for)."""
    number: Json = {"type": "number", "minimum": minimum, "maximum": maximum}
    return _schema(dict.fromkeys([*dimensions, overall] if overall else dimensions, number))


def _schema(properties: dict[str, Json]) -> dict[str, Json]:
    every: dict[str, Json] = {"reason": {"type": "string"}, **properties}
    return {"type": "object", "properties": every, "required": [*every], "additionalProperties": False}
