"""Draws a Sudoku board: what was given, what the model says and what is wrong."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from data_pipeline.schema import BoardShape
from data_pipeline.sudoku import rules
from data_pipeline.sudoku.codec import DIGITS
from data_pipeline.sudoku.schema import BLANK
from eval import style
from eval.panels import Answer


class SudokuDrawing:
    """Of boards of a shape."""

    def __init__(self, shape: BoardShape):
        self._shape = shape

    @property
    def side(self) -> float:
        return 1.5 + 0.1 * self._shape.size

    def draw(self, axes: Axes, answer: Answer, points: float) -> None:
        _draw_board(axes, answer, self._shape, points / self._shape.size)

    def mistakes(self, answer: Answer) -> np.ndarray:
        return answer.differs

    def describe(self, inputs: np.ndarray, labels: np.ndarray) -> str:
        del labels
        blanks, size = int((inputs == BLANK).sum()), self._shape.size
        cells = "cell" if blanks == 1 else "cells"
        return f"A {size}x{size} puzzle with {blanks} {cells} to fill"

    def draw_legend(
        self, figure: Figure, left: float, top: float, shaded: bool
    ) -> None:
        high, wide = 0.22, 6.4
        axes = style.place(figure, left, top, wide, high)
        axes.set(xlim=(0, wide / high), ylim=(1, 0))
        axes.axis("off")
        x = 0.0
        for sign, meaning in _SHADED if shaded else _PLAIN:
            _draw_cell(axes, x, 0, high * 72, sign)
            edge = Rectangle(
                (x, 0), 1, 1, fill=False, edgecolor=style.MUTED, linewidth=0.8
            )
            axes.add_patch(edge).set_clip_on(False)
            axes.text(x + 1.4, 0.5, meaning, size=9, va="center", color=style.MUTED)
            x += 2.6 + 0.285 * len(meaning)


def _draw_board(axes: Axes, board: Answer, shape: BoardShape, points: float) -> None:
    """Draws a board that fills its axes.

    Clues are bold on grey. A digit of the model stands on a blue that deepens with its
    confidence; a wrong one is struck through on orange, a dot for none at all; a corner
    is filled where a digit stands in its row, column or box once more.

    Args:
      points: height of a cell.
    """
    size = shape.size
    axes.set(xlim=(0, size), ylim=(size, 0), aspect="equal")
    axes.axis("off")
    signs = zip(
        board.inputs != BLANK,
        board.differs,
        rules.clashes(board.answers, shape),
        board.answers,
        board.confidence,
        strict=True,
    )
    for cell, (given, wrong, clash, answer, confidence) in enumerate(signs):
        row, column = divmod(cell, size)
        sign = _Sign(given, wrong, clash, answer, confidence)
        _draw_cell(axes, column, row, points, sign)
    for line in range(size + 1):
        for thick, (x, y) in (
            (line % shape.box_cols == 0, ((line, line), (0, size))),
            (line % shape.box_rows == 0, ((0, size), (line, line))),
        ):
            axes.plot(
                x,
                y,
                color=style.INK if thick else "#AEB6BF",
                linewidth=points * (0.07 if thick else 0.025),
                solid_capstyle="projecting",
                clip_on=False,
                zorder=4 if thick else 3,
            )


class _Sign(NamedTuple):
    """What one cell shows."""

    given: bool
    wrong: bool
    clash: bool
    answer: int
    confidence: float


def _draw_cell(axes: Axes, x: float, y: float, points: float, sign: _Sign) -> None:
    """Draws the cell whose top left corner is at (x, y), `points` high."""
    if sign.wrong:
        colour = style.WRONG(float(sign.confidence))
    else:
        colour = style.CLUE if sign.given else style.SURE(float(sign.confidence))
    axes.add_patch(Rectangle((x, y), 1, 1, color=colour, linewidth=0, zorder=1))
    if sign.wrong:
        axes.plot(
            (x + 0.12, x + 0.88),
            (y + 0.12, y + 0.88),
            color=style.VERMILION,
            linewidth=points * 0.06,
            zorder=2,
        )
    if sign.clash:
        corner = ((x + 1, y), (x + 1, y + 0.3), (x + 0.7, y))
        axes.add_patch(Polygon(corner, color=style.VERMILION, linewidth=0, zorder=2))
    missing = "·" if sign.wrong else ""
    axes.text(
        x + 0.5,
        y + 0.53,
        DIGITS[sign.answer - BLANK - 1] if sign.answer > BLANK else missing,
        size=points * 0.56,
        weight="bold" if sign.given else "normal",
        color=style.INK,
        ha="center",
        va="center_baseline",
        zorder=5,
    )


_GIVEN = (_Sign(True, False, False, 6, 1.0), "given")
_WRONG = (
    (_Sign(False, True, False, 6, 0.6), "wrong"),
    (_Sign(False, True, True, 6, 0.6), "breaks a rule"),
)
_SHADED = (
    _GIVEN,
    (_Sign(False, False, False, 6, 0.2), "right, unsure"),
    (_Sign(False, False, False, 6, 1.0), "right, sure"),
    *_WRONG,
)
_PLAIN = (_GIVEN, (_Sign(False, False, False, 6, 0.6), "right"), *_WRONG)
