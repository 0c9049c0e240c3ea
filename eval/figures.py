"""The pictures of a run, each a function that writes a file.

All of them raise `UserError` if the file cannot be written.
"""

from __future__ import annotations

import pathlib

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from data_pipeline.schema import Batch
from eval import (
    filmstrip,
    gallery,
    learning_curves,
    metrics_file,
    segment_curve,
    segments,
    style,
)
from eval.atomic import replacing
from eval.panels import Drawing
from eval.protocol import Trace
from eval.report import Report

_FRAME_MS = 900
_LAST_FRAME_MS = 3000
_FRAME_DPI = 100


def draw_learning_curves(metrics: pathlib.Path, path: pathlib.Path) -> None:
    """Draws loss, puzzles solved, cells right and segments over a run (PNG).

    Args:
      metrics: the run's metrics.jsonl.

    Raises:
      NoRecordsError: `metrics` is missing or holds no record.
    """
    series = metrics_file.read(metrics)
    with style.applied():
        style.save(learning_curves.learning_curves(series), path)


def draw_segment_curve(trace: Trace, labels: np.ndarray, path: pathlib.Path) -> None:
    """Draws exact match by number of segments, over all puzzles of a trace (PNG)."""
    solved = segments.exact_match(trace, labels)
    belief = trace.halt_confidence.mean(1, dtype=np.float64)
    with style.applied():
        style.save(segment_curve.segment_curve(solved, belief), path)


def draw_filmstrip(
    examples: Batch, trace: Trace, index: int, drawing: Drawing, path: pathlib.Path
) -> None:
    """Draws how example `index` of a trace is solved, segment by segment (PNG)."""
    film = filmstrip.film(examples, trace, index, drawing)
    with style.applied():
        style.save(filmstrip.strip(film), path)


def draw_animation(
    examples: Batch, trace: Trace, index: int, drawing: Drawing, path: pathlib.Path
) -> None:
    """Draws the filmstrip as an animation that repeats (GIF)."""
    film = filmstrip.film(examples, trace, index, drawing)
    with style.applied():
        frames = [_image(film, segment) for segment in range(len(film.answers) + 1)]
    # One palette, of the colours of all frames, so that none flickers.
    colours = np.concatenate([np.asarray(frame) for frame in frames])
    palette = Image.fromarray(colours).quantize(128)
    frames = [
        frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames
    ]
    durations = [_FRAME_MS] * (len(frames) - 1) + [_LAST_FRAME_MS]
    with replacing(path) as whole:
        frames[0].save(
            whole,
            format="GIF",
            save_all=True,
            append_images=frames[1:],
            duration=durations,
            loop=0,
        )


def _image(film: filmstrip.Film, segment: int) -> Image.Image:
    figure = filmstrip.frame(film, segment)
    figure.set_dpi(_FRAME_DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")


def draw_gallery(
    report: Report, drawing: Drawing, count: int, path: pathlib.Path
) -> None:
    """Draws `count` puzzles with the model's answers, failures among them (PNG)."""
    with style.applied():
        style.save(gallery.gallery(report, drawing, count), path)
