"""Benchmarks by the names that the command line knows them by."""

from __future__ import annotations

import difflib
import importlib
import pathlib
from typing import Any, NamedTuple

from data_pipeline.schema import UserError
from eval.benchmarks.benchmark import Benchmark


class Entry(NamedTuple):
    """Attributes:
    module: that has `load`, imported when it is asked for.
    about: one line for people.
    options: of `load`, besides the path.
    """

    module: str
    about: str
    options: dict[str, Any] = {}


ENTRIES = {
    "humaneval_x": Entry("humaneval_x", "HumanEval-X, six languages"),
    "humanevalpack": Entry("humanevalpack", "HumanEvalPack: write a function"),
    "humanevalpack_fixtests": Entry(
        "humanevalpack", "HumanEvalPack: mend it, given its tests", {"task": "fixtests"}
    ),
    "humanevalpack_fixdocs": Entry(
        "humanevalpack", "HumanEvalPack: mend it, given its docs", {"task": "fixdocs"}
    ),
    "mbxp": Entry("mbxp", "MBXP, MBPP in other languages"),
}


def load(name: str, path: pathlib.Path) -> Benchmark:
    """Reads a benchmark from its authors' files.

    Raises:
      UserError: there is none of that name, or its files are malformed.
    """
    entry = ENTRIES.get(name)
    if entry is None:
        near = difflib.get_close_matches(name, ENTRIES, 1)
        hint = f"did you mean {near[0]}?" if near else f"take {', '.join(ENTRIES)}."
        raise UserError(f"There is no benchmark {name!r}; {hint}")
    module = importlib.import_module(f"eval.benchmarks.{entry.module}")
    return module.load(path, **entry.options)
