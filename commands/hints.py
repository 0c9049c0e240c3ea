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
