"""Texts of a bank that are nearly the same, as they stand and with digits and names masked. Pure, and exact.

The likeness of two texts is the Jaccard index of their sets of five characters in a row (Broder 1997). MinHash estimates it
where there are millions of texts; an index of where each five stand gives it exactly for the thousands that banks hold.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

ALIKE = 0.5  # from here on two texts are one question in two coats
SHORT = 16  # characters: shorter texts (“继续”, “再短一点”) are alike without meaning anything
GRAM = 5

_NAMES = re.compile(
    r"[老小阿大][赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜谢邹苏潘葛范彭鲁马方俞任袁柳鲍史唐薛贺倪汤罗毕安常于傅齐康伍余顾孟黄穆萧尹姚邵汪毛狄米贝明戴宋庞熊纪舒董梁杜阮蓝季贾路江童郭梅林钟徐邱骆高夏蔡田樊胡凌霍虞万柯管卢莫丁邓洪左石崔龚程]"
    r"|[赵钱孙李周吴郑王冯陈卫蒋沈韩杨朱秦许何吕张孔曹严金魏陶姜谢邹苏潘范彭鲁马方任袁柳史唐薛贺倪汤罗常傅齐康余顾孟黄萧尹姚邵汪毛戴宋熊纪董梁杜阮季贾路江童郭梅林钟徐邱高夏蔡田胡万卢莫丁邓洪石崔龚程]"
    r"(?:先生|女士|老师|师傅|经理|主任|工|总|姐|哥|叔|姨|阿姨|医生|同学)|[甲乙丙丁戊己庚辛][方队组班]?"
)
_DIGITS = re.compile(r"\d+(?:[.,:]\d+)*|[零〇一二两三四五六七八九十百千万亿]+")


@dataclass(frozen=True, slots=True)
class Alike:
    """Two texts, by their places in what was given, how alike they are (0 to 1), and whether only with digits and names masked."""

    first: int
    second: int
    likeness: float
    masked: bool


def plain(text: str) -> str:
    """Return a text without what does not change it: spaces, punctuation, full or half width, upper or lower case."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if char.isalnum())


def masked(text: str) -> str:
    """Return a text in which every number and every name is the same one."""
    folded = unicodedata.normalize("NFKC", text)
    return plain(_DIGITS.sub("0", _NAMES.sub("某", folded)))


def near(texts: Sequence[str], others: Sequence[str] = (), alike: float = ALIKE) -> list[Alike]:
    """Find pairs among some texts, and between them and others (whose places follow), that are nearly the same, likest first."""
    found: dict[tuple[int, int], Alike] = {}
    for hidden, form in ((False, plain), (True, masked)):
        for first, second, likeness in _pairs([form(one) for one in (*texts, *others)], len(texts), alike):
            found.setdefault((first, second), Alike(first, second, likeness, hidden))
    return sorted(found.values(), key=lambda one: (-one.likeness, one.first, one.second))


def _pairs(forms: Sequence[str], own: int, alike: float) -> Iterator[tuple[int, int, float]]:
    grams = [
        {form[at : at + GRAM] for at in range(len(form) - GRAM + 1)} if len(form) >= SHORT else set() for form in forms
    ]
    where: dict[str, list[int]] = defaultdict(list)
    for at, mine in enumerate(grams):
        shared = Counter(other for gram in mine for other in where.get(gram, ()))
        for other, count in shared.items():
            likeness = count / (len(mine) + len(grams[other]) - count)
            if likeness >= alike:
                yield other, at, likeness
        for gram in mine if at < own else ():  # others are not compared among themselves
            where[gram].append(at)
