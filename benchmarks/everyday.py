"""Time what a user waits for every day: help, an import, a board, a comparison; whole processes, with peak memory.

Prints a table and one JSON line. Usage: python benchmarks/everyday.py [FOLDER OF RECORDED DATA]
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
JUDGE = [str(Path(sys.executable).with_name("judge"))]


def measure(command: list[str], times: int) -> tuple[float, float]:
    """Return the median wall seconds of a command and the largest resident memory seen so far, in MB."""
    walls = []
    for _ in range(times):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        walls.append(time.perf_counter() - start)
    return statistics.median(walls), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def offline_pairs(data: Path, pairs: int = 1000) -> float:
    """Return the seconds the offline judge takes for so many pairs of recorded answers it has not looked at yet."""
    from judge.importers import llmeval2
    from judge.judges.baseline import Baseline
    from judge.records import DIALOGUE, Case

    dialogues = llmeval2.read(data / "llmeval2").dialogues
    halves = zip(dialogues[::2], dialogues[1::2], strict=False)
    cases = [Case(one.question, DIALOGUE, (one, other)) for one, other in halves if one.question is other.question]
    judge, start = Baseline(), time.perf_counter()
    for case in cases[:pairs]:
        judge.request(case, b"")
    return time.perf_counter() - start


def main() -> None:
    data = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("JUDGE_RECORDED", ROOT.parent / "shared" / "data"))
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        store = ["--store", f"{folder}/judge.db"]
        figures["python -c pass (s)"], _ = measure([sys.executable, "-c", "pass"], 21)
        figures["judge --help (s)"], _ = measure([*JUDGE, "--help"], 21)
        figures["judge demo (s)"], _ = measure([*JUDGE, "demo", "--store", f"{folder}/demo.db"], 3)
        figures["help / pass"] = figures["judge --help (s)"] / figures["python -c pass (s)"]
        if data.is_dir():
            figures["import everything (s)"], figures["import everything (peak MB)"] = measure(
                [*JUDGE, "import", str(data), *store], 1
            )
            figures["import again (s)"], _ = measure([*JUDGE, "import", str(data), *store], 1)
            board = [*JUDGE, "leaderboard", "--bank", "llmeval2", *store]
            figures["leaderboard, 20 models x 320 questions (s)"], _ = measure(board, 5)
            compare = [*JUDGE, "compare", "recorded:llmeval2/GPT4", "recorded:llmeval2/xunfei", *store]
            figures["compare (s)"], _ = measure(compare, 5)
            figures["offline judge, 1,000 pairs (s)"] = offline_pairs(data)
        else:
            print(f"没有真实数据：{data} 不存在，只测启动")
    for name, figure in figures.items():
        print(f"{name:<48}{figure:>10.3f}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
