"""What to type next."""

from __future__ import annotations

import os
import pathlib
import shlex
import sys


def command(*words: str | pathlib.Path) -> str:
    """A line for the shell that starts this program again, with this interpreter."""
    python = os.path.relpath(sys.executable)
    if python.startswith(os.pardir):
        python = "python"
    return shlex.join([python, "main.py", *map(str, words)])


def of_backward(run: pathlib.Path) -> str:
    """What to do with a run that reads backwards, and writes nothing."""
    flags = f"--backward={run}", "--data=FILE", "--evaluated=DIR"
    line = command("rerank", "programs", "--workdir=FORWARD", *flags)
    return f"Let it choose among the graded answers of another run:\n  {line}"
