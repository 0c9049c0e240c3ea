"""Shortest paths of many mazes at once: lengths, labels, and a judge of answers."""

from __future__ import annotations

import numpy as np

from data_pipeline.maze.flood import Flood, chunks
from data_pipeline.maze.schema import (
    GOAL,
    OPEN,
    PATH,
    START,
    WALL,
    MazeShape,
    start_and_goal,
)


def distances(inputs: np.ndarray, shape: MazeShape) -> np.ndarray:
    """int32 `[n cells]`: steps from the start to each cell, -1 where none lead there.

    Args:
      inputs: int `[n cells]`, mazes with one start and one goal.
    """
    found = [np.zeros((0, shape.cells), np.int32)]
    for rows in chunks(len(inputs), shape):
        start, _ = start_and_goal(inputs[rows])
        found.append(Flood(inputs[rows] > WALL, start, shape).distances())
    return np.concatenate(found)


def lengths(inputs: np.ndarray, shape: MazeShape) -> np.ndarray:
    """int32 `[n]`: cells of a shortest path, start and goal among them; 0 if there is
    none. This is the rating of the published mazes."""
    return _lengths(inputs, inputs > WALL, shape)


def marked_lengths(
    inputs: np.ndarray, answers: np.ndarray, shape: MazeShape
) -> np.ndarray:
    """int32 `[n]`: the same by cells alone that an answer marks."""
    ends = (inputs == START) | (inputs == GOAL)
    return _lengths(inputs, (answers == PATH) | ends, shape)


def _lengths(inputs: np.ndarray, passable: np.ndarray, shape: MazeShape) -> np.ndarray:
    found = [np.zeros(0, np.int32)]
    for rows in chunks(len(inputs), shape):
        start, goal = start_and_goal(inputs[rows])
        steps = Flood(passable[rows], start, shape).steps_to(goal)
        found.append((steps + 1).astype(np.int32))
    return np.concatenate(found)


def label(inputs: np.ndarray, shape: MazeShape) -> np.ndarray:
    """int32 `[n cells]`: the mazes with the published choice among shortest paths.

    It is the path that a breadth-first search from the start finds when it tries down,
    left, right and up in this order. Such a search takes cells of one distance in the
    order of the first ways to them, so its path is the first of all shortest ones in
    the order of their directions: a walk from the start finds it that always takes the
    first direction which leads one step nearer to the goal.

    Args:
      inputs: int `[n cells]`, mazes with one start and one goal.

    Raises:
      ValueError: a maze has no path; the message names its row.
    """
    answers = np.array(inputs, np.int32)
    for rows in chunks(len(inputs), shape):
        try:
            _walk(answers[rows], shape)
        except ValueError as error:
            raise ValueError(
                f"maze {rows.start + int(error.args[0])} has no path"
            ) from error
    return answers


def _walk(mazes: np.ndarray, shape: MazeShape) -> None:
    """Marks the path in mazes `[n cells]`, in place."""
    start, goal = start_and_goal(mazes)
    flood = Flood(mazes > WALL, goal, shape)
    left = flood.steps_to(start)
    if (left < 0).any():
        raise ValueError(int((left < 0).argmax()))
    cols = shape.cols + 2
    directions = np.array([cols, -1, 1, -cols])
    maze, here = np.arange(len(mazes)), flood.bordered(start)
    while True:
        left = left - 1
        going = left > 0
        maze, here, left = maze[going], here[going], left[going]
        if not len(maze):
            return
        near = here[:, None] + directions
        nearer = flood.reaches(maze[:, None], left[:, None], near)
        here = near[np.arange(len(maze)), nearer.argmax(1)]
        row, column = np.divmod(here, cols)
        mazes[maze, (row - 1) * shape.cols + column - 1] = PATH


def valid_optimal(
    inputs: np.ndarray, answers: np.ndarray, shape: MazeShape
) -> np.ndarray:
    """bool `[n]`: is an answer a shortest path, whichever?

    The answer must keep walls, start and goal, and mark open cells alone. If a shortest
    path has k cells between start and goal, then k marked cells that connect them are
    one: fewer do not reach, and none is left over for a detour or a branch.

    Args:
      inputs: int `[n cells]`, mazes with one start and one goal.
      answers: int `[n cells]`.
    """
    shortest = lengths(inputs, shape)
    found = marked_lengths(inputs, answers, shape)
    as_many = (answers == PATH).sum(1) + 2 == shortest
    return keeps_maze(inputs, answers) & as_many & (found == shortest)


def keeps_maze(inputs: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """bool `[n]`: is an answer the maze itself, but for path on open cells?"""
    return np.where(answers == PATH, inputs == OPEN, answers == inputs).all(1)
