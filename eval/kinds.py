"""What evaluation knows of each kind of puzzle."""

from __future__ import annotations

from typing import NamedTuple

from data_pipeline.datasets import AnyTask
from data_pipeline.maze.task import MazeTask
from eval import maze, sudoku
from eval.boards import SudokuDrawing
from eval.mazes import MazeDrawing
from eval.panels import Drawing
from eval.protocol import Grader


class Kind(NamedTuple):
    """Attributes:
    grade: scores that only this kind of puzzle has.
    drawing: how it is drawn.
    """

    grade: Grader
    drawing: Drawing


def of(task: AnyTask) -> Kind:
    """The kind of the puzzles of a task."""
    if isinstance(task, MazeTask):
        return Kind(maze.grader(task.shape), MazeDrawing(task.shape))
    return Kind(sudoku.grader(task.shape), SudokuDrawing(task.shape))
