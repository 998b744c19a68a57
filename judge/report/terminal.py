"""Reports on a terminal: right at 80 columns with Han text, plain when piped, and deaf to what models wrote."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from judge.ploys import Suspect
from judge.records import (
    Run,
)
from judge.report.build import CompareReport, Counts, Decision, Share, short_names
from judge.report.printing import count, facts, grid, interval, line, print_struck
from judge.report.terminal_board import FOR, HOW, SOURCES, offline, print_members, print_spared
from judge.report.terminal_certificate import print_certificate_line
from judge.report.terminal_review import print_correction
from judge.report.wording import clean, said, scope_name
from judge.rereading import CHANGES, Reread
from judge.stats.intervals import Estimate
from judge.store.columns import BankSummary


def print_compare(report: CompareReport, console: Console) -> None:
    """Print a comparison: the sentence first, then what it rests on."""
    short = short_names([report.first, report.second])
    first, second = short[report.first], short[report.second]
    rates, overall = report.overall.rates, report.overall
    assert rates is not None
    assert report.decision is not None
    assert report.reverse_open is not None
    sentence = _sentence(report.decision, first, second)
    if report.decision.fragile:
        lost = overall.counts.planned - overall.counts.judged
        sentence = f"{sentence.rstrip('。')}；但有 {lost} 项没评到，足以翻转这个结论。"
    if offline(report.judge):
        who = "离线评委" if "、" not in report.judge else "评委团里的离线评委"
        sentence = f"{sentence.rstrip('。')}（{who}只看字面，这一句不作发布依据）。"
    if report.corrected is not None and report.corrected.answer != report.decision.answer:
        sentence = f"{sentence.rstrip('。')}；但人工校正后不是这样，见下。"
    line(console, sentence, _style(report.decision))
    line(console, _grounds(report.decision, rates.half_tie, report.plan.confidence), "")
    _print_stopping(report, console)
    console.print()
    facts(
        console,
        [
            ("甲", report.first),
            ("乙", report.second),
            (
                "题库",
                f"{report.bank}（{overall.questions} 题，{'整段对话' if report.scope == 'dialogue' else '按轮'}）",
            ),
            ("评委", f"{report.judge}（{offline(report.judge) or SOURCES[report.source]}）"),
        ],
    )
    table = grid(["", "甲对乙", "乙对甲", "两者一样好时"])
    reverse_win = rates.open_score.scaled(-1)
    table.add_row(
        "OPEN（胜+平）", interval(rates.open_score), interval(report.reverse_open), f"{rates.no_difference:.2f}"
    )
    table.add_row(
        "胜率", interval(rates.win_rate), f"{100 + reverse_win.value:.2f}", f"{(100 - rates.tie_rate) / 2:.2f}"
    )
    table.add_row("胜+½平", interval(rates.half_tie), f"{100 - rates.half_tie.value:.2f}", "50.00")
    table.add_row("胜 / 平 / 负", _wtl(overall), "", "")
    console.print(table)
    _print_corrected(report, console, first, second)
    heading = f"胜+½平（{report.plan.confidence:.0%} 区间）"
    early = report.stopping is not None
    _print_parts(console, ("能力", heading), report.abilities, early=early)
    _print_parts(console, ("轮次", heading), report.turns if len(report.turns) > 1 else (), early=early)
    if report.members:
        print_members(console, report.members)
    print_spared(report.spared, console, two=True)
    if report.again is not None:
        told = f"换位再评 {report.again.asked} 题（平、不够肯定、离线评委不同意的），结论变了 {report.again.changed} 题"
        line(console, f"{told}；只作展示与排疑，不进数字：judge disputes 看是哪些。")
    _print_counts(console, overall, bool(offline(report.judge)), early=early)
    print_struck(report.struck, console)
    _print_suspects(console, report.suspects)
    print_certificate_line(report.certificate, console)


def _print_corrected(report: CompareReport, console: Console, first: str, second: str) -> None:
    """Say what people's drawn verdicts make of the figure and of the sentence."""
    if report.corrected is not None:
        console.print()
        line(console, f"人工校正后{_sentence(report.corrected, first, second)}", _style(report.corrected))
    print_correction(report.correction, console, {report.first: "甲", report.second: "乙"})


def _print_stopping(report: CompareReport, console: Console) -> None:
    """Say how far judging went, and on what grounds it may stop."""
    found, decision, rates = report.stopping, report.decision, report.overall.rates
    if found is None or decision is None or rates is None:
        return
    floor = 50 - decision.margin
    why = {
        "switch": f"区间下限 {rates.half_tie.low:.1f} 高于 {floor:g}，就停了",
        "keep": f"区间上限 {rates.half_tie.high:.1f} 低于 50，就停了",
        "undecided": "已全部评完，仍分不出" if found.used >= found.total else "还没分出来",
    }[decision.answer]
    unread = f"；其中 {found.unread} 题没有结论，算作对领先者不利" if found.unread else ""
    line(console, f"评到第 {found.used} / {found.total} 题（各能力按份额、随机排序）：{why}{unread}。")
    more = "" if found.used >= found.total else "要评完：去掉 --until 再运行一次，从这里接着。"
    line(console, f"结论与区间是对{FOR[found.target]}说的；{HOW[found.way]}。{more}")


def _print_suspects(console: Console, suspects: Sequence[Suspect]) -> None:
    """Name the answers that seem to talk to their judge; what they say stands in `judge show`."""
    places = dict.fromkeys(f"{one.question}（{one.candidate} 第 {one.turn} 轮）" for one in suspects)
    if places:
        more = " 等" if len(places) > 3 else ""
        named = "、".join(list(places)[:3])
        line(
            console,
            f"疑似对评委说话的回答 {len(places)} 处（已化解，不会被当成指令）：{named}{more}；judge show 题号 看原文",
        )


def _sentence(decision: Decision, first: str, second: str) -> str:
    if decision.answer == "keep":
        return f"不要换：甲（{first}）不如乙（{second}）。"
    if decision.answer == "undecided":
        return f"还分不出：甲（{first}）与乙（{second}）的差距没有超出误差。"
    if decision.better:
        return f"可以换：甲（{first}）比乙（{second}）更好。"
    return f"可以换：甲（{first}）至多比乙（{second}）差 {decision.margin:g} 分，在容许之内。"


def _grounds(decision: Decision, half_tie: Estimate, confidence: float) -> str:
    span = f"胜+½平 {half_tie.value:.1f}，{confidence:.0%} 区间 {half_tie.low:.1f}–{half_tie.high:.1f}"
    if decision.answer != "undecided":
        return f"{span}。"
    need = decision.questions_needed
    return f"{span}；" + (f"照现在的差距，约需 {need:,} 题才分得出。" if need else "照现在的差距，再多题也分不出。")


def _style(decision: Decision) -> str:
    return {"switch": "bold green", "keep": "bold red", "undecided": "bold yellow"}[decision.answer]


def _print_parts(console: Console, ends: tuple[str, str], parts: Sequence[Share], *, early: bool = False) -> None:
    if not parts:
        return
    table = grid([ends[0], "题", "胜", "平", "负", "OPEN", ends[1], ""])
    for part in parts:
        rates = part.rates
        figures = ["—", "—"] if rates is None else [f"{rates.open_score.value:.2f}", interval(rates.half_tie)]
        clear = rates is not None and part.p is not None and part.p < 0.05
        mark = "" if not clear or rates is None else "甲胜" if rates.half_tie.value > 50 else "乙胜"
        counted = (count(n) for n in (part.win, part.tie, part.loss))
        asked = part.counts.judged if early else part.questions
        table.add_row(clean(part.name), str(asked), *counted, *figures, mark)
    console.print()
    console.print(table)
    if any(part.p is not None and part.p < 0.05 for part in parts):
        line(console, f"标“甲胜”“乙胜”的，{len(parts)} 项一起看仍分得出高下（Holm 校正，p < 0.05）。")


def _print_counts(console: Console, overall: Share, literal: bool, *, early: bool = False) -> None:
    rates, number = overall.rates, overall.counts
    assert rates is not None
    console.print()
    lines = [_counted(number, literal, "没问到" if early else "没有回答")]
    if number.judged < number.planned and not early:
        (low, high), (half_low, half_high) = rates.open_bounds, rates.half_tie_bounds
        lines.append(f"没评到的若全负 / 全胜：OPEN {low:.2f}–{high:.2f}，胜+½平 {half_low:.2f}–{half_high:.2f}")
    if number.both_placements:
        flips = "结构对称，不适用" if literal else f"{number.flipped}（其中胜负对调 {number.opposed}）"
        lines.append(f"两种位置都评过 {number.both_placements}，结论翻转 {flips}")
    if number.settled:
        lines.append(f"因过滤或空回答直接判定 {number.settled}")
    if number.texts_differ:
        lines.append(f"两边收到的用户原话不同 {number.texts_differ}")
    for one in lines:
        line(console, one)


def _counted(number: Counts, literal: bool = False, why: str = "没有回答") -> str:
    missing = f"缺 {number.missing}" + (f"（其中{why} {number.no_dialogue}）" if number.no_dialogue else "")
    return (
        f"计划 {number.planned} · 有回答 {number.answered} · 已评 {number.judged} · 读不出 {number.unreadable} · "
        f"{'未判（无参考）' if literal else '评委没答'} {number.unanswered} · {missing}"
    )


# ── lists ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def print_banks(summaries: Sequence[BankSummary], console: Console) -> None:
    """Print banks and how much of each kind belongs to them."""
    table = grid(["题库", "题", "轮", "回答", "评判", "人工", "次数"], left=1)
    for one in summaries:
        counts = (one.questions, one.turns, one.dialogues, one.judgments, one.human_verdicts, one.tallies)
        table.add_row(clean(one.bank.name), *(f"{count:,}" if count else "—" for count in counts))
    console.print(table)


RUN_COUNTS = {
    "questions": "题",
    "dialogues": "回答",
    "judgments": "评判",
    "human_verdicts": "人工判定",
    "tallies": "次数",
}


def print_runs(runs: Sequence[tuple[Run, str]], console: Console) -> None:
    """Print what was carried out, oldest first, with what was counted on the way."""
    kinds = {"import": "导入", "compare": "评测", "audit": "抽样"}
    for run, created in runs:
        content = run.content if isinstance(run.content, dict) else {}
        counts, notes = content.get("counts", {}), content.get("notes", {})
        assert isinstance(counts, dict)
        assert isinstance(notes, dict)
        said = "、".join(f"{noun} {counts[kind]:,}" for kind, noun in RUN_COUNTS.items() if counts.get(kind))
        head = f"{run.key[:8]}  {created[:16].replace('T', ' ')}  {kinds[run.kind]}  {run.name}"
        console.print(Text(clean(head), style="bold"), Text(said))
        for note, times in notes.items():
            console.print(Text(clean(f"    {note}：{times}"), style="dim"))


def print_reread(found: Sequence[Reread], left_out: int, console: Console, most: int | None) -> None:
    """Print how many replies are read as recorded, and which are not and why, `most` of each kind (None: all)."""
    table = grid(["评委", *CHANGES.values(), "共"], left=1)
    for judge in dict.fromkeys(one.judgment.judge.name for one in found):
        mine = [one.change for one in found if one.judgment.judge.name == judge]
        table.add_row(clean(judge), *(str(mine.count(change)) for change in CHANGES), str(len(mine)))
    console.print(table)
    if left_out:
        console.print(Text(f"另有 {left_out} 条评判没有原话，或其格式不在可读之列。", style="dim"))
    for change in ("differs", "lost", "found"):
        changed = [one for one in found if one.change == change]
        for one in changed[:most]:
            case = one.judgment.case
            shown = [dialogue.candidate.name.rpartition("/")[2] for dialogue in case.dialogues]
            about = f"{case.question.bank}/{case.question.id} · {scope_name(one.judgment)} · {' → '.join(shown)}"
            console.print(Text(clean(f"{CHANGES[one.change]}：{about}  {one.judgment.key[:10]}")))
            both = f"    记录 {said(one.judgment.result, shown)}；原话 {said(one.read, shown)}"
            console.print(Text(both, style="dim"))
        if most is not None and len(changed) > most:
            console.print(Text(f"    ……还有 {len(changed) - most} 条，加 --all 全部列出", style="dim"))


def _wtl(part: Share) -> str:
    return " / ".join(count(number) for number in (part.win, part.tie, part.loss))
