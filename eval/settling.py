"""Does the thought come to rest? How much each segment changes the latent state."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from eval import style

_LEAST = 1e-7
"""Change below which float32 tells nothing; a logarithm needs a limit."""


def settling(residual: np.ndarray, solved: np.ndarray) -> Figure:
    """Medians over solved and over failed puzzles, in bands from quartile to quartile.

    Args:
      residual: float `[G B]`, how much each segment changed the state, as a share.
      solved: bool `[B]`, at the end.
    """
    change = np.maximum(residual.astype(np.float64), _LEAST)
    number = np.arange(1, len(change) + 1)
    figure = Figure((7.2, 5.0))
    style.headline(figure, *_title(change[-1], solved))
    axes = style.place(figure, 0.95, 1.15, 4.9, 3.1)
    axes.set_yscale("log")
    ends = []
    for which, colour, sign, dash, text in (
        (solved, style.BLUE, "o", "-", "solved"),
        (~solved, style.VERMILION, "D", (0, (4, 1.5)), "failed"),
    ):
        if not which.any():
            continue
        low, middle, high = np.quantile(change[:, which], (0.25, 0.5, 0.75), axis=1)
        axes.fill_between(number, low, high, color=colour, alpha=0.18, linewidth=0)
        axes.plot(
            number,
            middle,
            color=colour,
            linestyle=dash,
            marker=sign,
            markersize=5,
            clip_on=False,
            zorder=4,
        )
        ends.append((middle[-1], colour, f"{text} ({which.sum():,})"))
    # With one segment alone there is still an axis to be drawn.
    axes.set_xlim(0.7, max(len(change), 2) + 0.3)
    low, high = axes.get_ylim()
    if high < 10 * low:  # a decade at least, so that noise does not look like much
        middle = np.sqrt(low * high)
        axes.set_ylim(middle / 10**0.5, middle * 10**0.5)
    _label_ends(axes, number[-1], ends)
    axes.set_xlabel("segments of thinking")
    axes.set_ylabel("change of the state")
    axes.xaxis.set_major_locator(MaxNLocator(16, integer=True))
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=12))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: _percent(share)))
    axes.yaxis.set_minor_locator(NullLocator())
    return figure


def _label_ends(axes: Axes, x: int, ends: list[tuple[float, str, str]]) -> None:
    """Names lines at their ends, one above the other however close these are.

    Args:
      ends: of at most two lines, the height, the colour and the name.
    """
    ends = sorted(ends)
    heights = axes.transData.transform([(x, y) for y, _, _ in ends])[:, 1]
    points = np.ptp(heights) * 72 / axes.figure.dpi
    apart = max(0.0, 14 - points) / 2 if len(ends) == 2 else 0.0
    for (y, colour, text), shift in zip(ends, (-apart, apart), strict=False):
        style.label_end(axes, text, (x, y), colour, shift)


def _title(last: np.ndarray, solved: np.ndarray) -> tuple[str, str]:
    """Args: last: float `[B]`, change in the last segment."""
    about = "medians, bands for the middle half"
    if solved.all() or not solved.any():
        change = _percent(float(np.median(last)))
        return f"The last segment changes the state by {change}", about
    right, wrong = (float(np.median(last[which])) for which in (solved, ~solved))
    title = "Solved and failed puzzles settle alike"
    if wrong > 1.25 * right:
        title = "Where it succeeds, the state comes to rest"
    elif right > 1.25 * wrong:
        title = "Where it fails, the state comes to rest"
    ends = f"{_percent(right)} where solved, {_percent(wrong)} where failed"
    return title, f"At the end {ends}; {about}"


def _percent(share: float) -> str:
    """Two significant digits."""
    return f"{float(f'{100 * share:.2g}'):,g}%"
