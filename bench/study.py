"""What each idea is worth: variants of one small reasoner at equal compute, paired.

    python bench/study.py --seeds=3 --workdir=runs/study
    python bench/study.py --base=configs/sudoku_extreme.py:trm_attention \
        --steps=20000 --workdir=runs/study_full --scale=full
    python bench/study.py --base=configs/text.py:tiny --steps=600 \
        --workdir=runs/study_text

Every variant trains on the same puzzles for as many steps as its cost allows: a step
that costs twice as much is taken half as often. Each is measured once, at its end: on
the same validation puzzles, or by running the functions that it writes for the same
tasks. Runs that are done are not repeated, so a study that was stopped goes on.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import json
import pathlib
import re
import statistics
import subprocess
import sys
from typing import NamedTuple

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

from bench.chips import step_flops
from bench.variants import BASE, SMALL, SMALL_TEXT, Overrides, variants
from commands import flags, tables
from configs import Config
from data_pipeline import config as data_config
from data_pipeline import datasets
from data_pipeline.schema import UserError
from hrm_jax import experiment
from hrm_jax.checkpoint import BEST_METRIC
from hrm_jax.train import LoopConfig
from hrm_jax.train_state import TrainConfig
from hrm_jax.writer import METRICS_FILE

ROOT = pathlib.Path(__file__).parent.parent
_TASKS = 300
"""Functions that a model of text is asked for at the end."""
_LONGEST = 200
"""Tokens of an answer."""


class Plan(NamedTuple):
    """Attributes:
    overrides: of the base, by field.
    config, loop: what they make of it.
    """

    overrides: Overrides
    config: TrainConfig
    loop: LoopConfig

    def cost(self) -> float:
        """Of a step on average, in operations: its gradient window may grow."""
        model = self.config.model
        windows = collections.Counter(
            self.loop.window(step, model.gradient_window)
            for step in range(self.loop.steps)
        )
        total = 0
        for window, steps in windows.items():
            varied = dataclasses.replace(model, gradient_window=window)
            total += steps * step_flops(dataclasses.replace(self.config, model=varied))
        return total / self.loop.steps


def plans(base: str, small: Overrides) -> tuple[dict[str, Plan], list[str]]:
    """The variants that a base can have; and a sentence for each that it cannot.

    Raises:
      UserError: the base itself cannot be.
    """
    fields = parsed(base, small)
    reference = typed(fields)
    found, skipped = {}, []
    for name, overrides in variants(reference).items():
        try:
            varied = parsed(base, small | overrides)
            config, loop = typed(varied), experiment.loop_config(varied)
        except UserError as error:
            skipped.append(f"Not for this base: {name} ({error})")
            continue
        if name != BASE and varied.to_dict() == fields.to_dict():
            skipped.append(f"The base is that already: {name}.")
            continue
        found[name] = Plan(small | overrides, config, loop)
    return found, skipped


def words(overrides: Overrides) -> list[str]:
    return [f"--config.{name}={value}" for name, value in overrides.items()]


def parsed(base: str, overrides: Overrides) -> Config:
    line = ["study", "train", f"--config={base}", *words(overrides)]
    return flags.parse(line).config


def typed(fields: Config) -> TrainConfig:
    return experiment.train_config(fields, datasets.task(fields.data).dimensions)


def main_py(*line: str) -> None:
    command = [sys.executable, str(ROOT / "main.py"), *line]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def measure(base: str, overrides: Overrides, workdir: pathlib.Path) -> float:
    """Trains one run, unless that was done; returns its share of exact answers, to
    puzzles or, read along, of text."""
    settings = {"train.eval_every": 0}
    run = f"--workdir={workdir}"
    main_py("train", f"--config={base}", run, *words(settings | overrides))
    lines = (workdir / METRICS_FILE).read_text(encoding="utf-8").splitlines()
    return json.loads(lines[-1])[f"eval/{BEST_METRIC}"]


def pass_rate(workdir: pathlib.Path, tasks: pathlib.Path) -> float:
    """The share of functions that a run of text writes so that they run right."""
    output = workdir / "programs"
    report = output / "report.json"
    if not report.exists():
        asked = f"--data={tasks}", f"--output={output}", f"--max_tokens={_LONGEST}"
        main_py("benchmark", "programs", f"--workdir={workdir}", *asked)
    (first,) = json.loads(report.read_text(encoding="utf-8"))["pass_at_k"]
    return first["value"]


def held_out(fields: Config, path: pathlib.Path) -> pathlib.Path:
    """The tasks that runs of text are measured on, written once."""
    if not path.exists():
        data = fields.data
        kinds = {"scenario": data.scenarios, "language": data.languages}
        asked = [f"--{name}={','.join(values)}" for name, values in kinds.items()]
        asked += [f"--level={data.level}", f"--limit={_TASKS}", f"--output={path}"]
        main_py("programs", "--split=test", *asked)
    return path


def study(arguments: argparse.Namespace) -> None:
    fields = parsed(arguments.base, {})
    of_text = fields.data.dataset in data_config.TEXTS
    # The base as it is reads what `fetch` brought, where it looks for it.
    small: Overrides = {}
    if arguments.scale == "small":
        small = SMALL_TEXT if of_text else SMALL
        small = small | {"data.directory": str(arguments.workdir / "data")}
    planned, skipped = plans(arguments.base, small)
    for sentence in skipped:
        print(sentence, file=sys.stderr)
    unknown = sorted(set(arguments.only or ()) - planned.keys())
    if unknown:
        raise UserError(
            f"There is no variant {unknown[0]!r}, but {', '.join(planned)}."
        )
    warmup = planned[BASE].config.optim.warmup_steps
    share_of_growth = fields.train.window_steps / fields.train.steps
    if of_text:
        written = parsed(arguments.base, planned[BASE].overrides)
        tasks = held_out(written, arguments.workdir / "tasks.jsonl")
    score = "run right" if of_text else "exact match"
    base_cost = planned[BASE].cost()
    rows = [("variant", "steps", "cost of a step", score, "over base", "seeds")]
    bases: list[float] = []
    for name, plan in planned.items():
        # Against the base, always: its runs are kept, and cost nothing again.
        if arguments.only and name not in (BASE, *arguments.only):
            continue
        cost_of_step = plan.cost() / base_cost
        steps = max(round(arguments.steps / cost_of_step), 1)
        found = []
        for seed in range(arguments.seeds):
            folder = re.sub("[^A-Za-z]+", "-", name) + f"-{steps}-{seed}"
            run = plan.overrides | {"train.steps": steps, "train.seed": seed}
            run |= {
                "optim.warmup_steps": min(warmup, steps // 4),
                "train.window_steps": round(steps * share_of_growth),
            }
            found.append(measure(arguments.base, run, arguments.workdir / folder))
            if of_text:
                found[-1] = pass_rate(arguments.workdir / folder, tasks)
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
