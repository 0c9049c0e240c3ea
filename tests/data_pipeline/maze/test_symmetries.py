"""Symmetries keep a maze a maze, and its shortest paths shortest."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.maze import paths, symmetries
from data_pipeline.maze.canonical import canonical_forms
from data_pipeline.maze.schema import GOAL, OPEN, START, MazeShape
from tests.data_pipeline.maze.mazes import (
    FILES,
    HARD,
    SEVEN,
    published,
    random_mazes,
    seeds,
    shapes,
    some_mazes,
)

SHAPES = (SEVEN, MazeShape(5, 9))


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(SHAPES), st.booleans(), seeds)
def test_a_shortest_path_stays_one(shape, relabel, seed):
    mazes = some_mazes(shape)
    rng = np.random.default_rng(seed)
    drawn = symmetries.random_symmetries(shape, len(mazes.inputs), rng)
    inputs, labels = symmetries.show(drawn, *mazes[:2], shape, relabel)
    assert (np.sort(inputs) == np.sort(mazes.inputs)).all()
    assert paths.valid_optimal(inputs, labels, shape).all()
    np.testing.assert_array_equal(paths.lengths(inputs, shape), mazes.rating)
    same = (labels == paths.label(inputs, shape)).all(1)
    assert same.all() == relabel


@settings(max_examples=25, deadline=None)
@given(shapes, seeds)
def test_the_inverse_undoes(shape, seed):
    boards = np.random.default_rng(seed).integers(6, size=(20, shape.cells))
    drawn = symmetries.random_symmetries(shape, 20, np.random.default_rng(seed))
    moved = symmetries.apply(drawn, boards)
    back = symmetries.apply(symmetries.inverse(drawn), moved)
    np.testing.assert_array_equal(back, boards)


@pytest.mark.parametrize(("shape", "size"), [(SHAPES[0], 8), (SHAPES[1], 4)])
def test_all_symmetries_come_equally_often(shape, size):
    drawn = symmetries.random_symmetries(shape, 8000, np.random.default_rng(0))
    moves, counts = np.unique(drawn.cells, axis=0, return_counts=True)
    assert len(moves) == size
    assert (np.abs(counts - 8000 / size) < 5 * (8000 / size) ** 0.5).all()
    # One after another they give no new ones, and neighbours stay neighbours.
    composed = moves[:, moves].reshape(-1, shape.cells)
    assert len(np.unique(composed, axis=0)) == size
    place = np.stack(np.divmod(moves, shape.cols)).reshape(-1, shape.rows, shape.cols)
    for axis in (1, 2):
        steps = np.abs(np.diff(place, axis=axis)).reshape(2, size, -1).sum(0)
        assert (steps == 1).all()


def test_only_the_left_right_mirror_mostly_keeps_the_choice(shared_data):
    mazes = published(shared_data, "train.csv")
    kept = [
        (paths.label(mazes.inputs[:, cells], HARD) == mazes.labels[:, cells])
        .all(1)
        .mean()
        for cells in symmetries.group(HARD)
    ]
    assert kept[:2] == [1.0, 0.931] and max(kept[2:]) < 0.01


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(SHAPES), seeds)
def test_symmetric_mazes_share_a_name_and_others_do_not(shape, seed):
    mazes = random_mazes(shape, 20, seed)
    names = canonical_forms(mazes, shape)
    drawn = symmetries.random_symmetries(shape, 20, np.random.default_rng(seed))
    assert canonical_forms(symmetries.apply(drawn, mazes), shape) == names
    other = mazes.copy()
    np.put_along_axis(other, (mazes == START).argmax(1)[:, None], OPEN, 1)
    other[:, 0] = np.where(mazes[:, 0] == GOAL, GOAL, START)
    whole = symmetries.group(shape)
    images = [{board.tobytes() for board in maze[whole]} for maze in mazes]
    for row, other_name in enumerate(canonical_forms(other, shape)):
        assert (other_name == names[row]) == (other[row].tobytes() in images[row])


def test_names_divide_small_mazes_as_the_group_does():
    """Start and goal alone on 3x3 cells. By Burnside's lemma there are 96 / 8: the
    identity leaves all 72 ways as they are, a turn none, and each of four mirrors the
    six that lie on its axis."""
    shape = MazeShape(3, 3)
    mazes = np.full((72, 9), OPEN)
    ends = [(a, b) for a in range(9) for b in range(9) if a != b]
    mazes[np.arange(72), [a for a, _ in ends]] = START
    mazes[np.arange(72), [b for _, b in ends]] = GOAL
    assert len(set(canonical_forms(mazes, shape))) == 12


def test_the_published_files_share_no_maze(shared_data):
    names = [
        name
        for file in FILES
        for name in canonical_forms(published(shared_data, file).inputs, HARD)
    ]
    assert len(names) == len(set(names)) == 2505
