"""Rubrics as TOML: what is scored, how much each side counts and what each band of scores looks like; read and checked."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from judge.errors import InputError, nearest
from judge.identity import content_hash
from judge.jsonl import STRICT, Misfit, Row, shaped
from judge.records import ABILITIES, Dimension, Rubric
from judge.shipped import shipped

Text = Annotated[str, Field(min_length=1)]
BAND = re.compile(r"[0-9]{1,3}(-[0-9]{1,3})?")


class DimensionTable(BaseModel):
    """One [[dimensions]] as it is written."""

    model_config = STRICT

    name: Text
    meaning: Text
    weight: Annotated[float, Field(gt=0)]
    bands: dict[str, Text]


class RubricTable(BaseModel):
    """A rubric file as it is written; without a name it is called like its file."""

    model_config = STRICT

    name: Text | None = None
    abilities: Annotated[tuple[Text, ...], Field(min_length=1)]
    minimum: Annotated[int, Field(ge=0)] = 1
    maximum: Annotated[int, Field(le=100)] = 10
    turns: Literal["mean", "minimum"] = "mean"
    turns_why: str = ""
    notes: str = ""
    consistency: str = ""
    refusals: str = ""
    subcategories: tuple[Text, ...] = ()
    examples: dict[str, Text] = {}
    dimensions: Annotated[tuple[DimensionTable, ...], Field(min_length=3, max_length=6)]


def read_rubric(path: Path, abilities: Sequence[str] = ABILITIES) -> Rubric:
    """Read a rubric; weights come back as shares that sum to 1, bands best first.

    `abilities` are those of the bank it is for (none: any will do). Raises InputError naming file and key.
    """
    found = shaped(RubricTable, _toml(path))
    misfits = found if isinstance(found, tuple) else tuple(_misfits(found, abilities))
    for misfit in misfits:
        raise InputError(misfit.message, where=f"{path} 的 {misfit.path}", fix=misfit.fix)
    assert not isinstance(found, tuple)
    total = sum(dimension.weight for dimension in found.dimensions)
    return Rubric(
        name=found.name or path.stem,
        abilities=found.abilities,
        dimensions=tuple(
            Dimension(one.name, one.meaning, one.weight / total, _best_first(one.bands)) for one in found.dimensions
        ),
        minimum=found.minimum,
        maximum=found.maximum,
        turns=found.turns,
        notes=found.notes,
        turns_why=found.turns_why,
        consistency=found.consistency,
        refusals=found.refusals,
        examples=_best_first(found.examples),
        subcategories=found.subcategories,
    )


@dataclass(frozen=True)
class Rubrics:
    """Which rubric is for which question, by its subcategory or else its ability; the general one is for all others."""

    general: Rubric
    special: Mapping[str, Rubric]

    def of(self, ability: str, subcategory: str = "") -> Rubric:
        """Return the rubric by which answers to such a question are judged."""
        return self.special.get(subcategory) or self.special.get(ability, self.general)

    @cached_property
    def hash(self) -> str:
        """Name all of them together: another one is another judge."""
        return content_hash("rubrics", [self.general, [self.special[name] for name in sorted(self.special)]])


def read_rubrics(paths: Sequence[Path]) -> Rubrics:
    """Read rubrics that are used together: the one for most abilities is the general one."""
    found = sorted((read_rubric(path) for path in paths), key=lambda one: len(one.abilities))
    *special, general = found
    named = {name: one for one in special for name in one.abilities}
    return Rubrics(general, {**named, **{name: one for one in found for name in one.subcategories}})


def shipped_rubrics(protocol: str = "") -> list[Path]:
    """Return the rubrics that come with the program: its own, or those of another protocol."""
    return sorted((shipped("rubrics") / protocol).glob("*.toml"))


def _toml(path: Path) -> Row:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(
            f"读不了评分标准（{error.strerror or error}）", where=str(path), fix="检查路径与权限"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError("不是合法的 UTF-8", where=str(path), fix="把文件另存为 UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            f"不是合法的 TOML（{error}）", where=str(path), fix="改好这一处再试；格式见 docs/formats.md"
        ) from error


def _misfits(rubric: RubricTable, abilities: Sequence[str]) -> Iterator[Misfit]:
    """Yield what is wrong with a rubric that is well-formed."""
    for at, ability in enumerate(rubric.abilities):
        if abilities and ability not in abilities:
            close = nearest(ability, abilities)
            hint = f"；是不是 {close[0]}" if close else ""
            yield Misfit(f"abilities[{at}]", f"没有名为 {ability} 的能力{hint}", f"可用的能力：{'、'.join(abilities)}")
        if ability in rubric.abilities[:at]:
            yield Misfit(f"abilities[{at}]", f"{ability} 写了两次", "删掉一个")
    if rubric.minimum >= rubric.maximum:
        message = f"最高分 {rubric.maximum} 不大于最低分 {rubric.minimum}"
        yield Misfit("maximum", message, "例如 minimum = 1、maximum = 10")
        return
    names = [dimension.name for dimension in rubric.dimensions]
    if rubric.examples:
        yield from _band_misfits(rubric.examples, rubric, "examples")
    for at, dimension in enumerate(rubric.dimensions):
        if dimension.name in names[:at]:
            yield Misfit(f"dimensions[{at}].name", f"维度 {dimension.name} 写了两次", "换一个名字，或合并两个维度")
        yield from _band_misfits(dimension.bands, rubric, f"dimensions[{at}].bands")


def _band_misfits(bands: dict[str, str], rubric: RubricTable, path: str) -> Iterator[Misfit]:
    """Yield the gaps and overlaps of bands, and scores outside the scale."""
    scale = f'分档应不重不漏地盖住 {rubric.minimum} 到 {rubric.maximum}，例如 "9-10"、"7-8"'
    for name in bands:
        if not BAND.fullmatch(name) or _ends(name)[0] > _ends(name)[1]:
            yield Misfit(f"{path}.{name}", f"看不懂的分档 {name}", '写成 "低-高" 或一个分数，例如 "9-10"、"10"')
            return
    named = {score: [name for name in bands if _ends(name)[0] <= score <= _ends(name)[1]] for score in _scores(rubric)}
    gaps = [str(score) for score, names in named.items() if not names]
    if gaps:
        yield Misfit(path, f"没有哪一档说到 {'、'.join(gaps)} 分", scale)
    for score, names in named.items():
        if len(names) > 1:
            yield Misfit(path, f"{score} 分同时落在 {'、'.join(names)} 几档里", scale)
    for name in bands:
        if _ends(name)[0] < rubric.minimum or _ends(name)[1] > rubric.maximum:
            yield Misfit(f"{path}.{name}", f"分档 {name} 超出了 {rubric.minimum} 到 {rubric.maximum}", scale)


def _scores(rubric: RubricTable) -> range:
    return range(rubric.minimum, rubric.maximum + 1)


def _ends(band: str) -> tuple[int, int]:
    low, _, high = band.partition("-")
    return int(low), int(high or low)


def _best_first(bands: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(bands.items(), key=lambda band: _ends(band[0]), reverse=True))
