"""How fast ratings and their intervals are, beside evalica and a bootstrap of rows, all in one run.

    python benchmarks/ratings.py [--peers] [--rows 10000000]

Each method runs in a fresh process with one thread; a table and one JSON line. `--peers` needs evalica (pip install evalica).
Data: strengths N(0, 0.7), P(tie) = p(1-p), 1,000 questions, integer codes (int32; outcomes int8).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import tracemalloc

import numpy as np

QUESTIONS, ROUNDS = 1000, 1000


def battles(models: int, rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return first, second, question and outcome (2: first won), made in pieces so that making them takes no memory."""
    rng = np.random.default_rng(models)
    strength = rng.normal(0, 0.7, models)
    parts = []
    for start in range(0, rows, 1_000_000):
        size = min(1_000_000, rows - start)
        first = rng.integers(0, models, size, dtype=np.int32)
        second = rng.integers(0, models - 1, size, dtype=np.int32)
        second += second >= first
        chance = 1 / (1 + np.exp(strength[second] - strength[first]))
        tie, draw = chance * (1 - chance), rng.random(size)
        outcome = np.where(draw < chance - tie / 2, 2, np.where(draw < chance + tie / 2, 1, 0)).astype(np.int8)
        parts.append((first, second, rng.integers(0, QUESTIONS, size, dtype=np.int32), outcome))
    first, second, question, outcome = (np.concatenate([part[at] for part in parts]) for at in range(4))
    return first, second, question, outcome


def one(method: str, models: int, rows: int) -> dict[str, float | str | int]:
    """Run one method in this process and return what it took; memory is traced in a second run, so as not to slow the first."""
    from judge.stats import bradley_terry, games

    columns = battles(models, rows)
    size = sum(column.nbytes for column in columns)
    counted = games.of_rows(*columns, models, QUESTIONS)

    def rated() -> None:
        bradley_terry.rate(games.of_rows(*columns, models, QUESTIONS))

    def resampled() -> None:
        bradley_terry.bootstrap(counted, ROUNDS)

    def rows_resampled() -> None:
        rng = np.random.default_rng(1)
        for _ in range(10):
            drawn = rng.integers(0, rows, rows)
            bradley_terry.rate(games.of_rows(*(column[drawn] for column in columns), models, QUESTIONS))

    work = {"point + sandwich": rated, "bootstrap from counts": resampled, "rows bootstrap, 10 rounds": rows_resampled}
    if method == "evalica":
        import evalica

        names = [f"model-{at:03d}" for at in range(models)]
        winners = [evalica.Winner.Y, evalica.Winner.Draw, evalica.Winner.X]
        first, second, _, outcome = columns
        said = ([names[at] for at in first], [names[at] for at in second], [winners[at] for at in outcome])
        work["evalica"] = lambda: evalica.bradley_terry(*said)
    start = time.perf_counter()
    work[method]()
    wall = time.perf_counter() - start
    tracemalloc.start()
    work[method]()
    extra = tracemalloc.get_traced_memory()[1]
    return {
        "method": method,
        "models": models,
        "rows": rows,
        "wall_s": round(wall, 3),
        "input_mb": round(size / 2**20),
        "memory_x": round(1 + extra / size, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(one(options.one[0], int(options.one[1]), options.rows)))
        return
    limits = {
        ("point + sandwich", 20): 0.5,
        ("point + sandwich", 100): 0.5,
        ("bootstrap from counts", 20): 0.5,
        ("bootstrap from counts", 100): 2.0,
    }
    methods = ["point + sandwich", "bootstrap from counts", "rows bootstrap, 10 rounds", *["evalica"] * options.peers]
    environment = {**os.environ, **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")}
    found = []
    for method in methods:
        for models in (20, 100):
            runs = []
            for _ in range(1 if method in ("evalica", "rows bootstrap, 10 rounds") else 3):
                command = [sys.executable, __file__, "--one", method, str(models), "--rows", str(options.rows)]
                done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
                runs.append(json.loads(done.stdout))
            row = sorted(runs, key=lambda run: run["wall_s"])[len(runs) // 2]
            found.append(row)
            limit = limits.get((method, models))
            mark = "" if limit is None else f"limit {limit:g} s: {'ok' if row['wall_s'] <= limit else 'OFF'}"
            print(
                f"{method:28s} {models:4d} models  {row['wall_s']:8.3f} s   input {row['input_mb']:4d} MB, with extra {row['memory_x']:.2f} x   {mark}",
                flush=True,
            )
    print(json.dumps({"bench": "ratings", "questions": QUESTIONS, "rounds": ROUNDS, "rows": found}))


if __name__ == "__main__":
    main()
