"""`figures`: the pictures of a run, and the page that shows them all."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

from commands import arc_exam, text_record
from commands.flags import CommandLine
from configs import Config
from data_pipeline import datasets
from data_pipeline.schema import UserError
from eval import difficulty, figures, html_report, kinds, metrics_file, thinking
from eval import report as reports
from eval.arc import scores_file
from eval.html_report import Picture
from eval.kinds import Kind
from eval.report import Report
from eval.thinking import Thinking
from hrm_jax import saved_config
from hrm_jax.writer import METRICS_FILE

REPORT, _FOLDER = "report.json", "figures"
_GALLERY = 8


def run(line: CommandLine) -> int:
    """Draws all pictures again, from the report and the metrics as they are.

    Raises:
      UserError: the run has not been evaluated, or a file cannot be written.
    """
    if (line.run / text_record.FILE).exists():
        raise UserError(
            f"{line.run} holds a run of text, of which there are no pictures: "
            "`evaluate` writes its scores, and `benchmark` a report."
        )
    path = line.run / REPORT
    found = reports.read(path)
    about = found.get("about", {})
    told = found["predictions"][0].keys()
    whole = about.keys() >= reports.ABOUT.keys() and "thinking" in found
    if not whole or told.isdisjoint(difficulty.NAMES):
        raise UserError(
            f"{path} is of an older version of this program; run `python main.py "
            "evaluate` again."
        )
    config: Config = saved_config.rebuilt(about["config"], path)
    kind = kinds.of(datasets.puzzles(config.data))
    watched = thinking.from_rows(found["thinking"])
    draw(line.run, path, kind, about, reports.rebuild(found), watched)
    return 0


def draw(
    workdir: pathlib.Path,
    path: pathlib.Path,
    kind: Kind,
    about: Mapping[str, Any],
    report: Report,
    watched: Thinking,
) -> None:
    """Draws a run's pictures and its page beside the report, and says where they are.

    Args:
      path: of the report.
      about: the head of the report.
      report: of an evaluation.
      watched: of the puzzles whose every segment was looked at.
    """
    print("\nPictures:")
    pictures, tables = [], []
    metrics = workdir / METRICS_FILE
    for picture in _pictures(metrics, folder(path), kind, report, watched):
        print(f"  {picture.path}: {picture.what}", flush=True)
        pictures.append(picture)
    exam = scores_file.read(path.parent, about)
    if exam is not None:
        tables.append(arc_exam.table(exam))
        pictures += arc_exam.pictures(path.parent, exam)
    page = path.with_suffix(".html")
    html_report.write(about, report, pictures, page, tables)
    print(f"All on one page: {page}")


def folder(path: pathlib.Path) -> pathlib.Path:
    """Where the pictures of a report lie."""
    return path.with_name(_FOLDER if path.name == REPORT else f"{path.stem}-{_FOLDER}")


def _pictures(
    metrics: pathlib.Path,
    folder: pathlib.Path,
    kind: Kind,
    report: Report,
    watched: Thinking,
) -> Iterator[Picture]:
    """The pictures, each once it is there."""
    film = watched.film(kind.drawing)

    path = folder / "segments.png"
    said = figures.draw_segment_curve(watched, path)
    yield Picture("what more thinking brings", said, path)
    path = folder / "filmstrip.png"
    said = figures.draw_filmstrip(film, path)
    yield Picture("one puzzle, segment by segment", said, path)
    path = folder / "filmstrip.gif"
    said = figures.draw_animation(film, path)
    yield Picture("the same, moving", said, path)
    path = folder / "gallery.png"
    said = figures.draw_gallery(report, kind.drawing, kind.solved, _GALLERY, path)
    yield Picture("puzzles and answers, failures among them", said, path)
    path = folder / "halting.png"
    said = figures.draw_halting(report, kind.solved, path)
    yield Picture("how long it thinks, by difficulty", said, path)
    path = folder / "settling.png"
    said = figures.draw_settling(watched, path)
    yield Picture("how the state comes to rest", said, path)
    path = folder / "learning_curves.png"
    try:
        said = figures.draw_learning_curves(metrics, path)
        yield Picture("how it learned", said, path)
    except metrics_file.NoRecordsError as error:  # imported, or stopped early
        print(f"  No learning curves: {error}", flush=True)
