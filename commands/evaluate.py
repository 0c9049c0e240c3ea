"""`evaluate`: how good the run in a workdir is on puzzles that it never saw."""

from __future__ import annotations

import functools
import pathlib
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from commands import (
    arc_exam,
    figures,
    package_scores,
    provenance,
    submissions,
    tables,
    text_scores,
)
from commands.figures import REPORT
from commands.flags import CommandLine
from commands.trained import Trained
from data_pipeline.arc.task import ArcTask
from data_pipeline.config import TEXTS
from data_pipeline.progress import Progress
from data_pipeline.schema import IGNORE_LABEL
from data_pipeline.sudoku.schema import BLANK
from eval import difficulty, score_table, thinking
from eval import report as reports
from eval.protocol import Trace
from eval.report import Report
from eval.statistics import rate
from hrm_jax import processes

_SELECTED = "selected"
_COLUMNS = 16
"""Numbers of segments that are printed, at most so many and a few."""


def run(line: CommandLine) -> int:
    """Prints the scores, writes them into the workdir and draws the pictures.

    Raises:
      UserError: the workdir holds no run, its data is missing, or a file cannot be
        written.
    """
    if line.flags.file:
        return submissions.run(line)
    if line.package:
        return package_scores.run(line, line.package)
    if line.config.data.dataset in TEXTS:
        return text_scores.run(line)
    trained = Trained.of(line)
    for missing in trained.left_out:
        print(missing)
    if changed := trained.changed_files:
        print(
            f"Since the run was trained, {' and '.join(changed)} changed: nobody knows "
            "which of the test puzzles it has seen."
        )
    draw = _measure(line, trained) if trained.answered else None
    if isinstance(trained.task, ArcTask):
        path = _report_path(line)
        arc_exam.run(trained, trained.task, path.parent, figures.folder(path))
    if draw is not None:
        draw()
    trained.forget()
    return 0


def _report_path(line: CommandLine) -> pathlib.Path:
    return pathlib.Path(line.flags.output or line.run / REPORT)


def _measure(line: CommandLine, trained: Trained) -> Callable[[], None]:
    """A single attempt at each puzzle, watched from many sides.

    Returns:
      What draws the pictures.
    """
    evaluation = trained.evaluation
    examples, ratings = trained.held_out_rated(evaluation.examples)
    watched = trained.held_out(evaluation.watched)
    began = time.monotonic()
    print(
        f"Evaluating step {trained.step:,} of {line.run} on {len(examples.inputs):,} "
        f"test puzzles, each a {trained.task.name}, on {processes.describe_devices()}",
        flush=True,
    )
    found: dict[bool, Report] = {}
    for early_halting in (False, True):
        with Progress("Thinking") as progress:
            found[early_halting] = trained.report(examples, early_halting, progress)
    with Progress("Thinking aloud") as progress:
        trace = trained.trace(watched, progress)
    named = {
        f"{evaluation.max_segments} segments": found[False],
        "until it halts": found[True],
    }
    report, selected = found[evaluation.early_halting], None
    if evaluation.restarts > 1:
        with Progress("Trying again") as progress:
            selected = trained.selected_report(examples, progress)
        named[f"best of {evaluation.restarts} by {evaluation.select}"] = selected
    scores = {name: score_table.summary(one) for name, one in named.items()}
    print(f"\n{tables.aligned(score_table.scores(scores))}")
    trained_with = trained.train_config.halting.max_segments
    print(f"\n{_by_segments(trace, watched.labels, trained_with)}")

    halting = found[True]
    difficulties = {trained.kind.rating: ratings}
    if "blank_accuracy" in halting.scores:
        difficulties["blanks"] = (examples.inputs == BLANK).sum(1)
    bins_by = _split(difficulties, halting)
    for name, bins in bins_by.items():
        if len(bins) > 1:
            rows = tables.aligned(score_table.by_difficulty(name, bins))
            print(f"\nBy {name}, until it halts:\n{rows}")

    path = _report_path(line)
    about = {
        "workdir": str(line.run),
        "step": trained.step,
        "seconds": round(time.monotonic() - began, 1),
        **provenance.provenance(line, trained, examples),
        "scores": scores,
        "halting_by_difficulty": bins_by,
    }
    traits = difficulties | {
        "segments_until_halt": halting.prediction.segments,
        **{f"{name}_until_halt": scored for name, scored in halting.scores.items()},
    }
    report = report._replace(traits=traits)
    kind = trained.kind
    aloud = thinking.of(watched, trace, kind.grade, kind.solved)
    attempts = {"attempts": 1}
    reports.write(report, path, about | attempts, aloud.rows())
    print(f"\nReport with every answer: {path}")
    beside = path.with_name(f"{path.stem}-{_SELECTED}{path.suffix}")
    beside.unlink(missing_ok=True)  # one of another evaluation
    if selected is not None:
        attempts = {"attempts": evaluation.restarts}
        reports.write(selected._replace(traits=traits), beside, about | attempts)
        print(f"The same for the selected answers: {beside}")
    return functools.partial(figures.draw, line.run, path, kind, about, report, aloud)


def _split(
    difficulties: dict[str, np.ndarray], halting: Report
) -> dict[str, list[dict[str, Any]]]:
    solved, taken = halting.scores["exact_match"], halting.prediction.segments
    return {
        name: [one.as_dict() for one in difficulty.by_difficulty(values, solved, taken)]
        for name, values in difficulties.items()
    }


def _by_segments(trace: Trace, labels: np.ndarray, trained_with: int) -> str:
    """Exact match after each number of segments."""
    right = (trace.answers == labels) | (labels == IGNORE_LABEL)
    rates = [rate(solved) for solved in right.all(-1)]
    numbers = range(1, len(rates) + 1)
    if len(rates) > _COLUMNS:
        shown = {1 << power for power in range(len(rates).bit_length())}
        shown |= {trained_with, len(rates)}
        numbers = [number for number in numbers if number in shown]
    count = ("segments", *(str(number) for number in numbers))
    exact = ("exact match", *(f"{rates[number - 1].value:.1%}" for number in numbers))
    more = ""
    if len(rates) > trained_with:
        more = f", trained with {trained_with} segments at most"
    return (
        f"On the first {rates[0].trials:,} test puzzles{more}:\n"
        f"{tables.aligned([count, exact])}"
    )
