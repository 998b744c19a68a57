"""Calls per second, CPU and memory per judge call, end to end (prompt, call, reading, durable store), beside bare loops.

A real server on loopback in its own process answers after a fixed latency. Three loops run in turn, each time in a fresh
process on the same prompts: ours; the SDK alone, which keeps nothing; aiohttp, which also reads the verdict and keeps a
journal. Figures are medians over rounds. Then: a run with faults, and the memory of runs of different length. Prints a
table and one JSON line. Usage: python benchmarks/dispatch.py [--calls 1000] [--rounds 3] [--quick]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = [(100, 64), (100, 256), (1000, 256)]  # latency in ms, calls at once


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def prepared(folder: str, url: str, calls: int, at_once: int) -> tuple[object, object]:
    """Make a store of answered questions and the work of judging each in both placements."""
    sys.path.insert(0, str(ROOT))
    from judge.models.pacing import Limits
    from judge.records import Answer, Dialogue
    from judge.store import open_store
    from tests.engines.scene import bank, work

    store = open_store(f"{folder}/judge.db", create=True)
    questions = bank(calls // 2, turns=1)
    laid_out = work(store, url, questions, limits=Limits(concurrency=at_once))
    text = "这是一段用来占位的回答，长短与真实回答相仿。" * 50
    for at in range(0, len(questions), 200):  # in parts, so that the peak of memory is the run's and not this one's
        store.add(
            dialogues=[
                Dialogue(question, candidate, (Answer(question.turns[0].prompt, f"{strength}答{text}"),))
                for question in questions[at : at + 200]
                for candidate, strength in zip(laid_out.candidates, ("强", "弱"), strict=True)
            ]
        )
    return store, laid_out


def ours(url: str, calls: int, at_once: int) -> dict[str, float]:
    """Judge through the product's engine."""
    from judge.engines.here import Run

    with tempfile.TemporaryDirectory() as folder:
        store, work = prepared(folder, url, calls, at_once)

        async def whole() -> tuple[float, float]:
            run = Run(store, work)  # type: ignore[arg-type]
            wall, used = time.perf_counter(), cpu()
            await run.carry_out()
            assert run.progress.judgments == calls, run.progress
            return time.perf_counter() - wall, cpu() - used

        wall, used = asyncio.run(whole())
    return figures(wall, used, calls)


def prompts_of(url: str, calls: int, at_once: int) -> list[str]:
    """Return what ours would ask."""
    with tempfile.TemporaryDirectory() as folder:
        store, work = prepared(folder, url, calls, at_once)
        judging, _ = work.judges[0]  # type: ignore[attr-defined]
        return [
            judging.request(case, b"secret").messages[0].content
            for item in store.items("现场")  # type: ignore[attr-defined]
            for case in work.draw.cases(item.dialogues)  # type: ignore[attr-defined]
        ]


def bare(url: str, calls: int, at_once: int) -> dict[str, float]:
    """Send the same prompts with the SDK alone, keeping nothing."""
    import openai

    prompts = prompts_of(url, calls, at_once)

    async def whole() -> tuple[float, float]:
        client = openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0)
        gate = asyncio.Semaphore(at_once)

        async def one(prompt: str) -> None:
            async with gate:
                reply = await client.chat.completions.create(
                    model="judge", messages=[{"role": "user", "content": prompt}], temperature=0.0, max_tokens=2048
                )
                assert reply.choices[0].message.content

        wall, used = time.perf_counter(), cpu()
        await asyncio.gather(*map(one, prompts))
        return time.perf_counter() - wall, cpu() - used

    return figures(*asyncio.run(whole()), calls)


def journal(url: str, calls: int, at_once: int) -> dict[str, float]:
    """Send the same prompts with aiohttp, read each verdict, and append it to a file that is synced every 200 lines."""
    import aiohttp

    from judge.reply import read_verdict

    prompts = prompts_of(url, calls, at_once)

    async def whole(file: int) -> tuple[float, float]:
        gate, kept = asyncio.Semaphore(at_once), 0

        async def one(prompt: str) -> None:
            nonlocal kept
            body = {"model": "judge", "messages": [{"role": "user", "content": prompt}], "temperature": 0.0}
            async with gate, session.post(f"{url}/chat/completions", json=body | {"max_tokens": 2048}) as answer:
                said = (await answer.json())["choices"][0]["message"]["content"]
            os.write(file, (json.dumps([said, str(read_verdict(said))], ensure_ascii=False) + "\n").encode())
            kept += 1
            if kept % 200 == 0:
                os.fdatasync(file)

        connector = aiohttp.TCPConnector(limit=at_once)
        async with aiohttp.ClientSession(connector=connector) as session:
            wall, used = time.perf_counter(), cpu()
            await asyncio.gather(*map(one, prompts))
            return time.perf_counter() - wall, cpu() - used

    with tempfile.TemporaryFile() as file:
        return figures(*asyncio.run(whole(file.fileno())), calls)


LOOPS = {"bare SDK": bare, "aiohttp": journal, "ours": ours}


@contextmanager
def serving(*options: str) -> Iterator[str]:
    """Run a server in a process of its own; yields its address."""
    command = [sys.executable, "-m", "tests.models.server", "--port", "0", "--reply", "tests.engines.scene:script"]
    server = subprocess.Popen([*command, *options], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}/v1"
    finally:
        server.kill()
        server.communicate()


def measured(loop: str, url: str, calls: int, at_once: int) -> dict[str, float]:
    """Run one loop in a fresh process."""
    command = [sys.executable, __file__, "--calls", str(calls), "--one", loop, url, str(at_once)]
    row: dict[str, float] = json.loads(
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    )
    return row


def median(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(row[name] for row in rows) for name in rows[0]}


def figures(wall: float, used: float, calls: int) -> dict[str, float]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"wall_s": wall, "calls_per_s": calls / wall, "cpu_ms": 1000 * used / calls, "peak_mb": peak}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="the first setting only, and nothing after it")
    parser.add_argument("--one", nargs=3, metavar=("LOOP", "URL", "AT_ONCE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(LOOPS[given.one[0]](given.one[1], given.calls, int(given.one[2]))))
        return
    rows: list[dict[str, object]] = []
    print(f"{'latency, at once':<18}{'loop':<10}{'wall s':>8}{'ideal':>8}{'calls/s':>9}{'CPU ms':>8}{'peak MB':>9}")
    for latency, at_once in SETTINGS[: 1 if given.quick else None]:
        with serving("--latency-ms", str(latency)) as url:
            rounds = [{loop: measured(loop, url, given.calls, at_once) for loop in LOOPS} for _ in range(given.rounds)]
        ideal = -(-given.calls // at_once) * latency / 1000
        for loop in LOOPS:
            row = median([one[loop] for one in rounds])
            rows.append({"loop": loop, "latency_ms": latency, "at_once": at_once, "ideal_s": ideal, **row})
            print(
                f"{f'{latency} ms, {at_once}':<18}{loop:<10}{row['wall_s']:>8.2f}{ideal:>8.2f}{row['calls_per_s']:>9.0f}"
                f"{row['cpu_ms']:>8.2f}{row['peak_mb']:>9.0f}"
            )
        ratios = sorted(one["ours"]["cpu_ms"] / one["bare SDK"]["cpu_ms"] for one in rounds)
        print(
            f"{'':<18}CPU ours / bare SDK: {statistics.median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f}; bar 1.30)"
        )
    if not given.quick:
        rows += after(given.calls)
    print(json.dumps(rows))


def after(calls: int) -> list[dict[str, object]]:
    """Judge while one call in ten fails in one of eight ways, beside a calm run; then a long run beside a short one."""
    with (
        serving("--latency-ms", "100") as url,
        serving("--latency-ms", "100", "--fault-rate", "0.1", "--seed", "5") as bad,
    ):
        pairs = [(measured("ours", bad, 2 * calls, 64), measured("ours", url, 2 * calls, 64)) for _ in range(3)]
        short, long = (measured("ours", url, count * calls, 256) for count in (2, 10))
    ratio = statistics.median(faulty["wall_s"] / calm["wall_s"] for faulty, calm in pairs)
    print(f"10 % mixed faults, {2 * calls} calls: {ratio:.2f} of the wall time without (bar 1.30)")
    print(
        f"peak memory: {short['peak_mb']:.0f} MB for {2 * calls} judgments, {long['peak_mb']:.0f} MB for {10 * calls}"
    )
    faulty = median([one for one, _ in pairs])
    return [{"loop": "ours, 10 % faults", "ratio": ratio, **faulty}, {"loop": "ours, long", **long}]


if __name__ == "__main__":
    main()
