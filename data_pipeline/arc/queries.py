"""What a model is asked of ARC tasks: each test input under each augmentation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from data_pipeline.arc import codec
from data_pipeline.arc.augmentations import Augmentation
from data_pipeline.arc.puzzle_table import PuzzleTable
from data_pipeline.arc.task_set import TaskSet
from data_pipeline.arc.tasks import Pair, Task
from data_pipeline.schema import IGNORE_LABEL, Batch, UserError


class Query(NamedTuple):
    """Attributes:
    task: it belongs to.
    test: which of the task's tests, from 0.
    puzzle_id: of the augmented task.
    augmentation: under which the test is shown.
    """

    task: Task
    test: int
    puzzle_id: int
    augmentation: Augmentation

    def answer(self, tokens: np.ndarray) -> np.ndarray:
        """The grid that predicted tokens `[S]` mean for the task as it is, uint8."""
        return self.augmentation.invert(codec.decode(tokens))


class Queries:
    """The exam, with random access; nothing is kept of it but an index.

    The queries of one test follow each other, the identity first.
    """

    def __init__(
        self, tasks: TaskSet, table: PuzzleTable, max_size: int, augmentations: int
    ):
        """Args:
        table: that the model was trained with.
        augmentations: beside the identity; no more than a task has are asked.

        Raises:
          UserError: there are no tasks, or a grid does not fit on the canvas.
        """
        if not tasks.evaluation:
            raise UserError(
                "There are no ARC tasks to evaluate on: name a file of them."
            )
        self._tests: list[tuple[int, int]] = []
        for index in range(len(tasks.training), len(tasks.all)):
            task = tasks.all[index]
            if max(side for t in task.tests for side in t.input.shape) > max_size:
                raise UserError(
                    f"{task.file}, task {task.id}: a test does not fit on a canvas of "
                    f"{max_size}: leave the task out, or choose a larger canvas."
                )
            self._tests.extend((index, test) for test in range(len(task.tests)))
        self._tasks, self._table, self._max_size = tasks, table, max_size
        counts = [
            min(table.counts[index], augmentations + 1) for index, _ in self._tests
        ]
        self._ends = np.cumsum(counts)

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, place: int) -> Query:
        if not 0 <= place < len(self):
            raise IndexError(f"there are {len(self)} queries, and none at {place}")
        row = int(np.searchsorted(self._ends, place, side="right"))
        index, test = self._tests[row]
        k = place - (int(self._ends[row - 1]) if row else 0)
        puzzle_id = self._table.puzzle_id(index, k)
        return Query(
            self._tasks.all[index],
            test,
            puzzle_id,
            self._table.augmentation(puzzle_id),
        )

    def batch(self, places: np.ndarray) -> Batch:
        """The queries at places `[B]` as the model sees them, grids in the corner.

        Labels are ignored throughout where the answer is not known, or does not fit.
        """
        queries = [self[int(place)] for place in places]
        inputs, labels = zip(*(self._encoded(query) for query in queries), strict=True)
        ids = np.array([query.puzzle_id for query in queries], np.int32)
        return Batch(np.stack(inputs), np.stack(labels), ids)

    def _encoded(self, query: Query) -> tuple[np.ndarray, np.ndarray]:
        pair: Pair = query.task.tests[query.test]
        size = self._max_size
        inputs = codec.encode(query.augmentation.apply(pair.input), size)
        if pair.output is None or max(pair.output.shape) > size:
            return inputs, np.full_like(inputs, IGNORE_LABEL)
        labels = codec.encode(query.augmentation.apply(pair.output), size)
        return inputs, np.where(labels == codec.PAD, IGNORE_LABEL, labels)
