"""The pictures of a run, each a function that writes a file."""

from __future__ import annotations

import pathlib

import numpy as np

from data_pipeline.schema import Batch, BoardShape
from eval.protocol import Trace
from eval.report import Report


def draw_learning_curves(metrics: pathlib.Path, path: pathlib.Path) -> None:
    """Draws loss, exact match, accuracy and segments over the steps of a run.

    Args:
      metrics: the run's metrics.jsonl.
      path: of the PNG.

    Raises:
      UserError: `metrics` is missing or holds no record, or `path` cannot be written.
    """
    raise NotImplementedError


def draw_segment_curve(trace: Trace, labels: np.ndarray, path: pathlib.Path) -> None:
    """Draws exact match by the number of segments, over all puzzles of a trace (PNG)."""
    raise NotImplementedError


def draw_filmstrip(
    examples: Batch, trace: Trace, index: int, shape: BoardShape, path: pathlib.Path
) -> None:
    """Draws how example `index` of a trace is solved, segment by segment (PNG)."""
    raise NotImplementedError


def draw_animation(
    examples: Batch, trace: Trace, index: int, shape: BoardShape, path: pathlib.Path
) -> None:
    """The filmstrip as an animated GIF."""
    raise NotImplementedError


def most_telling(examples: Batch, trace: Trace) -> int:
    """The example worth a filmstrip: of those solved at the end, the one solved last."""
    raise NotImplementedError


def draw_gallery(
    report: Report, shape: BoardShape, count: int, path: pathlib.Path
) -> None:
    """Draws `count` puzzles with the model's answers, failures among them (PNG)."""
    raise NotImplementedError
