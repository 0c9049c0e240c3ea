"""What a function does, told from what it returns on fixed arguments.

Two functions that return the same on all probes count as one behaviour, whatever their
text, their language or their statement, and belong to the same split.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Literal

from data_pipeline.programs import inputs, values
from data_pipeline.programs.interpreter import Interpreter, Undefined
from data_pipeline.programs.tree import Function

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
_OF = 16
"""One part of so many is the test split, one is the validation split."""
_FEWEST = 3
"""Different results on the probes."""
_RAREST = 3
"""How often a function must return true, and how often false, on the probes."""


def fingerprint(function: Function, interpreter: Interpreter) -> str | None:
    """A hash of what a function returns on the probes of its parameters' types.

    None if it is undefined on one, or hardly depends on its arguments, or returns one
    of them as it is.
    """
    types = tuple(param.type for param in function.params)
    calls = inputs.probes(types)
    results = []
    try:
        for args in calls:
            results.append(interpreter.call(args))
    except Undefined:
        return None
    if function.result == "bool":
        if not _RAREST <= sum(results) <= len(results) - _RAREST:
            return None
    texts = list(map(values.key, results))
    if function.result != "bool" and len(set(texts)) < _FEWEST:
        return None
    if any(_returns(place, calls, results) for place in range(len(types))):
        return None
    about = "\n".join([*types, function.result, *texts])
    return hashlib.blake2b(about.encode(), digest_size=16).hexdigest()


def split_of(fingerprint: str) -> Split:
    """The split of a behaviour."""
    part = int(fingerprint[:8], 16) % _OF
    return "test" if part == 0 else "validation" if part == 1 else "train"


def _returns(
    place: int, calls: Sequence[tuple[Any, ...]], results: Sequence[Any]
) -> bool:
    return all(args[place] == got for args, got in zip(calls, results, strict=True))
