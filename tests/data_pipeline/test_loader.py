"""The stream of batches: each example once an epoch, the same after a restart."""

import json

import numpy as np
import pytest

from configs import default
from data_pipeline import loader
from data_pipeline.batches import stack
from data_pipeline.config import DataConfig
from data_pipeline.schema import Batch, BoardShape
from data_pipeline.sudoku.canonical import canonical_form
from data_pipeline.sudoku.task import SudokuTask
from data_pipeline.task import Dataset
from tests.data_pipeline.sudoku.boards import some_puzzles

SHAPE = BoardShape(2, 3)
CONFIG = default.get_config().copy_and_resolve_references()
CONFIG.data.box_rows, CONFIG.data.box_cols = 2, 3
CONFIG.data.min_blanks, CONFIG.data.max_blanks = 12, 20


@pytest.fixture
def source():
    puzzles = some_puzzles(SHAPE)
    return [
        {"inputs": inputs.astype(np.uint8), "labels": labels.astype(np.uint8)}
        for inputs, labels in zip(puzzles.inputs, puzzles.labels, strict=True)
    ]


def stream(source, batch_size=4, augment=True, seed=0, rows=None):
    task = SudokuTask(DataConfig(**CONFIG.data)) if augment else None
    return loader.train_iterator(source, task, batch_size, seed, rows)


def assert_same(batch, other):
    for ours, theirs in zip(batch, other, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("augment", [False, True])
def test_every_epoch_takes_each_example_once(augment, source):
    iterator = stream(source, augment=augment)
    names = [canonical_form(e["inputs"], e["labels"], SHAPE) for e in source]
    orders = []
    for _ in range(3):
        epoch = [next(iterator) for _ in range(5)]
        orders.append(
            [
                names.index(canonical_form(inputs, labels, SHAPE))
                for batch in epoch
                for inputs, labels in zip(batch.inputs, batch.labels, strict=True)
            ]
        )
        assert sorted(orders[-1]) == list(range(20))
    assert orders[0] != orders[1] != orders[2]


def test_symmetries_are_new_every_time(source):
    iterator = stream(source)
    seen = {next(iterator).inputs.tobytes() for _ in range(50)}
    assert len(seen) == 50
    plain = stream(source, augment=False)
    originals = {bytes(e["inputs"]) for e in source}
    assert {bytes(row.astype(np.uint8)) for row in next(plain).inputs} <= originals


def test_restored_at_every_step_gives_the_same_rest(source):
    iterator = stream(source)
    states, batches = [], []
    for _ in range(12):
        states.append(json.loads(json.dumps(iterator.get_state())))
        batches.append(next(iterator))
    for start, state in enumerate(states):
        again = stream(source)
        again.set_state(state)
        for batch in batches[start:]:
            assert_same(next(again), batch)


class Watched(list):
    """Remembers who was read."""

    def __getitem__(self, index):
        self.seen = [*getattr(self, "seen", []), index]
        return super().__getitem__(index)


@pytest.mark.parametrize("augment", [False, True])
def test_processes_read_rows_of_their_own_of_one_stream(augment, source):
    whole = stream(source, batch_size=8, augment=augment)
    shares = [np.array([0, 1, 6]), np.array([2, 3, 4, 5, 7])]
    watched = [Watched(source) for _ in shares]
    parts = [
        stream(examples, batch_size=8, augment=augment, rows=rows)
        for examples, rows in zip(watched, shares, strict=True)
    ]
    for _ in range(5):  # two epochs
        batch = next(whole)
        for part, rows in zip(parts, shares, strict=True):
            assert_same(next(part), Batch(*(array[rows] for array in batch[:3])))
            # Any number of processes goes on from what one has saved.
            assert part.get_state() == whole.get_state()
    assert [len(examples.seen) for examples in watched] == [15, 25]
    assert sorted(watched[0].seen + watched[1].seen) == sorted(2 * list(range(20)))


def test_the_seed_decides(source):
    assert_same(next(stream(source, seed=5)), next(stream(source, seed=5)))
    same = next(stream(source, seed=6)).inputs == next(stream(source, seed=5)).inputs
    assert not same.all()


def test_what_may_be_looked_at_is_validation_or_what_is_trained_on(source):
    few = [source[place] for place in range(3)]
    nothing = []
    found = loader.read_known(Dataset(source, few, nothing), 2)
    np.testing.assert_array_equal(found.inputs, loader.read_all(source, 2).inputs)
    found = loader.read_known(Dataset(source, nothing, nothing), 5)
    np.testing.assert_array_equal(found.inputs, loader.read_all(source, 5).inputs)

    class Backwards:
        def __len__(self):
            return 4

        def drawn_by(self, seed):
            return lambda places: stack([source[3 - int(n) % 4] for n in places])

    found = loader.read_known(Dataset(Backwards(), nothing, nothing), 9)
    wanted = loader.read_all(source, 4).inputs[::-1]
    np.testing.assert_array_equal(found.inputs, wanted)


def test_a_batch_may_be_larger_than_the_source(source):
    batch = next(stream(source[:3], batch_size=8))
    assert batch.inputs.shape == (8, SHAPE.cells)


def test_batches_are_what_the_model_takes(source):
    batch = next(stream(source))
    assert all(array.dtype == np.int32 for array in batch[:3])
    assert batch.layout is None
    assert batch.puzzle_ids.shape == (4,) and not batch.puzzle_ids.any()
    first, whole = loader.read_all(source, 7), loader.read_all(source, 0)
    assert len(first.inputs) == 7 and len(whole.inputs) == 20
    np.testing.assert_array_equal(whole.labels, some_puzzles(SHAPE).labels)
