"""`evaluate`: how good the run in a workdir is on puzzles that it never saw."""

from __future__ import annotations

import dataclasses
import pathlib
import time

import numpy as np

from commands import figures
from commands.flags import CommandLine
from commands.trained import Trained
from data_pipeline.progress import Progress
from eval import report as reports
from eval import segments
from eval.protocol import Trace
from eval.report import Report
from hrm_jax import processes

_REPORT = "report.json"


def run(line: CommandLine) -> int:
    """Prints the scores, writes them into the workdir and draws the pictures.

    Raises:
      UserError: the workdir holds no run, its data is missing, or a file cannot be
        written.
    """
    trained = Trained.of(line)
    evaluation, shape = trained.evaluation, trained.shape
    examples = trained.held_out(evaluation.examples)
    watched = trained.held_out(evaluation.watched)
    began = time.monotonic()
    print(
        f"Evaluating step {trained.step:,} of {line.run} on {len(examples.inputs):,} "
        f"test puzzles of {shape.size}x{shape.size} cells, on "
        f"{processes.describe_devices()}",
        flush=True,
    )
    found: dict[bool, Report] = {}
    for early_halting in (False, True):
        with Progress("Thinking") as told:
            found[early_halting] = trained.report(examples, early_halting, told)
    with Progress("Thinking aloud") as told:
        trace = trained.trace(watched, told)
    print(f"\n{_scores(found, evaluation.max_segments)}")
    print(f"\n{_by_segments(trace, watched.labels)}")

    path = pathlib.Path(line.flags.output or line.run / _REPORT)
    report = found[evaluation.early_halting]
    about = {
        "workdir": str(line.run),
        "step": trained.step,
        "device": processes.describe_devices(),
        "seconds": round(time.monotonic() - began, 1),
        "data": dict(trained.config.data),
        "evaluation": dataclasses.asdict(evaluation),
    }
    reports.write(report, path, about)
    print(f"\nReport with every answer: {path}")
    figures.print_paths(figures.draw(line.run, shape, watched, trace, report))
    return 0


def _scores(found: dict[bool, Report], segments_at_most: int) -> str:
    names = {False: f"{segments_at_most} segments", True: "until it halts"}
    rows = [("", "exact match", "95% interval", "tokens", "blanks", "segments")]
    for early_halting, report in found.items():
        exact = report.rate("exact_match")
        low, high = exact.interval()
        metrics = report.metrics()
        rows.append(
            (
                names[early_halting],
                f"{exact.value:.1%}",
                f"{low:.1%} - {high:.1%}",
                f"{metrics['token_accuracy']:.1%}",
                f"{metrics['blank_accuracy']:.1%}",
                f"{metrics['mean_segments']:.1f}",
            )
        )
    return _aligned(rows)


def _by_segments(trace: Trace, labels: np.ndarray) -> str:
    rates = segments.exact_match(trace, labels)
    count = ("segments", *(str(number + 1) for number in range(len(rates))))
    exact = ("exact match", *(f"{rate.value:.1%}" for rate in rates))
    return f"On the first {rates[0].trials:,} test puzzles:\n{_aligned([count, exact])}"


def _aligned(rows: list[tuple[str, ...]]) -> str:
    """Rows as lines, the first column to the left, the others to the right."""
    first, *others = (max(map(len, column)) for column in zip(*rows, strict=True))
    lines = []
    for name, *cells in rows:
        padded = (cell.rjust(width) for cell, width in zip(cells, others, strict=True))
        lines.append("  ".join([name.ljust(first), *padded]))
    return "\n".join(lines)
