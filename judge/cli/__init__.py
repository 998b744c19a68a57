"""The command line: one file per command; each parses, calls one function and prints."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    arguments = sys.argv[1:]
    if arguments in ([], ["-h"], ["--help"]):
        # The overview needs no third-party package; loading one would make it three times as slow.
        from judge.cli.overview import overview

        try:
            print(overview(), flush=True)
        except BrokenPipeError:  # the reader (head) has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    from judge.cli.entry import run

    sys.exit(run(arguments))
