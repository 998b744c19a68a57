"""What a judge is shown: templates filled in one pass with what was asked, what is held against it, and what was answered.

Three walls stand between a candidate and the judge's instructions: a value never becomes a slot (`fill`), and what others
wrote is fenced and made inert (`judge.fence`). What seems meant for the judge is named in `judge.ploys`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from judge.errors import InputError, UnknownName
from judge.fence import fenced, inert
from judge.identity import content_hash
from judge.records import Case, Dialogue, Outcome, Question, Rubric, Turn
from judge.shipped import shipped

# ── templates ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_SLOT = re.compile(r"\{\{([a-z_]{1,40})\}\}")
_IF_WANTED = {"question", "reason", "reference", "rubric", "scope"}  # a template may do without these


@dataclass(frozen=True, slots=True)
class Template:
    """A text with slots ({{name}}), named for the judge's record by the hash of its text."""

    name: str
    text: str
    hash: str
    fields: tuple[str, ...]


def load_template(name: str, folder: Path | None = None) -> Template:
    """Read NAME.zh.txt from a folder, or from the templates that come with the program."""
    known = {
        path.name.removesuffix(".zh.txt"): path for path in (folder or shipped("rubrics") / "prompts").glob("*.zh.txt")
    }
    if name not in known:
        raise UnknownName("提示词模板", name, known)
    try:
        text = known[name].read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"读不了提示词模板（{error}）", where=str(known[name]), fix="存为 UTF-8") from error
    for number, line in enumerate(text.split("\n"), 1):
        if "{{" in (rest := _SLOT.sub("", line)) or "}}" in rest:
            raise InputError("有写坏的空位", where=f"{known[name]} 第 {number} 行", fix="照 {{mark}} 的样子写")
    return Template(name, text, content_hash("template", text), tuple(dict.fromkeys(_SLOT.findall(text))))


def fill(template: Template, fields: Mapping[str, str]) -> str:
    """Put every value into its slot in one pass, so that a slot inside a value stays text; none may lack or be left over."""
    missing = [name for name in template.fields if name not in fields]
    spare = [name for name in fields if name not in template.fields]
    if missing or spare:
        fix = f"模板的空位：{'、'.join(template.fields) or '无'}"
        faults = f"缺少 {'、'.join(missing) or '无'}，多出 {'、'.join(spare) or '无'}"
        raise InputError(faults, where=f"提示词模板 {template.name}", fix=fix)
    return _SLOT.sub(lambda slot: fields[slot[1]], template.text)


def render(
    template: Template, case: Case, mark: str, *, asked: str, reason: str = "", rubric: Rubric | None = None
) -> str:
    """Fill a template for a case; `asked` and `reason` are texts of `judge.reply`, `mark` comes from `fence`."""
    upto = case.scope.turn
    question, reference = _materials(case.question, upto)
    shown = [transcript(dialogue, upto) for dialogue in case.dialogues]
    labels = {"dialogue": "对话"} if len(shown) == 1 else {"first": "前一份对话（A）", "second": "后一份对话（B）"}
    fields = {
        "format": asked,
        "reason": reason,
        "mark": mark,
        "scope": "整段对话" if upto is None else f"第 {upto} 轮的回答",
        "question": fenced(question, "题目", mark),
        "reference": fenced(reference, "参考", mark),
        "rubric": inert(_rubric(rubric, bands=len(shown) == 1), mark) if rubric else "没有另定，按上面的通则评。",
    }
    fields = {name: value for name, value in fields.items() if name in template.fields or name not in _IF_WANTED}
    fields |= {name: fenced(text, labels[name], mark) for name, text in zip(labels, shown, strict=True)}
    return fill(template, fields)


# ── materials ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_ENDED = dict.fromkeys((Outcome.FILTERED_INPUT, Outcome.FILTERED_OUTPUT), "〔被服务商过滤〕")
_ENDED |= {Outcome.OK: "", Outcome.TRUNCATED: "〔被截断〕", Outcome.EMPTY: "〔空回答〕", Outcome.FAILED: "〔调用失败〕"}


def transcript(dialogue: Dialogue, upto: int | None = None) -> str:
    """Tell a dialogue turn by turn (golden history as it stood); how an answer ended stands in its heading, out of its reach."""
    rows = [*zip_longest(dialogue.question.turns, dialogue.answers)][:upto]
    parts = []
    for number, (turn, answer) in enumerate(rows, 1):
        sent = answer.prompt if answer and answer.prompt is not None else turn.prompt if turn else None
        parts.append(_part(number, "用户" if sent is not None else "用户〔原话没有公布〕", sent or ""))
        stood = turn.golden if turn and dialogue.history == "golden" and number < len(rows) else None
        if answer is None:
            parts.append(_part(number, "助手〔没有回答〕", ""))
        elif stood is None or upto is None:
            blank = answer.outcome is Outcome.OK and not answer.text.strip()
            parts.append(_part(number, "助手" + _ENDED[Outcome.EMPTY if blank else answer.outcome], answer.text))
        if stood is not None:
            parts.append(_part(number, "写进历史的标准回答", stood))
    return "\n\n".join(parts)


def _part(number: int, heading: str, text: str) -> str:
    return f"◆ 第 {number} 轮 · {heading}\n{_told(text)}" if text else f"◆ 第 {number} 轮 · {heading}"


def _told(text: str) -> str:
    """Make a text inert in which nothing can pass for a heading either."""
    return re.sub(r"^([^\w\n◆]*)◆", r"\1◇", inert(text), flags=re.M)


def _materials(question: Question, upto: int | None) -> tuple[str, str]:
    """Return what was asked and what the answers are held against, turn by turn."""
    said = {"answer": "用户", "refuse": "用户〔这一轮应当拒绝〕"}
    turns = [*enumerate(question.turns[:upto], 1)]
    asked = [_part(number, said[turn.expected], turn.prompt) for number, turn in turns]
    against = [_part(number, *_held_against(turn)) for number, turn in turns]
    against += [_told(f"题里的陷阱：{question.trap}")] if question.trap else []
    return "\n\n".join(asked) or "〔题目没有公布〕", "\n\n".join(against) or "〔没有参考〕"


def _held_against(turn: Turn) -> tuple[str, str]:
    kind = {"exact": "标准答案", "rubric": "参考写法，不必相同", "none": "参考写法，不必相同"}[turn.reference_kind]
    points = ["要点：", *(f"- {point}" for point in turn.key_points)] if turn.key_points else []
    heading = kind if turn.reference is not None else "只有要点" if points else "没有参考"
    return heading, "\n".join([turn.reference or "", *points]).strip("\n")


def _rubric(rubric: Rubric, *, bands: bool) -> str:
    total = sum(one.weight for one in rubric.dimensions)
    lines = [f"满分 {rubric.maximum}，最低 {rubric.minimum}。"] if bands else []
    lines += [rubric.notes] if rubric.notes else []
    lines += [f"前后一致：{rubric.consistency}"] if rubric.consistency else []
    lines += [f"拒答：{rubric.refusals}"] if rubric.refusals else []
    for one in rubric.dimensions:
        lines.append(f"- {one.name}（占 {one.weight / total:.0%}）：{one.meaning}")
        lines += [f"  - {band} 分：{look}" for band, look in one.bands if bands]
    if bands and rubric.examples:
        lines += ["通看整份回答，各档大致是这样：", *(f"- {band} 分：{look}" for band, look in rubric.examples)]
    return "\n".join(lines)
