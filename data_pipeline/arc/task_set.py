"""ARC tasks to train on and to evaluate on, and which pairs a training may see."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from data_pipeline.arc import contamination
from data_pipeline.arc.tasks import Pair, Task, require_distinct
from data_pipeline.schema import UserError


class TaskSet(NamedTuple):
    """Tasks in two roles; made by `task_set`, which vouches for them.

    Attributes:
      training: all of their pairs are trained on.
      evaluation: their demonstrations are trained on too, their tests are the exam.
    """

    training: tuple[Task, ...]
    evaluation: tuple[Task, ...]

    @property
    def all(self) -> tuple[Task, ...]:
        """An index into these names a task in everything that is made of a set."""
        return self.training + self.evaluation

    def seen(self, index: int) -> tuple[Pair, ...]:
        """The pairs of a task that are trained on."""
        task = self.all[index]
        tests = task.tests if index < len(self.training) else ()
        return task.demonstrations + tests

    def known(self, index: int) -> tuple[Pair, ...]:
        """All pairs of a task, without the outputs that are the exam."""
        if index < len(self.training):
            return self.seen(index)
        task = self.all[index]
        return task.demonstrations + tuple(Pair(t.input, None) for t in task.tests)


def task_set(
    training: Iterable[Task],
    evaluation: Iterable[Task],
    leave_out: Collection[str] = (),
) -> TaskSet:
    """Puts tasks in their roles.

    Args:
      leave_out: ids of evaluation tasks to forget about.

    Raises:
      UserError: there are no tasks, two have the same id, one in `training` lacks the
        outputs of its tests, one to leave out is not there, or the answer of one in
        `evaluation` stands in `training`.
    """
    tasks = TaskSet(tuple(training), tuple(evaluation))
    unknown = set(leave_out) - {task.id for task in tasks.evaluation}
    if unknown:
        raise UserError(f"There is no evaluation task {min(unknown)} to leave out.")
    kept = tuple(task for task in tasks.evaluation if task.id not in leave_out)
    tasks = TaskSet(tasks.training, kept)
    if not tasks.all:
        raise UserError("There are no ARC tasks: name at least one file of them.")
    for task in tasks.training:
        if not task.answered:
            raise UserError(
                f"{task.file}, task {task.id}: its tests have no outputs, so it cannot "
                "be trained on: add its solutions, or only evaluate on it."
            )
    # First: of tasks that stand in both roles it says more than their ids do.
    contamination.require_unseen(tasks.training, tasks.evaluation)
    require_distinct(tasks.all)
    return tasks
