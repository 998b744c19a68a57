"""Fit the offline judge's coefficients on people's stars of LLMEval-2 and write judge/judges/baseline.json.

What it is worth on questions and models it never saw: judge validate --judge baseline --data FOLDER.
Usage: python benchmarks/train_baseline.py FOLDER [--date YYYY-MM-DD]
"""

from __future__ import annotations

import argparse
import datetime
import json
from pathlib import Path

import numpy as np

from judge.importers import llmeval2
from judge.judges.features import NAMES
from judge.validation import fitted, preferences

TARGET = Path(__file__).resolve().parent.parent / "judge" / "judges" / "baseline.json"
SOURCE = "llmeval/llmeval-2"
COMMIT = "5add6d8d3834f212bb2e6d76f29d65eb1cf1f8d8"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--date", default=datetime.date.today().isoformat())
    given = parser.parse_args()
    data = preferences(llmeval2.read(given.folder).human_verdicts)
    found = fitted(data, np.ones(len(data.won), bool))
    content = {
        "weights": dict(zip(NAMES, (round(one, 6) for one in found.weights), strict=True)),
        "average": dict(zip(NAMES, (round(one, 6) for one in found.average), strict=True)),
        "calibration": {"scale": round(found.scale, 6), "power": round(found.power, 6)},
        "provenance": {
            "data": "llmeval2",
            "source": SOURCE,
            "commit": COMMIT,
            "date": given.date,
            "labels": "people's star totals; pairs with equal totals left out",
            "split": "fitted on all groups below; judge validate refits without the group it judges",
            "groups": list(data.groups),
            "questions": len(np.unique(data.question)),
            "pairs": len(data.won),
            "ridge": 10.0,
        },
    }
    TARGET.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(f"{TARGET.name}: {len(data.won)} pairs on {content['provenance']['questions']} questions")


if __name__ == "__main__":
    main()
