"""Values as statements, examples and answers write them, alike for all languages.

JSON, but for dictionaries with int keys: `{1: 2}`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any


def written(value: Any) -> str:
    """A value as text; entries of dictionaries are sorted by key."""
    if isinstance(value, dict):
        return entries(sorted(value.items()))
    return json.dumps(value)


def entries(pairs: Iterable[tuple[Any, Any]]) -> str:
    """A dictionary as text, from its keys and values in order."""
    return f"{{{', '.join(f'{written(key)}: {written(one)}' for key, one in pairs)}}}"


def key(value: Any) -> str:
    """The same text for equal values of one type alone."""
    return written(value) if isinstance(value, dict) else repr(value)


def call(name: str, args: tuple[Any, ...]) -> str:
    return f"{name}({', '.join(map(written, args))})"
