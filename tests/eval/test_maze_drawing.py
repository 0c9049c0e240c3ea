"""What is wrong with a path is seen at the cell where it is wrong."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from data_pipeline.maze.schema import GOAL, OPEN, PATH, WALL, MazeShape
from eval import panels, style
from eval.maze_drawing import MazeDrawing
from eval.panels import Answer
from tests.data_pipeline.maze.mazes import draw
from tests.eval import pixels

PIXELS_PER_CELL = 30
LABEL, SHAPE = draw("S # ", "o#  ", "oooG", "#   ")


def right_board() -> Answer:
    label = LABEL[0]
    inputs = np.where(label == PATH, OPEN, label)
    return Answer(inputs, label, label.copy(), np.full(16, 0.7))


def answered(changes: dict[int, int]) -> Answer:
    board = right_board()
    for cell, token in changes.items():
        board.answers[cell] = token
    return board


def render(board: Answer, shape: MazeShape = SHAPE) -> np.ndarray:
    """The pixels of each cell, without the edge around the maze."""
    rows, cols = shape.rows, shape.cols
    return pixels.of_cells(MazeDrawing(shape), board, rows, cols, PIXELS_PER_CELL, 3)


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({3: PATH}, [3]),  # far from the path
        ({6: PATH}, [6, 10]),  # beside it: the line branches
        ({3: WALL}, [3]),
        ({11: OPEN}, [10, 11]),  # the goal, and the line that led to it
        ({9: OPEN}, [8, 9, 10]),  # a gap, and the lines beside it
        ({2: OPEN}, [2]),  # a wall is gone
    ],
)
def test_a_wrong_cell_is_marked(changes, seen):
    board = answered(changes)
    assert np.flatnonzero(MazeDrawing(SHAPE).mistakes(board)).tolist() == [*changes]
    assert pixels.changed(render(right_board()), render(board)) == seen


def test_wrong_is_told_without_colour():
    """Each of the signs differs in grey from all others."""
    pictures = [
        render(answered(changes))[cell].mean(-1)
        for changes, cell in (
            ({}, 3),
            ({}, 9),
            ({3: PATH}, 3),
            ({3: WALL}, 3),
            ({3: GOAL}, 3),
            ({4: OPEN}, 4),
        )
    ]
    for i, one in enumerate(pictures):
        for other in pictures[:i]:
            assert (np.abs(one - other) > 60).mean() > 0.01


def test_another_shortest_path_is_not_wrong():
    label, shape = draw("S  ", "o  ", "ooG")
    answer, _ = draw("Soo", "  o", "  G")
    inputs = np.where(label == PATH, OPEN, label)
    board = Answer(inputs[0], label[0], answer[0], np.full(9, 0.7))
    assert board.differs.sum() == 6 and not MazeDrawing(shape).mistakes(board).any()
    as_label = board._replace(labels=answer[0])
    assert not pixels.changed(render(board, shape), render(as_label, shape))


def test_confidence_deepens_the_path_alone():
    board = right_board()
    unsure, half, sure = (
        render(board._replace(confidence=np.full(16, value)))
        for value in (0.0, 0.5, 1.0)
    )
    path = np.flatnonzero(board.labels == PATH).tolist()
    assert pixels.changed(unsure, sure) == path
    mean = [picture[path].mean() for picture in (unsure, half, sure)]
    assert mean[0] > mean[1] + 5 > mean[2] + 10


def test_the_line_joins_neighbours():
    """Its colour runs through the middle of a path from edge to edge, and where a cell
    has no neighbour on the path there is a dot alone."""
    blue = [0, 114, 178]
    middle = render(right_board())[9][11:13]
    assert (np.abs(middle - blue).max(-1) < 8).all()
    lonely = np.abs(render(answered({3: PATH}))[3] - blue).max(-1) < 8
    assert lonely[8:16, 8:16].any() and not lonely[:, :5].any()


def test_a_board_need_not_be_square():
    label, shape = draw("S #", "oG ")
    inputs = np.where(label == PATH, OPEN, label)[0]
    figure = Figure((2, 3))
    board = Answer(inputs, label[0], label[0], np.ones(6))
    drawing = MazeDrawing(shape)
    panels.draw_panel(figure, 0, 0, 2, drawing, board, "a maze", None)
    FigureCanvasAgg(figure).draw()
    asked = "A 2x3 maze with a shortest path of 3 cells"
    assert drawing.describe(inputs, label[0]) == asked


@pytest.mark.parametrize("shaded", [True, False])
def test_a_legend_fits_its_line(shaded):
    """Of 6.4 inches, as the pictures that hold it leave for it."""
    figure = Figure((6.4, 0.22), dpi=100)
    with style.applied():
        MazeDrawing(SHAPE).draw_legend(figure, 0, 0, shaded)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    for axes in figure.axes:
        (text,) = axes.texts
        assert text.get_window_extent(canvas.get_renderer()).x1 <= 640
