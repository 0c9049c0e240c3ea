"""How an archive of settings grew: what each was worth, and whose mutation it was."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from eval import style


def evolution(
    scores: Sequence[float], parents: Sequence[int | None], best: int, tasks: int
) -> Figure:
    """Draws each member as a point, a line to its parent, and the best so far in blue.

    Args:
      scores: of members, in the order in which they came.
      parents: their numbers.
      best: the number of the one that is taken; others may be as good.
      tasks: that they were measured on.
    """
    figure = Figure((7.2, 5.0))
    title = f"Settings number {best}: {scores[best]:.1%} instead of {scores[0]:.1%}"
    told = f"{tasks:,} tasks for development; the best of many was lucky, too"
    style.headline(figure, title, told)
    axes = style.place(figure, 0.95, 1.15, 5.6, 3.1)
    for number, parent in enumerate(parents):
        if parent is not None:
            line = [parent, number], [scores[parent], scores[number]]
            axes.plot(*line, color=style.MUTED, linewidth=0.8, alpha=0.5)
    numbers = np.arange(len(scores))
    axes.step(
        numbers, np.maximum.accumulate(scores), where="post", color=style.BLUE, zorder=3
    )
    axes.plot(numbers, scores, "o", color=style.MUTED, markersize=4, zorder=4)
    axes.plot(best, scores[best], "o", color=style.BLUE, zorder=5)
    axes.set_xlabel("settings, in the order in which they were tried")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    return figure
