"""What a million tokens cost, in yuan, as data with a date: the table that comes with the program, the user's before it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from judge.errors import InputError, UnknownName
from judge.models.vendors import Preset, preset
from judge.records import Usage

FILE = "prices.toml"
Yuan = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Price(BaseModel):
    """One row: yuan per million tokens of the models of a preset that match."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    preset: str
    model: str
    input: Yuan
    output: Yuan
    as_of: str
    source: str = ""

    def of(self, usage: Usage) -> float:
        """Return what a call cost, in yuan; reasoning is part of the output."""
        return self.between(usage.input_tokens, usage.output_tokens)

    def between(self, input_tokens: float, output_tokens: float) -> float:
        """Return what so many tokens cost, in yuan."""
        return (input_tokens * self.input + output_tokens * self.output) / 1e6


FREE = Price(preset="", model="*", input=0.0, output=0.0, as_of="")


def read_prices(own: Path | None = None) -> list[Price]:
    """Return all rows, those of the user's file first; raises InputError with the row at fault."""
    shipped = _rows(Path(__file__).with_name(FILE))
    return [*_rows(own), *shipped] if own is not None and own.exists() else shipped


def price_of(prices: Sequence[Price], vendor: Preset, model: str) -> Price | None:
    """Return the first row that matches; None where the price is not known, which is never the same as free.

    A server of one's own, which needs no key, is free where no row says otherwise.
    """
    rows = (row for row in prices if row.preset == vendor.name and fnmatchcase(model.lower(), row.model.lower()))
    return next(rows, None if vendor.key_required else FREE)


def _rows(path: Path) -> list[Price]:
    fix = "照随包价表的样子写：[[price]] 下写 preset、model、input、output（元/百万 token）、as_of"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"读不了价表（{error}）", where=str(path), fix=fix) from error
    for key in content.keys() - {"price"}:
        raise InputError("不认识的表", where=f"{path} 的 {key}", fix=fix)
    rows = content.get("price", [])
    found = []
    for number, row in enumerate(rows if isinstance(rows, list) else [rows], 1):
        try:
            found.append(Price.model_validate(row))
            preset(found[-1].preset)
        except UnknownName as error:
            error.where = f"{path} 第 {number} 个 [[price]]"
            raise
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"])) or "整行"
            raise InputError(f"{key} 不合适", where=f"{path} 第 {number} 个 [[price]]", fix=fix) from error
    return found
