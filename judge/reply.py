"""The formats asked of a judge and their reader in one file: what `ask_*` and `*_schema` ask for, `read_*` reads.

A reply passes three sieves. *Tidy*: widths, invisible characters and thinking are taken away. *Quoted*: fences, block
quotes and quotation marks are blanked, since what a candidate wrote is no verdict. *Forms*: every well-formed statement
is found, from a JSON object at the end down to a bare last line; the last one of the strongest form counts, unless
another final one denies it. All repeats in the patterns are bounded, so reading takes time linear in the reply.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import Generic, Literal, TypeAlias, TypeVar

from judge.identity import Json
from judge.records import Score, Scores, Side, Unreadable, Verdict

T = TypeVar("T")
Meaning: TypeAlias = "Callable[[str], T | Unreadable | None]"  # None: says nothing; Unreadable: off the scale

_EMPTY = Unreadable("回复是空的")
_CUT = Unreadable("思考没有结束，回复被截断")
_UNFINISHED = Unreadable("最后的字典没有写完")
_NOTHING = Unreadable("没有找到约定格式的结论")
_CONTRADICTION = Unreadable("有互相矛盾的结论")

# ── vocabulary ────────────────────────────────────────────────────────────────────────────────────────────────────────

_NOUN = (
    r"(?:助手|回答|答案|回复|作答|模型|系统|候选|选手|assistant|answer|response|model|system|candidate|option|output)"
    r"[\s_#-]{0,3}"
)
_MODIFIER = (
    r"(?:(?:我们?的?|本人|认为|给出的?|最终的?|最后的?|综合的?|总体的?|整体|评审的?|因此|所以|故|[本该]回答的?|"
    r"(?:the|my|our|final|overall|total|so|therefore|thus|a)(?![a-z]))[\s_,:]{0,3}){0,5}"
)
_VERDICT_WORDS = (
    r"结论|判定|裁决|裁定|判断|判决|评判|评定|[获优]?胜[者方]|优胜者|胜出者|赢家|更优者|选择|"
    r"(?:评判|评审|比较|对比|评测|评估|判定|最终)?结果|更好的(?:一个|一方|是)?|"
    r"verdict|winner|judge?ment|conclusion|decision|preference|preferred|choice|better[\s_]?(?:one|answer|response|assistant)"
)
_OVERALL_WORDS = r"综合得分|综合评分|综合分数?|总体得分|总体评分|总得分|总评分?|总分|overall(?:[\s_-]?(?:score|rating))?|total[\s_-]?score"
_RATING_WORDS = rf"{_OVERALL_WORDS}|得分|评分|打分|给分|分数|rating|score|grade"
_DECOR = r"[ \t*_\"'#>)\]]{0,6}"
_LINK = (
    rf"{_DECOR}(?:\([^()\n]{{0,30}}\))?{_DECOR}"
    r"(?:[-=]>|[:=|→]|--?(?=\s)|[—–]{1,2}|是|为|(?:is|of|goes to)(?![a-z])|\n|(?<=\])|"
    r"(?=[\d一二两三四五六七八九十\[\"]|[abc甲乙平](?![a-z])|\Z))[\s:*_\"']{0,8}"
)

# What keeps a statement from being the judge's own verdict: a wish, a denial, an example, somebody else's words.
_WISH = re.compile(
    r"(?<!even )\bif\b(?! (?:forced|pressed|(?:i|we) (?:had|have|were|must) to))|\bassuming\b|\bunless\b|\bhad (?:it|the)\b|\b(?:revised|improved) (?:answer|response|version)|"
    r"\b(?:could|would|might)\b[^.\n]{0,80}\b(?:improv|enhanc|earn|rais|increas|result)|"
    r"如果(?!一定|非|必须)|假如|假设|假使|倘若|要是|除非|(?<!倘)若(?!干)|只要|原本|本来|本[应可]|(?:改进|修改|修正|补充)后",
    re.I,
)
_DENIED = re.compile(
    r"不(?:是|应|能|会|该|给|宜|选|认为|觉得|同意|建议|推荐)|并非|而非|没有|无法|未能|"
    r"\bnot\b|n't\b|\bnever\b|\bcannot\b|\brather than\b|\binstead of\b|"
    r"(?:之前|此前|先前|上一?[次位轮个]|前一[次位轮个]|原[来先]?的|曾|另一[位个]|其他|别的|初步)[^,\n]{0,14}"
    r"(?:评分|打分|得分|分数|评价|结论|判断|判定|裁决|结果|评委|评审|[给打是为])|"
    r"\b(?:previous|earlier|prior|initial|preliminary|other|another)\s(?:\w{1,20}\s){0,2}"
    r"(?:rating|score|verdict|judge|judge?ment|decision|conclusion|assessment|evaluation|reviewer)",
    re.I,
)
_EXAMPLE = re.compile(
    r"(?:(?:for example|for instance|e\.g\.|such as|例如|比如|譬如),?|example(?: output)?|(?<!是)(?:示例|样例)|格式(?:为|是|如下?)?|"
    r"出现了?|包含了?|含有|插入了?|嵌入了?|\b(?:includes?|contains?|insert(?:s|ed)|the (?:text|string|token))|写道|写着|声称|自称|宣称|(?:写|说|要求|请)(?:你|评委)?(?:输出|给出|回答|写|打)|(?<![来话以我])[说写][:\"]|"
    r"\b(?:wrote|writes|says|claims?|claimed|(?<!that )(?<!being )said)(?:\sthat|[:\"])|\bto (?:output|print|write|say))"
    r"[\s\"'(\[*:]{0,4}$",
    re.I,
)
_AFTERTHOUGHT = re.compile(
    r"\W{0,3}(?:字样|这样的|的?(?:标记|字符|指令|文字)|除非|(?:if|unless|provided|appears?|was (?:inserted|written))\b)",
    re.I,
)
# A label that goes on from another word is prose or somebody's: "a clear rating of 9", 助手A的结论.
_SOMEONES = re.compile(r"[^\W析述上虑看见较估][ *_\"'(\[]*$")
_OWN_LEAD = re.compile(
    r"(?:(?:follow(?:s|ing)|如下|以下)(?![^\"\n]{0,20}(?:format|格式))|\bI (?:would|will)? ?(?:follow|use|give))[^\"\n]{0,30}:\s*$",
    re.I,
)
_LEAD_IN = re.compile(
    r"(?:写|说|称|输出|包含|内容|原文|引用|示例|例如|格式|回答|答案|助手|候选|"
    r"wrote|write|said|says|quot|claim|output|example|contain|candidate|response|answer|assistant)[^\n]{0,12}[:,]\s*$",
    re.I,
)
_RESTART = re.compile(
    r"[\n。!?;]|\.\s|但是?|不过|然而|综上|因此|所以|,\s(?:so|hence|thus|therefore)\b|\bbut\b|\bhowever\b|\boverall\b",
    re.I,
)


def _label(words: str) -> str:
    """Return the pattern of a label; before it stands no other word, save one that ends an introduction (综上, 来看)."""
    return rf"(?:(?<![\w/-])|(?<=[析述上虑看见较估])){_MODIFIER}(?:{words})(?![a-z]){_LINK}"


def _meant(text: str, start: int) -> bool:
    """Tell whether what stands before a statement lets it be the judge's own, unconditional word."""
    before = text[max(0, start - 200) : start]
    sentence = _RESTART.split(before)[-1]
    clause = sentence.rpartition(",")[2]
    return not (_WISH.search(sentence) or _DENIED.search(clause) or _EXAMPLE.search(before[-40:]))


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


_WIDTHS = _Widths({ord(char): char for char in "\n\t"} | {ord(char): "\n" for char in "\r\v\f\x85\u2028\u2029"})
_WIDTHS.update(
    zip(map(ord, "【】〖〗〔〕評結論斷勝優綜總獲終為與數實對"), "[][][]评结论断胜优综总获终为与数实对", strict=True)
)
_WIDTHS.update(str.maketrans({"≫": ">>", "≪": "<<", "⟦": "[[", "⟧": "]]"}))
_QUOTES = str.maketrans(dict.fromkeys("“”„‟「」『』«»`", '"') | dict.fromkeys("‘’‚‹›", "'"))
_THINK = re.compile(
    r"(?<!`)(?:<\|?|◁|\[)(/|end_of_|)(?:begin_of_)?(?:seed:)?"
    r"(?:think(?:ing)?|thoughts?|reasoning|reflection|思考)(?:\|?>|▷|\])(?!`)",
    re.I,
)
_TAG = re.compile(r"<(/?)([a-z_一-鿿]{1,20})\s?/?>", re.I)
_TAG_WORD = re.compile(rf"(?:final_)?(?:{_VERDICT_WORDS}|{_RATING_WORDS})", re.I)
_TOKEN = re.compile(r"<\|[a-z_]{1,20}\|>|</?s>", re.I)
_LONGEST = 40_000
_MARKUP = {"answer", "output", "final", "response", "b", "i", "em", "strong", "u", "p", "br", "span", "div"}
_BOXED = re.compile(r"\\boxed\s?\{\s?(?:\\text\s?\{)?([^{}\n]{1,20})\}{1,2}")
_FENCE = re.compile(r"^[ \t]*(`{3,}+|~{3,}+)[^`\n]*+\n(.*?)(?:^[ \t]*\1[`~]*[ \t]*$|\Z)", re.M | re.S)
_BLOCK_QUOTE = re.compile(r"^(?:[ \t]*>[^\n]*(?:\n|\Z))+", re.M)


def _tidy(reply: str) -> str | Unreadable:
    text = reply.translate(_WIDTHS)
    kept: list[str] = []
    thinking, at = False, 0
    for tag in _THINK.finditer(text):
        if not tag[1] and not thinking:
            kept.append(text[at : tag.start()])
        elif tag[1] and not thinking:  # the opening was prefilled, so all before was thought
            kept.clear()
        thinking, at = not tag[1], tag.end()
    if thinking:
        return _CUT
    text = "".join([*kept, text[at:]])
    if len(text) > _LONGEST:  # nobody explains for so long; the format stands in the first line or at the end
        text = f"{text[:1000]}\n{text[-_LONGEST:]}"
    text = _unwrap(text)
    text = text.replace("&gt;", ">").replace("&lt;", "<").replace("\\[", "[").replace("\\]", "]")
    text = _TAG.sub(_tag, _BOXED.sub(r"[[\1]]", _TOKEN.sub("", text)))
    return text if text.strip() else _EMPTY


def _tag(tag: re.Match[str]) -> str:
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
_BLANK, _BLOCK_BLANK = "ｘ", "ｙ"
_QUOTATION = re.compile(r'"[^"\n]{1,400}"|~~[^~\n]{1,400}~~')
_ANY_LABEL = _label(f"{_VERDICT_WORDS}|{_RATING_WORDS}")
_OPENING = re.compile(rf"[\s*_#>(\[{{\"-]{{0,12}}(?P<label>{_ANY_LABEL})?[\s*_(\[]{{0,6}}", re.I)
_KEY = re.compile(r'"[^"\d\[]{1,24}"\s?[:=]')


@dataclass(frozen=True, slots=True)
class _Page:
    """A tidied reply, the same with what is quoted blanked, and where a quoted block starts that ends the reply."""

    text: str
    own: str
    tail: int


def _page(reply: str) -> _Page | Unreadable:
    text = _tidy(reply)
    if isinstance(text, Unreadable):
        return text
    words_end = len(re.sub(r"\W+\Z", "", text[-2000:])) + max(0, len(text) - 2000)
    tail = len(text)

    def block(found: re.Match[str]) -> str:
        nonlocal tail
        before = text[max(0, found.start() - 80) : found.start()].rstrip()
        if before.endswith((":", ",")) and _LEAD_IN.search(before):
            return _blank(found)
        if found.end() < words_end:
            return _blank(found, _BLOCK_BLANK)
        tail = min(tail, found.start())
        return found[0]

    own = _BLOCK_QUOTE.sub(block, _FENCE.sub(block, text)).translate(_QUOTES)
    return _Page(text, _QUOTATION.sub(_quotation, own), tail)


def _blank(found: re.Match[str], blank: str = _BLANK) -> str:
    return "\n".join(blank * len(line) for line in found[0].split("\n"))


def _quotation(found: re.Match[str]) -> str:
    """Keep a quotation that is a key, a whole line, or what a label or the judge's own lead names (结论：“A”)."""
    text, start, end = found.string, found.start(), found.end()
    if found[0][0] == "~":
        return _blank(found)
    before = text[max(0, start - 80) : start].rpartition("\n")[2]
    opening = _OPENING.fullmatch(before) if len(before) < 80 else None
    whole = opening and (opening["label"] or re.match(r"[^\w\n]{0,20}(?:\n|\Z)", text[end : end + 24]))
    own = whole or _KEY.match(text, start) or (before.rstrip().endswith(":") and _OWN_LEAD.search(before[-48:]))
    return found[0] if own else _blank(found)


# ── forms ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Form(IntEnum):
    """From the weakest to the strongest."""

    LOOSE = 1  # a last line that is nothing else; an object that something follows
    LABEL = 2  # 结论：A
    FINAL_LABEL = 3  # 最终结论：A
    MARK = 4  # [[A]]
    LABEL_MARK = 5  # 结论：[[A]]
    FINAL_MARK = 6  # 最终结论：[[A]]
    OBJECT = 7  # {"verdict": "A"} at the end


@dataclass(frozen=True, slots=True)
class _Found(Generic[T]):
    start: int
    end: int
    form: _Form
    value: T | Unreadable


_FINAL = (_Form.FINAL_LABEL, _Form.FINAL_MARK)
_CUT_OBJECT = re.compile(r"\{\s{0,8}[\"'][^{}]*\Z")
_NEWEST = 64  # of each form only the last ones can matter
_MARK = re.compile(r"\[\s?\[\s{0,8}([^\[\]\n]{1,40})\]\s?\](\s?/\s?\d{1,4})?")
_SENTENCE = re.compile(r"(?:[^。!?;\n.]|\.(?=\d))*")
_ASIDE = re.compile(r",|\(|\}|\s[-–—]{1,3}\s|\|| (?:because|since|due to|as)\b|因为|由于|理由|原因", re.I)


def _read(reply: str, words: str, meaning: Meaning[T], loose: Callable[[str], Iterable[_Found[T]]]) -> T | Unreadable:
    page = _page(reply)
    if isinstance(page, Unreadable):
        return page
    label = re.compile(_label(words), re.I)
    found = [*_objects(page, words, meaning), *_marks(page.own, label, meaning), *_labelled(page.own, label, meaning)]
    return _settle([*found, *loose(page.own)], page)


def _settle(found: Sequence[_Found[T]], page: _Page) -> T | Unreadable:
    """Take the last of the strongest form, unless another final one denies it."""
    if not found:
        return _NOTHING
    form = max(one.form for one in found)
    *others, last = sorted((one for one in found if one.form == form), key=lambda one: one.start)
    cut = _CUT_OBJECT.search(page.own[-4000:])
    if cut and last.start > max(0, len(page.own) - 4000) + cut.start():
        return _UNFINISHED
    denials = [one for one in found if one.value != last.value and (one.form == form or _side(one) != _side(last))]
    in_tail = last.start >= page.tail  # a block at the very end may be the judge's or a candidate's
    for one in denials:
        loud = one.form >= _Form.MARK or one.form in _FINAL
        if one.start > last.end or one.form in _FINAL or (in_tail and loud and one.start < page.tail):
            return _CONTRADICTION
    right = last.start
    for one in reversed(others):
        between = page.own[one.end : right]
        if re.search(r"\w", between) and re.search(r"[\n。!?;]|\.\s", between):
            break
        if one.value != last.value:
            return _CONTRADICTION
        right = one.start
    return last.value


def _side(found: _Found[T]) -> object:
    return found.value.side if isinstance(found.value, Verdict) else found.value


def _marks(text: str, label: re.Pattern[str], meaning: Meaning[T]) -> Iterator[_Found[T]]:
    for mark in deque(_MARK.finditer(text), maxlen=_NEWEST):
        value = meaning(mark[1] + (mark[2] or ""))
        offset = max(0, mark.start() - 90)
        before = text[offset : mark.start()]
        named = [one for one in label.finditer(before) if not re.search(r"\n|\]\s?\]", before[one.end() :])]
        start = offset + named[-1].start() if named else mark.start()
        meant = not _AFTERTHOUGHT.match(text, mark.end()) and _meant(text, mark.start()) and _meant(text, start)
        if value is not None and meant:
            form = _Form.MARK if not named else _Form.FINAL_MARK if _is_final(named[-1][0]) else _Form.LABEL_MARK
            yield _Found(start, mark.end(), form, value)


def _labelled(text: str, label: re.Pattern[str], meaning: Meaning[T]) -> Iterator[_Found[T]]:
    for one in deque(label.finditer(text), maxlen=_NEWEST):
        said = text[one.end() : one.end() + 120]
        value = None if _MARK.match(said.lstrip(" *_\"'")) else _stated(said, meaning)
        own = not _SOMEONES.search(text[max(0, one.start() - 12) : one.start()])
        if value is not None and own and _meant(text, one.start()):
            form = _Form.FINAL_LABEL if _is_final(one[0]) else _Form.LABEL
            yield _Found(one.start(), one.end() + 1, form, value)


def _is_final(label: str) -> bool:
    return bool(re.search("final|最终", label, re.I))


def _stated(said: str, meaning: Meaning[T]) -> T | Unreadable | None:
    """Read the head of a statement; an aside may follow it (A更好，因为...), but no other value (A, B)."""
    sentence = _SENTENCE.match(said)
    if not sentence or said[sentence.end() : sentence.end() + 1] == "?":
        return None
    head, *asides = _ASIDE.split(sentence[0])
    value = meaning(sentence[0])
    if value is None and any(meaning(aside) is not None for aside in asides):
        return None
    return meaning(head) if value is None else value


def _last_line(text: str, meaning: Meaning[T]) -> Iterator[_Found[T]]:
    line = text.rstrip().rpartition("\n")[2]
    bare = re.sub(r"^\W*(?:(?:最终|最后)的?答案[:是为]|答案:|(?:final )?answer:)", "", line, flags=re.I)
    value = meaning(bare) if len(line) <= 60 else None
    if value is not None:
        end = len(text.rstrip())
        yield _Found(end - len(line), end, _Form.LOOSE, value)


# ── objects ───────────────────────────────────────────────────────────────────────────────────────────────────────────

_BRACE = re.compile(r'"(?:[^"\\\n]|\\.)*+"|[{}]')
_LOOSE_PAIR = re.compile(
    r"""["']([^"'\n]{1,40})["']\s?:\s{0,8}(?:"([^"\n]*)"|'([^'\n]*)'|([^\s,{}\[\]"']{1,20}))(?=\s{0,8}(?:[,}\]]|\Z))"""
)
_PLAIN_KEY = re.compile("score|rating|得分|评分|分数", re.I)


def _blocks(page: _Page) -> list[tuple[int, int]]:
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
    return [(start, end) for start, end in closed[-_NEWEST:] if page.own[start] != _BLANK]


def _pairs(block: str) -> list[tuple[str, str]]:
    """Return the names and plain values of an object at any depth; of a nested {"score": 8} under the outer name."""
    try:
        top = json.loads(block, object_pairs_hook=_Object, strict=False)
    except (ValueError, RecursionError):
        found = _LOOSE_PAIR.finditer(block.translate(_QUOTES))
        return [(pair[1], pair[2] or pair[3] or pair[4] or "") for pair in found]
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
    return pairs


class _Object(list[tuple[str, object]]):
    """A JSON object that keeps a name given twice."""


def _objects(page: _Page, words: str, meaning: Meaning[T]) -> Iterator[_Found[T]]:
    name = re.compile(rf"{_MODIFIER}(?:{words})", re.I)
    end = len(page.text)
    final = True
    for start, stop in reversed(_blocks(page)):
        values = [
            meaning(said) for key, said in _pairs(page.text[start:stop]) if name.fullmatch(key.translate(_WIDTHS))
        ]
        known = [value for value in values if value is not None]
        final = final and page.own[start] != _BLOCK_BLANK and not re.search(r"\w", page.own[stop:end])
        end = start
        if known:
            value = known[0] if all(one == known[0] for one in known) else _CONTRADICTION
            yield _Found(start, stop, _Form.OBJECT if final else _Form.LOOSE, value)


# ── verdicts ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_ITEM = rf"(?:(?:{_NOUN})?[ab甲乙]|{_NOUN}[12一二]|第[一二]个?(?:{_NOUN})?|前者|后者|(?:the )?(?:first|second)(?: {_NOUN})?)"
_MUCH = r"(?P<much>明显|显著|远远?|大幅|much|significantly|far|clearly)"
_DEGREE = rf"(?:(?:{_MUCH}|略微?|稍微?|稍稍|更加?|整体上?|总体上?|表现|slightly|marginally|a bit|overall|the|is|was)\s?){{0,4}}"
_GOOD = r"(?:更?好|更?优|更?佳|更?强|更胜一筹|较好|较优|占优|胜出?|获胜|赢|领先|better|best|superior|wins?|winner|preferred|stronger)"
_PHRASES = [
    re.compile(pattern)
    for pattern in (
        rf"(?P<one>{_ITEM})\s?(?P<sign>>{{1,2}}|<{{1,2}}|=)\s?(?P<two>{_ITEM})",
        rf"(?P<one>{_ITEM})\s?{_DEGREE}(?P<sign>优于|好于|胜过|强于|不如|逊于|劣于|better than|worse than)\s?(?P<two>{_ITEM})",
        rf"(?P<one>{_ITEM})\s?比\s?(?P<two>{_ITEM})\s?{_DEGREE}(?P<sign>{_GOOD})(?:一?些|一点|得多|很多)?",
        rf"(?P<one>{_ITEM})\s?(?:的?(?:{_NOUN}|表现)){{0,2}}\s?{_DEGREE}(?P<sign>{_GOOD})(?:一?些|一点|得多|很多|了| one| {_NOUN})?",
        r"(?P<one>[ab])(?P<sign>\+{1,2})",
        rf"(?P<one>{_ITEM})",
    )
]
_TIE = re.compile(
    rf"c|(?:(?:{_ITEM}\s?(?:和|与|跟|、|&|and)\s?{_ITEM}|两者|二者|双方|两个(?:{_NOUN})?|both(?: {_NOUN}s?)?)\s?(?:are |的?(?:质量|水平|表现))?)?"
    r"\s?(?:(?:a|an|it's a|is|are|为|是|打成|基本|大致|几乎|都|roughly|relatively|about)\s?){0,3}"
    r"(?:平局?|平手|打平|持平|和局|平|不分(?:上下|胜负|伯仲|高下)|难分(?:上下|伯仲|高下)|并列|(?:同样|一样)好|相当|旗鼓相当|"
    r"tie|tied|draw|equal|equally good|(?:the )?same)"
)
_WORSE = {"<", "<<", "不如", "逊于", "劣于", "worse than"}
_BRACKETS = {"[]", "()", "{}"}


def _bare(said: str) -> str:
    """Take off emphasis, quotes, end punctuation and pairs of brackets."""
    for _ in range(4):
        said = said.rstrip(" \t\n*_\"'`#。.,!;:").lstrip(" \t\n*_\"'`#:")
        if said[:1] + said[-1:] not in _BRACKETS:
            break
        said = said[1:-1]
    return said


def _which(item: str) -> Side:
    return Side.SECOND if re.search(r"[b乙2二后]|second", item) else Side.FIRST


def _verdict(said: str, levels: int) -> Verdict | None:
    said = _bare(said).casefold()
    if len(said) > 60:
        return None
    said = re.sub(rf"^{_MODIFIER}(?:{_VERDICT_WORDS}){_LINK}", "", said)
    if _TIE.fullmatch(said):
        return Verdict(Side.TIE, 0)
    match = next((match for phrase in _PHRASES if (match := phrase.fullmatch(said))), None)
    if match is None:
        return None
    groups = match.groupdict()
    sign, one, two = groups.get("sign") or "", _which(match["one"]), groups.get("two")
    if two and _which(two) == one:
        return None
    if sign == "=":
        return Verdict(Side.TIE, 0)
    if sign in _WORSE:
        one = Side.SECOND if one is Side.FIRST else Side.FIRST
    strong = sign in (">>", "<<", "++") or (levels == 5 and bool(groups.get("much")))
    return Verdict(one, 2 if strong else 1)


def read_verdict(reply: str, *, levels: Literal[3, 5] = 3) -> Verdict | Unreadable:
    """Read which of two dialogues is better as shown: A the first, B the second, C a tie.

    Three- and five-level marks are both read, `>>` as strength 2; with `levels` 5 so is 明显 or "significantly" in words.
    """
    meaning = partial(_verdict, levels=levels)
    return _read(reply, _VERDICT_WORDS, meaning, partial(_last_line, meaning=meaning))


# ── scores ────────────────────────────────────────────────────────────────────────────────────────────────────────────

_DIGITS = "零一二三四五六七八九"
_AMOUNT = r"[+-]?\d{1,6}(?:\.\d{1,6})?|[零〇一二两三四五六七八九十百]{1,7}(?:点[零〇一二三四五六七八九]{1,3})?"
_NUMBERS = [
    re.compile(pattern, re.I)
    for pattern in (
        rf"(?:{_MODIFIER}(?:{_RATING_WORDS}){_LINK})?(?P<n>{_AMOUNT})\s?(?:分|points?|pts?)?(?P<half>半)?"
        rf"\s?(?:\(?(?:/|out of|满分为?)\s?(?P<of>{_AMOUNT})\s?(?:分|points?)?\)?)?",
        rf"(?P<of>{_AMOUNT})分之(?P<n>{_AMOUNT})",
        rf"满分\s?(?P<of>{_AMOUNT})\s?分?,?\s?[得给打]?\s?(?P<n>{_AMOUNT})\s?分?",
    )
]
_ALONE = re.compile(r"^[ \t*_]{0,6}(?:\[[ \t]?([^\[\]\n]{1,20})\])[ \t*_。.]{0,6}$", re.M)
_GIVEN = re.compile(
    rf"(?:\b(?:rate|give|score|award|deserve)s?\b|给|打|评(?!分标准))[^\n。!?;]{{0,40}}?(?<![\d.高低多少扣加减差至到~-])"
    rf"((?:{_AMOUNT})\s?(?:分|/\s?\d{{1,4}}|out of \d{{1,4}}))\W{{0,4}}$",
    re.I,
)


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


def _number(said: str, minimum: float, maximum: float) -> Score | Unreadable | None:
    said = _bare(said)
    match = next((match for form in _NUMBERS if (match := form.fullmatch(said))), None) if len(said) <= 60 else None
    value = _amount(match["n"]) if match else None
    if match is None or value is None:
        return None
    groups = match.groupdict()
    if groups["of"] and (full := _amount(groups["of"])) != maximum:
        return Unreadable(f"满分写成了 {full or 0:g}，约定是 {maximum:g}")
    value += 0.5 if groups.get("half") else 0
    if not minimum <= value <= maximum:
        return Unreadable(f"分数 {value:g} 超出 {minimum:g} 到 {maximum:g}")
    return Score(value, minimum, maximum)


def read_rating(reply: str, *, minimum: float = 1, maximum: float = 10) -> Scores | Unreadable:
    """Read one overall score from `minimum` to `maximum`; out of range, or out of another maximum, is Unreadable."""
    meaning = partial(_number, minimum=minimum, maximum=maximum)
    score = _read(reply, _RATING_WORDS, meaning, partial(_loose_number, meaning=meaning))
    return score if isinstance(score, Unreadable) else Scores(overall=score)


def _loose_number(text: str, meaning: Meaning[Score]) -> Iterator[_Found[Score]]:
    """Find a number that is the last line, ends the last sentence (我给8分), or stands alone in brackets, once only."""
    end = len(text.rstrip())
    given = _GIVEN.search(text[max(0, end - 160) : end].rpartition("\n")[2])
    value = meaning(given[1]) if given else None
    if given and value is not None and _meant(text, end - len(given[0])):
        yield _Found(end - len(given[0]), end, _Form.LOOSE, value)
    alone = [(one, meaning(one[1])) for one in deque(_ALONE.finditer(text), maxlen=_NEWEST)]
    known = [(one, value) for one, value in alone if value is not None]
    if known and all(value == known[0][1] for _, value in known):
        yield _Found(known[0][0].start(), known[-1][0].end(), _Form.LOOSE, known[0][1])
    if not known:
        yield from _last_line(text, meaning)


@dataclass(frozen=True, slots=True)
class _Named:
    """What is asked for by name, each with its pattern; the reading of a name is the last one given."""

    patterns: dict[str, str]
    meaning: Meaning[Score]

    def in_object(self, block: str) -> dict[str, Score | Unreadable]:
        found: dict[str, Score | Unreadable] = {}
        pairs = _pairs(block)
        for name, pattern in self.patterns.items():
            whole = re.compile(rf"\s*(?:{pattern})\s*", re.I)
            values = [self.meaning(said) for key, said in pairs if whole.fullmatch(key.translate(_WIDTHS))]
            known = [value for value in values if value is not None]
            if known:
                found[name] = known[-1] if all(value == known[-1] for value in known) else _CONTRADICTION
        return found

    def in_text(self, text: str) -> dict[str, Score | Unreadable]:
        found: dict[str, Score | Unreadable] = {}
        other = re.compile("|".join(self.patterns.values()), re.I)
        for name, pattern in self.patterns.items():
            label = re.compile(rf"(?<!\w)(?:{pattern})(?![a-z]){_LINK}", re.I)
            for one in deque(label.finditer(text), maxlen=_NEWEST):
                value = _stated(other.split(text[one.end() : one.end() + 60], 1)[0], self.meaning)
                if value is not None and _meant(text, one.start()):
                    found[name] = value
        return found

    def missing(self, found: dict[str, Score | Unreadable]) -> Unreadable | None:
        for name, value in found.items():
            if isinstance(value, Unreadable):
                return Unreadable(f"{name}：{value.reason}")
        names = [name for name in self.patterns if name not in found]
        return Unreadable(f"缺少或读不出：{'、'.join(names)}") if names else None


def _name_pattern(name: str) -> str:
    words = re.split(r"[\s_-]+", name.translate(_WIDTHS).strip())
    return r"[\s_-]{0,3}".join(map(re.escape, words)) + r"(?:的?得分|的?评分|分数|得|[\s_]?score|[\s_]?rating)?"


def read_scores(
    reply: str, dimensions: Sequence[str], *, minimum: float = 1, maximum: float = 10, overall: str = "综合得分"
) -> Scores | Unreadable:
    """Read a score for every dimension and the overall one, from the last dictionary or from lines such as 正确性：8分.

    The overall score may also be called 总分 or Overall Score; with `overall` empty none is asked for.
    A missing or unreadable score, one out of range, or two different last dictionaries make the reply Unreadable.
    """
    page = _page(reply)
    if isinstance(page, Unreadable):
        return page
    patterns = {name: _name_pattern(name) for name in dimensions}
    if overall:
        patterns[overall] = rf"{_name_pattern(overall)}|{_OVERALL_WORDS}"
    asked = _Named(patterns, partial(_number, minimum=minimum, maximum=maximum))
    found = _table(page, asked)
    if isinstance(found, Unreadable):
        return found
    if bad := asked.missing(found):
        return bad
    scores = {name: value for name, value in found.items() if isinstance(value, Score)}
    return Scores(scores[overall] if overall else None, tuple((name, scores[name]) for name in dimensions))


def _table(page: _Page, asked: _Named) -> dict[str, Score | Unreadable] | Unreadable:
    """Read the last dictionary, and what it lacks from the text after it; without one, from the whole text."""
    tables = [(start, end, asked.in_object(page.text[start:end])) for start, end in _blocks(page)]
    tables = [table for table in tables if table[2]]
    for (_, end, former), (start, _, latter) in zip(tables[-2:-1], tables[-1:], strict=False):
        if former != latter and not re.search(r"\w", page.own[end:start]):
            return _CONTRADICTION
    after = tables[-1][1] if tables else 0
    rest = page.own[after:]
    found = asked.in_text(rest)
    if (cut := _CUT_OBJECT.search(rest)) and asked.in_text(rest[cut.start() :]):
        return _UNFINISHED
    return found | tables[-1][2] if tables else found


# ── several systems at once ───────────────────────────────────────────────────────────────────────────────────────────

_NTH = r"(\d{1,2}|[a-z]|[一二三四五六七八九十]|[甲乙丙丁戊己庚辛壬癸])(?![a-z0-9])"
_LISTED = re.compile(
    rf"(?<!\w)(?:{_NOUN}|(?=(?-i:[A-J甲乙丙丁])[ *]{{0,3}}[:=])){_NTH}(?:'s|的)?\s?(?:{_RATING_WORDS})?{_LINK}", re.I
)
_LISTED_KEY = re.compile(rf"(?:{_NOUN})?{_NTH}(?:'s|的)?[\s_]?(?:{_RATING_WORDS})?", re.I)
_PLACE = rf"(?:{_NOUN})?{_NTH}[*_\"'\])]{{0,4}}"
_CHAIN = re.compile(rf"(?<![\w>=<]){_PLACE}(?:\s?(?:>=|=>|>{{1,2}}|={{1,2}}|≥|≈)[\s*_\"'\[(]{{0,5}}{_PLACE})++", re.I)
_STEP = re.compile(rf"(>=|=>|>{{1,2}}|={{1,2}}|≥|≈)?[\s*_\"'\[(]{{0,5}}{_PLACE}", re.I)
_ORDER = re.compile(r"(?:排名|排序|顺序|名次|ranking|order)[^\n。]{0,40}[:是为]?\W{0,6}$", re.I)
_ALL_EQUAL = re.compile(
    r"(?:(?<!not )\ball(?: of)?(?: the)?|(?<!非)(?:所有|全部|各个?|每个)|(?<!第)(?=[两三四五六七八九十]个))"
    rf"\s?(?P<many>[a-z]{{3,5}}|\d{{1,2}}|[两三四五六七八九十])?[个位份]?\s?(?:的)?{_NOUN}[^\n。.!?]{{0,40}}?"
    r"(?:\bequal|\btied?\b|\bthe same\b|同样|一样|相同|相等|并列|[不难][分相]上下|平手|平局|相当)",
    re.I,
)
_COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}


def _nth(text: str) -> int:
    """Return the placement, from 1, that a number or letter stands for."""
    if text.isdigit():
        return int(text)
    rows = ("一二三四五六七八九十", "甲乙丙丁戊己庚辛壬癸", "abcdefghijklmnopqrstuvwxyz")
    return next(row.index(text.lower()) + 1 for row in rows if text.lower() in row)


def read_joint_scores(
    reply: str, count: int, *, minimum: float = 1, maximum: float = 10
) -> tuple[Scores, ...] | Unreadable:
    """Read the scores of `count` systems as shown: System 1: 9/10 ..., an object, or a first line of numbers (8 9).

    A missing system, one too many, or a score out of range makes the reply Unreadable.
    """
    page = _page(reply)
    if isinstance(page, Unreadable):
        return page
    meaning = partial(_number, minimum=minimum, maximum=maximum)
    found = dict(enumerate(_number_line(page.own, meaning), 1))
    for one in deque(_LISTED.finditer(page.own), maxlen=_NEWEST * 4):
        value = _stated(page.own[one.end() : one.end() + 60], meaning)
        if value is not None and _meant(page.own, one.start()):
            found[_nth(one[1])] = value
    for start, end in _blocks(page)[-1:]:
        found.update(_joint_object(_pairs(page.text[start:end]), meaning))
    wrong = [f"第 {nth} 个：{value.reason}" for nth, value in found.items() if isinstance(value, Unreadable)]
    missing = [f"缺少第 {nth} 个的分数" for nth in range(1, count + 1) if nth not in found]
    extra = [f"多出第 {nth} 个的分数" for nth in found if not 1 <= nth <= count]
    if wrong or missing or extra:
        return Unreadable("；".join([*wrong, *missing, *extra]))
    return tuple(Scores(overall=value) for nth in range(1, count + 1) if isinstance(value := found[nth], Score))


def _number_line(text: str, meaning: Meaning[Score]) -> list[Score | Unreadable]:
    lines = text.strip().split("\n")
    for line in (lines[0], lines[-1]):
        values = [meaning(part) for part in re.split(r"[\s,;、]+", _bare(line))] if len(line) <= 80 else []
        known = [value for value in values if value is not None]
        if len(known) > 1 and len(known) == len(values):
            return known
    return []


def _joint_object(pairs: list[tuple[str, str]], meaning: Meaning[Score]) -> dict[int, Score | Unreadable]:
    named = [(_LISTED_KEY.fullmatch(key.translate(_WIDTHS)), meaning(said)) for key, said in pairs]
    found = {_nth(key[1]): value for key, value in named if key and value is not None}
    if found:
        return found
    listed = [meaning(said) for key, said in pairs if re.fullmatch(rf"(?:{_RATING_WORDS})s?", key, re.I)]
    return {nth: value for nth, value in enumerate(listed, 1) if value is not None} if len(listed) > 1 else {}


def read_ranking(reply: str, count: int) -> tuple[int, ...] | Unreadable:
    """Read competition ranks (1, 2, 2, 4) by placement from a chain such as 助手2 > 助手1 = 助手3, or words that all are equal.

    `>=` counts as `>`. A chain that does not name each of the `count` systems once is no ranking.
    """
    page = _page(reply)
    if isinstance(page, Unreadable):
        return page
    found: list[_Found[tuple[int, ...]]] = []
    for chain in deque(_CHAIN.finditer(page.own), maxlen=_NEWEST):
        cut = re.match(r"\s?[<>=≤≥]", page.own[chain.end() : chain.end() + 2])
        ranks = None if cut else _ranks(chain[0], count)
        named = re.search(_NOUN, chain[0], re.I) or _ORDER.search(page.own[max(0, chain.start() - 60) : chain.start()])
        line = page.own[: chain.start()].rpartition("\n")[2] + page.own[chain.end() :].partition("\n")[0]
        if ranks and (named or not re.search(r"\w", line)) and _meant(page.own, chain.start()):
            found.append(_Found(chain.start(), chain.end(), _Form.MARK, ranks))
    for start, end in _blocks(page)[-1:]:
        chains = [said for _, said in _pairs(page.text[start:end]) if _CHAIN.fullmatch(said.translate(_WIDTHS))]
        known = [ranks for said in chains if (ranks := _ranks(said.translate(_WIDTHS), count))]
        found += [_Found(start, end, _Form.OBJECT, ranks) for ranks in known]
    last = page.own.rstrip().rpartition("\n")[2]
    equal = _ALL_EQUAL.search(last)
    if not found and equal and not _DENIED.search(last) and _many(equal["many"]) in (0, count):
        return (1,) * count
    return _settle(found, page)


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


# ── what is asked ─────────────────────────────────────────────────────────────────────────────────────────────────────

Language: TypeAlias = Literal["zh", "en"]
_LEVELS = {3: ("A", "B", "C"), 5: ("A>>B", "A>B", "A=B", "B>A", "B>>A")}


def ask_verdict(levels: Literal[3, 5] = 3, lang: Language = "zh") -> str:
    """Return the instruction for the format that `read_verdict` prefers; quoted back alone it is no verdict."""
    if lang == "en":
        menu = "A (the first is better), B (the second is better) or C (a tie)"
        if levels == 5:
            menu = "A>>B or A>B (the first is much / slightly better), A=B (a tie), B>A or B>>A (the second is better)"
        return f"Explain first. Then end with a line of its own, [[X]], where X stands for one of: {menu}."
    menu = "A（前一个更好）、B（后一个更好）、C（不分上下）"
    if levels == 5:
        menu = "A>>B（前一个好得多）、A>B（前一个略好）、A=B（不分上下）、B>A（后一个略好）、B>>A（后一个好得多）"
    return f"先写理由，最后单独一行写 [[X]]，把 X 换成其中一个：{menu}。"


def ask_rating(minimum: float = 1, maximum: float = 10, lang: Language = "zh") -> str:
    """Return the instruction for the format that `read_rating` prefers; quoted back alone it is no rating."""
    if lang == "en":
        return f"Explain first. Then end with a line of its own, [[X]], where X stands for a number from {minimum:g} to {maximum:g}."
    return f"先写理由，最后单独一行写 [[X]]，把 X 换成 {minimum:g} 到 {maximum:g} 之间的一个数，可以有小数。"


def ask_scores(
    dimensions: Sequence[str], minimum: float = 1, maximum: float = 10, lang: Language = "zh", overall: str = "综合得分"
) -> str:
    """Return the instruction for the format that `read_scores` prefers; quoted back alone it holds no score."""
    names = [*dimensions, overall] if overall else [*dimensions]
    form = "{" + ", ".join(f"{json.dumps(name, ensure_ascii=False)}: X" for name in names) + "}"
    if lang == "en":
        return f"Explain first. Then end with a line of its own, {form}, where each X stands for a number from {minimum:g} to {maximum:g}."
    return f"先写理由，最后单独一行写 {form}，把每个 X 换成 {minimum:g} 到 {maximum:g} 之间的一个数，可以有小数。"


def verdict_schema(levels: Literal[3, 5] = 3) -> dict[str, Json]:
    """Return the JSON schema of a reply that `read_verdict` reads; the reason comes first, so the judge thinks first."""
    return _schema({"verdict": {"type": "string", "enum": list(_LEVELS[levels])}})


def scores_schema(
    dimensions: Sequence[str], minimum: float = 1, maximum: float = 10, overall: str = "综合得分"
) -> dict[str, Json]:
    """Return the JSON schema of a reply that `read_scores` reads (and `read_rating`, where only `overall` is asked for)."""
    number: Json = {"type": "number", "minimum": minimum, "maximum": maximum}
    return _schema(dict.fromkeys([*dimensions, overall] if overall else dimensions, number))


def _schema(properties: dict[str, Json]) -> dict[str, Json]:
    every: dict[str, Json] = {"reason": {"type": "string"}, **properties}
    return {"type": "object", "properties": every, "required": [*every], "additionalProperties": False}
