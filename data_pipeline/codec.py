"""Boards as people write them, one character a cell, and boards as tokens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data_pipeline.schema import BLANK, BoardShape

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
    for board in boards:
        if len(board) != shape.cells:
            raise ValueError(f"has {len(board)} characters instead of {shape.cells}")
    codes = np.array(list("".join(boards)), "U1").view(np.uint32)
    tokens = _tokens(shape)[np.minimum(codes, 255)].reshape(-1, shape.cells)
    wrong = np.argwhere(tokens == 0)
    if wrong.size:
        board, cell = wrong[0]
        row, column = divmod(int(cell), shape.size)
        raise ValueError(
            f"holds {boards[board][cell]!r} at row {row + 1}, column {column + 1}, "
            f"where only 1 to {DIGITS[shape.size - 1]} and '.' may stand"
        )
    return tokens


def _tokens(shape: BoardShape) -> np.ndarray:
    """int32 `[256]`: the token of each character code; 0 where there is none."""
    tokens = np.zeros(256, np.int32)
    for character in BLANKS:
        tokens[ord(character)] = BLANK
    for number, character in enumerate(DIGITS[: shape.size]):
        tokens[ord(character)] = BLANK + 1 + number
    return tokens


def decode(tokens: np.ndarray, shape: BoardShape) -> list[str]:
    """Turns tokens `[n cells]` back into boards; padding and blanks become '.'."""
    characters = np.array([".", "."] + list(DIGITS[: shape.size]))
    return ["".join(row) for row in characters[np.asarray(tokens)]]
