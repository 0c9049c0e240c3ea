"""Whether HRM learns the same without Q-learning's extra pass: loss curves, by seed.

    python bench/learning_curves.py --seeds=3 --steps=800

A small HRM (two modules, one-step gradient, halting) on generated 6x6 Sudokus is
trained with Q-learning and with the halt-only loss, from the same weights and on the
same puzzles by seed. After each stretch validation puzzles are solved with 16 segments:
this curve means the same for both, while the loss in training is of whatever segments
the slots are at, which are later ones where puzzles halt later. A number counts as the
same where the two ranges over the seeds touch. Runs that are done are not repeated.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import statistics
import sys
from typing import NamedTuple

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

from bench import study, variants
from commands import tables
from hrm_jax.checkpoint import BEST_METRIC
from hrm_jax.writer import METRICS_FILE

STRETCHES = 8
"""That a curve is cut into."""
_FEWEST = 20 * STRETCHES
"""Steps of which each stretch holds a line of the metrics."""
SMALL_HRM = variants.SMALL | {
    "model.h_layers": 2,
    "model.gradient_window": 2,
    "halting.max_segments": 16,
    "loss.token_loss": "stablemax",
    "optim.ema_decay": 0.0,
}
LOSSES = {"Q-learning": True, "halt-only": False}


class Curve(NamedTuple):
    """Of one run.

    Attributes:
      losses: answer loss per token in training, mean of each stretch.
      solved: share of validation puzzles solved, after each stretch.
      segments: that training puzzles took at the end, before they halted.
    """

    losses: list[float]
    solved: list[float]
    segments: float


def train(workdir: pathlib.Path, q_learning: bool, seed: int, steps: int) -> Curve:
    """Trains one run, unless that was done."""
    settings = {"halting.q_learning": q_learning, "train.steps": steps}
    settings |= {"train.seed": seed, "data.directory": str(workdir / "data")}
    settings |= {"train.eval_every": steps // STRETCHES}
    folder = workdir / f"{'q' if q_learning else 'halt'}-{steps}-{seed}"
    study.measure("configs/default.py", SMALL_HRM | settings, folder)
    lines = (folder / METRICS_FILE).read_text(encoding="utf-8").splitlines()
    return curve([json.loads(line) for line in lines], steps)


def curve(lines: list[dict[str, float]], steps: int) -> Curve:
    """From the lines of a run's metrics; every stretch must hold at least one."""
    training = [line for line in lines if "train/answer_loss" in line]
    stretches: list[list[float]] = [[] for _ in range(STRETCHES)]
    for line in training:
        index = (int(line["step"]) - 1) * STRETCHES // steps
        stretches[index].append(line["train/answer_loss"])
    losses = [statistics.mean(stretch) for stretch in stretches]
    solved = [v for line in lines if (v := line.get(f"eval/{BEST_METRIC}")) is not None]
    # A stretch in which nothing halted has no mean of segments.
    segments = [v for line in training if (v := line.get("train/mean_segments"))]
    return Curve(losses, solved, segments[-1])


def touch(first: list[float], second: list[float]) -> bool:
    """Whether two ranges have a point in common."""
    return min(first) <= max(second) and min(second) <= max(first)


def table(curves: dict[str, list[Curve]], steps: int) -> list[tuple[str, ...]]:
    """A row for each stretch, then what the curves led to."""
    rows = [("", *curves, "ranges touch")]

    def row(name: str, values: list[list[float]], digits: str) -> None:
        cells = [
            f"{statistics.mean(v):{digits}} ({min(v):{digits}} - {max(v):{digits}})"
            for v in values
        ]
        rows.append((name, *cells, "yes" if touch(*values) else "no"))

    for index in range(STRETCHES):
        first, last = (i * steps // STRETCHES for i in (index, index + 1))
        losses = [[c.losses[index] for c in curves[name]] for name in curves]
        row(f"loss, steps {first + 1} to {last}", losses, ".3f")
    for index in range(STRETCHES):
        solved = [[c.solved[index] for c in curves[name]] for name in curves]
        row(f"solved after {(index + 1) * steps // STRETCHES}", solved, ".1%")
    row("segments at the end", [[c.segments for c in curves[n]] for n in curves], ".1f")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--workdir", type=pathlib.Path, default="runs/learning_curves")
    options = parser.parse_args()
    if options.seeds < 1 or options.steps < _FEWEST or options.steps % STRETCHES:
        parser.error(
            f"--seeds must be at least 1, --steps a multiple of {STRETCHES} and at "
            f"least {_FEWEST}."
        )
    workdir = options.workdir.absolute()
    curves: dict[str, list[Curve]] = {name: [] for name in LOSSES}
    for seed in range(options.seeds):
        for name, q_learning in LOSSES.items():
            curves[name].append(train(workdir, q_learning, seed, options.steps))
            solved = curves[name][-1].solved[-1]
            print(f"{name}, seed {seed}: {solved:.1%}", file=sys.stderr, flush=True)
    print("Mean over the seeds (smallest - largest).")
    print(tables.aligned(table(curves, options.steps)))


if __name__ == "__main__":
    main()
