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
import contextlib
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
from hrm_jax.loop import LoopConfig
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
        """Of a step on average, in operations: its depth may grow."""
        schedule = self.loop.schedule(self.config.model)
        models = collections.Counter(map(schedule.at, range(self.loop.steps)))
        total = 0
        for model, steps in models.items():
            total += steps * step_flops(dataclasses.replace(self.config, model=model))
        return total / self.loop.steps


def plans(base: str, small: Overrides) -> tuple[dict[str, Plan], list[str]]:
    """The variants that a base can have; and a sentence for each that it cannot.

    Raises:
      UserError: the base itself cannot be.
    """
    fields = parsed(base, small)
    reference = typed(fields)
    found, skipped = {}, []
    for name, overrides in variants(reference, fields.train.depths).items():
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
    metrics = workdir / METRICS_FILE
    name = f"eval/{BEST_METRIC}"
    last = _last(metrics)
    if last.get("step") != overrides["train.steps"] or name not in last:
        settings = {"train.eval_every": 0}
        run = f"--workdir={workdir}"
        main_py("train", f"--config={base}", run, *words(settings | overrides))
        last = _last(metrics)
    return last[name]


def _last(metrics: pathlib.Path) -> dict[str, float]:
    """The last line of a file of metrics; nothing if there is no whole one."""
    if not metrics.exists():
        return {}
    lines = metrics.read_text(encoding="utf-8").splitlines() or [""]
    with contextlib.suppress(ValueError):
        return json.loads(lines[-1])
    return {}


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
    # The base, always: its runs are kept, and cost nothing again.
    wanted = {BASE, *(arguments.only or planned)}
    lines = {name: _Line(plan) for name, plan in planned.items() if name in wanted}
    base = lines[BASE]
    for line in lines.values():
        line.cost = line.plan.cost() / base.plan.cost()
        line.steps = max(round(arguments.steps / line.cost), 1)
    growth = fields.train.window_steps / fields.train.steps
    tasks = None
    if of_text:
        written = parsed(arguments.base, base.plan.overrides)
        tasks = held_out(written, arguments.workdir / "tasks.jsonl")
    first = arguments.first_seed
    for seed in range(first, first + arguments.seeds):
        for name, line in lines.items():
            folder = re.sub("[^A-Za-z]+", "-", name) + f"-{line.steps}-{seed}"
            workdir = arguments.workdir / folder
            warmup = min(base.plan.config.optim.warmup_steps, line.steps // 4)
            run = line.plan.overrides | {
                "train.steps": line.steps,
                "train.seed": seed,
                "train.window_steps": round(line.steps * growth),
                "optim.warmup_steps": warmup,
            }
            scores = [measure(arguments.base, run, workdir)]
            if tasks:
                scores.insert(0, pass_rate(workdir, tasks))
            line.scores.append(scores)
            told = ", ".join(f"{score:.1%}" for score in scores)
            print(f"{name}, seed {seed}: {told}", file=sys.stderr, flush=True)
        # Whoever stops it after a seed has a whole table.
        print(f"\n{_table(lines, of_text)}", flush=True)


@dataclasses.dataclass
class _Line:
    """Attributes:
    cost: of a step, beside one of the base.
    scores: of each seed, the first of which is compared.
    """

    plan: Plan
    cost: float = 1.0
    steps: int = 1
    scores: list[list[float]] = dataclasses.field(default_factory=list)


def _table(lines: dict[str, _Line], of_text: bool) -> str:
    names = ("run right", "read along") if of_text else ("exact match",)
    rows = [("variant", "steps", "cost of a step", *names, "over base", "seeds")]
    first = {name: [one[0] for one in line.scores] for name, line in lines.items()}
    for name, line in lines.items():
        means = map(statistics.mean, zip(*line.scores, strict=True))
        over = statistics.mean(first[name]) - statistics.mean(first[BASE])
        rows.append(
            (
                name,
                f"{line.steps:,}",
                f"{line.cost:.2f}",
                *(f"{mean:.1%}" for mean in means),
                f"{100 * over:+.1f}",
                " ".join(f"{share:.1%}" for share in first[name]),
            )
        )
    return tables.aligned(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--base", default="configs/default.py")
    parser.add_argument("--scale", choices=("small", "full"), default="small")
    parser.add_argument("--steps", type=int, default=500, help="of the base")
    parser.add_argument("--seeds", type=int, default=3, help="how many")
    parser.add_argument("--first_seed", type=int, default=0)
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
