"""How many ARC tasks are solved, and how far the number can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from data_pipeline.arc.tasks import Task
from eval.arc.voting import Votes
from eval.bootstrap import share_interval
from eval.statistics import Rate

Attempts = Callable[[str, int], Sequence[np.ndarray]]
"""The grids submitted for a test, by the task's id and the test's number from 0."""


PASS_AT = (1, 2, 10, 100)
"""Attempts that are reported; the published headline, and Kaggle's rule, is two."""


class Score(NamedTuple):
    """Attributes:
    solved: by the task's id, whether each of its tests is solved by some attempt; only
      of tasks whose answers are known.
    without_answer: tasks that could not be scored, since their answers are not known.
    without_attempt: scored tasks with a test that nothing was submitted for; there it
      is not solved.
    """

    solved: Mapping[str, tuple[bool, ...]]
    without_answer: tuple[str, ...]
    without_attempt: tuple[str, ...]

    def shares(self) -> np.ndarray:
        """float64 `[tasks]`: the share of each task's tests that is solved."""
        return np.array([np.mean(tests) for tests in self.solved.values()])

    def tasks(self) -> float:
        """The mean of the shares, which is what leaderboards and HRM report."""
        return float(self.shares().mean())

    def interval(self) -> tuple[float, float]:
        """A 95 % interval of it, over tasks: see `bootstrap.share_interval`."""
        return share_interval(self.shares())

    def tests(self) -> Rate:
        """How many tests are solved; those of one task are not independent."""
        solved = [test for tests in self.solved.values() for test in tests]
        return Rate(sum(solved), len(solved))

    def whole_tasks(self) -> Rate:
        """How many tasks have all their tests solved."""
        return Rate(sum(map(all, self.solved.values())), len(self.solved))


def score(attempts: Attempts, tasks: Sequence[Task]) -> Score:
    """Compares what was submitted with the answers.

    Raises:
      ValueError: no answer is known.
    """
    solved, unknown, missing = {}, [], []
    for task in tasks:
        answers = [test.output for test in task.tests if test.output is not None]
        if len(answers) < len(task.tests):
            unknown.append(task.id)
            continue
        submitted = [attempts(task.id, number) for number in range(len(task.tests))]
        if not all(submitted):
            missing.append(task.id)
        solved[task.id] = tuple(
            any(np.array_equal(grid, answer) for grid in grids)
            for grids, answer in zip(submitted, answers, strict=True)
        )
    if not solved:
        raise ValueError("the answer of no task is known")
    return Score(solved, tuple(unknown), tuple(missing))


def pass_at(votes: Votes, tasks: Sequence[Task], k: int) -> Score:
    """The score with the k best candidates of each test as attempts."""

    def attempts(task: str, test: int) -> list[np.ndarray]:
        return [candidate.grid for candidate in votes.ranked(task, test)[:k]]

    return score(attempts, tasks)


def summary(votes: Votes, tasks: Sequence[Task]) -> dict[str, Any]:
    """All that is reported of an exam, for a file in JSON."""
    scores = {k: pass_at(votes, tasks, k) for k in PASS_AT}
    some = scores[PASS_AT[0]]
    return {
        "metrics": {f"pass@{k}": score.tasks() for k, score in scores.items()},
        "intervals_95": {f"pass@{k}": score.interval() for k, score in scores.items()},
        "tests": {f"pass@{k}": score.tests() for k, score in scores.items()},
        "whole_tasks": {f"pass@{k}": s.whole_tasks() for k, s in scores.items()},
        "solved": {
            f"pass@{k}": [task for task, tests in score.solved.items() if all(tests)]
            for k, score in scores.items()
        },
        "shares": {
            f"pass@{k}": dict(zip(score.solved, score.shares().tolist(), strict=True))
            for k, score in scores.items()
        },
        "tasks_scored": len(some.solved),
        "without_answer": some.without_answer,
        "without_attempt": some.without_attempt,
        "predictions": votes.done,
        "predictions_without_grid": votes.without_grid,
    }
