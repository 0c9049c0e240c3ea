"""What each idea is worth: variants of one small reasoner at equal compute, paired.

    python bench/study.py --seeds=3 --workdir=runs/study
    python bench/study.py --base=configs/sudoku_extreme.py:trm_attention \
        --steps=20000 --workdir=runs/study_full --scale=full

Every variant trains on the same puzzles for as many steps as its cost allows: a step
that costs twice as much is taken half as often. Each is measured once, at its end, on
the same validation puzzles, with as many segments as in training. Runs that are done
are not repeated, so a study that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

from commands import flags, tables
from data_pipeline import datasets
from hrm_jax import experiment
from hrm_jax.checkpoint import BEST_METRIC
from hrm_jax.models import cost
from hrm_jax.train_state import TrainConfig
from hrm_jax.writer import METRICS_FILE

ROOT = pathlib.Path(__file__).parent.parent

SMALL = {
    # 6x6 boards with a bit more than half of the cells blank: a minute on two cores.
    "data.box_rows": 2,
    "data.box_cols": 3,
    "data.min_blanks": 18,
    "data.max_blanks": 22,
    "data.num_train": 2000,
    "data.num_test": 1,
    "data.num_validation": 500,
    "model.width": 48,
    "train.save_every": 500,
}
"""What makes the base small; the full study takes the base as it is."""


def variants(base: TrainConfig) -> dict[str, dict[str, object]]:
    """Overrides of each variant; the first is what the others are held against."""
    model = base.model
    layers = model.module_calls * model.l_layers
    loop = {
        "model.recurrence": "looped",
        "model.h_layers": 0,
        "model.h_cycles": 1,
    }
    return {
        "base": {},
        "one-step gradient": {"model.gradient_window": 2},
        "no moving average": {"optim.ema_decay": 0.0},
        "Q-learning": {"halting.q_learning": True},
        "separate modules": {"model.h_layers": model.l_layers},
        "looped, equal parameters and compute": loop
        | {
            "model.l_cycles": model.module_calls,
            "model.gradient_window": model.gradient_window,
        },
        "flat, equal compute": loop
        | {
            "model.l_cycles": 1,
            "model.gradient_window": 1,
            "model.l_layers": layers,
            "halting.max_segments": 1,
        },
        "flat, equal parameters": loop
        | {
            "model.l_cycles": 1,
            "model.gradient_window": 1,
            "halting.max_segments": 1,
        },
        "equivariant, half width": {
            "model.equivariant": True,
            "model.width": model.width // 2,
        },
        "random initial states": {"model.initial_states": "random"},
        "convolution": {"model.conv_width": 2},
        "Muon": {"optim.name": "muon"},
    }


def words(overrides: dict[str, object]) -> list[str]:
    return [f"--config.{name}={value}" for name, value in overrides.items()]


def typed(base: str, overrides: dict[str, object]) -> TrainConfig:
    line = flags.parse(["study", "train", f"--config={base}", *words(overrides)])
    task = datasets.task(line.config.data)
    return experiment.train_config(line.config, task.dimensions)


def step_flops(config: TrainConfig) -> int:
    """Of a training step, for one slot."""
    extra = cost.segment_flops(config.model) if config.halting.q_learning else 0
    return cost.training_flops(config.model) + extra


def main_py(*line: str) -> None:
    command = [sys.executable, str(ROOT / "main.py"), *line]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def measure(
    base: str, overrides: dict[str, object], workdir: pathlib.Path, directory: str
) -> dict:
    """Trains one run, unless that was done; returns its last record."""
    settings = {"data.directory": directory, "train.eval_every": 0}
    run = f"--workdir={workdir}"
    main_py("train", f"--config={base}", run, *words(settings | overrides))
    lines = (workdir / METRICS_FILE).read_text(encoding="utf-8").splitlines()
    return json.loads(lines[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--base", default="configs/default.py")
    parser.add_argument("--scale", choices=("small", "full"), default="small")
    parser.add_argument("--steps", type=int, default=500, help="of the base")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="*", help="variants, by name")
    parser.add_argument("--workdir", type=pathlib.Path, default="runs/study")
    arguments = parser.parse_args()
    small = SMALL if arguments.scale == "small" else {}
    base = typed(arguments.base, small)
    budget = step_flops(base) * arguments.steps
    directory = str(arguments.workdir.absolute() / "data")
    rows = [("variant", "steps", "cost of a step", "exact match", "each seed")]
    for name, overrides in variants(base).items():
        if arguments.only and name not in arguments.only:
            continue
        flops = step_flops(typed(arguments.base, small | overrides))
        steps = max(round(budget / flops), 1)
        warmup = min(base.optim.warmup_steps, steps // 4)
        found = []
        for seed in range(arguments.seeds):
            folder = f"{name.replace(' ', '-').replace(',', '')}-{seed}"
            run = small | overrides | {"train.steps": steps, "train.seed": seed}
            run |= {"optim.warmup_steps": warmup}
            workdir = arguments.workdir.absolute() / folder
            metrics = measure(arguments.base, run, workdir, directory)
            found.append(metrics[f"eval/{BEST_METRIC}"])
            print(f"{name}, seed {seed}: {found[-1]:.1%}", file=sys.stderr, flush=True)
        rows.append(
            (
                name,
                f"{steps:,}",
                f"{flops / step_flops(base):.2f}",
                f"{statistics.mean(found):.1%}",
                " ".join(f"{share:.1%}" for share in found),
            )
        )
        print(tables.aligned([rows[0], rows[-1]]), flush=True)
    print(f"\n{tables.aligned(rows)}")


if __name__ == "__main__":
    main()
