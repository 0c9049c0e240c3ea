"""What is paid for small: puzzles solved against the size of a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter

from eval import style
from eval.statistics import Rate


class Point(NamedTuple):
    """Attributes:
    name: of the variant.
    nbytes: of its weights.
    solved: of the same puzzles for all.
    """

    name: str
    nbytes: int
    solved: Rate


def pareto(points: Sequence[Point]) -> Figure:
    """Draws each variant with its 95 % interval, those that nothing beats in blue."""
    figure = Figure((7.2, 5.0))
    style.headline(figure, *_title(points))
    axes = style.place(figure, 0.95, 1.15, 5.6, 3.1)
    for point in points:
        best = not any(_beats(other, point) for other in points)
        colour = style.BLUE if best else style.VERMILION
        low, high = point.solved.interval()
        axes.vlines(point.nbytes, low, high, color=colour, alpha=0.3, linewidth=5)
        axes.plot(point.nbytes, point.solved.value, "o", color=colour, zorder=4)
        axes.annotate(
            point.name,
            (point.nbytes, point.solved.value),
            xytext=(8, 5 if best else -5),
            textcoords="offset points",
            color=colour,
            weight="bold",
            size=9,
            va="center",
        )
    sizes = np.array([point.nbytes for point in points])
    axes.set(xlim=(0, sizes.max() * 1.25))
    axes.set_xlabel("size of the weights")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: _size(size)))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    return figure


def _beats(one: Point, other: Point) -> bool:
    """Is one no larger, no worse, and better in one of both?"""
    ours, theirs = (-one.nbytes, one.solved.value), (-other.nbytes, other.solved.value)
    return ours[0] >= theirs[0] and ours[1] >= theirs[1] and ours != theirs


def _size(nbytes: float) -> str:
    return f"{nbytes / 1e6:g} MB" if nbytes >= 1e6 else f"{nbytes / 1e3:g} KB"


def _title(points: Sequence[Point]) -> tuple[str, str]:
    largest = max(points, key=lambda point: point.nbytes)
    smallest = min(points, key=lambda point: (point.nbytes, -point.solved.value))
    share = largest.nbytes / smallest.nbytes
    title = (
        f"{share:.1f} times smaller: {smallest.solved.value:.1%} instead of "
        f"{largest.solved.value:.1%}"
    )
    puzzles = f"{largest.solved.trials:,} held-out puzzles, exact match"
    return title, f"{puzzles}; bars are 95% intervals"
