"""What a driver told: results as text that can be compared."""

from __future__ import annotations

import json
from typing import Any

UNREADABLE = "?"
"""In place of a result that is no JSON."""


def told(stdout: bytes, word: str) -> list[str]:
    """The results that were told with a word, in order, each as `canonical` text."""
    lines = stdout.decode(errors="replace").split("\n")
    return [
        _read(line[len(word) + 1 :]) for line in lines if line.startswith(f"{word} ")
    ]


def _read(text: str) -> str:
    try:
        return canonical(json.loads(text))
    except (ValueError, RecursionError):
        return UNREADABLE


def canonical(value: Any) -> str:
    """A value as text, the same for a dictionary and for its pairs in any order."""
    if isinstance(value, dict):
        value = [[key, one] for key, one in value.items()]
    if isinstance(value, list) and all(isinstance(one, list) for one in value):
        value = sorted(value, key=json.dumps)
    return json.dumps(value)
