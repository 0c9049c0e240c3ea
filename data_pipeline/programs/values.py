"""Values as statements, examples and answers write them, alike for all languages.

JSON, but for dictionaries with int keys: `{1: 2}`.
"""

from __future__ import annotations

import json
from typing import Any


def written(value: Any) -> str:
    """A value as text; entries of dictionaries are sorted by key."""
    if isinstance(value, dict):
        entries = (f"{written(k)}: {written(value[k])}" for k in sorted(value))
        return f"{{{', '.join(entries)}}}"
    return json.dumps(value)


def key(value: Any) -> str:
    """The same text for equal values of one type alone."""
    return written(value) if isinstance(value, dict) else repr(value)


def call(name: str, args: tuple[Any, ...]) -> str:
    return f"{name}({', '.join(map(written, args))})"
