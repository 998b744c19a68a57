"""What can be counted of an answer and its reference without a model: a dozen numbers, each with a name people understand. Pure.

All is measured on units: one Han character, one Latin word or one number is one unit.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

# In the order in which `features` returns them. Larger is more of what the name says.
NAMES: dict[str, str] = {
    "recall": "覆盖参考的字词",
    "news": "覆盖参考里题面没有的内容",
    "precision": "少说参考之外的话",
    "sequence": "顺序与参考相同",
    "numbers": "参考里的数都出现",
    "option": "选项与参考一致",
    "yes_no": "是非判断与参考一致",
    "refusal": "推辞不答",
    "language": "语言与参考不一致",
    "repetition": "自我重复",
    "shorter": "比参考短",
    "longer": "比参考长",
    "list": "分条列出",
}
MOST = 20_000  # units looked at: beyond it an answer is only longer

_FULL_WIDTH = {0xFF01 + n: 0x21 + n for n in range(94)}
_UNIT = re.compile(r"[\u4e00-\u9fff]|[a-z]+|\d+(?:\.\d+)?")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LATIN = re.compile(r"[a-z]")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_OPTION = re.compile(r"(?<![a-z\d])(?<!\d )[a-g](?![a-z]|\s[a-z])")  # neither 120 g nor "a dog"
_OPTION_FIRST = re.compile(r"\W*(?:答案)?\W*[a-g]\b")
_REFUSAL = re.compile(
    r"作为(?:一个|一名)?(?:人工智能|ai|语言模型|大语言模型)|我(?:无法|不能)(?:回答|提供|给出)|抱歉|对不起|很遗憾"
    r"|无法(?:回答|提供|确定)|i'm sorry|as an ai"
)
_END = r"(?=$|[\s,.;:!?。、…])"  # 对。 is a yes, 对于 is none
_YES = re.compile(rf"(?:正确)?(?:答案[:是为]?)?\s*(?:是的?|正确|对的?|可以|能|成立|√|true|yes){_END}")
_NO = re.compile(rf"(?:正确)?(?:答案[:是为]?)?\s*(?:不是|不正确|错误?|不对|不可以|不能|不成立|×|false|no){_END}")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_ITEM = re.compile(r"^[^\S\n]*(?:\d+[.、)]|[-*•])", re.MULTILINE)


def features(prompt: str, reference: str, answer: str) -> tuple[float, ...]:
    """Return the features of one answer to one turn, in the order of NAMES; all are finite, whatever the texts are."""
    asked, right, said = (_plain(text) for text in (prompt, reference, answer))
    units_asked, units_right, units = (_UNIT.findall(text) for text in (asked, right, said))
    length, units = len(units), units[:MOST]
    ones, pairs = Counter(units), _pairs(units)
    wanted, wanted_pairs = Counter(units_right), _pairs(units_right)
    news = wanted_pairs - _pairs(units_asked) or wanted_pairs
    longer = math.log((1 + length) / (1 + len(units_right)))
    return (
        _share(wanted, ones),
        _share(news, pairs) if news else _share(wanted, ones),
        _share(ones, wanted),
        _longest_common(units_right, units) / max(1, min(400, len(units_right))),
        _numbers(asked, right, said),
        _option(right, said, len(units_right)),
        float(_polarity(right) * _polarity(said)),
        float(_REFUSAL.search(said[:200]) is not None and _REFUSAL.search(right[:200]) is None),
        abs(_han(said) - _han(right)),
        1 - len(triples) / max(1, sum(triples.values())) if (triples := _triples(units)) else 0.0,
        max(0.0, -longer),
        max(0.0, longer),
        min(1.0, len(_ITEM.findall(answer[: 8 * MOST])) / 5),
    )


def _plain(text: str) -> str:
    return _THOUSANDS.sub("", " ".join(text.translate(_FULL_WIDTH).lower().split()))


def _pairs(units: Sequence[str]) -> Counter[tuple[str, str]]:
    return Counter(pairwise(units))


def _triples(units: Sequence[str]) -> Counter[tuple[str, str, str]]:
    return Counter(zip(units, units[1:], units[2:], strict=False))


def _share(whole: Counter, part: Counter) -> float:  # type: ignore[type-arg]
    """Return how much of one bag lies in another, 0 to 1."""
    return (whole & part).total() / max(1, whole.total())


def _numbers(asked: str, right: str, said: str) -> float:
    """Return how many of the reference's numbers (those not in the question, if any) are said, -0.5 to 0.5; 0 without numbers."""
    wanted = set(_NUMBER.findall(right))
    wanted = wanted - set(_NUMBER.findall(asked)) or wanted
    return len(wanted & set(_NUMBER.findall(said))) / len(wanted) - 0.5 if wanted else 0.0


def _option(right: str, said: str, length: int) -> float:
    """Return whether the option letter agrees: 1 first, 0.3 last, -0.5 none said, -1 another; 0 where none is asked for."""
    wanted, given = _OPTION.findall(right), _OPTION.findall(said[:2000])
    if not wanted or not (length <= 12 or _OPTION_FIRST.match(right)):
        return 0.0
    if not given:
        return -0.5
    return 1.0 if given[0] == wanted[0] else 0.3 if given[-1] == wanted[0] else -1.0


def _polarity(text: str) -> int:
    """Return 1 where a text starts with yes, -1 with no, else 0."""
    return 1 if _YES.match(text) else -1 if _NO.match(text) else 0


def _han(text: str) -> float:
    """Return the share of Han characters among letters."""
    han, latin = len(_HAN.findall(text)), len(_LATIN.findall(text))
    return han / max(1, han + latin)


def _longest_common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the length of the longest common subsequence of the first 400 and 800 units (Hyyrö 2004, bit-parallel)."""
    one, other = one[:400], other[:800]
    places: dict[str, int] = {}
    for at, unit in enumerate(one):
        places[unit] = places.get(unit, 0) | 1 << at
    full = (1 << len(one)) - 1
    row = full
    for unit in other:
        met = row & places.get(unit, 0)
        row = ((row + met) | (row - met)) & full
    return len(one) - row.bit_count()
