"""Scores that only mazes have."""

from __future__ import annotations

import numpy as np

from data_pipeline.maze import paths
from data_pipeline.maze.schema import PATH, MazeShape
from data_pipeline.schema import Batch
from eval.protocol import Grader, Prediction


def grader(shape: MazeShape) -> Grader:
    """Scores of mazes of a shape.

    "path_accuracy": share of the label's path that the answer marks; NaN where start
    and goal are neighbours. "valid_optimal": the answer is a shortest path, whichever;
    "exact_match" counts the label's alone, and every Maze-Hard maze has more than one
    shortest path.
    """

    def grade(examples: Batch, prediction: Prediction) -> dict[str, np.ndarray]:
        path = examples.labels == PATH
        cells = path.sum(1)
        accuracy = np.full(len(cells), np.nan)
        found = (path & (prediction.answers == PATH)).sum(1)
        np.divide(found, cells, out=accuracy, where=cells > 0)
        return {
            "path_accuracy": accuracy,
            "valid_optimal": paths.valid_optimal(
                examples.inputs, prediction.answers, shape
            ),
        }

    return grade
