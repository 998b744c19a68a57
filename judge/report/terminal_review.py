"""Disputes, audits and corrected figures on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

from judge.certificate import Certificate
from judge.report import corrected
from judge.report.build import short_names
from judge.report.correction import Correction
from judge.report.printing import facts, grid, interval, line
from judge.report.terminal_certificate import CHECKS, UNITS
from judge.report.wording import clean
from judge.report.words import words
from judge.review.disputes import TOP, Capture, Reason
from judge.review.queue import Queue
from judge.review.simulation import Simulation
from judge.review.verdicts import People
from judge.stats.agreement import GroupAgreement

MEND = "挑哪些给人看都差不多：换一个评委，而不是多找人"
ENOUGH = 30  # audits that both decided, below which nothing is said of the queue
SIGNALS = {
    "order": "换位",
    "margin": "打分（或把握）",
    "offline": "离线评委",
    "strength": "总体强弱",
    "panel": "评委团",
    "ploy": "可疑内容",
    "verdict": "评委的判定",
    "score": "评委的打分",
}


def reason(one: Reason, *, tie: bool) -> str:
    """Say one reason in words."""
    amount = one.amount
    match one.why:
        case "missing":
            return "没有评"
        case "unread":
            return "评委的回复读不出"
        case "unanswered":
            return "评委没答"
        case "order":
            return "换位后判给另一方" if amount >= 2 else "换位后结论变了"
        case "margin" if tie:
            return "判平，分开打分却有高低"
        case "margin":
            return "分开打分时另一方不比它低"
        case "offline" if tie:
            return f"判平，离线评委看出高低（{_sure(amount):.0%}）"
        case "offline":
            return f"离线评委看好另一方（{_sure(amount):.0%}）"
        case "strength" if tie:
            return f"判平，两者总体差 {_elo(amount):.0f} 等级分"
        case "strength":
            return f"赢的一方总体弱 {_elo(amount):.0f} 等级分"
        case "panel":
            return f"评委团里 {amount:.0%} 不同意"
        case "ploy":
            return "胜方的回答像在对评委说话"


def _sure(logit: float) -> float:
    from judge.judges.baseline import shipped

    return shipped().calibrated(logit)


def _elo(logits: float) -> float:
    from judge.stats.bradley_terry import ELO

    return ELO * logits


def unfit(certificate: Certificate) -> str:
    """Say why a judge is unfit, and what to do."""
    failing = [
        f"{CHECKS[one.name]} {one.figure.value:.0f}{UNITS.get(one.name, '%')}"
        for one in certificate.checks
        if one.mark == "unfit"
    ]
    return f"这个评委不可用（{'，'.join(failing)}）：{MEND}。"


def print_unfit(queue: Queue, console: Console) -> None:
    """Print that a judge is unfit, where it is."""
    if queue.unfit:
        line(console, unfit(queue.certificate), "bold red")
        console.print()


def print_disputes(
    queue: Queue, rows: Sequence[Mapping[str, object]], open_rows: Sequence[Mapping[str, object]], console: Console
) -> None:
    """Print the head of the queue with its reasons, and what is known of the queue itself."""
    material = queue.heard.material
    facts(console, [("题库", material.bank.name), ("评委", material.judge)])
    print_unfit(queue, console)
    short = short_names([material.names[int(code)] for code in material.candidates])
    for number, row in enumerate(rows, 1):
        first, second = (clean(short[str(row[side])]) for side in ("first", "second"))
        said = {"win": f"{first} > {second}", "loss": f"{second} > {first}", "tie": f"{first} = {second}"}
        verdict = said.get(str(row["label"]), f"{first} ? {second}")
        where = "" if not row["scope"] else f" 第 {row['scope']} 轮"
        head = Text(f"{number:>3}  ")
        head.append(clean(f"{row['question']}{where}"), style="bold")
        head.append(f"  {verdict}  ")
        head.append(f"{clean(str(row['ability']))}  疑 {float(str(row['doubt'])):.2f}", style="dim")
        console.print(head, soft_wrap=not console.is_terminal)
        whys = row["reasons"]
        assert isinstance(whys, list)
        line(console, "     " + ("；".join(str(one["words"]) for one in whys) or "没有一项特别突出，合起来靠前"))
    console.print()
    _print_queue(queue, open_rows, console)


def _print_queue(queue: Queue, open_rows: Sequence[Mapping[str, object]], console: Console) -> None:
    used = "、".join(SIGNALS[name] for name in queue.signals.known)
    how = "按人的判定学来的权重" if queue.way == "learned" else "按固定权重"
    line(console, f"有结论的共 {len(queue.order()):,} 条；{how}排，用到：{used or '无'}。疑是名次，不是错的概率。")
    if open_rows:
        names = list(dict.fromkeys(clean(str(one["question"])) for one in open_rows))
        why = Counter(str(whys[0]["words"]) for one in open_rows if isinstance(whys := one["reasons"], list))
        told = "、".join(f"{word} {count:,}" for word, count in why.items())
        shown = "、".join(names[:5]) + (" 等" if len(names) > 5 else "")
        line(console, f"另有 {len(open_rows):,} 条没有结论（{told}）：{shown}。先补评，或抽给人判。", "yellow")
    print_capture(queue.capture, console, audits=len(queue.people.audits))


def print_capture(found: Capture | None, console: Console, *, audits: int) -> None:
    """Print what share of the errors the head of the queue holds, beside looking at random and knowing all."""
    if found is None:
        said = f"{audits} 条抽查里还没有发现判反的" if audits else "还没有人的随机抽查"
        line(console, f"{said}，不知道这个队列准不准：judge review 抽一批来判。", "yellow")
        return
    if found.audits < ENOUGH:
        line(console, f"评委与人都分出高下的抽查只有 {found.audits} 条，还看不出这个队列准不准。", "yellow")
        return
    table = grid(["看队列最前面的", *(f"{one:.0%}" for one in TOP)])
    table.add_row("找出判反的", *(f"{one:.0%}" for one in found.found))
    table.add_row("随便看", *(f"{one:.0%}" for one in TOP))
    table.add_row("全知道", *(f"{one:.0%}" for one in found.oracle))
    console.print(table)
    line(console, f"评委与人都分出高下的 {found.audits:,} 条里，估计 {found.errors:.1%} 判反了。")


# ── corrected figures ─────────────────────────────────────────────────────────────────────────────────────────────────


def print_correction(found: Correction | None, console: Console, names: Mapping[str, str] | None = None) -> None:
    """Print the judge's figures, people's, and the corrected ones side by side, and what they rest on."""
    if found is None:
        return
    console.print()
    told = words("zh")
    short = names or short_names([row.candidate for row in found.rows])
    shown = corrected.table(found, short, told, interval)
    if shown is not None:
        table = grid(shown.heads, left=shown.words)
        for row in shown.rows:
            table.add_row(*map(clean, row))
        console.print(table)
    line(console, " · ".join(f"{name} {said}" for name, said in corrected.spent(found, told)))
    for name, said in corrected.left_open(found, told):
        line(console, f"{name} {clean(said)}")
    if found.few:
        line(console, "judge review 抽一批来判（离线的用 judge audit draw、judge audit import）。", "yellow")


def print_audit(
    found: Correction,
    people: People,
    among: GroupAgreement | None,
    console: Console,
    wanted: float,
    width: float | None,
    more: int | None,
) -> None:
    """Print how far an audit has come: draws, agreement among people, corrected figures, what is left to the wanted width."""
    if people.draws:
        table = grid(["抽样", "抽到", "已判", "没判", "均匀部分"])
        for one in people.draws:
            name = clean(one.name) + ("" if one.usable else "（范围更小）")
            table.add_row(name, str(one.items), str(one.judged), str(one.items - one.judged), f"{one.uniform:.0%}")
        console.print(table)
    told = "" if among is None else f"；几个人都判过的 {among.items} 条里，两两一致 {100 * among.raw.value:.0f}%"
    line(console, f"判过的人 {people.reviewers} 位{told}。")
    print_correction(found, console)
    if width is None:
        return
    if more == 0:
        line(console, f"最宽的区间 ±{width:.1f} 分，已到目标 ±{wanted:g} 分：可以停。", "bold green")
    elif more is None:
        seen = "全看完了" if found.audits == found.population else "全看完也"
        bank = "，或只就这份题库说（--for bank）" if found.target == "like" else ""
        line(console, f"最宽的区间 ±{width:.1f} 分；这些题{seen}到不了 ±{wanted:g} 分：要加题{bank}。", "yellow")
    else:
        line(console, f"最宽的区间 ±{width:.1f} 分；到 ±{wanted:g} 分约还要看 {more} 条。")


WAYS = {
    "people": "只看人",
    "verdict": "评委的判定 + 人",
    "calibrated": "校准过的评委 + 人",
    "active": "同上，偏向可疑的抽",
}


def print_simulation(found: Simulation, console: Console) -> None:
    """Print what audits would have given."""
    print_capture(found.capture, console, audits=found.pairs * found.items)
    console.print()
    said = f"{found.pairs} 对候选，每对 {found.items} 条，各抽 {found.draws} 次；真值是人对这份题库全部条目的平均。"
    line(console, said)
    line(console, f"评委与人逐条的相关：判定 ρ {found.rho:.2f}，校准后 ρ {found.rho_calibrated:.2f}；省的上限由它定。")
    console.print()
    for size in found.sizes:
        table = grid([f"每对看 {size.audits} 条", "区间盖住真值", "半宽（分）", "省人工"])
        for way in size.ways:
            saved = "—" if way.name == "people" else f"{way.saved:.0f}%"
            table.add_row(WAYS[way.name], f"{way.coverage:.1f}%", f"±{way.half_width:.1f}", saved)
        console.print(table)
        wrong = f"若把最可疑的 {size.audits} 条换成人的判定再平均：{found.pairs} 对里区间只盖住 {size.overwriting:.0f}%"
        if size.overwriting < 90:
            line(console, f"{wrong}，不能当估计。", "yellow")
        console.print()
