"""`evaluate`: how good the run in a workdir is on puzzles that it never saw."""

from __future__ import annotations

import dataclasses
import pathlib
import time

import numpy as np

from commands import arc_exam, figures, submissions, tables
from commands.flags import CommandLine
from commands.trained import Trained
from data_pipeline.arc.task import ArcTask
from data_pipeline.progress import Progress
from data_pipeline.schema import BLANK
from eval import difficulty, segments
from eval import report as reports
from eval.protocol import Trace
from eval.report import Report
from hrm_jax import processes

_REPORT, _SELECTED = "report.json", "selected"
_OWN = {
    "blank_accuracy": "blanks",
    "path_accuracy": "path cells",
    "valid_optimal": "shortest path",
}
"""Scores that some kinds of puzzle have, and their columns."""
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
    trained = Trained.of(line)
    if trained.answered:
        _measure(line, trained)
    if isinstance(trained.task, ArcTask):
        arc_exam.run(trained, trained.task, _report_path(line).parent)
    return 0


def _report_path(line: CommandLine) -> pathlib.Path:
    return pathlib.Path(line.flags.output or line.run / _REPORT)


def _measure(line: CommandLine, trained: Trained) -> None:
    """A single attempt at each puzzle, watched from many sides."""
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
        with Progress("Thinking") as told:
            found[early_halting] = trained.report(examples, early_halting, told)
    with Progress("Thinking aloud") as told:
        trace = trained.trace(watched, told)
    named = {
        f"{evaluation.max_segments} segments": found[False],
        "until it halts": found[True],
    }
    report, selected = found[evaluation.early_halting], None
    if evaluation.restarts > 1:
        with Progress("Trying again") as told:
            selected = trained.selected_report(examples, told)
        named[f"best of {evaluation.restarts} by {evaluation.select}"] = selected
    print(f"\n{_scores(named)}")
    trained_with = trained.train_config.halting.max_segments
    print(f"\n{_by_segments(trace, watched.labels, trained_with)}")

    halting = found[True]
    difficulties = {"rating": ratings}
    if "blank_accuracy" in halting.scores:
        difficulties["blanks"] = (examples.inputs == BLANK).sum(1)
    bins_by = _split(difficulties, halting)
    for name, bins in bins_by.items():
        if len(bins) > 1:
            print(f"\n{_by_difficulty(name, bins)}")

    path = _report_path(line)
    about = {
        "workdir": str(line.run),
        "step": trained.step,
        "device": processes.describe_devices(),
        "seconds": round(time.monotonic() - began, 1),
        "data": dict(trained.config.data),
        "evaluation": dataclasses.asdict(evaluation),
        "halting_by_difficulty": {
            name: [one.as_dict() for one in bins] for name, bins in bins_by.items()
        },
    }
    traits = difficulties | {
        "segments_until_halt": halting.prediction.segments,
        "exact_match_until_halt": halting.scores["exact_match"],
    }
    reports.write(report._replace(traits=traits), path, about | {"attempts": 1})
    print(f"\nReport with every answer: {path}")
    if selected is not None:
        beside = path.with_name(f"{path.stem}-{_SELECTED}{path.suffix}")
        attempts = {"attempts": evaluation.restarts}
        reports.write(selected._replace(traits=traits), beside, about | attempts)
        print(f"The same for the selected answers: {beside}")
    pictures = figures.draw(line.run, trained.kind.drawing, watched, trace, report)
    figures.print_paths(pictures)


def _split(
    difficulties: dict[str, np.ndarray], halting: Report
) -> dict[str, list[difficulty.Bin]]:
    solved, taken = halting.scores["exact_match"], halting.prediction.segments
    return {
        name: difficulty.by_difficulty(values, solved, taken)
        for name, values in difficulties.items()
    }


def _scores(found: dict[str, Report]) -> str:
    metrics = {name: report.metrics() for name, report in found.items()}
    own = [name for name in _OWN if all(name in m for m in metrics.values())]
    head = ("", "exact match", "95% interval", "tokens")
    rows: list[tuple[str, ...]] = [(*head, *(_OWN[name] for name in own), "segments")]
    for name, report in found.items():
        exact = report.rate("exact_match")
        low, high = exact.interval()
        shares = [metrics[name][share] for share in ("token_accuracy", *own)]
        rows.append(
            (
                name,
                f"{exact.value:.1%}",
                f"{low:.1%} - {high:.1%}",
                *(f"{share:.1%}" for share in shares),
                f"{metrics[name]['mean_segments']:.1f}",
            )
        )
    return tables.aligned(rows)


def _by_segments(trace: Trace, labels: np.ndarray, trained_with: int) -> str:
    rates = segments.exact_match(trace, labels)
    numbers = range(1, len(rates) + 1)
    if len(rates) > _COLUMNS:
        told = {1 << power for power in range(len(rates).bit_length())}
        told |= {trained_with, len(rates)}
        numbers = [number for number in numbers if number in told]
    count = ("segments", *(str(number) for number in numbers))
    exact = ("exact match", *(f"{rates[number - 1].value:.1%}" for number in numbers))
    more = ""
    if len(rates) > trained_with:
        more = f", trained with {trained_with} segments at most"
    return (
        f"On the first {rates[0].trials:,} test puzzles{more}:\n"
        f"{tables.aligned([count, exact])}"
    )


def _by_difficulty(name: str, bins: list[difficulty.Bin]) -> str:
    rows = [(name, "puzzles", "exact match", "95% interval", "segments")]
    for one in bins:
        low, high = one.solved.interval()
        rows.append(
            (
                f"{one.low}" if one.low == one.high else f"{one.low} - {one.high}",
                f"{one.solved.trials:,}",
                f"{one.solved.value:.1%}",
                f"{low:.1%} - {high:.1%}",
                f"{one.mean_segments:.1f}",
            )
        )
    return f"By {name}, until it halts:\n{tables.aligned(rows)}"
