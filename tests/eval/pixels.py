"""What is drawn, pixel by pixel."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from eval import panels, style
from eval.panels import Answer, Drawing


def of_cells(
    drawing: Drawing, answer: Answer, rows: int, cols: int, per_cell: int, edge: int
) -> np.ndarray:
    """The pixels of each cell of a panel, `[cells height width 3]`.

    Args:
      cols: as many as rows, or more.
      per_cell: pixels that a cell is high.
      edge: pixels of it that are left out, since they may be another's too.
    """
    side = cols * per_cell / 100
    figure = Figure((side, panels.CAPTION + side + panels.BAR), dpi=100)
    with style.applied():
        panels.draw_panel(figure, 0, 0, side, drawing, answer, "a puzzle", 0.5)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    top = round(panels.CAPTION * 100)
    pixels = np.asarray(canvas.buffer_rgba())[..., :3][top : top + rows * per_cell]
    cells = pixels.reshape(rows, per_cell, cols, per_cell, 3).transpose(0, 2, 1, 3, 4)
    inside = slice(edge, per_cell - edge)
    return cells.reshape(-1, per_cell, per_cell, 3)[:, inside, inside].astype(int)


def changed(before: np.ndarray, after: np.ndarray) -> list[int]:
    """The cells that differ."""
    return np.flatnonzero((before != after).any((1, 2, 3))).tolist()
