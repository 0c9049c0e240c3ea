"""Tasks in their roles, and what no set may be."""

import pytest

from data_pipeline.arc.task_set import task_set
from data_pipeline.arc.tasks import divide_by_size
from data_pipeline.schema import UserError
from tests.data_pipeline.arc.made import some_task, some_tasks


def hidden(task):
    return task._replace(tests=tuple(t._replace(output=None) for t in task.tests))


def test_what_training_sees_and_what_is_known():
    tasks = some_tasks()
    for index, task in enumerate(tasks.all):
        if index < 4:
            assert tasks.seen(index) == task.demonstrations + task.tests
            assert tasks.known(index) == tasks.seen(index)
        else:
            assert tasks.seen(index) == task.demonstrations
            assert tasks.known(index) == task.demonstrations + hidden(task).tests


def test_sets_that_cannot_be_are_named():
    a, b = some_task("a", 0), some_task("b", 1)
    other_a = some_task("a", 2)._replace(file="other.json")
    for training, evaluation, leave_out, complaint in [
        ([], [], (), "There are no ARC tasks"),
        ([], [a], ("a",), "There are no ARC tasks"),
        ([a, other_a], [], (), "called a, one in made.json, the other in other.json"),
        ([a], [other_a], (), "called a, one in made.json, the other in other.json"),
        ([b, hidden(a)], [], (), "made.json, task a: its tests have no outputs"),
        ([a], [b], ("c",), "no evaluation task c to leave out"),
        ([a], [b, a], (), "Training holds the answers of 1 of 2 evaluation tasks, a "),
    ]:
        with pytest.raises(UserError, match=complaint):
            task_set(training, evaluation, leave_out)


def test_evaluation_needs_no_answers_and_may_leave_tasks_out():
    a, b = some_task("a", 0), hidden(some_task("b", 1))
    tasks = task_set([a], [a, b], leave_out=["a"])
    assert [task.id for task in tasks.all] == ["a", "b"]


def test_tasks_are_divided_by_their_largest_known_grid():
    tasks = [some_task(f"task{n}", n, size=3 + n) for n in range(8)]
    fitting, larger = divide_by_size(tasks, 5)
    assert sorted(fitting + larger, key=lambda task: task.id) == tasks
    assert all(task.size <= 5 for task in fitting)
    assert all(task.size > 5 for task in larger)
    assert fitting and larger
