"""Runs a model over examples, batch by batch, and scores what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np

from data_pipeline.batches import take
from data_pipeline.progress import OnProgress
from data_pipeline.schema import IGNORE_LABEL, Batch, UserError
from eval.protocol import Grader, Prediction, Predictor, Trace, Tracer
from eval.report import Report

Output = TypeVar("Output", Prediction, Trace)


def evaluate(
    predictor: Predictor,
    examples: Batch,
    batch_size: int,
    grade: Grader,
    progress: OnProgress,
) -> Report:
    """Predicts every example once and scores the predictions, as `score` does.

    Raises:
      UserError: see `predict`.
      ValueError: an example has no labelled token, or there is none at all.
    """
    prediction = predict(predictor, examples, batch_size, progress)
    return Report(examples, prediction, score(examples, prediction, grade))


def score(
    examples: Batch, prediction: Prediction, grade: Grader
) -> dict[str, np.ndarray]:
    """Scores of each example, by name.

    "exact_match" is true where every labelled token is right, "token_accuracy" is the
    share of an example's labelled tokens that are; `grade` adds the scores of the task.

    Raises:
      ValueError: an example has no labelled token.
    """
    labelled = examples.labels != IGNORE_LABEL
    if not labelled.any(1).all():
        row = int(labelled.any(1).argmin())
        raise ValueError(f"example {row} has no labelled token")
    right = (prediction.answers == examples.labels) & labelled
    scores = {
        "exact_match": (right == labelled).all(1),
        "token_accuracy": right.sum(1) / labelled.sum(1),
    }
    return scores | dict(grade(examples, prediction))


def predict(
    predictor: Predictor, examples: Batch, batch_size: int, progress: OnProgress
) -> Prediction:
    """The predictions of all examples, in order.

    Raises:
      UserError: weights have diverged so far that the model is sure of nothing.
    """
    parts = list(_run(predictor, examples, batch_size, progress))
    arrays = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    prediction = Prediction(*arrays)
    if odd := int((~np.isfinite(prediction.confidence)).sum()):
        raise UserError(
            f"Of {odd:,} of {len(prediction.confidence):,} answers the confidence is "
            "no number, since the weights have diverged: take an earlier checkpoint, "
            "or train anew with a smaller optim.learning_rate."
        )
    return prediction


def trace(
    tracer: Tracer, examples: Batch, batch_size: int, progress: OnProgress
) -> Trace:
    """The traces of all examples, in order."""

    def example_first(batch: Batch) -> Trace:
        return Trace(*(np.swapaxes(array, 0, 1) for array in tracer(batch)))

    parts = list(_run(example_first, examples, batch_size, progress))
    arrays = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return Trace(*(np.swapaxes(array, 0, 1) for array in arrays))


def _run(
    model: Callable[[Batch], Output],
    examples: Batch,
    batch_size: int,
    progress: OnProgress,
) -> Iterator[Output]:
    """Outputs without the padding.

    Every batch has `batch_size` rows, so that the model is compiled once; the last
    repeats its last example, which costs no more than the others. The model sees no
    labels.
    """
    total = len(examples.inputs)
    if total == 0:
        raise ValueError("there are no examples to evaluate")
    for start in range(0, total, batch_size):
        rows = np.minimum(np.arange(start, start + batch_size), total - 1)
        batch = take(examples, rows)
        hidden = batch._replace(labels=np.full_like(batch.labels, IGNORE_LABEL))
        count = min(batch_size, total - start)
        output = model(hidden)
        yield type(output)(*(np.asarray(array)[:count] for array in output))
        progress(start + count, total)
