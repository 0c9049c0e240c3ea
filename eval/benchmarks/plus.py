"""The rows of EvalPlus: many more inputs, and a reference that says what is right."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from eval.benchmarks.judge import values
from eval.benchmarks.judge.judging import Tests
from eval.sandbox.limits import MIB

_SECONDS = 62.0
"""`EVALPLUS_TIMEOUT_PER_TASK` and two more."""

_SOURCE = """
import json
from eval.benchmarks.judge import differential, values
with open("inputs.json", encoding="utf-8") as file:
    row = json.load(file)
for part in ("base", "plus"):
    differential.check(
        {entry}, reference, values.decode(row[part], None),
        dataset={dataset!r}, entry={entry!r}, tolerance=row["tolerance"],
    )
"""


def has_inputs(row: Mapping[str, Any]) -> bool:
    """Whether a row is of this format."""
    return "base_input" in row and "plus_input" in row


def tests(row: Mapping[str, Any], dataset: str) -> Tests:
    """The base inputs, then the others; all must be right.

    Args:
      dataset: "humaneval" or "mbpp".
    """
    entry = row["entry_point"]
    shape = _SHAPES.get(_number(row["task_id"])) if dataset == "mbpp" else None
    given: dict[str, Any] = {"tolerance": row.get("atol", 0)}
    for part in ("base", "plus"):
        inputs = [list(shape(one)) if shape else one for one in row[f"{part}_input"]]
        given[part] = values.encode(inputs, repr)
    context = f"{row['prompt']}{row['canonical_solution']}\nreference = {entry}\n"
    return Tests(
        _SOURCE.format(entry=entry, dataset=dataset),
        names=(entry,),
        context=context,
        seconds=_SECONDS,
        files={"inputs.json": json.dumps(given).encode()},
        helpers=("differential",),
        memory_bytes=1024 * MIB,
    )


def _number(task_id: str) -> int:
    return int(str(task_id).rpartition("/")[2])


def _tuples(one: list[Any]) -> list[Any]:
    return [tuple(item) for item in one]


def _lists_of_tuples(one: list[Any]) -> list[Any]:
    return [_tuples(item) for item in one]


def _deep(one: Any) -> Any:
    return tuple(map(_deep, one)) if isinstance(one, list) else one


_BY_SHAPE: tuple[tuple[Callable[[list[Any]], Any], tuple[int, ...]], ...] = (
    (
        _tuples,
        (
            *(2, 116, 132, 143, 222, 261, 273, 394, 399, 421, 424, 429, 470, 560, 579),
            *(596, 616, 630, 726, 740, 744, 809),
        ),
    ),
    (
        _lists_of_tuples,
        (63, 64, 70, 94, 120, 237, 272, 299, 400, 409, 417, 438, 473, 614, 780),
    ),
    (lambda one: [_tuples(one[0]), one[1]], (75, 413, 444, 753)),
    (lambda one: [one[0], tuple(one[1])], (106, 750)),
    (lambda one: [[set(item) if item else {} for item in one[0]]], (115,)),
    (lambda one: [float(one[0]), complex(one[1])], (124,)),
    (lambda one: [tuple(one[0]), *one[1:]], (250, 307, 405, 446, 617, 720, 763, 808)),
    (lambda one: [tuple(_tuples(item)) for item in one], (259, 401, 445)),
    (lambda one: [tuple(map(_shallow, one[0]))], (278,)),
    (lambda one: [{k: tuple(v) for k, v in one[0].items()}, *one[1:]], (722,)),
    (lambda one: [complex(one[0])], (252,)),
    (_deep, (580, 615, 791)),
)
"""What JSON could not say of the inputs of MBPP+: shapes, and the tasks that have them,
as `mbpp_deserialize_inputs` in evalplus/data/mbpp.py lists them."""


def _shallow(item: Any) -> Any:
    return tuple(item) if isinstance(item, list) else item


_SHAPES = {number: shape for shape, numbers in _BY_SHAPE for number in numbers}
