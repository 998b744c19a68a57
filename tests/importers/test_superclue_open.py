"""SuperCLUE-OPEN: published counts become tallies against gpt-3.5-turbo."""

from __future__ import annotations

import csv
import json
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from judge.errors import InputError
from judge.importers import superclue_open
from tests.importers.test_own import ALL, Line

HEADER = "rank,model,score,win,loss,tie\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_counts(tmp_path: Path) -> None:
    write(tmp_path / "counts.csv", HEADER + '1,"甲,大",75,5,2,1\n2,gpt-3.5-turbo,66.67,3,3,3\n')
    write(tmp_path / "scores.csv", "model,score\n甲,75\n")
    assert superclue_open.recognises(tmp_path)
    assert not superclue_open.recognises(tmp_path / "scores.csv")
    found = superclue_open.read(tmp_path)
    assert [bank.name for bank in found.banks] == ["superclue_open"]
    first, own = found.tallies
    assert (first.win, first.tie, first.loss) == (5, 1, 2)
    assert first.candidate.name == "recorded:superclue_open/甲,大"
    assert first.baseline.name == own.candidate.name == "recorded:superclue_open/gpt-3.5-turbo"
    assert first.judge.name == "recorded:superclue_open/published"
    assert found.notes == {
        "只有得分没有次数的表（*.csv），未读": 1,
        "基线对自己的一行（胜平负各占三分之一，按惯例填写），照录": 1,
        "各模型比较的次数不同（8–9），胜和率不一定在同样的题上": 2,
    }


def test_equal_counts_raise_no_note(tmp_path: Path) -> None:
    found = superclue_open.read(write(tmp_path / "a.csv", HEADER + "1,甲,75,5,2,1\n2,乙,75,4,4,0\n"), "别的")
    assert [tally.bank for tally in found.tallies] == ["别的", "别的"]
    assert found.notes == {}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("2,乙,50,4,4\n", "应有 6 列，却有 5 列"),
        ("2,乙,50,四,4,0\n", "win 应是次数"),
        ("2,乙,50,4,-4,0\n", "loss 应是次数"),
        ("2,乙,50,4,4,0.5\n", "tie 应是次数"),
        ("2,乙,50,0,0,0\n", "都是 0"),
        ("2,甲,50,4,4,0\n", "甲 已有一行"),
        ('2,"乙,50,4,4,0\n', "不是合法的 CSV"),
    ],
)
def test_bad_row_is_named(tmp_path: Path, bad: str, message: str) -> None:
    file = write(tmp_path / "a.csv", HEADER + "1,甲,75,5,2,1\n" + bad)
    with pytest.raises(InputError, match=message) as error:
        superclue_open.read(file)
    assert error.value.where == f"{file} 第 3 行"


def test_missing_column_is_named(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", "model,win,loss\n甲,5,2\n")
    with pytest.raises(InputError, match="缺少字段 tie") as error:
        superclue_open.read(file)
    assert error.value.where == f"{file} 第 2 行"


@pytest.mark.recorded
def test_published_rates(recorded: Path) -> None:
    """Score, win rate and loss rate of 15 of 15 models to two decimals."""

    def percent(count: int, total: int) -> Decimal:
        return (Decimal(100 * count) / total).quantize(Decimal("0.01"), ROUND_HALF_UP)

    found = superclue_open.read(recorded / "superclue_open")
    with (recorded / "superclue_open/open_win_loss_tie.csv").open(encoding="utf-8") as stream:
        published = {row["model"]: row for row in csv.DictReader(stream)}
    assert len(found.tallies) == len(published) == 15
    for tally in found.tallies:
        row, total = published[tally.candidate.model.model], tally.win + tally.tie + tally.loss
        assert percent(tally.win + tally.tie, total) == Decimal(row["score"])
        assert percent(tally.win, total) == Decimal(row["win_rate_percent"])
        assert percent(tally.loss, total) == Decimal(row["loss_rate_percent"])
    assert found.notes == {
        "只有得分没有次数的表（*.csv），未读": 5,
        "基线对自己的一行（胜平负各占三分之一，按惯例填写），照录": 1,
        "各模型比较的次数不同（299–600），胜和率不一定在同样的题上": 15,
    }


@pytest.mark.parametrize("line", ALL)
def test_our_own_lines_are_not_recognised(tmp_path: Path, line: Line) -> None:
    (tmp_path / "own.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert not superclue_open.recognises(tmp_path)
    assert not superclue_open.recognises(tmp_path / "own.jsonl")


@pytest.mark.recorded
def test_other_formats_are_not_recognised(recorded: Path) -> None:
    others = [path for path in recorded.rglob("*") if "superclue_open" not in path.parts]
    assert not [path for path in [recorded, *others] if superclue_open.recognises(path)]
