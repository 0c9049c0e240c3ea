"""Boards as text, one character a cell, whatever the characters mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np


def encode(
    boards: Sequence[str], cells: int, columns: int, tokens: Mapping[str, int], may: str
) -> np.ndarray:
    """Turns boards of `cells` characters, row by row, into int32 `[n cells]`.

    Args:
      columns: of a board.
      tokens: above 0, of each character that may stand there; all are ASCII.
      may: names these characters for people.

    Raises:
      ValueError: what is wrong with the first bad board, without naming the board:
        "has 80 characters instead of 81".
    """
    for board in boards:
        if len(board) != cells:
            raise ValueError(f"has {len(board)} characters instead of {cells}")
    table = np.zeros(256, np.int32)
    for character, token in tokens.items():
        table[ord(character)] = token
    codes = np.array(list("".join(boards)), "U1").view(np.uint32)
    encoded = table[np.minimum(codes, 255)].reshape(-1, cells)
    wrong = np.argwhere(encoded == 0)
    if wrong.size:
        board, cell = wrong[0]
        row, column = divmod(int(cell), columns)
        raise ValueError(
            f"holds {boards[board][cell]!r} at row {row + 1}, column {column + 1}, "
            f"where only {may} may stand"
        )
    return encoded
