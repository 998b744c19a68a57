"""judge demo"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from judge.cli.help import Command
from judge.cli.output import console, fields_of, json_option, opened, print_json
from judge.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from judge.records import Dialogue, Judgment
    from judge.store import Store

EPILOG = """\b
例：
  judge demo                    比较随包的两份示例回答
  judge demo --store 我的.db     结果放到别处
"""
STORE = "results/demo.db"
FIRST, SECOND = "示例甲", "示例乙"


@click.command(cls=Command, epilog=EPILOG)
@click.option("--store", "url", metavar="库", default=STORE, help=f"结果放在哪里（默认 {STORE}，每次重建）")
@json_option
def demo(url: str, as_json: bool) -> None:
    """用离线评委比较两份示例回答：不用密钥，不联网。"""
    from judge import pipeline
    from judge.cli.report import write_report
    from judge.importers import own
    from judge.judges.baseline import NAME
    from judge.records import Plan
    from judge.shipped import shipped

    if url == STORE:  # always the same to begin with, whatever an earlier version left
        try:
            for path in (Path(STORE), Path(f"{STORE}-wal"), Path(f"{STORE}-shm")):
                path.unlink(missing_ok=True)
        except OSError as error:
            fix = "换个目录运行，或用 --store 指定别处"
            raise InputError(f"写不了（{error.strerror}）", where=STORE, fix=fix) from error
    store = opened(url, create=True)
    example = shipped("docs/example")
    files = [example / name for name in ("answers.jsonl", "judgments.jsonl", "human_verdicts.jsonl")]
    found = own.read(example / "demo.jsonl", also=files)
    found.add_to(store)
    _judged(store)
    plan = Plan((FIRST, SECOND), bank="demo", judge=NAME)
    report = pipeline.compare(store, plan)
    doubtful = _doubtful(store)
    page = Path(url).parent / "report.html"
    write_report(pipeline.report(store, plan), page)
    if as_json:
        unsure = [{"question": one.case.question.id, "reply": one.reply} for one in doubtful]
        print_json("judge.demo/1", {**fields_of(report), "doubtful": unsure, "report": str(page)})
        return
    from judge.report.terminal import print_compare

    screen = console()
    _say(screen, "两份回答是为演示编写的，不是任何真实模型的。", "dim")
    screen.print()
    print_compare(report, screen)
    screen.print()
    _print_outcomes(screen, found.dialogues)
    _print_doubtful(screen, doubtful)
    screen.print()
    _say(screen, f"网页报告：{page}（浏览器打开，不联网）", "bold")
    screen.print()
    where = "" if url == "results/judge.db" else f" --store {shlex.quote(url)}"
    for line in (
        "接着试：",
        f"  judge show {doubtful[0].case.question.id}{where}",
        f"  judge compare {FIRST} {SECOND} --judge baseline --abilities 计算,代码{where}",
        f"  judge report --judge 示例评委 --bank demo{where}",
        f"  judge review --judge 示例评委 --bank demo{where}",
        "  judge init",
    ):
        _say(screen, line)


def _judged(store: Store) -> None:
    """Let the offline judge judge what it has not judged yet."""
    import asyncio

    from judge.config import Config
    from judge.engines.here import Run
    from judge.judges.baseline import NAME
    from judge.layout import Wish, lay_out
    from judge.voices import Voices

    nobody = Voices(Config(Path("judge.toml")), {})
    work, _ = lay_out(store, nobody, Wish((FIRST, SECOND), (NAME,), "demo", "baseline"))
    asyncio.run(Run(store, work).carry_out())


def _doubtful(store: Store) -> list[Judgment]:
    """Return the two judgments the judge was least sure of."""
    from judge.judges.baseline import NAME
    from judge.records import Verdict

    unsure: dict[str, tuple[float, Judgment]] = {}
    for item in store.items("demo"):
        for one in item.judgments:
            names = {dialogue.candidate.name for dialogue in one.case.dialogues}
            if (
                one.judge.name == NAME
                and names == {FIRST, SECOND}
                and isinstance(one.result, Verdict)
                and one.result.probabilities
            ):
                unsure.setdefault(one.case.question.id, (abs(one.result.probabilities[0] - 0.5), one))
    return [one for _, one in sorted(unsure.values(), key=lambda pair: pair[0])[:2]]


def _print_outcomes(screen: Console, dialogues: list[Dialogue]) -> None:
    """Say how the dialogues of each candidate ended."""
    from collections import Counter

    from judge.report.wording import OUTCOMES

    for name in (FIRST, SECOND):
        ended = Counter(one.outcome for one in dialogues if one.candidate.name == name)
        named = [f"{word} {ended[outcome]}" for outcome, word in OUTCOMES.items() if ended[outcome]]
        _say(screen, f"{name}：{ended.total()} 段对话" + (f"，其中{'、'.join(named)}" if named else "，都正常结束"))


def _print_doubtful(screen: Console, doubtful: list[Judgment]) -> None:
    screen.print()
    _say(screen, "最拿不准的两题，值得人看一眼：")
    for one in doubtful:
        question = one.case.question
        shown = "，".join(
            f"{letter} 是{side.candidate.name}" for letter, side in zip("AB", one.case.dialogues, strict=True)
        )
        _say(screen, f"  {question.id}（{question.ability}）{shown}")
        for line in (one.reply or "").split("\n"):
            _say(screen, f"    {line}", "dim")


def _say(screen: Console, line: str, style: str = "") -> None:
    from rich.text import Text

    screen.print(Text(line, style=style), soft_wrap=True)
