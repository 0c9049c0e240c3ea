"""Random puzzles for tests, and a second opinion on what solves them."""

import functools

import numpy as np
from hypothesis import strategies as st

from data_pipeline.puzzles import Puzzles
from data_pipeline.schema import BoardShape
from data_pipeline.sudoku.generator import generate
from data_pipeline.sudoku.schema import BLANK

SHAPES = (
    BoardShape(2, 2),
    BoardShape(2, 3),
    BoardShape(3, 2),
    BoardShape(2, 4),
    BoardShape(3, 3),
)
shapes = st.sampled_from(SHAPES)
seeds = st.integers(0, 2**32 - 1)


@functools.cache
def some_puzzles(shape: BoardShape) -> Puzzles:
    cells = shape.cells
    return generate(shape, 20, cells // 3, cells // 2, seed=1)


def all_solutions(board: np.ndarray, shape: BoardShape) -> list[tuple[int, ...]]:
    """Every solution of a board `[cells]`, by trying digit after digit."""
    board = list(board)
    if BLANK not in board:
        return [tuple(board)]
    cell = board.index(BLANK)
    groups = shape.groups()
    near = (groups == groups[:, cell : cell + 1]).any(0)
    taken = {board[i] for i in np.flatnonzero(near)}
    found = []
    for digit in set(range(2, 2 + shape.size)) - taken:
        found += all_solutions(
            np.array([*board[:cell], digit, *board[cell + 1 :]]), shape
        )
    return found
