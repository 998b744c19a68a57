"""Length and form of a text, as length and style control count them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[^\n`]*\n(.*?)(?:^[ \t]*\1[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_HAN = re.compile(
    r"[\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af\U00020000-\U0003ffff]"
)
_WORD = re.compile(
    r"[^\W\d_\u3005\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+|\d+(?:[.,]\d+)*"
)
_HEADING = re.compile(r"^ {0,3}#{1,6}\s+\S", re.MULTILINE)
_ITEM = re.compile(
    r"^[ \t]*(?![-*+](?:[ \t]*[-*+]){2,}[ \t]*$)(?:[-*+•][ \t]+\S|\d{1,3}(?:[、)）]|\.(?!\d))[ \t]*\S|[（(]\d{1,3}[)）])",
    re.MULTILINE,
)
_STARS = re.compile(r"\n|((?<=\S))?\*{2,}((?=\S))?")  # whether they may close, and open; __x__ is Python's as often
_TABLE = re.compile(r"^\s*\|?(?:\s*:?-+:?\s*\|)+\s*(?::?-+:?)?\s*$", re.MULTILINE)
_BREAK = re.compile(r"\n\s*\n")
_EMOJI = re.compile(r"[\U0001f300-\U0001faff\u2600-\u27bf\u2b50\u2b55]")


class Style(NamedTuple):
    """What was counted of a text; `chars` is the unit of length of Chinese multi-turn text.

    A Han character, kana or hangul syllable is 1, a word of another script or a number 2; punctuation, emoji, white space and
    code do not count. `code`: characters inside fences that are not white space.
    """

    chars: int = 0
    code: int = 0
    headings: int = 0
    list_items: int = 0
    bold: int = 0
    code_blocks: int = 0
    tables: int = 0
    paragraphs: int = 0
    emoji: int = 0


def style(text: str) -> Style:
    """Count one text."""
    blocks: list[str] = []
    if "```" in text or "~~~" in text:
        blocks = [match[2] for match in _FENCE.finditer(text)]
        text = _FENCE.sub("\n", text)
    text = text.strip()
    return Style(
        chars=len(_HAN.findall(text)) + 2 * len(_WORD.findall(text)),
        code=sum(len("".join(block.split())) for block in blocks),
        headings=len(_HEADING.findall(text)) if "#" in text else 0,
        list_items=len(_ITEM.findall(text)),
        bold=_bold(text) if "**" in text else 0,
        code_blocks=len(blocks),
        tables=len(_TABLE.findall(text)) if "|" in text else 0,
        paragraphs=len(_BREAK.findall(text)) + 1 if text else 0,
        emoji=len(_EMOJI.findall(text)),
    )


def _bold(text: str) -> int:
    """Count what is set in bold within a line, in one pass: answers with thousands of open stars exist."""
    count, opened = 0, False
    for match in _STARS.finditer(text):
        closes, opens = (group is not None for group in match.groups())
        if opened and closes:
            count, opened = count + 1, False
        else:
            opened = match[0] != "\n" and (opened or opens)
    return count


def total(styles: Iterable[Style]) -> Style:
    """Add up the texts of several turns."""
    return Style(*map(sum, zip(*styles, strict=True)))
