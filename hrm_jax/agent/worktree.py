"""What git says of a folder: which files its owner works on.

The repository may be a stranger's, whose configuration names programs: none of them is
started, and no other machine is asked.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
from typing import NamedTuple

_SETTINGS = (
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "safe.bareRepository=explicit"),  # a folder of files may look like one
)
_ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    # Of a partial clone, git would fetch what it lacks, by a command of that clone's.
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_LAZY_FETCH": "1",
}
_LONGEST_SECONDS = 60
"""What git is to read may be a pipe that nobody writes to."""


class WorkTree(NamedTuple):
    """Paths relative to the folder; of another repository in it, its folder alone.

    Attributes:
      tracked: by git, be they there or not.
      others: that are neither tracked nor ignored.
    """

    tracked: frozenset[str]
    others: frozenset[str]


def look(folder: pathlib.Path) -> WorkTree | None:
    """The part of a work tree that a folder is; None where it is none, git does not
    trust it, or there is no git."""
    try:
        tracked = _listed(folder, "--cached")
        others = _listed(folder, "--others", "--exclude-standard")
    except (OSError, subprocess.SubprocessError):
        return None
    return WorkTree(tracked, others)


def _listed(folder: pathlib.Path, *which: str) -> frozenset[str]:
    environment = {
        # Others may say where another repository is, as they do in its hooks.
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_")
    }
    done = subprocess.run(
        ["git", *_SETTINGS, "ls-files", "-z", *which],
        cwd=folder,
        env=environment | _ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=_LONGEST_SECONDS,
        check=True,
    )
    names = os.fsdecode(done.stdout).split("\0")
    return frozenset(name.rstrip("/") for name in names if name)
