"""What live commands share: laying a run out, showing what it will take, carrying it out."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from judge.cli.flags import Flags
from judge.cli.output import print_json
from judge.errors import CapReached, InputError, JudgeError

if TYPE_CHECKING:
    from judge.engines.here import Run
    from judge.engines.rounds import Rounds
    from judge.estimate import Estimate, Load
    from judge.layout import How, Wish
    from judge.limits import Limit
    from judge.records import Plan
    from judge.store import Store
    from judge.voices import Voices
    from judge.work import Voice, Work

ASK_ABOVE_CALLS = 500  # above which a person is asked before the first one
ASK_ABOVE_COST = 5.0  # yuan


def opened_voices(revisions: Mapping[str, str] | None = None) -> Voices:
    """Return the models that judge.toml, prices.toml beside it and the environment offer."""
    from judge.config import config_path, read_config
    from judge.models import prices
    from judge.voices import Voices

    path = config_path(os.environ)
    table = prices.read_prices(path.with_name(prices.FILE))
    return Voices(read_config(path), os.environ, revisions or {}, table)


def limits() -> Mapping[str, Limit]:
    """Return the certificate's thresholds, those of judge.toml laid over the usual ones."""
    from judge.config import config_path, read_config

    return read_config(config_path(os.environ)).limits


def live(voices: Voices, candidates: Sequence[str], judges: Sequence[str]) -> bool:
    """Tell whether some of these names make a command live: a model that can be asked, a file of answers, the offline judge."""
    from judge.layout import RECORDED, offline

    return any(voices.knows(name) or name.startswith(RECORDED) for name in (*candidates, *judges)) or any(
        offline(voices, name) for name in judges
    )


def judges_of(voices: Voices, judges: Sequence[str], how: How) -> tuple[str, ...]:
    """Return the judges that were named, else the one judge.toml names, else the offline one, and say so."""
    from judge.judges.baseline import NAME

    if judges or how.stage == "answer":
        return tuple(judges)
    if voices.config.judge is not None:
        return (voices.config.judge,)
    print(
        f"没有写 --judge，judge.toml 里也没有 judge = …：用离线评委 {NAME}（不花钱，只判有参考的题）",
        file=sys.stderr,
    )
    return (NAME,)


def perform(url: str, voices: Voices, wish: Wish, flags: Flags, plan: Plan, *, as_json: bool) -> Plan | None:
    """Lay a run out, say what it takes and carry it out.

    Returns the plan with the names under which its records are found; None where there is nothing to compare yet.
    """
    from judge.cli.output import opened
    from judge.layout import lay_out

    named = {*wish.candidates, *wish.judges}
    for name in flags.revisions.keys() - {""}:
        if name not in named or not voices.knows(name):
            raise InputError(f"--revision 里的 {name} 不是这次要问的模型", where="命令行", fix="写候选或评委的名字")
    if wish.how.until != "all" and (wish.how.scores or wish.how.stage is not None):
        fix = f"去掉 --until，或去掉 --protocol {wish.how.protocol}、--stage"
        raise InputError("--until 要一边评一边看，只用于两两比较、作答与评判都做", where="--until", fix=fix)
    if wish.how.until == "looks" and plan.target == "bank":
        fix = "去掉 --for bank，或用 --until decided"
        raise InputError("事先定好看十次只能说像这样的题", where="--until looks", fix=fix)
    store = opened(url, create=True)
    work, expected = lay_out(store, voices, wish)
    plan = replace(
        plan,
        bank=work.questions[0].bank,
        candidates=tuple(candidate.name for candidate in work.candidates),
        judge=_judge_names(voices, wish, work),
    )
    if flags.fresh and not flags.dry_run:
        stamp = flags.revisions[""]
        print(f"从头再做一遍，这一次记作 …@{stamp}；中断后加 --revision {stamp} 接着做", file=sys.stderr)
    print_plan(work, expected)
    for voice in work.all_voices:
        for note in getattr(voice.model, "notes", ()):
            print(f"  {voice.model.name}：{note}", file=sys.stderr)
    if plan.until != "all":
        print(f"  --until {plan.until}：结论定了就停，以上都是至多", file=sys.stderr)
    if work.again:
        print(f"  换位再评：另加至多 {work.single * len(work.asked_judges)} 次评判，只问可疑的", file=sys.stderr)
    if flags.dry_run:
        if as_json:
            _print_plan_json(work, expected)
        return None
    if wish.how.stage != "score":
        carry_out(store, voices, work, expected, plan, yes=flags.yes)
    if flags.controls:
        _judge_controls(store, voices, wish, work, flags)
    if wish.how.stage == "answer":
        if as_json:
            print_json("judge.answered/1", {"bank": plan.bank, "candidates": list(plan.candidates)})
        return None
    return plan


def _judge_names(voices: Voices, wish: Wish, work: Work) -> str | None:
    """Return the judges as they are named in the store, separated by commas; None where none was named."""
    from judge.layout import judge_name, offline

    own = [judging.judge.name for judging, voice in work.judges if voice is None]
    judges = [
        own[0] if offline(voices, name) else judge_name(wish.how, voices, name) if voices.knows(name) else name
        for name in wish.judges
    ]
    return ",".join(judges) or None


def _judge_controls(store: Store, voices: Voices, wish: Wish, work: Work, flags: Flags) -> None:
    """Have the run's judges judge the baseline's null controls on a few questions."""
    from judge.controls import QUESTIONS, control_dialogues, controls
    from judge.layout import lay_out
    from judge.records import Plan

    baseline = work.candidates[-1]
    questions = {one.key for one in work.questions}
    own = [one for one in store.dialogues(work.questions[0].bank) if one.candidate.key == baseline.key]
    added = control_dialogues(one for one in own if one.question.key in questions and one.history == wish.history)
    store.add(dialogues=added)
    names = (*(one.name for one in controls(baseline).values()), baseline.name)
    few = min(QUESTIONS, wish.how.limit or QUESTIONS)
    asked = replace(
        wish,
        candidates=names,
        bank=work.questions[0].bank,
        design="baseline",
        how=replace(wish.how, limit=few, samples=1, stage="judge", order="both", until="all"),
    )
    control_work, expected = lay_out(store, voices, asked)
    print(f"对照（基线对自己、空回答、照抄题目，各 {few} 题）：", file=sys.stderr)
    print_plan(control_work, expected)
    carry_out(store, voices, control_work, expected, Plan(), yes=flags.yes)


# ── before the first call ─────────────────────────────────────────────────────────────────────────────────────────────


def print_plan(work: Work, plan: Estimate) -> None:
    """Say on stderr what is about to happen and what it will take."""
    from judge.estimate import MARGIN

    low, high = plan.tokens
    asked = {question.key: question for question, _ in work.todo}.values()
    turns = sum(len(question.turns) for question in asked)
    known = plan.known_dialogues or plan.known_judgments
    lines = [
        f"计划：{len(asked)} 题 {turns} 轮 × {len(work.candidates)} 个候选"
        + (f" × {work.samples} 遍" if work.samples > 1 else "")
        + (f"，{len(work.judges)} 个评委" if work.judges else ""),
        f"  作答 {plan.answer_calls} 次，评判至多 {plan.judge_calls} 次"
        + (f"；库里已有 {plan.known_dialogues} 段对话、{plan.known_judgments} 条评判，不再付费" if known else ""),
    ]
    if len(work.asked_judges) < len(work.judges):
        lines.append("  离线评委 baseline 不调用模型，不花钱")
    if len(asked) < len(work.questions):
        lines.insert(1, f"  有 {len(work.questions) - len(asked)} 题缺已有候选的回答，比不了，不问")
    if plan.calls:
        money = _money(_loads(work, plan.answers, plan.judging))
        lines.append(
            f"  约 {low / 1000:,.0f}–{high / 1000:,.0f} 千 token，{money}（估算；单价见 judge models --prices，账单以官网为准）"
        )
    if work.judges and len(work.candidates) > 1 and work.draw.both > len(work.questions) * len(work.candidates) / 2:
        width = f"±{plan.half_width:.1f} 分" if math.isfinite(plan.half_width) else "一道题看不出区间"
        lines.append(f"  预计区间：胜+½平 {width}；要分清 {MARGIN:g} 分的真实差距约需 {plan.questions_for_margin:,} 题")
    if plan.more_for_both > 0:
        both = _money(_loads(work, plan.answers, plan.both))
        lines.append(
            f"  两种位置都评（--order both）：再多 {plan.more_for_both} 次评判，共{both}，±{plan.half_width_both:.1f} 分"
        )
    print("\n".join(lines), file=sys.stderr)


def _print_plan_json(work: Work, plan: Estimate) -> None:
    from judge.estimate import MARGIN

    low, high, unknown = price_of_plan(work, plan)
    content = {
        "questions": len({question.key for question, _ in work.todo}),
        "candidates": [candidate.name for candidate in work.candidates],
        "judges": [judging.judge.name for judging, _ in work.judges],
        "answer_calls": plan.answer_calls,
        "judge_calls": plan.judge_calls,
        "known_dialogues": plan.known_dialogues,
        "known_judgments": plan.known_judgments,
        "tokens": list(plan.tokens),
        "yuan": [low, high],
        "calls_without_price": unknown,
        "half_width": plan.half_width,
        "half_width_both": plan.half_width_both,
        "questions_for_margin": {"margin": MARGIN, "questions": plan.questions_for_margin},
    }
    print_json("judge.plan/1", content)


def _loads(work: Work, answers: Sequence[Load], judging: Sequence[Load]) -> list[tuple[Load, Voice]]:
    return list(zip((*answers, *judging), work.all_voices, strict=True))


def price_of_plan(work: Work, plan: Estimate) -> tuple[float, float, int]:
    """Return what a plan costs, low and high in yuan, and how many calls have no known price."""
    from judge.estimate import price_range

    return price_range([(load, voice.price) for load, voice in _loads(work, plan.answers, plan.judging)])


def _money(loads: Sequence[tuple[Load, Voice]]) -> str:
    from judge.estimate import price_range

    low, high, unknown = price_range([(load, voice.price) for load, voice in loads])
    names = sorted({voice.model.name for load, voice in loads if load.calls and voice.price is None})
    said = f"约 ¥{low:.2f}–{high:.2f}" if high else "" if unknown else "不花钱"
    return "，另有 ".join(filter(None, [said, f"{'、'.join(names)} 单价未知" if unknown else ""]))


def _ask(work: Work, plan: Estimate, yes: bool) -> None:
    """Ask before the first call where it may cost more than a little; what has no price is judged by its calls."""
    _, cost, unknown = price_of_plan(work, plan)
    if yes or (cost <= ASK_ABOVE_COST and unknown <= ASK_ABOVE_CALLS):
        return
    what = f"约 {plan.calls} 次，至多约 ¥{cost:.2f}" + (f"，另有 {unknown} 次单价未知" if unknown else "")
    if not sys.stdin.isatty():
        fix = "加 --yes，或用 --limit、--max-calls、--max-cost 先试一小部分"
        raise InputError(f"这一次要调用{what}，需要确认", fix=fix)
    _confirmed(f"要调用{what}，继续吗？", "用 --limit 先试一小部分")


def _confirmed(question: str, fix: str) -> None:
    """Ask on stderr, where no result goes; Ctrl-C is an answer too, inside a running loop as well."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        print(f"{question}[y/N] ", end="", file=sys.stderr, flush=True)
        said = sys.stdin.readline()
    finally:
        signal.signal(signal.SIGINT, before)
    if said.strip().lower() not in {"y", "yes", "是"}:
        raise CapReached("没有继续", fix=fix)


def remember(url: str, plan: Plan, wish: Wish) -> None:
    """Keep what was carried out as a run, under the names of its candidates; the same plan is the same run."""
    from judge.cli.output import opened
    from judge.identity import plain
    from judge.records import Run

    content = {"plan": plain(plan), "how": plain(wish.how), "design": wish.design}
    opened(url).add(run=Run(" 对 ".join(plan.candidates), "compare", content))


# ── the run ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class Unfinished(JudgeError):
    """A run ended with work left undone; what was done is kept, and the next run does the rest."""

    code = "E3001"
    exit_code = 3


def carry_out(store: Store, voices: Voices, work: Work, expected: Estimate, plan: Plan, *, yes: bool) -> None:
    """Carry a run out with progress on stderr, all of it or until its plan says it is enough.

    Raises what stopped it, after all that was in flight is kept. Ctrl-C once finishes what is in flight and keeps it, twice drops it.
    """
    from judge.engines.here import Run
    from judge.engines.rounds import Rounds
    from judge.schedule import Schedule

    if not expected.calls and not work.again and len(work.asked_judges) == len(work.judges):
        return
    _ask(work, expected, yes)
    run = Run(store, work) if plan.until == "all" else Rounds(store, work, Schedule(store, work, plan))
    run.progress.planned_calls = expected.calls + (work.single * len(work.asked_judges) if work.again else 0)
    asyncio.run(_carried_out(run, voices, expected, yes))
    if run.stopping:
        raise KeyboardInterrupt
    if run.progress.failed:
        shown = "\n    ".join(run.progress.failed[:5])
        raise Unfinished(
            f"有 {len(run.progress.failed)} 次调用重试后仍失败：\n    {shown}",
            fix="结果已保存；再运行一次只补没做完的。若总是失败，检查网络与服务",
        )


async def _carried_out(run: Run | Rounds, voices: Voices, plan: Estimate, yes: bool) -> None:
    from judge import drift

    try:
        work = run.work
        asked = {key: voice for (key, voice), load in zip(work.voices.items(), plan.answers, strict=True) if load.calls}
        judges = ((judging.judge.key, voice) for judging, voice in work.asked_judges)
        asked |= {key: voice for (key, voice), load in zip(judges, plan.judging, strict=True) if load.calls}
        untold = await drift.check(run.store, asked)
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


async def _drained(run: Run | Rounds, voices: Voices, plan: Estimate) -> None:
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
        async with shown(run, voices, plan) if plan.calls else contextlib.nullcontext():
            await task
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
