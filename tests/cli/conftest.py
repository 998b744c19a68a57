"""A small store made through the commands themselves, and a way to run a command as a user does."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from judge.cli import entry


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class RunCommand(Protocol):
    def __call__(
        self, *arguments: str, columns: int = 80, store: Path | str | None = None, **environment: str
    ) -> Done: ...


@pytest.fixture
def judge(tmp_path: Path) -> RunCommand:
    """Run `judge` in its own process, in an empty folder, with a store in that folder."""

    def run(*arguments: str, columns: int = 80, store: Path | str | None = None, **more: str) -> Done:
        place = tmp_path / "judge.db" if store is None else store
        environment = {**os.environ, "COLUMNS": str(columns), "JUDGE_STORE": str(place), **more}
        command = [str(Path(sys.executable).with_name("judge")), *arguments]
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=tmp_path,
            env=environment,
            timeout=120,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def judge_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunCommand:
    """The same in this process, for tests with many commands: loading everything once instead of each time."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, columns: int = 80, store: Path | str | None = None, **more: str) -> Done:
        place = tmp_path / "judge.db" if store is None else store
        out, err = io.StringIO(), io.StringIO()
        with monkeypatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name, value in {"COLUMNS": str(columns), "JUDGE_STORE": str(place), **more}.items():
                patch.setenv(name, value)
            code = entry.run(arguments)
        return Done(code, out.getvalue(), err.getvalue())

    return run


QUESTIONS = 12
ABILITIES = ("计算", "闲聊")


def lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A folder in our own format: 12 questions of two abilities, two candidates, one judge in both placements.

    By design: q0-q5 won by 新版 in both placements, q6 and q7 ties, q8 a flip, q9 one placement unreadable, q10 unanswered,
    q11 without a dialogue of 旧版.
    """
    folder = tmp_path / "数据"
    folder.mkdir()
    said = {8: ("first", "first"), 6: ("tie", "tie"), 7: ("tie", "tie"), 9: ("first", None)}
    bank: list[dict[str, Any]] = [
        {"bank": "小题库", "title": "测试题", "version": "1", "licence": "CC0", "abilities": list(ABILITIES)}
    ]
    answers: list[dict[str, Any]] = []
    judgments: list[dict[str, Any]] = []
    for number in range(QUESTIONS):
        question = f"q{number}"
        bank.append(
            {
                "id": question,
                "ability": ABILITIES[number % 2],
                "turns": [
                    {"prompt": f"第{number}题第一问", "reference": f"{number}", "reference_kind": "exact"},
                    {"prompt": f"第{number}题追问", "reference_kind": "none", "depends_on": [1]},
                ],
            }
        )
        for candidate in ("新版", "旧版"):
            if (number, candidate) != (11, "旧版"):
                texts = [f"第{number}题第一问", f"第{number}题追问"]
                held = [{"prompt": text, "text": f"{candidate}答{text}"} for text in texts]
                answers.append({"bank": "小题库", "question": question, "candidate": candidate, "answers": held})
        common = {"bank": "小题库", "question": question, "scope": "dialogue", "judge": "评委一", "protocol": "pair"}
        sides = said.get(number, ("first", "second"))
        for at, shown in enumerate((["新版", "旧版"], ["旧版", "新版"])):
            row = {**common, "candidates": shown}
            if number == 10:
                judgments.append({**row, "unanswered": "filtered"})
            elif number < 10 and sides[at] is None:
                judgments.append({**row, "unreadable": "没有结论", "reply": "各有千秋"})
            elif number < 10:
                side = sides[at]
                mark = {"first": "[[A]]", "second": "[[B]]", "tie": "[[C]]"}[str(side)]
                strength = 0 if side == "tie" else 1
                judgments.append({**row, "verdict": {"side": side, "strength": strength}, "reply": f"理由。{mark}"})
    lines(folder / "bank.jsonl", bank)
    lines(folder / "answers.jsonl", answers)
    lines(folder / "judgments.jsonl", judgments)
    humans = [
        {
            "bank": "小题库",
            "question": f"q{number}",
            "scope": "dialogue",
            "candidates": ["新版", "旧版"],
            "reviewer": "审阅员",
            "probability": 1.0,
            "verdict": {"side": "second", "strength": 1},
        }
        for number in range(3)
    ]
    lines(folder / "humans.jsonl", humans)
    return folder


@pytest.fixture
def imported(judge_here: RunCommand, sample: Path) -> Callable[..., Done]:
    """The command runner with the sample imported."""
    done = judge_here("import", str(sample))
    assert done.code == 0, done.err
    return judge_here


@pytest.fixture
def near_equals(judge_here: RunCommand, tmp_path: Path) -> None:
    """100 questions of one ability: 51 won by 新版, 49 by 旧版."""
    folder = tmp_path / "相近"
    folder.mkdir()
    turn = {"prompt": "问", "reference_kind": "none"}
    rows: list[dict[str, Any]] = [{"bank": "相近", "abilities": ["计算"]}]
    rows += [{"id": f"n{at}", "ability": "计算", "turns": [{**turn, "prompt": f"问{at}"}]} for at in range(100)]
    for at in range(100):
        on = {"bank": "相近", "question": f"n{at}"}
        for name in ("新版", "旧版"):
            rows.append({**on, "candidate": name, "answers": [{"prompt": f"问{at}", "text": f"{name}答"}]})
        verdict = {"side": "first" if at < 51 else "second", "strength": 1}
        rows.append({**on, "scope": "dialogue", "candidates": ["新版", "旧版"], "judge": "评委一", "verdict": verdict})
    lines(folder / "all.jsonl", rows)
    done = judge_here("import", str(folder))
    assert done.code == 0, done.err
