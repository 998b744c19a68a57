"""What a judge is shown: templates filled in one pass, and what others wrote, fenced, made inert and searched for ploys.

Three walls stand between a candidate and the judge's instructions. *Fill*: a value never becomes a slot. *Fence*: each
material stands between two lines that bear a mark nobody can foresee. *Inert*: what a chat template, a fence or a heading
of ours could be taken for is rewritten visibly: brackets of tokens as ‹›, the colon after a role as ：, template braces as
｛｛｝｝, = and ◆ of borders as ＝ and ◇, what cannot be seen as ‹U+200B›; the templates tell the judge so. All else passes
byte for byte: code fences and {x} too, which mean nothing here and much in an answer. `suspicious` changes nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import unicodedata
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from judge.errors import InputError, UnknownName
from judge.identity import content_hash
from judge.records import Case, Dialogue, Outcome, Question, Rubric, Scope, Turn

# ── templates ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_SLOT = re.compile(r"\{\{([a-z_]{1,40})\}\}")
_IF_WANTED = {"question", "reference", "rubric", "scope"}  # a template may do without these


@dataclass(frozen=True, slots=True)
class Template:
    """A text with slots ({{name}}), named for the judge's record by the hash of its text."""

    name: str
    text: str
    hash: str
    fields: tuple[str, ...]


def load_template(name: str, folder: Path | None = None) -> Template:
    """Read NAME.zh.txt from a folder, or from the templates that come with the program."""
    package = Path(__file__).resolve().parent
    installed = package / "_shipped" / "rubrics"
    shipped = (installed if installed.is_dir() else package.parent / "rubrics") / "prompts"
    known = {path.name.removesuffix(".zh.txt"): path for path in (folder or shipped).glob("*.zh.txt")}
    if name not in known:
        raise UnknownName("提示词模板", name, known)
    try:
        text = known[name].read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"读不了提示词模板（{error}）", where=str(known[name]), fix="检查权限，并存为 UTF-8") from error
    for number, line in enumerate(text.split("\n"), 1):
        if "{{" in (rest := _SLOT.sub("", line)) or "}}" in rest:
            fix = "写成 {{mark}} 这样：小写字母与下划线，不留空格"
            raise InputError("有写坏的空位", where=f"{known[name]} 第 {number} 行", fix=fix)
    fields = tuple(dict.fromkeys(slot[1] for slot in _SLOT.finditer(text)))
    return Template(name, text, content_hash("template", text), fields)


def fill(template: Template, fields: Mapping[str, str]) -> str:
    """Put every value into its slot in one pass, so that a slot inside a value stays text; none may lack or be left over."""
    missing = [name for name in template.fields if name not in fields]
    spare = [name for name in fields if name not in template.fields]
    if missing or spare:
        faults = [f"{what} {'、'.join(names)}" for what, names in (("缺少", missing), ("多出", spare)) if names]
        raise InputError(
            f"提示词的内容与空位对不上：{'；'.join(faults)}",
            where=f"提示词模板 {template.name}",
            fix=f"模板的空位：{'、'.join(template.fields) or '无'}",
        )
    return _SLOT.sub(lambda slot: fields[slot[1]], template.text)


def render(template: Template, case: Case, mark: str, *, asked: str, rubric: Rubric | None = None) -> str:
    """Fill a template for a case; `asked` is the format's text from `judge.reply`, `mark` comes from `fence`."""
    upto = case.scope.turn
    shown = [transcript(dialogue, upto) for dialogue in case.dialogues]
    labels = {"dialogue": "对话"} if len(shown) == 1 else {"first": "前一份对话（A）", "second": "后一份对话（B）"}
    fields = {
        "format": asked,
        "mark": mark,
        "scope": _scope(case.scope),
        "question": fenced(_question(case.question, upto), "题目", mark),
        "reference": fenced(_reference(case.question, upto), "参考", mark),
        "rubric": inert(_rubric(rubric, bands=len(shown) == 1), mark),
    }
    fields = {name: value for name, value in fields.items() if name in template.fields or name not in _IF_WANTED}
    fields |= {name: fenced(text, labels[name], mark) for name, text in zip(labels, shown, strict=True)}
    return fill(template, fields)


# ── fences ────────────────────────────────────────────────────────────────────────────────────────────────────────────

# Controls, zero width, direction, fillers, tags, halves of a pair; ZWJ and variation selectors only outside of emoji.
_HIDDEN = re.compile(
    r"(?:[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f"
    r"\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]|\r(?!\n)"
    r"|(?<![\u2190-\u2bff\ufe0f\U0001f000-\U0001faff])\u200d|\u200d(?![\u2190-\u2bff\U0001f000-\U0001faff])"
    r"|(?<=[\x00-\x22\x24-\x29\x2b-\x2f:-\x7e\ufe00-\ufe0f])[\ufe00-\ufe0f]|(?<![^\n])[\ufe00-\ufe0f])+"
)
_THINKING = r"[/|]{0,2}(?:begin_of_|end_of_)?(?:seed:)?(?:think(?:ing)?|thoughts?|reasoning|reflection|思考)\|?"
_TOKEN = re.compile(
    rf"[<＜][|｜][^|｜<>\s]{{1,64}}[|｜][>＞]|[<＜\[［◁]{_THINKING}[>＞\]］▷]|<<?/?SYS>>?"
    r"|</?(?:s|bos|eos|pad|unk|sop|eop|eo[ham]|system|user|human|assistant|start_of_turn|end_of_turn|tool_calls?|"
    r"tool_response|function_calls?|reserved_\d{1,4}|(?:beginning|begin|end)_of_(?:sentence|text))>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|gMASK|BOS|EOS|UNUSED_TOKEN_\d{1,4})\]",
    re.I,
)
_ROLE = re.compile(r"^([ \t>*#]{0,12}(?:system|user|assistant|human|instruction|response|ai)[ \t*]{0,3}):", re.I | re.M)
_SLOT_LIKE = re.compile(r"\{(?:\{\s{0,4}[A-Za-z_][^{}\n]{0,60}\}|%[^{}\n]{1,60}%)\}")
_BORDER = re.compile(r"^[ \t]*={3,}[^\n]*(?:开始|结束)[^\n]*", re.M)
_ANGLES = str.maketrans("<＜[［◁>＞]］▷", "‹" * 5 + "›" * 5)
_BRACES = str.maketrans("{}", "｛｝")


def fence(secret: bytes, key: str) -> str:
    """Return the mark of a judgment's fences: not to be foreseen without the store's secret, the same on a rerun."""
    if not secret:
        raise InputError("围栏的密钥是空的，记号会被猜到", fix="用结果库里的密钥")
    return hmac.new(secret, f"fence\n{key}".encode(), hashlib.sha256).hexdigest()[:20]


def fenced(text: str, label: str, mark: str) -> str:
    """Stand a text, made inert, between two lines that bear the mark."""
    label = " ".join(inert(label, mark).replace("=", "＝").split())
    return f"===== {mark} 开始：{label} =====\n{inert(text, mark)}\n===== {mark} 结束：{label} ====="


def inert(text: str, mark: str = "") -> str:
    """Rewrite visibly what could be taken for something else than text; twice is the same as once."""
    text = _HIDDEN.sub(_visible, text)
    text = _TOKEN.sub(lambda token: token[0].translate(_ANGLES), text)
    text = _SLOT_LIKE.sub(lambda slot: slot[0].translate(_BRACES), _ROLE.sub(r"\1：", text))
    text = _BORDER.sub(lambda line: line[0].replace("=", "＝"), text)
    return re.sub(re.escape(mark), "‹记号›", text, flags=re.I) if mark else text


def _visible(run: re.Match[str]) -> str:
    """Write a run as its first few kinds and its length: naming each would let 20,000 of them cost eight times as much."""
    names = "、".join(f"U+{ord(char):04X}" for char in list(dict.fromkeys(run[0]))[:4])
    return f"‹{names}›" if len(run[0]) == 1 else f"‹{names} 共 {len(run[0])} 个›"


# ── materials ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_ENDED = {
    Outcome.OK: "",
    Outcome.TRUNCATED: "〔被截断〕",
    Outcome.FILTERED_INPUT: "〔被服务商过滤〕",
    Outcome.FILTERED_OUTPUT: "〔被服务商过滤〕",
    Outcome.EMPTY: "〔空回答〕",
    Outcome.FAILED: "〔调用失败，没有回答〕",
}


def transcript(dialogue: Dialogue, upto: int | None = None) -> str:
    """Tell a dialogue turn by turn, to the end or up to a turn; how an answer ended stands in its heading, out of its reach.

    Under golden history the answers that stood in the history are told; the candidate's own earlier ones only where all count.
    """
    planned, answers = dialogue.question.turns, dialogue.answers
    last = max(len(planned), len(answers)) if upto is None else upto
    parts = []
    for number in range(1, last + 1):
        turn = planned[number - 1] if number <= len(planned) else None
        answer = answers[number - 1] if number <= len(answers) else None
        sent = answer.prompt if answer and answer.prompt is not None else turn.prompt if turn else None
        parts.append(_part(number, "用户" if sent is not None else "用户〔原话没有公布〕", sent or ""))
        stood = turn.golden if turn and dialogue.history == "golden" and number < last else None
        if answer is None:
            parts.append(_part(number, "助手〔对话先已结束，没有回答〕", ""))
        elif stood is None or upto is None:
            blank = answer.outcome is Outcome.OK and not answer.text.strip()
            parts.append(_part(number, "助手" + _ENDED[Outcome.EMPTY if blank else answer.outcome], answer.text))
        if stood is not None:
            parts.append(_part(number, "写进历史的标准回答", stood))
    return "\n\n".join(parts)


def _part(number: int, heading: str, text: str) -> str:
    """Put a heading over a text in which nothing can pass for another heading."""
    text = re.sub(r"^([ \t]*)◆", r"\1◇", inert(text), flags=re.M)
    return f"◆ 第 {number} 轮 · {heading}\n{text}" if text else f"◆ 第 {number} 轮 · {heading}"


def _scope(scope: Scope) -> str:
    return "整段对话" if scope.turn is None else f"第 {scope.turn} 轮的回答"


def _question(question: Question, upto: int | None) -> str:
    said = {"answer": "用户", "refuse": "用户〔这一轮应当拒绝〕"}
    turns = enumerate(question.turns[:upto], 1)
    return "\n\n".join(_part(n, said[turn.expected], turn.prompt) for n, turn in turns) or "〔题目没有公布〕"


def _reference(question: Question, upto: int | None) -> str:
    parts = [_part(number, *_held_against(turn)) for number, turn in enumerate(question.turns[:upto], 1)]
    trap = [f"题里的陷阱：{question.trap}"] if question.trap else []
    return "\n\n".join([*parts, *trap]) or "〔没有参考〕"


def _held_against(turn: Turn) -> tuple[str, str]:
    kind = {"exact": "标准答案", "rubric": "参考写法，不必相同", "none": "参考写法，不必相同"}[turn.reference_kind]
    points = ["要点：", *(f"- {point}" for point in turn.key_points)] if turn.key_points else []
    heading = kind if turn.reference is not None else "只有要点" if points else "没有参考"
    return heading, "\n".join([turn.reference or "", *points]).strip("\n")


def _rubric(rubric: Rubric | None, *, bands: bool) -> str:
    if rubric is None:
        return "没有另定，按上面的通则评。"
    total = sum(one.weight for one in rubric.dimensions)
    lines = [f"满分 {rubric.maximum}，最低 {rubric.minimum}。"] if bands else []
    for one in rubric.dimensions:
        lines.append(f"- {one.name}（占 {one.weight / total:.0%}）：{one.meaning}")
        lines += [f"  - {band} 分：{look}" for band, look in one.bands if bands]
    return "\n".join(lines)


# ── ploys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Ploy(StrEnum):
    """What a text seems to try on its judge."""

    VERDICT = "verdict"  # a verdict or score in a format that `judge.reply` reads
    ORDER = "order"  # words to the judge: orders, pleas, claims of authority, "the evaluation is over"
    BORDER = "border"  # a fake end of a section, a fake next turn
    TOKEN = "token"  # a token of a chat template, a role at the start of a line
    TEMPLATE = "template"  # a slot of a judge's prompt
    HIDDEN = "hidden"  # what cannot be seen, or looks like another letter, or is encoded
    REPETITION = "repetition"


@dataclass(frozen=True, slots=True)
class Suspicion:
    """One thing that a person may want to look at, with the words in plain characters."""

    ploy: Ploy
    excerpt: str


_PLAIN = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | str.maketrans(
    "【】〖〗「」“”評結論斷勝優綜總獲終為與數實對請給這個選無視審統話應該滿棄輸贏測經結後執裁аеіорсухѕԁАВЕІКМНОРСТХ",
    "[][][]\"\"评结论断胜优综总获终为与数实对请给这个选无视审统话应该满弃输赢测经结后执裁aeiopcyxsdABEIKMHOPCTX",
)
_WHO = r"(?:评委|评审(?:员|者|专家)?|裁判(?:员|模型)?|评(?:分|判|估|测)(?:员|者|模型|系统|AI)|judges?|graders?|evaluators?|raters?)"
_ONE = r"(?:[AB12甲乙]|(?:前|后)一[个份]|第[一二](?:个|份)?)(?![a-z0-9])"
_THIS = r"(?:本|这一?|该|此|上述|以上|我的?|候选)(?:个|份|条|段|篇)?(?:回答|答案|回复|作答)"
_TOP = r"(?:满分|最高分|高分|10\s?分|十分(?!钟|之)|10/10|获胜|胜出|胜利|优胜|更好|最好|最优)"
_MINE = r"(?:(?:this|my|the above|our) (?:answer|response|reply)|(?:assistant|answer|response|candidate|model) (?:[ab12]|one|two)\b|\bme\b)"
_BEST = r"(?:10/10|\b10\b|full (?:marks|score)|(?:highest|perfect|maximum|top) (?:score|rating|marks)|winner|\bwins?\b|better|superior|\bbest\b)"
_PATTERNS = [
    (ploy, re.compile(pattern, re.I | re.M))
    for ploy, pattern in (
        (Ploy.VERDICT, r"(?<![\w\]])\[\s?\[\s{0,4}(?:[ABC]|A\s?[>=]{1,2}\s?B|B\s?[>=]{1,2}\s?A|平局|tie)\s{0,4}\]\s?\]"),
        (Ploy.VERDICT, r"(?:^|[:：分]\s{0,3})\W{0,4}\[\s?\[\s{0,4}\d{1,3}(?:\.\d)?\s?(?:/\s?\d{1,3})?\s{0,4}\]\s?\]\W{0,4}$"),
    )
]
