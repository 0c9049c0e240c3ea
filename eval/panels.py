"""A puzzle with the model's answer, captions above it and the model's certainty below.

Films and galleries are made of these panels, whatever kind of puzzle they show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from data_pipeline.schema import IGNORE_LABEL
from eval import style

CAPTION = 0.3
BAR = 0.42
"""Inches that a panel needs above and below its square."""


class Answer(NamedTuple):
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
    def differs(self) -> np.ndarray:
        """bool `[cells]`: where the answer is not the label."""
        return (self.answers != self.labels) & (self.labels != IGNORE_LABEL)


class Drawing(Protocol):
    """How a kind of puzzle is drawn."""

    @property
    def side(self) -> float:
        """Inches that one takes in a strip."""
        ...

    def draw(self, axes: Axes, answer: Answer, points: float) -> None:
        """Fills the axes, which are `points` high."""
        ...

    def mistakes(self, answer: Answer) -> np.ndarray:
        """bool `[cells]`; none in an answer that solves the puzzle in another way."""
        ...

    def describe(self, inputs: np.ndarray, labels: np.ndarray) -> str:
        """What the puzzle asks for, as the beginning of a sentence."""
        ...

    def draw_legend(
        self, figure: Figure, left: float, top: float, shaded: bool
    ) -> None:
        """Explains the signs in one line, 6.4 x 0.22 inches.

        Args:
          shaded: the colours say how sure the model is; else all confidence is 0.6.
        """
        ...


def draw_panel(
    figure: Figure,
    left: float,
    top: float,
    side: float,
    drawing: Drawing,
    answer: Answer,
    caption: str,
    certainty: float | None,
) -> None:
    """Draws a panel.

    Args:
      left, top, side: in inches; a panel is CAPTION + side + BAR high.
      certainty: of the model that all is right; None for a puzzle without an answer.
    """
    axes = style.place(figure, left, top + CAPTION, side, side)
    drawing.draw(axes, answer, side * 72)
    _write_above(axes, caption, 0.0, "left", style.INK)
    if certainty is None:
        return
    wrong = int(drawing.mistakes(answer).sum())
    verdict, colour = f"{wrong} wrong", style.INK
    if not wrong:
        colour = style.GREEN
        verdict = "✓ solved in another way" if answer.differs.any() else "✓ solved"
    _write_above(axes, verdict, 1.0, "right", colour)
    bar = style.place(figure, left, top + CAPTION + side + 0.06, side, BAR - 0.06)
    _draw_bar(bar, certainty)


class Sample(NamedTuple):
    """A cell of a legend: a board of one cell, and what it means."""

    answer: Answer
    meaning: str


def sample(
    inputs: int, label: int, answer: int, confidence: float, meaning: str
) -> Sample:
    """A sample of the tokens of a cell."""
    one = (np.array([value]) for value in (inputs, label, answer, confidence))
    return Sample(Answer(*one), meaning)


def draw_samples(
    figure: Figure,
    left: float,
    top: float,
    samples: Sequence[Sample],
    draw: Callable[[Axes, Answer, float], None],
) -> None:
    """Draws a legend of samples in one line, 0.22 inches high.

    Args:
      draw: of a board of one cell, so many points high.
    """
    high = 0.22
    for answer, meaning in samples:
        axes = style.place(figure, left, top, high, high)
        draw(axes, answer, high * 72)
        axes.text(1.4, 0.5, meaning, size=9, va="center", color=style.MUTED)
        left += high * (2.6 + 0.33 * len(meaning))


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
