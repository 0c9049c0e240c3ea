"""Which benchmarks have problems for a search, and how they are read."""

from __future__ import annotations

import importlib
import pathlib
from collections.abc import Sequence

from data_pipeline.schema import UserError
from eval.benchmarks import registry
from eval.benchmarks.challenge import Challenge

_MODULES = {
    "programs": "synthetic.challenge",
    "humaneval": "humaneval_challenge",
    "cruxeval_input": "cruxeval_challenge",
    "cruxeval_output": "cruxeval_challenge",
}
NAMES = tuple(_MODULES)


def load(
    name: str, path: pathlib.Path, languages: Sequence[str] = (), limit: int = 0
) -> tuple[str, Sequence[Challenge]]:
    """The problems of a benchmark's file as challenges.

    Args:
      languages: only problems in these; any without.
      limit: only so many, the first; 0 for all.

    Returns:
      The benchmark's own name, and the challenges.

    Raises:
      UserError: a search can do nothing with it, or its file is malformed.
    """
    if name not in _MODULES:
        raise UserError(
            f"A search cannot work on {name!r}: take {', '.join(_MODULES)}."
        )
    benchmark = registry.load(name, path)
    problems = [
        one for one in benchmark.problems if not languages or one.language in languages
    ]
    if not problems:
        raise UserError(f"{path} has no problems in {', '.join(languages)}.")
    module = importlib.import_module(f"eval.benchmarks.{_MODULES[name]}")
    chosen = problems[: limit or len(problems)]
    return benchmark.name, module.challenges(benchmark, chosen)
