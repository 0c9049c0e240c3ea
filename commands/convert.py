"""`convert`: weights between PyTorch's files and a run in a workdir."""

from __future__ import annotations

import pathlib

import jax
import jax.numpy as jnp

from commands import hints, puzzle_record
from commands.flags import CommandLine
from commands.trained import Trained
from data_pipeline import datasets
from data_pipeline.schema import UserError
from eval.atomic import replacing
from hrm_jax import convert, experiment, saved_config, torch_files, train_state
from hrm_jax.checkpoint import FIRST_NOTES, Checkpoints


def run(line: CommandLine) -> int:
    """Makes a run of `--weights`, or writes a run's weights `--to` a file.

    Raises:
      UserError: it is unclear which, the weights are not of the config's model, or a
        file cannot be read or written.
    """
    weights, to = line.flags.weights, line.flags.to
    if bool(weights) == bool(to):
        raise UserError(
            "`convert` reads weights with --weights=FILE or writes them with "
            "--to=FILE: give one of the two."
        )
    if weights:
        _read(line, pathlib.Path(weights))
    else:
        _write(line, pathlib.Path(to))
    return 0


def _read(line: CommandLine, path: pathlib.Path) -> None:
    workdir, config = line.run, line.config
    if workdir.exists() and not (workdir.is_dir() and not any(workdir.iterdir())):
        raise UserError(
            f"{workdir} holds a run already, or other files: take another --workdir."
        )
    task = datasets.task(config.data)
    train_config = experiment.train_config(config, task.dimensions)
    arrays = convert.from_state_dict(train_config.model, torch_files.read(path))
    variables, table = jax.tree.map(jnp.asarray, arrays)
    key = jax.random.key(config.train.seed)
    state = train_state.new_state(train_config, variables, table, key)
    with replacing(workdir.resolve()) as whole:
        saved_config.save(config, whole)
        with Checkpoints(whole, config.train.keep_last) as checkpoints:
            # No position in the data: training from here begins at its beginning.
            checkpoints.save(0, state, data={}, notes=FIRST_NOTES, metrics=None)
            checkpoints.wait()
        puzzle_record.save(task, whole)
    where = f"--workdir={workdir}"
    print(
        f"{_count(arrays):,} weights of {path} are now the run in {workdir}.\n"
        f"Measure it:\n  {hints.command('evaluate', where)}\n"
        f"Let it solve puzzles:\n  {hints.command('solve', where, '--file=FILE')}\n"
        f"Train it further:\n  {hints.command('train', where)}"
    )


def _write(line: CommandLine, path: pathlib.Path) -> None:
    torch_files.require_suffix(path)
    trained = Trained.of(line)
    convert.require_counterpart(trained.train_config.model)
    tensors = convert.to_state_dict(*jax.device_get(trained.weights))
    torch_files.write(path, tensors)
    print(
        f"{path} holds the {_count(tensors):,} weights of {line.run} at step "
        f"{trained.step:,}, under PyTorch's names."
    )


def _count(tree) -> int:
    return sum(leaf.size for leaf in jax.tree.leaves(tree))
