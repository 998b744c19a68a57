"""What live commands share: laying out a run, showing what it will cost, carrying it out with progress."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

import click

from judge.errors import CapReached, InputError, JudgeError

Function = TypeVar("Function", bound=Callable[..., None])

if TYPE_CHECKING:
    from judge.engines.here import Run
    from judge.estimate import Estimate
    from judge.judges import Judging
    from judge.records import Case, Dialogue, Question
    from judge.store import Store
    from judge.voices import Voices
    from judge.work import Design, Order, Voice, Work

EVERY = 30.0  # seconds between two lines of progress where there is no terminal
ASK_ABOVE = 500  # calls, above which a person is asked before the first one


@dataclass(frozen=True)
class Wish:
    """What the command line asks of a run."""

    candidates: Sequence[str]
    judges: Sequence[str]
    bank: str | None
    design: Design
    order: Order
    protocol: Literal["pair", "pair-5", "scores"] = "pair"
    limit: int | None = None
    abilities: Sequence[str] = ()
    samples: int = 1
    seed: int = 0
    max_calls: int | None = None
    stage: Literal["answer", "judge", "score"] | None = None


def live_options(function: Function) -> Function:
    """Add the options that all live commands share."""
    options = (
        click.option(
            "--order",
            type=click.Choice(["auto", "both", "single"]),
            default="auto",
            help="现场评测：两种位置都评，或只评一种（默认 auto：100 对以内都评，再多每对评一种，另抽一成换位）",
        ),
        click.option(
            "--protocol",
            type=click.Choice(["pair", "pair-5", "scores"]),
            default="pair",
            help="现场评测：两两比较分三档或五档，或按量表逐段打分（默认 pair）",
        ),
        click.option("--limit", type=click.IntRange(1), metavar="题数", help="现场评测：只问这么多题，各能力均摊"),
        click.option(
            "--max-calls", type=click.IntRange(1), metavar="次", help="现场评测：调用次数上限，到了就停，可续"
        ),
        click.option("--dry-run", is_flag=True, help="现场评测：只说要做什么、要多少次调用"),
        click.option("--yes", is_flag=True, help="现场评测：不再询问，直接开始"),
        click.option("--revision", metavar="版本", help="现场评测：同名模型换过版本时，用它区分"),
        click.option(
            "--stage",
            type=click.Choice(["answer", "judge", "score"]),
            help="现场评测：只作答、只评判（已有的回答），或只算分（默认全做）",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def opened_voices(revision: str | None = None) -> Voices:
    """Return the models that judge.toml and the environment offer."""
    from judge.config import FILE, read_config
    from judge.voices import Voices

    return Voices(read_config(Path(os.environ.get("JUDGE_CONFIG", FILE))), os.environ, revision)


def questions_of(store: Store, wish: Wish) -> list[Question]:
    """Return the questions of the wanted bank: one in the store, a file, or one that comes with the program."""
    from judge.bank import read_bank, shipped_banks
    from judge.errors import UnknownName

    name = wish.bank or "open"
    shipped = {path.stem: path for path in shipped_banks()}
    known = [summary.bank.name for summary in store.banks() if summary.questions]
    if Path(name).is_file() or (name not in known and name in shipped):
        bank, fresh = read_bank(Path(name) if Path(name).is_file() else shipped[name])
        store.add(banks=[bank], questions=fresh)
        name = bank.name
    elif name not in known:
        raise UnknownName("题库", name, [*known, *shipped])
    questions = [question for question in store.questions(name) if question.turns]
    for ability in wish.abilities:
        if ability not in {question.ability for question in questions}:
            raise UnknownName("能力", ability, {question.ability for question in questions})
    chosen = [one for one in questions if not wish.abilities or one.ability in wish.abilities]
    if not chosen:
        raise InputError(f"题库 {name} 没有可问的题（题面未公布）", fix="换一个题库")
    return _limited(chosen, wish.limit)


def _limited(questions: list[Question], limit: int | None) -> list[Question]:
    """Take so many questions, evenly over abilities, in the bank's order."""
    if limit is None or limit >= len(questions):
        return questions
    groups: dict[str, list[Question]] = {}
    for question in questions:
        groups.setdefault(question.ability, []).append(question)
    turns = [
        (at, number, question) for number, group in enumerate(groups.values()) for at, question in enumerate(group)
    ]
    chosen = {question.key for _, _, question in sorted(turns, key=lambda one: one[:2])[:limit]}
    return [question for question in questions if question.key in chosen]


def lay_out(store: Store, voices: Voices, wish: Wish) -> tuple[Work, Estimate]:
    """Say who answers what, who meets whom and who judges, and what of it is still to be paid for."""
    from judge.errors import UnknownName
    from judge.estimate import estimate
    from judge.records import Candidate, Dialogue
    from judge.work import Work, cases_of, single_cases

    questions = questions_of(store, wish)
    bank = questions[0].bank
    asked = {name: voices.open(name) for name in wish.candidates if voices.knows(name)}
    recorded = {one.name: one for one in store.known_candidates(bank)}
    for name in wish.candidates:
        if name not in asked and name not in recorded:
            raise UnknownName("候选", name, [*voices.config.models, *recorded])
    candidates = [
        Candidate(voices.shown(name), asked[name].model.identity) if name in asked else recorded[name]
        for name in wish.candidates
    ]
    judges = [(_judging(store, wish, voices, name), voices.open(name)) for name in wish.judges]
    cases: Callable[[Sequence[Dialogue]], Sequence[Case]]
    if wish.protocol == "scores":
        cases, count = single_cases, len(questions) * len(candidates) * wish.samples
    else:
        cases, count = cases_of(
            questions, candidates, design=wish.design, order=wish.order, seed=wish.seed, samples=wish.samples
        )
    work = Work(
        questions,
        candidates,
        {
            candidate.key: asked[name]
            for name, candidate in zip(wish.candidates, candidates, strict=True)
            if name in asked
        },
        judges,
        cases,
        samples=wish.samples,
        max_calls=wish.max_calls,
        stages=frozenset({"answer", "judge"} if wish.stage is None else {wish.stage}),
    )
    blank = [
        Dialogue(question, candidate, (), sample)
        for question in questions
        for candidate in candidates
        for sample in range(wish.samples)
    ]
    known = store.finished_dialogues(one for one in blank if one.candidate.key in work.voices)
    # What is judged already is known before anything is answered: keys do not hang on the answers' texts.
    heard = store.judged([key for placed in _by_question(blank, cases) for key in _keys(placed, judges)])
    plan = estimate(
        questions,
        answers=len(asked) * wish.samples,
        cases=count,
        judges=len(judges),
        both=count >= 2 * len(questions) * wish.samples,
        known_dialogues=len(known),
        known_judgments=len(heard),
    )
    return work, plan


def judge_name(wish: Wish, voices: Voices, name: str) -> str:
    """Return the name under which a judge's judgments are kept: another protocol is another judge."""
    shown = voices.shown(name)
    return shown if wish.protocol == "pair" else f"{shown}+{wish.protocol}"


def _judging(store: Store, wish: Wish, voices: Voices, name: str) -> Judging:
    from judge.judges.protocols import pairwise, pointwise
    from judge.rubric import read_rubric, shipped_rubrics

    shown, model = judge_name(wish, voices, name), voices.open(name).model.identity
    rubric = read_rubric(next(path for path in shipped_rubrics() if path.stem == "open"))
    structured = store.finding(model).get("structured") is True  # seen by judge doctor --live
    if wish.protocol == "scores":
        return pointwise(shown, model, rubric, structured=structured)
    return pairwise(shown, model, levels=5 if wish.protocol == "pair-5" else 3, rubric=rubric, structured=structured)


def _by_question(
    blank: Sequence[Dialogue], cases: Callable[[Sequence[Dialogue]], Sequence[Case]]
) -> Iterator[Sequence[Case]]:
    groups: dict[tuple[str, int], list[Dialogue]] = {}
    for dialogue in blank:
        groups.setdefault((dialogue.question.key, dialogue.sample), []).append(dialogue)
    return (cases(group) for group in groups.values())


def _keys(cases: Sequence[Case], judges: Sequence[tuple[Judging, Voice]]) -> list[str]:
    from judge.records import judgment_key

    return [judgment_key(case, judging.judge) for case in cases for judging, _ in judges]


def carry_out(store: Store, voices: Voices, work: Work, plan: Estimate, *, yes: bool) -> None:
    """Carry a run out with progress on stderr; raises what stopped it, after all that was in flight is kept.

    Ctrl-C once finishes what is in flight and keeps it, twice drops it.
    """
    from judge.engines.here import Run

    if not plan.calls:
        return
    _ask(plan, yes)
    run = Run(store, work)
    run.progress.planned_calls = plan.calls
    asyncio.run(_carried_out(run, voices))
    if run.stopping:
        raise KeyboardInterrupt
    if run.progress.failed:
        shown = "\n    ".join(run.progress.failed[:5])
        raise Unfinished(
            f"有 {len(run.progress.failed)} 次调用重试后仍失败：\n    {shown}",
            fix="结果已保存；再运行一次只补没做完的。若总是失败，检查网络与服务",
        )


class Unfinished(JudgeError):
    """A run ended with work left undone; what was done is kept, and the next run does the rest."""

    code = "E3001"
    exit_code = 3


def perform(url: str, voices: Voices, wish: Wish, *, dry_run: bool, yes: bool) -> str | None:
    """Lay a run out, say what it takes and carry it out; returns the bank's name, None after a dry run."""
    from judge.cli.output import opened

    store = opened(url, create=True)
    work, expected = lay_out(store, voices, wish)
    print_plan(work, expected)
    if dry_run:
        return None
    if wish.stage != "score":
        carry_out(store, voices, work, expected, yes=yes)
    return work.questions[0].bank


def print_plan(work: Work, plan: Estimate) -> None:
    """Say on stderr what is about to happen and what it will take."""
    low, high = plan.tokens
    turns = sum(len(question.turns) for question in work.questions)
    lines = [
        f"计划：{len(work.questions)} 题 {turns} 轮 × {len(work.candidates)} 个候选"
        + (f"，{len(work.judges)} 个评委" if work.judges else ""),
        f"  作答 {plan.answer_calls} 次，评判至多 {plan.judge_calls} 次"
        + (
            f"；库里已有 {plan.known_dialogues} 段对话、{plan.known_judgments} 条评判，不再付费"
            if plan.known_dialogues
            else ""
        ),
        f"  约 {low / 1000:,.0f}–{high / 1000:,.0f} 千 token（估算；单价以各家官网为准）",
        f"  预计区间：胜+½平 ±{plan.half_width:.1f} 分"
        + (f"（两种位置都评则 ±{plan.half_width_both:.1f}）" if plan.half_width > plan.half_width_both else ""),
    ]
    print("\n".join(lines), file=sys.stderr)


def _ask(plan: Estimate, yes: bool) -> None:
    if yes or plan.calls <= ASK_ABOVE:
        return
    if not sys.stdin.isatty():
        raise InputError(
            f"这一次要调用约 {plan.calls} 次，需要确认", fix="加 --yes，或用 --limit、--max-calls 先试一小部分"
        )
    if input(f"要调用约 {plan.calls} 次，继续吗？[y/N] ").strip().lower() not in {"y", "yes", "是"}:
        raise CapReached("没有继续", fix="用 --limit 先试一小部分")


async def _carried_out(run: Run, voices: Voices) -> None:
    try:
        await _check_drift(run)
        await _drained(run)
    finally:
        await voices.close()


async def _check_drift(run: Run) -> None:
    """Ask every model that has records here for five tokens; raises ModelChanged where another one answers now."""
    heads = list(run.work.voices.items())
    heads += [(judging.judge.key, voice) for judging, voice in run.work.judges]
    for key, voice in heads:
        before, probe = run.store.returned_models(key), getattr(voice.model, "probe", None)
        if not before or probe is None:
            continue
        now = (await probe()).reply.returned_model
        if now is None or now in before:
            continue
        raise ModelChanged(
            f"同名可能已换模型：库里的记录来自 {'、'.join(sorted(before))}，现在回答的是 {now}",
            where=voice.model.name,
            fix="加 --revision 新版本名，把它当作另一个候选；或换回原来的模型再接着做",
        )


class ModelChanged(InputError):
    """Another model answers under the name of one that has records here; they must not be mixed."""

    code = "E3300"


async def _drained(run: Run) -> None:
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
        async with _shown(run):
            await task
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


@contextlib.asynccontextmanager
async def _shown(run: Run) -> AsyncIterator[None]:
    """Show progress while the run goes on: a line that renews itself on a terminal, a line now and then elsewhere."""
    started = time.monotonic()

    def line() -> str:
        progress, seconds = run.progress, time.monotonic() - started
        rate = progress.calls / seconds if seconds else 0.0
        left = max(0, progress.planned_calls - progress.calls) / rate if rate else 0.0
        failed = f"，失败 {len(progress.failed)}" if progress.failed else ""
        return (
            f"已调用 {progress.calls}/{progress.planned_calls}，在途 {progress.in_flight}，对话 {progress.dialogues}，"
            f"评判 {progress.judgments}{failed}，{rate:.1f} 次/秒，约剩 {left:.0f} 秒"
        )

    async def renew() -> None:
        live = sys.stderr.isatty()
        while True:
            await asyncio.sleep(0.5 if live else EVERY)
            print(f"\r\x1b[2K{line()}" if live else line(), end="" if live else "\n", file=sys.stderr, flush=True)

    task = asyncio.create_task(renew())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if sys.stderr.isatty():
            print(f"\r\x1b[2K{line()}", file=sys.stderr)
