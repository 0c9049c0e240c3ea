"""Draws the canvas that an ARC grid lies on: the model's colours and its mistakes."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from data_pipeline.arc import codec
from data_pipeline.schema import IGNORE_LABEL
from eval import panels, style
from eval.arc.grids import COLOURS
from eval.panels import Answer

_TOKENS = np.array([to_rgb(c) for c in ("#FFFFFF", style.FAINT, *COLOURS)])
_UNSURE = 0.6
"""Confidence below which a cell is shown with a hole; 0 is that of nobody."""


class CanvasDrawing:
    """Of canvases of `size` x `size` cells."""

    def __init__(self, size: int):
        self._size = size

    @property
    def side(self) -> float:
        return 1.4 + 0.05 * self._size

    def draw(self, axes: Axes, answer: Answer, points: float) -> None:
        _draw_canvas(axes, answer, self._size, points / self._size)

    def mistakes(self, answer: Answer) -> np.ndarray:
        return answer.differs

    def describe(self, inputs: np.ndarray, labels: np.ndarray) -> str:
        known = np.where(labels == IGNORE_LABEL, codec.PAD, labels)
        given, wanted = (
            "x".join(map(str, codec.decode(tokens).shape)) for tokens in (inputs, known)
        )
        return f"An ARC test of {given} cells with an answer of {wanted}"

    def draw_legend(
        self, figure: Figure, left: float, top: float, shaded: bool
    ) -> None:
        def draw(axes: Axes, one: Answer, points: float) -> None:
            _draw_canvas(axes, one, 1, points)

        panels.draw_samples(figure, left, top, _SHADED if shaded else _PLAIN, draw)


def _draw_canvas(axes: Axes, answer: Answer, size: int, points: float) -> None:
    """Draws a canvas that fills its axes.

    The border of a grid is grey. What the model says where nothing counts is left out.
    A wrong cell is crossed out; one of which the model is unsure has a white hole.

    Args:
      points: height of a cell.
    """
    axes.set(xlim=(0, size), ylim=(size, 0), aspect="equal")
    axes.axis("off")
    counts = answer.labels != IGNORE_LABEL
    tokens = np.where(counts, answer.answers, codec.PAD)
    image = _TOKENS[tokens].reshape(size, size, 3)
    axes.imshow(image, extent=(0, size, size, 0), interpolation="nearest", zorder=1)
    row, column = np.divmod(np.arange(size * size), size)
    corners = np.stack([column, row], 1).astype(float)
    unsure = counts & (answer.confidence > 0) & (answer.confidence < _UNSURE)
    for x, y in corners[unsure]:
        hole = Rectangle((x + 0.36, y + 0.36), 0.28, 0.28, color="w", linewidth=0)
        axes.add_patch(hole).set_zorder(2)
    wrong = corners[answer.differs]
    strokes = [
        [corner + (0.2, start), corner + (0.8, 1 - start)]
        for corner in wrong
        for start in (0.2, 0.8)
    ]
    # White on ink: seen on any colour.
    for width, colour in ((0.2, style.INK), (0.1, "#FFFFFF")):
        lines = LineCollection(strokes, linewidths=points * width, colors=colour)
        axes.add_collection(lines).set_zorder(3)
    edge = Rectangle((0, 0), size, size, fill=False, edgecolor=style.MUTED, zorder=4)
    edge.set(linewidth=0.8, clip_on=False)
    axes.add_patch(edge)


_COLOUR = codec.FIRST_COLOUR + 8
_OTHER = codec.FIRST_COLOUR + 4
_WRONG = panels.sample(_OTHER, _OTHER, _COLOUR, 1.0, "wrong")
_BORDER = panels.sample(codec.EOS, codec.EOS, codec.EOS, 1.0, "the grid ends")
_UNSURE_CELL = panels.sample(_COLOUR, _COLOUR, _COLOUR, 0.2, "unsure")
_SHADED = (_UNSURE_CELL, _WRONG, _BORDER)
_PLAIN = (_WRONG, _BORDER)
