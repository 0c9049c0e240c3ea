"""Sudokus as people write them, one character a cell, and as tokens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data_pipeline import characters
from data_pipeline.schema import BoardShape
from data_pipeline.sudoku.schema import BLANK

DIGITS = "123456789ABCDEFG"
"""Characters of the digits, so that boards of up to 16 digits can be written."""
BLANKS = ".0"


def encode(boards: Sequence[str], shape: BoardShape) -> np.ndarray:
    """Turns boards of `shape.cells` characters, row by row, into int32 `[n cells]`.

    '.' and '0' are blanks.

    Raises:
      ValueError: what is wrong with the first bad board, without naming the board:
        "has 80 characters instead of 81".
    """
    tokens = dict.fromkeys(BLANKS, BLANK)
    tokens |= {digit: BLANK + 1 + i for i, digit in enumerate(DIGITS[: shape.size])}
    may = f"1 to {DIGITS[shape.size - 1]} and '.'"
    return characters.encode(boards, shape.cells, shape.size, tokens, may)


def decode(tokens: np.ndarray, shape: BoardShape) -> list[str]:
    """Turns tokens `[n cells]` back into boards; padding and blanks become '.'."""
    signs = np.array([".", "."] + list(DIGITS[: shape.size]))
    return ["".join(row) for row in signs[np.asarray(tokens)]]
