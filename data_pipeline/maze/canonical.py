"""One name for all mazes that are symmetries of each other."""

from __future__ import annotations

import numpy as np

from data_pipeline.maze.schema import MazeShape
from data_pipeline.maze.symmetries import group


def canonical_forms(inputs: np.ndarray, shape: MazeShape) -> list[bytes]:
    """Names mazes `[n cells]`, without their answers, up to symmetry.

    Two mazes have the same name if and only if a turn or a mirror makes one of the
    other: it is the least of all images, read row by row. The answer has no part in it,
    since a maze determines its shortest paths.
    """
    whole = group(shape)
    return [
        min(image.tobytes() for image in maze[whole])
        for maze in np.asarray(inputs, np.uint8)
    ]
