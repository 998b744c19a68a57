"""Reports on a terminal: right at 80 columns with Han text, plain when piped, and deaf to what models wrote."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from judge.judges.baseline import NAME as BASELINE
from judge.ploys import Suspect
from judge.records import (
    Run,
)
from judge.report.board import Board, BoardRow, Part
from judge.report.build import CompareReport, Counts, Decision, Member, Share
from judge.report.wording import clean, said, scope_name, short_names
from judge.rereading import CHANGES, Reread
from judge.stats.intervals import Estimate
from judge.store.columns import BankSummary
from judge.wrapping import fold

SOURCES = {"verdicts": "评委两两比较", "scores": "由同一评委的得分推出", "human": "人工判定", "published": "公布的次数"}
# ── one candidate against another ─────────────────────────────────────────────────────────────────────────────────────

LITERAL = "离线评委：只看字面，有参考才判；单轮学科题上与人约七成一致"


def offline(judge: str) -> str:
    """Return what must be said of a judge that only counts words, or of a panel with one; empty for others."""
    names = [name.partition("@")[0].partition("+")[0] for name in judge.split("、")]
    if BASELINE not in names:
        return ""
    return LITERAL if len(names) == 1 else "评委团里有离线评委，它只看字面"


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
    _line(console, sentence, _style(report.decision))
    _line(console, _grounds(report.decision, rates.half_tie, report.plan.confidence), "")
    console.print()
    _facts(
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
    table = _table(["", "甲对乙", "乙对甲", "两者一样好时"])
    reverse_win = rates.open_score.scaled(-1)
    table.add_row(
        "OPEN（胜+平）", _interval(rates.open_score), _interval(report.reverse_open), f"{rates.no_difference:.2f}"
    )
    table.add_row(
        "胜率", _interval(rates.win_rate), f"{100 + reverse_win.value:.2f}", f"{(100 - rates.tie_rate) / 2:.2f}"
    )
    table.add_row("胜+½平", _interval(rates.half_tie), f"{100 - rates.half_tie.value:.2f}", "50.00")
    table.add_row("胜 / 平 / 负", _wtl(overall), "", "")
    console.print(table)
    heading = f"胜+½平（{report.plan.confidence:.0%} 区间）"
    _print_parts(console, ("能力", heading), report.abilities)
    _print_parts(console, ("轮次", heading), report.turns if len(report.turns) > 1 else ())
    if report.members:
        _print_members(console, report.members)
    _print_counts(console, overall, bool(offline(report.judge)))
    _print_suspects(console, report.suspects)


def _print_suspects(console: Console, suspects: Sequence[Suspect]) -> None:
    """Name the answers that seem to talk to their judge; what they say stands in `judge show`."""
    places = dict.fromkeys(f"{one.question}（{one.candidate} 第 {one.turn} 轮）" for one in suspects)
    if places:
        more = " 等" if len(places) > 3 else ""
        named = "、".join(list(places)[:3])
        _line(
            console,
            f"疑似对评委说话的回答 {len(places)} 处（已化解，不会被当成指令）：{named}{more}；judge show 题号 看原文",
        )


def _print_members(console: Console, members: Sequence[Member]) -> None:
    """Print each judge of a panel beside the panel: what it says alone, how often it flips and agrees."""
    alone = any(one.half_tie for one in members)  # a board of many pairs has no one figure
    table = _table(["评委团成员", "已评", *["胜+½平"] * alone, "翻转", "与评委团一致"])
    for one in members:
        flips = f"{one.flipped}/{one.both_placements}" if one.both_placements else "—"
        agreement = "—" if one.agreement is None else f"{one.agreement:.1f}%"
        table.add_row(clean(one.judge), str(one.judged), *[_interval(one.half_tie)] * alone, flips, agreement)
    console.print()
    console.print(table)


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


def _print_parts(console: Console, ends: tuple[str, str], parts: Sequence[Share]) -> None:
    if not parts:
        return
    table = _table([ends[0], "题", "胜", "平", "负", "OPEN", ends[1]])
    for part in parts:
        rates = part.rates
        figures = ["—", "—"] if rates is None else [f"{rates.open_score.value:.2f}", _interval(rates.half_tie)]
        table.add_row(
            clean(part.name), str(part.questions), *(_count(n) for n in (part.win, part.tie, part.loss)), *figures
        )
    console.print()
    console.print(table)


def _print_counts(console: Console, overall: Share, literal: bool) -> None:
    rates, number = overall.rates, overall.counts
    assert rates is not None
    console.print()
    lines = [_counted(number, literal)]
    if number.judged < number.planned:
        (low, high), (half_low, half_high) = rates.open_bounds, rates.half_tie_bounds
        lines.append(f"没评到的若全负 / 全胜：OPEN {low:.2f}–{high:.2f}，胜+½平 {half_low:.2f}–{half_high:.2f}")
    if number.both_placements:
        flips = "结构对称，不适用" if literal else f"{number.flipped}（其中胜负对调 {number.opposed}）"
        lines.append(f"两种位置都评过 {number.both_placements}，结论翻转 {flips}")
    if number.settled:
        lines.append(f"因过滤或空回答直接判定 {number.settled}")
    if number.texts_differ:
        lines.append(f"两边收到的用户原话不同 {number.texts_differ}")
    for line in lines:
        _line(console, line)


def _counted(number: Counts, literal: bool = False) -> str:
    missing = f"缺 {number.missing}" + (f"（其中没有回答 {number.no_dialogue}）" if number.no_dialogue else "")
    return (
        f"计划 {number.planned} · 有回答 {number.answered} · 已评 {number.judged} · 读不出 {number.unreadable} · "
        f"{'未判（无参考）' if literal else '评委没答'} {number.unanswered} · {missing}"
    )


# ── boards ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def print_board(board: Board, console: Console) -> None:
    """Print a leaderboard, best first; breakdowns follow in as many tables as the width asks for."""
    facts = [("题库", board.bank), ("评委", f"{board.judge}（{offline(board.judge) or SOURCES[board.source]}）")]
    if board.baseline is not None:
        facts.append(("基线", board.baseline))
    _facts(console, facts)
    short = short_names([row.candidate for row in board.rows])
    names = [clean(short[row.candidate]) for row in board.rows]
    console.print(
        _score_table(board, names) if board.source == "scores" or _scored(board) else _rate_table(board, names)
    )
    _print_breakdown(console, board, names)
    if board.members:
        _print_members(console, board.members)
    if board.unjudged:
        noun = "项" if _scored(board) else "场比较"
        _line(console, f"没评到 {board.unjudged} {noun}：只算已评的，分母见“已评/计划”。")


def _scored(board: Board) -> bool:
    return any(row.mean or row.total for row in board.rows)


def _score_table(board: Board, names: Sequence[str]) -> Table:
    shown_mean = any(row.mean for row in board.rows)
    shown_total = any(row.total for row in board.rows)
    scale = f"平均分（{board.scale[0]:g}–{board.scale[1]:g}）" if board.scale else "平均分"
    heads = ["", "候选"] + ["总分（95% 区间）"] * shown_total + [scale] * shown_mean
    table = _table([*heads, "胜+½平", "已评/计划", "读不出"], left=2)
    for at, (name, row) in enumerate(zip(names, board.rows, strict=True), 1):
        figures = [_interval(row.total)] * shown_total
        figures += [f"{row.mean.value:.3f}" if row.mean else "—"] * shown_mean
        table.add_row(str(at), name, *figures, _value(row.half_tie), _seen(row), str(row.unreadable))
    return table


def _rate_table(board: Board, names: Sequence[str]) -> Table:
    table = _table(["", "候选", "OPEN", "持平线", "胜+½平（95% 区间）", "胜", "平", "负", "已评/计划"], left=2)
    for at, (name, row) in enumerate(zip(names, board.rows, strict=True), 1):
        rates = row.rates
        figures = (
            ["—"] * 3
            if rates is None
            else [f"{rates.open_score.value:.2f}", f"{rates.no_difference:.2f}", _interval(rates.half_tie)]
        )
        counted = [_count(n or 0) for n in (row.win, row.tie, row.loss)]
        marked = f"{name}（基线自己）" if row.is_baseline else name
        table.add_row(str(at), marked, *figures, *counted, _seen(row))
    return table


def _print_breakdown(console: Console, board: Board, names: Sequence[str]) -> None:
    """Print the parts in groups of columns that fit the width, each with the candidates' names."""
    columns = [[row.parts[at] for row in board.rows] for at in range(len(board.rows[0].parts) if board.rows else 0)]
    room = console.width - max(map(cell_len, [*names, "候选"])) - 6
    for group in _groups(columns, room):
        table = _table(["", "候选", *(clean(parts[0].name) for parts in group)], left=2)
        for at, name in enumerate(names):
            table.add_row(str(at + 1), name, *(_part(parts[at]) for parts in group))
        console.print()
        console.print(table)


def _groups(columns: Sequence[Sequence[Part]], room: int) -> Iterable[list[Sequence[Part]]]:
    group: list[Sequence[Part]] = []
    used = 0
    for parts in columns:
        width = max(cell_len(parts[0].name), 6) + 3
        if group and used + width > room:
            yield group
            group, used = [], 0
        group.append(parts)
        used += width
    if group:
        yield group


def _part(part: Part) -> str:
    return "—" if part.value is None else f"{part.value:.2f}"


def _seen(row: BoardRow) -> str:
    return f"{row.judged}/{row.planned}"


# ── lists ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def print_banks(summaries: Sequence[BankSummary], console: Console) -> None:
    """Print banks and how much of each kind belongs to them."""
    table = _table(["题库", "题", "轮", "回答", "评判", "人工", "次数"], left=1)
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
    kinds = {"import": "导入", "compare": "评测"}
    for run, created in runs:
        content = run.content if isinstance(run.content, dict) else {}
        counts, notes = content.get("counts", {}), content.get("notes", {})
        assert isinstance(counts, dict)
        assert isinstance(notes, dict)
        said = "、".join(f"{noun} {counts[kind]:,}" for kind, noun in RUN_COUNTS.items() if counts.get(kind))
        head = f"{run.key[:8]}  {created[:16].replace('T', ' ')}  {kinds[run.kind]}  {run.name}"
        console.print(Text(clean(head), style="bold"), Text(said))
        for note, count in notes.items():
            console.print(Text(clean(f"    {note}：{count}"), style="dim"))


def print_reread(found: Sequence[Reread], left_out: int, console: Console, most: int | None) -> None:
    """Print how many replies are read as recorded, and which are not and why, `most` of each kind (None: all)."""
    table = _table(["评委", *CHANGES.values(), "共"], left=1)
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


def _table(heads: Sequence[str], left: int = 1) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False, header_style="bold")
    for at, head in enumerate(heads):
        table.add_column(head, justify="left" if at < left else "right", overflow="fold", no_wrap=at >= left)
    return table


def _line(console: Console, text: str, style: str = "dim") -> None:
    """Print a line of ours: wrapped on a terminal, whole where a program may read it."""
    if not console.is_terminal:
        console.print(Text(text), soft_wrap=True)
        return
    for part in fold(text, console.width - 2):
        console.print(Text(part, style=style))


def _facts(console: Console, facts: Sequence[tuple[str, str]]) -> None:
    for name, value in facts:
        _line(console, f"{name}  {clean(value)}")
    console.print()


def _interval(estimate: Estimate | None) -> str:
    if estimate is None:
        return "—"
    return f"{estimate.value:.2f} [{max(0, estimate.low):.1f}, {min(100, estimate.high):.1f}]"


def _value(estimate: Estimate | None) -> str:
    return "—" if estimate is None else f"{estimate.value:.2f}"


def _wtl(part: Share) -> str:
    return " / ".join(_count(number) for number in (part.win, part.tie, part.loss))


def _count(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
