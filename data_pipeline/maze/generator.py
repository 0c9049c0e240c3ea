"""Mazes made here, like those of Maze-Hard: random walls, a long way to the goal."""

from __future__ import annotations

import numpy as np

from data_pipeline.maze import paths
from data_pipeline.maze.flood import Flood
from data_pipeline.maze.schema import GOAL, OPEN, START, WALL, MazeShape
from data_pipeline.progress import Progress
from data_pipeline.puzzles import Puzzles
from data_pipeline.schema import UserError

_CHUNK = 1024
"""Boards tried at once; part of what a seed means."""
_PATIENCE = 256
"""Chunks without a maze after which there is said to be none."""
_GOALS = 4
"""Goals that are tried for a start, since most boards with a far cell have few of them.
With any number of goals boards with few would abound: their paths are shorter."""


def generate(
    shape: MazeShape, count: int, min_path: int, walls: tuple[float, float], seed: int
) -> Puzzles:
    """Makes mazes whose shortest path has at least `min_path` cells, both ends counted.

    A board's share of walls is drawn uniformly from `walls`, and each cell is a wall
    with this probability; start and goal are any two open cells. What has no such path
    is thrown away. The label is the path of `paths.label`, the rating its cells. The
    first mazes do not depend on `count`.

    This is how Maze-Hard was made, as far as its 1,505 mazes at hand tell. They have
    37 % walls (standard deviation 2.7 %), paths of 115 cells (5; a quarter has 111 at
    most, a quarter 117 or more), and the start reaches 55 % of the board, 7.8 % of this
    by such a long way. 400 mazes made here with walls from 0.3 to 0.5 and `min_path`
    110 have 37 % (2.5 %), 115 cells (5; 111, 117), 55 % and 7.3 %. One takes a quarter
    of a second, since some 15,000 boards are tried for it.

    Raises:
      UserError: mazes with such a path are too rare to be found.
    """
    found = [np.zeros((0, shape.cells), np.int32)]
    made = chunk = last = 0
    with Progress("Making mazes") as progress:
        while made < count:
            rng = np.random.default_rng([seed, chunk])
            mazes = _try_boards(shape, min_path, walls, rng)
            chunk += 1
            if len(mazes):
                made, last = made + len(mazes), chunk
                found.append(mazes)
            elif chunk - last == _PATIENCE:
                raise UserError(
                    f"None of {_PATIENCE * _CHUNK:,} boards of {shape.rows}x"
                    f"{shape.cols} cells had a shortest path of {min_path} cells: "
                    "choose a smaller data.min_path, or other data.min_walls and "
                    "data.max_walls."
                )
            progress(min(made, count), count)
    inputs = np.concatenate(found)[:count]
    return Puzzles(inputs, paths.label(inputs, shape), paths.lengths(inputs, shape))


def _try_boards(
    shape: MazeShape,
    min_path: int,
    walls: tuple[float, float],
    rng: np.random.Generator,
) -> np.ndarray:
    """int32 `[n cells]`: those of `_CHUNK` random boards that have a long path."""
    steps = max(min_path - 1, 1)
    # Sixteen bits are drawn in half of the time of a float.
    most = 2**16 - 1
    share = (rng.uniform(*walls, (_CHUNK, 1)) * most).astype(np.uint16)
    boards = np.arange(_CHUNK)
    passable = rng.integers(most, size=(_CHUNK, shape.cells), dtype=np.uint16) >= share
    start = rng.integers(shape.cells, size=_CHUNK)
    passable[boards, start] = True
    # Few boards have any cell so far away; only these are looked at more closely.
    rows = Flood(passable, start, shape, limit=steps).mazes_at(steps)
    passable, start = passable[rows], start[rows]
    mazes = np.where(passable, OPEN, WALL).astype(np.int32)
    mazes[np.arange(len(rows)), start] = START
    far = paths.distances(mazes, shape) >= steps
    # As if goals were drawn among all open cells, and the first far one taken.
    near = 1 - far.sum(1) / (passable.sum(1) - 1)
    kept = rng.random(len(rows)) >= near**_GOALS
    goal = _one_of_each(far, rng)
    mazes[np.arange(len(rows)), goal] = GOAL
    return mazes[kept]


def _one_of_each(chosen: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """int `[n]`: a random column of each row of bool `[n m]` that holds True; any
    column where none does."""
    return np.where(chosen, rng.random(chosen.shape, np.float32), -1.0).argmax(1)
