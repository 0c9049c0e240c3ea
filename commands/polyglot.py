"""`benchmark polyglot`: two tries an exercise, for which `commands.benchmark` has no
place among its samples."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from absl import flags

from data_pipeline.progress import Progress
from data_pipeline.schema import UserError
from eval.benchmarks.models import Model
from eval.benchmarks.polyglot import board, session
from eval.benchmarks.polyglot.benchmark import Polyglot
from eval.benchmarks.problem import Problem
from eval.sandbox.sandbox import Sandbox


def check(values: flags.FlagValues) -> None:
    """Raises:
    UserError: a flag has no meaning here.
    """
    for name in ("samples", "k"):
        if values[name].value:
            raise UserError(
                f"polyglot takes no --{name}: a model has two tries at each exercise."
            )


def report_on(
    benchmark: Polyglot,
    problems: Sequence[Problem],
    model: Model,
    sandbox: Sandbox,
    output: pathlib.Path,
    workers: int | None,
    about: Mapping[str, Any],
) -> dict[str, Any]:
    """Lets a model try, and says what came of it.

    Raises:
      UserError: as `session.collect`.
    """
    with Progress("Tries") as progress:
        results = session.collect(
            benchmark, problems, model, sandbox, output, workers, progress
        )
    return board.summary(problems, results, about)
