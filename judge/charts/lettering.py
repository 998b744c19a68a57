"""Text as a drawing can take it: cleaned, measured and broken into lines, with no font at hand."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

LONGEST = 300  # characters; no label needs more, and a hostile name may have a million
JOINERS = "\u200c\u200d"
BREAKS = " -_/.:@·"
NEVER_FIRST = "，。；：、！？）》」』】％,;!?)…"

# Widths in em, a little above those of the usual faces: too much room is harmless, too little clips a name.
THIN = dict.fromkeys("ijlI.,:;'|!`()[]{}ftr/\\-\" ", 0.4)
BROAD = dict.fromkeys("mwMW@%", 0.96)


def clean(text: str) -> str:
    """Return a text on one line, without what XML forbids and without marks that steer the direction of writing."""
    return " ".join("".join(one for one in text[:LONGEST] if one.isspace() or _drawable(one)).split())


def _drawable(one: str) -> bool:
    if ord(one) & 0xFFFE == 0xFFFE:
        return False
    return unicodedata.category(one) not in {"Cc", "Cf", "Cs"} or one in JOINERS


def width(text: str, size: float) -> float:
    """Return about how wide a text will stand at a size; a Han character is one em."""
    return sum(_em(one) for one in text) * size


def _em(one: str) -> float:
    if one in THIN:
        return THIN[one]
    if one.isascii():
        return BROAD.get(one, 0.72 if one.isupper() else 0.61)
    if unicodedata.category(one) in {"Mn", "Me", "Cf"}:
        return 0.0
    return 1.0 if unicodedata.east_asian_width(one) in "WFA" else 0.72


def wrap(text: str, room: float, size: float, most: int = 3) -> list[str]:
    """Break a text into lines of about equal width that fit the room; past `most` lines its middle becomes …"""
    text = clean(text)
    filled = _fill(text, room, size)
    if len(filled) > most:
        filled = _shortened(text, room, size, most)
        text = "".join(filled)
    # No line may be so narrow that it would cut a word.
    even = max(width(text, size) / len(filled), *(width(one.rstrip(), size) for one in _pieces(text, room, size)), 0)
    while even < room:
        tried = _fill(text, even, size)
        if len(tried) == len(filled) and all(width(line, size) <= room for line in tried):
            return tried
        even += size / 2
    return filled


def _shortened(text: str, room: float, size: float, most: int) -> list[str]:
    """Return the most of a text that fits, from both its ends: names of one family differ in their tails."""
    fitting, low, high = ["…"], 1, len(text) - 1
    while low <= high:
        kept = (low + high) // 2
        tail = kept * 2 // 5
        tried = _fill(f"{text[: kept - tail].rstrip()}…{text[len(text) - tail :].lstrip()}", room, size)
        if len(tried) <= most:
            fitting, low = tried, kept + 1
        else:
            high = kept - 1
    return fitting


def _fill(text: str, room: float, size: float) -> list[str]:
    lines, current = [], ""
    for piece in _pieces(text, room, size):
        if current and width(current + piece.rstrip(), size) > room:
            lines.append(current.rstrip())
            current = piece.lstrip()
        else:
            current += piece
    return [*lines, current.rstrip()]


def _pieces(text: str, room: float, size: float) -> Iterator[str]:
    """Yield what stays together: a Han character with the mark that closes it, or a word, cut where it is too wide."""
    piece = ""
    for one in text:
        closes = one in NEVER_FIRST and len(piece) == 1
        ends = piece and (piece[-1] in BREAKS or _em(piece[-1]) == 1.0 or _em(one) == 1.0)
        if (ends and not closes) or width(piece + one, size) > room:
            yield piece
            piece = ""
        piece += one
    if piece:
        yield piece
