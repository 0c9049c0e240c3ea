"""The pictures of a run, each a function that writes a file and says what it shows.

All of them raise `UserError` if the file cannot be written.
"""

from __future__ import annotations

import pathlib

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from eval import (
    difficulty,
    filmstrip,
    gallery,
    halting_histogram,
    learning_curves,
    metrics_file,
    segment_curve,
    settling,
    style,
)
from eval.atomic import replacing
from eval.filmstrip import Film
from eval.panels import Drawing
from eval.report import Report
from eval.statistics import rate
from eval.thinking import Thinking

_FRAME_MS = 900
_LAST_FRAME_MS = 3000
_FRAME_DPI = 100


def draw_learning_curves(metrics: pathlib.Path, path: pathlib.Path) -> str:
    """Draws loss, puzzles solved, cells right and segments over a run (PNG).

    Args:
      metrics: the run's metrics.jsonl.

    Raises:
      NoRecordsError: `metrics` is missing or holds no record.
    """
    series = metrics_file.read(metrics)
    with style.applied():
        return _save(learning_curves.learning_curves(series), path)


def draw_segment_curve(thinking: Thinking, path: pathlib.Path) -> str:
    """Draws how many of the watched puzzles are solved by number of segments (PNG)."""
    solved = [rate(outcomes) for outcomes in thinking.solved]
    belief = thinking.halt_confidence.mean(1, dtype=np.float64)
    with style.applied():
        return _save(segment_curve.segment_curve(solved, belief), path)


def draw_settling(thinking: Thinking, path: pathlib.Path) -> str:
    """Draws how much each segment changes the state (PNG)."""
    with style.applied():
        return _save(settling.settling(thinking.residual, thinking.solved[-1]), path)


def draw_halting(report: Report, solved_by: str, path: pathlib.Path) -> str:
    """Draws how many segments puzzles take until they halt, by difficulty (PNG).

    By the one of the traits that tells the puzzles apart best; the traits say as well
    how each puzzle fared when it was let halt.

    Args:
      solved_by: the score that says which are solved.
    """
    traits = report.traits
    known = {name: traits[name] for name in difficulty.NAMES if name in traits}
    name = difficulty.most_telling(known)
    outcomes = traits[f"{solved_by}_until_halt"], traits["segments_until_halt"]
    with style.applied():
        figure = halting_histogram.halting_histogram(name, known[name], *outcomes)
        return _save(figure, path)


def draw_filmstrip(film: Film, path: pathlib.Path) -> str:
    """Draws how a puzzle is solved, segment by segment (PNG)."""
    with style.applied():
        return _save(filmstrip.strip(film), path)


def draw_animation(film: Film, path: pathlib.Path) -> str:
    """Draws the filmstrip as an animation that repeats (GIF)."""
    with style.applied():
        frames = [_image(film, segment) for segment in range(len(film.answers) + 1)]
    # One palette, of the colours of all frames, so that none flickers.
    colours = np.concatenate([np.asarray(frame) for frame in frames])
    palette = Image.fromarray(colours).quantize(128, Image.Quantize.FASTOCTREE)
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
    return f"{film.title()}. {film.subtitle()}."


def _image(film: Film, segment: int) -> Image.Image:
    figure = filmstrip.frame(film, segment)
    figure.set_dpi(_FRAME_DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")


def draw_gallery(
    report: Report, drawing: Drawing, solved_by: str, count: int, path: pathlib.Path
) -> str:
    """Draws `count` puzzles with the model's answers, failures among them (PNG).

    Args:
      solved_by: the score that says which are solved.
    """
    with style.applied():
        return _save(gallery.gallery(report, drawing, solved_by, count), path)


def _save(figure: Figure, path: pathlib.Path) -> str:
    """Writes a figure; returns its headline."""
    style.save(figure, path)
    return f"{style.headline_of(figure)}."
