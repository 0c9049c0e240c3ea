"""What a driver told: results as `values.written` has them, so that they compare."""

from __future__ import annotations

import json
from typing import Any

from data_pipeline.programs import values

UNREADABLE = "?"
"""In place of a result that is no JSON."""


def told(stdout: bytes, word: str) -> list[str]:
    """The results that were told with a word, in order; before one that is neither
    plain nor a list nor a dictionary stands what it is, as in `tuple [1, 2]`."""
    lines = stdout.decode(errors="replace").split("\n")
    return [
        _read(line[len(word) + 1 :]) for line in lines if line.startswith(f"{word} ")
    ]


def _read(text: str) -> str:
    """Whatever it is: a program may have found the word, and say what it likes."""
    kind, _, rest = text.partition(" ")
    try:
        if kind == "dict":
            return _dictionary(json.loads(rest))
        if rest and kind.isidentifier():
            return f"{kind} {json.dumps(json.loads(rest))}"
        return json.dumps(json.loads(text))
    except (TypeError, ValueError, RecursionError):
        return UNREADABLE


def _dictionary(pairs: Any) -> str:
    # Keys of several types have no order, and languages know several at once.
    ordered = sorted((type(key).__name__, key, value) for key, value in pairs)
    return values.entries((key, value) for _, key, value in ordered)
