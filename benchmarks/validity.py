"""What the statistics claim, held against recorded judgments and people: figure, pass line, verdict.

    python benchmarks/validity.py [--data FOLDER] [--lines 1a,1b,2a,...]

FOLDER (else JUDGE_RECORDED) holds llmeval2, pandalm, judgebench, alpaca_eval, wildbench, mtbench_judgments; any that is
missing is named and passed over. All seeds are fixed. Whatever uses the offline judge on a discipline of llmeval2 uses
coefficients fitted without that discipline.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from lines import correction, disputes, offline, ratings, stopping
from lines.found import Found

LINES: dict[str, tuple[Callable[[Path], Iterator[Found]], tuple[str, ...]]] = {
    "1a": (disputes.recorded, ("llmeval2",)),
    "1b": (disputes.second_opinions, ("pandalm",)),
    "1b-unfit": (disputes.unfit, ("judgebench",)),
    "2a": (correction.per_pair, ("llmeval2",)),
    "2c": (correction.scores, ("llmeval2",)),
    "2d": (correction.board, ("llmeval2",)),
    "2e": (correction.overwriting, ("llmeval2",)),
    "3a": (stopping.pairs, ()),
    "3b": (stopping.nulls, ()),
    "3d": (stopping.board, ("llmeval2",)),
    "4b": (ratings.line_4b, ("llmeval2",)),
    "4c": (ratings.line_4c, ("llmeval2",)),
    "5c": (ratings.line_5c, ("llmeval2",)),
    "6": (ratings.line_6, ()),
    "6-selective": (ratings.selective, ("judgebench",)),
    "7": (offline.baseline, ("llmeval2",)),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("JUDGE_RECORDED", "../shared/data")))
    parser.add_argument("--lines", default=",".join(LINES))
    options = parser.parse_args()
    found: list[Found] = []
    begin = time.perf_counter()
    for line in options.lines.split(","):
        run, needs = LINES[line]
        missing = [folder for folder in needs if not (options.data / folder).is_dir()]
        if missing:
            print(f"{line}: passed over, no {', '.join(missing)} in {options.data.name}")
            continue
        start = time.perf_counter()
        for one in run(options.data):
            found.append(one)
            print(
                f"{one.line:4s} {one.what:92s} {one.figure:9.4f}  {one.bar:14s} {'ok' if one.ok else 'OFF'}", flush=True
            )
        print(f"     {time.perf_counter() - start:.0f} s")
    missed = [one for one in found if not one.ok]
    print(f"{len(found)} figures, {len(missed)} off, {time.perf_counter() - begin:.0f} s")
    print(json.dumps({"bench": "validity", "missed": len(missed), "lines": [vars(one) for one in found]}))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
