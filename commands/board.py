"""Boards for the terminal."""

from __future__ import annotations

import numpy as np
from rich.text import Text

from data_pipeline.datasets import BoardTask
from data_pipeline.maze.schema import GOAL, PATH, START, WALL, MazeShape
from data_pipeline.maze.task import MazeTask
from data_pipeline.schema import BoardShape
from data_pipeline.sudoku import codec, rules
from data_pipeline.sudoku.schema import BLANK


def picture(puzzle: np.ndarray, solution: np.ndarray, task: BoardTask) -> Text:
    """The solution `[cells]` of a puzzle of a task."""
    if isinstance(task, MazeTask):
        return maze(solution, task.shape)
    return sudoku(puzzle, solution, task.shape)


def maze(solution: np.ndarray, shape: MazeShape) -> Text:
    """A maze two characters wide a cell, its path and its ends in green."""
    signs = {WALL: "██", START: "S ", GOAL: "G ", PATH: "● "}
    text = Text()
    for row in solution.reshape(shape.rows, shape.cols).tolist():
        for token in row:
            style = "bold green" if token in (START, GOAL, PATH) else ""
            text.append(signs.get(token, "  "), style)
        text.append("\n")
    text.rstrip()
    return text


def sudoku(puzzle: np.ndarray, solution: np.ndarray, shape: BoardShape) -> Text:
    """The solution `[cells]` in its boxes.

    What the puzzle left open is green; a cell that is empty, or clashes with another
    one or with its own clue, is red.
    """
    given = puzzle != BLANK
    wrong = rules.clashes(solution, shape) | (solution <= BLANK)
    wrong |= given & (solution != puzzle)
    style = np.where(wrong, "bold red", np.where(given, "", "bold green"))
    (digits,) = codec.decode(solution[None], shape)

    inner = "─" * (2 * shape.box_cols + 1)
    top, middle, bottom = (
        left + joint.join([inner] * shape.box_rows) + right + "\n"
        for left, joint, right in ("┌┬┐", "├┼┤", "└┴┘")
    )
    text = Text(top)
    for row in range(shape.size):
        if row and row % shape.box_rows == 0:
            text.append(middle)
        for column in range(shape.size):
            if column % shape.box_cols == 0:
                text.append("│ ")
            cell = row * shape.size + column
            text.append(digits[cell], style[cell])
            text.append(" ")
        text.append("│\n")
    return text.append(bottom.rstrip())
