"""Symmetries keep what makes a puzzle a puzzle, and reach every corner of the group."""

import numpy as np
from hypothesis import given, settings

from data_pipeline.schema import BoardShape
from data_pipeline.sudoku import rules
from data_pipeline.sudoku.schema import BLANK
from data_pipeline.sudoku.solver import solve
from data_pipeline.sudoku.symmetries import apply, random_symmetries
from tests.data_pipeline.sudoku.boards import seeds, shapes, some_puzzles


@settings(max_examples=25, deadline=None)
@given(shapes, seeds)
def test_a_solution_stays_a_solution(shape, seed):
    puzzles = some_puzzles(shape)
    count = len(puzzles.rating)
    drawn = random_symmetries(shape, count, np.random.default_rng(seed))
    inputs, labels = apply(drawn, puzzles.inputs), apply(drawn, puzzles.labels)
    assert rules.valid(labels, shape).all()
    given = inputs != BLANK
    np.testing.assert_array_equal(inputs[given], labels[given])
    np.testing.assert_array_equal(given.sum(1), (puzzles.inputs != BLANK).sum(1))
    found = solve(inputs, shape)
    np.testing.assert_array_equal(found.answers, labels)
    assert (found.count == 1).all()


def test_padding_and_blanks_stay():
    drawn = random_symmetries(BoardShape(2, 2), 50, np.random.default_rng(0))
    np.testing.assert_array_equal(drawn.digits[:, :2], np.tile([0, 1], (50, 1)))


def test_all_symmetries_come_equally_often():
    """4x4: 2^7 ways to move the cells, times 4! names of the digits."""
    drawn = random_symmetries(BoardShape(2, 2), 30_000, np.random.default_rng(0))
    moves, counts = np.unique(drawn.cells, axis=0, return_counts=True)
    assert len(moves) == 128
    expected = 30_000 / 128
    assert (np.abs(counts - expected) < 5 * expected**0.5).all()
    names, counts = np.unique(drawn.digits, axis=0, return_counts=True)
    assert len(names) == 24
    expected = 30_000 / 24
    assert (np.abs(counts - expected) < 5 * expected**0.5).all()


def test_boxes_that_are_not_square_are_not_transposed():
    """2x3: (2! ^ 3 * 3!) orders of the rows, (3! ^ 2 * 2!) of the columns."""
    drawn = random_symmetries(BoardShape(2, 3), 60_000, np.random.default_rng(0))
    assert len(np.unique(drawn.cells, axis=0)) == 48 * 72
