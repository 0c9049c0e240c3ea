"""`judges`: fits the heads that judge programs, to a run that is trained."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import Any

import jax

from commands import commit, hints, own_tasks, sandboxed, tables
from commands.executed import Drawing, executed
from commands.flag_values import number
from commands.flags import CommandLine
from commands.text_run import TextRun
from configs import judges as preset
from configs import search as searching
from data_pipeline import checksums
from data_pipeline.programs.behaviour import Split
from data_pipeline.progress import Progress
from hrm_jax import processes
from hrm_jax.models.judges import JudgesConfig
from hrm_jax.search import judged, judges, learning, selection, settings
from hrm_jax.search.encoder import Encoder
from hrm_jax.search.fitting import FitConfig
from hrm_jax.search.judged import Judged, Read
from hrm_jax.search.judges import Judges
from hrm_jax.search.learning import FittedHeads, LearningConfig

FOLDER = "judges"
"""In the run's, where no --output says another."""
_TASKS, _SAMPLES, _TOKENS = 400, 8, 160
_RULE = selection.UCB
"""Of the searches: programs are written afresh, and those that fail are mended."""


def run(line: CommandLine) -> int:
    """Draws programs for tasks of the training split and of the validation split,
    executes them, fits both heads to the first and measures them on the second.

    Raises:
      UserError: a flag is wrong, there is no run of text, or nothing can be learned.
    """
    values = line.flags
    config = _config()
    seed = int(number(values, "seed", 0, whole=True, least=0))
    count = int(number(values, "limit", _TASKS, whole=True, least=2))
    drawing = Drawing(
        settings.settings(_RULE, searching.get_config().to_dict()),
        int(number(values, "samples", _SAMPLES, whole=True, least=2)),
        int(number(values, "max_tokens", _TOKENS, whole=True)),
        seed,
    )
    text_run = TextRun.of(line)
    folder = pathlib.Path(values.output or text_run.workdir / FOLDER)
    of_splits: dict[Split, int] = {"train": count, "validation": max(1, count // 2)}
    found: dict[str, list[Judged]] = {}
    with sandboxed.opened(line) as sandbox:
        for split, tasks in of_splits.items():
            challenges = own_tasks.challenges(line, text_run, split, seed, tasks)
            found[split] = executed(
                text_run, challenges, drawing, sandbox, folder / split
            )
    encoder = _encoder(text_run)
    read = {split: judged.read(tasks, encoder) for split, tasks in found.items()}
    with Progress("Fitting") as progress:
        learned = learning.learn(read["train"], config, seed, progress)
    about = {
        "weights_sha256": text_run.sha256,
        "step": text_run.step,
        "seed": seed,
        "commit": commit.commit(commit.HOME),
        "device": processes.describe_devices(),
        "drawing": dataclasses.asdict(drawing),
        "learning": dataclasses.asdict(config),
        "parameters": _parameters(learned, text_run),
        "fitted": _fitted(learned),
        "verification": _verification(learned, read["validation"], config),
    }
    judges.save(learned.heads, about, folder)
    _tell(about)
    print(f"\nJudges: {folder}")
    beside = text_run.workdir / FOLDER
    if folder.resolve() != beside.resolve():
        print(f"A search by this run asks those in {beside} alone: copy them there.")
        return 0
    search = hints.command("search", f"--workdir={line.run}", "--data=FILE")
    print(f"A search by this run asks them:\n  {search}")
    return 0


def of_run(run: TextRun) -> Judges | None:
    """The judges beside a run; None where there are none.

    Raises:
      UserError: they are damaged, or of other weights.
    """
    folder = run.workdir / FOLDER
    if not (folder / judges.ABOUT_FILE).exists():
        return None
    return Judges(judges.load(folder, run.sha256), _encoder(run))


def sha256(run: TextRun) -> str | None:
    """Of the judges beside a run; None where there are none."""
    path = run.workdir / FOLDER / judges.WEIGHTS_FILE
    return checksums.sha256_of(path) if path.exists() else None


def _encoder(run: TextRun) -> Encoder:
    return Encoder(
        run.train_config.model, run.weights.variables, run.tokenizer, run.segments
    )


def _config() -> LearningConfig:
    config = preset.get_config()
    return LearningConfig(
        JudgesConfig(**config.heads),
        FitConfig(**config.fit),
        config.finalists,
        config.held_out,
        config.tests_shown,
    )


def _parameters(learned: FittedHeads, text_run: TextRun) -> dict[str, Any]:
    leaves = jax.tree.leaves(text_run.weights.variables.params)
    of_model = sum(leaf.size for leaf in leaves)
    of_heads = learned.heads.parameters
    return {"model": of_model, "heads": of_heads, "share": of_heads / of_model}


def _fitted(learned: FittedHeads) -> dict[str, Any]:
    return {
        "programs": learned.programs,
        "questions": learned.questions,
        "settled": learned.settled,
        "value": {"step": learned.value.step, "losses": learned.value.losses},
        "debate": {"step": learned.debate.step, "losses": learned.debate.losses},
    }


def _verification(
    learned: FittedHeads, tasks: Sequence[Read], config: LearningConfig
) -> dict[str, Any]:
    """On tasks that neither the run nor the heads have learned from."""
    debates = {
        "all" if tests < 0 else str(tests): judged.debate_scores(
            learned.heads,
            [judged.question(one, tests, config.finalists) for one in tasks],
        )
        for tests in config.tests_shown
    }
    return {
        "tasks": len(tasks),
        "value": judged.value_scores(learned.heads, tasks),
        "debate, by public tests": debates,
    }


def _tell(about: dict[str, Any]) -> None:
    verified, parameters = about["verification"], about["parameters"]
    value = verified["value"]
    print(
        f"Heads of {parameters['heads']:,} parameters, {parameters['share']:.1%} of "
        f"the model's, measured on {verified['tasks']:,} tasks that neither has seen.\n"
    )
    head = ("does a program pass hidden tests?", "AUC", "AUC, public tests passed")
    passed = value["auc of those that pass all public tests"]
    lines = [
        (name, _number(one), _number(passed[name]) if name in passed else "")
        for name, one in value["auc"].items()
    ]
    print(tables.aligned([head, *lines]))
    brier = value["brier"]
    print(
        f"\nBrier score {brier['value']:.4f}, without a head "
        f"{brier['share of right ones']:.4f}; calibration error "
        f"{value['calibration_error']:.4f}.\n"
    )
    debates = verified["debate, by public tests"]
    ways = next(iter(debates.values()))["right"]
    head = ("right choices, by public tests", "tasks, open", *ways)
    lines = [
        (
            name,
            f"{one['tasks']:,}, {one['open']:,}",
            *(f"{middle:.1%} ({low:.0%} - {high:.0%})" for middle, low, high in shares),
        )
        for name, one in debates.items()
        for shares in [one["right"].values()]
    ]
    print(tables.aligned([head, *lines]))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
