"""What a model wrote, as HTML that can do nothing: hostile markdown in, a short list of tags out.

Nothing is fetched, nothing runs, and nothing that a judge read is kept from a person: what cannot be laid out safely or at a
bounded cost is shown as it was written, what cannot be seen is named, and what is cut off is counted.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from xml.etree.ElementTree import Element

import nh3
from latex2mathml import exceptions as latex_errors
from latex2mathml.converter import Converter
from markdown_it import MarkdownIt
from markdown_it.parser_inline import ParserInline
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock, table
from markdown_it.rules_block.table import escapedSplit, getLine
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]
from pygments.token import STANDARD_TYPES  # type: ignore[import-untyped]

from judge.fence import HIDDEN

LIMIT = 200_000  # characters of one text
_INTRICATE = 40_000  # characters of markup in one text, at some ten microseconds each
_DEEP = 20  # blocks, or formats, within one another
_REACH = 300_000  # openers of quotes and formulas times the lines they may reach, which are read again for each
_WIDE = 64  # columns of a table
_MATH, _CODE = 40_000, 30_000  # characters of formulas, and of coloured code, in one text
_LONG_CODE = 10_000
_EACH = 50  # characters that one more of them costs as much as
_LONG_FORMULA = 3_000


@dataclass(frozen=True, slots=True)
class Words:
    """What this module says in its own words."""

    image: str = "[图片：{alt} — {host}]"
    nameless: str = "无说明"
    cut: str = "……在此截断，后面还有 {count} 个字符没有显示"
    raw: str = "格式过于繁复，下面按原文显示"


CHINESE = Words()
ENGLISH = Words(
    image="[image: {alt} — {host}]",
    nameless="no description",
    cut="… cut here; {count} more characters are not shown",
    raw="too intricate to lay out; shown as it was written",
)

_CONTROL, _HALF = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]+"), re.compile(r"[\ud800-\udfff]")
# Beside what a judge's prompt marks: blank braille, what XML cannot hold, formats of music and of rare scripts.
_UNSEEN = re.compile(
    rf"(?:{HIDDEN.pattern}|[\u2800\ufdd0-\ufdef\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U00013430-\U0001343f])+"
)
_ACCENT = (
    r"[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0f71-\u0f84\u1ab0-\u1aff"
    r"\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f]"
)
_STACKED = re.compile(f"({_ACCENT}{{4}})({_ACCENT}+)")


def visible(text: str) -> str:
    """Name what cannot be seen, as ⟨U+202E⟩; control characters go but for line breaks and tabs. Twice is the same as once."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _UNSEEN.sub(lambda run: _named(run[0]), _HALF.sub("\ufffd", text))
    return _STACKED.sub(lambda run: run[1] + _named(run[2]), text)


def _named(run: str) -> str:
    """Name each character; of a long run the first few kinds and its length."""
    if len(run) <= 8:
        return "".join(f"⟨U+{ord(one):04X}⟩" for one in run)
    return f"⟨{' '.join(f'U+{ord(one):04X}' for one in list(dict.fromkeys(run))[:4])} ×{len(run)}⟩"


def to_html(text: str, words: Words = CHINESE) -> str:
    """Lay out markdown, formulas and code as harmless HTML."""
    source = visible(text[:LIMIT])
    try:
        if sum(map(source.count, _MARKS)) > _INTRICATE or _reach(source) > _REACH:
            raise _Intricate
        body = _markdown().render(source, {"math": _MATH, "code": _CODE, "links": [], "words": words})
    except _Intricate:
        body = _note(words.raw) + _pre(source)
    # An entity may have stood for what cannot be seen. The sieve comes last, so that nothing leaves past it.
    return _sieve().clean(visible(body) + _rest(text, words))


def plain(text: str, words: Words = CHINESE) -> str:
    """Show a text as it was written, markup and all."""
    return _sieve().clean(_pre(visible(text[:LIMIT])) + _rest(text, words))


def _pre(text: str) -> str:
    return f"<pre><code>{escape(text)}</code></pre>\n"


def _note(text: str) -> str:
    return f'<p class="note">{escape(text)}</p>\n'


def _rest(text: str, words: Words) -> str:
    return _note(words.cut.format(count=len(text) - LIMIT)) if len(text) > LIMIT else ""


def _reach(source: str) -> int:
    """Count how many lines quotes and formulas may reach: each up to the next blank line."""
    parts = [(part.count("\n") + 1, _OPENERS.findall(part)) for part in re.split(r"\n[ \t]*\n", source)]
    return sum(lines * sum(one.count(">") + one.count("$") for one in openers) for lines, openers in parts)


_OPENERS = re.compile(r"^[ \t>*+\d.)-]*(?:>|\$\$)", re.M)


class _Intricate(Exception):
    """Laying this text out would cost too much, or lose some of it."""


# --- what may leave -------------------------------------------------------------------------------------------------------


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TAGS = _names("p br hr h3 h4 h5 h6 strong em s code pre blockquote ul ol li table thead tbody tr th td a span div")
_MATH_TAGS = _names(
    "math mrow mi mn mo mtext mspace msup msub msubsup mfrac msqrt mroot mover munder munderover mtable mtr mtd mstyle mpadded "
    "menclose mmultiscripts mprescripts"
)
_PARTS = {"msubsup": 3, "munderover": 3} | dict.fromkeys(_names("msub msup mfrac mroot mover munder"), 2)
# How a formula looks; no colours, and no sizes that could hide it, lay it over its neighbours or cover the page.
_LENGTH = r"(?:\d?(?:\.\d{1,4})?|-0?\.[0-3]\d{0,3})e[mx]"
_MATH_ATTRIBUTES = {
    **dict.fromkeys(_names("display mathvariant form"), "[a-z-]+"),
    **dict.fromkeys(_names("displaystyle stretchy fence separator largeop movablelimits accent"), "true|false"),
    **dict.fromkeys(_names("columnalign columnlines rowlines notation"), "[a-z -]+"),
    **dict.fromkeys(_names("minsize maxsize width columnspacing"), f"{_LENGTH}(?: {_LENGTH})*"),
    **dict.fromkeys(_names("scriptlevel linethickness"), "[0-3]"),
}
_CELLS = _names("left center right")


@cache
def _sieve() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS | _MATH_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}, **{key: set(_MATH_ATTRIBUTES) for key in _MATH_TAGS}},
        allowed_classes={
            "span": {name for name in STANDARD_TYPES.values() if name} | {"host", "image", "math"},
            "pre": {"highlight"},
            "div": {"math"},
            "p": {"note"},
            "th": _CELLS,
            "td": _CELLS,
        },
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",
        link_rel="noopener nofollow noreferrer",
    )


# --- markdown -------------------------------------------------------------------------------------------------------------

_MARKS = "!#$&*+-:<=>[[[[\\]^_`{|}~\n\n"  # what costs more stands here more often


@cache
def _markdown() -> MarkdownIt:
    # Beyond maxNesting markdown-it drops blocks; _deep stops before.
    options = {"html": False, "linkify": False, "breaks": True, "maxNesting": _DEEP + 4}
    made = MarkdownIt("js-default", options, renderer_cls=_Page)
    made.inline = _Inline()
    # Without HTML these rules do nothing; the definition of a reference would vanish from sight, and its text with it.
    made.disable(["reference", "html_block", "html_inline", "linkify", "replacements", "smartquotes"])
    dollarmath_plugin(
        made, allow_space=False, allow_digits=False, allow_labels=False, allow_blank_lines=False, double_inline=True
    )
    made.inline.ruler.before("escape", "bracket_math", _bracket_math)
    made.block.ruler.before("fence", "bracket_math_block", _bracket_math_block)
    made.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    made.block.ruler.before("table", "deep", _deep)
    # A forbidden address does not stop the link: the page shows it as text, beside what it was meant to hide behind.
    made.validateLink = bool  # type: ignore[assignment,method-assign]
    for rule in ("math_inline", "math_inline_double", "math_block"):
        made.add_render_rule(rule, _Page.formula)
    return made


class _Inline(ParserInline):
    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        state = _State(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        if any(token.level > _DEEP for token in state.tokens):
            raise _Intricate
        return state.tokens


class _State(StateInline):
    def __init__(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> None:
        super().__init__(src, md, env, tokens)
        self.last = {closer: src.rfind(closer) for closer in (r"\)", r"\]")}

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803
        """Let * and ~ open and close beside a Han character or its punctuation: Chinese has no spaces that would tell.

        CommonMark alone leaves **“重点”**后文 and **注意：**请 as they are; the rule is that of markdown-cjk-friendly.
        """
        found = super().scanDelims(start, canSplitWord)
        end = start + found.length
        before = self.src[start - 1] if start else " "
        after = self.src[end] if end < self.posMax else " "
        if not canSplitWord or not (_han(before) or _han(after)):
            return found
        return Scanned(not after.isspace(), not before.isspace(), found.length)


def _han(one: str) -> bool:
    return unicodedata.east_asian_width(one) in "WFH" and not one.isspace()


def _deep(state: StateBlock, _start: int, _end: int, _silent: bool) -> bool:
    """Stop where what is within would be dropped."""
    if state.level > _DEEP:
        raise _Intricate
    return False


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Lay out a table; cells that a row has beyond its head stand in the last column, where GitHub's rule drops them."""
    first, columns = len(state.tokens), getLine(state, start).count("|")
    if columns > _WIDE + 1 or not table(state, start, end, silent):
        return False
    row: list[Token] = []
    for token in state.tokens[first:]:
        if token.type == "inline":
            row.append(token)
        elif token.type == "tr_close":
            written = getLine(state, (row[0].map or [start])[0]).strip(" \t").removeprefix("|")
            spare = escapedSplit(written)[len(row) :]
            row[-1].content = " | ".join([row[-1].content, *(cell for cell in map(str.strip, spare) if cell)])
            row = []
    if len(state.tokens) - first > _INTRICATE:
        raise _Intricate
    return True


def _bracket_math(state: StateInline, silent: bool) -> bool:
    r"""Read \(x\) and \[x\] as formulas where they look like one: \[1\] and \[注\] are brackets that were escaped."""
    closer = {r"\(": r"\)", r"\[": r"\]"}.get(state.src[state.pos : state.pos + 2])
    start = state.pos + 2
    if not closer or not isinstance(state, _State) or state.last[closer] < start:
        return False
    end = state.src.find(closer, start, state.posMax)
    if end < 0 or not _FORMULA_LIKE.search(state.src[start : min(end, start + _LONG_FORMULA)]):
        return False
    if not silent:
        token = state.push("math_inline" if closer == r"\)" else "math_inline_double", "math", 0)
        token.content, token.markup = state.src[start:end], state.src[state.pos : start]
    state.pos = end + 2
    return True


_FORMULA_LIKE = re.compile(r"[A-Za-z\\=+<>^]")


def _bracket_math_block(state: StateBlock, start: int, end: int, _silent: bool) -> bool:
    r"""Read \[ up to a \] that ends a line as one formula, whatever its lines look like."""
    at = state.bMarks[start] + state.tShift[start]
    if state.is_code_block(start) or not state.src.startswith(r"\[", at):
        return False
    for line in range(start, min(end, start + 100)):
        text = state.src[(at + 2 if line == start else state.bMarks[line]) : state.eMarks[line]].rstrip()
        if line > start and not text:
            return False
        if text.endswith(r"\]"):
            whole = state.getLines(start, line + 1, state.blkIndent, False).strip()
            if not _FORMULA_LIKE.search(whole[2:-2]):
                return False
            token = state.push("math_block", "math", 0)
            token.block, token.map, token.markup, token.content = True, [start, line + 1], r"\[", whole[2:-2]
            state.line = line + 1
            return True
    return False


class _Page(RendererHTML):
    """Tokens as HTML, where it differs from markdown-it's own."""

    def heading_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Headings stand below those of the page."""
        return f"<h{_level(tokens[idx])}>"

    def heading_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"</h{_level(tokens[idx])}>\n"

    def th_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        side = str(tokens[idx].attrGet("style") or "").removeprefix("text-align:")
        return f'<{tokens[idx].tag} class="{side}">' if side else f"<{tokens[idx].tag}>"

    td_open = th_open

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        href, shown = _address(str(tokens[idx].attrGet("href") or ""))
        title = str(tokens[idx].attrGet("title") or "")
        env["links"].append(("</a>" if href else "", f"{shown} “{title}”" if title else shown))
        return f'<a href="{escape(href)}">' if href else ""

    def link_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        end, shown = env["links"].pop()
        return f'{end} <span class="host">({escape(shown)})</span>'

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        words, title = env["words"], str(tokens[idx].attrGet("title") or "")
        alt = " ".join(tokens[idx].content.split()) or words.nameless
        shown = _address(str(tokens[idx].attrGet("src") or ""))[1]
        mark = words.image.format(alt=f"{alt} “{title}”" if title else alt, host=shown)
        return f'<span class="image">{escape(mark)}</span>'

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        code, info = tokens[idx].content, tokens[idx].info.strip()
        language = info.partition(" ")[0].lower()
        note = _note(info) if info and info.lower() not in LANGUAGES else ""
        env["code"] -= len(code) + _EACH
        if language not in LANGUAGES or len(code) > _LONG_CODE or _SLOW_CODE.search(code) or env["code"] < 0:
            return note + _pre(code)
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
        return f'{note}<pre class="highlight"><code>{highlight(code, lexer, HtmlFormatter(nowrap=True))}</code></pre>\n'

    def formula(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        closer = {r"\(": r"\)", r"\[": r"\]"}.get(token.markup, token.markup)
        env["math"] -= len(token.content) + _EACH
        block = token.type != "math_inline"
        made = _mathml(token.content.strip(), block) if env["math"] >= 0 else None
        if made is None:
            source = token.markup + token.content + closer
            return _pre(source) if token.block else f"<code>{escape(source)}</code>"
        tag = "div" if token.block else "span"
        return f'<{tag} class="math">{made}</{tag}>' + "\n" * token.block if block else made


def _level(token: Token) -> int:
    return min(6, int(token.tag[1]) + 2)


_LINK = re.compile(r"https?://([a-z0-9_.-]{1,253}|\[[0-9a-f:.]{2,45}\])((?::\d{1,5})?)(?:[/?#][!-~]{0,2000})?", re.I)
_MAIL = re.compile(r"mailto:([a-z0-9._%+-]{1,64}@[a-z0-9.-]{1,253})", re.I)


def _address(url: str) -> tuple[str, str]:
    """Return an address that may be opened, or nothing, and what a reader sees of it: the host where that says it all."""
    if (found := _LINK.fullmatch(url)) and "\\" not in url:
        return url, (found[1] + found[2]).lower()
    if found := _MAIL.fullmatch(url):
        return url, found[1]
    return "", url if len(url) <= 80 else url[:80] + "…"


# --- formulas and code ----------------------------------------------------------------------------------------------------

# Macros may grow without end; the others hide, colour or overlay what they hold, or name what is not part of a formula.
_REFUSED = re.compile(
    r"\\(?:[a-z]?def|let|(?:re)?newcommand|providecommand|newenvironment|DeclareMathOperator|href|url|class|style|unicode|rule|"
    r"mathchoice|[hv]?phantom|input|include\w*|write)(?![a-zA-Z])|(?<!\\)%"
    r"|\\begin\s*\{(?!(?:[pbBvV]?matrix|smallmatrix|array|d?cases|split|equation|aligned|align|gathered|gather)\*?\})"
)
_ENVIRONMENT = re.compile(r"\\(begin|end)\s*\{([a-z]+\*?)\}")
# What the converter knows by another name, or would number.
_ENVIRONMENTS = {"aligned": "split", "align": "align*", "dcases": "cases"} | dict.fromkeys(
    ("gathered", "gather", "gather*"), "matrix"
)
_LATEX_ERRORS: tuple[type[Exception], ...] = (
    *(one for one in vars(latex_errors).values() if isinstance(one, type) and issubclass(one, Exception)),
    *(LookupError, TypeError, ValueError, AttributeError, RuntimeError, StopIteration, AssertionError, ArithmeticError),
)


def _mathml(latex: str, block: bool) -> str | None:
    """Return a formula as MathML, or None where it cannot be had."""
    if len(latex) > _LONG_FORMULA or _REFUSED.search(latex):
        return None
    known = _ENVIRONMENT.sub(lambda found: f"\\{found[1]}{{{_ENVIRONMENTS.get(found[2], found[2])}}}", latex)
    try:
        return _element(Converter(display="block" if block else "inline").convert_to_element(known), 2 * _DEEP)
    except _LATEX_ERRORS:
        return None


def _element(element: Element, depth: int) -> str:
    """Write an element of a formula. The converter's own writer lets tags in \\text{} through as tags."""
    text = element.text or ""
    # A command the converter does not know comes back as its name, half a fraction as half a fraction.
    if element.tag not in _MATH_TAGS or "\\" in text or "&#xNone" in text or not depth:
        raise ValueError(element.tag)
    if len(element) != _PARTS.get(element.tag, len(element)):
        raise ValueError(element.tag)
    attributes = "".join(
        f' {name}="{value}"'
        for name, value in element.attrib.items()
        if re.fullmatch(_MATH_ATTRIBUTES.get(name, "(?!)"), value) and (name != "width" or element.tag == "mspace")
    )
    inside = escape(_CODEPOINT.sub(lambda found: chr(int(found[1], 16)), text), quote=False)
    inside += "".join(_element(child, depth - 1) for child in element)
    # Within these a browser would go back to reading HTML.
    tag = "mrow" if len(element) and element.tag in {"mi", "mn", "mo", "mtext"} else element.tag
    return f"<{tag}{attributes}>{inside}</{tag}>"


_CODEPOINT = re.compile(r"&#x([0-9A-Fa-f]{1,6});")

# Some lexers read a long line, or a long blank, again for each of its characters.
_SLOW_CODE = re.compile(r"^.{401}|\s{101}", re.M)
# Pygments would load any lexer that is installed.
LANGUAGES = _names(
    "bash sh shell c cpp c++ csharp cs css dart diff dockerfile go golang haskell html ini java javascript js json jsx kotlin latex "
    "tex lua makefile matlab perl php powershell python py python3 r ruby rb rust scala scheme sql swift toml ts typescript xml yaml "
    "yml"
)


@cache
def pygments_css() -> str:
    """Return the colours of code, light and dark."""
    light, dark = (HtmlFormatter(style=one).get_token_style_defs(".highlight") for one in ("default", "github-dark"))
    return "\n".join([*light, "@media (prefers-color-scheme: dark) {", *(f"  {line}" for line in dark), "}", ""])
