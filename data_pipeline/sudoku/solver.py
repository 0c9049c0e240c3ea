"""A Sudoku solver for many boards at once: propagation and search on bit masks.

Each cell is a mask of the digits that it may still hold. A digit that is settled in a
cell leaves the other cells of its units; a digit that has one place left in a unit goes
there. Where this ends without a solution, the cell with the fewest digits is tried with
each.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from data_pipeline.schema import BoardShape
from data_pipeline.sudoku.schema import BLANK

_CHUNK = 4096
"""Boards worked on at once: the interpreter's cost drowns, the masks fit a cache."""


class Solutions(NamedTuple):
    """Attributes:
    answers: int32 `[n cells]`, tokens of a solution; blanks where there is none.
    count: int32 `[n]`, how many solutions were found, at most the limit.
    guesses: int32 `[n]`, how often a cell had to be guessed. With one solution it is
      a property of the puzzle, the size of the proof that no other exists, and serves
      as a rating: 0 for puzzles that fall to the two rules above.
    """

    answers: np.ndarray
    count: np.ndarray
    guesses: np.ndarray


def solve(tokens: np.ndarray, shape: BoardShape, limit: int = 2) -> Solutions:
    """Finds solutions of boards.

    Args:
      tokens: int `[n cells]`, blanks among them.
      limit: solutions after which a board is given up; 2 tells one from many.
    """
    boards = len(tokens)
    answers = np.full((boards, shape.cells), BLANK, np.int32)
    count = np.zeros(boards, np.int32)
    guesses = np.zeros(boards, np.int32)
    board = Board(shape)
    masks, owner = board.masks(tokens), np.arange(boards)
    while len(masks):
        # From the end, so that the search goes deep and the stack stays small.
        chunk, masks = masks[-_CHUNK:], masks[:-_CHUNK]
        chunk_owner, owner = owner[-_CHUNK:], owner[:-_CHUNK]
        wanted = count[chunk_owner] < limit
        chunk, possible = board.propagate(chunk[wanted])
        chunk, chunk_owner = chunk[possible], chunk_owner[wanted][possible]
        solved = (np.bitwise_count(chunk) == 1).all(1)
        answers[chunk_owner[solved]] = board.tokens(chunk[solved])
        np.add.at(count, chunk_owner[solved], 1)
        chunk, chunk_owner = chunk[~solved], chunk_owner[~solved]
        np.add.at(guesses, chunk_owner, 1)
        children, parents = board.branch(chunk)
        masks = np.concatenate([masks, children])
        owner = np.concatenate([owner, chunk_owner[parents]])
    return Solutions(answers, np.minimum(count, limit), guesses)


class Board:
    """The geometry of a shape, and what follows from it for `[n cells]` digit masks."""

    def __init__(self, shape: BoardShape):
        self._size = shape.size
        self._full = np.uint16((1 << shape.size) - 1)
        self._units = shape.units()
        offsets = np.arange(3)[:, None] * shape.size
        self._units_of_cell = (shape.groups() + offsets).T

    def masks(self, tokens: np.ndarray) -> np.ndarray:
        """uint16 `[n cells]`: one bit for a digit, all bits for a blank."""
        shift = np.maximum(np.asarray(tokens) - BLANK - 1, 0)
        single = np.left_shift(1, shift).astype(np.uint16)
        return np.where(np.asarray(tokens) > BLANK, single, self._full)

    def tokens(self, masks: np.ndarray) -> np.ndarray:
        """int32 `[n cells]`, of masks with one bit each."""
        return np.log2(masks).astype(np.int32) + BLANK + 1

    def propagate(self, masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Applies both rules until nothing moves.

        Returns:
          The masks, and bool `[n]`: can the board still have a solution?
        """
        masks = masks.copy()
        possible = np.ones(len(masks), bool)
        active = np.arange(len(masks))
        while len(active):
            before = masks[active]
            after, alive = self._pass(before)
            masks[active] = after
            possible[active] = alive
            active = active[alive & (after != before).any(1)]
        return masks, possible

    def _pass(self, masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        settled = np.bitwise_count(masks) == 1
        single = np.where(settled, masks, 0)[:, self._units]
        taken = np.bitwise_or.reduce(single, axis=2)
        # Powers of two add up to their union only if no two are the same.
        distinct = single.sum(2, dtype=np.int64) == taken
        masks = np.where(settled, masks, masks & ~self._spread(taken))

        inside = masks[:, self._units]
        once, twice = np.zeros_like(taken), np.zeros_like(taken)
        for place in range(self._size):
            twice |= once & inside[:, :, place]
            once |= inside[:, :, place]
        hidden = masks & self._spread(once & ~twice)
        masks = np.where(hidden > 0, hidden, masks)
        # A cell that two digits need has none.
        masks[np.bitwise_count(hidden) > 1] = 0
        alive = distinct.all(1) & (once == self._full).all(1) & (masks > 0).all(1)
        return masks, alive

    def _spread(self, of_units: np.ndarray) -> np.ndarray:
        """`[n units]` to `[n cells]`: the union over a cell's row, column and box."""
        return np.bitwise_or.reduce(of_units[:, self._units_of_cell], axis=2)

    def branch(self, masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """One child per digit of the cell with the fewest digits, two at least.

        Returns:
          uint16 `[m cells]`, and int `[m]`: the row of each child's parent.
        """
        cell = self.narrowest(masks)
        rows = np.arange(len(masks))
        parents, bits = np.nonzero(
            masks[rows, cell][:, None] >> np.arange(self._size, dtype=np.uint16) & 1
        )
        children = masks[parents]
        children[np.arange(len(parents)), cell[parents]] = np.uint16(1) << bits.astype(
            np.uint16
        )
        return children, parents

    def narrowest(self, masks: np.ndarray) -> np.ndarray:
        """int `[n]`: the first unsettled cell with the fewest digits."""
        width = np.bitwise_count(masks)
        return np.where(width > 1, width, np.uint8(255)).argmin(1)
