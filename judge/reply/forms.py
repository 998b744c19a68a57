"""The forms a statement may have, from a bare last line to a JSON object: where each is found, and which one counts.

What a statement says is not known here: each reader brings the `Meaning` of its own words.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Generic, TypeAlias, TypeVar

from judge.records import Unreadable, Verdict
from judge.reply.objects import NEWEST, blocks, pairs_of
from judge.reply.page import BLOCK_BLANK, WIDTHS, Page, page_of
from judge.reply.vocabulary import (
    AFTERTHOUGHT,
    MODIFIER,
    RATING_WORDS,
    SOMEONES,
    VERDICT_WORDS,
    label_pattern,
    meant,
    owned,
)

T = TypeVar("T")
Meaning: TypeAlias = "Callable[[str], T | Unreadable | None]"  # None: says nothing; Unreadable: off the scale

UNFINISHED = Unreadable("最后的字典没有写完")
CONTRADICTION = Unreadable("有互相矛盾的结论")
_NOTHING = Unreadable("没有找到约定格式的结论")


class Form(IntEnum):
    """From the weakest to the strongest."""

    LOOSE = 1  # a last line that is nothing else; an object that something follows
    LABEL = 2  # 结论：A
    FINAL_LABEL = 3  # 最终结论：A
    MARK = 4  # [[A]]
    LABEL_MARK = 5  # 结论：[[A]]
    FINAL_MARK = 6  # 最终结论：[[A]]
    OBJECT = 7  # {"verdict": "A"} at the end


_FINAL = (Form.FINAL_LABEL, Form.FINAL_MARK)


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A statement: where it stands, in what form, and what it says."""

    start: int
    end: int
    form: Form
    value: T | Unreadable


def read(reply: str, words: str, meaning: Meaning[T], loose: Callable[[str], Iterable[Found[T]]]) -> T | Unreadable:
    """Read the one statement that counts, labelled by `words` or marked; `loose` finds what has no other form."""
    page = page_of(reply)
    if isinstance(page, Unreadable):
        return page
    label = re.compile(label_pattern(words), re.I)
    found = [*_objects(page, words, meaning), *_marks(page.own, label, meaning), *_labelled(page.own, label, meaning)]
    return settle([*found, *loose(page.own)], page)


# ── settling ──────────────────────────────────────────────────────────────────────────────────────────────────────────

CUT_OBJECT = re.compile(r"\{\s{0,8}[\"'][^{}]*\Z")  # {"verdict": "B", "reason": "它写


# After a statement: it no longer holds. 我改判为B, 更正：应为B, "I change my verdict", "on second thought".
_WITHDRAWN = re.compile(
    r"改判|改评|更正[为:]|我收回|\bI(?: must| will|'ll)? (?:change|revise|retract|withdraw) my\b|\bon second thought",
    re.I,
)


def settle(found: Sequence[Found[T]], page: Page) -> T | Unreadable:
    """Take the last of the strongest form, unless another final one denies it."""
    if not found:
        return _NOTHING
    form = max(one.form for one in found)
    *others, last = sorted((one for one in found if one.form == form), key=lambda one: one.start)
    cut = CUT_OBJECT.search(page.own[-4000:])
    if cut and last.start > max(0, len(page.own) - 4000) + cut.start():
        return UNFINISHED
    if any(one.value != last.value and in_one_list(page.own, one.start, last.start) for one in others):
        return CONTRADICTION
    if _WITHDRAWN.search(page.own, last.end):
        return CONTRADICTION
    denials = [one for one in found if one.value != last.value and (one.form == form or _side(one) != _side(last))]
    in_tail = last.start >= page.tail  # a block at the very end may be the judge's or a candidate's
    for one in denials:
        loud = one.form >= Form.MARK or one.form in _FINAL
        if one.start > last.end or one.form in _FINAL or (in_tail and loud and one.start < page.tail):
            return CONTRADICTION
    right = last.start
    for one in reversed(others):
        between = page.own[one.end : right]
        if re.search(r"\w", between) and re.search(r"[\n。!?;]|\.\s", between):
            break
        if one.value != last.value:
            return CONTRADICTION
        right = one.start
    return last.value


def in_one_list(text: str, one: int, other: int) -> bool:
    """Tell whether two statements are items of a list, neither over all: 准确性：[[A]] and 流畅性：[[B]]."""
    names = item_name(text, one), item_name(text, other)
    return all(names) and names[0] != names[1]


# The name of an item, before it on its line (准确性：[[A]]) or on a line above it (**准确性**, ### 准确性, 准确性：, 准确性).
_NAMED = re.compile(r"[\s*_#>|\d.)-]{0,12}([^\n:|,。#*]{1,30}?)[\s*_]{0,4}[:|][\s*_|]{0,8}")
_HEADING = re.compile(
    r"(?:#{1,6}\s[\s*_\d.)]{0,8}([^\n:*#]{1,30})[\s:*#]{0,6}|\*\*[\s\d.)]{0,6}([^\n:*]{1,30})[\s:*]{0,6}"
    r"|[\s*_\d.)-]{0,8}([^\n:,。*]{1,20}):[\s*]{0,4}|([^\W\d_][^\n:,。*#.!?;\[\]|]{0,14}))"
)
# What is over all, or takes back what came before: 综合, 总体, "after revision"; or a label alone: 我的结论.
_OVERALL = re.compile(
    r"综合|总|整体|实际|最终|最后|因此|所以|综上|更正|修正|改|重新|重评|再[看评查]|复[评核查]|终[评审]|"
    r"overall|total|final|summary|revis|correct(?:ed|ion)|\bre-?(?:consider|check|read|view|exam|evaluat)|"
    rf"^{MODIFIER}(?:{VERDICT_WORDS}|{RATING_WORDS}|答案|answer)s?$",
    re.I,
)


def item_name(text: str, start: int) -> str:
    """Return what a statement is about, when it is an item of a list; empty for one over all, or about nothing named."""
    above, _, line = text[max(0, start - 160) : start].rpartition("\n")
    named = _NAMED.fullmatch(line)
    if not named and not re.search(r"\w", line):
        named = _HEADING.fullmatch(above.rstrip().rpartition("\n")[2].strip())
    name = next((group for group in named.groups() if group), "").strip() if named else ""
    return "" if _OVERALL.search(name) else name


def _side(found: Found[T]) -> object:
    return found.value.side if isinstance(found.value, Verdict) else found.value


# ── marks ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

_MARK = re.compile(r"\[\s?\[\s{0,8}([^\[\]\n]{1,40})\]\s?\](\s?/\s?\d{1,4})?")  # [[A]], [[7]]/10


def _marks(text: str, label: re.Pattern[str], meaning: Meaning[T]) -> Iterator[Found[T]]:
    for mark in deque(_MARK.finditer(text), maxlen=NEWEST):
        value = meaning(mark[1] + (mark[2] or ""))
        offset = max(0, mark.start() - 90)
        before = text[offset : mark.start()]
        named = [one for one in label.finditer(before) if not re.search(r"\n|\]\s?\]", before[one.end() :])]
        start = offset + named[-1].start() if named else mark.start()
        own = not AFTERTHOUGHT.match(text, mark.end()) and meant(text, mark.start()) and meant(text, start)
        if value is not None and own:
            form = Form.MARK if not named else Form.FINAL_MARK if _is_final(named[-1][0]) else Form.LABEL_MARK
            yield Found(start, mark.end(), form, value)


# ── labels ────────────────────────────────────────────────────────────────────────────────────────────────────────────

# Up to the stop, which a point inside a number is not: 8.5, 8 . 5, 8。5 (full width, typed as a stop).
_SENTENCE = re.compile(r"(?:[^。!?;\n.]|\.(?=\d)|(?<=\d )\.(?= \d)|(?<=\d)。(?=\d{1,2}(?:[\s分/*]|\Z)))*")
_ALTERNATIVE = re.compile(r"^\s?(?:或者?|or|and|和|与)|[)\]\s]+$", re.I)  # A（或B）
_LIMITED = re.compile(r"仅限|只限|仅就|仅在|only (?:for|in terms of|on|regarding)\b", re.I)  # A更好，但仅限于准确性
_RESULT = re.compile(r"=\s?(\d[\d.]{0,8})")  # 10 - 3 = 7
# Where an aside starts: A，因为..., A（更完整）, "A - it is complete", "| A | 理由 |", "A because".
_ASIDE = re.compile(r",|\(|\}|\s[-–—]{1,3}\s|\|| (?:because|since|due to|as)\b|因为|由于|理由|原因", re.I)


def _labelled(text: str, label: re.Pattern[str], meaning: Meaning[T]) -> Iterator[Found[T]]:
    for one in deque(label.finditer(text), maxlen=NEWEST):
        said = text[one.end() : one.end() + 120]
        value = None if _MARK.match(said.lstrip(" *_\"'")) else stated(said, meaning)
        own = not SOMEONES.search(text[max(0, one.start() - 12) : one.start()])
        if value is not None and own and meant(text, one.start()):
            form = Form.FINAL_LABEL if _is_final(one[0]) else Form.LABEL
            yield Found(one.start(), one.end() + 1, form, value)


def _is_final(label: str) -> bool:
    return bool(re.search("final|最终", label, re.I))


def stated(said: str, meaning: Meaning[T]) -> T | Unreadable | None:
    """Read the head of a statement; an aside may follow it (A更好，因为...), but no other value (A, B)."""
    sentence = _SENTENCE.match(said)
    if not sentence or said[sentence.end() : sentence.end() + 1] == "?":
        return None
    head, *asides = _ASIDE.split(sentence[0])
    value = meaning(sentence[0])
    if value is not None:
        return value
    value = meaning(head)
    results = [meaning(result) for result in _RESULT.findall(sentence[0])]
    others = [*map(meaning, asides), *(meaning(_ALTERNATIVE.sub("", aside)) for aside in asides)]
    if any(one not in (None, value) for one in [*results, *others]) or _LIMITED.search(sentence[0], len(head)):
        return None
    return value


_BRACKETS = {"[]", "()", "{}"}


def bare(said: str) -> str:
    """Take off emphasis, quotes, end punctuation and pairs of brackets."""
    for _ in range(4):
        said = said.rstrip(" \t\n*_\"'`#。.,!;:").lstrip(" \t\n*_\"'`#:")
        if said[:1] + said[-1:] not in _BRACKETS:
            break
        said = said[1:-1]
    return said


# The question is one of options, so that an "answer" may be its own: 正确答案是B, "the correct answer is (B)".
_OPTION = re.compile(
    r"(?i:正确|标准|参考|correct |right )的?(?i:答案|选项|answer|option|choice)[^\n。.]{0,8}?"
    r"(?<![A-Za-z])[A-D](?![A-Za-z])"
)


def last_line(text: str, meaning: Meaning[T]) -> Iterator[Found[T]]:
    """Find a statement that is the whole last line, with no label but perhaps "answer"; an earlier line may say no other."""
    line = text.rstrip().rpartition("\n")[2]
    said = re.sub(r"^\W*(?:(?:最终|最后)的?答案[:是为]|答案:|(?:final )?answer:)", "", line, flags=re.I)
    value = meaning(said) if len(line) <= 60 else None
    if said != line and _OPTION.search(text):
        return
    others = [meaning(other) for other in text[-2000:].rstrip().split("\n")[-20:-1] if 0 < len(other) <= 20]
    end = len(text.rstrip())
    if value is not None and meant(text, end - len(line)):
        yield Found(end - len(line), end, Form.LOOSE, value if {*others} <= {None, value} else CONTRADICTION)


# ── objects ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _objects(page: Page, words: str, meaning: Meaning[T]) -> Iterator[Found[T]]:
    name = re.compile(rf"{MODIFIER}(?:{words})", re.I)
    end = len(page.text)
    final = True
    for start, stop in reversed(blocks(page)):
        pairs = pairs_of(page.text[start:stop])
        values = [meaning(said) for key, said in pairs if name.fullmatch(key.translate(WIDTHS))]
        known = [value for value in values if value is not None]
        final = final and page.own[start] != BLOCK_BLANK and not re.search(r"\w", page.own[stop:end])
        end = start
        if known and owned(page.own, start):
            value = known[0] if all(one == known[0] for one in known) else CONTRADICTION
            yield Found(start, stop, Form.OBJECT if final else Form.LOOSE, value)
