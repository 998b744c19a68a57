"""Boards on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from judge.judges.baseline import offline_in
from judge.report.board import Board, BoardRow, ControlRow, Part
from judge.report.build import Member, short_names
from judge.report.printing import count, facts, grid, interval, line, print_struck, value
from judge.report.ratings import Rating
from judge.report.terminal_certificate import print_certificate_line
from judge.report.terminal_review import print_correction
from judge.report.wording import clean
from judge.thrift import Spared

SOURCES = {"verdicts": "评委两两比较", "scores": "由同一评委的得分推出", "human": "人工判定", "published": "公布的次数"}


LITERAL = "离线评委：只看字面，有参考才判；单轮学科题上与人约七成一致"


def offline(judge: str) -> str:
    """Return what must be said of a judge that only counts words, or of a panel with one; empty for others."""
    if not offline_in(judge):
        return ""
    return "评委团里有离线评委，它只看字面" if "、" in judge else LITERAL


def print_board(board: Board, console: Console) -> None:
    """Print a leaderboard, best first; breakdowns follow in as many tables as the width asks for."""
    named = [("题库", board.bank), ("评委", f"{board.judge}（{offline(board.judge) or SOURCES[board.source]}）")]
    if board.baseline is not None:
        named.append(("基线", board.baseline))
    if board.ratings is not None:
        named.append(("方法", _method(board)))
    facts(console, named)
    short = short_names([row.candidate for row in board.rows])
    names = [clean(short[row.candidate]) for row in board.rows]
    if board.not_identified is not None:
        line(console, _not_identified(board), "bold yellow")
        console.print()
    if board.ratings is not None:
        console.print(_rating_table(board, names))
    elif board.source == "scores" or _scored(board):
        console.print(_score_table(board, names))
    else:
        console.print(_rate_table(board, names))
    _print_notes(board, names, console)
    _print_breakdown(console, board, names)
    _print_style(board, names, console)
    _print_controls(board.controls, console)
    if board.members:
        print_members(console, board.members)
    _print_early(board, console)
    print_spared(board.spared, console)
    if board.unjudged and board.early is None:
        noun = "项" if _scored(board) else "场比较"
        line(console, f"没评到 {board.unjudged} {noun}：只算已评的，分母见“已评/计划”。")
    print_struck(board.struck, console)
    print_certificate_line(board.certificate, console)
    print_correction(board.correction, console)


FOR = {"like": "像这样的题", "bank": "这份题库"}
HOW = {"decided": "逐题下注检验，随时看都作数", "looks": "事先定好看十次（O'Brien-Fleming）"}


def _print_early(board: Board, console: Console) -> None:
    """Say how far a board went that could stop early."""
    early = board.early
    if early is None:
        return
    rule = "e-BH 控制误判的比例" if early.way == "decided" else "各对一起控制（Bonferroni）"
    told = f"{early.pairs} 对里 {len(early.decided)} 对分出了高下" + (
        f"，{early.equal} 对差不多" if early.equal else ""
    )
    left = early.pairs - len(early.decided) - early.equal
    line(
        console,
        f"提前停：{told}"
        + (f"，{left} 对还没有" if left else "")
        + f"（{FOR[early.target]}；{HOW[early.way]}；{rule}）。",
    )
    short = short_names(sorted({name for pair in early.decided for name in pair}))
    shown = "，".join(f"{clean(short[one])} > {clean(short[other])}" for one, other in early.decided[:12])
    if shown:
        line(console, f"  {shown}" + (" 等（全部在 --json 的 early.decided）" if len(early.decided) > 12 else ""))
    line(console, f"用了 {early.used:,} 题次，全评要 {early.total:,}；要评完：去掉 --until 再运行一次。")
    if board.ratings is not None:
        line(console, "胜+½平 各对手同重；等级分的区间没有为边看边停放宽，谁高谁低以上面分出来的为准。")


def print_spared(found: Spared | None, console: Console, *, two: bool = False) -> None:
    """Say what a cascade left to the offline judge, and what that costs; of `two` candidates also in which direction."""
    if found is None:
        return
    line(console, f"级联：{found.judged} 场里 {found.spared} 场由离线评委判（它有把握的），没有问评委。")
    if found.differ is None or found.shift is None:
        line(console, f"抽查只有 {found.checks} 场，不知道因此差多少。", "yellow")
        return
    told = f"另抽 {found.checks} 场两边都判：胜负相反 {found.differ.value:.0f}%"
    if two:
        low, high = found.shift.low, found.shift.high
        told += f"；全问评委的话，甲的胜+½平约变 {found.shift.value:+.1f} 分 [{low:+.1f}, {high:+.1f}]"
    line(console, f"{told}。")


METHOD_NAMES = {
    "bt": "Bradley-Terry，平局算半胜",
    "davidson": "Davidson，平局有自己的概率",
    "rao-kupper": "Rao-Kupper，平局有门槛",
    "elo": "逐场 Elo",
}


def _method(board: Board) -> str:
    rated, method = board.ratings, board.method
    assert rated is not None
    assert method is not None
    said = METHOD_NAMES[method]
    if rated.k is not None:
        return f"{said}（K={rated.k:g}，按题序；与次序有关，没有区间，只作对照）"
    how = "整题重采样" if rated.interval == "bootstrap" else "夹心估计"
    tie = "" if rated.tie is None else f"，{'ν' if method == 'davidson' else 'θ'} {rated.tie:.3f}"
    return f"{said}{tie}；{rated.questions} 题，区间按题聚类（{how}），弱先验 ±{rated.prior or 0:.0f} 分"


WHY = {
    "one model": "只有一个候选，没有对手",
    "no games": "没有一场评得出来的比较",
    "disconnected": "候选分成互不相遇的几组，组与组之间没有高低可言",
    "all ties": "全是平局，分不出高低",
}


def _not_identified(board: Board) -> str:
    assert board.not_identified is not None
    why, groups = board.not_identified
    names = short_names([name for group in groups for name in group])
    told = "；".join("、".join(clean(names[one]) for one in group) for group in groups) if len(groups) > 1 else ""
    return f"定不出等级分：{WHY[why]}" + (f"（{told}）。" if told else "。")


def _rating_table(board: Board, names: Sequence[str]) -> Table:
    sequential = board.ratings is not None and board.ratings.interval == "none"
    heads = [
        "",
        "候选",
        "Elo" if sequential else f"Elo（{board.confidence:.0%} 区间）",
        *(["名次"] * (not sequential)),
        "胜+½平",
        "已评/计划",
    ]
    table = grid(heads, left=2)
    for at, (name, row) in enumerate(zip(names, board.rows, strict=True), 1):
        rating = row.rating
        figures = ["—"] * (1 + (not sequential))
        if rating is not None:
            figures = [f"{rating.elo:.0f}"] if sequential else [_elo(rating), _ranks(rating)]
        table.add_row(str(at), name, *figures, value(row.half_tie), _seen(row))
    return table


def _elo(rating: Rating) -> str:
    low = "−∞" if rating.low is None else f"{rating.low:.0f}"
    high = "+∞" if rating.high is None else f"{rating.high:.0f}"
    return f"{rating.elo:.0f} [{low}, {high}]"


def _ranks(rating: Rating) -> str:
    if rating.ranks is None:
        return "—"
    best, worst = rating.ranks
    return str(best) if best == worst else f"{best}–{worst}"


def _print_notes(board: Board, names: Sequence[str], console: Console) -> None:
    """Say what the figures of the table do not say by themselves."""
    open_ended = [
        name for name, row in zip(names, board.rows, strict=True) if row.rating and False in row.rating.bounded
    ]
    if open_ended:
        line(console, f"{'、'.join(open_ended)} 全胜或全负：等级分由弱先验定，一头没有界。")
    gaps = [(name, row.behind) for name, row in zip(names, board.rows, strict=True) if row.behind is not None]
    if gaps:
        close = [name for name, gap in gaps if gap.p >= 0.05]
        told = f"与榜首逐题配对比（按所有候选对校正）：{len(gaps) - len(close)} 个确实落后"
        line(
            console,
            told + (f"，分不出的有 {'、'.join(close[:6])}{' 等' if len(close) > 6 else ''}。" if close else "。"),
        )


def _print_style(board: Board, names: Sequence[str], console: Console) -> None:
    """Print what the board would be at equal style, beside what it is."""
    style = board.style
    if style is None:
        return
    calibrated = any(row.style and row.style.calibrated for row in board.rows)
    alone = any(row.style and row.style.length_controlled for row in board.rows)
    heads = ["", "候选", "胜+½平（原样）", "控制篇幅与格式", *["按人的口味"] * calibrated, *["只控制篇幅"] * alone]
    table = grid(heads, left=2)
    for at, (name, row) in enumerate(zip(names, board.rows, strict=True), 1):
        if row.style is not None:
            own = [interval(row.style.raw), interval(row.style.controlled)]
            table.add_row(
                str(at),
                name,
                *own,
                *[interval(row.style.calibrated)] * calibrated,
                *[interval(row.style.length_controlled)] * alone,
            )
    console.print()
    console.print(table)
    length = style.judge[0] if style.features and style.features[0] == "chars" else None
    if length is not None:
        told = f"评委对长回答的偏好 {length.value:+.2f} [{length.low:+.2f}, {length.high:+.2f}]（logit）"
        if style.people:
            own_taste = style.people[0]
            told += f"，人 {own_taste.value:+.2f} [{own_taste.low:+.2f}, {own_taste.high:+.2f}]"
        line(console, told + "。")
    if not calibrated:
        line(
            console,
            f"人也评过的比较只有 {style.people_rows} 场，不到 200 场，不知道人要不要长回答：两列并看，别只信一列。",
        )
    else:
        line(console, "人也爱看长一些的回答时，控制到底会矫枉过正：“按人的口味”只扣掉评委多出来的那部分。")


CONTROLS = {"self": "基线对自己", "empty": "空回答", "copy": "照抄题目"}


def _print_controls(controls: Sequence[ControlRow], console: Console) -> None:
    """Print what null controls got, beside what they should get."""
    if not controls:
        return
    several = len({one.baseline for one in controls}) > 1
    table = grid(["对照（对基线）", "题", "OPEN", "胜+½平（95% 区间）", "应得", ""])
    for one in controls:
        mark = "可疑" if one.suspicious else "正常"
        table.add_row(
            CONTROLS[one.kind] + (f"（{clean(one.baseline)}）" if several else ""),
            str(one.judged),
            value(one.open_score),
            interval(one.half_tie),
            f"{one.expected:.0f}",
            mark,
        )
    console.print()
    console.print(table)


def _scored(board: Board) -> bool:
    return any(row.mean or row.total for row in board.rows)


def _score_table(board: Board, names: Sequence[str]) -> Table:
    shown_mean = any(row.mean for row in board.rows)
    shown_total = any(row.total for row in board.rows)
    scale = f"平均分（{board.scale[0]:g}–{board.scale[1]:g}）" if board.scale else "平均分"
    heads = ["", "候选"] + [f"总分（{board.confidence:.0%} 区间）"] * shown_total + [scale] * shown_mean
    table = grid([*heads, "胜+½平", "已评/计划", "读不出"], left=2)
    for at, (name, row) in enumerate(zip(names, board.rows, strict=True), 1):
        figures = [interval(row.total)] * shown_total
        figures += [f"{row.mean.value:.3f}" if row.mean else "—"] * shown_mean
        table.add_row(str(at), name, *figures, value(row.half_tie), _seen(row), str(row.unreadable))
    return table


def _rate_table(board: Board, names: Sequence[str]) -> Table:
    table = grid(
        ["", "候选", "OPEN", "持平线", f"胜+½平（{board.confidence:.0%} 区间）", "胜", "平", "负", "已评/计划"], left=2
    )
    for at, (name, row) in enumerate(zip(names, board.rows, strict=True), 1):
        rates = row.rates
        figures = (
            ["—"] * 3
            if rates is None
            else [f"{rates.open_score.value:.2f}", f"{rates.no_difference:.2f}", interval(rates.half_tie)]
        )
        counted = [count(n or 0) for n in (row.win, row.tie, row.loss)]
        marked = f"{name}（基线自己）" if row.is_baseline else name
        table.add_row(str(at), marked, *figures, *counted, _seen(row))
    return table


def _print_breakdown(console: Console, board: Board, names: Sequence[str]) -> None:
    """Print the parts in groups of columns that fit the width, each with the candidates' names."""
    columns = [[row.parts[at] for row in board.rows] for at in range(len(board.rows[0].parts) if board.rows else 0)]
    room = console.width - max(map(cell_len, [*names, "候选"])) - 6
    for group in _groups(columns, room):
        table = grid(["", "候选", *(clean(parts[0].name) for parts in group)], left=2)
        for at, name in enumerate(names):
            table.add_row(str(at + 1), name, *(_part(parts[at], board.ratings is not None) for parts in group))
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


def _part(part: Part, points: bool) -> str:
    return "—" if part.value is None else f"{part.value:.0f}" if points else f"{part.value:.2f}"


def _seen(row: BoardRow) -> str:
    return f"{row.judged}/{row.planned}"


def print_members(console: Console, members: Sequence[Member]) -> None:
    """Print each judge of a panel beside the panel: what it says alone, how often it flips and agrees."""
    alone = any(one.half_tie for one in members)  # a board of many pairs has no one figure
    known = any(one.accuracy is not None for one in members)
    weighed = any(one.weight != 1 for one in members)
    heads = ["评委团成员", "已评", *["胜+½平"] * alone, "翻转", "与评委团一致"]
    table = grid([*heads, *["估计准确率"] * known, *["权重"] * weighed])
    for one in members:
        flips = f"{one.flipped}/{one.both_placements}" if one.both_placements else "—"
        agreement = "—" if one.agreement is None else f"{one.agreement:.1f}%"
        row = [clean(one.judge), str(one.judged), *[interval(one.half_tie)] * alone, flips, agreement]
        accuracy = "—" if one.accuracy is None else f"{one.accuracy:.1f}%"
        table.add_row(*row, *[accuracy] * known, *[f"{one.weight:.2f}"] * weighed)
    console.print()
    console.print(table)
