"""One name for all Sudokus that are symmetries of each other."""

from __future__ import annotations

import functools
import itertools

import numpy as np

from data_pipeline.schema import BoardShape
from data_pipeline.sudoku.schema import BLANK


def canonical_form(inputs: np.ndarray, labels: np.ndarray, shape: BoardShape) -> bytes:
    """Names a puzzle `[cells]` with its solution `[cells]`, up to symmetry.

    Two puzzles have the same name if and only if one turns into the other by renaming
    digits, permuting bands, stacks, rows in bands and columns in stacks, and, where
    boxes are square, transposing. The name is the least of all images of the solution,
    read row by row, and among equals the least pattern of clues.

    Once a row and an order of the columns are chosen, the least image is determined:
    this row comes first and names the digits, and all other rows are sorted. So the
    choices are enumerated; only those with the least second row are completed. This
    takes milliseconds for 81 cells; it grows with the number of column orders, 83,000
    for boxes of 3x4.
    """
    size = shape.size
    grids = [(labels.reshape(size, size) - BLANK - 1, inputs.reshape(size, size))]
    if shape.box_rows == shape.box_cols:
        grids += [(solution.T, clues.T) for solution, clues in grids]
    orders = _column_orders(shape)
    # Where a band has one row, the second row may be any other one.
    band = shape.box_rows if shape.box_rows > 1 else size
    least = None
    survivors: list[np.ndarray] = []
    for solution, clues in grids:
        for first in range(size):
            names = np.argsort(solution[first][orders], axis=1)
            start = first // band * band
            for second in range(start, start + band):
                if second == first:
                    continue
                renamed = np.take_along_axis(names, solution[second][orders], axis=1)
                codes = _as_numbers(renamed, size)
                smallest = codes.min()
                if least is None or smallest < least:
                    least, survivors = smallest, []
                if smallest == least:
                    chosen = codes == smallest
                    survivors.append(
                        _images(solution, clues, orders[chosen], names[chosen], shape)
                    )
    return min(image.tobytes() for images in survivors for image in images)


@functools.cache
def _column_orders(shape: BoardShape) -> np.ndarray:
    """int `[orders, size]`: all ways to permute stacks, and the columns in them."""
    within = list(itertools.permutations(range(shape.box_cols)))
    stacks = list(itertools.permutations(range(shape.box_rows)))
    return np.array(
        [
            [
                stack * shape.box_cols + column
                for stack, columns in zip(s, w, strict=True)
                for column in columns
            ]
            for s in stacks
            for w in itertools.product(within, repeat=shape.box_rows)
        ]
    )


def _as_numbers(rows: np.ndarray, size: int) -> np.ndarray:
    """uint64 `[n]`: rows `[n, size]` of digits as numbers that sort like them."""
    places = np.uint64(size) ** np.arange(size - 1, -1, -1, dtype=np.uint64)
    return rows.astype(np.uint64) @ places


def _images(
    solution: np.ndarray,
    clues: np.ndarray,
    orders: np.ndarray,
    names: np.ndarray,
    shape: BoardShape,
) -> np.ndarray:
    """uint8 `[n, 2 * cells]`: solutions and clue patterns, each with its columns in
    order, its digits named, and its rows sorted within bands and bands among themselves
    by what their first column holds.
    """
    count, size = orders.shape
    columns = solution[:, orders].swapaxes(0, 1)
    digits = np.take_along_axis(names[:, None], columns, axis=2)
    given = (clues[:, orders] != BLANK).swapaxes(0, 1)
    bands = digits[:, :, 0].reshape(count, shape.box_cols, shape.box_rows)
    in_bands = np.argsort(bands, axis=2)
    of_bands = np.argsort(bands.min(2), axis=1)
    rows = np.arange(shape.box_cols)[:, None] * shape.box_rows + in_bands
    rows = np.take_along_axis(rows, of_bands[:, :, None], axis=1).reshape(
        count, size, 1
    )
    image = np.stack(
        [np.take_along_axis(grid, rows, axis=1) for grid in (digits, given)], axis=1
    )
    return image.reshape(count, -1).astype(np.uint8)
