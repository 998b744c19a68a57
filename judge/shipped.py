"""Where the data that comes with the program stands: beside the package in the repository, inside it when installed."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def shipped(folder: str) -> Path:
    """Return a folder of the repository, such as question_banks or docs/example, wherever it was installed to."""
    installed = PACKAGE / "_shipped" / Path(folder).name
    return installed if installed.is_dir() else PACKAGE.parent / folder
