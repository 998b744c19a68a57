"""What a machine can check of the shipped questions, it checks: every 计算, 逻辑与推理 and 代码 reference."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from judge.bank import check_bank, read_bank, shipped_banks
from judge.records import Question

CHECKS = Path(__file__).resolve().parent.parent / "question_banks" / "checks"
QUESTIONS = {question.id: question for path in shipped_banks() for question in read_bank(path)[1]}
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
CHILD = """
import json, sys
job = json.loads(sys.stdin.read())
space = {"__name__": "answer"}
exec(compile(job["code"], "answer.py", "exec"), space)
space["__prompts__"], space["__references__"] = job["prompts"], job["references"]
check = {"__name__": "check"}
exec(compile(job["check"], "check.py", "exec"), check)
check["check"](space)
"""


def of(prefix: str) -> list[Question]:
    return [question for question in QUESTIONS.values() if question.id.startswith(f"{prefix}-")]


def loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"checks_{name}", CHECKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", shipped_banks(), ids=lambda path: path.stem)
def test_a_shipped_bank_has_no_fault(path: Path) -> None:
    assert check_bank(path) == ()


def test_there_are_200_questions_20_of_each_ability() -> None:
    counts: dict[str, int] = {}
    for question in QUESTIONS.values():
        counts[question.ability] = counts.get(question.ability, 0) + 1
    assert len(counts) == 10
    assert set(counts.values()) == {20}


@pytest.mark.parametrize("name", ["calc", "logic"])
def test_references_follow_from_the_questions_own_text(name: str) -> None:
    module = loaded(name)
    for question in of(name):
        keys = getattr(module, question.id.replace("-", "_"))([turn.prompt for turn in question.turns])
        assert len(keys) == len(question.turns), question.id
        for turn, key in zip(question.turns, keys, strict=True):
            assert (key is None) == (turn.reference is None), question.id
            assert key is None or key in (turn.reference or ""), (question.id, key)


def test_a_changed_number_is_noticed() -> None:
    """In every question of 计算 some number cannot be changed without the check's answer changing, or its pattern failing."""
    module = loaded("calc")
    for question in of("calc"):
        check = getattr(module, question.id.replace("-", "_"))
        prompts = [turn.prompt for turn in question.turns]
        right = check(prompts)
        noticed = 0
        for number in re.finditer(r"\d+", prompts[0]):
            changed = prompts[0][: number.start()] + str(int(number[0]) + 3) + prompts[0][number.end() :]
            try:
                noticed += check([changed, *prompts[1:]]) != right
            except (AssertionError, ValueError):
                noticed += 1
        assert noticed, question.id


def test_every_code_reference_runs_and_passes_its_check() -> None:
    assert len(of("code")) == 20
    for question in of("code"):
        for number, turn in enumerate(question.turns, 1):
            blocks = BLOCK.findall(turn.reference or "")
            job = {
                "code": blocks[0] if blocks else "",
                "check": (CHECKS / "code" / f"{question.id}_t{number}.py").read_text(encoding="utf-8"),
                "prompts": [one.prompt for one in question.turns],
                "references": [one.reference or "" for one in question.turns],
            }
            done = subprocess.run(
                [sys.executable, "-I", "-c", CHILD],
                check=False,
                input=json.dumps(job),
                capture_output=True,
                text=True,
                timeout=30,
            )
            assert done.returncode == 0, (question.id, number, done.stderr[-400:])
