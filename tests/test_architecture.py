"""Imports point one way: a file may import what stands on a lower level, and files of its own package."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# docs/architecture.md, section 4. A package stands for all its files unless one of them is named on its own.
LEVELS = [
    {"judge", "judge.identity", "judge.errors", "judge.wrapping", "judge.shipped", "judge.stats"},
    {"judge.fence"},
    {
        "judge.records",
        "judge.columns",
        "judge.jsonl",
        "judge.ploys",
        "judge.attribution",
        "judge.families",
        "judge.limits",
        "judge.trail",
    },
    {"judge.codec", "judge.meetings", "judge.attribution", "judge.masking"},
    {
        "judge.comparison",
        "judge.review.disputes",
        "judge.review.sampling",
        "judge.behaviour",
        "judge.style",
        "judge.markup",
        "judge.charts",
        "judge.pairing",
        "judge.bank",
        "judge.plan",
        "judge.rubric",
        "judge.reply",
        "judge.store",
        "judge.prompt",
        "judge.models",
        "judge.config",
    },
    {"judge.styles", "judge.controls", "judge.stopping", "judge.thrift"},
    {"judge.certificate"},
    {
        "judge.resolve",
        "judge.bank.leaks",
        "judge.importers",
        "judge.rereading",
        "judge.dialogue",
        "judge.judges",
        "judge.config",
        "judge.estimate",
        "judge.capabilities",
    },
    {
        "judge.report.build",
        "judge.report.ratings",
        "judge.report.board",
        "judge.report.scoring",
        "judge.report.views",
        "judge.report.document",
        "judge.report.diff",
        "judge.report.correction",
        "judge.work",
        "judge.validation",
    },
    {"judge.voices", "judge.hearing"},
    {"judge.review", "judge.schedule"},
    {"judge.pipeline", "judge.engines", "judge.layout", "judge.drift"},
    {"judge.report"},
    {"judge.review.app"},
    {"judge.cli"},
]


def level(module: str) -> int:
    """Return the level of the longest name in the table that the module belongs to."""
    known = [(len(name), at) for at, names in enumerate(LEVELS) for name in names if belongs(module, name)]
    if not known or (max(known)[0] == len("judge") and module != "judge"):
        raise AssertionError(f"{module} stands in no level: add it to the table and to docs/architecture.md")
    return max(known)[1]


def belongs(module: str, name: str) -> bool:
    return module == name or module.startswith(name + ".")


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / "judge").rglob("*.py")):
        yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path


def imported(path: Path) -> set[str]:
    """Return the modules of ours that a file imports, lazily or not."""
    names = {name for name, _ in modules()}
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} & names or {node.module}
    return {name for name in found if belongs(name, "judge")}


@pytest.mark.parametrize(("module", "path"), list(modules()))
def test_a_file_imports_only_from_below_or_from_its_own_package(module: str, path: Path) -> None:
    for other in imported(path):
        same_package = module.split(".")[1:2] == other.split(".")[1:2]
        allowed = level(other) < level(module) or (same_package and level(other) == level(module))
        assert allowed, f"{module} imports {other}"


def test_no_file_is_named_for_no_concept() -> None:
    nameless = {"utils", "common", "helpers", "base", "misc"}
    assert not [module for module, _ in modules() if module.rpartition(".")[2] in nameless]


def test_only_the_edges_print_or_catch_everything() -> None:
    for module, path in modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        prints = any(isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print" for node in ast.walk(tree))
        broad = any(
            isinstance(node, ast.ExceptHandler) and getattr(node.type, "id", "") in {"Exception", "BaseException"}
            for node in ast.walk(tree)
        )
        edge = belongs(module, "judge.cli") or module in {"judge.report.terminal", "judge.report.transcript"}
        assert edge or not (prints or broad), module


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["compare", "--help"], ["import", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        f"sys.argv = ['judge', *{arguments!r}]\n"
        "from judge.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'pandas', 'openai', 'torch', 'fastapi', 'sqlalchemy', 'pydantic', 'rich', 'httpx'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "HEAVY []" in done.stdout
