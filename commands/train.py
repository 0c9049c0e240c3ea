"""`train`: from a config to a run in a workdir, or on with the run that is there."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Iterator

import jax
from jax.sharding import Mesh

from commands import hints, puzzle_record, start, text_record
from commands.flags import CommandLine
from commands.training import count_parameters, describe_config, stopped
from configs import Config
from data_pipeline import datasets, loader
from data_pipeline.datasets import AnyTask, BoardTask
from data_pipeline.progress import silent
from data_pipeline.schema import Batch, UserError
from data_pipeline.task import Dataset
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
from hrm_jax.models.config import ReasonerConfig
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
    if not (workdir / saved_config.CONFIG_FILE).exists():
        _require_several_levels(config)
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
    if loop.start_from and not saved_config.has_checkpoint(workdir):
        begin = start.weights_of(pathlib.Path(loop.start_from), task, train_config)
    dataset = task.prepare()
    variation = task if isinstance(task, BoardTask) and config.data.augment else None
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
    print(
        f"device  {devices}\n"
        f"data    {_sizes(task, dataset)}\n"
        f"model   {parameters:,} parameters\n"
        f"run     {workdir}, {loop.steps:,} steps; Ctrl-C stops and saves\n",
        flush=True,
    )
    for note in _notes(task, dataset, train_config.model):
        print(note)
    with lock.held(workdir):
        if jax.process_index() == 0:
            _record(task, config, workdir)
        # Of long rows of text hardly one is right as a whole: that would be chance.
        best_by = "token_accuracy" if isinstance(task, TextTask) else BEST_METRIC
        outcome = train.train(
            train_config, loop, workdir, iterator, evaluator, begin, best_by
        )
    if outcome.signal:
        return stopped(outcome.step, loop.steps, outcome.signal)
    print(_what_to_do_next(line, task, dataset))
    return 0


def _require_several_levels(config: Config) -> None:
    """Has the order of difficulty that is asked for more than one step? Asked of what
    begins alone: runs of earlier versions go on.

    Raises:
      UserError: it has not.
    """
    data = config.data
    ordered = data.dataset != "programs" or data.order or data.grades
    if data.curriculum and data.level and not ordered:
        raise UserError(
            f"data.curriculum is {data.curriculum}, but all tasks of data.level = "
            f"{data.level} count as equally hard: set data.level=0, data.order or "
            "data.grades."
        )


def _unit(task: AnyTask) -> str:
    """What the examples of a task are, for people."""
    return "rows" if isinstance(task, TextTask) else "puzzles"


def _sizes(task: AnyTask, dataset: Dataset) -> str:
    """What is trained on, for people."""
    return (
        f"{task.name}: {len(dataset.train):,} {_unit(task)} to train on, "
        f"{len(dataset.validation):,} for validation, {len(dataset.test):,} for the "
        "test"
    )


def _notes(task: AnyTask, dataset: Dataset, model: ReasonerConfig) -> Iterator[object]:
    """What is worth knowing before the training begins."""
    yield from dataset.notes
    yield from dataset.left_out
    if not model.embedding_learns:
        yield (
            "At the model's whole depth the token embedding stays as it is: no "
            f"gradient reaches it through the last {model.gradient_window} calls. To "
            "train it, raise model.gradient_window, or set model.tied_embedding."
        )
    if not len(dataset.validation):
        yield (
            f"No {_unit(task)} are held out to choose the best checkpoint by: it is "
            "the last."
        )


def _record(task: AnyTask, config: Config, workdir: pathlib.Path) -> None:
    """Writes into the workdir what the run is trained with.

    Raises:
      UserError: the workdir cannot be written to.
    """
    saved_config.save(config, workdir)
    puzzle_record.save(task, workdir)
    puzzle_record.save_files(task, workdir)
    if isinstance(task, TextTask):
        text_record.save(task, workdir, config)


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
            progress=silent,
        )
        return report.metrics()

    return evaluate


def _what_to_do_next(line: CommandLine, task: AnyTask, dataset: Dataset) -> str:
    """Commands for the run, such as one that solves a puzzle, if one can be typed."""
    if isinstance(task, TextTask):
        return _what_to_write(line)
    workdir = line.run
    flag = f"--workdir={workdir}"
    text = (
        f"\nThe run is in {workdir}: config, checkpoints, metrics, tensorboard.\n"
        "Measure it and draw its pictures:\n"
        f"  {hints.command('evaluate', flag)}"
    )
    if not isinstance(task, BoardTask):
        return text
    puzzle = task.decode(loader.read_all(dataset.test, 1).inputs)[0]
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
