"""Do hard puzzles take longer? Segments until halting, by difficulty."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, PercentFormatter

from eval import style
from eval.difficulty import Bin, by_difficulty

_ROW = 1.05
"""Inches that the histogram of one bin takes."""


def halting_histogram(
    name: str, difficulty: np.ndarray, solved: np.ndarray, segments: np.ndarray
) -> Figure:
    """A histogram for each of a few bins of difficulty, the easiest on top.

    Args:
      name: of the difficulty.
      difficulty: integers `[n]`.
      solved: bool `[n]`.
      segments: integers `[n]`, that each took until it halted.
    """
    bins = by_difficulty(difficulty, solved, segments)
    parts = by_difficulty(difficulty, solved, segments, 2)
    figure = Figure((7.2, 1.95 + _ROW * len(bins)))
    style.headline(figure, *_title(name, parts, segments))
    _draw_legend(figure)
    last = int(segments.max())
    panels = []
    for row, one in enumerate(bins):
        inside = (difficulty >= one.low) & (difficulty <= one.high)
        axes = style.place(figure, 1.9, 1.4 + row * _ROW, 5.0, _ROW - 0.2)
        _draw_bin(axes, one, solved[inside], segments[inside], last)
        _label(axes, name, one)
        axes.tick_params(axis="x", length=0, labelbottom=row == len(bins) - 1)
        panels.append(axes)
    for axes in panels:
        axes.set(xlim=(0.4, max(last, 4) + 0.6), ylim=(0, 1.05), yticks=(0, 0.5, 1))
        axes.xaxis.set_major_locator(MaxNLocator(16, integer=True))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    panels[-1].set_xlabel("segments until it halts")
    return figure


def _draw_bin(
    axes: Axes, one: Bin, solved: np.ndarray, segments: np.ndarray, last: int
) -> None:
    """Bars of the shares of a bin, the failed on top of the solved."""
    number = np.arange(1, last + 1)
    right, wrong = (
        np.bincount(segments[part], minlength=last + 1)[1:] / len(segments)
        for part in (solved, ~solved)
    )
    axes.bar(number, right, 0.8, color=style.BLUE)
    axes.bar(
        number,
        wrong,
        0.8,
        bottom=right,
        color=style.ORANGE,
        hatch="////",
        edgecolor="#FFFFFF",
        linewidth=0,
    )
    axes.grid(visible=False, axis="x")
    axes.axvline(
        one.mean_segments, color=style.INK, linewidth=1.2, linestyle=(0, (3, 2))
    )


def _label(axes: Axes, name: str, one: Bin) -> None:
    """Says to the left which puzzles these are, and how many of them are solved."""
    puzzles = f"{one.solved.trials:,} puzzle{'s' if one.solved.trials != 1 else ''}"
    lines = (
        (f"{name} {_span(one)}", style.INK, "bold"),
        (puzzles, style.MUTED, "normal"),
        (f"{one.solved.value:.1%} solved", style.MUTED, "normal"),
    )
    for line, (text, colour, weight) in enumerate(lines):
        axes.annotate(
            text,
            (0, 1),
            xycoords="axes fraction",
            xytext=(-115, -2 - 14 * line),
            textcoords="offset points",
            va="top",
            size=9,
            color=colour,
            weight=weight,
        )


def _draw_legend(figure: Figure) -> None:
    signs = [
        Patch(color=style.BLUE, label="solved"),
        Patch(
            facecolor=style.ORANGE, hatch="////", edgecolor="#FFFFFF", label="failed"
        ),
        Line2D(
            [], [], color=style.INK, linewidth=1.2, linestyle=(0, (3, 2)), label="mean"
        ),
    ]
    width, height = figure.get_size_inches()
    figure.legend(
        handles=signs,
        loc="upper left",
        bbox_to_anchor=(1.8 / width, 1 - 0.82 / height),
        ncols=3,
        fontsize=9,
        labelcolor=style.MUTED,
    )


def _title(name: str, parts: Sequence[Bin], segments: np.ndarray) -> tuple[str, str]:
    """Args: parts: one or two bins, of the same examples as the segments."""
    count, last = len(segments), int(segments.max())
    puzzles = f"{count:,} held-out puzzle{'s' if count != 1 else ''} by {name}"
    if segments.min() == last:
        number = f"{last} segment{'s' if last != 1 else ''}"
        return f"Every puzzle takes {number}", puzzles
    if len(parts) == 1:
        return f"It halts after {segments.mean():.1f} segments on average", puzzles
    easy, hard = (part.mean_segments for part in parts)
    means = " and ".join(
        f"{part.mean_segments:.1f} segments at {_span(part)}" for part in parts
    )
    title = "Harder puzzles take no longer"
    if hard > 1.05 * easy:
        title = f"Harder puzzles take {hard / easy:.1f} times as long"
    return title, f"{puzzles}: {means}"


def _span(one: Bin) -> str:
    return f"{one.low:,}" if one.low == one.high else f"{one.low:,}–{one.high:,}"
