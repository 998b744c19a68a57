"""The JSON objects of a reply, or what was meant as one: where they stand, and their names and values."""

from __future__ import annotations

import json
import re

from judge.reply.page import BLANK, QUOTES, WIDTHS, Page

NEWEST = 64  # of objects, and of statements of one form, only the last ones can matter

_BRACE = re.compile(r'"(?:[^"\\\n]|\\.)*+"|[{}]')  # a brace inside a string is none
# What is left of an object that is no JSON: 'a': 'b', "a": "b", "a": 8; the value ends at a comma or bracket.
_LOOSE_PAIR = re.compile(
    r"""["']([^"'\n]{1,40})["']\s?:\s{0,8}(?:"([^"\n]*)"|'([^'\n]*)'|([^\s,{}\[\]"']{1,20}))(?=\s{0,8}(?:[,}\]]|\Z))"""
)
_PLAIN_KEY = re.compile("score|rating|得分|评分|分数", re.I)


def blocks(page: Page) -> list[tuple[int, int]]:
    """Return where the outermost {...} stand that are not quoted."""
    opened: list[int] = []
    closed: list[tuple[int, int]] = []
    for brace in _BRACE.finditer(page.text):
        if brace[0] == "{":
            opened.append(brace.start())
        elif brace[0] == "}" and opened:
            start = opened.pop()
            while closed and closed[-1][0] > start:
                closed.pop()
            closed.append((start, brace.end()))
    return [(start, end) for start, end in closed[-NEWEST:] if page.own[start] != BLANK]


# "max_score": 100, "full_marks": 5, "out_of": 10, "满分": 10
_FULL_MARK = re.compile(r"max(?:imum)?(?:[\s_]?(?:score|rating))?|full[\s_]?(?:marks?|score)|out[\s_]?of|满分", re.I)


def _out_of(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Write the full mark that an object names after each number of it: {"score": 8, "max_score": 100} is 8/100."""
    full = next((said for name, said in pairs if _FULL_MARK.fullmatch(name.translate(WIDTHS))), "")
    if not re.fullmatch(r"\d{1,4}(?:\.0)?", full):
        return pairs
    return [(name, f"{said}/{full}" if re.fullmatch(r"\d{1,4}(?:\.\d{1,4})?", said) else said) for name, said in pairs]


class _Object(list[tuple[str, object]]):
    """A JSON object that keeps a name given twice."""


def pairs_of(block: str) -> list[tuple[str, str]]:
    """Return the names and plain values of an object at any depth; of a nested {"score": 8} under the outer name."""
    try:
        top = json.loads(block, object_pairs_hook=_Object, strict=False)
    except (ValueError, RecursionError):
        found = _LOOSE_PAIR.finditer(block.translate(QUOTES))
        return _out_of([(pair[1], pair[2] or pair[3] or pair[4] or "") for pair in found])
    pairs: list[tuple[str, str]] = []
    waiting: list[tuple[str, object]] = [("", top)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, _Object):
            waiting.extend((name if name and _PLAIN_KEY.fullmatch(key) else key, one) for key, one in reversed(value))
        elif isinstance(value, list):
            waiting.extend((name, one) for one in reversed(value))
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            pairs.append((name, str(value)))
    return _out_of(pairs)
