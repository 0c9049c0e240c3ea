"""Pictures of ARC: colours where they belong, differences where they are."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from data_pipeline.arc.tasks import Pair, Task
from eval import style
from eval.arc import grids
from tests.data_pipeline.arc.made import grid, some_task

PIXELS = 40


def pixels(draw, rows, columns):
    """The pixels of each cell, `[rows columns PIXELS PIXELS 3]`, drawn in full."""
    figure = Figure((columns * PIXELS / 100, rows * PIXELS / 100), dpi=100)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    draw(axes)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    image = np.asarray(canvas.buffer_rgba())[..., :3] / 255
    cells = image.reshape(rows, PIXELS, columns, PIXELS, 3)
    return cells.swapaxes(1, 2)


def close(colour, name):
    return np.abs(colour - np.array(to_rgb(name))).max() < 0.01


def test_each_cell_has_its_colour():
    picture = grid("01234", "56789")
    cells = pixels(lambda axes: grids.draw_grid(axes, picture), 2, 5)
    middle = cells[:, :, PIXELS // 2, PIXELS // 2]
    for place in np.ndindex(2, 5):
        assert close(middle[place], grids.COLOURS[picture[place]])


def test_a_difference_shows_both_colours_at_its_cell_and_pale_ones_elsewhere():
    prediction, target = grid("12", "34"), grid("12", "54")
    cells = pixels(lambda axes: grids.draw_difference(axes, prediction, target), 2, 2)
    upper_left, lower_right = cells[:, :, 8, 8], cells[:, :, -8, -8]
    assert close(upper_left[1, 0], grids.COLOURS[3])
    assert close(lower_right[1, 0], grids.COLOURS[5])
    for place in ((0, 0), (0, 1), (1, 1)):
        assert (upper_left[place] == lower_right[place]).all()
        assert upper_left[place].min() > 0.8


def test_cells_that_one_grid_lacks_are_half_white():
    prediction, target = grid("1"), grid("12")
    cells = pixels(lambda axes: grids.draw_difference(axes, prediction, target), 1, 2)
    assert close(cells[0, 1, 8, 8], "white")
    assert close(cells[0, 1, -8, -8], grids.COLOURS[2])


def captions(figure):
    return [axes.get_title(loc="left") for axes in figure.axes]


@pytest.mark.parametrize("predicted", [False, True])
@pytest.mark.parametrize("known", [False, True])
def test_a_picture_shows_what_there_is(predicted, known):
    task = some_task("a", 0, tests=2)
    if not known:
        task = task._replace(tests=tuple(Pair(t.input, None) for t in task.tests))
    answer = grid("12") if predicted else None
    with style.applied():
        figure = grids.draw(task, 1, answer)
    shown = captions(figure)
    assert len(shown) == 7 + predicted + known + (predicted and known)
    assert "test 2, input" in shown
    assert ("prediction" in shown, "target" in shown) == (predicted, known)
    assert ("difference" in shown) == (predicted and known)


def verdict(prediction, target):
    task = Task("a", (Pair(grid("0"), grid("0")),), (Pair(grid("0"), target),), "f")
    return grids.draw(task, 0, prediction).texts[1].get_text()


def test_the_verdict_is_told():
    assert verdict(grid("12"), grid("12")) == "✓ solved"
    assert verdict(grid("12"), grid("13")) == "Not solved: 1 of 2 cells wrong"
    assert verdict(grid("12"), grid("1")).endswith("is 1x2, the target 1x1")
    assert verdict(grid("12"), None) == "Predicted; the answer is not known"
    assert verdict(None, grid("1")) == "No prediction"
