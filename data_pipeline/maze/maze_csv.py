"""The CSV files of Maze-Hard: mazes with a shortest path each."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from data_pipeline.csv_table import Kind
from data_pipeline.maze import codec, paths
from data_pipeline.maze.schema import GOAL, PATH, START, MazeShape


def kind(shape: MazeShape) -> Kind:
    """Mazes whose answers are shortest paths, though not always the label's."""
    return Kind(
        functools.partial(codec.encode, shape=shape),
        functools.partial(_flaws, shape=shape),
    )


def _flaws(
    inputs: np.ndarray, labels: np.ndarray, shape: MazeShape
) -> Iterator[tuple[np.ndarray, str]]:
    for character, token in (("S", START), ("G", GOAL)):
        here = (inputs == token).sum(1)
        wrong = here != 1
        yield wrong, f"the question has {_first(wrong, here)} {character} instead of 1"
    yield (inputs == PATH).any(1), "the question has a path already"
    kept = paths.keeps_maze(inputs, labels)
    yield ~kept, "the answer changes the maze, of which it may mark open cells alone"
    shortest = paths.lengths(inputs, shape)
    yield shortest == 0, "no path leads from S to G"
    found = paths.marked_lengths(inputs, labels, shape)
    yield found == 0, "the answer's path does not lead from S to G"
    longer = found > shortest
    yield (
        longer,
        f"the answer's path has {_first(longer, found)} cells, but the shortest has "
        f"{_first(longer, shortest)}",
    )
    beside = (labels == PATH).sum(1) + 2 > found
    yield beside, "the answer marks cells beside its path"


def _first(chosen: np.ndarray, values: np.ndarray) -> int:
    return int(values[chosen.argmax()])
