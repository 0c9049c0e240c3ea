"""The solver agrees with brute force, with published answers and published ratings."""

import csv

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.schema import BoardShape
from data_pipeline.sudoku import codec, rules
from data_pipeline.sudoku.schema import BLANK
from data_pipeline.sudoku.solver import solve
from tests.data_pipeline.sudoku.boards import all_solutions, seeds, some_puzzles

FOUR, NINE = BoardShape(2, 2), BoardShape(3, 3)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(BLANK, 5), min_size=16, max_size=16))
def test_counts_are_those_of_brute_force(board):
    """On any board of 4x4, clashing clues included."""
    tokens = np.array([board])
    clash = not rules.valid(tokens, FOUR)[0]
    expected = set() if clash else set(all_solutions(tokens[0], FOUR))
    found = solve(tokens, FOUR, limit=300)
    assert found.count[0] == len(expected)
    if expected:
        assert tuple(found.answers[0]) in expected
    assert solve(tokens, FOUR).count[0] == min(len(expected), 2)


def test_an_empty_board_of_4x4_has_288_solutions():
    """The published number of such grids."""
    empty = np.full((1, 16), BLANK)
    assert solve(empty, FOUR, limit=1000).count[0] == 288


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_boards_do_not_influence_each_other(seed):
    puzzles = some_puzzles(NINE)
    order = np.random.default_rng(seed).permutation(len(puzzles.rating))
    alone = solve(puzzles.inputs, NINE)
    mixed = solve(puzzles.inputs[order], NINE)
    for ours, theirs in zip(mixed, alone, strict=True):
        np.testing.assert_array_equal(ours, theirs[order])


def test_real_puzzles_and_their_ratings(shared_data):
    """1,000 of the hardest puzzles: the published answers, and hardness agreed on.

    Their rating counts another solver's guesses, so ranks are compared (Spearman).
    """
    with (shared_data / "sudoku" / "train.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    inputs = codec.encode([row["question"] for row in rows], NINE)
    answers = codec.encode([row["answer"] for row in rows], NINE)
    found = solve(inputs, NINE)
    np.testing.assert_array_equal(found.answers, answers)
    assert (found.count == 1).all()

    ratings = np.array([int(row["rating"]) for row in rows])
    ranks = [ranked(values) for values in (found.guesses, ratings)]
    assert np.corrcoef(ranks)[0, 1] > 0.6


def ranked(values):
    """Ranks, ties sharing their mean rank."""
    distinct, inverse, counts = np.unique(
        values, return_inverse=True, return_counts=True
    )
    del distinct
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]
