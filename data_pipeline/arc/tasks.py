"""ARC tasks: pairs that show what to do, and pairs to be done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from data_pipeline.schema import UserError

MAX_SIZE = 30
"""Rows, and columns, that a grid has at most."""
COLOURS = 10
"""Cells hold 0 to 9; 0 is black, the background."""


class Pair(NamedTuple):
    """Attributes:
    input: uint8 `[rows columns]`.
    output: the same, of another size perhaps; None where it is not known.
    """

    input: np.ndarray
    output: np.ndarray | None

    @property
    def grids(self) -> tuple[np.ndarray, ...]:
        """What is known: the input, and the output."""
        return (self.input,) if self.output is None else (self.input, self.output)

    @property
    def size(self) -> int:
        """The longest side."""
        return max(side for grid in self.grids for side in grid.shape)


class Task(NamedTuple):
    """Attributes:
    id: names it.
    demonstrations: pairs that show what to do.
    tests: pairs to be done; either all of their outputs are known or none.
    file: where it was read.
    """

    id: str
    demonstrations: tuple[Pair, ...]
    tests: tuple[Pair, ...]
    file: str

    @property
    def answered(self) -> bool:
        return all(test.output is not None for test in self.tests)

    @property
    def size(self) -> int:
        """The longest side of its grids."""
        return max(pair.size for pair in self.demonstrations + self.tests)


def require_distinct(tasks: Sequence[Task]) -> None:
    """Raises: UserError: two tasks have the same id."""
    files: dict[str, str] = {}
    for task in tasks:
        if task.id in files:
            raise UserError(
                f"Two tasks are called {task.id}, one in {files[task.id]}, the other "
                f"in {task.file}: leave one of the files out, or remove the task there."
            )
        files[task.id] = task.file


def divide_by_size(
    tasks: Iterable[Task], max_size: int
) -> tuple[list[Task], list[Task]]:
    """Those whose known grids have no side above `max_size`, and the others."""
    fitting, larger = [], []
    for task in tasks:
        (fitting if task.size <= max_size else larger).append(task)
    return fitting, larger
