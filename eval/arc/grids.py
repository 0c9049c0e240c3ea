"""Draws an ARC task: its demonstrations, a prediction, the target, the difference."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from data_pipeline.arc.tasks import Task
from eval import style

COLOURS = (
    *("#000000", "#0074D9", "#FF4136", "#2ECC40", "#FFDC00"),
    *("#AAAAAA", "#F012BE", "#FF851B", "#7FDBFF", "#870C25"),
)
"""Of ARC's own viewer."""
_LINE = "#555555"
_ABSENT = "#FFFFFF"

_SIDE = 2.0
_GAP = 0.3
_CAPTION = 0.28
_MARGIN = 0.3
_TOP = 0.95
_LEGEND = 0.45


def draw(task: Task, test: int, prediction: np.ndarray | None) -> Figure:
    """A task in two lines: inputs above outputs, and at the right the test.

    Beside the test's input stands the target, below it the prediction and where the two
    differ; what is not known is left out.

    Args:
      test: which of the task's tests, from 0.
      prediction: uint8 `[rows columns]`.
    """
    pair = task.tests[test]
    panels = [
        (column, line, grid, f"demonstration {column + 1}, {name}")
        for column, shown in enumerate(task.demonstrations)
        for line, (grid, name) in enumerate(
            zip(shown.grids, ("input", "output"), strict=True)
        )
    ]
    shown = len(task.demonstrations)
    panels.append((shown, 0, pair.input, f"test {test + 1}, input"))
    if pair.output is not None:
        panels.append((shown + 1, 0, pair.output, "target"))
    if prediction is not None:
        panels.append((shown, 1, prediction, "prediction"))
    columns = max(column for column, *_ in panels) + 1
    line_height = _CAPTION + _SIDE + 0.2
    width = max(2 * _MARGIN + columns * _SIDE + columns * _GAP, 6.4)
    figure = Figure((width, _TOP + 2 * line_height + _LEGEND))
    style.headline(figure, f"ARC task {task.id}", _verdict(pair.output, prediction))

    def axes(column: int, line: int, caption: str) -> Axes:
        # The test stands apart.
        left = _MARGIN + column * (_SIDE + _GAP) + (_GAP if column >= shown else 0)
        top = _TOP + line * line_height + _CAPTION
        place = style.place(figure, left, top, _SIDE, _SIDE)
        place.axis("off")
        place.set_title(caption, size=9, weight="bold", loc="left", pad=4)
        return place

    for column, line, grid, caption in panels:
        draw_grid(axes(column, line, caption), grid)
    if pair.output is not None and prediction is not None:
        draw_difference(axes(shown + 1, 1, "difference"), prediction, pair.output)
        legend = (
            "Difference: cells that are right are pale; of a wrong one the upper left "
            "is predicted, the lower right is the target; white where a grid has no "
            "such cell."
        )
        figure.text(
            _MARGIN / width,
            0.2 / figure.get_figheight(),
            legend,
            size=8,
            color=style.MUTED,
        )
    return figure


def _verdict(target: np.ndarray | None, prediction: np.ndarray | None) -> str:
    if prediction is None:
        return "No prediction"
    if target is None:
        return "Predicted; the answer is not known"
    if prediction.shape != target.shape:
        ours, theirs = ("x".join(map(str, g.shape)) for g in (prediction, target))
        return f"Not solved: the prediction is {ours}, the target {theirs}"
    wrong = int((prediction != target).sum())
    if not wrong:
        return "✓ solved"
    return f"Not solved: {wrong} of {target.size} cells wrong"


def draw_grid(axes: Axes, grid: np.ndarray) -> None:
    """Draws a grid that fills its axes on the longer side."""
    rows, columns = grid.shape
    axes.imshow(
        grid,
        cmap=ListedColormap(COLOURS),
        vmin=0,
        vmax=9,
        extent=(0, columns, rows, 0),
        interpolation="nearest",
    )
    _draw_lines(axes, rows, columns)


def draw_difference(axes: Axes, prediction: np.ndarray, target: np.ndarray) -> None:
    """Draws where two grids, aligned at the top left corner, differ."""
    rows, columns = (
        max(sides) for sides in zip(prediction.shape, target.shape, strict=True)
    )
    ours, theirs = (
        np.pad(
            grid.astype(int),
            ((0, rows - grid.shape[0]), (0, columns - grid.shape[1])),
            constant_values=-1,
        )
        for grid in (prediction, target)
    )
    for row, column in np.ndindex(rows, columns):
        predicted, wanted = int(ours[row, column]), int(theirs[row, column])
        if predicted == wanted:
            cell = Rectangle((column, row), 1, 1, color=_pale(wanted), linewidth=0)
            axes.add_patch(cell)
            continue
        top_right, bottom_left = (column + 1, row), (column, row + 1)
        for corner, colour in (
            ((column, row), predicted),
            ((column + 1, row + 1), wanted),
        ):
            face = COLOURS[colour] if colour >= 0 else _ABSENT
            triangle = (corner, top_right, bottom_left)
            axes.add_patch(Polygon(triangle, facecolor=face, linewidth=0))
    axes.set(xlim=(0, columns), ylim=(rows, 0), aspect="equal")
    _draw_lines(axes, rows, columns)


def _draw_lines(axes: Axes, rows: int, columns: int) -> None:
    axes.set_anchor("NW")
    width = 0.4 if max(rows, columns) > 15 else 0.8
    axes.hlines(range(rows + 1), 0, columns, color=_LINE, linewidth=width)
    axes.vlines(range(columns + 1), 0, rows, color=_LINE, linewidth=width)


def _pale(colour: int) -> tuple[float, ...]:
    """A colour mixed with much white; where both grids have no cell, white."""
    if colour < 0:
        return (1.0, 1.0, 1.0)
    code = COLOURS[colour]
    channels = (int(code[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return tuple(0.85 + 0.15 * channel for channel in channels)
