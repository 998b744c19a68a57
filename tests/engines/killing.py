"""Commands carried out in processes that can be killed: forked from one that has loaded everything, so that work begins at once."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def carry_out(arguments: list[str], folder: Path, said: Path) -> None:
    """Run one command as `judge` does, in a folder; what it prints goes to a file."""
    from judge.cli import entry

    os.chdir(folder)
    with said.open("w", encoding="utf-8") as out, Path(os.devnull).open("w") as devnull:
        os.dup2(out.fileno(), 1)
        os.dup2(devnull.fileno(), 2)
    sys.exit(entry.run(arguments))
