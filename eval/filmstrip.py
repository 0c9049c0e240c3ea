"""One puzzle being solved, segment by segment: a strip of boards, or a moving one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from data_pipeline.schema import BLANK, Batch, BoardShape
from eval import boards, style
from eval.boards import Board
from eval.protocol import Trace
from eval.segments import solved_after

_MARGIN = 0.3
_LEGEND = 0.5


class Film(NamedTuple):
    """Attributes:
    shape: of the boards.
    inputs, labels: int `[cells]`.
    answers: int `[K cells]`, after each segment.
    confidence: float `[K cells]`, in each answer.
    halt_confidence: float `[K]`, that the answer is right.
    """

    shape: BoardShape
    inputs: np.ndarray
    labels: np.ndarray
    answers: np.ndarray
    confidence: np.ndarray
    halt_confidence: np.ndarray

    def board(self, segment: int) -> Board:
        """After segment 1 to K; 0 is the puzzle itself."""
        if segment == 0:
            nothing = np.zeros(self.shape.cells)
            return Board(self.inputs, self.inputs, self.inputs, nothing)
        return Board(
            self.inputs,
            self.labels,
            self.answers[segment - 1],
            self.confidence[segment - 1],
        )

    def title(self) -> str:
        wrong = [int(self.board(k + 1).wrong.sum()) for k in range(len(self.answers))]
        total = len(wrong)
        if wrong[-1]:
            return f"Not solved: {wrong[-1]} {_cells(wrong[-1])} wrong at the end"
        # From here on every answer is right.
        first = total - next((k for k, w in enumerate(wrong[::-1]) if w), total) + 1
        if first == 1:
            return "Solved in the first segment"
        return f"Solved after {first} segments of thinking"

    def subtitle(self) -> str:
        blanks = int((self.inputs == BLANK).sum())
        size = self.shape.size
        return (
            f"A {size}x{size} puzzle with {blanks} {_cells(blanks)} to fill, and the "
            "model's answer after each segment"
        )


def film(examples: Batch, trace: Trace, index: int, shape: BoardShape) -> Film:
    """What a trace says about one of its examples."""
    return Film(
        shape,
        examples.inputs[index],
        examples.labels[index],
        trace.answers[:, index],
        trace.cell_confidence[:, index],
        trace.halt_confidence[:, index],
    )


def most_telling(examples: Batch, trace: Trace) -> int:
    """The example most worth a film.

    Of those solved at the end, the one that took longest; if none is, the one with the
    fewest mistakes left.
    """
    solved = solved_after(trace, examples.labels)
    if solved[-1].any():
        return int(np.where(solved[-1], (~solved).sum(0), -1).argmax())
    return int((trace.answers[-1] == examples.labels).sum(-1).argmax())


def strip(film: Film) -> Figure:
    """All boards side by side, the puzzle first, in lines of at most six."""
    panels = len(film.answers) + 1
    lines = -(-panels // 6)
    columns = -(-panels // lines)
    side = 1.5 + 0.1 * film.shape.size
    gap = 0.22
    line_height = boards.CAPTION + side + boards.BAR + 0.1
    width = max(2 * _MARGIN + columns * side + (columns - 1) * gap, 7.0)
    top = 0.85
    height = top + lines * line_height + _LEGEND
    figure = Figure((width, height))
    style.headline(figure, film.title(), film.subtitle())
    for panel in range(panels):
        line, column = divmod(panel, columns)
        left = _MARGIN + column * (side + gap)
        _draw_panel(figure, film, panel, left, top + line * line_height, side)
    boards.draw_legend(figure, _MARGIN, height - _LEGEND + 0.08, boards.SHADED)
    return figure


def frame(film: Film, segment: int) -> Figure:
    """One board, large; all frames of a film have the same size."""
    side = 4.2
    top = 0.3
    figure = Figure(
        (side + 2 * _MARGIN, top + boards.CAPTION + side + boards.BAR + 0.2)
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
    board = film.board(segment)
    boards.draw_panel(figure, left, top, side, board, film.shape, caption, certainty)


def _cells(count: int) -> str:
    return "cell" if count == 1 else "cells"
