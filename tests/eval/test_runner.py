"""Scores against counts made one token at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.schema import IGNORE_LABEL, Batch, BoardShape, UserError
from data_pipeline.sudoku.generator import generate
from data_pipeline.sudoku.schema import BLANK
from data_pipeline.sudoku.solver import solve
from eval import sudoku_grader
from eval.protocol import Prediction, Trace
from eval.runner import evaluate, predict, score, trace
from eval.statistics import Rate

SHAPE = BoardShape(2, 2)


def no_progress(done: int, total: int) -> None:
    pass


def no_grade(examples: Batch, prediction: Prediction) -> dict[str, np.ndarray]:
    return {}


def random_examples(count: int, seed: int = 0) -> Batch:
    """Tokens of which some are ignored, though never all of an example."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, (count, 5)).astype(np.int32)
    labels[:, 1:][rng.random((count, 4)) < 0.4] = IGNORE_LABEL
    return Batch(
        rng.integers(0, 3, (count, 5)).astype(np.int32),
        labels,
        np.arange(count, dtype=np.int32),
    )


def guess(batch: Batch) -> Prediction:
    """A function of inputs and puzzle ids, often right by chance."""
    answers = (batch.inputs + batch.puzzle_ids[:, None]) % 3
    segment = (batch.puzzle_ids % 4 + 1).astype(np.int32)
    return Prediction(answers, segment, (segment / 5).astype(np.float32))


@given(st.integers(1, 40), st.integers(1, 50), st.integers(0, 5))
def test_scores_are_what_counting_gives(count, batch_size, seed):
    examples = random_examples(count, seed)
    report = evaluate(guess, examples, batch_size, no_grade, no_progress)
    answers = guess(examples).answers
    exact, shares = 0, []
    for row in range(count):
        right = wrong = 0
        for answer, label in zip(answers[row], examples.labels[row], strict=True):
            if label == IGNORE_LABEL:
                continue
            right, wrong = right + (answer == label), wrong + (answer != label)
        exact += wrong == 0
        shares.append(right / (right + wrong))
    assert report.rate("exact_match") == Rate(exact, count)
    metrics = report.metrics()
    assert metrics["exact_match"] == pytest.approx(exact / count)
    assert metrics["token_accuracy"] == pytest.approx(sum(shares) / count)
    ids = range(count)
    assert metrics["mean_segments"] == pytest.approx(
        sum(i % 4 + 1 for i in ids) / count
    )
    assert metrics["examples"] == count


@given(st.integers(1, 30), st.integers(1, 40))
def test_predictions_do_not_depend_on_the_batch_size(count, batch_size):
    examples = random_examples(count)
    for actual, expected in zip(
        predict(guess, examples, batch_size, no_progress), guess(examples), strict=True
    ):
        np.testing.assert_array_equal(actual, expected)
        assert actual.dtype == expected.dtype


def test_the_model_sees_batches_of_one_size_and_no_labels():
    seen, told = [], []

    def watch(batch: Batch) -> Prediction:
        seen.append(batch)
        return guess(batch)

    predict(watch, random_examples(7), 3, lambda *counts: told.append(counts))
    assert [batch.inputs.shape for batch in seen] == [(3, 5)] * 3
    assert all((batch.labels == IGNORE_LABEL).all() for batch in seen)
    assert [list(batch.puzzle_ids) for batch in seen] == [[0, 1, 2], [3, 4, 5], [6] * 3]
    assert told == [(3, 7), (6, 7), (7, 7)]


def test_traces_are_joined_along_the_examples():
    examples = random_examples(7)

    def think(batch: Batch) -> Trace:
        first = guess(batch)
        answers = np.stack([first.answers, (first.answers + 1) % 3])
        confidence = np.stack([first.confidence, first.confidence / 2])
        return Trace(answers, answers / np.float32(3), confidence, 1 - confidence)

    whole = trace(think, examples, 3, no_progress)
    for actual, expected in zip(whole, think(examples), strict=True):
        np.testing.assert_array_equal(actual, expected)
    # What the trace says after a segment is scored as a prediction is.
    report = evaluate(guess, examples, 4, no_grade, no_progress)
    ones = np.ones(len(examples.inputs), np.int32)
    first = Prediction(whole.answers[0], ones, whole.halt_confidence[0])
    for name, scored in score(examples, first, no_grade).items():
        np.testing.assert_array_equal(scored, report.scores[name])


def test_examples_without_labels_are_refused():
    examples = random_examples(4)
    examples.labels[2] = IGNORE_LABEL
    with pytest.raises(ValueError, match="example 2 has no labelled token"):
        evaluate(guess, examples, 4, no_grade, no_progress)


def test_no_examples_are_refused():
    with pytest.raises(ValueError, match="no examples"):
        predict(guess, random_examples(0), 4, no_progress)


@pytest.fixture(scope="module")
def puzzles() -> Batch:
    made = generate(SHAPE, 20, 6, 9, seed=0)
    return Batch(made.inputs, made.labels, np.zeros(20, np.int32))


def says(change):
    """A predictor that solves each puzzle and then changes the answers."""

    def predictor(batch: Batch) -> Prediction:
        answers = solve(batch.inputs, SHAPE).answers.copy()
        change(answers, batch.inputs)
        ones = np.ones(len(answers), np.int32)
        return Prediction(answers, ones, ones.astype(np.float32))

    return predictor


def test_a_solver_scores_everything(puzzles):
    solver = says(lambda answers, inputs: None)
    report = evaluate(solver, puzzles, 8, sudoku_grader.grader(SHAPE), no_progress)
    metrics = report.metrics()
    names = ("exact_match", "token_accuracy", "blank_accuracy", "valid")
    assert [metrics[name] for name in names] == [1.0] * 4
    assert metrics["calibration_error"] == 0.0
    assert report.intervals()["valid"] == Rate(20, 20).interval()


def test_copying_the_clues_earns_nothing_on_blanks(puzzles):
    def copy(answers, inputs):
        answers[:] = inputs

    report = evaluate(says(copy), puzzles, 8, sudoku_grader.grader(SHAPE), no_progress)
    metrics = report.metrics()
    clues = (puzzles.inputs != BLANK).mean()
    assert metrics["token_accuracy"] == pytest.approx(clues)
    assert metrics["blank_accuracy"] == 0.0
    assert metrics["valid"] == 0.0


def test_another_board_is_not_a_solution(puzzles):
    """It obeys the rules, but not the clues."""

    def rename(answers, inputs):
        answers[:] = BLANK + 1 + (answers - BLANK) % SHAPE.size

    report = evaluate(
        says(rename), puzzles, 8, sudoku_grader.grader(SHAPE), no_progress
    )
    assert report.metrics()["valid"] == 0.0


def test_boards_without_blanks_have_no_blank_accuracy(puzzles):
    full = puzzles._replace(inputs=puzzles.labels)
    solver = says(lambda answers, inputs: None)
    report = evaluate(solver, full, 8, sudoku_grader.grader(SHAPE), no_progress)
    assert "blank_accuracy" not in report.metrics()
    one_full = puzzles._replace(inputs=puzzles.inputs.copy())
    one_full.inputs[0] = puzzles.labels[0]
    report = evaluate(solver, one_full, 8, sudoku_grader.grader(SHAPE), no_progress)
    assert report.metrics()["blank_accuracy"] == 1.0


def test_shares_are_no_rates(puzzles):
    solver = says(lambda answers, inputs: None)
    report = evaluate(solver, puzzles, 8, no_grade, no_progress)
    with pytest.raises(ValueError, match="token_accuracy"):
        report.rate("token_accuracy")


def test_answers_of_weights_that_diverged_are_refused():
    def diverged(batch: Batch) -> Prediction:
        answers = guess(batch)
        odd = np.where(batch.puzzle_ids == 3, np.float32("nan"), answers.confidence)
        return answers._replace(confidence=odd)

    with pytest.raises(UserError, match="Of 1 of 5 answers the confidence is no"):
        evaluate(diverged, random_examples(5), 2, no_grade, no_progress)
