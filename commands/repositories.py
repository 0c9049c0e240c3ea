"""Makes the repositories with planted bugs that `benchmark repositories` reads."""

from __future__ import annotations

import pathlib
from collections.abc import Callable

from commands.flag_values import number, split_of
from commands.flags import CommandLine
from data_pipeline.progress import Progress
from data_pipeline.schema import UserError
from eval.atomic import replacing
from eval.benchmarks.repositories import generator
from eval.sandbox.sandbox import Sandbox


def generate(line: CommandLine, opened: Callable[[], Sandbox]) -> None:
    """Writes `--generate` repositories to `--data`, the same for the same `--seed`.

    Args:
      opened: gives a sandbox, once the flags are known to be right.

    Raises:
      UserError: a flag is wrong, or something is there already.
    """
    values = line.flags
    path = pathlib.Path(values.data or "")
    if line.arguments != ["repositories"] or not values.data:
        raise UserError("--generate goes with `benchmark repositories --data=FILE`.")
    if path.exists():
        raise UserError(f"{path} is there already: leave --generate out to use it.")
    split = split_of(values, generator.SPLITS)
    count = int(number(values, "generate", 1, whole=True))
    seed = int(number(values, "seed", 0, whole=True, least=0))
    sandbox, rows = opened(), []
    with Progress("Repositories") as progress, replacing(path) as whole:
        for row in generator.generate(split, seed, count, sandbox):
            rows.append(row)
            progress(len(rows), count)
        generator.save(rows, whole)
