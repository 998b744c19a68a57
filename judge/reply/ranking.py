"""Several systems in one reply: a score for each, or a chain such as 助手2 > 助手1 = 助手3."""

from __future__ import annotations

import re
from collections import deque
from functools import partial

from judge.records import Score, Scores, Unreadable
from judge.reply.forms import (
    CONTRADICTION,
    Form,
    Found,
    Meaning,
    bare,
    item_name,
    settle,
    stated,
)
from judge.reply.objects import NEWEST, blocks, pairs_of
from judge.reply.page import WIDTHS, page_of
from judge.reply.scores import number
from judge.reply.vocabulary import DENIED, LINK, NOUN, RATING_WORDS, meant

# ── which system ──────────────────────────────────────────────────────────────────────────────────────────────────────

_NTH = r"(\d{1,2}|[a-z]|[一二三四五六七八九十]|[甲乙丙丁戊己庚辛壬癸])(?![a-z0-9])"


def _nth(text: str) -> int:
    """Return the placement, from 1, that a number or letter stands for."""
    if text.isdigit():
        return int(text)
    rows = ("一二三四五六七八九十", "甲乙丙丁戊己庚辛壬癸", "abcdefghijklmnopqrstuvwxyz")
    return next(row.index(text.lower()) + 1 for row in rows if text.lower() in row)


# ── a score for each ──────────────────────────────────────────────────────────────────────────────────────────────────

# A system before its score: "System 1: 9", 助手A的得分：8; with no noun only a capital or 甲 to 丁: A：8分.
_LISTED = re.compile(
    rf"(?<!\w)(?:{NOUN}|(?=(?-i:[A-J甲乙丙丁])[ *]{{0,3}}[:=])){_NTH}(?:'s|的)?\s?(?:{RATING_WORDS})?{LINK}", re.I
)
_LISTED_KEY = re.compile(rf"(?:{NOUN})?{_NTH}(?:'s|的)?[\s_]?(?:{RATING_WORDS})?", re.I)


def read_joint_scores(
    reply: str, count: int, *, minimum: float = 1, maximum: float = 10
) -> tuple[Scores, ...] | Unreadable:
    """Read the scores of `count` systems as shown: System 1: 9/10 ..., an object, or a first line of numbers (8 9).

    A missing system, one too many, or a score out of range makes the reply Unreadable.
    """
    page = page_of(reply)
    if isinstance(page, Unreadable):
        return page
    meaning = partial(number, minimum=minimum, maximum=maximum)
    found = dict(enumerate(_number_line(page.own, meaning), 1))
    parts: dict[int, str] = {}
    for one in deque(_LISTED.finditer(page.own), maxlen=NEWEST * 4):
        value = stated(page.own[one.end() : one.end() + 60], meaning)
        if value is not None and meant(page.own, one.start()):
            nth, part = _nth(one[1]), item_name(page.own, one.start())
            if part and parts.get(nth, part) != part and found[nth] != value:
                return CONTRADICTION  # the scores of each turn or dimension, none over all
            found[nth], parts[nth] = value, part
    for start, end in blocks(page)[-1:]:
        found.update(_joint_object(pairs_of(page.text[start:end]), meaning))
    wrong = [f"第 {nth} 个：{value.reason}" for nth, value in found.items() if isinstance(value, Unreadable)]
    missing = [f"缺少第 {nth} 个的分数" for nth in range(1, count + 1) if nth not in found]
    extra = [f"多出第 {nth} 个的分数" for nth in found if not 1 <= nth <= count]
    if wrong or missing or extra:
        return Unreadable("；".join([*wrong, *missing, *extra]))
    return tuple(Scores(overall=value) for nth in range(1, count + 1) if isinstance(value := found[nth], Score))


def _number_line(text: str, meaning: Meaning[Score]) -> list[Score | Unreadable]:
    lines = text.strip().split("\n")
    for line in (lines[0], lines[-1]):
        values = [meaning(part) for part in re.split(r"[\s,;、]+", bare(line))] if len(line) <= 80 else []
        known = [value for value in values if value is not None]
        if len(known) > 1 and len(known) == len(values):
            return known
    return []


def _joint_object(pairs: list[tuple[str, str]], meaning: Meaning[Score]) -> dict[int, Score | Unreadable]:
    named = [(_LISTED_KEY.fullmatch(key.translate(WIDTHS)), meaning(said)) for key, said in pairs]
    found = {_nth(key[1]): value for key, value in named if key and value is not None}
    if found:
        return found
    listed = [meaning(said) for key, said in pairs if re.fullmatch(rf"(?:{RATING_WORDS})s?", key, re.I)]
    return {nth: value for nth, value in enumerate(listed, 1) if value is not None} if len(listed) > 1 else {}


# ── an order ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_PLACE = rf"(?:{NOUN})?{_NTH}[*_\"'\])]{{0,4}}"
# 助手2 > 助手1 = 助手3, "**A** >= **B**", 2 ≥ 1 ≈ 3
_CHAIN = re.compile(rf"(?<![\w>=<]){_PLACE}(?:\s?(?:>=|=>|>{{1,2}}|={{1,2}}|≥|≈)[\s*_\"'\[(]{{0,5}}{_PLACE})++", re.I)
_STEP = re.compile(rf"(>=|=>|>{{1,2}}|={{1,2}}|≥|≈)?[\s*_\"'\[(]{{0,5}}{_PLACE}", re.I)
_ORDER = re.compile(r"(?:排名|排序|顺序|名次|ranking|order)[^\n。]{0,40}[:是为]?\W{0,6}$", re.I)
_ALL_EQUAL = re.compile(
    # of whom: "all four assistants", 所有助手, 每个回答; or counted: 四个助手, but not 第四个助手
    r"(?:(?<!not )\ball(?: of)?(?: the)?|(?<!非)(?:所有|全部|各个?|每个)|(?<!第)(?=[两三四五六七八九十]个))"
    rf"\s?(?P<many>[a-z]{{3,5}}|\d{{1,2}}|[两三四五六七八九十])?[个位份]?\s?(?:的)?{NOUN}[^\n。.!?]{{0,40}}?"
    # what of them: "are tied", 表现相同, 不分上下
    r"(?:\bequal|\btied?\b|\bthe same\b|同样|一样|相同|相等|并列|[不难][分相]上下|平手|平局|相当)",
    re.I,
)
_COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}


def read_ranking(reply: str, count: int) -> tuple[int, ...] | Unreadable:
    """Read competition ranks (1, 2, 2, 4) by placement from a chain such as 助手2 > 助手1 = 助手3, or words that all are equal.

    `>=` counts as `>`. A chain that does not name each of the `count` systems once is no ranking.
    """
    page = page_of(reply)
    if isinstance(page, Unreadable):
        return page
    found: list[Found[tuple[int, ...]]] = []
    for chain in deque(_CHAIN.finditer(page.own), maxlen=NEWEST):
        cut = re.match(r"\s?[<>=≤≥]", page.own[chain.end() : chain.end() + 2])
        ranks = None if cut else _ranks(chain[0], count)
        named = re.search(NOUN, chain[0], re.I) or _ORDER.search(page.own[max(0, chain.start() - 60) : chain.start()])
        line = page.own[: chain.start()].rpartition("\n")[2] + page.own[chain.end() :].partition("\n")[0]
        if ranks and (named or not re.search(r"\w", line)) and meant(page.own, chain.start()):
            found.append(Found(chain.start(), chain.end(), Form.MARK, ranks))
    for start, end in blocks(page)[-1:]:
        chains = [said for _, said in pairs_of(page.text[start:end]) if _CHAIN.fullmatch(said.translate(WIDTHS))]
        known = [ranks for said in chains if (ranks := _ranks(said.translate(WIDTHS), count))]
        found += [Found(start, end, Form.OBJECT, ranks) for ranks in known]
    last = page.own.rstrip().rpartition("\n")[2]
    equal = _ALL_EQUAL.search(last)
    if not found and equal and not DENIED.search(last) and _many(equal["many"]) in (0, count):
        return (1,) * count
    return settle(found, page)


def _many(word: str | None) -> int:
    """Return the number that a word says; 0 for another word (all the assistants)."""
    if not word or len(word) > 2:
        return _COUNTS.get((word or "").lower(), 0)
    return int(word) if word.isdigit() else _nth(word.replace("两", "二"))


def _ranks(chain: str, count: int) -> tuple[int, ...] | None:
    ranks: dict[int, int] = {}
    rank = 1
    for step in _STEP.finditer(chain):
        if step[1] not in ("=", "==", "≈"):
            rank = len(ranks) + 1
        if ranks.setdefault(_nth(step[2]), rank) != rank:
            return None
    return tuple(ranks[nth] for nth in range(1, count + 1)) if set(ranks) == set(range(1, count + 1)) else None
