"""Draws a maze: its walls, the path that the model marks and what is wrong with it."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from data_pipeline.maze import paths
from data_pipeline.maze.schema import GOAL, OPEN, PATH, START, WALL, MazeShape
from eval import panels, style
from eval.panels import Answer

_WALL = "#59626D"


class MazeDrawing:
    """Of mazes of a shape."""

    def __init__(self, shape: MazeShape):
        self._shape = shape

    @property
    def side(self) -> float:
        # Small ones need room for the words above them.
        return max(2.8, 1.2 + 0.06 * max(self._shape.rows, self._shape.cols))

    def draw(self, axes: Axes, answer: Answer, points: float) -> None:
        cell = points / max(self._shape.rows, self._shape.cols)
        _draw_maze(axes, answer, self.mistakes(answer), self._shape, cell)

    def mistakes(self, answer: Answer) -> np.ndarray:
        """bool `[cells]`: what differs from the label; nothing, where the answer is
        another shortest path."""
        inputs, answers = answer.inputs[None], answer.answers[None]
        valid = paths.valid_optimal(inputs, answers, self._shape)
        return answer.differs & ~valid

    def describe(self, inputs: np.ndarray, labels: np.ndarray) -> str:
        del inputs
        cells = int((labels == PATH).sum()) + 2
        size = f"{self._shape.rows}x{self._shape.cols}"
        return f"A {size} maze with a shortest path of {cells} cells"

    def draw_legend(
        self, figure: Figure, left: float, top: float, shaded: bool
    ) -> None:
        def draw(axes: Axes, one: Answer, points: float) -> None:
            _draw_maze(axes, one, one.differs, MazeShape(1, 1), points)

        panels.draw_samples(figure, left, top, _SHADED if shaded else _PLAIN, draw)


def _draw_maze(
    axes: Axes, answer: Answer, wrong: np.ndarray, shape: MazeShape, points: float
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
    answers = answer.answers
    colours = np.ones((shape.cells, 3))
    colours[answer.inputs == WALL] = to_rgb(_WALL)
    colours[np.isin(answer.inputs, (START, GOAL))] = to_rgb(style.GREEN)
    for cells, shades in ((answers == PATH, style.SURE), (wrong, style.WRONG)):
        colours[cells] = shades(answer.confidence[cells])[:, :3]
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


_WRONG = (
    panels.sample(OPEN, OPEN, PATH, 0.6, "no path here"),
    panels.sample(OPEN, PATH, OPEN, 0.6, "path missing"),
)
_SHADED = (
    panels.sample(OPEN, PATH, PATH, 0.2, "path, unsure"),
    panels.sample(OPEN, PATH, PATH, 1.0, "path, sure"),
    *_WRONG,
)
_PLAIN = (panels.sample(OPEN, PATH, PATH, 0.6, "path"), *_WRONG)
