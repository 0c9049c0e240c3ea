"""Files that can be opened, of what was measured, on every edge that a run can have."""

import json
import pathlib

import numpy as np
import pytest
from PIL import Image

from data_pipeline.schema import Batch, BoardShape, UserError
from data_pipeline.sudoku.generator import random_boards
from data_pipeline.sudoku.schema import BLANK
from eval import (
    figures,
    gallery,
    learning_curves,
    segment_curve,
    sudoku_grader,
    thinking,
)
from eval.filmstrip import Film
from eval.metrics_file import Series
from eval.protocol import Prediction, Trace
from eval.report import Report
from eval.statistics import Rate
from eval.sudoku_drawing import SudokuDrawing


def example_batch(shape: BoardShape, count: int) -> Batch:
    """Full boards with every third cell given."""
    labels = random_boards(shape, count, np.random.default_rng(0))
    inputs = np.where(np.arange(shape.cells) % 3, BLANK, labels).astype(np.int32)
    return Batch(inputs, labels, np.zeros(count, np.int32))


def trace_of(examples: Batch, solved: list[list[bool]]) -> Trace:
    """A trace in which example b is right after segment k where `solved[k][b]`."""
    right = np.array(solved)
    answers = np.repeat(examples.labels[None], len(right), 0)
    answers[..., 1] = np.where(right, answers[..., 1], BLANK)
    confidence = np.full(answers.shape, 0.9, np.float32)
    halting = np.where(right, 0.9, 0.2).astype(np.float32)
    return Trace(answers, confidence, halting, 1 - halting)


def size_of_png(path: pathlib.Path) -> tuple[int, int]:
    """Size in pixels of a picture that is really a whole PNG with something in it."""
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert len(np.unique(np.asarray(image.convert("L")))) > 10
        return image.size


def film_of(shape: BoardShape, solved: list[bool]) -> Film:
    """A film of one puzzle, right after segment k where `solved[k]`."""
    examples = example_batch(shape, 1)
    trace = trace_of(examples, [[right] for right in solved])
    watched = thinking.of(examples, trace, sudoku_grader.grader(shape), "exact_match")
    return watched.film(SudokuDrawing(shape))


@pytest.mark.parametrize(
    "solved, title",
    [
        ([1], "Solved in the first segment"),
        ([1, 0, 1, 1], "Solved after 3 segments of thinking"),
        ([0, 1], "Solved after 2 segments of thinking"),
        ([1, 0], "Not solved: 1 cell wrong at the end"),
    ],
)
def test_the_title_of_a_film_tells_its_end(solved, title):
    film = film_of(BoardShape(2, 2), solved)
    assert film.title() == title
    assert "4x4 puzzle with 10 cells to fill" in film.subtitle()


@pytest.mark.parametrize(
    "shape, segments, lines",
    [
        (BoardShape(2, 2), 1, 1),
        (BoardShape(2, 3), 6, 2),
        (BoardShape(3, 3), 16, 3),
    ],
)
def test_filmstrips_grow_with_the_segments(shape, segments, lines, tmp_path):
    path = tmp_path / "pictures" / "film.png"
    said = figures.draw_filmstrip(film_of(shape, [False] * segments), path)
    assert said.startswith("Not solved: 1 cell wrong at the end. A ")
    width, height = size_of_png(path)
    assert 1000 < width < 2500
    assert 450 * lines < height < 700 * lines
    assert list(path.parent.iterdir()) == [path]


def test_an_animation_shows_the_puzzle_and_each_segment(tmp_path):
    path = tmp_path / "film.gif"
    figures.draw_animation(film_of(BoardShape(2, 2), [False, True]), path)
    frames, durations = [], []
    with Image.open(path) as image:
        assert image.format == "GIF"
        assert image.info["loop"] == 0
        for number in range(image.n_frames):
            image.seek(number)
            durations.append(image.info["duration"])
            frames.append(np.asarray(image.convert("RGB")).astype(int))
    assert durations == [900, 900, 3000]
    assert all((frames[k] != frames[k + 1]).any() for k in range(2))
    # The missing digit of segment 1 is orange, more red than blue, and nothing else is.
    orange = [((f[..., 0] - f[..., 2]) > 40).sum() for f in frames]
    assert orange[0] == orange[2] == 0 < orange[1]


def test_a_gallery_mixes_successes_and_failures():
    solved = np.array([True] * 10 + [False] * 10)
    assert list(gallery.choose(solved, 6)) == [0, 1, 2, 10, 11, 12]
    assert list(gallery.choose(solved[:12], 6)) == [0, 1, 2, 3, 10, 11]
    assert list(gallery.choose(solved[:10], 6)) == [0, 1, 2, 3, 4, 5]
    assert list(gallery.choose(solved[9:], 6)) == [0, 1, 2, 3, 4, 5]
    assert list(gallery.choose(solved[10:], 4)) == [0, 1, 2, 3]
    assert list(gallery.choose(solved[:3], 9)) == [0, 1, 2]


@pytest.mark.parametrize("outcomes", [[True], [False, False], [True] * 4 + [False]])
def test_galleries_are_drawn(outcomes, tmp_path):
    shape = BoardShape(2, 3)
    count = len(outcomes)
    examples = example_batch(shape, count)
    trace = trace_of(examples, [outcomes])
    ones = np.ones(count, np.int32)
    prediction = Prediction(trace.answers[0], ones, trace.halt_confidence[0])
    scores = {
        "exact_match": np.array(outcomes),
        "token_accuracy": np.ones(count),
    }
    path = tmp_path / "gallery.png"
    report = Report(examples, prediction, scores)
    figures.draw_gallery(report, SudokuDrawing(shape), "exact_match", 8, path)
    width, height = size_of_png(path)
    assert width > 1000
    assert (height > 1000) == (count > 4)


def test_the_segment_curve_shows_the_rates(tmp_path):
    shape = BoardShape(2, 2)
    examples = example_batch(shape, 4)
    trace = trace_of(examples, [[0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0]])
    path = tmp_path / "segments.png"
    watched = thinking.of(examples, trace, sudoku_grader.grader(shape), "exact_match")
    figures.draw_segment_curve(watched, path)
    assert size_of_png(path) == (1036, 720)
    rates = [Rate(0, 4), Rate(1, 4), Rate(3, 4)]
    figure = segment_curve.segment_curve(rates, np.array([0.1, 0.2, 0.3]))
    (axes,) = figure.axes
    solved, believed = axes.lines
    np.testing.assert_array_equal(solved.get_xydata(), [[1, 0], [2, 0.25], [3, 0.75]])
    np.testing.assert_array_equal(believed.get_ydata(), [0.1, 0.2, 0.3])
    assert "From 0.0% to 75.0% solved" in figure.texts[0].get_text()


def test_a_segment_curve_may_be_one_point_or_fall():
    one = segment_curve.segment_curve([Rate(5, 5)], np.array([1.0]))
    assert one.texts[0].get_text() == "100.0% solved in one segment"
    fall = segment_curve.segment_curve([Rate(4, 5), Rate(3, 5)], np.array([0.8, 0.6]))
    assert fall.texts[0].get_text() == "Thinking longer does not help: 60.0% solved"


def series(points: dict[int, float]) -> Series:
    return Series(np.array(list(points)), np.array(list(points.values()), float))


def test_learning_curves_show_each_metric_that_is_there():
    figure = learning_curves.learning_curves(
        {
            "seconds": series({100: 61.0}),
            "train/answer_loss": series({50: 2.0, 100: 0.1}),
            "train/exact_match": series({50: 0.0, 100: 0.5}),
            "eval/exact_match": series({50: 0.5, 100: 0.25}),
            "eval/examples": series({100: 8}),
            "eval/unknown": series({100: 3}),
        }
    )
    assert [axes.get_title("left") for axes in figure.axes] == [
        "Puzzles solved",
        "Loss per cell",
    ]
    exact, loss = figure.axes
    np.testing.assert_array_equal(exact.lines[1].get_xydata(), [[50, 0.5], [100, 0.25]])
    np.testing.assert_array_equal(loss.lines[0].get_ydata(), [2.0, 0.1])
    assert loss.get_yscale() == "log"
    title, subtitle = (text.get_text() for text in figure.texts[:2])
    assert title == "25.0% of validation puzzles solved"
    assert subtitle == "best 50.0%, after 100 optimiser steps, 1 min 1 s"


def test_the_moving_average_keeps_a_straight_line_straight():
    line = {step: step / 1000 for step in range(1, 101)}
    figure = learning_curves.learning_curves({"train/answer_loss": series(line)})
    _, average = figure.axes[0].lines
    inside = average.get_xydata()[2:-2]
    np.testing.assert_allclose(inside[:, 1], inside[:, 0] / 1000, rtol=1e-12)
    # And at the ends, where less is known, it stays among the values.
    assert average.get_ydata()[0] < 0.004
    assert average.get_ydata()[-1] > 0.097


@pytest.mark.parametrize(
    "records",
    [
        [{"step": 20, "train/answer_loss": 1.5}],
        [{"step": 0, "eval/exact_match": 0.0, "eval/examples": 5.0}],
        [{"step": s, "seconds": s, "train/mean_segments": 8.0} for s in range(1, 90)],
        [{"step": 5, "train/answer_loss": 0.0}, {"step": 9, "train/answer_loss": 3.0}],
        [{"step": 5, "seconds": 4000.0, "train/token_accuracy": 0.3}],
        [{"step": 5, "seconds": 1.0}],
    ],
)
def test_learning_curves_of_any_run_are_drawn(records, tmp_path):
    metrics, path = tmp_path / "metrics.jsonl", tmp_path / "curves.png"
    metrics.write_text("\n".join(json.dumps(record) for record in records) + '\n{"st')
    figures.draw_learning_curves(metrics, path)
    assert size_of_png(path)[0] > 900


def test_pictures_that_cannot_be_written_are_the_users_mistake(tmp_path):
    (tmp_path / "file").write_text("")
    metrics = tmp_path / "metrics.jsonl"
    metrics.write_text('{"step": 5, "train/answer_loss": 0.5}\n')
    with pytest.raises(UserError, match="curves.png cannot be written"):
        figures.draw_learning_curves(metrics, tmp_path / "file" / "curves.png")
