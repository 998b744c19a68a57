"""A reply as a page: tidied of widths, thinking and markup, and once more with all that is quoted blanked."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from judge.records import Unreadable
from judge.reply.vocabulary import LEAD_IN, OWN_LEAD, RATING_WORDS, VERDICT_WORDS, label_pattern

_EMPTY = Unreadable("回复是空的")
_CUT = Unreadable("思考没有结束，回复被截断")

# ── tidy ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Widths(dict[int, str]):
    """Each character in its plain form, worked out when first met.

    Character by character, since normalising a whole text sorts long runs of accents in quadratic time.
    """

    def __missing__(self, code: int) -> str:
        char, kind = chr(code), unicodedata.category(chr(code))
        plain = unicodedata.normalize("NFKC", char)
        if kind == "Cf" or 0xFE00 <= code <= 0xFE0F or code == 0x20E3:
            plain = ""
        elif kind == "Cc":
            plain = " "
        elif kind == "No" or len(plain) > 4:  # 7² is not 72, and 8½ is not 81/2
            plain = char
        self[code] = plain
        return plain


WIDTHS = _Widths({ord(char): char for char in "\n\t"} | {ord(char): "\n" for char in "\r\v\f\x85\u2028\u2029"})
WIDTHS.update(
    zip(
        map(ord, "【】〖〗〔〕評結論斷勝優綜總獲終為與數實對較於選擇贏強審個給後兩雙佔決顯遠點遜現質認應覆"),
        "[][][]评结论断胜优综总获终为与数实对较于选择赢强审个给后两双占决显远点逊现质认应复",
        strict=True,
    )
)
WIDTHS.update(str.maketrans({"≫": ">>", "≪": "<<", "⟦": "[[", "⟧": "]]"}))
QUOTES = str.maketrans(dict.fromkeys("“”„‟「」『』«»`", '"') | dict.fromkeys("‘’‚‹›", "'"))

# The tags of thinking of all vendors, group 1 in those that close: <think>, </think>, <|begin_of_thought|>,
# <|end_of_thought|>, ◁think▷, [/THINK], <seed:think>; but not in inline code: `<think>`.
_THINK = re.compile(
    r"(?<!`)(?:<\|?|◁|\[)(/|end_of_|)(?:begin_of_)?(?:seed:)?"
    r"(?:think(?:ing)?|thoughts?|reasoning|reflection|思考)(?:\|?>|▷|\])(?!`)",
    re.I,
)
_TAG = re.compile(r"<(/?)([a-z_一-鿿]{1,20})\s?/?>", re.I)
_TAG_WORD = re.compile(rf"(?:final_)?(?:{VERDICT_WORDS}|{RATING_WORDS})", re.I)  # <verdict>A</verdict>
_MARKUP = {"answer", "output", "final", "response", "b", "i", "em", "strong", "u", "p", "br", "span", "div"}
_TOKEN = re.compile(r"<\|[a-z_]{1,20}\|>|</?s>", re.I)  # <|im_end|>
_BOXED = re.compile(r"\\boxed\s?\{\s?(?:\\text\s?\{)?([^{}\n]{1,20})\}{1,2}")  # \boxed{\text{A}}
_FENCE = re.compile(r"^[ \t]*(`{3,}+|~{3,}+)[^`\n]*+\n(.*?)(?:^[ \t]*\1[`~]*[ \t]*$|\Z)", re.M | re.S)
_BLOCK_QUOTE = re.compile(r"^(?:[ \t]*>[^\n]*(?:\n|\Z))+", re.M)
_LONGEST = 40_000


def _tidy(reply: str) -> str | Unreadable:
    text = _without_thinking(reply.replace("\r\n", "\n").translate(WIDTHS))
    if isinstance(text, Unreadable):
        return text
    if len(text) > _LONGEST:  # nobody explains for so long; the format stands in the first line or at the end
        text = f"{text[:1000]}\n{text[-_LONGEST:]}"
    text = _unwrap(text)
    text = text.replace("&gt;", ">").replace("&lt;", "<").replace("\\[", "[").replace("\\]", "]")
    text = _TAG.sub(_tag, _BOXED.sub(r"[[\1]]", _TOKEN.sub("", text)))
    return text if text.strip() else _EMPTY


def _without_thinking(text: str) -> str | Unreadable:
    kept: list[str] = []
    thinking, at = False, 0
    for tag in _THINK.finditer(text):
        if not tag[1] and not thinking:
            kept.append(text[at : tag.start()])
        elif tag[1] and not thinking:  # the opening was prefilled, so all before was thought
            kept.clear()
        thinking, at = not tag[1], tag.end()
    return _CUT if thinking else "".join([*kept, text[at:]])


def _tag(tag: re.Match[str]) -> str:
    """Make a label of a tag that is one, and nothing of a tag of markup."""
    if _TAG_WORD.fullmatch(tag[2]):
        return "\n" if tag[1] else f"\n{tag[2]}: "
    return "" if tag[2].lower() in _MARKUP else tag[0]


def _unwrap(text: str) -> str:
    """Take off a fence or a block quote around the whole reply."""
    for _ in range(3):
        text = text.strip()
        fence, quote = _FENCE.match(text), _BLOCK_QUOTE.match(text)
        if fence and fence.end() == len(text):
            text = fence[2]
        elif quote and quote.end() == len(text):
            text = re.sub(r"^[ \t]*>", "", text, flags=re.M)
    return text


# ── quoted ────────────────────────────────────────────────────────────────────────────────────────────────────────────

# Letters that no tidied text holds: for what is quoted, and for a fenced block amid the text that may be the judge's.
BLANK, BLOCK_BLANK = "ｘ", "ｙ"
_QUOTATION = re.compile(r'"[^"\n]{1,400}"|~~[^~\n]{1,400}~~')
_ANY_LABEL = label_pattern(f"{VERDICT_WORDS}|{RATING_WORDS}")
# The head of a line before a quotation: nothing but markup, or a label too: - **结论**："A".
_OPENING = re.compile(rf"[\s*_#>(\[{{\"-]{{0,12}}(?P<label>{_ANY_LABEL})?[\s*_(\[]{{0,6}}", re.I)
_KEY = re.compile(r'"[^"\d\[]{1,24}"\s?[:=]')  # "结论": A


@dataclass(frozen=True, slots=True)
class Page:
    """A tidied reply, the same with what is quoted blanked, and where a quoted block starts that ends the reply."""

    text: str
    own: str
    tail: int


def page_of(reply: str) -> Page | Unreadable:
    """Tidy a reply and blank what is quoted in it; one that is empty or was cut while thinking is Unreadable."""
    text = _tidy(reply)
    if isinstance(text, Unreadable):
        return text
    words_end = len(re.sub(r"\W+\Z", "", text[-2000:])) + max(0, len(text) - 2000)
    tail = len(text)

    def block(found: re.Match[str]) -> str:
        nonlocal tail
        before = text[max(0, found.start() - 80) : found.start()].rstrip()
        if before.endswith((":", ",")) and LEAD_IN.search(before):
            return _blank(found)
        if found.end() < words_end:
            return _blank(found, BLOCK_BLANK)
        tail = min(tail, found.start())
        return found[0]

    own = _BLOCK_QUOTE.sub(block, _FENCE.sub(block, text)).translate(QUOTES)
    return Page(text, _QUOTATION.sub(_quotation, own), tail)


def _blank(found: re.Match[str], blank: str = BLANK) -> str:
    return "\n".join(blank * len(line) for line in found[0].split("\n"))


def _quotation(found: re.Match[str]) -> str:
    """Keep a quotation that is a key, a whole line, or what a label or the judge's own lead names (结论：“A”)."""
    text, start, end = found.string, found.start(), found.end()
    if found[0][0] == "~":
        return _blank(found)
    before = text[max(0, start - 80) : start].rpartition("\n")[2]
    opening = _OPENING.fullmatch(before) if len(before) < 80 else None
    whole = opening and (opening["label"] or re.match(r"[^\w\n]{0,20}(?:\n|\Z)", text[end : end + 24]))
    own = whole or _KEY.match(text, start) or (before.rstrip().endswith(":") and OWN_LEAD.search(before[-48:]))
    return found[0] if own else _blank(found)
