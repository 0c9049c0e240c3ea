"""Generated mazes: long ways, walls as asked for, the same every time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.maze import paths
from data_pipeline.maze.generator import generate
from data_pipeline.maze.schema import GOAL, OPEN, PATH, START, WALL, MazeShape
from data_pipeline.schema import UserError
from tests.data_pipeline.maze.mazes import (
    HARD,
    path_cells,
    published,
    search,
    seeds,
    shapes,
)


@settings(max_examples=25, deadline=None)
@given(shapes, st.integers(2, 5), seeds)
def test_mazes_are_sound(shape, min_path, seed):
    min_path = min(min_path, shape.rows + shape.cols - 1)
    mazes = generate(shape, 20, min_path, (0.0, 0.4), seed)
    assert [len(array) for array in mazes] == [20, 20, 20]
    assert mazes.inputs.dtype == mazes.labels.dtype == mazes.rating.dtype == np.int32
    for token in (START, GOAL):
        assert ((mazes.inputs == token).sum(1) == 1).all()
    assert not (mazes.inputs == PATH).any()
    assert (mazes.rating >= min_path).all()
    np.testing.assert_array_equal(path_cells(mazes.labels) + 2, mazes.rating)
    assert paths.valid_optimal(mazes.inputs, mazes.labels, shape).all()
    lengths = [len(search(maze, shape)[1] or ()) for maze in mazes.inputs]
    assert mazes.rating.tolist() == lengths


def test_the_seed_decides_and_the_count_does_not():
    shape = MazeShape(6, 6)
    many, few = (generate(shape, n, 8, (0.2, 0.4), seed=3) for n in (3000, 9))
    for ours, theirs in zip(few, many, strict=True):
        np.testing.assert_array_equal(ours, theirs[:9])
    assert len(many.rating) == 3000
    other = generate(shape, 9, 8, (0.2, 0.4), seed=4)
    assert (other.inputs != few.inputs).any()
    assert len(np.unique(many.inputs, axis=0)) > 2900
    assert generate(shape, 0, 8, (0.2, 0.4), seed=3).labels.shape == (0, 36)


def test_walls_are_as_many_as_asked_for():
    for low, high in ((0.0, 0.0), (0.2, 0.2), (0.1, 0.3)):
        mazes = generate(MazeShape(20, 20), 1000, 2, (low, high), seed=0)
        share = (mazes.inputs == WALL).mean(1)
        assert abs(share.mean() - (low + high) / 2) < 0.01
        spread = (
            (high - low) ** 2 / 12 + share.mean() * (1 - share.mean()) / 400
        ) ** 0.5
        assert abs(share.std() - spread) < 0.005


def test_start_and_goal_may_be_anywhere():
    """Every pair of cells, about equally often where there are no walls."""
    mazes = generate(MazeShape(2, 3), 3000, 2, (0.0, 0.0), seed=0)
    _, counts = np.unique(mazes.inputs, axis=0, return_counts=True)
    assert len(counts) == 30 and (np.abs(counts - 100) < 50).all()
    assert ((mazes.inputs == OPEN).sum(1) == 4).all()


def test_mazes_are_like_the_published_ones(shared_data):
    """Each mean within four standard errors of theirs."""
    ours = generate(HARD, 12, 110, (0.3, 0.5), seed=0)
    theirs = published(shared_data, "train.csv")
    for measure in (
        lambda mazes: (mazes.inputs == WALL).mean(1),
        lambda mazes: mazes.rating,
        lambda mazes: (paths.distances(mazes.inputs, HARD) >= 0).mean(1),
        lambda mazes: (paths.distances(mazes.inputs, HARD) >= 109).mean(1),
    ):
        expected = measure(theirs)
        error = expected.std() * (1 / 12 + 1 / 1000) ** 0.5
        assert abs(measure(ours).mean() - expected.mean()) < 4 * error


def test_paths_that_cannot_be_are_refused():
    for min_path, walls in ((17, (0.0, 0.5)), (3, (1.0, 1.0))):
        with pytest.raises(UserError, match=f"of 4x4 cells.*path of {min_path} cells"):
            generate(MazeShape(4, 4), 1, min_path, walls, seed=0)
