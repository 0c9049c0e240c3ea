"""A flood through many mazes at once: which cells it reaches at each step.

A cell is a row of bits, one for each maze, so that one operation on 64-bit words moves
the flood by a step in 64 mazes. Boards have a border of walls, which spares every
question of where they end.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from data_pipeline.maze.schema import MazeShape

_CHUNK_BYTES = 2**17
"""Of one board of bits: a few of them fit a processor's own cache."""


class Flood:
    """The steps of a flood in n mazes.

    Attributes:
      wet: uint8 `[steps, (rows + 2) * (cols + 2), words * 8]`: bit i of a cell, counted
        from the lowest of the first byte, says whether maze i reaches it at that step,
        and at none before. Step 0 has the starts alone.
    """

    def __init__(
        self, passable: np.ndarray, start: np.ndarray, shape: MazeShape, limit: int = -1
    ):
        """Floods mazes until nothing moves.

        Args:
          passable: bool `[n cells]`.
          start: int `[n]`: the cell where it begins.
          limit: the last step; -1 for no limit.
        """
        self.shape = shape
        self._maze = np.arange(len(passable))
        dry = _bits(passable, shape)
        front = np.zeros_like(dry)
        bit = np.uint8(1) << (self._maze % 8).astype(np.uint8)
        cells = front.view(np.uint8)
        np.bitwise_or.at(cells, (self.bordered(start), self._maze // 8), bit)
        # Flat, cells are neighbours across the ends of lines too, but there are walls.
        words = dry.shape[1]
        line = (shape.cols + 2) * words
        front, dry = front.ravel(), dry.ravel()
        dry &= ~front
        wet = [front]
        inside = slice(line, -line)
        while limit < 0 or len(wet) <= limit:
            last, front = front, np.zeros_like(dry)
            near = front[inside]
            np.bitwise_or(last[2 * line :], last[: -2 * line], out=near)
            near |= last[line + words : words - line]
            near |= last[line - words : -words - line]
            near &= dry[inside]
            if not near.any():
                break
            dry[inside] ^= near
            wet.append(front)
        self.wet = np.stack(wet).view(np.uint8).reshape(len(wet), *cells.shape)

    def bordered(self, cells: np.ndarray) -> np.ndarray:
        """The numbers of cells on a board with its border."""
        row, column = np.divmod(cells, self.shape.cols)
        return (row + 1) * (self.shape.cols + 2) + column + 1

    def reaches(
        self, maze: np.ndarray, step: np.ndarray, cells: np.ndarray
    ) -> np.ndarray:
        """bool: does the flood of a maze reach a cell, counted with the border, at a
        step? The arguments broadcast."""
        return (self.wet[step, cells, maze // 8] >> (maze % 8).astype(np.uint8) & 1) > 0

    def steps_to(self, cells: np.ndarray) -> np.ndarray:
        """int `[n]`: the step at which each maze's flood reaches its cell, -1 for
        never."""
        steps = np.arange(len(self.wet))[:, None]
        reached = self.reaches(self._maze, steps, self.bordered(cells))
        return np.where(reached.any(0), reached.argmax(0), -1)

    def mazes_at(self, step: int) -> np.ndarray:
        """int: mazes whose flood still moves at a step."""
        if step >= len(self.wet):
            return np.zeros(0, int)
        moving = np.bitwise_or.reduce(self.wet[step], axis=0)
        return np.flatnonzero(np.unpackbits(moving, bitorder="little"))

    def distances(self) -> np.ndarray:
        """int32 `[n cells]`: the step at which each cell is reached, -1 for never."""
        steps = np.arange(len(self.wet))
        found = self._unpacked(steps >= 0).astype(np.int32) - 1
        for digit in range(int(steps[-1]).bit_length()):  # of the step in binary
            found += self._unpacked(steps >> digit & 1 > 0).astype(np.int32) << digit
        return found

    def _unpacked(self, steps: np.ndarray) -> np.ndarray:
        """uint8 `[n cells]`: is a cell reached at one of these steps, a mask?"""
        rows, cols = self.shape.rows, self.shape.cols
        bits = np.bitwise_or.reduce(self.wet[steps], axis=0)
        bits = bits.reshape(rows + 2, cols + 2, -1)[1:-1, 1:-1].reshape(rows * cols, -1)
        count = len(self._maze)
        return np.unpackbits(bits, axis=1, count=count, bitorder="little").T


def chunks(count: int, shape: MazeShape) -> Iterator[slice]:
    """Parts of `count` mazes that are best flooded at once."""
    bytes_per_word = 8 * (shape.rows + 2) * (shape.cols + 2)
    size = 64 * max(1, _CHUNK_BYTES // bytes_per_word)
    return (slice(start, start + size) for start in range(0, count, size))


def _bits(passable: np.ndarray, shape: MazeShape) -> np.ndarray:
    """uint64 `[(rows + 2) * (cols + 2), words]`: one bit for each maze."""
    words = -(-len(passable) // 64)
    bits = np.zeros((shape.rows + 2, shape.cols + 2, 8 * words), np.uint8)
    packed = np.packbits(passable, axis=0, bitorder="little").T
    bits[1:-1, 1:-1, : packed.shape[1]] = packed.reshape(shape.rows, shape.cols, -1)
    return bits.view(np.uint64).reshape(-1, words)
