"""A judge's certificate on a terminal, in short and in full."""

from __future__ import annotations

import math

from rich.console import Console

from judge.certificate import Certificate, Check
from judge.report.build import short_names
from judge.report.printing import facts, grid, line
from judge.report.wording import clean
from judge.stats.intervals import Estimate

WORDS = {
    "alone": "可单独使用",
    "correct": "须由人工校正",
    "unfit": "不可用",
    "unproven": "未与人对照过，不知道可不可信",
}
CHECKS = {
    "agreement": "与人一致",
    "flips": "换位后结论翻转",
    "first": "偏向先出现的",
    "longer": "比人更偏向长回答",
    "readable": "回复读得出",
    "retest": "重复评判一致",
    "self": "偏向同家族",
}
SHORT = {
    "agreement": "与人一致",
    "flips": "翻转",
    "first": "偏先",
    "longer": "偏长",
    "readable": "读得出",
    "retest": "重评一致",
    "self": "偏自家",
}
UNITS = {"first": " 分", "longer": " 分", "self": " 分"}
STYLES = {"alone": "green", "correct": "yellow", "unfit": "bold red", "unproven": "yellow"}


def print_certificate_line(certificate: Certificate | None, console: Console) -> None:
    """Print a judge's certificate in short: the word on it, then its figures."""
    if certificate is None:
        return
    line(console, f"评委证书：{WORDS[certificate.word]}", STYLES[certificate.word])
    told = [f"{SHORT[one.name]} {_unit(one)}" for one in certificate.checks]
    for start in range(0, len(told), 4):
        line(console, "  " + " · ".join(told[start : start + 4]))
    if certificate.family:
        names = "、".join(clean(name) for name in short_names(certificate.family).values())
        line(console, f"评委与 {names} 同出一家，留意偏袒。", "yellow")


def _unit(check: Check) -> str:
    count = f"（{check.figure.rows:,} 条）" if check.name == "agreement" else ""  # it may rest on a handful
    return f"{check.figure.value:.1f}{UNITS.get(check.name, '%')}{count}"


def print_certificate(certificate: Certificate, bank: str, console: Console) -> None:
    """Print a judge's certificate in full, thresholds included."""
    facts(console, [("评委", certificate.judge), ("题库", bank)])
    line(console, f"结论：{WORDS[certificate.word]}", STYLES[certificate.word])
    console.print()
    table = grid(["", "数值（95% 区间）", "题", "条", "单独可用", "不可用", "判断"])
    marks = {"alone": "好", "correct": "须校正", "unfit": "不可用"}
    for one in certificate.checks:
        sign = ("≥", "<") if one.limit.more else ("≤", ">")
        unfit = "—" if math.isinf(one.limit.unfit) else f"{sign[1]} {one.limit.unfit:g}"
        figure = one.figure
        span = f"{figure.value:.1f} [{figure.low:.1f}, {figure.high:.1f}]{UNITS.get(one.name, '%')}"
        row = [CHECKS[one.name], span, f"{figure.clusters:,}", f"{figure.rows:,}"]
        table.add_row(*row, f"{sign[0]} {one.limit.alone:g}", unfit, marks[one.mark])
    console.print(table)
    if certificate.agreement is not None:
        line(console, "与人一致：人分出高下的项里，评委说得一样的；评委判平算一半。")
    missing = [CHECKS[name] for name in CHECKS if certificate.check(name) is None]
    if missing:
        line(console, f"量不了的：{'、'.join(missing)}（库里没有所需的记录）。")
    if not certificate.drawn and certificate.agreement is not None:
        line(console, "人工判定不是抽样得来的（抽样概率未知），与人对照的几项只作参考，至多“须校正”。", "yellow")
    _print_agreement(certificate, console)


def _print_agreement(certificate: Certificate, console: Console) -> None:
    """Print agreement beyond chance, with base rates, and what people reach among themselves."""
    own = certificate.agreement
    if own is not None:
        console.print()
        told = [f"三档（含平）一致 {_share(own.raw)}", f"Cohen κ {_plain(own.kappa)}", f"Gwet AC1 {_plain(own.ac1)}"]
        line(console, f"评委与人，{own.items:,} 项：" + "，".join(told), "")
        (loss, tie, win), (his_loss, his_tie, his_win) = own.first_base, own.second_base
        shares = f"评委 胜 {win:.0%} 平 {tie:.0%} 负 {loss:.0%}；人 胜 {his_win:.0%} 平 {his_tie:.0%} 负 {his_loss:.0%}"
        line(console, f"各档占比：{shares}")
    people = certificate.people
    if people is not None:
        told = [f"一致 {_share(people.raw)}", f"Fleiss κ {_plain(people.fleiss)}"]
        told += [f"Krippendorff α {_plain(people.alpha)}", f"Gwet AC1 {_plain(people.ac1)}"]
        line(console, f"人与人（{people.raters} 人，{people.items:,} 项，是评委的上限）：" + "，".join(told), "")
    if certificate.longer_judge is not None:
        theirs = f"，人 {certificate.longer_people.value:.1f}%" if certificate.longer_people else ""
        line(console, f"分出高下时长者胜：评委 {certificate.longer_judge.value:.1f}%{theirs}。")
    if certificate.swap_cost is not None:
        line(console, f"同样的调用数，两种位置都评的方差是一种位置、题数加倍的 {certificate.swap_cost:.2f} 倍。")
    if certificate.family:
        names = "、".join(clean(name) for name in short_names(certificate.family).values())
        line(console, f"与评委同出一家的候选：{names}。", "yellow")


def _share(figure: Estimate) -> str:
    return f"{figure.value:.1%} [{figure.low:.1%}, {figure.high:.1%}]"


def _plain(figure: Estimate | None) -> str:
    return "—" if figure is None else f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"
