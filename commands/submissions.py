"""Scores a file of ARC attempts, whoever made it."""

from __future__ import annotations

import pathlib

from commands.flags import CommandLine
from data_pipeline import datasets
from data_pipeline.arc.task import ArcTask
from data_pipeline.schema import UserError
from eval.arc import submission
from eval.statistics import interval_text


def run(line: CommandLine) -> int:
    """Prints how many evaluation tasks of the config the `--file` solves.

    Raises:
      UserError: the config is not of ARC, or the file is malformed.
    """
    task = datasets.task(line.config.data)
    if not isinstance(task, ArcTask):
        raise UserError(
            "`evaluate --file` scores attempts at ARC tasks: add "
            "--config=configs/arc.py:PRESET, or the --workdir of an ARC run."
        )
    path = pathlib.Path(line.flags.file)
    found = submission.score_file(path, task.whole_exam)
    tests, whole = found.tests(), found.whole_tasks()
    print(
        f"{path} solves {found.tasks():.1%} of {whole.trials:,} tasks (95% interval "
        f"{interval_text(found.interval())}): {tests.successes:,} of {tests.trials:,} "
        f"tests, all tests of {whole.successes:,} tasks."
    )
    for names, what in (
        (found.without_attempt, "that lack an attempt, which counts as wrong"),
        (found.without_answer, "not scored, since their answers are not known"),
    ):
        if names:
            print(f"Tasks {what}: {len(names):,}.")
    return 0
