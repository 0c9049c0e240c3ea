"""Training examples from ARC tasks: an endless sequence with random access."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from data_pipeline.arc import codec
from data_pipeline.arc.augmentations import turn
from data_pipeline.arc.puzzle_table import PuzzleTable
from data_pipeline.arc.task_set import TaskSet
from data_pipeline.arc.tasks import Pair
from data_pipeline.schema import IGNORE_LABEL, Batch, UserError


class Training:
    """What stands at each place of the sequence, a function of the seed and the place.

    As in HRM and TRM an epoch takes the tasks in an order of its own and draws one
    augmentation for each; all pairs of the task follow under it, in random order, so
    that neighbours share a puzzle id. A pair lies at a random place of the canvas, its
    input and its output at the same one; but one of the pairs, drawn too, in the
    corner, where the tests will lie. The published data draw these places once, here
    they are new in every epoch. Labels that would be padding are ignored.

    Pairs are the demonstrations of all tasks, and the tests of those in training.
    """

    def __init__(
        self,
        tasks: TaskSet,
        table: PuzzleTable,
        max_size: int,
        translate: bool,
        seed: int,
    ):
        """Args:
        table: of the same tasks.
        max_size: side of the canvas.
        translate: place pairs at random.

        Raises:
          UserError: a grid does not fit.
        """
        self._pairs: list[Pair] = []
        self._counts = np.zeros(len(tasks.all), int)
        for index, task in enumerate(tasks.all):
            seen = tasks.seen(index)
            if max(pair.size for pair in seen) > max_size:
                raise UserError(
                    f"{task.file}, task {task.id}: a grid does not fit on a canvas of "
                    f"{max_size}: leave the task out, or choose a larger canvas."
                )
            self._counts[index] = len(seen)
            self._pairs.extend(seen)
        self._firsts = np.cumsum(self._counts) - self._counts
        self._table = table
        self._max_size = max_size
        self._translate = translate
        self._seed = seed
        # A batch may lie in two epochs; they are cheap, but not for every example.
        self._plan = functools.lru_cache(4)(self._make_plan)

    def __len__(self) -> int:
        """Examples of an epoch."""
        return len(self._pairs)

    def batch(self, places: np.ndarray) -> Batch:
        """The examples at places `[B]`, of which epoch e has those from e * len on."""
        size, count = self._max_size, len(places)
        inputs = np.full((count, size, size), codec.PAD, np.int32)
        labels = np.full((count, size, size), IGNORE_LABEL, np.int32)
        puzzle_ids = np.empty(count, np.int32)
        for row, place in enumerate(places):
            epoch, step = divmod(int(place), len(self))
            plan = self._plan(epoch)
            pair = self._pairs[plan.pairs[step]]
            puzzle_ids[row] = plan.puzzle_ids[step]
            augmentation = self._table.augmentation(int(puzzle_ids[row]))
            tokens = augmentation.colours.astype(np.int32) + codec.FIRST_COLOUR
            grids = [turn(tokens[grid], augmentation.dihedral) for grid in pair.grids]
            rows, columns = (
                max(sides) for sides in zip(*(g.shape for g in grids), strict=True)
            )
            down = int(plan.places[step, 0] * (size - rows + 1))
            right = int(plan.places[step, 1] * (size - columns + 1))
            codec.draw(inputs[row], grids[0], down, right)
            codec.draw(labels[row], grids[1], down, right)
        return Batch(inputs.reshape(count, -1), labels.reshape(count, -1), puzzle_ids)

    def _make_plan(self, epoch: int) -> _Plan:
        rng = np.random.default_rng([self._seed, epoch])
        order = rng.permutation(len(self._counts))
        counts = self._counts[order]
        drawn = rng.integers(self._table.counts[order])
        ids = [self._table.puzzle_id(t, k) for t, k in zip(order, drawn, strict=True)]
        starts = np.repeat(np.cumsum(counts) - counts, counts)
        groups = np.repeat(np.arange(len(order)), counts)
        # Shuffled within each group: sorted by the group first, then by chance.
        shuffled = np.lexsort((rng.random(len(groups)), groups)) - starts
        places = rng.random((len(groups), 2))
        corner = rng.integers(counts)
        places[np.cumsum(counts) - counts + corner] = 0
        return _Plan(
            np.repeat(self._firsts[order], counts) + shuffled,
            np.repeat(np.array(ids, np.int32), counts),
            places * self._translate,
        )


class _Plan(NamedTuple):
    """An epoch, step by step.

    Attributes:
      pairs: int `[n]`, which one.
      puzzle_ids: int32 `[n]`.
      places: float `[n 2]` in [0, 1), where on the canvas, of the room that is left.
    """

    pairs: np.ndarray
    puzzle_ids: np.ndarray
    places: np.ndarray
