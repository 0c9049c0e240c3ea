"""Times evaluation where each puzzle halts by itself beside a fixed number of segments.

    python -m bench --only halting --run=runs/demo

On test puzzles of a trained run; without `--run`, of a small one on 6x6 boards that is
trained first, once. Accuracies stand beside the times: faster counts only where they
are equal.
"""

from __future__ import annotations

import dataclasses
import functools
import pathlib

import numpy as np

from bench import study, table, variants
from bench.setting import Setting
from bench.table import Row, Work
from bench.timing import Run
from commands import flags, tables
from commands.trained import Trained
from data_pipeline.progress import silent
from eval import runner, statistics
from hrm_jax import predictor
from hrm_jax.models import cost
from hrm_jax.predictor import EvaluationConfig

PART = "evaluation"
FIXED, HALTING = "16 segments", "until it halts"
SEGMENTS = 16
SMALL_RUN = variants.SMALL | {"data.num_test": 1000, "train.steps": 1500}
_QUICK_STEPS = 50


def train(quick: bool) -> pathlib.Path:
    """The small run, unless it is there; an untrained one where it must be quick."""
    folder = study.ROOT / "runs" / ("bench_quick" if quick else "bench")
    settings = SMALL_RUN | {"data.directory": str(folder / "data")}
    if quick:
        settings |= {"train.steps": _QUICK_STEPS}
    study.measure("configs/default.py", settings, folder)
    return folder


def rows(setting: Setting, workdir: pathlib.Path | None = None) -> list[Row]:
    workdir = workdir or train(setting.quick)
    # The config of the run, as every command reads it.
    trained = Trained.of(flags.parse(["bench", "evaluate", f"--workdir={workdir}"]))
    examples = trained.held_out(0)
    count = len(examples.inputs)
    evaluation = dataclasses.replace(trained.evaluation, max_segments=SEGMENTS)
    # As many rows at once for both. Where each halts by itself it is one call for all:
    # rows take the next puzzle until none is left.
    ways = {}
    for rows_at_once in (32, 128, 512):
        ways[f"{FIXED}, {rows_at_once} rows"] = dataclasses.replace(
            evaluation, early_halting=False, batch_size=min(rows_at_once, count)
        )
        ways[f"{HALTING}, {rows_at_once} rows"] = dataclasses.replace(
            evaluation, early_halting=True, batch_size=count, slots=rows_at_once
        )
    scores, makers, works = [], {}, {}
    per_segment = cost.segment_flops(trained.train_config.model)
    for name, chosen in ways.items():
        run, report = _prepared(trained, chosen, examples)
        makers[name] = functools.partial(Run, run)
        taken = report.prediction.segments
        works[name] = Work(float(per_segment * int(taken.sum())), 0.0)
        exact = np.asarray(report.scores["exact_match"])
        low, high = statistics.rate(exact).interval()
        scores.append(
            (
                name,
                f"{exact.mean():.1%}",
                f"{low:.1%} - {high:.1%}",
                f"{taken.mean():.2f}",
            )
        )
    print(tables.aligned([(PART, "exact match", "95 % interval", "segments"), *scores]))
    case = f"{count} puzzles, {trained.task.name}"
    dtype = trained.train_config.model.dtype
    return table.measure(PART, case, makers, works, dtype, setting.rounds)


def _prepared(trained: Trained, evaluation: EvaluationConfig, examples):
    """What runs the evaluation, and its report."""
    predict = predictor.predictor(trained.train_config, evaluation, trained.mesh)

    def run():
        return runner.predict(
            lambda batch: predict(trained.weights, batch),
            examples,
            evaluation.batch_size,
            silent,
        )

    report = runner.evaluate(
        lambda batch: predict(trained.weights, batch),
        examples,
        evaluation.batch_size,
        trained.kind.grade,
        silent,
    )
    return run, report
