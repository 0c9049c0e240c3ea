"""Grids as tokens on a square canvas, as HRM and TRM read them.

PAD is 0, EOS is 1, colour c is c + 2. A grid lies somewhere on the canvas; the row
below it and the column to its right, as far as they are on the canvas, hold EOS along
its sides, so that its size can be read; the rest is PAD.
"""

from __future__ import annotations

import numpy as np

from data_pipeline.arc.tasks import COLOURS

PAD, EOS, FIRST_COLOUR = 0, 1, 2
VOCAB_SIZE = FIRST_COLOUR + COLOURS


def draw(canvas: np.ndarray, tokens: np.ndarray, row: int, column: int) -> None:
    """Puts a grid of colour tokens on a canvas, and EOS at its border.

    Args:
      canvas: int `[size size]`, changed in place.
      tokens: int `[rows columns]`.
      row, column: of the canvas, where the grid's top left corner comes.
    """
    rows, columns = tokens.shape
    bottom, right = row + rows, column + columns
    if max(bottom, right) > len(canvas):
        raise ValueError(f"{bottom}x{right} is more than the canvas, {canvas.shape}")
    canvas[row:bottom, column:right] = tokens
    # Behind the last row or column of the canvas these are empty.
    canvas[bottom : bottom + 1, column:right] = EOS
    canvas[row:bottom, right : right + 1] = EOS


def encode(
    grid: np.ndarray, max_size: int, row: int = 0, column: int = 0
) -> np.ndarray:
    """Turns a grid into int32 `[max_size * max_size]`."""
    canvas = np.full((max_size, max_size), PAD, np.int32)
    draw(canvas, grid.astype(np.int32) + FIRST_COLOUR, row, column)
    return canvas.reshape(-1)


def decode(tokens: np.ndarray, row: int = 0, column: int = 0) -> np.ndarray:
    """Turns tokens `[size * size]`, whatever they are, into a grid, uint8.

    It is the largest rectangle of colours whose top left corner is at `row`, `column`;
    of equally large ones that with the fewest rows; with no row or column where there
    stands no colour.
    """
    size = round(len(tokens) ** 0.5)
    canvas = np.asarray(tokens).reshape(size, size)[row:, column:]
    colour = (canvas >= FIRST_COLOUR) & (canvas < VOCAB_SIZE)
    # Up to each row, how many columns are full of colours.
    full = np.minimum.accumulate(np.logical_and.accumulate(colour, axis=1).sum(1))
    rows = int((full * np.arange(1, len(full) + 1)).argmax()) + 1
    columns = int(full[rows - 1])
    grid = canvas[: rows if columns else 0, :columns]
    return (grid - FIRST_COLOUR).astype(np.uint8)
