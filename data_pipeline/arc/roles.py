"""Which ARC tasks are trained on, which choose the checkpoint, which are the exam."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from data_pipeline.arc import contamination
from data_pipeline.arc.task_set import TaskSet, task_set
from data_pipeline.arc.tasks import Pair, Task, divide_by_size
from data_pipeline.schema import UserError


class Roles(NamedTuple):
    """Tasks in three roles, which share their indices: those in training come first,
    then those for validation, then the exam.

    Attributes:
      training, validation, exam: in that order.
      left_out: of training and of exam, tasks that are too large.
    """

    training: tuple[Task, ...]
    validation: tuple[Task, ...]
    exam: tuple[Task, ...]
    left_out: tuple[int, int]

    @property
    def trained(self) -> TaskSet:
        """What a training may see, and the puzzle table is made of."""
        return TaskSet(self.training, self.validation + self.exam)

    @property
    def held_out(self) -> TaskSet:
        """The validation is to be answered."""
        return TaskSet(self.training, self.validation)

    @property
    def examined(self) -> TaskSet:
        """The exam is to be answered."""
        return TaskSet(self.training + self.validation, self.exam)


def assign(
    training: Sequence[Task],
    evaluation: Sequence[Task],
    leave_out: Collection[str],
    max_size: int,
    num_validation: int,
    seed: int,
) -> Roles:
    """Puts tasks in their roles.

    The answers of the exam have no part in it: whether a task fits is seen from what
    everybody is given.

    Args:
      leave_out: ids of evaluation tasks to forget about.
      max_size: no task with a longer side is taken.
      num_validation: training tasks, drawn at random, whose tests are not trained on.
        Those whose answers stand in another training task are put back.

    Raises:
      UserError: see `task_set`; or nothing is left to train on.
    """
    tasks = task_set(training, evaluation, leave_out)
    fitting, large = divide_by_size(tasks.training, max_size)
    shown, hidden = divide_by_size(map(_without_answers, tasks.evaluation), max_size)
    kept = {task.id for task in shown}
    exam = tuple(task for task in tasks.evaluation if task.id in kept)
    if not fitting and not exam:
        raise UserError(
            f"No ARC task fits on a canvas of data.max_size = {max_size}: choose a "
            "larger one."
        )
    if num_validation and num_validation >= len(fitting):
        raise UserError(
            f"data.num_validation is {num_validation}, but there are {len(fitting)} "
            "tasks to train on: choose fewer."
        )
    drawn = np.random.default_rng(seed).permutation(len(fitting))[:num_validation]
    held = {fitting[index].id for index in drawn}
    while held:
        learned, validation = _split(fitting, held)
        leaked = {leak.task.id for leak in contamination.leaks(learned, validation)}
        if not leaked:
            break
        held -= leaked
    learned, validation = _split(fitting, held)
    return Roles(learned, validation, exam, (len(large), len(hidden)))


def _split(
    tasks: Sequence[Task], held: Collection[str]
) -> tuple[tuple[Task, ...], tuple[Task, ...]]:
    return (
        tuple(task for task in tasks if task.id not in held),
        tuple(task for task in tasks if task.id in held),
    )


def _without_answers(task: Task) -> Task:
    return task._replace(tests=tuple(Pair(test.input, None) for test in task.tests))
