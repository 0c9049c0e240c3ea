import numpy as np
import pytest

from data_pipeline.arc import roles
from data_pipeline.arc.tasks import Pair
from data_pipeline.schema import UserError
from tests.data_pipeline.arc.made import some_task

TASKS = [some_task(f"task{n}", n, size=3 + n % 2) for n in range(12)]
SMALL = [task for task in TASKS if task.size <= 3]
EXAM = [some_task(f"exam{n}", 100 + n, size=3) for n in range(3)]


def assigned(training=TASKS, exam=EXAM, max_size=4, num_validation=0, seed=0):
    return roles.assign(training, exam, (), max_size, num_validation, seed)


def ids(tasks):
    return [task.id for task in tasks]


def test_all_roles_share_their_indices():
    found = assigned(num_validation=4)
    assert sorted(ids(found.training + found.validation)) == sorted(ids(TASKS))
    assert len(found.validation) == 4
    for tasks in (found.trained, found.examined):
        assert ids(tasks.all) == ids(found.training + found.validation + found.exam)
    assert ids(found.held_out.all) == ids(found.training + found.validation)
    assert ids(found.examined.evaluation) == ids(EXAM)


def test_tests_of_the_validation_are_not_trained_on():
    found = assigned(num_validation=4)
    for index, task in enumerate(found.trained.all):
        shown = len(found.trained.seen(index)) - len(task.demonstrations)
        assert shown == (len(task.tests) if index < len(found.training) else 0)


def test_the_seed_draws_the_validation():
    drawn = {tuple(ids(assigned(num_validation=4, seed=s).validation)) for s in (1, 2)}
    again = assigned(num_validation=4, seed=1).validation
    assert len(drawn) == 2 and tuple(ids(again)) in drawn


def test_large_tasks_are_left_out_and_counted():
    found = assigned(max_size=3)
    assert ids(found.training) == ids(SMALL)
    assert found.left_out == (len(TASKS) - len(SMALL), 0)


def test_the_size_of_an_answer_of_the_exam_says_nothing():
    test = Pair(EXAM[0].tests[0].input, np.zeros((9, 9), np.uint8))
    found = assigned(exam=[EXAM[0]._replace(tests=(test,)), *EXAM[1:]], max_size=4)
    assert ids(found.exam) == ids(EXAM)


def test_a_task_whose_answer_is_trained_on_is_not_held_out():
    twin = TASKS[0]._replace(id="twin", demonstrations=TASKS[0].tests)
    training = [TASKS[0], twin, TASKS[1]]
    held = [assigned(training, num_validation=1, seed=s).validation for s in range(9)]
    assert {name for tasks in held for name in ids(tasks)} == {"task1"}
    assert () in held


def test_what_leaves_nothing_is_refused():
    with pytest.raises(UserError, match="data.max_size = 1"):
        assigned(TASKS[:1], EXAM[:1], max_size=1)
    with pytest.raises(UserError, match="data.num_validation is 12, but there are 12"):
        assigned(num_validation=12)
