"""What is wrong with a board is seen at the cell where it is wrong."""

import numpy as np
import pytest

from data_pipeline.schema import IGNORE_LABEL, BoardShape
from data_pipeline.sudoku import rules
from data_pipeline.sudoku.generator import random_boards
from data_pipeline.sudoku.schema import BLANK
from eval.panels import Answer
from eval.sudoku_drawing import SudokuDrawing
from tests.eval import pixels

SHAPES = [BoardShape(2, 2), BoardShape(2, 3), BoardShape(3, 3)]
PIXELS_PER_CELL = 40


def solved_board(shape: BoardShape) -> Answer:
    """Every other cell is given."""
    label = random_boards(shape, 1, np.random.default_rng(0))[0]
    inputs = np.where(np.arange(shape.cells) % 2, label, BLANK)
    return Answer(inputs, label, label.copy(), np.full(shape.cells, 0.7))


def render(board: Answer, shape: BoardShape) -> np.ndarray:
    """The pixels of each cell, without the lines that two of them share."""
    size = shape.size
    return pixels.of_cells(SudokuDrawing(shape), board, size, size, PIXELS_PER_CELL, 4)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_missing_digit_is_marked_at_its_cell_alone(shape):
    board = solved_board(shape)
    missing = board._replace(answers=board.answers.copy())
    missing.answers[2] = BLANK
    before, after = render(board, shape), render(missing, shape)
    assert pixels.changed(before, after) == [2]


def test_a_wrong_digit_is_marked_there_and_where_it_clashes():
    shape = BoardShape(2, 2)
    board = solved_board(shape)
    wrong = board._replace(answers=board.answers.copy())
    wrong.answers[5] = board.answers[4]
    clashes = np.flatnonzero(rules.clashes(wrong.answers, shape)).tolist()
    assert {4, 5} <= set(clashes)
    before, after = render(board, shape), render(wrong, shape)
    assert pixels.changed(before, after) == clashes


def test_wrong_is_told_without_colour():
    """The same digit, right or wrong, differs in grey too: it is struck through."""
    shape = BoardShape(2, 2)
    board = solved_board(shape)
    labels = board.labels.copy()
    labels[0] = BLANK + 1 + board.labels[0] % shape.size
    before, after = render(board, shape), render(board._replace(labels=labels), shape)
    assert pixels.changed(before, after) == [0]
    dark = [(cells[0].mean(-1) < 150).sum() for cells in (before, after)]
    assert dark[1] > 1.2 * dark[0]


def test_confidence_deepens_the_colour():
    shape = BoardShape(2, 2)
    board = solved_board(shape)
    mean = [
        render(board._replace(confidence=np.full(16, sure)), shape)[0].mean()
        for sure in (0.0, 0.5, 1.0)
    ]
    assert mean[0] > mean[1] + 5 > mean[2] + 10


def test_clues_stand_out():
    """A given digit has more ink and another background than the same one filled in."""
    shape = BoardShape(2, 2)
    board = solved_board(shape)
    given = render(board._replace(inputs=board.labels), shape)
    filled = render(board._replace(inputs=np.full(16, BLANK)), shape)
    assert pixels.changed(given, filled) == list(range(16))
    dark = [(cells < 100).all(-1).sum() for cells in (given, filled)]
    assert dark[0] > 1.2 * dark[1]


def test_ignored_cells_are_not_wrong():
    board = solved_board(BoardShape(2, 2))
    labels = board.labels.copy()
    labels[3] = IGNORE_LABEL
    assert not board._replace(labels=labels).differs.any()
