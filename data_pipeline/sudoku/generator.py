"""Sudoku puzzles made here: any box shape, one solution, rated, reproducible."""

from __future__ import annotations

import numpy as np

from data_pipeline.puzzles import Puzzles
from data_pipeline.schema import BoardShape, UserError
from data_pipeline.sudoku.schema import BLANK
from data_pipeline.sudoku.solver import Board, solve

_CHUNK = 1024
"""Puzzles made at once; part of what a seed means."""


def generate(
    shape: BoardShape, count: int, min_blanks: int, max_blanks: int, seed: int
) -> Puzzles:
    """Makes puzzles: a random full board each, from which cells are taken away.

    The number of blanks is uniform on min_blanks .. max_blanks as far as boards allow:
    a puzzle whose solution would not be unique with so many blanks has fewer, but never
    less than `min_blanks`. The first puzzles do not depend on `count`.

    Raises:
      UserError: puzzles with `min_blanks` are too rare to be found.
    """
    chunks: list[Puzzles] = []
    made = 0
    while made < count:
        rng = np.random.default_rng([seed, len(chunks)])
        chunk = _dig(
            random_boards(shape, _CHUNK, rng), shape, min_blanks, max_blanks, rng
        )
        made += len(chunk.rating)
        chunks.append(chunk)
        if made == 0:
            raise UserError(
                f"None of {_CHUNK} boards of {shape.size}x{shape.size} cells allowed "
                f"{min_blanks} blanks with one solution: choose a smaller "
                "data.min_blanks."
            )
    return Puzzles(
        *(np.concatenate(parts)[:count] for parts in zip(*chunks, strict=True))
    )


def random_boards(
    shape: BoardShape, count: int, rng: np.random.Generator
) -> np.ndarray:
    """int32 `[count cells]`: full boards.

    Cells are filled with random digits, the narrowest first, all consequences drawn; a
    board that ends in a contradiction starts anew. Every board can come, though not all
    with the same probability.
    """
    board = Board(shape)
    empty = board.masks(np.full((count, shape.cells), BLANK))
    masks = empty.copy()
    open_boards = np.arange(count)
    while len(open_boards):
        current, possible = board.propagate(masks[open_boards])
        current[~possible] = empty[0]
        unsettled = (np.bitwise_count(current) > 1).any(1)
        masks[open_boards] = current
        open_boards, current = open_boards[unsettled], current[unsettled]
        cell = board.narrowest(current)
        rows = np.arange(len(current))
        bits = (
            current[rows, cell][:, None] >> np.arange(shape.size, dtype=np.uint16) & 1
        )
        chosen = np.where(bits, rng.random(bits.shape), -1.0).argmax(1)
        masks[open_boards, cell] = np.uint16(1) << chosen.astype(np.uint16)
    return board.tokens(masks)


def _dig(
    answers: np.ndarray,
    shape: BoardShape,
    min_blanks: int,
    max_blanks: int,
    rng: np.random.Generator,
) -> Puzzles:
    """Blanks cells in random order where the solution stays unique."""
    count = len(answers)
    wanted = rng.integers(min_blanks, max_blanks, count, endpoint=True)
    order = rng.permuted(np.tile(np.arange(shape.cells), (count, 1)), axis=1)
    inputs = answers.copy()
    blanks = np.zeros(count, int)
    for turn in range(shape.cells):
        rows = np.flatnonzero(blanks < wanted)
        cells = order[rows, turn]
        trial = inputs[rows]
        trial[np.arange(len(rows)), cells] = BLANK
        unique = solve(trial, shape).count == 1
        inputs[rows[unique], cells[unique]] = BLANK
        blanks[rows[unique]] += 1
    kept = blanks >= min_blanks
    inputs, answers = inputs[kept], answers[kept]
    return Puzzles(inputs, answers, solve(inputs, shape).guesses)
