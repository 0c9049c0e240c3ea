"""ARC as sources of examples: what is trained on, and questions with their answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from data_pipeline.arc.puzzle_table import PuzzleTable
from data_pipeline.arc.queries import Queries
from data_pipeline.arc.task_set import TaskSet
from data_pipeline.arc.training import Training
from data_pipeline.schema import IGNORE_LABEL, Batch


class Drawn:
    """Training examples; see `task.Sampler`."""

    def __init__(
        self, tasks: TaskSet, table: PuzzleTable, max_size: int, translate: bool
    ):
        """As `Training`."""
        self._parts = tasks, table, max_size, translate
        self._length = len(Training(*self._parts, seed=0))

    def __len__(self) -> int:
        return self._length

    def drawn_by(self, seed: int) -> Callable[[np.ndarray], Batch]:
        return Training(*self._parts, seed=seed).batch


class Questions(Sequence[Mapping[str, Any]]):
    """The tests whose answers are known and fit on the canvas, one example each.

    Its "rating" is the number of cells of the answer.
    """

    def __init__(self, tasks: TaskSet, table: PuzzleTable, max_size: int):
        """As `Queries`, but there may be no tasks."""
        self._examples = list(_examples(tasks, table, max_size))

    def __len__(self) -> int:
        return len(self._examples)

    def __getitem__(self, index):
        return self._examples[index]


def _examples(
    tasks: TaskSet, table: PuzzleTable, max_size: int
) -> Iterator[Mapping[str, Any]]:
    if not tasks.evaluation:
        return
    queries = Queries(tasks, table, max_size, augmentations=0)
    for place in range(len(queries)):
        (inputs,), (labels,), (puzzle_id,), _ = queries.batch(np.array([place]))
        if (labels != IGNORE_LABEL).any():
            query = queries[place]
            answer = query.task.tests[query.test].output
            assert answer is not None  # since it has labels
            yield {
                "inputs": inputs,
                "labels": labels,
                "puzzle_id": puzzle_id,
                "rating": answer.size,
            }
