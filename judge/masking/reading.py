"""A text as the rules of masking see it: folded, with a sign for each name and mask in it, and what is quoted."""

from __future__ import annotations

import re
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

from judge.masking.names import GONE, Alias, Finder, fold

MASK = "〔身份已遮〕"
SIGN = "\ue000"  # stands for a name, and for a mask
# What is done to make a model, and what one is called.
VERB = (
    r"(?:开发|研发|自研|训练|推出|打造|创造|创建|创立|设计|构建|研制|制造|制作|发布|提供|支持|驱动|出品|孵化|运营|微调)"
)
MADE = (
    r"(?:developed|trained|created|made|built|designed|produced|released|launched|powered|provided|fine-?tuned"
    r"|engineered|introduced|offered)"
)
MACHINE = (
    r"(?:模型|助手|助理|机器人|人工智能|智能体|(?<![a-z])(?:ai|llm|(?:model|assistant|chatbot|bot|agent)s?)(?![a-z]))"
)
# What cannot be seen, and emphasis; a bullet is none.
_DROPPED = re.compile(rf"{GONE}+|\*(?:(?![ \t])|(?<=\S\*))|~~|</?(?:b|i|u|em|strong|mark|span|code)>")
_CODE = re.compile(
    r"^[ \t>]*(?P<bar>```+|~~~+)[ \t]*(?P<info>[^\n`]*)\n(?:.*?^[ \t>]*(?P=bar)[ \t]*$|.*)"
    r"|(?<!`)(?P<tick>``?)(?!`)(?P<inner>[^`\n]{1,200})(?P=tick)(?!`)",
    re.DOTALL | re.MULTILINE,
)
_PROSE = re.compile(r"(?:md|markdown|te?xt|plaintext)\b")
_QUOTED = re.compile(r"“[^“”\n]{0,400}”|「[^「」\n]{0,400}」|『[^『』\n]{0,400}』|\"[^\"\n]{0,400}\"")


@dataclass(frozen=True, slots=True)
class Seen:
    """A text with a sign for each name and mask in it; names that only spaces part are one."""

    text: str
    kept: str  # the text folded, without what is dropped
    ours: list[int]  # where the pieces of it begin in what is kept
    theirs: list[int]  # and in the text
    known: Finder
    spans: list[tuple[int, int]]  # of the names and masks in what is kept
    signs: str
    places: list[int]  # of the signs
    quotes: list[tuple[int, int]]
    looked_up: dict[str, Alias | None] = field(default_factory=dict)

    def at(self, place: int) -> int | None:
        """Return which name stands at a place, if one does."""
        return bisect_left(self.places, place) if self.signs.startswith(SIGN, place) else None

    def alias(self, at: int) -> Alias | None:
        """Return what a name is; None where it is a mask."""
        start, end = self.spans[at]
        name = self.kept[start:end]
        if name not in self.looked_up:
            self.looked_up[name] = None if name == MASK else self.known.alias(name)
        return self.looked_up[name]

    def given(self, at: int) -> tuple[int, int]:
        """Return where a name stands in the text as it was given."""
        start, end = self.spans[at]
        return _given(start, self.ours, self.theirs), _given(end - 1, self.ours, self.theirs) + 1

    def quoted(self, place: int) -> bool:
        """Tell whether a place lies within quoted speech."""
        return _within(self.quotes, place)


def read(text: str, known: Finder) -> Seen:
    """Fold a text and set a sign for each name in it outside of code."""
    folded = fold(text).replace(SIGN, "\ufffd")
    kept = _DROPPED.sub("", folded)
    spans = known.spans(kept)
    if not spans and not _MAKER.search(kept):
        return Seen(text, kept, [], [], known, [], kept, [], [])
    ours, theirs = _pieces(folded)
    code = _code(folded, known)
    if code:
        spans = [span for span in spans if not _within(code, _given(span[0], ours, theirs))]
    if MASK in kept:
        spans = sorted([*spans, *(mask.span() for mask in re.finditer(MASK, kept))])
    spans = _joined(spans, kept)
    for start, end in list(_strangers(*_signs(kept, spans), spans)):
        given = [_given(place, ours, theirs) for place in range(start, end)]
        named = (_CAPITALS if kept[start].isascii() else _ANY).match("".join(text[place] for place in given))
        if named and not _within(code, given[0]):
            spans.append((start, start + named.end()))
    spans.sort()
    signs, places = _signs(kept, spans)
    whole = (len(signs) - len(signs.lstrip()), len(signs.rstrip()))  # in quotes as a whole: the writer's words
    quotes = [one.span() for one in _QUOTED.finditer(signs) if one.span() != whole]
    return Seen(text, kept, ours, theirs, known, spans, signs, places, quotes)


def _signs(kept: str, spans: Sequence[tuple[int, int]]) -> tuple[str, list[int]]:
    """Return a text with signs for its names, and their places."""
    parts = [kept[end:start] for (_, end), (start, _) in pairwise([(0, 0), *spans, (len(kept), 0)])]
    return SIGN.join(parts), [place - 1 for place in accumulate(len(part) + 1 for part in parts[:-1])]


# Who else is said to have made a model. What can be no name is left out: "by mankind", "by a group of engineers".
_MAKER = re.compile(
    r"由(?P<han>(?!一|多|数|很多|许多|众|若干|人|专业|优秀|某|我|你|您|他|她|它|这|那|中国|来自|大家|无数|开发|研|程序|工程|科学|技术|代码|ai|算法)"
    r"(?:(?!由)[\w·&. -]){2,24}?)"
    r"(?=的?(?:(?:工程师|研究人员|科学家|开发者|专家)们?|(?:技术|研发)?团队)?(?:于\d{4}年)?(?:自主|独立|联合|共同|精心|倾力|专门)?"
    rf"{VERB}[^。!?,;\n]{{0,30}}?{MACHINE})"
    rf"|(?<![a-z]){MADE} by (?:the )?(?:(?:team|researchers|engineers|people|folks) (?:at|from) )?"
    r"(?P<latin>[a-z][\w&-]*(?: [a-z][\w&-]*){0,5})"
)
_ANY = re.compile(".+", re.DOTALL)
_CAPITALS = re.compile(r"[A-Z][\w&-]*(?: (?:of |and |the )?[A-Z][\w&-]*)*")


def _strangers(signs: str, places: Sequence[int], spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield where in what is kept a maker stands that nobody knows."""
    for one in _MAKER.finditer(signs):
        start, end = one.span(one.lastgroup or 0)
        before = bisect_left(places, start)
        moved = spans[before - 1][1] - places[before - 1] - 1 if before else 0
        yield start + moved, end + moved


def _joined(spans: list[tuple[int, int]], kept: str) -> list[tuple[int, int]]:
    """Make one of names that only spaces part; a mask stays alone."""
    joined = spans[:1]
    for start, end in spans[1:]:
        first, last = joined[-1]
        if start - last <= 2 and kept[last:start] in ("", " ", "  ") and MASK[0] not in (kept[start], kept[first]):
            joined[-1] = (first, end)
        else:
            joined.append((start, end))
    return joined


def _pieces(folded: str) -> tuple[list[int], list[int]]:
    """Return where the pieces between what is dropped begin, in what is kept and in the whole."""
    ours, theirs = [0], [0]
    for gone in _DROPPED.finditer(folded):
        ours.append(ours[-1] + gone.start() - theirs[-1])
        theirs.append(gone.end())
    return ours, theirs


def _code(folded: str, known: Finder) -> list[tuple[int, int]]:
    """Return where code stands; what is fenced as text, and a name that only wears the looks of code, is none."""
    if "`" not in folded and "~~~" not in folded:
        return []
    return [
        one.span()
        for one in _CODE.finditer(folded)
        if not (known.is_name(one["inner"].strip()) if one["inner"] else _PROSE.match(one["info"]))
    ]


def _given(kept: int, ours: Sequence[int], theirs: Sequence[int]) -> int:
    """Return where in the text stands what is kept at a place."""
    piece = bisect_right(ours, kept) - 1
    return theirs[piece] + kept - ours[piece]


def _within(spans: Sequence[tuple[int, int]], place: int) -> bool:
    at = bisect_right(spans, (place, sys.maxsize)) - 1
    return at >= 0 and place < spans[at][1]
