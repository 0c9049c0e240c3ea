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
from eval import style
from eval.panels import Answer

_WALL = "#59626D"


class MazeDrawing:
    """Of mazes of a shape."""

    def __init__(self, shape: MazeShape):
        self._shape = shape

    @property
    def side(self) -> float:
        return 1.2 + 0.06 * max(self._shape.rows, self._shape.cols)

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
        high = 0.22
        for label, answer, confidence, meaning in _SHADED if shaded else _PLAIN:
            axes = style.place(figure, left, top, high, high)
            one = (np.array([value]) for value in (OPEN, label, answer, confidence))
            sample = Answer(*one)
            _draw_maze(axes, sample, sample.differs, MazeShape(1, 1), high * 72)
            axes.text(1.4, 0.5, meaning, size=9, va="center", color=style.MUTED)
            left += high * (2.6 + 0.33 * len(meaning))
