"""The quicker lines of benchmarks/validity.py on the recorded data; the whole table is `make bench-validity`."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"


@pytest.fixture(scope="module")
def validity() -> Iterator[ModuleType]:
    """The benchmark as a module: it is no package."""
    sys.path.insert(0, str(BENCHMARKS))
    yield importlib.import_module("validity")
    sys.path.remove(str(BENCHMARKS))


@pytest.mark.recorded
@pytest.mark.parametrize("line", ["1a", "1b", "1b-unfit", "2e", "3a", "6-selective", "7"])
def test_the_recorded_data_meets_its_line(validity: ModuleType, recorded: Path, line: str) -> None:
    run, needs = validity.LINES[line]
    for folder in needs:
        if not (recorded / folder).is_dir():
            pytest.skip(f"no {folder} in the recorded data")
    found = list(run(recorded))
    assert found
    assert [(one.what, one.figure, one.bar) for one in found if not one.ok] == []
