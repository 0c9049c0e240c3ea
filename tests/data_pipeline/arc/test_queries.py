"""The exam: every test under every augmentation, and the way back."""

import numpy as np
import pytest

from data_pipeline.arc import codec
from data_pipeline.arc.puzzle_table import PuzzleTable
from data_pipeline.arc.queries import Queries
from data_pipeline.arc.task_set import task_set
from data_pipeline.schema import IGNORE_LABEL, UserError
from tests.data_pipeline.arc.made import owner, some_task, some_tasks


def hidden(task):
    return task._replace(tests=tuple(t._replace(output=None) for t in task.tests))


def test_each_test_is_asked_under_each_augmentation_once():
    tasks = some_tasks()
    table = PuzzleTable(tasks, 10, seed=0)
    queries = Queries(tasks, table, 6, augmentations=4)
    asked = [(q.task.id, q.test, owner(table, q.puzzle_id)) for q in queries]
    assert asked == [
        (task.id, test, (4 + n, k))
        for n, task in enumerate(tasks.evaluation)
        for test in range(len(task.tests))
        for k in range(5)
    ]
    assert len(queries) == len(asked) == (1 + 2 + 1) * 5
    assert len(Queries(tasks, table, 6, augmentations=99)) == 4 * 11
    with pytest.raises(IndexError):
        queries[-1]


def test_a_query_and_its_answer_lead_back_to_the_test():
    tasks = some_tasks()
    queries = Queries(tasks, PuzzleTable(tasks, 10, seed=0), 6, augmentations=10)
    places = np.arange(len(queries))
    batch = queries.batch(places)
    assert all(array.dtype == np.int32 for array in batch[:3])
    assert not (batch.labels == codec.PAD).any()
    answers = np.where(batch.labels == IGNORE_LABEL, codec.PAD, batch.labels)
    for place, inputs, answer, puzzle_id in zip(
        places, batch.inputs, answers, batch.puzzle_ids, strict=True
    ):
        query = queries[int(place)]
        pair = query.task.tests[query.test]
        assert query.puzzle_id == puzzle_id
        np.testing.assert_array_equal(query.answer(inputs), pair.input)
        np.testing.assert_array_equal(query.answer(answer), pair.output)


def test_an_unknown_or_too_large_answer_is_no_label():
    tasks = [hidden(some_task("hidden", 0)), some_task("large", 1)]
    large = np.zeros((7, 2), np.uint8)
    tests = (tasks[1].tests[0]._replace(output=large),)
    tasks = task_set([], [tasks[0], tasks[1]._replace(tests=tests)])
    batch = Queries(tasks, PuzzleTable(tasks, 3, seed=0), 6, 3).batch(np.arange(8))
    assert (batch.labels == IGNORE_LABEL).all()


def test_what_cannot_be_asked_is_named():
    nothing = task_set([some_task("a", 0)], [])
    with pytest.raises(UserError, match="no ARC tasks to evaluate"):
        Queries(nothing, PuzzleTable(nothing, 3, seed=0), 6, 3)
    wide = task_set([], [some_task("wide", 1, size=30)])
    with pytest.raises(UserError, match="made.json, task wide: .* canvas of 6"):
        Queries(wide, PuzzleTable(wide, 3, seed=0), 6, 3)
