"""Does thinking longer help? Puzzles solved against the number of segments."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from eval import style
from eval.statistics import Rate


def segment_curve(solved: Sequence[Rate], belief: np.ndarray) -> Figure:
    """Puzzles solved after each of G segments, beside what the model believes.

    Args:
      solved: G rates over the same puzzles.
      belief: float `[G]`, mean halting confidence.
    """
    values = np.array([rate.value for rate in solved])
    low, high = np.array([rate.interval() for rate in solved]).T
    number = np.arange(1, len(solved) + 1)
    figure = Figure((7.2, 5.0))
    style.headline(figure, *_segment_title(solved))
    axes = style.place(figure, 0.85, 1.15, 5.0, 3.1)
    style.draw_band(axes, number, low, high)
    axes.plot(number, values, color=style.BLUE, marker="o", clip_on=False, zorder=4)
    axes.plot(
        number,
        belief,
        color=style.VERMILION,
        linestyle=(0, (4, 1.5)),
        marker="D",
        markersize=4,
        clip_on=False,
        zorder=3,
    )
    solved_y, belief_y = _apart(float(values[-1]), float(belief[-1]))
    for y, colour, text in (
        (solved_y, style.BLUE, "solved"),
        (belief_y, style.VERMILION, "believed solved"),
    ):
        style.label_end(axes, text, (number[-1], y), colour)
    # With one segment alone there is still an axis to be drawn.
    axes.set(xlim=(0.7, max(len(solved), 2) + 0.3), ylim=(0, 1))
    axes.set_xlabel("segments of thinking")
    axes.xaxis.set_major_locator(MaxNLocator(16, integer=True))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    return figure


def _apart(first: float, second: float) -> tuple[float, float]:
    """Heights of two labels near these shares, neither on top of the other."""
    shift = max(0.0, 0.06 - abs(first - second)) / 2
    low, high = min(first, second) - shift, max(first, second) + shift
    up = max(0.0, 0.03 - low)
    low, high = low + up, high + up
    return (high, low) if first >= second else (low, high)


def _segment_title(solved: Sequence[Rate]) -> tuple[str, str]:
    first, last = solved[0], solved[-1]
    if len(solved) == 1:
        title = f"{last.value:.1%} solved in one segment"
    else:
        title = f"From {first.value:.1%} to {last.value:.1%} solved by thinking longer"
        if last.value <= first.value:
            title = f"Thinking longer does not help: {last.value:.1%} solved"
    puzzles = f"{last.trials:,} held-out puzzle{'s' if last.trials != 1 else ''}"
    return title, f"{puzzles}; the band is the 95% interval"
