"""Mazes as the published files write them, one character a cell, and as tokens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data_pipeline.maze.schema import CHARACTERS, WALL, MazeShape

_TOKENS = np.zeros(256, np.int32)
_TOKENS[[ord(character) for character in CHARACTERS]] = WALL + np.arange(5)


def encode(mazes: Sequence[str], shape: MazeShape) -> np.ndarray:
    """Turns mazes of `shape.cells` characters, row by row, into int32 `[n cells]`.

    Raises:
      ValueError: what is wrong with the first bad maze, without naming the maze:
        "has 899 characters instead of 900".
    """
    for maze in mazes:
        if len(maze) != shape.cells:
            raise ValueError(f"has {len(maze)} characters instead of {shape.cells}")
    codes = np.array(list("".join(mazes)), "U1").view(np.uint32)
    tokens = _TOKENS[np.minimum(codes, 255)].reshape(-1, shape.cells)
    wrong = np.argwhere(tokens == 0)
    if wrong.size:
        maze, cell = wrong[0]
        row, column = divmod(int(cell), shape.cols)
        raise ValueError(
            f"holds {mazes[maze][cell]!r} at row {row + 1}, column {column + 1}, "
            f"where only {', '.join(map(repr, CHARACTERS))} may stand"
        )
    return tokens


def decode(tokens: np.ndarray) -> list[str]:
    """Turns tokens `[n cells]` back into mazes; padding becomes a wall."""
    characters = np.array([CHARACTERS[0], *CHARACTERS])
    return ["".join(row) for row in characters[np.asarray(tokens)]]
