from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def oracles() -> dict[str, Any]:
    """What public libraries give on small fixed inputs; make_oracles.py says which and how."""
    found: dict[str, Any] = json.loads(Path(__file__).with_name("oracles.json").read_text(encoding="utf-8"))
    return found
