"""Draws a maze: its walls, the path that the model marks and what is wrong with it.

What films and galleries need of a kind of puzzle has one signature here and in
`eval.boards`, so that either module may be handed to them:

  draw_panel(figure, left, top, side, board, shape, caption, certainty)
  draw_legend(figure, left, top, legend), where the legend is SHADED or PLAIN
  mistakes(board, shape) -> bool `[cells]`; of a Sudoku it is `board.wrong`
  describe(inputs, labels, shape) -> str, the beginning of a subtitle
  side(shape) -> float, inches that a board takes in a strip
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from data_pipeline.maze import paths
from data_pipeline.maze.schema import GOAL, OPEN, PATH, START, WALL, MazeShape
from eval import boards, style
from eval.boards import Board

_WALL = "#59626D"


def mistakes(board: Board, shape: MazeShape) -> np.ndarray:
    """bool `[cells]`: what differs from the label, unless the answer is another
    shortest path: then nothing is wrong."""
    if paths.valid_optimal(board.inputs[None], board.answers[None], shape).all():
        return np.zeros(shape.cells, bool)
    return board.wrong


def describe(inputs: np.ndarray, labels: np.ndarray, shape: MazeShape) -> str:
    """Says what a maze asks for."""
    del inputs
    cells = int((labels == PATH).sum()) + 2
    return f"A {shape.rows}x{shape.cols} maze with a shortest path of {cells} cells"


def side(shape: MazeShape) -> float:
    return 1.2 + 0.06 * max(shape.rows, shape.cols)


def draw_panel(
    figure: Figure,
    left: float,
    top: float,
    side: float,
    board: Board,
    shape: MazeShape,
    caption: str,
    certainty: float | None,
) -> None:
    """Draws a maze with captions above it and the model's certainty below.

    Args:
      left, top, side: in inches; a panel is `boards.CAPTION` + side + `boards.BAR`
        high.
      certainty: of the model that all is right; None for a maze without an answer.
    """
    axes = style.place(figure, left, top + boards.CAPTION, side, side)
    wrong = mistakes(board, shape)
    points = side * 72 / max(shape.rows, shape.cols)
    _draw(axes, board, wrong, shape, points)
    boards._write_above(axes, caption, 0.0, "left", style.INK)
    if certainty is None:
        return
    verdict, colour = f"{int(wrong.sum())} wrong", style.INK
    if not wrong.any():
        colour = style.GREEN
        verdict = "✓ another shortest path" if board.wrong.any() else "✓ solved"
    boards._write_above(axes, verdict, 1.0, "right", colour)
    bar_top = top + boards.CAPTION + side + 0.06
    bar = style.place(figure, left, bar_top, side, boards.BAR - 0.06)
    boards._draw_bar(bar, certainty)


def _draw(
    axes: Axes, board: Board, wrong: np.ndarray, shape: MazeShape, points: float
) -> None:
    """Draws a maze that fills its axes.

    A line joins the cells of the model's path, and a dot is one alone, on a blue that
    deepens with its confidence. A wrong cell is struck through on orange: with the line
    where there is no path, without it where one is missing, with a small square where
    the model put a wall. Start and goal have their letters, as far as the model kept
    them.

    Args:
      points: height of a cell.
    """
    rows, cols = shape.rows, shape.cols
    axes.set(xlim=(0, cols), ylim=(rows, 0), aspect="equal")
    axes.axis("off")
    answers = board.answers
    colours = np.ones((shape.cells, 3))
    colours[board.inputs == WALL] = to_rgb(_WALL)
    colours[np.isin(board.inputs, (START, GOAL))] = to_rgb(style.GREEN)
    for cells, shades in ((answers == PATH, style.SURE), (wrong, style.WRONG)):
        colours[cells] = shades(board.confidence[cells])[:, :3]
    image = colours.reshape(rows, cols, 3)
    axes.imshow(image, extent=(0, cols, rows, 0), interpolation="nearest", zorder=1)
    row, column = np.divmod(np.arange(shape.cells), cols)
    middle = np.stack([column, row], 1) + 0.5

    joints = _joints(answers, shape)
    wide = points * 0.26
    line = LineCollection(
        list(middle[joints]), linewidths=wide, colors=style.BLUE, zorder=2
    )
    line.set_capstyle("round")
    axes.add_collection(line)
    alone = np.setdiff1d(np.flatnonzero(answers == PATH), joints)
    size = (1.8 * wide) ** 2
    axes.scatter(*middle[alone].T, s=size, color=style.BLUE, linewidth=0, zorder=2)
    strikes = list(np.stack([middle - 0.36, middle + 0.36], 1)[wrong])
    thin = points * 0.1
    axes.add_collection(
        LineCollection(strikes, linewidths=thin, colors=style.VERMILION, zorder=3)
    )
    for x, y in middle[wrong & (answers == WALL)]:
        square = Rectangle((x - 0.2, y - 0.2), 0.4, 0.4, color=_WALL, linewidth=0)
        axes.add_patch(square).set_zorder(4)
    for token, letter in ((START, "S"), (GOAL, "G")):
        for cell in np.flatnonzero(answers == token):
            axes.text(
                middle[cell, 0],
                middle[cell, 1],
                letter,
                size=points * 0.72,
                weight="bold",
                color=style.INK if wrong[cell] else "#FFFFFF",
                ha="center",
                va="center_baseline",
                zorder=5,
            )
    edge = Rectangle((0, 0), cols, rows, fill=False, edgecolor=style.INK, zorder=4)
    edge.set(linewidth=max(points * 0.1, 0.8), clip_on=False)
    axes.add_patch(edge)


def _joints(answers: np.ndarray, shape: MazeShape) -> np.ndarray:
    """int `[m 2]`: neighbours on the model's path, or on it and at its end."""
    cells = np.arange(shape.cells).reshape(shape.rows, shape.cols)
    across = np.stack([cells[:, :-1].ravel(), cells[:, 1:].ravel()], 1)
    down = np.stack([cells[:-1].ravel(), cells[1:].ravel()], 1)
    pairs = np.concatenate([across, down])
    path = answers == PATH
    on_way = path | (answers == START) | (answers == GOAL)
    return pairs[on_way[pairs].all(1) & path[pairs].any(1)]


_Sample = tuple[int, int, float, str]
"""The token of a cell's label and of its answer, the confidence in it, its meaning."""

_WRONG = (
    (OPEN, PATH, 0.6, "no path here"),
    (PATH, OPEN, 0.6, "path missing"),
)
SHADED = (
    (PATH, PATH, 0.2, "path, unsure"),
    (PATH, PATH, 1.0, "path, sure"),
    *_WRONG,
)
"""Legend of mazes whose colours say how sure the model is."""
PLAIN = ((PATH, PATH, 0.6, "path"), *_WRONG)
"""Legend of mazes where each answer has confidence 0.6."""


def draw_legend(
    figure: Figure, left: float, top: float, legend: tuple[_Sample, ...]
) -> None:
    """Explains the signs of a maze in one line, 6.4 x 0.22 inches."""
    high = 0.22
    for label, answer, confidence, meaning in legend:
        axes = style.place(figure, left, top, high, high)
        one = (np.array([value]) for value in (OPEN, label, answer, confidence))
        sample = Board(*one)
        _draw(axes, sample, sample.wrong, MazeShape(1, 1), high * 72)
        axes.text(1.4, 0.5, meaning, size=9, va="center", color=style.MUTED)
        left += high * (2.6 + 0.33 * len(meaning))
