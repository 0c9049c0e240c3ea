"""What evaluation knows of each kind of puzzle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from data_pipeline.arc.task import ArcTask
from data_pipeline.datasets import AnyTask, PuzzleTask
from data_pipeline.maze.task import MazeTask
from data_pipeline.schema import Batch
from data_pipeline.text.task import TextTask
from eval import maze_grader, sudoku_grader
from eval.arc.canvas import CanvasDrawing
from eval.maze_drawing import MazeDrawing
from eval.panels import Drawing
from eval.protocol import Grader, Prediction
from eval.sudoku_drawing import SudokuDrawing


class Kind(NamedTuple):
    """Attributes:
    grade: scores that only this kind of puzzle has.
    drawing: how it is drawn.
    solved: the score that says whether an answer is right, whatever the label; the
      pictures count by it.
    rating: what the ratings in the data are, of `difficulty.NAMES`.
    """

    grade: Grader
    drawing: Drawing
    solved: str
    rating: str


def grader(task: AnyTask) -> Grader:
    """The scores that only a task's kind of examples has."""
    return _no_more if isinstance(task, TextTask) else of(task).grade


def of(task: PuzzleTask) -> Kind:
    """The kind of the puzzles of a task."""
    if isinstance(task, MazeTask):
        drawing = MazeDrawing(task.shape)
        return Kind(maze_grader.grader(task.shape), drawing, "valid_optimal", "length")
    if isinstance(task, ArcTask):
        return Kind(_no_more, CanvasDrawing(task.size), "exact_match", "size")
    drawing = SudokuDrawing(task.shape)
    return Kind(sudoku_grader.grader(task.shape), drawing, "exact_match", "guesses")


def _no_more(examples: Batch, prediction: Prediction) -> Mapping[str, np.ndarray]:
    del examples, prediction
    return {}
