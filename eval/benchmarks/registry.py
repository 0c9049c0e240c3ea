"""Benchmarks by the names that the command line knows them by."""

from __future__ import annotations

import difflib
import importlib
import pathlib
import types
from collections.abc import Mapping
from typing import Any, NamedTuple

from data_pipeline.schema import UserError
from eval.benchmarks.benchmark import Benchmark


class Entry(NamedTuple):
    """Attributes:
    module: in `eval.benchmarks`, that has `load`; imported when it is asked for.
    about: one line for people.
    fixed: arguments of `load`, besides the path, that the name stands for.
    takes: those that a user may choose.
    needs: those of them that it cannot do without.
    """

    module: str
    about: str
    fixed: Mapping[str, Any] = types.MappingProxyType({})
    takes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


_WINDOW = ("start", "end")

ENTRIES = {
    "humaneval": Entry("humaneval", "HumanEval and HumanEval+"),
    "mbpp": Entry("mbpp", "MBPP and MBPP+"),
    "humaneval_x": Entry("humaneval_x", "HumanEval-X, six languages"),
    "humanevalpack": Entry("humanevalpack", "HumanEvalPack: write a function"),
    "humanevalpack_fixtests": Entry(
        "humanevalpack",
        "HumanEvalPack: repair it, given its tests",
        {"task": "fixtests"},
    ),
    "humanevalpack_fixdocs": Entry(
        "humanevalpack", "HumanEvalPack: repair it, given its docs", {"task": "fixdocs"}
    ),
    "humanevalpack_explain": Entry(
        "humanevalpack_explain",
        "HumanEvalPack: describe it; and write it, given the descriptions",
        takes=("evaluated",),
    ),
    "mbxp": Entry("mbxp", "MBXP: MBPP in other languages"),
    "cruxeval_input": Entry(
        "cruxeval", "CRUXEval: find an input", {"task": "input"}, ("reasoning",)
    ),
    "cruxeval_output": Entry(
        "cruxeval", "CRUXEval: tell the output", {"task": "output"}, ("reasoning",)
    ),
    "livecodebench": Entry(
        "livecodebench.generation", "LiveCodeBench: write a program", takes=_WINDOW
    ),
    "livecodebench_repair": Entry(
        "livecodebench.repair",
        "LiveCodeBench: repair a program",
        takes=("evaluated",),
        needs=("evaluated",),
    ),
    "livecodebench_tests": Entry(
        "livecodebench.prediction", "LiveCodeBench: tell a test's output", takes=_WINDOW
    ),
    "livecodebench_execution": Entry(
        "livecodebench.execution",
        "LiveCodeBench: tell what a program returns",
        takes=("reasoning", *_WINDOW),
    ),
    "swebench": Entry(
        "swebench.benchmark",
        "SWE-bench: by logs of its tests, made here in Docker or elsewhere, or proxies",
        takes=("logs", "harness", "containers", "harness_python", "test_timeout"),
    ),
    "repositories": Entry(
        "repositories.benchmark",
        "our own small repositories with a planted bug each",
        takes=("edit_format",),
    ),
    "programs": Entry(
        "synthetic.benchmark", "our own synthetic tasks, six languages, seven scenarios"
    ),
    "polyglot": Entry(
        "polyglot.benchmark", "Aider's exercises, two tries", takes=("edit_format",)
    ),
}


def load(
    name: str,
    path: pathlib.Path,
    options: Mapping[str, Any] = types.MappingProxyType({}),
) -> Benchmark:
    """Reads a benchmark from its authors' files.

    Args:
      options: that the benchmark takes, by name.

    Raises:
      UserError: there is none of that name, it takes no such option, needs another, or
        its files are malformed.
    """
    entry = ENTRIES.get(name)
    if entry is None:
        near = difflib.get_close_matches(name, ENTRIES, 1)
        hint = f"did you mean {near[0]}?" if near else f"take {', '.join(ENTRIES)}."
        raise UserError(f"There is no benchmark {name!r}; {hint}")
    for option in options:
        if option not in entry.takes:
            taken = " and ".join(f"--{word}" for word in entry.takes) or "no option"
            raise UserError(f"{name} takes {taken}, not --{option}.")
    for option in entry.needs:
        if option not in options:
            raise UserError(f"{name} needs --{option}=PATH.")
    module = importlib.import_module(f"eval.benchmarks.{entry.module}")
    return module.load(path, **{**entry.fixed, **options})
