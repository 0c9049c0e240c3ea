"""Paths are the shortest, and the published ones among these."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.maze import flood, paths
from data_pipeline.maze.schema import GOAL, OPEN, PATH, START, WALL, MazeShape
from tests.data_pipeline.maze.mazes import (
    FILES,
    HARD,
    SEVEN,
    draw,
    path_cells,
    published,
    random_mazes,
    search,
    seeds,
    shapes,
    some_mazes,
)


@settings(max_examples=60, deadline=None)
@given(shapes, st.integers(1, 70), seeds)
def test_paths_are_those_of_a_plain_search(shape, count, seed):
    mazes = random_mazes(shape, count, seed)
    found = [search(maze, shape) for maze in mazes]
    lengths = [len(path) if path else 0 for _, path in found]
    assert paths.lengths(mazes, shape).tolist() == lengths
    expected = np.full(mazes.shape, -1)
    for row, (steps, _) in enumerate(found):
        expected[row, list(steps)] = list(steps.values())
    np.testing.assert_array_equal(paths.distances(mazes, shape), expected)
    solvable = np.flatnonzero(lengths)
    labels = paths.label(mazes[solvable], shape)
    assert labels.dtype == np.int32
    for row, label in zip(solvable, labels, strict=True):
        expected = mazes[row].copy()
        expected[found[row][1][1:-1]] = PATH
        np.testing.assert_array_equal(label, expected)
    assert paths.valid_optimal(mazes[solvable], labels, shape).all()


@pytest.mark.parametrize("file", FILES)
def test_labels_are_the_published_answers(file, shared_data):
    """All of them, cell by cell; if one differs, it is our order of directions that
    has changed, and models trained on the one must not be judged by the other."""
    mazes = published(shared_data, file)
    assert len(mazes.rating) == FILES[file]
    np.testing.assert_array_equal(paths.label(mazes.inputs, HARD), mazes.labels)
    np.testing.assert_array_equal(paths.lengths(mazes.inputs, HARD), mazes.rating)
    assert paths.valid_optimal(mazes.inputs, mazes.labels, HARD).all()


@pytest.mark.parametrize(
    "answer",
    [
        ("S   ", "o   ", "oooG"),  # down before right
        ("   S", "   o", "Gooo"),  # down before left
        ("G   ", "o   ", "oooS"),  # left before up
        ("   G", "   o", "Sooo"),  # right before up
        (" # ", "oS ", "o# ", "oG "),  # left before right
    ],
)
def test_down_comes_before_left_before_right_before_up(answer):
    label, shape = draw(*answer)
    maze = np.where(label == PATH, OPEN, label)
    np.testing.assert_array_equal(paths.label(maze, shape), label)


def test_mazes_without_a_path_are_told():
    maze, shape = draw("S#G", " ##")
    whole, _ = draw("S G", " ##")
    mazes = np.concatenate([np.repeat(whole, 2000, 0), maze])
    assert paths.lengths(mazes, shape)[-1] == 0
    with pytest.raises(ValueError, match="maze 2000 has no path"):
        paths.label(mazes, shape)
    marked = np.where(maze == OPEN, PATH, maze)
    assert not paths.valid_optimal(maze, marked, shape).any()


def test_no_mazes_have_no_paths():
    none = np.zeros((0, 9), np.int32)
    shape = MazeShape(3, 3)
    assert paths.label(none, shape).shape == (0, 9)
    assert paths.distances(none, shape).shape == (0, 9)
    assert paths.valid_optimal(none, none, shape).shape == (0,)


def test_a_wide_board_is_flooded_too():
    """One that fills a chunk alone; lines of it are longer than a word has bits."""
    shape = MazeShape(3, 9001)
    assert [part.stop for part in flood.chunks(65, shape)] == [64, 128]
    mazes = np.full((65, 3, 9001), WALL, np.int32)
    mazes[:, 1] = OPEN
    mazes[:, 1, 0], mazes[:, 1, 70] = START, GOAL
    mazes[:, 1, 72] = WALL
    mazes = mazes.reshape(65, -1)
    assert (paths.lengths(mazes, shape) == 71).all()
    assert (path_cells(paths.label(mazes, shape)) == 69).all()


QUESTION = ("S   ", " ## ", " #  ", "   G")


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (("S   ", "o## ", "o#  ", "oooG"), True),
        (("Sooo", " ##o", " # o", "   G"), True),  # not the label, and as short
        (("Sooo", "o##o", "o#oo", "oooG"), False),  # both
        (("Sooo", " ##o", " #oo", "   G"), False),  # a cell beside the path
        (("Sooo", " ##o", " #  ", "   G"), False),  # too short
        (("Soo ", " ##o", " #oo", "   G"), False),  # as many cells, but not connected
        (("Soo ", " #oo", " # o", "   G"), False),  # through a wall
        (("Sooo", " # o", " # o", "   G"), False),  # a wall is gone
        (("Sooo", "###o", " # o", "   G"), False),  # there is a new one
        (("ooo ", "S##o", " # o", "   G"), False),  # the start has moved
        (("Sooo", "S##o", " # o", "   G"), False),  # there is another one
        (("Sooo", " ##o", " # o", "   o"), False),  # the goal is gone
        (("S   ", " ## ", " #  ", "   G"), False),  # no path
    ],
)
def test_the_judge_takes_any_shortest_path_and_nothing_else(answer, verdict):
    maze, shape = draw(*QUESTION)
    given, _ = draw(*answer)
    assert paths.valid_optimal(maze, given, shape).tolist() == [verdict]


def test_padding_in_an_answer_is_wrong():
    maze, shape = draw(*QUESTION)
    answer = paths.label(maze, shape)
    answer[answer == OPEN] = 0
    assert not paths.valid_optimal(maze, answer, shape).any()


def test_a_detour_is_a_path_but_not_optimal():
    maze, shape = draw("S  ", "   ", "G  ")
    answer, _ = draw("Soo", "  o", "Goo")
    assert not paths.valid_optimal(maze, answer, shape).any()
    ends, _ = draw("SG ", "   ", "   ")
    assert paths.valid_optimal(ends, ends, shape).all()


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_one_changed_cell_is_never_valid(data):
    """No two shortest paths differ in a single cell."""
    mazes = some_mazes()
    row = data.draw(st.integers(0, len(mazes.rating) - 1))
    cell = data.draw(st.integers(0, 48))
    answer = mazes.labels[row].copy()
    answer[cell] = data.draw(st.sampled_from(sorted({*range(6)} - {answer[cell]})))
    assert not paths.valid_optimal(mazes.inputs[[row]], answer[None], SEVEN).any()
