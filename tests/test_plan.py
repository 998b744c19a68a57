from __future__ import annotations

from pathlib import Path

import pytest

from judge.errors import InputError
from judge.plan import read_plan, with_flags
from judge.records import Plan


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "plan.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_plan_is_read_and_flags_lie_over_it(tmp_path: Path) -> None:
    plan = read_plan(written(tmp_path, 'bank = "open"\nmargin = 2\nabilities = ["计算", "代码"]\n'))
    assert plan == Plan(bank="open", margin=2.0, abilities=("计算", "代码"))
    assert with_flags(plan, {"margin": 4.0, "judge": None}) == Plan(bank="open", margin=4.0, abilities=("计算", "代码"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("margn = 2", "plan.toml 的 margn：不认识的键；是不是 margin"),
        ('margin = "two"', "plan.toml 的 margin"),
        ("margin = 80", "plan.toml 的 margin：值 80.0 超出范围"),
        ("confidence = 95", "plan.toml 的 confidence"),
        ('filtered = "win"', "应为 loss、tie 或 exclude"),
        ("margin = ", "不是合法的 TOML"),
    ],
)
def test_a_fault_is_named_with_file_and_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_plan(written(tmp_path, text))
    assert said in str(caught.value)
    assert "修复：" in str(caught.value)


def test_a_missing_plan_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="读不了计划文件"):
        read_plan(tmp_path / "nowhere.toml")


def test_members_of_a_panel_are_named_with_commas_spaces_or_not() -> None:
    assert Plan(judge="甲, 乙 ,丙").judges == ("甲", "乙", "丙")
    assert Plan().judges == ()
