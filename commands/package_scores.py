"""`evaluate --package`: how good a package is on puzzles that it never saw."""

from __future__ import annotations

import pathlib
import time

from commands import commit, tables
from commands.flags import CommandLine
from commands.packaged import Packaged
from data_pipeline import datasets, loader
from data_pipeline.progress import Progress
from data_pipeline.schema import UserError, require_at_least
from eval import kinds, runner, score_table
from eval import report as reports
from hrm_jax import saved_config

_HEARD = ("evaluation.examples", "evaluation.batch_size")


def run(line: CommandLine, folder: pathlib.Path) -> int:
    """Prints the scores; with `--output` also writes them with every answer.

    Raises:
      UserError: it is no package, is damaged, or is of another board than the data; or
        something is overridden that it does not hear.
    """
    _require_heard(line)
    packaged = Packaged.of(folder)
    if packaged.manifest["task"]["kind"] == "text":
        raise UserError(
            f"{folder} writes text: its `run.py` writes it, `verify` compares it."
        )
    task = datasets.boards(line.config.data, "evaluate")
    packaged.require(task)
    require_at_least("evaluation", line.config.evaluation, examples=0, batch_size=1)
    examples = loader.read_all(task.prepare().test, line.config.evaluation.examples)
    print(
        f"Evaluating {folder} on {len(examples.inputs):,} test puzzles, each a "
        f"{task.name}",
        flush=True,
    )
    began = time.monotonic()
    rows = min(line.config.evaluation.batch_size, len(examples.inputs))
    with Progress("Thinking") as progress:
        grade = kinds.of(task).grade
        report = runner.evaluate(packaged.predict, examples, rows, grade, progress)
    scores = {"until it halts": score_table.summary(report)}
    print(f"\n{tables.aligned(score_table.scores(scores))}")
    if line.flags.output:
        path = pathlib.Path(line.flags.output)
        about = {
            "package": str(folder),
            "manifest": packaged.manifest,
            "seconds": round(time.monotonic() - began, 1),
            "commit": commit.commit(commit.HOME),
            "scores": scores,
        }
        reports.write(report, path, about)
        print(f"\nReport with every answer: {path}")
    return 0


def _require_heard(line: CommandLine) -> None:
    for name in saved_config.differences(line.config, line.preset):
        if name.startswith("evaluation.") and name not in _HEARD:
            raise UserError(
                f"{name} has no effect on a package, which stops by its own rule: "
                "leave it out, or override it when you export."
            )
