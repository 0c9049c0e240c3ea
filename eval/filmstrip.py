"""One puzzle being solved, segment by segment: a strip of boards, or a moving one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from eval import panels, style
from eval.panels import Answer, Drawing

_MARGIN = 0.3
_LEGEND = 0.5


class Film(NamedTuple):
    """Attributes:
    drawing: of its kind of puzzle.
    inputs, labels: int `[cells]`.
    answers: int `[G cells]`, after each segment.
    confidence: float `[G cells]`, in each answer.
    halt_confidence: float `[G]`, that the answer is right.
    """

    drawing: Drawing
    inputs: np.ndarray
    labels: np.ndarray
    answers: np.ndarray
    confidence: np.ndarray
    halt_confidence: np.ndarray

    def answer(self, segment: int) -> Answer:
        """After segment 1 to G; 0 is the puzzle itself."""
        if segment == 0:
            nothing = np.zeros(len(self.inputs))
            return Answer(self.inputs, self.inputs, self.inputs, nothing)
        return Answer(
            self.inputs,
            self.labels,
            self.answers[segment - 1],
            self.confidence[segment - 1],
        )

    def title(self) -> str:
        total = len(self.answers)
        wrong = [
            int(self.drawing.mistakes(self.answer(k + 1)).sum()) for k in range(total)
        ]
        if wrong[-1]:
            return f"Not solved: {wrong[-1]} {_cells(wrong[-1])} wrong at the end"
        # From here on every answer is right.
        first = total - next((k for k, w in enumerate(wrong[::-1]) if w), total) + 1
        if first == 1:
            return "Solved in the first segment"
        return f"Solved after {first} segments of thinking"

    def subtitle(self) -> str:
        puzzle = self.drawing.describe(self.inputs, self.labels)
        return f"{puzzle}, and the model's answer after each segment"


def strip(film: Film) -> Figure:
    """All boards side by side, the puzzle first, in lines of at most six."""
    count = len(film.answers) + 1
    lines = -(-count // 6)
    columns = -(-count // lines)
    side = film.drawing.side
    gap = 0.22
    line_height = panels.CAPTION + side + panels.BAR + 0.1
    width = max(2 * _MARGIN + columns * side + (columns - 1) * gap, 7.0)
    top = 0.85
    height = top + lines * line_height + _LEGEND
    figure = Figure((width, height))
    style.headline(figure, film.title(), film.subtitle())
    for panel in range(count):
        line, column = divmod(panel, columns)
        left = _MARGIN + column * (side + gap)
        _draw_panel(figure, film, panel, left, top + line * line_height, side)
    film.drawing.draw_legend(figure, _MARGIN, height - _LEGEND + 0.08, shaded=True)
    return figure


def frame(film: Film, segment: int) -> Figure:
    """One board, large; all frames of a film have the same size."""
    side = 4.2
    top = 0.3
    figure = Figure(
        (side + 2 * _MARGIN, top + panels.CAPTION + side + panels.BAR + 0.2)
    )
    _draw_panel(figure, film, segment, _MARGIN, top, side)
    return figure


def _draw_panel(
    figure: Figure, film: Film, segment: int, left: float, top: float, side: float
) -> None:
    caption, certainty = "the puzzle", None
    if segment:
        caption = f"segment {segment} of {len(film.answers)}"
        certainty = float(film.halt_confidence[segment - 1])
    answer = film.answer(segment)
    panels.draw_panel(figure, left, top, side, film.drawing, answer, caption, certainty)


def _cells(count: int) -> str:
    return "cell" if count == 1 else "cells"
