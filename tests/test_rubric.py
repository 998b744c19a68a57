"""Rubrics: the documented example is read, and what is wrong is named by file and key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from judge.errors import InputError
from judge.records import ABILITIES, Dimension
from judge.rubric import read_rubric, read_rubrics, shipped_rubrics

FORMATS = Path(__file__).resolve().parent.parent / "docs" / "formats.md"
THREE = "".join(
    f'[[dimensions]]\nname = "{name}"\nmeaning = "有没有做到"\nweight = {weight}\nbands = {{"3-5" = "好", "1-2" = "差"}}\n'
    for name, weight in (("甲", 4), ("乙", 4), ("丙", 2))
)
GOOD = 'abilities = ["闲聊"]\nmaximum = 5\n' + THREE


def write(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_documented_example_is_read(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", FORMATS.read_text(encoding="utf-8"), re.DOTALL)
    rubric = read_rubric(write(tmp_path, example))
    assert (rubric.name, rubric.abilities, rubric.minimum, rubric.maximum) == (
        "service",
        ("闲聊", "上下文对话"),
        1,
        10,
    )
    assert {one.name: one.weight for one in rubric.dimensions} == {"听懂": 0.4, "有用": 0.4, "自然": 0.2}
    assert [band for band, _ in rubric.dimensions[0].bands] == ["9-10", "6-8", "3-5", "1-2"]


def test_weights_are_shares_and_bands_stand_best_first(tmp_path: Path) -> None:
    rubric = read_rubric(write(tmp_path, GOOD.replace('"3-5" = "好", "1-2" = "差"', '"1-4" = "差", "5" = "好"')))
    assert rubric.name == "own"
    assert rubric.dimensions[2] == Dimension("丙", "有没有做到", 0.2, (("5", "好"), ("1-4", "差")))


def test_a_teams_own_abilities(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("闲聊", "催单"))
    assert read_rubric(path, ("催单", "投诉")).abilities == ("催单",)
    assert read_rubric(path, ()).abilities == ("催单",)
    with pytest.raises(InputError, match="没有名为 催单 的能力"):
        read_rubric(path)


@pytest.mark.parametrize(
    ("old", "new", "key", "message"),
    [
        ("weight = 2", "weight = 0", "dimensions[2].weight", "应是大于 0 的数，却是 0"),
        ("weight = 2", "weight = inf", "dimensions[2].weight", "应是有限的数，却是 inf"),
        ("weight = 2", "wieght = 2", "dimensions[2].weight", "缺少字段 weight"),
        ("maximum = 5", "maximun = 5", "maximun", "不认识的字段 maximun；是不是 maximum"),
        ("maximum = 5", "maximum = 1", "maximum", "最高分 1 不大于最低分 1"),
        ("maximum = 5", "maximum = 6", "dimensions[0].bands", "没有哪一档说到 6 分"),
        ("maximum = 5", "maximum = 4", "dimensions[0].bands.3-5", "分档 3-5 超出了 1 到 4"),
        ("maximum = 5", "maximum = 1000000000", "maximum", "应是不大于 100 的数，却是 1000000000"),
        ("maximum = 5", 'maximum = 5\nturns = "max"', "turns", "应是 mean、minimum 之一，却是文字 'max'"),
        ('"1-2"', '"1-3"', "dimensions[0].bands", "3 分同时落在 3-5、1-3 几档里"),
        ('"1-2"', '"1"', "dimensions[0].bands", "没有哪一档说到 2 分"),
        ('"1-2"', '"2-1"', "dimensions[0].bands.2-1", "看不懂的分档 2-1"),
        ('"1-2"', '"1～2"', "dimensions[0].bands.1～2", "看不懂的分档 1～2"),
        ('"乙"', '"甲"', "dimensions[1].name", "维度 甲 写了两次"),
        ('"闲聊"', '"闲谈聊"', "abilities[0]", "没有名为 闲谈聊 的能力；是不是 闲聊"),
        ('"闲聊"', '"闲聊", "闲聊"', "abilities[1]", "闲聊 写了两次"),
        ('["闲聊"]', "[]", "abilities", "应是至少 1 项，却是列表（0 项）"),
        (THREE, "dimensions = []", "dimensions", "应是至少 3 项，却是列表（0 项）"),
        (THREE, THREE + THREE + THREE, "dimensions", "应是至多 6 项，却是列表（9 项）"),
    ],
)
def test_what_is_wrong_is_named_by_file_and_key(tmp_path: Path, old: str, new: str, key: str, message: str) -> None:
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(InputError) as error:
        read_rubric(path)
    assert (error.value.where, error.value.message) == (f"{path} 的 {key}", message)
    assert error.value.fix


@pytest.mark.parametrize("content", [b"name = ", b'name = "\xff"', None])
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "x.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read_rubric(path)
    assert error.value.where == str(path)


def test_shipped_rubrics_are_without_a_fault() -> None:
    assert all(read_rubric(path).name for path in shipped_rubrics())


def test_every_ability_has_a_rubric_of_its_own_and_others_the_general_one() -> None:
    rubrics = read_rubrics(shipped_rubrics())
    assert {ability: rubrics.of(ability).abilities for ability in ABILITIES} == {one: (one,) for one in ABILITIES}
    assert rubrics.of("催单") is rubrics.general
    assert rubrics.general.name == "open"
    # No two describe a band in the same words: each was written for its ability.
    bands = [text for one in rubrics.special.values() for side in one.dimensions for _, text in side.bands]
    assert len(set(bands)) == len(bands)


def test_another_rubric_is_another_hash(tmp_path: Path) -> None:
    whole, without = read_rubrics(shipped_rubrics()), read_rubrics(shipped_rubrics()[1:])
    assert whole.hash != without.hash
    assert whole.hash == read_rubrics(shipped_rubrics()[::-1]).hash
