"""The test cases of a problem, public and private, as the authors store them."""

from __future__ import annotations

import base64
import binascii
import datetime
import io
import json
import pickle
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from data_pipeline.schema import UserError
from eval.benchmarks.problem import Problem


class Case(NamedTuple):
    """Attributes:
    input: what the program reads; for a function, a JSON text a line and argument.
    output: what is expected; for a function, one JSON text.
    """

    input: str
    output: str


def cases(row: Mapping[str, Any], place: str) -> list[Case]:
    """All cases of a row, the public ones first.

    Args:
      place: where the row stands, for the message.

    Raises:
      UserError: they are malformed.
    """
    texts = [row["public_test_cases"], row.get("private_test_cases") or "[]"]
    try:
        stored = [one for text in texts for one in _stored(text)]
        found = [Case(one["input"], one["output"]) for one in stored]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UserError(f"{place}: the test cases cannot be read ({error}).") from error
    if not found or not all(isinstance(text, str) for case in found for text in case):
        raise UserError(f"{place}: there must be test cases, of texts.")
    return found


def function(row: Mapping[str, Any]) -> str | None:
    """The name of the function that is asked for; None where it is a whole program."""
    return json.loads(row.get("metadata") or "{}").get("func_name")


def within(
    problems: Sequence[Problem],
    start: datetime.date | None = None,
    end: datetime.date | None = None,
) -> list[Problem]:
    """The problems of contests in a window of time, both days included."""
    return [
        problem
        for problem in problems
        if (start or datetime.date.min)
        <= datetime.datetime.fromisoformat(problem.row["contest_date"]).date()
        <= (end or datetime.date.max)
    ]


class _Texts(pickle.Unpickler):
    """Reads plain values; nothing that a pickle could name is looked up."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        raise pickle.UnpicklingError(f"it names {module_name}.{global_name}")


def _stored(text: str) -> list[dict[str, Any]]:
    """JSON, or JSON that was pickled, compressed and written in base 64."""
    try:
        return _array(text)
    except json.JSONDecodeError:
        pass
    try:
        packed = zlib.decompress(base64.b64decode(text, validate=True))
        unpacked = _Texts(io.BytesIO(packed)).load()
    except (binascii.Error, zlib.error, *_UNPICKLING) as error:
        raise ValueError(str(error)) from error
    if not isinstance(unpacked, str):
        raise ValueError(f"they are pickled as {type(unpacked).__name__}, not as text")
    return _array(unpacked)


def _array(text: str) -> list[dict[str, Any]]:
    value = json.loads(text)
    if not isinstance(value, list):
        raise ValueError("they are no array")
    return value


# All that malformed pickles are documented, and known, to raise.
_UNPICKLING = (
    *(pickle.UnpicklingError, AttributeError, EOFError, ImportError, IndexError),
    *(KeyError, TypeError, ValueError, OverflowError, MemoryError),
)
