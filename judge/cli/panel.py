"""The progress of a live run on stderr: a panel that renews itself on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections import deque
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from rich.console import RenderableType

    from judge.engines.here import Run
    from judge.engines.rounds import Rounds
    from judge.estimate import Estimate
    from judge.models.pacing import Pace
    from judge.voices import Voices

EVERY = 30.0  # seconds between two lines where there is no terminal
RENEW = 0.5  # seconds between two looks
WINDOW = 30.0  # seconds over which a rate is taken


@contextlib.asynccontextmanager
async def shown(run: Run | Rounds, voices: Voices, plan: Estimate) -> AsyncIterator[None]:
    """Show progress while the run goes on, and once more when it has ended."""
    watch = Watch(run, voices, plan)
    task = asyncio.create_task(_panel(watch) if sys.stderr.isatty() else _lines(watch))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        watch.look()
        print(watch.line(ended=True), file=sys.stderr)


async def _lines(watch: Watch) -> None:
    at = 0.0
    while True:
        await asyncio.sleep(RENEW)
        watch.look()
        if watch.seconds - at >= EVERY:
            at = watch.seconds
            print(watch.line(), file=sys.stderr, flush=True)


async def _panel(watch: Watch) -> None:
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(stderr=True, highlight=False), auto_refresh=False, transient=True) as live:
        while True:
            watch.look()
            live.update(watch.panel(), refresh=True)
            await asyncio.sleep(RENEW)


Look: TypeAlias = tuple[float, int, dict[str, int]]  # when, calls that had ended, and by endpoint


class Watch:
    """What is seen of a run over time: rates over the last WINDOW seconds, by endpoint and in all."""

    def __init__(self, run: Run | Rounds, voices: Voices, plan: Estimate) -> None:
        self.run = run
        self.started = time.monotonic()
        self.paces = {f"{urlsplit(url).netloc or url} {name}": pace for (url, name), pace in voices.paces.items()}
        self.planned = dict.fromkeys(self.paces, 0)
        for load, voice in zip((*plan.answers, *plan.judging), run.work.all_voices, strict=True):
            for name, pace in self.paces.items():
                self.planned[name] += load.calls if pace is voice.pace else 0
        self.looks: deque[Look] = deque()
        self.first: Look | None = None

    @property
    def seconds(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self.started

    def look(self) -> None:
        """Take in where the run stands now."""
        ended = {name: _ended(pace) for name, pace in self.paces.items()}
        self.looks.append((self.seconds, self.run.progress.calls - self.run.progress.in_flight, ended))
        self.first = self.first or self.looks[0]
        while len(self.looks) > 2 and self.looks[0][0] < self.seconds - WINDOW:
            self.looks.popleft()

    def rate(self, name: str | None = None) -> float:
        """Return calls per second of one endpoint, or of all."""
        if len(self.looks) < 2:
            return 0.0
        end, more, later = self.looks[-1]
        # What ends in bursts is measured from the beginning.
        for start, calls, by in (self.looks[0], self.first or self.looks[0]):
            if ended := (later[name] - by[name]) if name else (more - calls):
                return ended / max(end - start, 1e-3)
        return 0.0

    def left(self) -> str:
        """Say how long it will take yet, and because of whom where there are several endpoints."""
        slowest, most = "", 0.0
        for name, pace in self.paces.items():
            rest, rate = max(0, self.planned[name] - _ended(pace)), self.rate(name)
            if rest and not rate:
                return "剩余时间未知"
            if rest and rest / rate > most:
                slowest, most = name, rest / rate
        minutes, seconds = divmod(round(most), 60)
        said = f"约剩 {minutes} 分 {seconds} 秒" if minutes else f"约剩 {seconds} 秒"
        return said + (f"（最慢：{slowest}）" if len(self.paces) > 1 and slowest else "")

    def line(self, *, ended: bool = False) -> str:
        """Return all that matters in one line."""
        progress, counts = self.run.progress, [pace.counts for pace in self.paces.values()]
        tokens = sum(one.input_tokens + one.output_tokens for one in counts)
        failed = f"，失败 {len(progress.failed)}" if progress.failed else ""
        return (
            f"已调用 {progress.calls - progress.in_flight}/{progress.planned_calls}，在途 {progress.in_flight}，"
            f"对话 {progress.dialogues}，评判 {progress.judgments}{failed}，重试 {sum(one.retries for one in counts)}，"
            f"{tokens / 1000:,.0f} 千 token，{self.money()}，"
            + (f"用时 {self.seconds:.0f} 秒" if ended else f"{self.rate():.1f} 次/秒，{self.left()}")
            + "".join(f"；{one}" for one in self.doing())
        )

    def doing(self) -> list[str]:
        """Say what models that run here are at."""
        models = {id(voice.model): voice.model for voice in self.run.work.all_voices}.values()
        return [f"{one.name} {said}" for one in models if (said := getattr(one, "doing", ""))]

    def money(self) -> str:
        """Say what was spent so far."""
        lacking = "，另有单价未知的" if any(voice.price is None for voice in self.run.work.all_voices) else ""
        return f"¥{self.run.progress.cost:.2f}{lacking}"

    def panel(self) -> RenderableType:
        """Return the panel: a bar, endpoints row by row, and what is left."""
        from rich.console import Group
        from rich.padding import Padding
        from rich.panel import Panel
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        progress = self.run.progress
        done = progress.calls - progress.in_flight
        table = Table(box=None, pad_edge=False)
        for heading in ("端点", "完成", "在途/允许", "次/秒", "限速", "出错", "千 token"):
            table.add_column(heading, justify="left" if heading == "端点" else "right", no_wrap=True)
        for name, pace in self.paces.items():
            counts = pace.counts
            table.add_row(
                Text(name),
                f"{_ended(pace)}/{self.planned[name]}",
                f"{pace.in_flight}/{pace.allowed}",
                f"{self.rate(name):.1f}",
                str(counts.limited),
                str(counts.failures),
                f"{(counts.input_tokens + counts.output_tokens) / 1000:,.0f}",
            )
        head = f"{done}/{progress.planned_calls} 次  对话 {progress.dialogues}  评判 {progress.judgments}"
        head += f"  失败 {len(progress.failed)}" if progress.failed else ""
        foot = Text(f"{self.money()}  {self.left()}  Ctrl-C 收尾并保存", style="dim")
        # Padded, for a bar alone does not end its line.
        bar = Padding(ProgressBar(total=max(1, progress.planned_calls), completed=done), 0)
        local = [Text(one) for one in self.doing()]
        return Panel(Group(Text(head), bar, table, *local, foot), title="评测中", title_align="left")


def _ended(pace: Pace) -> int:
    """Count the calls that came to an end, however often each was tried."""
    return max(0, pace.counts.calls - pace.counts.retries - pace.in_flight)
