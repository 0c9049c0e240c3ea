"""Which task a config speaks of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from data_pipeline.arc.task import ArcTask
from data_pipeline.config import DataConfig
from data_pipeline.maze.task import MazeTask
from data_pipeline.schema import UserError
from data_pipeline.sudoku.task import SudokuTask
from data_pipeline.text.corpus.origin import Corpus
from data_pipeline.text.programs import Programs
from data_pipeline.text.task import TextTask

BoardTask = SudokuTask | MazeTask
"""Of which each puzzle is a board of its own, that can be written in a line."""
PuzzleTask = BoardTask | ArcTask
AnyTask = PuzzleTask | TextTask

_TASKS: dict[str, Callable[[DataConfig], AnyTask]] = {
    "generated": SudokuTask,
    "sudoku_extreme": SudokuTask,
    "generated_mazes": MazeTask,
    "maze_hard": MazeTask,
    "arc": ArcTask,
    "programs": lambda config: TextTask(config, Programs(config)),
    "corpus": lambda config: TextTask(config, Corpus(config)),
}


def task(data: Mapping[str, Any]) -> AnyTask:
    """The task of the fields of a `DataConfig`.

    Raises:
      UserError: a value is out of range.
    """
    config = DataConfig(**data)
    return _TASKS[config.dataset](config)


def boards(data: Mapping[str, Any], command: str) -> BoardTask:
    """As `puzzles`, of what only boards have.

    Args:
      command: that asks for it, for people.

    Raises:
      UserError: a value is out of range, or the data are text or ARC.
    """
    return require_boards(task(data), data["dataset"], command)


def require_boards(found: AnyTask, dataset: str, command: str) -> BoardTask:
    """A task that has boards.

    Args:
      dataset: of its config.
      command: that asks for it, for people.

    Raises:
      UserError: it is text or ARC.
    """
    found = require_puzzles(found, dataset)
    if isinstance(found, ArcTask):
        raise UserError(
            f"`{command}` takes puzzles that are a line of text, but the data are ARC "
            "tasks: `evaluate` answers their tests."
        )
    return found


def puzzles(data: Mapping[str, Any]) -> PuzzleTask:
    """As `task`, of what only puzzles have.

    Raises:
      UserError: a value is out of range, or the data are text.
    """
    return require_puzzles(task(data), data["dataset"])


def require_puzzles(found: AnyTask, dataset: str) -> PuzzleTask:
    """A task that has puzzles.

    Args:
      dataset: of its config.

    Raises:
      UserError: it is text.
    """
    if isinstance(found, TextTask):
        raise UserError(
            f"This is for puzzles, but data.dataset is {dataset!r}, which is text: "
            "`generate` writes it, `evaluate` and `benchmark` measure it."
        )
    return found
