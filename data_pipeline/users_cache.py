"""Where what can be made or fetched again is kept for the user of this machine."""

from __future__ import annotations

import os
import pathlib
import platform


def folder() -> pathlib.Path:
    """Of this project, in `XDG_CACHE_HOME` or else in the home; not made yet."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(home, "hrm-jax")


def folder_of_machine() -> pathlib.Path:
    """For what is compiled: a home may be shared among processors that differ."""
    return folder() / platform.node()
