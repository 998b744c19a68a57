"""What a score may say, from 8 to 十分之七点五, and the readers of one overall score and of one per dimension."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from judge.records import Score, Scores, Unreadable
from judge.reply.forms import (
    CONTRADICTION,
    CUT_OBJECT,
    UNFINISHED,
    Form,
    Found,
    Meaning,
    bare,
    in_one_list,
    last_line,
    read,
    stated,
)
from judge.reply.objects import NEWEST, blocks, pairs_of
from judge.reply.page import WIDTHS, Page, page_of
from judge.reply.vocabulary import LINK, MODIFIER, OVERALL_WORDS, RATING_WORDS, meant, owned

# ── a number ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_DIGITS = "零一二三四五六七八九"
# 8, 8.5, -3, 八, 七点五, 一百
_AMOUNT = r"[+-]?\d{1,6}(?:\.\d{1,6})?|[零〇一二两三四五六七八九十百]{1,7}(?:点[零〇一二三四五六七八九]{1,3})?"
_NUMBERS = [
    re.compile(pattern, re.I)
    for pattern in (
        # 8, 8.5分, 八分半, 评分：8分, 7/10, "7 out of 10", 8（满分10分）
        rf"(?:{MODIFIER}(?:{RATING_WORDS}){LINK})?(?P<n>{_AMOUNT})\s?(?:分|points?|pts?)?(?P<half>半)?"
        rf"\s?(?:\(?(?:/|out of|满分为?)\s?(?P<of>{_AMOUNT})\s?(?:分|points?)?\)?|"
        # 4（五分制）, 85分，百分制
        rf"[(,]\s?(?:采用|按)?(?P<system>{_AMOUNT})分制\)?)?",
        # 十分之七
        rf"(?P<of>{_AMOUNT})分之(?P<n>{_AMOUNT})",
        # 满分10分，得8分
        rf"满分\s?(?P<of>{_AMOUNT})\s?分?,?\s?[得给打]?\s?(?P<n>{_AMOUNT})\s?分?",
    )
]


def _amount(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        pass
    whole, _, decimals = text.replace("〇", "零").replace("两", "二").partition("点")
    total, digit = 0, 0
    for char in whole:
        if char in "十百":
            total, digit = total + (digit or 1) * (10 if char == "十" else 100), 0
        elif digit:
            return None
        else:
            digit = _DIGITS.index(char)
    return float(total + digit) + (
        float("0." + "".join(str(_DIGITS.index(char)) for char in decimals)) if decimals else 0
    )


def number(said: str, minimum: float, maximum: float) -> Score | Unreadable | None:
    """Read a number on the scale from `minimum` to `maximum`; off it, or of another full mark, is Unreadable."""
    said = bare(said)
    match = next((match for form in _NUMBERS if (match := form.fullmatch(said))), None) if len(said) <= 60 else None
    value = _amount(match["n"]) if match else None
    if match is None or value is None:
        return None
    groups = match.groupdict()
    of = groups["of"] or groups.get("system")
    if of and (full := _amount(of)) != maximum:
        return Unreadable(f"满分写成了 {full or 0:g}，约定是 {maximum:g}")
    value += 0.5 if groups.get("half") else 0
    if not minimum <= value <= maximum:
        return Unreadable(f"分数 {value:g} 超出 {minimum:g} 到 {maximum:g}")
    return Score(value, minimum, maximum)


# ── one overall score ─────────────────────────────────────────────────────────────────────────────────────────────────

# A number in single brackets on a line of its own: [6/10], **[7]**.
_ALONE = re.compile(r"^[ \t*_]{0,6}(?:\[[ \t]?([^\[\]\n]{1,20})\])[ \t*_。.]{0,6}$", re.M)
# The end of the last sentence, where somebody gives points: 我给这个回答打 8 分, "I would rate this response 8/10";
# but no difference, bound or part of a range: 高 2 分, 扣2分, 近8分, 7-8分, 7 或 8 分; nor the full mark: 满分10分.
_GIVEN = re.compile(
    r"(?:\b(?:rate|give|score|award|deserve)s?\b|给|打|评(?!分标准))[^\n。!?;]{0,40}?"
    r"(?<![\d.高低多少扣加减差至到近于过超足或和与、,~≈<>≤≥-])(?<![至到于过或和与、,~≈<>≤≥-]\s)(?<!满分)(?<!满分[\s为是])"
    rf"((?:{_AMOUNT})\s?(?:分|/\s?\d{{1,4}}|out of \d{{1,4}})(?:\s?\(满分为?\s?\d{{1,4}}\s?分?)?)\W{{0,4}}$",
    re.I,
)
_GIVEN_TOO = re.compile(r"\d\s?(?:分|/\s?\d|out of)")  # another one before it: "A 8/10 and B 6/10"
_GIVEN_BY = re.compile(
    r"^(?!.*(?:我|\bI\b)).*(?:用户|学生|题目|读者|老师|\b(?:users?|students?|readers?|teachers?)\b)", re.I
)


def read_rating(reply: str, *, minimum: float = 1, maximum: float = 10) -> Scores | Unreadable:
    """Read one overall score from `minimum` to `maximum`; out of range, or out of another maximum, is Unreadable."""
    meaning = partial(number, minimum=minimum, maximum=maximum)
    score = read(reply, RATING_WORDS, meaning, partial(_loose_number, meaning=meaning))
    return score if isinstance(score, Unreadable) else Scores(overall=score)


def _given(text: str, meaning: Meaning[Score]) -> Iterator[Found[Score]]:
    """Find the one number that the last sentence gives, unless it is somebody else's (用户会给9分)."""
    end = len(text.rstrip())
    start = max(0, end - 160)
    given = _GIVEN.search(text[start:end].rpartition("\n")[2])
    if not given:
        return
    at = end - len(given[0])
    amount = at + given.start(1) - given.start()
    value = meaning(given[1])
    others = _GIVEN_TOO.search(text, at, amount) or _GIVEN_BY.search(re.split(r"[,。;\n]", text[start:amount])[-1])
    if value is not None and not others and meant(text, at) and meant(text, amount):
        yield Found(at, end, Form.LOOSE, value)


def _loose_number(text: str, meaning: Meaning[Score]) -> Iterator[Found[Score]]:
    """Find a number that is the last line, ends the last sentence (我给8分), or stands alone in brackets, once only."""
    yield from _given(text, meaning)
    alone = [(one, meaning(one[1])) for one in deque(_ALONE.finditer(text), maxlen=NEWEST)]
    known = [(one, value) for one, value in alone if value is not None]
    if known and all(value == known[0][1] for _, value in known):
        yield Found(known[0][0].start(), known[-1][0].end(), Form.LOOSE, known[0][1])
    if not known:
        yield from last_line(text, meaning)


# ── a score for every dimension ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Named:
    """What is asked for by name, each with its pattern; the reading of a name is the last one given."""

    patterns: dict[str, str]
    meaning: Meaning[Score]

    def in_object(self, block: str) -> dict[str, Score | Unreadable]:
        found: dict[str, Score | Unreadable] = {}
        pairs = pairs_of(block)
        for name, pattern in self.patterns.items():
            whole = re.compile(rf"\s*(?:{pattern})\s*", re.I)
            values = [self.meaning(said) for key, said in pairs if whole.fullmatch(key.translate(WIDTHS))]
            known = [value for value in values if value is not None]
            if known:
                found[name] = known[-1] if all(value == known[-1] for value in known) else CONTRADICTION
        return found

    def in_text(self, text: str) -> dict[str, Score | Unreadable]:
        found: dict[str, Score | Unreadable] = {}
        other = re.compile("|".join(self.patterns.values()), re.I)
        for name, pattern in self.patterns.items():
            label = re.compile(rf"(?<!\w)(?:{pattern})(?![a-z]){LINK}", re.I)
            last: re.Match[str] | None = None
            for one in deque(label.finditer(text), maxlen=NEWEST):
                value = stated(other.split(text[one.end() : one.end() + 60], 1)[0], self.meaning)
                if value is None or not meant(text, one.start()):
                    continue
                denied = name in found and found[name] != value and _beside(text, last, one)
                found[name], last = CONTRADICTION if denied else value, one
                if denied:
                    break
        return found

    def missing(self, found: dict[str, Score | Unreadable]) -> Unreadable | None:
        for name, value in found.items():
            if isinstance(value, Unreadable):
                return Unreadable(f"{name}：{value.reason}")
        names = [name for name in self.patterns if name not in found]
        return Unreadable(f"缺少或读不出：{'、'.join(names)}") if names else None


def _beside(text: str, one: re.Match[str] | None, other: re.Match[str]) -> bool:
    """Tell whether two scores of one name stand with no word between, or each under a heading (第一轮, 第二轮)."""
    if one is None:
        return False
    return not re.search(r"\w", text[one.end() + 1 : other.start()]) or in_one_list(text, one.start(), other.start())


def _name_pattern(name: str) -> str:
    words = re.split(r"[\s_-]+", name.translate(WIDTHS).strip())
    return r"[\s_-]{0,3}".join(map(re.escape, words)) + r"(?:的?得分|的?评分|分数|得|[\s_]?score|[\s_]?rating)?"


def read_scores(
    reply: str, dimensions: Sequence[str], *, minimum: float = 1, maximum: float = 10, overall: str = "综合得分"
) -> Scores | Unreadable:
    """Read a score for every dimension and the overall one, from the last dictionary or from lines such as 正确性：8分.

    The overall score may also be called 总分 or Overall Score; with `overall` empty none is asked for.
    A missing or unreadable score, one out of range, or two different last dictionaries make the reply Unreadable.
    """
    page = page_of(reply)
    if isinstance(page, Unreadable):
        return page
    patterns = {name: _name_pattern(name) for name in dimensions}
    if overall:
        patterns[overall] = rf"{_name_pattern(overall)}|{OVERALL_WORDS}"
    asked = _Named(patterns, partial(number, minimum=minimum, maximum=maximum))
    found = _table(page, asked)
    if isinstance(found, Unreadable):
        return found
    if bad := asked.missing(found):
        return bad
    scores = {name: value for name, value in found.items() if isinstance(value, Score)}
    return Scores(scores[overall] if overall else None, tuple((name, scores[name]) for name in dimensions))


def _table(page: Page, asked: _Named) -> dict[str, Score | Unreadable] | Unreadable:
    """Read the last dictionary, and what it lacks from the text after it; without one, from the whole text."""
    own = [(start, end) for start, end in blocks(page) if owned(page.own, start)]
    tables = [(start, end, asked.in_object(page.text[start:end])) for start, end in own]
    tables = [table for table in tables if table[2]]
    for (_, end, former), (start, _, latter) in zip(tables[-2:-1], tables[-1:], strict=False):
        if former != latter and not re.search(r"\w", page.own[end:start]):
            return CONTRADICTION
    after = tables[-1][1] if tables else 0
    rest = page.own[after:]
    found = asked.in_text(rest)
    if (cut := CUT_OBJECT.search(rest)) and asked.in_text(rest[cut.start() :]):
        return UNFINISHED
    return found | tables[-1][2] if tables else found
