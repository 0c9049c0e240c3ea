"""Files of attempts, in the format of the competitions on Kaggle.

`{task: [{"attempt_1": grid, "attempt_2": grid}, ...]}`, an entry for each test.
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from data_pipeline.arc import files
from data_pipeline.arc.tasks import Task
from data_pipeline.schema import UserError
from eval.arc.scores import Score, score
from eval.arc.voting import Votes
from eval.atomic import write_text

ATTEMPTS = ("attempt_1", "attempt_2")
NOTHING = [[0]]
"""Stands where there is no candidate; the format wants a grid."""


def write(path: pathlib.Path, votes: Votes, tasks: Sequence[Task]) -> None:
    """Writes the best candidates of every test of the tasks.

    Raises:
      UserError: the file cannot be written.
    """
    content = {
        task.id: [
            _entry([c.grid.tolist() for c in votes.ranked(task.id, test)])
            for test in range(len(task.tests))
        ]
        for task in tasks
    }
    write_text(path, json.dumps(content))


def _entry(grids: list[Any]) -> dict[str, Any]:
    padded = grids + [NOTHING] * len(ATTEMPTS)
    return dict(zip(ATTEMPTS, padded, strict=False))


def score_file(path: pathlib.Path, tasks: Sequence[Task]) -> Score:
    """Scores a file of attempts; tasks that it lacks are not solved, and named.

    Raises:
      UserError: the file is malformed, has a task that is not among `tasks`, or has
        too few or too many tests; or no answer is known to score it by.
    """
    attempts = read(path, tasks)
    if not any(task.answered for task in tasks):
        raise UserError(
            f"{path} cannot be scored, since the answers of its tasks are not known: "
            "add a file of solutions."
        )

    def of_test(task: str, test: int) -> list[np.ndarray]:
        return attempts[task][test] if task in attempts else []

    return score(of_test, tasks)


def read(
    path: pathlib.Path, tasks: Sequence[Task]
) -> dict[str, list[list[np.ndarray]]]:
    """The attempts in a file, by the task's id and then test by test.

    Raises:
      UserError: the file is malformed or not about these tasks; the message names the
        task, the test and the attempt.
    """
    content = files.load(path)
    if not isinstance(content, dict):
        raise UserError(f"{path} holds no object of attempts by task.")
    by_id = {task.id: task for task in tasks}
    for name, entries in content.items():
        if name not in by_id:
            raise UserError(f"{path}, task {name}: there is no such task to score.")
        wanted = len(by_id[name].tests)
        if not isinstance(entries, list) or len(entries) != wanted:
            given = len(entries) if isinstance(entries, list) else "no list"
            raise UserError(
                f"{path}, task {name}: give an entry for each test, {wanted} in all, "
                f"instead of {given}."
            )
    return {
        name: [
            [_attempt(f"{path}, task {name}, test {n}", entry, key) for key in ATTEMPTS]
            for n, entry in enumerate(entries, 1)
        ]
        for name, entries in content.items()
    }


def _attempt(where: str, entry: Any, key: str) -> np.ndarray:
    if not isinstance(entry, dict) or key not in entry:
        raise UserError(f"{where}: there is no {key}.")
    try:
        return files.parse_grid(entry[key])
    except ValueError as error:
        raise UserError(f"{where}: {key} {error}.") from error
