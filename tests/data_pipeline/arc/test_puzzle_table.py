"""Puzzle ids: one for each augmentation of each task, none for anything else."""

import numpy as np
import pytest

from data_pipeline.arc.puzzle_table import PuzzleTable
from data_pipeline.arc.task_set import TaskSet, task_set
from data_pipeline.arc.tasks import Pair, Task
from data_pipeline.schema import UserError
from tests.data_pipeline.arc.made import grid, some_task, some_tasks


def test_ids_and_augmentations_belong_together():
    tasks = some_tasks()
    table = PuzzleTable(tasks, 20, seed=0)
    assert table.num_puzzles == 1 + 7 * 21
    found = [
        table.puzzle_id(task, k) for task in range(7) for k in range(table.counts[task])
    ]
    assert found == list(range(1, table.num_puzzles))
    identity = table.augmentation(table.puzzle_id(3, 0))
    assert identity.dihedral == 0 and identity.colours.tolist() == list(range(10))


def test_there_are_no_others():
    table = PuzzleTable(some_tasks(), 2, seed=0)
    for k in (-1, 3):
        with pytest.raises(IndexError, match="3 augmentations"):
            table.puzzle_id(1, k)
    with pytest.raises(UserError, match="-1 augmentations"):
        PuzzleTable(some_tasks(), -1, seed=0)


def augmentations(table, task, count):
    found = (table.augmentation(table.puzzle_id(task, k)) for k in range(count))
    return [(a.dihedral, *a.colours) for a in found]


def test_an_augmentation_depends_on_seed_task_and_number_alone():
    tasks = some_tasks()
    table = PuzzleTable(tasks, 50, seed=0)
    fewer = PuzzleTable(TaskSet(tasks.training[2:3], tasks.evaluation), 10, seed=0)
    assert augmentations(table, 2, 11) == augmentations(fewer, 0, 11)
    other = PuzzleTable(tasks, 50, seed=1)
    assert augmentations(table, 2, 11) != augmentations(other, 2, 11)
    assert augmentations(table, 2, 11) != augmentations(table, 3, 11)


def test_the_answers_of_the_exam_have_no_part_in_it():
    """Not even in how many augmentations a task has."""
    demonstrations = (Pair(grid("1"), grid("1")),)
    tables = [
        PuzzleTable(
            TaskSet((), (Task("a", demonstrations, (Pair(grid("11"), out),), "f"),)),
            1000,
            seed=0,
        )
        for out in (None, grid("123456789"))
    ]
    assert [table.num_puzzles for table in tables] == [1 + 2 * 9] * 2
    assert tables[0].sha256 == tables[1].sha256
    assert augmentations(tables[0], 0, 18) == augmentations(tables[1], 0, 18)


def test_the_checksum_tells_whatever_gives_an_id_another_meaning():
    tasks = some_tasks()
    first, *others = tasks.training
    output = first.tests[0].output.copy()
    output[0, 0] += 1
    edited = first._replace(tests=(first.tests[0]._replace(output=output),))
    sets = [
        tasks,
        tasks._replace(training=(*others, first)),
        tasks._replace(training=(first._replace(id="other"), *others)),
        tasks._replace(training=(edited, *others)),
        TaskSet(tasks.training[:3], (*tasks.training[3:], *tasks.evaluation)),
    ]
    found = [PuzzleTable(one, 5, seed=0).sha256 for one in sets]
    found += [PuzzleTable(tasks, 4, 0).sha256, PuzzleTable(tasks, 5, 1).sha256]
    assert len(set(found)) == len(found)
    assert PuzzleTable(some_tasks(), 5, seed=0).sha256 == found[0]


def test_a_thousand_augmentations_take_four_kilobytes():
    tasks = task_set([some_task("a", 0)], [])
    table = PuzzleTable(tasks, 1000, seed=0)
    assert table._codes.dtype == np.int32 and len(table._codes) == 1001
