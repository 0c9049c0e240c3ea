"""What a trace tells, written into a report and read back; and its pictures."""

import json

import numpy as np
import pytest

from data_pipeline.maze.schema import GOAL, OPEN, PATH, START, MazeShape
from data_pipeline.schema import Batch, UserError
from eval import halting_histogram, maze_grader, settling, thinking
from eval.maze_drawing import MazeDrawing
from eval.protocol import Trace

SHAPE = MazeShape(2, 3)
# Two ways from corner to corner: through the lower middle, which the label takes, or
# through the upper.
INPUTS = [START, OPEN, OPEN, OPEN, OPEN, GOAL]
LABEL = [START, OPEN, OPEN, PATH, PATH, GOAL]
OTHER = [START, PATH, PATH, OPEN, OPEN, GOAL]
WRONG = [START, OPEN, PATH, PATH, OPEN, GOAL]


@pytest.fixture
def watched() -> thinking.Thinking:
    """Two mazes: one solved at once, and one in the other way after two segments."""
    examples = Batch(
        *(np.array([row] * 2, np.int32) for row in (INPUTS, LABEL)),
        np.zeros(2, np.int32),
    )
    answers = np.array([[LABEL, WRONG], [LABEL, OTHER]], np.int32)
    rng = np.random.default_rng(0)
    cells = rng.random(answers.shape, np.float32)
    halting, residual = rng.random((2, 2, 2), np.float32)
    trace = Trace(answers, cells, halting, residual)
    return thinking.of(examples, trace, maze_grader.grader(SHAPE), "valid_optimal")


def test_another_shortest_path_is_solved_too(watched):
    np.testing.assert_array_equal(watched.solved, [[True, False], [True, True]])
    assert watched.filmed == 1
    film = watched.film(MazeDrawing(SHAPE))
    assert film.title() == "Solved after 2 segments of thinking"


def test_rows_say_all_of_it(watched):
    again = thinking.from_rows(json.loads(json.dumps(watched.rows())))
    for name, ours, theirs in zip(watched._fields, watched, again, strict=True):
        np.testing.assert_array_equal(ours, theirs, err_msg=name)


def test_rows_without_a_film_are_named(watched):
    rows = watched.rows()
    del rows[0]["residual"]
    for broken in (rows, rows[:1], []):
        with pytest.raises(UserError, match="does not tell how its puzzles were"):
            thinking.from_rows(broken)


def test_the_last_to_be_solved_is_the_most_telling():
    solved = np.array([[0, 1, 0, 0], [0, 1, 1, 0], [0, 1, 1, 1]], bool)
    assert thinking.most_telling(solved, np.array([1, 0, 0, 0])) == 3


def test_without_a_solved_one_the_nearest_is_the_most_telling():
    assert thinking.most_telling(np.zeros((2, 3), bool), np.array([5, 2, 3])) == 1


@pytest.mark.parametrize(
    ("last", "title"),
    [
        ([0.01, 0.01, 0.2, 0.2], "Where it succeeds, the state comes to rest"),
        ([0.2, 0.2, 0.01, 0.01], "Where it fails, the state comes to rest"),
        ([0.1, 0.1, 0.1, 0.1], "Solved and failed puzzles settle alike"),
    ],
)
def test_the_title_compares_solved_and_failed(last, title):
    residual = np.array([[1.0] * 4, last])
    figure = settling.settling(residual, np.array([True, True, False, False]))
    assert figure.texts[0].get_text() == title
    (axes,) = figure.axes
    assert axes.get_yscale() == "log"
    solved, failed = (line.get_ydata() for line in axes.lines)
    np.testing.assert_allclose([solved[-1], failed[-1]], [last[0], last[2]])
    heights = sorted(text.xyann[1] for text in axes.texts)
    assert heights == ([-7, 7] if len(set(last)) == 1 else [0, 0])


def test_a_state_at_rest_or_a_single_segment_can_be_drawn():
    figure = settling.settling(np.array([[0.5], [0.0]]), np.array([True]))
    assert figure.texts[0].get_text().startswith("The last segment changes the state")
    one = settling.settling(np.array([[0.5, 0.2]]), np.array([True, False]))
    assert one.axes[0].get_xlim() == (0.7, 2.3)


@pytest.mark.parametrize(
    ("taken", "title"),
    [
        ([1, 1, 4, 4], "Harder puzzles take 4.0 times as long"),
        ([4, 4, 1, 1], "Harder puzzles take no longer"),
        ([3, 3, 3, 3], "Every puzzle takes 3 segments"),
    ],
)
def test_the_histogram_says_whether_hard_puzzles_take_longer(taken, title):
    hard, solved = np.array([0, 0, 9, 9]), np.array([True, False, True, True])
    figure = halting_histogram.halting_histogram(
        "rating", hard, solved, taken_of(taken)
    )
    assert figure.texts[0].get_text() == title
    bins = [[bar.get_height() for bar in axes.patches] for axes in figure.axes]
    assert [sum(bars) for bars in bins] == [1.0, 1.0]
    labels = [axes.texts[0].get_text() for axes in figure.axes]
    assert labels == ["rating 0", "rating 9"]


def taken_of(taken: list[int]) -> np.ndarray:
    return np.array(taken, np.int32)


def test_puzzles_of_one_difficulty_are_one_histogram():
    same = np.full(3, 7)
    figure = halting_histogram.halting_histogram(
        "blanks", same, same > 0, np.array([1, 2, 3])
    )
    assert figure.texts[0].get_text() == "It halts after 2.0 segments on average"
    assert len(figure.axes) == 1
