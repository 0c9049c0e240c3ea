"""Mazes as the published files write them, one character a cell, and as tokens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data_pipeline import characters
from data_pipeline.maze.schema import CHARACTERS, WALL, MazeShape

_TOKENS = {character: WALL + i for i, character in enumerate(CHARACTERS)}


def encode(mazes: Sequence[str], shape: MazeShape) -> np.ndarray:
    """Turns mazes of `shape.cells` characters, row by row, into int32 `[n cells]`.

    Raises:
      ValueError: what is wrong with the first bad maze, without naming the maze:
        "has 899 characters instead of 900".
    """
    may = ", ".join(map(repr, CHARACTERS))
    return characters.encode(mazes, shape.cells, shape.cols, _TOKENS, may)


def decode(tokens: np.ndarray) -> list[str]:
    """Turns tokens `[n cells]` back into mazes; padding becomes a wall."""
    signs = np.array([CHARACTERS[0], *CHARACTERS])
    return ["".join(row) for row in signs[np.asarray(tokens)]]
