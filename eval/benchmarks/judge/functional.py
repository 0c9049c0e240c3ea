"""In a judge: a submission against results that are known; standard library alone."""

from __future__ import annotations

import json
import sys
from typing import Any

from eval.benchmarks.judge.asking import Held, Wrong

_LONGEST = 300
_MOST_DIGITS = 50_000


def check(candidate: Held, path: str, codes: list[int]) -> None:
    """By the rules of LiveCodeBench (`grade_call_based` in its testing_util.py).

    Args:
      path: JSON of the cases: pairs of an input, a JSON text a line and argument, and
        the JSON text of what is expected.
      codes: gets a 1 for each case that is right.

    Raises:
      Wrong: a result is wrong.
    """
    sys.set_int_max_str_digits(_MOST_DIGITS)
    with open(path, encoding="utf-8") as file:
        cases = json.load(file)
    for given, expected in cases:
        result = candidate(*map(json.loads, given.split("\n")))
        if isinstance(result, tuple):
            result = list(result)
        if isinstance(result, Held) or not result == json.loads(expected):
            raise Wrong(f"Generated Output: {_short(result)}")
        codes.append(1)


def _short(value: Any) -> str:
    text = "an object" if isinstance(value, Held) else str(value)
    if len(text) <= _LONGEST:
        return text
    return f"{text[: _LONGEST // 2]}...(truncated) ...{text[-_LONGEST // 2 :]}"
