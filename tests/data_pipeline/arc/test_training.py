"""The endless sequence of training examples, and Grain's access to it."""

import json

import grain
import numpy as np
import pytest

from data_pipeline.arc import codec
from data_pipeline.arc.puzzle_table import PuzzleTable
from data_pipeline.arc.task_set import task_set
from data_pipeline.arc.training import Training
from data_pipeline.schema import IGNORE_LABEL, UserError
from tests.data_pipeline.arc.made import owner, real_sets, some_task, some_tasks

SIZE = 6


@pytest.fixture
def tasks():
    return some_tasks()


@pytest.fixture
def table(tasks):
    return PuzzleTable(tasks, 20, seed=0)


@pytest.fixture
def training(tasks, table):
    return Training(tasks, table, SIZE, translate=True, seed=0)


def understand(table, inputs, labels, puzzle_id):
    """The task, the pair in bytes, and where it lies, from what the model is shown."""
    labels = np.where(labels == IGNORE_LABEL, codec.PAD, labels)
    filled = np.argwhere(inputs.reshape(SIZE, SIZE) > codec.EOS)
    row, column = (int(n) for n in filled.min(0))
    task, _ = owner(table, int(puzzle_id))
    augmentation = table.augmentation(int(puzzle_id))
    shown = (codec.decode(tokens, row, column) for tokens in (inputs, labels))
    return task, content(map(augmentation.invert, shown)), (row, column)


def content(grids):
    return tuple((grid.shape, grid.tobytes()) for grid in grids)


def epochs(training, table, count, first=0):
    """For each epoch, each example understood, and its puzzle id."""
    for epoch in range(first, first + count):
        places = np.arange(len(training)) + epoch * len(training)
        batch = training.batch(places)
        rows = zip(*batch[:3], strict=True)
        yield [(*understand(table, *row), int(row[2])) for row in rows]


def test_every_epoch_shows_each_pair_that_may_be_seen_once(tasks, table, training):
    expected = sorted(
        (index, content(pair.grids)) for index in range(7) for pair in tasks.seen(index)
    )
    exam = {content(t.grids) for task in tasks.evaluation for t in task.tests}
    assert len(training) == len(expected) == 7 * 3 + 6
    orders = []
    for examples in epochs(training, table, 3):
        assert sorted(example[:2] for example in examples) == expected
        assert not exam & {example[1] for example in examples}
        orders.append([example[:2] for example in examples])
    assert orders[0] != orders[1] != orders[2]


def test_a_task_comes_as_a_whole_under_one_augmentation(table, training):
    drawn = set()
    for examples in epochs(training, table, 60):
        ids = [puzzle_id for *_, puzzle_id in examples]
        changes = sum(a != b for a, b in zip(ids, ids[1:], strict=False))
        assert len(set(ids)) == 7 == changes + 1
        drawn |= set(ids)
    # Of 21 augmentations, 60 draws miss one in 1.05^60 = 19 on average.
    assert 0.9 * 7 * 21 < len(drawn) <= 7 * 21


def test_pairs_lie_anywhere_but_one_of_each_task_in_the_corner(table, training):
    places = set()
    for examples in epochs(training, table, 60):
        places |= {place for _, _, place, _ in examples}
        in_corner = {task for task, _, place, _ in examples if place == (0, 0)}
        assert in_corner == set(range(7))
    rows, columns = zip(*places, strict=True)
    assert max(rows) == max(columns) == SIZE - 1


def test_without_translation_all_lie_in_the_corner(tasks, table):
    training = Training(tasks, table, SIZE, translate=False, seed=0)
    (examples,) = epochs(training, table, 1)
    assert {place for _, _, place, _ in examples} == {(0, 0)}


def test_padding_is_no_label(training):
    batch = training.batch(np.arange(len(training)))
    assert all(array.dtype == np.int32 for array in batch[:3])
    assert (batch.labels == IGNORE_LABEL).any() and not (
        batch.labels == codec.PAD
    ).any()
    assert (batch.inputs >= 0).all()


def test_an_example_is_a_function_of_seed_and_place(tasks, table, training):
    places = np.array([500, 3, 77, 10**12, 3])
    together = training.batch(places)
    fresh = Training(tasks, table, SIZE, translate=True, seed=0)
    for row, place in enumerate(places[::-1]):
        alone = fresh.batch(np.array([place]))
        for ours, theirs in zip(together[:3], alone[:3], strict=True):
            np.testing.assert_array_equal(ours[len(places) - 1 - row], theirs[0])
    other = Training(tasks, table, SIZE, translate=True, seed=1).batch(places)
    assert (other.puzzle_ids != together.puzzle_ids).any()


def test_grain_restores_it_at_every_step(training):
    def stream():
        places = grain.MapDataset.range(2**62)
        batches = places.batch(8).map(training.batch)
        here = grain.ReadOptions(num_threads=0, prefetch_buffer_size=0)
        return iter(batches.to_iter_dataset(here))

    iterator = stream()
    states, batches = [], []
    for _ in range(10):
        states.append(json.loads(json.dumps(iterator.get_state())))
        batches.append(next(iterator))
    for start, state in enumerate(states):
        again = stream()
        again.set_state(state)
        for batch in batches[start:]:
            for ours, theirs in zip(next(again), batch, strict=True):
                np.testing.assert_array_equal(ours, theirs)


def test_what_does_not_fit_is_named(table):
    large = task_set([some_task("small", 0), some_task("wide", 1, size=30)], [])
    with pytest.raises(UserError, match="made.json, task wide: .* canvas of 6"):
        Training(large, PuzzleTable(large, 1, 0), SIZE, translate=True, seed=0)


@pytest.mark.slow
def test_an_epoch_of_the_real_tasks(shared_data):
    tasks = real_sets(shared_data)["arc1"]
    table = PuzzleTable(tasks, 1000, seed=0)
    training = Training(tasks, table, 30, translate=True, seed=0)
    assert len(training) == sum(len(tasks.seen(i)) for i in range(len(tasks.all)))
    batch = training.batch(np.arange(len(training)))
    assert len(np.unique(batch.puzzle_ids)) == len(tasks.all) == 958
