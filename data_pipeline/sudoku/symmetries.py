"""The symmetries of Sudoku: what turns one puzzle into another that is just as hard."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from data_pipeline.schema import BoardShape
from data_pipeline.sudoku.schema import BLANK, vocab_size


class Symmetries(NamedTuple):
    """One symmetry per board.

    Attributes:
      cells: int `[n cells]`: where the content of each cell comes from.
      digits: int32 `[n vocab]`: what each token becomes.
    """

    cells: np.ndarray
    digits: np.ndarray


def random_symmetries(
    shape: BoardShape, count: int, rng: np.random.Generator
) -> Symmetries:
    """Draws uniformly: digits are renamed; bands, stacks, and rows and columns in them,
    change places; a board with square boxes is transposed half of the time."""
    row = _lines(shape.box_cols, shape.box_rows, count, rng)
    column = _lines(shape.box_rows, shape.box_cols, count, rng)
    cells = row[:, :, None] * shape.size + column[:, None, :]
    if shape.box_rows == shape.box_cols:
        transposed = rng.random(count) < 0.5
        cells = np.where(transposed[:, None, None], cells.swapaxes(1, 2), cells)
    digits = np.tile(np.arange(vocab_size(shape), dtype=np.int32), (count, 1))
    digits[:, BLANK + 1 :] = rng.permuted(digits[:, BLANK + 1 :], axis=1)
    return Symmetries(cells.reshape(count, shape.cells), digits)


def _lines(blocks: int, lines: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """int `[count, blocks * lines]`: blocks shuffled, and the lines in each of them."""
    block = rng.permuted(np.tile(np.arange(blocks), (count, 1)), axis=1)
    line = rng.permuted(np.tile(np.arange(lines), (count, blocks, 1)), axis=2)
    return (block[:, :, None] * lines + line).reshape(count, blocks * lines)


def apply(symmetries: Symmetries, tokens: np.ndarray) -> np.ndarray:
    """Transforms boards, int32 `[n cells]`, each by its own symmetry."""
    moved = np.take_along_axis(tokens, symmetries.cells, axis=1)
    return np.take_along_axis(symmetries.digits, moved, axis=1)
