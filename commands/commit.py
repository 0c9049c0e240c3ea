"""Which code gave a result."""

from __future__ import annotations

import pathlib
import subprocess

HOME = pathlib.Path(__file__).resolve().parent.parent
"""The folder of this repository."""


def commit(home: pathlib.Path) -> str | None:
    """The git commit of a folder, "+changes" after it where files are not as it says.

    None where the folder is no git repository of its own, or git is not there.
    """

    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(home), *words],
            capture_output=True,
            check=True,
            encoding="utf-8",
            errors="replace",
            timeout=10,
        )
        return done.stdout.strip()

    try:
        if pathlib.Path(git("rev-parse", "--show-toplevel")).resolve() != home:
            return None
        changed = git("status", "--porcelain", "--untracked-files=no")
        return git("rev-parse", "HEAD") + ("+changes" if changed else "")
    except (OSError, subprocess.SubprocessError):
        return None
