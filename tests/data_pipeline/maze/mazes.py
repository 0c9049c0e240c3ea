"""Random mazes for tests, and a search as plain as can be for a second opinion."""

import csv
import functools
import pathlib

import numpy as np
from hypothesis import strategies as st

from data_pipeline.maze import codec
from data_pipeline.maze.generator import generate
from data_pipeline.maze.schema import GOAL, OPEN, PATH, START, WALL, MazeShape
from data_pipeline.puzzles import Puzzles

HARD = MazeShape(30, 30)
shapes = st.builds(MazeShape, st.integers(1, 9), st.integers(2, 9))
seeds = st.integers(0, 2**32 - 1)


SEVEN = MazeShape(7, 7)


@functools.cache
def some_mazes(shape: MazeShape = SEVEN) -> Puzzles:
    return generate(shape, 40, min_path=8, walls=(0.2, 0.5), seed=1)


def random_mazes(shape: MazeShape, count: int, seed: int) -> np.ndarray:
    """int32 `[count cells]`: any mazes, many of them without a path."""
    rng = np.random.default_rng(seed)
    passable = rng.random((count, shape.cells)) >= rng.uniform(0, 0.6, (count, 1))
    mazes = np.where(passable, OPEN, WALL).astype(np.int32)
    ends = rng.permuted(np.tile(np.arange(shape.cells), (count, 1)), axis=1)
    mazes[np.arange(count), ends[:, 0]] = START
    mazes[np.arange(count), ends[:, 1]] = GOAL
    return mazes


def search(
    maze: np.ndarray, shape: MazeShape
) -> tuple[dict[int, int], list[int] | None]:
    """A breadth-first search from the start that tries down, left, right, up.

    Returns:
      Steps to each cell that it reaches, and the cells of its path to the goal.
    """
    start = int(np.flatnonzero(maze == START)[0])
    goal = int(np.flatnonzero(maze == GOAL)[0])
    steps, came_from, queue = {start: 0}, {}, [start]
    for cell in queue:
        row, column = divmod(cell, shape.cols)
        for down, right in ((1, 0), (0, -1), (0, 1), (-1, 0)):
            near = cell + down * shape.cols + right
            if not (0 <= row + down < shape.rows and 0 <= column + right < shape.cols):
                continue
            if maze[near] != WALL and near not in steps:
                steps[near], came_from[near] = steps[cell] + 1, cell
                queue.append(near)
    if goal not in steps:
        return steps, None
    path = [goal]
    while path[-1] != start:
        path.append(came_from[path[-1]])
    return steps, path[::-1]


def draw(*lines: str) -> tuple[np.ndarray, MazeShape]:
    """A maze written line by line, `[1 cells]`, and its shape."""
    shape = MazeShape(len(lines), len(lines[0]))
    return codec.encode(["".join(lines)], shape), shape


def published(folder: pathlib.Path, file: str) -> Puzzles:
    """A real file of 30x30 mazes, read with no help of ours but the codec's."""
    with (folder / "maze" / file).open(newline="") as opened:
        rows = list(csv.DictReader(opened))
    boards = (
        codec.encode([row[column] for row in rows], HARD)
        for column in ("question", "answer")
    )
    return Puzzles(*boards, np.array([int(row["rating"]) for row in rows]))


FILES = {"train.csv": 1000, "test_dev.csv": 505, "valid_generated.csv": 1000}


def path_cells(answers: np.ndarray) -> np.ndarray:
    return (answers == PATH).sum(1)
