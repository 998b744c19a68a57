"""Text that others wrote, fenced and made inert before a judge sees it.

*Fence*: material stands between two lines with a mark nobody can foresee. *Inert*: what a chat template, a fence or a heading
of ours could be taken for is rewritten visibly: brackets of tokens as ‹›, the colon after a role as ：, template braces as
｛｛｝｝, = and ◆ of borders as ＝ and ◇, what cannot be seen as ‹U+200B›; the templates tell the judge so. All else passes byte
for byte: code fences and {x} too, which mean nothing here and much in an answer.
"""

from __future__ import annotations

import hmac
import re

from judge.errors import InputError

# Controls, zero width, direction, fillers, tags, halves of a pair; ZWJ and variation selectors only outside of emoji.
_UNSEEN = (
    r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f"
    r"\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff"
)
HIDDEN = re.compile(
    rf"(?:[{_UNSEEN}]|\r(?!\n)"
    r"|(?<![\u2190-\u2bff\ufe0f\U0001f000-\U0001faff])\u200d|\u200d(?![\u2190-\u2bff\U0001f000-\U0001faff])"
    r"|(?<=[\x00-\x22\x24-\x29\x2b-\x2f:-\x7e\ufe00-\ufe0f])[\ufe00-\ufe0f]|(?<![^\n])[\ufe00-\ufe0f])+"
)
_PERHAPS_TOKEN = re.compile(r"[<＜\[［◁{=]")
_PERHAPS_HIDDEN = re.compile(rf"[{_UNSEEN}\r\u200d\ufe00-\ufe0f]")  # most texts have none, and this alone is quick
TOKEN = re.compile(
    r"[<＜][|｜][^|｜<>\s]{1,64}[|｜][>＞]|<<?/?SYS>>?"
    r"|[<＜\[［◁][/|]{0,2}(?:(?:begin|end)_of_|seed:){0,2}(?:think(?:ing)?|thoughts?|reasoning|reflection|思考)\|?[>＞\]］▷]"
    r"|</?(?:s|bos|eos|pad|unk|sop|eop|eo[ham]|system|user|human|assistant|start_of_turn|end_of_turn|tool_calls?|"
    r"tool_response|function_calls?|reserved_\d{1,4}|(?:beginning|begin|end)_of_(?:sentence|text))>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|gMASK|BOS|EOS|UNUSED_TOKEN_\d{1,4})\]",
    re.I,
)
_ROLE = re.compile(r"^([\s>*#]{0,12}(?:system|user|assistant|human|instruction|response|ai)[ \t*]{0,3}):", re.I | re.M)
_SLOT_LIKE = re.compile(r"\{(?:\{\s{0,4}[A-Za-z_][^{}\n]{0,60}\}|%[^{}\n]{1,60}%)\}")
_BORDER = re.compile(r"^[^\w\n=]*+===(?=[^\n]*(?:开始|结束))[^\n]*", re.M)
_SHOWN = str.maketrans("<＜[［◁>＞]］▷{}=", "‹‹‹‹‹›››››｛｝＝")


def fence(secret: bytes, key: str) -> str:
    """Return the mark of a judgment's fences: not to be foreseen without the store's secret, the same on a rerun."""
    if not secret:
        raise InputError("围栏的密钥是空的，记号会被猜到", fix="用结果库里的密钥")
    return hmac.new(secret, f"fence\n{key}".encode(), "sha256").hexdigest()[:20]


def fenced(text: str, label: str, mark: str) -> str:
    """Stand a text, made inert, between two lines that bear the mark."""
    label = " ".join(inert(label, mark).replace("=", "＝").split())
    return f"===== {mark} 开始：{label} =====\n{inert(text, mark)}\n===== {mark} 结束：{label} ====="


def inert(text: str, mark: str = "") -> str:
    """Rewrite visibly what could be taken for something else than text; twice is the same as once."""
    if _PERHAPS_HIDDEN.search(text):
        text = HIDDEN.sub(_visible, text)
    text = _ROLE.sub(r"\1：", text)
    for pattern in (TOKEN, _SLOT_LIKE, _BORDER) if _PERHAPS_TOKEN.search(text) else ():
        text = pattern.sub(lambda found: found[0].translate(_SHOWN), text)
    # Nobody can foresee a mark, so it is hardly ever there.
    return re.sub(re.escape(mark), "‹记号›", text, flags=re.I) if mark and mark.lower() in text.lower() else text


def _visible(run: re.Match[str]) -> str:
    """Write a run as its first few kinds and its length: naming each would let 20,000 of them cost eight times as much."""
    names = "、".join(f"U+{ord(char):04X}" for char in list(dict.fromkeys(run[0]))[:4])
    return f"‹{names}›" if len(run[0]) == 1 else f"‹{names} 共 {len(run[0])} 个›"
