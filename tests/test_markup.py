from __future__ import annotations

import re
import time
import unicodedata
from collections import Counter
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judge import markup
from judge.fence import HIDDEN
from judge.markup import CHINESE, ENGLISH, LIMIT, plain, pygments_css, to_html, visible
from tests.hostile import HOSTILE, Attack


def names(text: str) -> set[str]:
    return set(text.split())


every_attack = pytest.mark.parametrize("attack", HOSTILE, ids=[attack.id for attack in HOSTILE])

TAGS = names("p br hr h3 h4 h5 h6 strong em s code pre blockquote ul ol li table thead tbody tr th td a span div")
MATH = names(
    "math mrow mi mn mo mtext mspace msup msub msubsup mfrac msqrt mroot mover munder munderover mtable mtr mtd mstyle mpadded "
    "menclose mmultiscripts mprescripts"
)
LOOKS = names(
    "display displaystyle scriptlevel mathvariant stretchy fence form separator largeop movablelimits accent minsize maxsize width "
    "linethickness columnalign columnlines columnspacing rowlines notation"
)
CLASSES = {"p": {"note"}, "div": {"math"}, "pre": {"highlight"}, "td": {"left", "center", "right"}}
CLASSES["th"] = CLASSES["td"]


class Harmless(HTMLParser):
    """Reads a page and fails on anything that could act."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS | MATH
        for name, value in attrs:
            assert value is not None
            match tag, name:
                case "a", "href":
                    assert re.match(r"(?:https?://[^@\s]+|mailto:[^?\s]+)$", value)
                case "a", "rel":
                    assert value == "noopener nofollow noreferrer"
                case "ol", "start":
                    assert value.isdigit()
                case "span", "class":
                    assert re.fullmatch(r"[a-z][a-z0-9]{0,3}|host|image|math", value)
                case _, "class":
                    assert value in CLASSES[tag]
                case _:
                    assert tag in MATH
                    assert name in LOOKS
                    assert re.fullmatch(r"[a-z0-9. -]+", value)
        if tag not in {"br", "hr"}:
            # A token of a formula holds text alone: inside of it a browser would read HTML.
            assert not self.open or self.open[-1] not in {"mi", "mn", "mo", "mtext", "mspace"}
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def read(html: str) -> str:
    """Check that a page is harmless, whole and settled, and return what a person reads on it."""
    reader = Harmless()
    reader.feed(html)
    reader.close()
    assert not reader.open
    assert markup._sieve().clean(html) == html
    assert not markup._UNSEEN.search(reader.text)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", html)
    return reader.text


@every_attack
def test_an_attack_becomes_harmless_html_in_no_time(attack: Attack) -> None:
    start = time.thread_time()
    html = to_html(attack.text)
    assert (
        time.thread_time() - start < 6
    )  # at most 0.6 on the machine it was written on; what grows with the square takes minutes
    text = read(html)
    assert ("个字符没有显示" in text) == (len(attack.text) > LIMIT)
    if not 2000 < len(attack.text) <= LIMIT:  # the same hands lay it out; a long one takes its time
        english = read(to_html(attack.text, ENGLISH))
        assert ("more characters are not shown" in english) == (len(attack.text) > LIMIT)


@every_attack
def test_an_attack_is_shown_as_it_was_written(attack: Attack) -> None:
    text = read(plain(attack.text))
    shown = visible(attack.text[:LIMIT]) + "\n"
    if len(attack.text) > LIMIT:
        shown += f"……在此截断，后面还有 {len(attack.text) - LIMIT} 个字符没有显示\n"
    assert text == shown


@every_attack
def test_an_attack_becomes_visible(attack: Attack) -> None:
    shown = visible(attack.text)
    assert visible(shown) == shown
    assert not HIDDEN.search(shown)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", shown)
    shown.encode()
    assert len(shown) <= 10 * len(attack.text)


def test_the_attacks_are_many_and_told_apart_by_id() -> None:
    assert len({attack.id for attack in HOSTILE}) == len(HOSTILE) >= 90
    assert {attack.kind for attack in HOSTILE} == names(
        "script request svg math bidi ansi huge template spreadsheet rich control path tags homoglyph judge all"
    )


# Texts rich in what markdown, formulas and marks are made of, beside any text at all.
PIECES = ["*", "**", "_", "~~", "`", "```", "```python", "[", "]", "](", "![", "(", ")", "<", ">", "> ", "- ", "1. ", "# ", "|", "|-|-|\n",
          "\n", "\n\n", "    ", "$", "$$", "\\", "\\(", "\\)", "\\[", "\\]", "\\frac", "\\begin{aligned}", "\\end{aligned}", "\\text{", "{",
          "}", "^", "_", "&", "\\\\", "&lt;", "&#x202e;", "&#1;", "<!--", "<b>", "javascript:", "https://e.example/", "\"", "'", "字", "：", "“",
          "\u202e", "\u200b", "\u200d", "\ufe0f", "\u0301", "😀", "\0", "\x1b", "\r", "\u2028", "\ud800", "\udc00", "a", " ", "%"]  # fmt: skip
rough = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=30).map("".join)


@settings(deadline=None)  # the first one loads lexers
@given(rough)
def test_any_text_becomes_harmless(text: str) -> None:
    read(to_html(text))
    read(plain(text))
    assert visible(visible(text)) == visible(text)


DULL = [piece for piece in PIECES if not set(piece) & set("(<:&{")]


@settings(deadline=None)
@given(st.lists(st.sampled_from([*DULL, "|字|字|字|\n", "字"]), max_size=30).map("".join))
def test_every_han_character_that_a_judge_reads_can_be_read_on_the_page(text: str) -> None:
    han = Counter(one for one in text if one == "字")
    assert han <= Counter(read(to_html(text)))


ORDINARY = [
    ("第一行\n第二行\n\n第二段", "<p>第一行<br>\n第二行</p>\n<p>第二段</p>\n"),
    ("**“重点”**后文", "<p><strong>“重点”</strong>后文</p>\n"),
    ("**注意：**请", "<p><strong>注意：</strong>请</p>\n"),
    ("他说**“好”**，又说**（不）**行", "<p>他说<strong>“好”</strong>，又说<strong>（不）</strong>行</p>\n"),
    ("**50%**的人、*“斜”*体、~~“删”~~去", "<p><strong>50%</strong>的人、<em>“斜”</em>体、<s>“删”</s>去</p>\n"),
    ("***“三”***个", "<p><em><strong>“三”</strong></em>个</p>\n"),
    ("2 ** 3 和 ** 空 ** 与 a_b_c", "<p>2 ** 3 和 ** 空 ** 与 a_b_c</p>\n"),
    ('**"a"**b 依 CommonMark 不变', '<p>**"a"**b 依 CommonMark 不变</p>\n'),
    ("# 题\n\n##### 小题", "<h3>题</h3>\n<h6>小题</h6>\n"),
    (
        "- 甲\n  - 乙\n    1. 丙\n- 丁\n\n3. 戊",
        '<ul>\n<li>甲\n<ul>\n<li>乙\n<ol>\n<li>丙</li>\n</ol>\n</li>\n</ul>\n</li>\n<li>丁</li>\n</ul>\n'
        '<ol start="3">\n<li>戊</li>\n</ol>\n',
    ),
    (
        "|甲|乙|\n|:-|-:|\n|1|`2`|",
        '<table>\n<thead>\n<tr>\n<th class="left">甲</th>\n<th class="right">乙</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n'
        '<td class="left">1</td>\n<td class="right"><code>2</code></td>\n</tr>\n</tbody>\n</table>\n',
    ),
    (
        "```python\nif a < 1:\n    pass\n```",
        '<pre class="highlight"><code><span class="k">if</span> <span class="n">a</span> <span class="o">&lt;</span> '
        '<span class="mi">1</span><span class="p">:</span>\n    <span class="k">pass</span>\n</code></pre>\n',
    ),
    ("```\n\n  <b>\n```", "<pre><code>\n  &lt;b&gt;\n</code></pre>\n"),
    ("```brainfuck\n+\n```", '<p class="note">brainfuck</p>\n<pre><code>+\n</code></pre>\n'),
    (
        "能量 $E=mc^2$。",
        '<p>能量 <math display="inline"><mrow><mi>E</mi><mo>=</mo><mi>m</mi><msup><mi>c</mi><mn>2</mn></msup></mrow></math>。</p>\n',
    ),
    ("$5 和 $10，或$5到$6元", "<p>$5 和 $10，或$5到$6元</p>\n"),
    (
        "$$\nx\n$$\n\\[\ny\n- 1\n\\]",
        '<div class="math"><math display="block"><mrow><mi>x</mi></mrow></math></div>\n'
        '<div class="math"><math display="block"><mrow><mi>y</mi><mo>−</mo><mn>1</mn></mrow></math></div>\n',
    ),
    (
        r"设 \(a\)，则 \[b=1\]；见 \[1\] 与 \(注\)",
        '<p>设 <math display="inline"><mrow><mi>a</mi></mrow></math>，则 <span class="math"><math display="block"><mrow><mi>b</mi><mo>=</mo>'
        "<mn>1</mn></mrow></math></span>；见 [1] 与 (注)</p>\n",
    ),
    (r"$\mathop{a<b}$", '<p><math display="inline"><mrow><mrow><mrow><mi>a</mi><mo>&lt;</mo><mi>b</mi></mrow></mrow></mrow></math></p>\n'),
    (
        r"$\begin{aligned}a&=b\end{aligned}$",
        '<p><math display="inline"><mrow><mtable displaystyle="true" columnspacing="0em"><mtr><mtd columnalign="right"><mi>a</mi></mtd>'
        '<mtd columnalign="left"><mi></mi><mo>=</mo><mi>b</mi></mtd></mtr></mtable></mrow></math></p>\n',
    ),
    (r"$\ce{H2O}$ 与 $\text{a<b}$", "<p><code>$\\ce{H2O}$</code> 与 " + '<math display="inline"><mrow><mtext>a&lt;b</mtext></mrow></math></p>\n'),
    (
        '[说明](https://www.Example.com:8080/a?b=1&c=2#d "标题")',
        '<p><a href="https://www.Example.com:8080/a?b=1&amp;c=2#d" rel="noopener nofollow noreferrer">说明</a> '
        '<span class="host">(www.example.com:8080 “标题”)</span></p>\n',
    ),
    (
        "<https://e.example/x>",
        '<p><a href="https://e.example/x" rel="noopener nofollow noreferrer">https://e.example/x</a> '
        '<span class="host">(e.example)</span></p>\n',
    ),
    (
        "[银行](https://bаnk.example)",
        '<p><a href="https://xn--bnk-6cd.example" rel="noopener nofollow noreferrer">银行</a> '
        '<span class="host">(xn--bnk-6cd.example)</span></p>\n',
    ),
    ("[点](javascript:alert(1))", '<p>点 <span class="host">(javascript:alert(1))</span></p>\n'),
    ("[点](https://a.example@b.example/)", '<p>点 <span class="host">(https://a.example@b.example/)</span></p>\n'),
    ("![一只 *猫*](https://img.example/cat.png)", '<p><span class="image">[图片：一只 *猫* — img.example]</span></p>\n'),
    ('![](a.png "题")', '<p><span class="image">[图片：无说明 “题” — a.png]</span></p>\n'),
    ("[甲]: https://e.example '藏'", "<p>[甲]: https://e.example '藏'</p>\n"),
    ("<b>x</b><!-- 藏 -->", "<p>&lt;b&gt;x&lt;/b&gt;&lt;!-- 藏 --&gt;</p>\n"),
    ("a\u202eb&#x202e;c", "<p>a⟨U+202E⟩b⟨U+202E⟩c</p>\n"),
    ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "html"), ORDINARY)
def test_ordinary_markdown_is_laid_out(text: str, html: str) -> None:
    assert to_html(text) == html
    read(html)


def test_an_english_page_has_no_chinese_of_ours() -> None:
    text = "![](a.png) ![cat](https://e.example/c)" + " x" * LIMIT + ">" * 100
    html = to_html("> " * 50 + text, ENGLISH) + to_html(text, ENGLISH)
    assert html.isascii() or not re.search("[一-鿿]", html)
    assert "[image: no description — a.png]" in html
    assert "[image: cat — e.example]" in html
    assert "too intricate to lay out" in html
    assert f"cut here; {len(text) - LIMIT} more characters are not shown" in html


def test_a_text_at_the_limit_is_whole_and_one_beyond_it_is_not() -> None:
    assert "没有显示" not in to_html("字" * LIMIT)
    cut = '<p class="note">……在此截断，后面还有 1 个字符没有显示</p>\n'
    assert to_html("字" * (LIMIT + 1)) == f"<p>{'字' * LIMIT}</p>\n{cut}"
    assert plain("字" * (LIMIT + 1)).endswith(cut)


@pytest.mark.parametrize(
    "text",
    [
        "> " * 30 + "深",
        "- " * 30 + "深",
        "*a _b " * 15 + "深" + " b_ a*" * 15,
        "![" * 10_000,
        "|a" * 40_001,
        "- \n  $$a\n" * 9000,
    ],
)
def test_what_would_take_too_long_or_lose_something_is_shown_as_written(text: str) -> None:
    assert to_html(text) == f'<p class="note">{CHINESE.raw}</p>\n' + plain(text)


def test_a_little_nesting_is_no_excuse() -> None:
    assert to_html("> " * 10 + "- " * 4 + "深").startswith("<blockquote>\n" * 10 + "<ul>\n<li>\n" * 3 + "<ul>\n<li>深")
    assert "note" not in to_html("```python\n" + ">>> x = 1\n" * 300 + "```")


def test_cells_beyond_the_head_of_a_table_are_not_lost() -> None:
    assert "<td>2 | 3 | <b></td>".replace("<b>", "&lt;b&gt;") in to_html("|甲|乙|\n|-|-|\n|1|2|3|<b>||\n")
    assert "<td>2 | c</td>" in to_html("> 甲|乙\n> -|-\n> 1|2|c\n")


@pytest.mark.parametrize(
    "latex",
    [r"\href{javascript:alert(1)}{x}", r"\style{position:fixed}{x}", r"\def\a{\a\a}\a", r"\input{x}", r"x % 藏", r"\phantom{藏}", r"\unknown x",
     r"\frac{1", r"\begin{tikzcd}a\end{tikzcd}", r"\frac{1}{" * 60 + "x" + "}" * 60, "x" * 3001],
)  # fmt: skip
def test_a_formula_that_will_not_do_is_shown_as_its_source(latex: str) -> None:
    assert unescape(to_html(f"${latex}$")) == f"<p><code>${latex}$</code></p>\n"


def test_formulas_and_code_are_laid_out_up_to_a_sum() -> None:
    formulas = to_html("$x$，" * 1000)
    assert formulas.count("<math") == markup._MATH // (1 + markup._EACH)
    assert formulas.count("<math") + formulas.count("<code>$x$</code>") == 1000
    block = "```python\n" + "x = 1\n" * 1000 + "```\n\n"
    assert to_html(block * 6).count('<pre class="highlight">') == 4
    assert "highlight" not in to_html("```python\n" + "x = 1\n" * 2000 + "```")
    assert "highlight" not in to_html("```python\n" + "x" * 401 + "\n```")


@pytest.mark.parametrize("language", sorted(markup.LANGUAGES))
def test_every_language_named_is_known_and_keeps_its_code(language: str) -> None:
    code = "\n\nfrom a import b # 注\n\"x\" + 'y' <b> /* c */\n\n"
    html = to_html(f"```{language}\n{code}```")
    assert html.startswith('<pre class="highlight">')
    assert read(html) == code + "\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb\u2066c\u200bd\u00ade\ufefff\u3164g\u2800", "a⟨U+202E⟩b⟨U+2066⟩c⟨U+200B⟩d⟨U+00AD⟩e⟨U+FEFF⟩f⟨U+3164⟩g⟨U+2800⟩"),
        ("\x1b[31m红\x07\x9b\0\b", "[31m红"),
        ("a\rb\r\nc\td\u2028", "a\nb\nc\td⟨U+2028⟩"),
        ("\ud800x\ud83d\udc00", "\ufffdx\ufffd\ufffd"),
        ("\u200b" * 9, "⟨U+200B ×9⟩"),
        ("\U000e0041\U000e0042" * 6, "⟨U+E0041 U+E0042 ×12⟩"),
        ("e" + "\u0301" * 4 + "x" + "e" + "\u0301" * 20, "e\u0301\u0301\u0301\u0301xe\u0301\u0301\u0301\u0301⟨U+0301 ×16⟩"),
        ("👨\u200d👩\u200d👧 ❤\ufe0f 1\ufe0f\u20e3 한글 ไทย é", "👨\u200d👩\u200d👧 ❤\ufe0f 1\ufe0f\u20e3 한글 ไทย é"),
        ("全角　空格\xa0中文“标点”——", "全角　空格\xa0中文“标点”——"),
        ("\uffff\ufdd0", "⟨U+FFFF⟩⟨U+FDD0⟩"),
    ],
)  # fmt: skip
def test_what_cannot_be_seen_is_named(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_no_format_character_and_no_direction_passes_unseen() -> None:
    # Arabic and Kaithi signs around numbers have a shape of their own.
    shaped = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
    for code in range(0x110000):
        one = chr(code)
        if unicodedata.category(one) == "Cf" and code not in shaped and one != "\u200d":
            assert visible(f"字{one}字") == f"字⟨U+{code:04X}⟩字"
        if unicodedata.category(one) in {"Cc", "Cs"}:
            assert visible(one) in {"", "\n", "\t", "\ufffd"}
    assert visible("字\u200d字") == "字⟨U+200D⟩字"


def test_the_colours_of_code_are_rules_for_classes_alone() -> None:
    css = pygments_css()
    light, dark = css.split("@media (prefers-color-scheme: dark) {")
    rule = re.compile(r"\s*\.highlight \.[\w-]+ \{[^{}]+\}(?: /\* [\w.]+ \*/)?")
    for lines in (light.splitlines(), dark.splitlines()[1:-1]):
        assert len(lines) > 50
        assert all(rule.fullmatch(line) for line in lines)
    assert dark.endswith("}\n")
    assert "url(" not in css
