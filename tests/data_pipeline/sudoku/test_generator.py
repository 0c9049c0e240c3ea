"""Generated puzzles: valid, unique, as blank as asked for, the same every time."""

import numpy as np
import pytest

from data_pipeline.schema import BoardShape, UserError
from data_pipeline.sudoku import rules
from data_pipeline.sudoku.generator import generate, random_boards
from data_pipeline.sudoku.schema import BLANK
from tests.data_pipeline.sudoku.boards import SHAPES, all_solutions, some_puzzles


@pytest.mark.parametrize("shape", SHAPES)
def test_puzzles_are_sound(shape):
    puzzles = some_puzzles(shape)
    blanks = (puzzles.inputs == BLANK).sum(1)
    assert (blanks >= shape.cells // 3).all() and (blanks <= shape.cells // 2).all()
    assert len(set(blanks)) > 1
    assert (puzzles.labels > BLANK).all()
    assert rules.valid(puzzles.labels, shape).all()
    given = puzzles.inputs != BLANK
    np.testing.assert_array_equal(puzzles.inputs[given], puzzles.labels[given])


@pytest.mark.parametrize("shape", SHAPES[:3])
def test_brute_force_finds_the_one_solution(shape):
    puzzles = some_puzzles(shape)
    for question, answer in zip(puzzles.inputs, puzzles.labels, strict=True):
        assert all_solutions(question, shape) == [tuple(answer)]


def test_the_seed_decides_and_the_count_does_not():
    shape = BoardShape(2, 3)
    many, few = (
        generate(shape, 1500, 10, 18, seed=3),
        generate(shape, 9, 10, 18, seed=3),
    )
    for ours, theirs in zip(few, many, strict=True):
        np.testing.assert_array_equal(ours, theirs[:9])
    assert len(many.rating) == 1500
    other = generate(shape, 9, 10, 18, seed=4)
    assert (other.labels != few.labels).any()


def test_more_blanks_are_harder():
    easy = generate(BoardShape(3, 3), 200, 30, 30, seed=0)
    hard = generate(BoardShape(3, 3), 200, 54, 56, seed=0)
    assert easy.rating.mean() < 0.1 < 1 < hard.rating.mean()


def test_every_small_board_can_come():
    """All 288 grids of 4x4, the published number, and none far too often."""
    boards = random_boards(BoardShape(2, 2), 5000, np.random.default_rng(0))
    distinct, counts = np.unique(boards, axis=0, return_counts=True)
    assert len(distinct) == 288
    assert counts.max() < 10 * 5000 / 288


def test_too_many_blanks_are_refused():
    with pytest.raises(UserError, match="data.min_blanks"):
        generate(BoardShape(2, 2), 1, 14, 16, seed=0)
