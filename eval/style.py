"""How all pictures look: colours, type and the way to a file."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Iterator

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from eval.atomic import replacing

DPI = 144

INK = "#1B1F24"
MUTED = "#6A737D"
FAINT = "#D9DEE3"
CLUE = "#ECEBE6"

# Okabe and Ito's colours, which people with any colour vision can tell apart.
BLUE = "#0072B2"
ORANGE = "#E69F00"
VERMILION = "#D55E00"
GREEN = "#00795A"

SURE = LinearSegmentedColormap.from_list("sure", ["#FFFFFF", "#CFE4F3", "#6FB1DE"])
"""Background of a right digit by confidence; ink is legible on all of it."""
WRONG = LinearSegmentedColormap.from_list("wrong", ["#FFF4E6", "#FFDCB0", "#FDB863"])

_RC = {
    "font.family": "DejaVu Sans",  # the one that matplotlib brings along
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlepad": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "legend.frameon": False,
    "lines.linewidth": 2,
    "lines.solid_capstyle": "round",
}


@contextlib.contextmanager
def applied() -> Iterator[None]:
    """The style, whatever the user's own matplotlibrc says."""
    with matplotlib.style.context(["default", _RC]):
        yield


def headline(figure: Figure, title: str, subtitle: str) -> None:
    """Says at the top left what one sees; takes 0.75 inches."""
    width, height = figure.get_size_inches()
    left = 0.3 / width
    figure.text(
        left, 1 - 0.24 / height, title, size=15, weight="bold", va="top", color=INK
    )
    figure.text(left, 1 - 0.56 / height, subtitle, size=10, va="top", color=MUTED)


def headline_of(figure: Figure) -> str:
    """What `headline` has said, for those who cannot see the picture."""
    title, subtitle = (text.get_text() for text in figure.texts[:2])
    return f"{title}. {subtitle[:1].upper()}{subtitle[1:]}"


def place(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes at a place given in inches from the top left corner of a figure."""
    whole_width, whole_height = figure.get_size_inches()
    return figure.add_axes(
        (
            left / whole_width,
            1 - (top + height) / whole_height,
            width / whole_width,
            height / whole_height,
        )
    )


def draw_band(axes: Axes, x: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    """Draws intervals about the points of a blue line."""
    axes.fill_between(x, low, high, color=BLUE, alpha=0.18, linewidth=0)
    if len(x) == 1:
        axes.vlines(x, low, high, color=BLUE, linewidth=6, alpha=0.3)


def label_end(
    axes: Axes, text: str, end: tuple[float, float], colour: str, shift: float = 0
) -> None:
    """Names a line behind its last point.

    Args:
      shift: of the name above the point, in points.
    """
    axes.annotate(
        text,
        end,
        xytext=(12, shift),
        textcoords="offset points",
        color=colour,
        weight="bold",
        size=9,
        va="center",
        annotation_clip=False,
    )


def save(figure: Figure, path: pathlib.Path) -> None:
    """Writes a figure as PNG.

    Raises:
      UserError: the file cannot be written.
    """
    with replacing(path) as whole:
        figure.savefig(whole, dpi=DPI, format="png")
