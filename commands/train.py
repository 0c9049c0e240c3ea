"""`train`: from a config to a run in a workdir, or on with the run that is there."""

from __future__ import annotations

import dataclasses
import math
import pathlib
import shutil
import signal
import textwrap

import jax
from jax.sharding import Mesh

from commands import hints, puzzle_record, start, text_record
from commands.flags import CommandLine
from data_pipeline import datasets, loader
from data_pipeline.datasets import BoardTask
from data_pipeline.schema import Batch, UserError
from data_pipeline.text.task import TextTask
from eval import kinds, runner
from eval.protocol import Grader
from hrm_jax import (
    experiment,
    lock,
    predictor,
    processes,
    saved_config,
    sharding,
    train,
    train_state,
)
from hrm_jax.checkpoint import BEST_METRIC
from hrm_jax.loop import Evaluator
from hrm_jax.predictor import EvaluationConfig
from hrm_jax.train_state import TrainConfig

_PROFILED_STEPS = 10


def run(line: CommandLine) -> int:
    """Trains.

    Returns:
      0, or 128 + the signal that asked to stop.

    Raises:
      UserError: config, workdir, data and devices do not fit together, or the loss
        or the weights are no numbers any more.
    """
    workdir, config = line.run, line.config
    # All that can be wrong is found before anything is made.
    if config.rl.objective != "none":
        raise UserError(
            f"rl.objective is {config.rl.objective}, which learns from what a run "
            "writes itself: train it with `python main.py reinforce`."
        )
    saved_config.require_fit(config, workdir)
    task = datasets.task(config.data)
    task.files()
    puzzle_record.require_same(task, workdir)
    puzzle_record.require_same_files(task, workdir)
    loop = experiment.loop_config(config)
    train_config = experiment.train_config(config, task.dimensions)
    evaluation = experiment.evaluation_config(config)
    if line.flags.profile and not loop.profile_steps:
        loop = dataclasses.replace(loop, profile_steps=_PROFILED_STEPS)
    devices = processes.describe_devices()
    mesh = sharding.make_mesh(loop.fsdp, loop.tensor)
    sharding.require_fit(train_config, mesh)
    parameters = count_parameters(train_config)
    print(describe_config(line), flush=True)

    if isinstance(task, TextTask):
        text_record.require_same(task, workdir)
    begin = None
    if loop.start_from and not has_checkpoint(workdir):
        begin = start.weights_of(pathlib.Path(loop.start_from), task, train_config)
    dataset = task.prepare()
    alone = isinstance(task, BoardTask)
    variation = task if alone and config.data.augment else None
    iterator = loader.train_iterator(
        dataset.train,
        variation,
        config.slots,
        config.train.seed,
        sharding.own_rows(mesh, config.slots),
    )
    evaluator = None
    if len(dataset.validation):
        examples = loader.read_all(dataset.validation, 0)
        grade = kinds.grader(task)
        evaluator = _evaluator(train_config, evaluation, mesh, examples, grade)
    what = "rows" if isinstance(task, TextTask) else "puzzles"
    print(
        f"device  {devices}\n"
        f"data    {task.name}: {len(dataset.train):,} {what} to train on, "
        f"{len(dataset.validation):,} for validation, {len(dataset.test):,} for the "
        "test\n"
        f"model   {parameters:,} parameters\n"
        f"run     {workdir}, {loop.steps:,} steps; Ctrl-C stops and saves\n",
        flush=True,
    )
    for note in (*dataset.notes, *dataset.left_out):
        print(note)
    if not train_config.model.embedding_learns:
        print(
            "The token embedding stays as it is: no gradient reaches it through the "
            f"last {train_config.model.gradient_window} calls. To train it, raise "
            "model.gradient_window, or set model.tied_embedding."
        )
    if evaluator is None:
        print(
            f"No {what} are held out to choose the best checkpoint by: it is the last."
        )
    with lock.held(workdir):
        if jax.process_index() == 0:
            saved_config.save(config, workdir)
            puzzle_record.save(task, workdir)
            puzzle_record.save_files(task, workdir)
            if isinstance(task, TextTask):
                text_record.save(task, workdir, config)
        # Of long rows of text hardly one is right as a whole: that would be chance.
        best_by = "token_accuracy" if isinstance(task, TextTask) else BEST_METRIC
        outcome = train.train(
            train_config, loop, workdir, iterator, evaluator, begin, best_by
        )
    if outcome.signal:
        return stopped(outcome.step, loop.steps, outcome.signal)
    if isinstance(task, TextTask):
        print(_what_to_write(line))
        return 0
    puzzle = None
    if alone:
        puzzle = task.decode(loader.read_all(dataset.test, 1).inputs)[0]
    print(_what_is_where(line, puzzle))
    return 0


def stopped(step: int, steps: int, by: signal.Signals) -> int:
    """Says that a run was asked to stop before its end.

    Returns:
      The exit code.
    """
    print(
        f"Stopped at step {step:,} of {steps:,}, all of it saved; the same command "
        "goes on from there."
    )
    return 128 + by


def has_checkpoint(workdir: pathlib.Path) -> bool:
    """A whole one: one that was being written has another name."""
    return any(path.name.isdecimal() for path in (workdir / "checkpoints").glob("*"))


def describe_config(line: CommandLine) -> str:
    """All fields, a group at a time, and what the command line changed."""
    width = max(shutil.get_terminal_size((100, 24)).columns, 60)
    groups: dict[str, list[str]] = {}
    for name, value in saved_config.fields(line.config).items():
        group, _, field = name.rpartition(".")
        value = ",".join(value) if isinstance(value, list) else value
        groups.setdefault(group or "config", []).append(f"{field}={value}")
    text = [
        textwrap.fill(
            " ".join(fields),
            width - 1,
            initial_indent=f"{group:<12}",
            subsequent_indent=" " * 12,
            break_on_hyphens=False,
        )
        for group, fields in groups.items()
    ]
    changed = saved_config.differences(line.config, line.preset)
    text.append(f"\nThis is {line.preset_name}" + (", except that" if changed else "."))
    text += [f"  {name} = {new} (was {old})" for name, (new, old) in changed.items()]
    return "\n".join(text) + "\n"


def count_parameters(config: TrainConfig) -> int:
    state = jax.eval_shape(
        lambda key: train_state.init_state(config, key), jax.random.key(0)
    )
    leaves = jax.tree.leaves((state.variables.params, state.puzzle_table))
    return sum(math.prod(leaf.shape) for leaf in leaves)


def _evaluator(
    config: TrainConfig,
    evaluation: EvaluationConfig,
    mesh: Mesh,
    examples: Batch,
    grade: Grader,
) -> Evaluator:
    """Scores a state on the puzzles for validation."""
    predict = predictor.predictor(config, evaluation, mesh)
    batch_size = min(evaluation.batch_size, len(examples.inputs))

    def evaluate(state: train_state.TrainState) -> dict[str, float]:
        weights = predictor.weights(config, state)
        report = runner.evaluate(
            lambda batch: predict(weights, batch),
            examples,
            batch_size,
            grade,
            progress=lambda done, total: None,
        )
        return report.metrics()

    return evaluate


def _what_is_where(line: CommandLine, puzzle: str | None) -> str:
    """What to do next, such as to solve a puzzle, if one can be typed."""
    workdir = line.run
    flag = f"--workdir={workdir}"
    text = (
        f"\nThe run is in {workdir}: config, checkpoints, metrics, tensorboard.\n"
        "Measure it and draw its pictures:\n"
        f"  {hints.command('evaluate', flag)}"
    )
    if puzzle is None:
        return text
    return f"{text}\nLet it solve a puzzle:\n  {hints.command('solve', flag, puzzle)}"


def _what_to_write(line: CommandLine) -> str:
    """What to do next with a run of text."""
    flag = f"--workdir={line.run}"
    write = f"Let it write:\n  {hints.command('generate', flag, 'PROMPT')}"
    if line.config.data.direction == "backward":
        write = hints.of_backward(line.run)
    return (
        f"\nThe run is in {line.run}: config, checkpoints, metrics, tokenizer.\n"
        f"Measure it:\n  {hints.command('evaluate', flag)}\n{write}"
    )
