"""What live commands share: their options, showing what a run will take, carrying it out."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from judge.errors import CapReached, InputError, JudgeError

Function = TypeVar("Function", bound=Callable[..., None])

if TYPE_CHECKING:
    from judge.engines.here import Run
    from judge.estimate import Estimate, Load
    from judge.layout import How, Wish
    from judge.store import Store
    from judge.voices import Voices
    from judge.work import Voice, Work

ASK_ABOVE_CALLS = 500  # above which a person is asked before the first one
ASK_ABOVE_COST = 5.0  # yuan


@dataclass(frozen=True, slots=True)
class Flags:
    """What the options shared by live commands say."""

    how: How
    revisions: dict[str, str]
    dry_run: bool
    yes: bool

    @property
    def fresh(self) -> str | None:
        """The revision that everything of a run made afresh bears."""
        return self.revisions.get("") if self.revisions.get("", "").startswith("fresh-") else None


OPTIONS = (
    click.option(
        "--order",
        type=click.Choice(["auto", "both", "single"]),
        default="auto",
        help="现场评测：两种位置都评，或只评一种（默认 auto：100 题以内都评，再多每题评一种，另抽一成换位）",
    ),
    click.option(
        "--protocol",
        type=click.Choice(["pair", "pair-5", "soft", "scores"]),
        default="pair",
        help="现场评测：两两比较分三档、五档，只问一个字母而取其概率（soft），或按量表逐段打分（默认 pair）",
    ),
    click.option(
        "--reference/--no-reference",
        "references",
        default=None,
        help="现场评测：每题都须有参考，或都不给评委看（默认有就给）",
    ),
    click.option(
        "--samples", type=click.IntRange(1, 100), default=1, metavar="次", help="现场评测：每题各答几遍（默认 1）"
    ),
    click.option("--limit", type=click.IntRange(1), metavar="题数", help="现场评测：只问这么多题，各能力均摊"),
    click.option("--max-calls", type=click.IntRange(1), metavar="次", help="现场评测：调用次数上限，到了就停，可续"),
    click.option(
        "--max-cost", type=click.FloatRange(0, min_open=True), metavar="元", help="现场评测：花费上限，到了就停，可续"
    ),
    click.option(
        "--stage",
        type=click.Choice(["answer", "judge", "score"]),
        help="现场评测：只作答、只评判（已有的回答），或只算分（默认全做）",
    ),
    click.option("--dry-run", is_flag=True, help="现场评测：只说要做什么、要多少次调用、多少钱"),
    click.option("--yes", is_flag=True, help="现场评测：不再询问，直接开始"),
    click.option(
        "--revision",
        multiple=True,
        metavar="[名字=]版本",
        help="现场评测：同名模型换过版本时，把它记作另一个；不写名字则指全部模型",
    ),
    click.option("--fresh", is_flag=True, help="现场评测：全部从头再做一遍，旧的记录留着"),
)


def live_options(function: Function) -> Function:
    """Add the options that all live commands share; the command gets them as `flags`."""

    @functools.wraps(function)
    def with_flags(**given: object) -> None:
        from judge.layout import How

        how = How(**{field.name: given.pop(field.name) for field in fields(How)})  # type: ignore[arg-type]
        revisions = _revisions(given.pop("revision"), given.pop("fresh"))  # type: ignore[arg-type]
        flags = Flags(how, revisions, given.pop("dry_run"), given.pop("yes"))  # type: ignore[arg-type]
        function(**given, flags=flags)

    for option in reversed(OPTIONS):
        with_flags = option(with_flags)
    return with_flags  # type: ignore[return-value]


def _revisions(said: Sequence[str], fresh: bool) -> dict[str, str]:
    pairs = [one.rpartition("=") for one in said]
    revisions = {name: revision for name, _, revision in pairs}
    if fresh:
        if "" in revisions:
            raise InputError("--fresh 与 --revision 不能一起用", where="命令行", fix="--fresh 自己起一个版本名")
        revisions[""] = time.strftime("fresh-%Y%m%d-%H%M%S")
    return revisions


def opened_voices(flags: Flags | None = None) -> Voices:
    """Return the models that judge.toml, prices.toml beside it and the environment offer."""
    from judge.config import FILE, read_config
    from judge.models import prices
    from judge.voices import Voices

    path = Path(os.environ.get("JUDGE_CONFIG", FILE))
    table = prices.read_prices(path.with_name(prices.FILE))
    return Voices(read_config(path), os.environ, flags.revisions if flags else {}, table)


def live(voices: Voices, names: Sequence[str]) -> bool:
    """Tell whether some of these names make a command live: a model that can be asked, or a file of answers."""
    from judge.layout import RECORDED

    return any(voices.knows(name) or name.startswith(RECORDED) for name in names)


@dataclass(frozen=True, slots=True)
class Done:
    """Under which names the records of a run are found; `judge` None: none was named."""

    bank: str
    candidates: tuple[str, ...]
    judge: str | None


def perform(url: str, voices: Voices, wish: Wish, flags: Flags) -> Done | None:
    """Lay a run out, say what it takes and carry it out; returns None where there is nothing to compare yet."""
    from judge.cli.output import opened
    from judge.layout import judge_name, lay_out

    store = opened(url, create=True)
    work, expected = lay_out(store, voices, wish)
    if flags.fresh:
        print(f"从头再做一遍，这一次记作 …@{flags.fresh}；中断后加 --revision {flags.fresh} 接着做", file=sys.stderr)
    print_plan(work, expected)
    if flags.dry_run:
        return None
    if wish.how.stage != "score":
        carry_out(store, voices, work, expected, yes=flags.yes)
    if wish.how.stage == "answer":
        return None
    judges = [judge_name(wish.how, voices, name) for name in wish.judges]
    names = tuple(candidate.name for candidate in work.candidates)
    return Done(work.questions[0].bank, names, ",".join(judges) or None)


# ── before the first call ─────────────────────────────────────────────────────────────────────────────────────────────


def print_plan(work: Work, plan: Estimate) -> None:
    """Say on stderr what is about to happen and what it will take."""
    low, high = plan.tokens
    turns = sum(len(question.turns) for question in work.questions)
    answering, judging = list(work.voices.values()), [voice for _, voice in work.judges]
    money = _money([(plan.answers, answering), (plan.judging, judging)])
    lines = [
        f"计划：{len(work.questions)} 题 {turns} 轮 × {len(work.candidates)} 个候选"
        + (f" × {work.samples} 遍" if work.samples > 1 else "")
        + (f"，{len(work.judges)} 个评委" if work.judges else ""),
        f"  作答 {plan.answers.calls} 次，评判至多 {plan.judging.calls} 次"
        + (
            f"；库里已有 {plan.known_dialogues} 段对话、{plan.known_judgments} 条评判，不再付费"
            if plan.known_dialogues or plan.known_judgments
            else ""
        ),
        f"  约 {low / 1000:,.0f}–{high / 1000:,.0f} 千 token，{money}（估算；单价见 judge models --prices，账单以官网为准）",
    ]
    if work.judges:
        lines.append(f"  预计区间：胜+½平 ±{plan.half_width:.1f} 分")
    if plan.both.calls > plan.judging.calls:
        more = f"{plan.both.calls - plan.judging.calls} 次评判"
        both = _money([(plan.answers, answering), (plan.both, judging)])
        lines.append(f"  两种位置都评（--order both）：再多 {more}，共{both}，±{plan.half_width_both:.1f} 分")
    print("\n".join(lines), file=sys.stderr)


def _money(loads: Sequence[tuple[Load, Sequence[Voice]]]) -> str:
    from judge.estimate import price_range

    low, high, known = price_range([(load, [voice.price for voice in voices]) for load, voices in loads])
    unknown = sorted({voice.model.name for load, voices in loads if load.calls for voice in voices if not voice.price})
    said = f"约 ¥{low:.2f}–{high:.2f}" if high else "不花钱" if known else ""
    rest = "" if known else f"{'、'.join(unknown)} 单价未知"
    return "，另有 ".join(filter(None, [said, rest]))


def _ask(work: Work, plan: Estimate, yes: bool) -> None:
    from judge.estimate import price_range

    loads = [
        (plan.answers, [voice.price for voice in work.voices.values()]),
        (plan.judging, [voice.price for _, voice in work.judges]),
    ]
    _, cost, known = price_range(loads)
    # Without a price the number of calls is all there is to go by; what costs nothing needs no leave.
    if yes or (known and cost <= ASK_ABOVE_COST) or (not known and plan.calls <= ASK_ABOVE_CALLS):
        return
    what = f"约 {plan.calls} 次" + (f"，至多约 ¥{cost:.2f}" if known else "，单价未知")
    if not sys.stdin.isatty():
        fix = "加 --yes，或用 --limit、--max-calls、--max-cost 先试一小部分"
        raise InputError(f"这一次要调用{what}，需要确认", fix=fix)
    _confirmed(f"要调用{what}，继续吗？", "用 --limit 先试一小部分")


def _confirmed(question: str, fix: str) -> None:
    if input(f"{question}[y/N] ").strip().lower() not in {"y", "yes", "是"}:
        raise CapReached("没有继续", fix=fix)


# ── the run ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class Unfinished(JudgeError):
    """A run ended with work left undone; what was done is kept, and the next run does the rest."""

    code = "E3001"
    exit_code = 3


def carry_out(store: Store, voices: Voices, work: Work, plan: Estimate, *, yes: bool) -> None:
    """Carry a run out with progress on stderr; raises what stopped it, after all that was in flight is kept.

    Ctrl-C once finishes what is in flight and keeps it, twice drops it.
    """
    from judge.engines.here import Run

    if not plan.calls:
        return
    _ask(work, plan, yes)
    run = Run(store, work)
    run.progress.planned_calls = plan.calls
    asyncio.run(_carried_out(run, voices, plan, yes))
    if run.stopping:
        raise KeyboardInterrupt
    if run.progress.failed:
        shown = "\n    ".join(run.progress.failed[:5])
        raise Unfinished(
            f"有 {len(run.progress.failed)} 次调用重试后仍失败：\n    {shown}",
            fix="结果已保存；再运行一次只补没做完的。若总是失败，检查网络与服务",
        )


async def _carried_out(run: Run, voices: Voices, plan: Estimate, yes: bool) -> None:
    from judge import drift

    try:
        untold = await drift.check(run.store, run.work)
        if untold and not yes:
            _ask_about(untold)
        await _drained(run, voices, plan)
    finally:
        await voices.close()


def _ask_about(untold: Sequence[str]) -> None:
    from judge import drift

    names = "、".join(untold)
    fix = f"确认没换，加 --yes；换过了，加 --revision {untold[0]}=新版本名，或 --fresh"
    if not sys.stdin.isatty():
        message = f"{names} 在库里已有记录，而服务不报模型名，无从知道是不是同一个模型"
        raise drift.ModelChanged(message, fix=fix)
    _confirmed(f"{names} 的服务不报模型名。它还是上次那个模型，没有换过吗？", fix)


async def _drained(run: Run, voices: Voices, plan: Estimate) -> None:
    from judge.cli.panel import shown

    task = asyncio.create_task(run.carry_out())
    loop = asyncio.get_running_loop()

    def interrupted() -> None:
        if run.stopping:
            task.cancel()
            return
        run.stop()
        print("\n正在收尾：等已发出的调用回来并保存（再按一次 Ctrl-C 立即退出）", file=sys.stderr)

    with contextlib.suppress(NotImplementedError):  # Windows has no signal handlers in its loop
        loop.add_signal_handler(signal.SIGINT, interrupted)
    try:
        async with shown(run, voices, plan):
            await task
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
