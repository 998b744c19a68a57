"""Calls per second and CPU per judge call, end to end (prompt, call, reading, durable store), beside a bare SDK loop.

A real server on loopback in its own process answers after a fixed latency; both loops run in fresh processes on the same
prompts, in turn. Prints a table and one JSON line. Usage: python benchmarks/dispatch.py [--calls 1000] [--quick]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
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
    store.add(
        dialogues=[
            Dialogue(question, candidate, (Answer(question.turns[0].prompt, f"{strength}答{text}"),))
            for question in questions
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


def bare(url: str, calls: int, at_once: int) -> dict[str, float]:
    """Send the same prompts with the SDK alone, keeping nothing."""
    import openai

    with tempfile.TemporaryDirectory() as folder:
        store, work = prepared(folder, url, calls, at_once)
        judging, _ = work.judges[0]  # type: ignore[attr-defined]
        prompts = [
            judging.request(case, b"secret").messages[0].content
            for item in store.items("现场")  # type: ignore[attr-defined]
            for case in work.cases(item.dialogues)  # type: ignore[attr-defined]
        ]

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


def faulty(calls: int) -> dict[str, float]:
    """Judge while one call in ten fails in one of eight ways; every case must end as one judgment."""
    command = [sys.executable, "-m", "tests.models.server", "--port", "0", "--latency-ms", "100", "--fault-rate", "0.1"]
    command += ["--seed", "5", "--reply", "tests.engines.scene:script"]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    url = f"http://127.0.0.1:{server.stdout.readline().strip()}/v1"
    one = [sys.executable, __file__, "--calls", str(calls), "--one", "ours", url, "64"]
    row: dict[str, float] = json.loads(subprocess.run(one, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    server.kill()
    server.communicate()
    return row


def figures(wall: float, used: float, calls: int) -> dict[str, float]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"wall_s": wall, "calls_per_s": calls / wall, "cpu_ms": 1000 * used / calls, "peak_mb": peak}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--quick", action="store_true", help="the first setting only")
    parser.add_argument("--one", nargs=3, metavar=("LOOP", "URL", "AT_ONCE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        loop = {"ours": ours, "bare": bare}[given.one[0]]
        print(json.dumps(loop(given.one[1], given.calls, int(given.one[2]))))
        return
    rows = []
    print(f"{'latency, at once':<18}{'loop':<8}{'wall s':>8}{'ideal':>8}{'calls/s':>9}{'CPU ms':>8}{'peak MB':>9}")
    for latency, at_once in SETTINGS[: 1 if given.quick else None]:
        command = [sys.executable, "-m", "tests.models.server", "--port", "0", "--latency-ms", str(latency)]
        server = subprocess.Popen(
            [*command, "--reply", "tests.engines.scene:script"], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert server.stdout is not None
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}/v1"
        for loop in ("bare", "ours"):
            one = [sys.executable, __file__, "--calls", str(given.calls), "--one", loop, url, str(at_once)]
            row = json.loads(subprocess.run(one, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
            row |= {"loop": loop, "latency_ms": latency, "at_once": at_once}
            row["ideal_s"] = -(-given.calls // at_once) * latency / 1000
            rows.append(row)
            setting = f"{latency} ms, {at_once}"
            print(
                f"{setting:<18}{loop:<8}{row['wall_s']:>8.2f}{row['ideal_s']:>8.2f}{row['calls_per_s']:>9.0f}"
                f"{row['cpu_ms']:>8.2f}{row['peak_mb']:>9.0f}"
            )
        server.kill()
        server.communicate()
        ratio = rows[-1]["cpu_ms"] / rows[-2]["cpu_ms"]
        print(f"{'':<18}CPU ours / bare SDK: {ratio:.2f} (bar 1.30)")
    calm = next(row for row in rows if row["loop"] == "ours")
    with_faults = faulty(2 * given.calls)
    print(
        f"10 % mixed faults, {2 * given.calls} calls: wall {with_faults['wall_s']:.2f} s, "
        f"{with_faults['wall_s'] / (2 * calm['wall_s']):.2f} of twice the calm run (bar 1.30)"
    )
    rows.append({"loop": "ours, 10 % faults", **with_faults})
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
