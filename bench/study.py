"""What each idea is worth: variants of one small reasoner at equal compute, paired.

    python bench/study.py --seeds=3 --workdir=runs/study
    python bench/study.py --base=configs/sudoku_extreme.py:trm_attention \
        --steps=20000 --workdir=runs/study_full --scale=full

Every variant trains on the same puzzles for as many steps as its cost allows: a step
that costs twice as much is taken half as often. Each is measured once, at its end, on
the same validation puzzles, and compared with the base of the same seed. Runs that are
done are not repeated, so a study that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import re
import statistics
import subprocess
import sys
from typing import NamedTuple

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

from bench.chips import step_flops
from commands import flags, tables
from data_pipeline import datasets
from data_pipeline.schema import UserError
from hrm_jax import experiment
from hrm_jax.checkpoint import BEST_METRIC
from hrm_jax.train_state import TrainConfig
from hrm_jax.writer import METRICS_FILE

BASE = "base"
ROOT = pathlib.Path(__file__).parent.parent

SMALL: dict[str, object] = {
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
    loop: dict[str, object] = {
        "model.recurrence": "looped",
        "model.h_layers": 0,
        "model.h_cycles": 1,
    }
    # Equal in training: asked, a flat one thinks for one segment, its base for many.
    flat = loop | {
        "model.l_cycles": 1,
        "model.gradient_window": 1,
        "halting.max_segments": 1,
        "evaluation.max_segments": 1,
    }
    return {
        BASE: {},
        "one-step gradient": {"model.gradient_window": 2},
        "no moving average": {"optim.ema_decay": 0.0},
        "Q-learning": {"halting.q_learning": True},
        "separate modules": {"model.h_layers": model.l_layers},
        "looped, equal parameters and compute": loop
        | {
            "model.l_cycles": model.module_calls,
            "model.gradient_window": model.gradient_window,
        },
        "flat, equal compute": flat | {"model.l_layers": layers},
        "flat, equal parameters": flat,
        "equivariant, half width": {
            "model.equivariant": True,
            "model.width": model.width // 2,
        },
        "random initial states": {"model.initial_states": "random"},
        "convolution": {"model.conv_width": 2},
        "Muon": {"optim.name": "muon"},
    }


class Plan(NamedTuple):
    """Attributes:
    overrides: of the base, by field.
    config: what they make of it.
    """

    overrides: dict[str, object]
    config: TrainConfig


def plans(base: str, small: dict[str, object]) -> tuple[dict[str, Plan], list[str]]:
    """The variants that a base can have; and a sentence for each that it cannot.

    Raises:
      UserError: the base itself cannot be.
    """
    reference = typed(base, small)
    found, skipped = {}, []
    for name, overrides in variants(reference).items():
        try:
            config = typed(base, small | overrides)
        except UserError as error:
            skipped.append(f"Not for this base: {name} ({error})")
            continue
        if name != BASE and config == reference:
            skipped.append(f"The base is that already: {name}.")
            continue
        found[name] = Plan(small | overrides, config)
    return found, skipped


def words(overrides: dict[str, object]) -> list[str]:
    return [f"--config.{name}={value}" for name, value in overrides.items()]


def typed(base: str, overrides: dict[str, object]) -> TrainConfig:
    line = flags.parse(["study", "train", f"--config={base}", *words(overrides)])
    task = datasets.task(line.config.data)
    return experiment.train_config(line.config, task.dimensions)


def main_py(*line: str) -> None:
    command = [sys.executable, str(ROOT / "main.py"), *line]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def measure(base: str, overrides: dict[str, object], workdir: pathlib.Path) -> float:
    """Trains one run, unless that was done; returns its share of solved puzzles."""
    settings = {"train.eval_every": 0}
    run = f"--workdir={workdir}"
    main_py("train", f"--config={base}", run, *words(settings | overrides))
    lines = (workdir / METRICS_FILE).read_text(encoding="utf-8").splitlines()
    return json.loads(lines[-1])[f"eval/{BEST_METRIC}"]


def study(arguments: argparse.Namespace) -> None:
    small: dict[str, object] = {}
    if arguments.scale == "small":
        # A full one reads what `fetch` brought, where the base looks for it.
        small = SMALL | {"data.directory": str(arguments.workdir / "data")}
    planned, skipped = plans(arguments.base, small)
    for sentence in skipped:
        print(sentence, file=sys.stderr)
    unknown = sorted(set(arguments.only or ()) - planned.keys())
    if unknown:
        raise UserError(
            f"There is no variant {unknown[0]!r}, but {', '.join(planned)}."
        )
    warmup = planned[BASE].config.optim.warmup_steps
    base_flops = step_flops(planned[BASE].config)
    rows = [("variant", "steps", "cost of a step", "exact match", "over base", "seeds")]
    bases: list[float] = []
    for name, plan in planned.items():
        # Against the base, always: its runs are kept, and cost nothing again.
        if arguments.only and name not in (BASE, *arguments.only):
            continue
        cost_of_step = step_flops(plan.config) / base_flops
        steps = max(round(arguments.steps / cost_of_step), 1)
        found = []
        for seed in range(arguments.seeds):
            folder = re.sub("[^A-Za-z]+", "-", name) + f"-{steps}-{seed}"
            run = plan.overrides | {"train.steps": steps, "train.seed": seed}
            run |= {"optim.warmup_steps": min(warmup, steps // 4)}
            found.append(measure(arguments.base, run, arguments.workdir / folder))
            print(f"{name}, seed {seed}: {found[-1]:.1%}", file=sys.stderr, flush=True)
        bases = bases or found
        over = statistics.mean(found) - statistics.mean(bases)
        rows.append(
            (
                name,
                f"{steps:,}",
                f"{cost_of_step:.2f}",
                f"{statistics.mean(found):.1%}",
                f"{100 * over:+.1f}",
                " ".join(f"{share:.1%}" for share in found),
            )
        )
        print(tables.aligned([rows[0], rows[-1]]), flush=True)
    print(f"\n{tables.aligned(rows)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--base", default="configs/default.py")
    parser.add_argument("--scale", choices=("small", "full"), default="small")
    parser.add_argument("--steps", type=int, default=500, help="of the base")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="*", help="variants beside the base, by name")
    parser.add_argument("--workdir", type=pathlib.Path, default="runs/study")
    arguments = parser.parse_args()
    arguments.workdir = arguments.workdir.absolute()
    try:
        study(arguments)
    except UserError as error:
        sys.exit(str(error))
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)  # the command said why


if __name__ == "__main__":
    main()
