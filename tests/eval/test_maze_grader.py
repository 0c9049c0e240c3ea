"""Any shortest path is right, and the label's alone is an exact match."""

import numpy as np

from data_pipeline.maze import paths, symmetries
from data_pipeline.maze.schema import OPEN, PATH, MazeShape
from data_pipeline.schema import Batch
from eval import maze_grader
from eval.protocol import Prediction
from eval.runner import evaluate
from tests.data_pipeline.maze.mazes import SEVEN, draw, some_mazes

PUZZLES = some_mazes()
EXAMPLES = Batch(PUZZLES.inputs, PUZZLES.labels, np.zeros(40, np.int32))


def scores(answer, examples=EXAMPLES, shape: MazeShape = SEVEN):
    def predictor(batch):
        count = len(batch.inputs)
        half = np.full(count, 0.5, np.float32)
        return Prediction(answer(batch.inputs), np.ones(count, np.int32), half)

    grade = maze_grader.grader(shape)
    return evaluate(predictor, examples, 16, grade, lambda *_: None).scores


def test_the_label_is_right_in_every_way():
    found = scores(lambda inputs: paths.label(inputs, SEVEN))
    assert found["valid_optimal"].all() and found["exact_match"].all()
    assert (found["path_accuracy"] == 1).all()


def test_another_shortest_path_is_valid_and_no_match():
    """The label by another order of directions: of the turned maze, turned back."""

    def turned(inputs):
        turn = symmetries.Symmetries(
            np.repeat(symmetries.group(SEVEN)[3:4], len(inputs), 0)
        )
        labels = paths.label(symmetries.apply(turn, inputs), SEVEN)
        return symmetries.apply(symmetries.inverse(turn), labels)

    found = scores(turned)
    assert found["valid_optimal"].all()
    assert 0 < found["exact_match"].mean() < 1
    np.testing.assert_array_equal(found["path_accuracy"] == 1, found["exact_match"])


def test_a_copy_of_the_maze_finds_nothing():
    found = scores(lambda inputs: inputs)
    assert not found["valid_optimal"].any() and not found["path_accuracy"].any()
    assert found["token_accuracy"].mean() > 0.5


def test_path_everywhere_finds_all_and_is_not_valid():
    found = scores(lambda inputs: np.where(inputs == OPEN, PATH, inputs))
    assert (found["path_accuracy"] == 1).all() and not found["valid_optimal"].any()


def test_without_a_path_its_accuracy_means_nothing():
    inputs, shape = draw("SG ", "   ")
    examples = Batch(inputs, inputs, np.zeros(1, np.int32))
    found = scores(lambda inputs: inputs, examples, shape)
    assert np.isnan(found["path_accuracy"]).all() and found["valid_optimal"].all()
