"""`fidelity`: what fewer bits leave of a run, on held-out puzzles."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Any

from commands import calibration, provenance, tables
from commands.flag_values import number
from commands.flags import CommandLine
from commands.trained import Trained
from data_pipeline import batches, datasets
from data_pipeline.progress import Progress
from eval import pareto, style
from eval.atomic import write_json
from eval.pareto import Point
from eval.statistics import Rate
from hrm_jax.export import fidelity, trajectory
from hrm_jax.export.choice import Choice
from hrm_jax.export.quantizer import ROUNDINGS
from hrm_jax.models import matrices
from hrm_jax.types import Variables


def run(line: CommandLine) -> int:
    """Prints a table, and writes `fidelity.json` and `fidelity.png` into the workdir.

    Raises:
      UserError: there is no run, its data is missing, or a file cannot be written.
    """
    datasets.boards(line.config.data, "fidelity")
    trained = Trained.of(line)
    evaluation = trained.evaluation
    examples = trained.held_out(int(number(line.flags, "limit", 0, whole=True)))
    quantizer = calibration.quantizer(trained)
    block = Choice.block_of(line.flags.block, trained.train_config.quantization)
    stored: dict[str, Variables] = {}
    for bits in (8, 4):
        for rounding in reversed(ROUNDINGS[bits == 8 :]):
            stored[f"int{bits} {rounding}"] = quantizer.quantized(bits, rounding, block)
    halting = dataclasses.replace(
        trained.train_config.halting, min_confidence=evaluation.min_confidence
    )
    follow = trajectory.follower(
        trained.train_config.model, evaluation.max_segments, evaluation.seed
    )
    with Progress("Following") as progress:
        found = fidelity.measure(
            follow,
            halting,
            trained.weights,
            {name: matrices.dequantized(one) for name, one in stored.items()},
            batches.split(examples, evaluation.batch_size),
            progress,
        )
    stored["float"] = trained.weights.variables
    rows = {
        name: {"bytes": matrices.nbytes(stored[name])} | one.summary(found["float"])
        for name, one in found.items()
    }
    print(_table(rows))
    path = pathlib.Path(line.flags.output or line.run / "fidelity.json")
    about = provenance.provenance(line, trained, examples) | {"step": trained.step}
    write_json(path, {"about": about, "block": block, "variants": rows})
    picture = path.with_suffix(".png")
    with style.applied():
        style.save(pareto.pareto(_points(rows)), picture)
    print(f"\nAll numbers: {path}\nSize against exact match: {picture}")
    return 0


def _points(rows: dict[str, dict[str, Any]]) -> list[Point]:
    return [
        Point(
            name,
            row["bytes"],
            Rate(round(row["exact_match"]["value"] * row["puzzles"]), row["puzzles"]),
        )
        for name, row in rows.items()
    ]


def _table(rows: dict[str, dict[str, Any]]) -> str:
    head = (
        *("", "KB", "exact match", "over float", "p", "same answer"),
        *("until it halts", "segments", "shift", "carry cosine, first", "last"),
    )
    lines = [head]
    for name, row in rows.items():
        lines.append(
            (
                name,
                f"{row['bytes'] / 1e3:,.0f}",
                f"{row['exact_match']['value']:.2%}",
                f"{row['points_over_float']:+.2f}",
                f"{row['p_value']:.2g}",
                f"{row['same_answer']:.2%}",
                f"{row['exact_match_until_halted']['value']:.2%}",
                f"{row['segments']:.3f}",
                f"{row['shift']:+.3f}",
                f"{row['carry_cosine'][0]:.6f}",
                f"{row['carry_cosine'][-1]:.6f}",
            )
        )
    return tables.aligned(lines)
