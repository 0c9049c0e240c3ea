"""Draws a Sudoku board: what was given, what the model says and what is wrong."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from data_pipeline import rules
from data_pipeline.codec import DIGITS
from data_pipeline.schema import BLANK, IGNORE_LABEL, BoardShape
from eval import style


class Board(NamedTuple):
    """Attributes:
    inputs: int `[cells]`, the puzzle.
    labels: int `[cells]`, its solution.
    answers: int `[cells]`, the model's.
    confidence: float `[cells]`, of the model in each answer.
    """

    inputs: np.ndarray
    labels: np.ndarray
    answers: np.ndarray
    confidence: np.ndarray

    @property
    def wrong(self) -> np.ndarray:
        """bool `[cells]`."""
        return (self.answers != self.labels) & (self.labels != IGNORE_LABEL)


def _draw_board(axes: Axes, board: Board, shape: BoardShape, points: float) -> None:
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
        board.wrong,
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


CAPTION = 0.3
BAR = 0.42


def draw_panel(
    figure: Figure,
    left: float,
    top: float,
    side: float,
    board: Board,
    shape: BoardShape,
    caption: str,
    certainty: float | None,
) -> None:
    """Draws a board with captions above it and the model's certainty below.

    Args:
      left, top, side: in inches; a panel is CAPTION + side + BAR high.
      certainty: of the model that all is right; None for a puzzle without an answer.
    """
    axes = style.place(figure, left, top + CAPTION, side, side)
    _draw_board(axes, board, shape, side * 72 / shape.size)
    _write_above(axes, caption, 0.0, "left", style.INK)
    if certainty is None:
        return
    wrong = int(board.wrong.sum())
    verdict, colour = (
        (f"{wrong} wrong", style.INK) if wrong else ("✓ solved", style.GREEN)
    )
    _write_above(axes, verdict, 1.0, "right", colour)
    bar = style.place(figure, left, top + CAPTION + side + 0.06, side, BAR - 0.06)
    _draw_bar(bar, certainty)


def _write_above(
    axes: Axes, text: str, x: float, side: Literal["left", "right"], colour: str
) -> None:
    axes.annotate(
        text,
        (x, 1),
        xycoords="axes fraction",
        xytext=(0, 4),
        textcoords="offset points",
        ha=side,
        va="bottom",
        size=9,
        weight="bold",
        color=colour,
    )


def _draw_bar(axes: Axes, certainty: float) -> None:
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.axis("off")
    for width, colour in ((1.0, style.FAINT), (certainty, style.BLUE)):
        axes.add_patch(Rectangle((0, 0.62), width, 0.28, color=colour, linewidth=0))
    axes.plot((0.5, 0.5), (0.54, 0.98), color=style.INK, linewidth=1)
    text = f"{certainty:.0%} sure that all is right"
    axes.text(0, 0.42, text, size=8, va="top", color=style.MUTED)


_GIVEN = (_Sign(True, False, False, 6, 1.0), "given")
_WRONG = (
    (_Sign(False, True, False, 6, 0.6), "wrong"),
    (_Sign(False, True, True, 6, 0.6), "breaks a rule"),
)
SHADED = (
    _GIVEN,
    (_Sign(False, False, False, 6, 0.2), "right, unsure"),
    (_Sign(False, False, False, 6, 1.0), "right, sure"),
    *_WRONG,
)
"""Legend of boards whose colours say how sure the model is."""
PLAIN = (_GIVEN, (_Sign(False, False, False, 6, 0.6), "right"), *_WRONG)
"""Legend of boards where each answer has confidence 0.6."""


def draw_legend(
    figure: Figure, left: float, top: float, legend: tuple[tuple[_Sign, str], ...]
) -> None:
    """Explains the signs of a board in one line, 6.4 x 0.22 inches."""
    high, wide = 0.22, 6.4
    axes = style.place(figure, left, top, wide, high)
    axes.set(xlim=(0, wide / high), ylim=(1, 0))
    axes.axis("off")
    x = 0.0
    for sign, meaning in legend:
        _draw_cell(axes, x, 0, high * 72, sign)
        edge = Rectangle((x, 0), 1, 1, fill=False, edgecolor=style.MUTED, linewidth=0.8)
        axes.add_patch(edge).set_clip_on(False)
        axes.text(x + 1.4, 0.5, meaning, size=9, va="center", color=style.MUTED)
        x += 2.6 + 0.285 * len(meaning)
