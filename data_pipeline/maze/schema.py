"""The words of mazes: the tokens of their cells, and the shape of a board."""

from __future__ import annotations

import dataclasses

import numpy as np

WALL, OPEN, START, GOAL, PATH = range(1, 6)
"""Tokens as in the published data; 0 pads. A question has no PATH; an answer has it on
the cells between start and goal."""

CHARACTERS = "# SGo"
"""How these tokens are written, from WALL to PATH."""


@dataclasses.dataclass(frozen=True)
class MazeShape:
    """A maze of `rows` x `cols` cells, with nothing but walls around it."""

    rows: int
    cols: int

    @property
    def cells(self) -> int:
        return self.rows * self.cols

    @property
    def vocab_size(self) -> int:
        return len(CHARACTERS) + 1


def start_and_goal(inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """int `[n]` each: the cells of the start and of the goal in mazes `[n cells]`."""
    return (inputs == START).argmax(1), (inputs == GOAL).argmax(1)
