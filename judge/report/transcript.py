"""One question in full on a terminal: every dialogue, what judges said and why, what people said."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from judge.judges.baseline import PROTOCOLS, Baseline, turns_of
from judge.ploys import suspicious
from judge.records import Dialogue, Judgment, Question, Side, Verdict
from judge.report.build import short_names
from judge.report.wording import OUTCOMES, PLOYS, clean, said, scope_name, shown_name
from judge.store.reading import Item
from judge.wrapping import fold

SURE = 0.7  # of the offline judge, from which it is worth saying that it sees it the other way


def print_item(item: Item, console: Console) -> None:
    """Print one question with its dialogues turn by turn, what judges said and why, and what people said."""
    question = item.question
    about = [question.ability, question.subcategory, f"{len(question.turns)} 轮" if question.turns else "题面未公布"]
    console.rule(Text(clean(f"{question.bank}/{question.id}"), style="bold"), characters="━")
    console.print(Text(" · ".join(clean(one) for one in about if one), style="dim"))
    if not item.dialogues:
        _print_script(question, console)
    short = short_names(list(dict.fromkeys(dialogue.candidate.name for dialogue in item.dialogues)))
    for dialogue in item.dialogues:
        _print_dialogue(dialogue, short[dialogue.candidate.name], console)
    _print_references(question, console)
    for judgment in item.judgments:
        shown = [shown_name(one, short) for one in judgment.case.dialogues]
        order = "" if judgment.case.placement_known else "（先后未公布）"
        head = f"评委 {judgment.judge.name} · {scope_name(judgment)} · {' → '.join(shown)}{order}："
        console.print(Text.assemble(clean(head), (said(judgment.result, shown), "bold")))
        if judgment.reply:
            _print_block(console, judgment.reply, 4, style="dim")
        if second := _second_opinion(judgment, shown):
            _print_block(console, second, 4, style="yellow")
    for human in item.human_verdicts:
        shown = [shown_name(one, short) for one in human.case.dialogues]
        head = f"人工 {human.reviewer}{'（仲裁）' if human.adjudicates else ''} · {scope_name(human)} · {' 对 '.join(shown)}："
        console.print(Text.assemble(clean(head), (said(human.result, shown), "bold")))
        if human.comment:
            _print_block(console, human.comment, 4, style="dim")


def _second_opinion(judgment: Judgment, shown: Sequence[str]) -> str:
    """Say where the offline judge contradicts a verdict, and which way it leans at a tie; of this item only, never of a board."""
    said = judgment.result
    if not isinstance(said, Verdict) or judgment.judge.protocol in PROTOCOLS or not judgment.case.placement_known:
        return ""
    covered, among = turns_of(judgment.case)
    if len(covered) < among:  # it has not seen what the judge has seen
        return ""
    own = Baseline().request(judgment.case, b"").result
    if not isinstance(own, Verdict) or own.probabilities is None or own.side is Side.TIE:
        return ""
    sure, name = max(own.probabilities), shown[0 if own.side is Side.FIRST else 1]
    if said.side is Side.TIE:
        return f"平局；离线评委倾向 {name}（把握 {sure:.0%}）"
    return (
        f"⚠ 与离线评委相左：它认为 {name} 更好（把握 {sure:.0%}）" if own.side is not said.side and sure >= SURE else ""
    )


def _print_script(question: Question, console: Console) -> None:
    for number, turn in enumerate(question.turns, 1):
        console.print(Text(f"用户（第 {number} 轮）", style="cyan"))
        _print_block(console, turn.prompt, 2)


def _print_dialogue(dialogue: Dialogue, name: str, console: Console) -> None:
    sample = f" · 第 {dialogue.sample + 1} 次作答" if dialogue.sample else ""
    console.rule(Text(clean(f"{name}{sample}")), align="left", characters="─")
    prompts = [answer.prompt for answer in dialogue.answers]
    if prompts and None not in prompts and prompts != [turn.prompt for turn in dialogue.question.turns]:
        console.print(Text("（用户各轮与题目脚本不同，以下为当时所发）", style="yellow"))
    if not dialogue.answers:
        console.print(Text("（原文未公布）", style="dim"))
    for number, answer in enumerate(dialogue.answers, 1):
        turn = f"（第 {number} 轮）" if len(dialogue.answers) > 1 else ""
        console.print(Text(f"用户{turn}", style="cyan"))
        _print_block(console, "（未公布）" if answer.prompt is None else answer.prompt, 2)
        ended = f"〔{OUTCOMES[answer.outcome]}〕" if answer.outcome in OUTCOMES else ""
        console.print(Text(f"{clean(name)}{turn}{ended}", style="green"))
        if answer.text:
            _print_block(console, answer.text, 2)
        for found in suspicious(answer.text):
            _print_block(console, f"⚠ 疑似对评委说话（{PLOYS[found.ploy]}）：{found.excerpt}", 2, style="yellow")
    console.print()


def _print_references(question: Question, console: Console) -> None:
    for number, turn in enumerate(question.turns, 1):
        if turn.reference:
            console.print(Text(f"参考（第 {number} 轮）", style="magenta"))
            _print_block(console, turn.reference, 2)
        for point in turn.key_points:
            _print_block(console, f"要点：{point}", 2)


def _print_block(console: Console, text: str, indent: int, style: str = "") -> None:
    """Print text that others wrote, indented; its own line breaks and spaces stay."""
    for line in clean(text).expandtabs(4).split("\n"):
        # One cell is left free for a closing mark in the margin.
        for part in fold(line, console.width - indent - 2):
            console.print(Text(" " * indent + part, style=style), no_wrap=True, overflow="ignore", crop=False)
