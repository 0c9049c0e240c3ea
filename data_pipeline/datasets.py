"""Which task a config speaks of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data_pipeline.arc.task import ArcTask
from data_pipeline.config import DataConfig
from data_pipeline.maze.task import MazeTask
from data_pipeline.sudoku_task import SudokuTask

BoardTask = SudokuTask | MazeTask
"""Of which each puzzle is a board of its own, that can be written in a line."""
AnyTask = BoardTask | ArcTask

_TASKS = {
    "generated": SudokuTask,
    "sudoku_extreme": SudokuTask,
    "generated_mazes": MazeTask,
    "maze_hard": MazeTask,
    "arc": ArcTask,
}


def task(data: Mapping[str, Any]) -> AnyTask:
    """The task of the fields of a `DataConfig`.

    Raises:
      UserError: a value is out of range.
    """
    config = DataConfig(**data)
    return _TASKS[config.dataset](config)
