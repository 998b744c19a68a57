"""Programs beside a bank that derive its references anew from the questions' own words, run in limited processes.

`checks/*.py`: a function named like the question (calc-001 -> calc_001) takes the user's words, turn by turn, and returns for
each turn what must stand in its reference (None: nothing). `checks/code/ID_tN.py`: `check(space)` tests what the first Python
block of turn N's reference defines. Both must notice a change: of a number in the question, or of the code.
"""

from __future__ import annotations

import ast
import copy
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from judge.bank.soundness import Unsound
from judge.errors import InputError
from judge.records import Question

SECONDS, MEMORY_MB = 20, 1024  # of one process
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
MOST_MUTANTS = 6  # of one turn's code

# What runs there may use a processor for a while and nothing else: no network, no other process, no large files.
_CAGE = f"""
import json, sys
try:
    import resource
    for limit, value in (("CPU", {SECONDS}), ("AS", {MEMORY_MB} << 20), ("FSIZE", 1 << 20), ("CORE", 0)):
        resource.setrlimit(getattr(resource, "RLIMIT_" + limit), (value, value))
except ImportError:
    pass
def refuse(event, args):
    if event.split(".")[0] in ("socket", "subprocess") or event in ("os.system", "os.exec", "os.posix_spawn", "os.fork"):
        raise PermissionError("not here: " + event)
sys.addaudithook(refuse)
job = json.loads(sys.stdin.read())
"""
_DERIVE = """
space = {"__name__": "checks", "__builtins__": __builtins__}
sys.modules["checks"] = type(sys)("checks")
exec(compile(job["program"], job["file"], "exec"), space)
for name, versions in job["questions"]:
    found = []
    for prompts in versions:
        try:
            found.append(space[name](prompts))
        except Exception as error:
            found.append(type(error).__name__ + ": " + str(error))
    print(json.dumps(found, ensure_ascii=False))
"""
_TRY = """
space = {"__name__": "answer"}
exec(compile(job["code"], "answer.py", "exec"), space)
space["__prompts__"], space["__references__"] = job["prompts"], job["references"]
check = {"__name__": "check"}
exec(compile(job["program"], job["file"], "exec"), check)
check["check"](space)
"""


@dataclass(frozen=True, slots=True)
class Proved:
    """What was run: turns whose reference a program derived or tested, changes that were tried and noticed, and what is wrong."""

    turns: int
    changed: int
    noticed: int
    faults: tuple[Unsound, ...]


def prove(questions: Sequence[Question], folder: Path, abilities: Sequence[str] = ()) -> Proved:
    """Run every program of a folder on the questions it is for; abilities: those of which every question must have one.

    Raises InputError where a program is for no question.
    """
    derived = [one for path in sorted(folder.glob("*.py")) for one in [_derived(questions, path)]]
    tested = _tested(questions, folder / "code")
    covered = {name for one in (*derived, tested) for name in one[0]}
    missing = [
        Unsound(one.id, "", "没有核对它的程序", f"在 {folder} 里写一个，写法见题库的 README")
        for one in questions
        if one.ability in abilities and one.id not in covered
    ]
    proved = [one[1] for one in (*derived, tested)]
    return Proved(
        sum(one.turns for one in proved),
        sum(one.changed for one in proved),
        sum(one.noticed for one in proved),
        (*missing, *(fault for one in proved for fault in one.faults)),
    )


def _run(program: str, job: object) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            [sys.executable, "-I", "-c", _CAGE + program],
            input=json.dumps(job, ensure_ascii=False),
            capture_output=True,
            text=True,
            check=False,
            timeout=2 * SECONDS,
            cwd=folder,
            env={"PATH": "", "PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"},
        )


def _last(output: str) -> str:
    return next((line for line in reversed(output.splitlines()) if line.strip()), "没有说原因")[:200]


# ── references that follow from the question ──────────────────────────────────────────────────────────────────────────


def _derived(questions: Sequence[Question], path: Path) -> tuple[set[str], Proved]:
    """Run one file of functions: as the questions stand, and with one number changed after another."""
    text = path.read_text(encoding="utf-8")
    named = {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    mine = [one for one in questions if one.id.replace("-", "_") in named]
    if not mine:
        raise InputError("这个核对程序不为任何一题", where=str(path), fix="函数名写成题号，- 换成 _，例如 calc_001")
    versions = [[_prompts(one), *_other_numbers(one)] for one in mine]
    job = {
        "program": text,
        "file": path.name,
        "questions": [(one.id.replace("-", "_"), version) for one, version in zip(mine, versions, strict=True)],
    }
    done = _run(_DERIVE, job)
    lines = done.stdout.splitlines()
    faults: list[Unsound] = []
    turns = changed = noticed = 0
    for one, line in zip(mine, lines, strict=False):
        keys, *others = json.loads(line)
        faults += _unmatched(one, keys)
        turns += sum(key is not None for key in keys) if isinstance(keys, list) else 0
        seen = sum(other != keys for other in others)
        changed, noticed = changed + len(others), noticed + seen
        if others and not seen:
            faults.append(
                Unsound(one.id, "turns[0].prompt", "把题里的数改了，核对程序一个也没看出来", "让它从题面取数")
            )
    for one in mine[len(lines) :]:
        faults.append(Unsound(one.id, "", f"核对程序跑不完：{_last(done.stderr)}", f"检查 {path.name}"))
    return {one.id for one in mine}, Proved(turns, changed, noticed, tuple(faults))


def _unmatched(one: Question, keys: object) -> Iterator[Unsound]:
    if not isinstance(keys, list) or len(keys) != len(one.turns):
        said = keys if isinstance(keys, str) else f"给了 {keys}"
        yield Unsound(one.id, "turns", f"核对程序没有逐轮给出结果：{said}", "题面与核对程序要一起改")
        return
    for at, (turn, key) in enumerate(zip(one.turns, keys, strict=True)):
        if key is not None and str(key) not in (turn.reference or ""):
            yield Unsound(
                one.id, f"turns[{at}].reference", f"推出来是“{key}”，参考答案里没有", "改参考答案，或改核对程序"
            )
        if key is None and turn.reference_kind == "exact":
            yield Unsound(one.id, f"turns[{at}].reference", "说有标准答案，核对程序却没有推", "补上，或改用 rubric")


def _prompts(one: Question) -> list[str]:
    return [turn.prompt for turn in one.turns]


def _other_numbers(one: Question) -> Iterator[list[str]]:
    """Yield the user's words with one number of the first turns replaced by another."""
    prompts = _prompts(one)
    for at, prompt in enumerate(prompts):
        for number in [*re.finditer(r"\d+", prompt)][:12]:
            other = f"{prompt[: number.start()]}{int(number[0]) + 3}{prompt[number.end() :]}"
            yield [*prompts[:at], other, *prompts[at + 1 :]]


# ── code ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _tested(questions: Sequence[Question], folder: Path) -> tuple[set[str], Proved]:
    """Test the code of every turn that has tests, as it stands and with one thing in it changed after another."""
    turns = [
        (one, at, path)
        for one in questions
        for at in range(len(one.turns))
        if (path := folder / f"{one.id}_t{at + 1}.py").is_file()
    ]
    wanted = {path for *_, path in turns}
    if spare := [path for path in sorted(folder.glob("*.py")) if path not in wanted]:
        raise InputError("这个测试不为任何一轮", where=str(spare[0]), fix="文件名写成 题号_t轮次.py")
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        found = list(pool.map(lambda one: _try(*one), turns))
    faults = tuple(fault for one in found for fault in one.faults)
    whole = {one.id for one, *_ in turns if sum(other is one for other, *_ in turns) == len(one.turns)}
    return whole, Proved(len(turns), sum(one.changed for one in found), sum(one.noticed for one in found), faults)


def _try(one: Question, at: int, path: Path) -> Proved:
    turn = one.turns[at]
    blocks = BLOCK.findall(turn.reference or "")
    code = blocks[0] if blocks else ""
    job: dict[str, object] = {
        "code": code,
        "program": path.read_text(encoding="utf-8"),
        "file": path.name,
        "prompts": _prompts(one),
        "references": [turn.reference or "" for turn in one.turns],
    }
    where = f"turns[{at}].reference"
    if why := _fails(job):
        return Proved(1, 0, 0, (Unsound(one.id, where, f"参考代码没有通过测试：{why}", f"改代码，或改 {path.name}"),))
    broken = [{**job, "code": other} for other in _mutants(code)]
    others = broken or [_without(job, at)]  # a query, or a prediction: nothing in it to break, but it may be missing
    noticed = sum(bool(_fails(other)) for other in others)
    faults = (
        ()
        if noticed
        else (Unsound(one.id, where, f"把参考改坏了 {len(others)} 处，测试一处也没看出来", f"加强 {path.name}"),)
    )
    return Proved(1, len(others), noticed, faults)


def _fails(job: object) -> str:
    """Return why a test fails; empty where it passes."""
    try:
        done = _run(_TRY, job)
    except subprocess.TimeoutExpired:
        return "超过时限"
    return "" if done.returncode == 0 else _last(done.stderr) or f"退出码 {done.returncode}"


def _without(job: dict[str, object], at: int) -> dict[str, object]:
    """Return a turn whose reference is gone."""
    references = job["references"]
    assert isinstance(references, list)
    return {**job, "code": "", "references": [*references[:at], "", *references[at + 1 :]]}


class _Broken(ast.NodeTransformer):
    """Breaks the n-th thing in a program that can be broken: a comparison, an operator, a number, what is returned."""

    def __init__(self, at: int) -> None:
        self.left = at

    def _mine(self) -> bool:
        self.left -= 1
        return self.left == -1

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        other = {
            ast.Lt: ast.GtE,
            ast.LtE: ast.Gt,
            ast.Gt: ast.LtE,
            ast.GtE: ast.Lt,
            ast.Eq: ast.NotEq,
            ast.NotEq: ast.Eq,
            ast.In: ast.NotIn,
            ast.NotIn: ast.In,
            ast.Is: ast.IsNot,
            ast.IsNot: ast.Is,
        }
        if self._mine():
            node.ops[0] = other[type(node.ops[0])]()
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        other = {
            ast.Add: ast.Sub,
            ast.Sub: ast.Add,
            ast.Mult: ast.Add,
            ast.FloorDiv: ast.Mult,
            ast.Mod: ast.Mult,
            ast.Div: ast.Mult,
        }
        if type(node.op) in other and self._mine():
            node.op = other[type(node.op)]()
        return node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        self.generic_visit(node)
        if node.value is not None and self._mine():
            node.value = ast.Constant(None)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if type(node.value) is int and self._mine():
            return ast.Constant(node.value + 1)
        return node


def _mutants(code: str) -> Iterator[str]:
    """Yield a program with one thing in it broken, evenly from all that can be."""
    tree = ast.parse(code)
    counter = _Broken(10**9)
    counter.visit(copy.deepcopy(tree))
    total = 10**9 - counter.left
    step = max(1, total / MOST_MUTANTS)
    for at in sorted({int(step * number) for number in range(MOST_MUTANTS) if step * number < total}):
        yield ast.unparse(ast.fix_missing_locations(_Broken(at).visit(copy.deepcopy(tree))))
