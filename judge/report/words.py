"""The words of a report in one language, read from words.zh.toml and words.en.toml: every label has both."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

from judge import markup

Language: TypeAlias = Literal["zh", "en"]


@dataclass(frozen=True)
class Words:
    """Labels by dotted key; a missing one is an error of ours, not an empty place on a page."""

    language: Language
    labels: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        return self.labels[key]

    def get(self, key: str, otherwise: str) -> str:
        """Return a label that may not be there: names from data have none."""
        return self.labels.get(key, otherwise)

    def under(self, prefix: str) -> dict[str, str]:
        """Return the labels below a key, by the rest of their keys."""
        return {
            key.removeprefix(f"{prefix}."): text for key, text in self.labels.items() if key.startswith(f"{prefix}.")
        }

    def ability(self, name: str) -> str:
        """Return the name of one of the ten abilities, or that of a team's own as it is."""
        return self.get(f"ability.{name}", markup.visible(name))

    @property
    def markup(self) -> markup.Words:
        """Return what `judge.markup` says in this language."""
        return markup.ENGLISH if self.language == "en" else markup.CHINESE


def words(language: Language) -> Words:
    """Read the words of a report in a language."""
    return words_in(Path(__file__).parent, language)


@cache
def words_in(folder: Path, language: Language) -> Words:
    """Read the words of a language that stand in a folder."""
    path = folder / f"words.{language}.toml"
    return Words(language, dict(_flat(tomllib.loads(path.read_text(encoding="utf-8")))))


def _flat(table: Mapping[str, object], prefix: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{prefix}{key}.")
        else:
            found.append((f"{prefix}{key}", str(value)))
    return found
