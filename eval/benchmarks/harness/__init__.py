"""Source files that are compiled together with submissions and their tests."""

from __future__ import annotations

import functools
import pathlib


@functools.cache
def text(name: str) -> str:
    """A file of this folder."""
    return pathlib.Path(__file__).with_name(name).read_text(encoding="utf-8")
