"""The rules of Sudoku: no digit twice in a row, a column or a box."""

from __future__ import annotations

import numpy as np

from data_pipeline.schema import BoardShape
from data_pipeline.sudoku.codec import DIGITS
from data_pipeline.sudoku.schema import BLANK


def digit_counts(tokens: np.ndarray, shape: BoardShape) -> np.ndarray:
    """How often each unit holds each digit.

    Args:
      tokens: int `[n cells]`.

    Returns:
      int `[n, 3 * size, size]`: board, unit (rows, columns, boxes), digit.
    """
    digits = np.arange(BLANK + 1, BLANK + 1 + shape.size)
    inside = np.asarray(tokens)[:, shape.units()]
    return (inside[..., None] == digits).sum(2)


def valid(tokens: np.ndarray, shape: BoardShape) -> np.ndarray:
    """bool `[n]`: is no digit twice in a unit? Blanks are allowed."""
    return np.all(digit_counts(tokens, shape) <= 1, axis=(1, 2))


def clashes(tokens: np.ndarray, shape: BoardShape) -> np.ndarray:
    """bool `[cells]`: does a cell's digit stand in its row, column or box once more?

    A blank clashes with nothing.
    """
    groups = shape.groups()
    peers = (groups[:, :, None] == groups[:, None, :]).any(0) & ~np.eye(
        shape.cells, dtype=bool
    )
    same = (tokens[:, None] == tokens[None, :]) & (tokens > BLANK)
    return (peers & same).any(1)


def conflict(tokens: np.ndarray, shape: BoardShape) -> str | None:
    """Says what a board `[cells]` breaks, "row 2 holds 5 twice", or None."""
    twice = np.argwhere(digit_counts(tokens[None], shape)[0] > 1)
    if not twice.size:
        return None
    unit, digit = twice[0]
    kind, number = divmod(int(unit), shape.size)
    return f"{('row', 'column', 'box')[kind]} {number + 1} holds {DIGITS[digit]} twice"
