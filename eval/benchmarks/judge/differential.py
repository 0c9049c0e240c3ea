"""In a judge: a submission against the reference, on inputs, by the rules of EvalPlus.

    https://github.com/evalplus/evalplus, evalplus/eval/__init__.py, _special_oracle.py

Standard library alone; where the authors call `numpy.allclose`, `_close` says the same.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Sequence
from typing import Any

from eval.benchmarks.judge.asking import Held, limit_calls

_LEAST_SECONDS = 4.0
_TIMES_SLOWER = 4.0
_RELATIVE = 1e-7
_OF_FLOATS = 1e-6

_AS_SETS = frozenset(
    {
        *("similar_elements", "find_char_long", "common_in_nested_lists"),
        *("extract_singly", "larg_nnum", "intersection_array", "find_dissimilar"),
        "Diff",
    }
)
_NOT_NONE = frozenset({"check_str", "text_match_three", "text_starta_endb"})


def check(
    candidate: Held,
    reference: Callable[..., Any],
    inputs: Sequence[Sequence[Any]],
    *,
    dataset: str,
    entry: str,
    tolerance: float,
) -> None:
    """Holds a submission to what the reference gives for each input.

    A call may take four times as long as the reference, and never less than 4 seconds.

    Args:
      dataset: "humaneval" or "mbpp".
      entry: the function's name, by which some tasks have rules of their own.
      tolerance: absolute; zero for equality, but floats get 1e-6.

    Raises:
      AssertionError: a result is wrong.
    """
    for given in inputs:
        began = time.monotonic()
        expected = reference(*copy.deepcopy(given))
        took = time.monotonic() - began
        limit_calls(candidate, max(_LEAST_SECONDS, _TIMES_SLOWER * took))
        result = candidate(*given)
        if dataset == "humaneval" and entry == "find_zero":
            assert abs(_polynomial(given[0], result)) <= tolerance
            continue
        if dataset == "mbpp" and entry in _NOT_NONE:
            expected = expected is not None
            result = result if isinstance(result, bool) else result is not None
        equal = result == expected
        if dataset == "mbpp":
            equal = _by_task(entry, given, result, expected, equal, tolerance)
        if tolerance == 0 and _is_floats(expected):
            tolerance = _OF_FLOATS  # from here on, as the authors have it
        if not equal and tolerance:
            equal = type(result) is type(expected) and _close(
                result, expected, tolerance
            )
        assert equal, f"expected {repr(expected)[:300]}"


def _by_task(
    entry: str,
    given: Sequence[Any],
    result: Any,
    expected: Any,
    equal: Any,
    near: float,
) -> Any:
    """Whether a result is right, for tasks of MBPP with more than one right result."""
    if entry == "are_equivalent":
        return True
    if entry == "sum_div":
        return equal or result == 0
    if entry == "surface_Area":
        return equal or abs(result - _surface(*given)) <= near
    if entry == "digit_distance_nums":
        return equal or result == _digit_distance(*given)
    if entry in _AS_SETS:
        return set(result) == set(expected)
    return equal


def _is_floats(value: Any) -> bool:
    if isinstance(value, (list, tuple)) and value:
        return all(isinstance(item, float) for item in value)
    return isinstance(value, float)


def _close(result: Any, expected: Any, tolerance: float) -> bool:
    if isinstance(expected, (list, tuple)):
        return (
            isinstance(result, (list, tuple))
            and len(result) == len(expected)
            and all(
                _close(one, other, tolerance)
                for one, other in zip(result, expected, strict=True)
            )
        )
    if isinstance(result, (list, tuple, str)) or isinstance(expected, str):
        return False
    if result == expected:
        return True
    return abs(result - expected) <= tolerance + _RELATIVE * abs(expected)


def _polynomial(coefficients: Sequence[float], x: float) -> float:
    return sum(value * math.pow(x, power) for power, value in enumerate(coefficients))


def _surface(base: float, height: float) -> int:
    """Of a pyramid, with the height from base to apex."""
    slant = math.sqrt((base / 2) ** 2 + height**2)
    return round(base**2 + 2 * base * slant)


def _digit_distance(one: int, other: int) -> int:
    """Of two numbers, the shorter one with zeros in front."""
    width = max(len(str(one)), len(str(other)))
    digits = zip(str(one).zfill(width), str(other).zfill(width), strict=True)
    return sum(abs(int(a) - int(b)) for a, b in digits)
