"""`figures`: the pictures of a run."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

from commands.flags import CommandLine
from commands.trained import Trained
from data_pipeline.progress import Progress
from data_pipeline.schema import Batch
from eval import figures, filmstrip, metrics_file
from eval.panels import Drawing
from eval.protocol import Trace
from eval.report import Report
from hrm_jax.writer import METRICS_FILE

_GALLERY = 8


def run(line: CommandLine) -> int:
    """Draws all pictures again, from the weights and the metrics as they are.

    Raises:
      UserError: the workdir holds no run, or its data is missing.
    """
    trained = Trained.of(line)
    examples = trained.held_out(trained.evaluation.watched)
    with Progress("Solving test puzzles") as told:
        trace = trained.trace(examples, told)
        report = trained.report(examples, False, told)
    print_paths(draw(line.run, trained.kind.drawing, examples, trace, report))
    return 0


def draw(
    workdir: pathlib.Path,
    drawing: Drawing,
    examples: Batch,
    trace: Trace,
    report: Report,
) -> Iterator[tuple[str, pathlib.Path]]:
    """Draws a run's pictures into its workdir.

    Args:
      examples, trace: of the puzzles to choose the one of the filmstrip from.
      report: of an evaluation, for the gallery.

    Yields:
      What each picture shows, and where it is, once it is there.
    """
    folder = workdir / "figures"
    curves = folder / "learning_curves.png"
    try:
        figures.draw_learning_curves(workdir / METRICS_FILE, curves)
        yield "how it learned", curves
    except metrics_file.NoRecordsError as error:  # imported, or stopped early
        print(f"  No learning curves: {error}", flush=True)
    figures.draw_segment_curve(trace, examples.labels, folder / "segments.png")
    yield "what more thinking brings", folder / "segments.png"
    telling = filmstrip.most_telling(examples, trace)
    figures.draw_filmstrip(examples, trace, telling, drawing, folder / "filmstrip.png")
    yield "one puzzle, segment by segment", folder / "filmstrip.png"
    figures.draw_animation(examples, trace, telling, drawing, folder / "filmstrip.gif")
    yield "the same, moving", folder / "filmstrip.gif"
    figures.draw_gallery(report, drawing, _GALLERY, folder / "gallery.png")
    yield "puzzles and answers, failures among them", folder / "gallery.png"


def print_paths(pictures: Iterator[tuple[str, pathlib.Path]]) -> None:
    print("\nPictures:")
    for what, path in pictures:
        print(f"  {path}: {what}", flush=True)
