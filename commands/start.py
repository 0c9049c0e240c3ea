"""Weights to begin with: those of another run, as fine-tuning does."""

from __future__ import annotations

import dataclasses
import functools
import pathlib
from collections.abc import Iterator
from typing import Any

import jax

from commands import text_record
from configs import Config
from data_pipeline import datasets
from data_pipeline.datasets import AnyTask
from data_pipeline.schema import UserError
from data_pipeline.text.task import TextTask
from hrm_jax import experiment, predictor, saved_config, sharding
from hrm_jax.models import reasoner
from hrm_jax.train_state import TrainConfig
from hrm_jax.types import Variables


def weights_of(folder: pathlib.Path, task: AnyTask, config: TrainConfig) -> Variables:
    """The weights that the run in a folder answers with, for a model of another one.

    Of one that sees quantised matrices it is those that it moves. The models may differ
    in what has no weights, such as the number of calls. Puzzle vectors stay behind:
    they are of that run's puzzles.

    Raises:
      UserError: there is no such run, or its weights or its tokens are others.
    """
    saved: Config = saved_config.load(folder)
    trained_with = datasets.task(saved.data)
    if isinstance(task, TextTask):
        if not isinstance(trained_with, TextTask):
            raise UserError(
                f"train.start_from names {folder}, whose run was trained on "
                f"{trained_with.name} and knows no text: name a run of text."
            )
        path = folder / text_record.TOKENIZER_FILE
        tokenizer = text_record.tokenizer_of(folder)
        if tokenizer.sha256 != task.tokenizer.sha256:
            raise UserError(
                f"train.start_from names {folder}, whose run has other tokens than "
                f"these data: take them with --config.data.tokenizer={path}."
            )
    theirs = experiment.train_config(saved, trained_with.dimensions)
    for name, (wanted, found) in _differences(config, theirs):
        raise UserError(
            f"train.start_from names {folder}, whose run has {name} of {found}, but "
            f"here it is of {wanted}: give both the same model."
        )
    floats = dataclasses.replace(theirs.quantization, bits=0)
    theirs = dataclasses.replace(theirs, quantization=floats)
    mesh = sharding.make_mesh(fsdp=1, tensor=1)
    schedule = experiment.depth_schedule(saved, theirs.model)
    _, weights = predictor.load(theirs, folder, True, mesh, schedule)
    return jax.device_get(weights.variables)


def _differences(
    ours: TrainConfig, theirs: TrainConfig
) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """The arrays that the two have not alike, by name, with both shapes."""
    first, second = _shapes(ours), _shapes(theirs)
    for name in sorted(first.keys() | second.keys()):
        if first.get(name) != second.get(name):
            yield name, (first.get(name, "no shape"), second.get(name, "no shape"))


def _shapes(config: TrainConfig) -> dict[str, tuple[int, ...]]:
    init = functools.partial(reasoner.init_variables, config.model)
    leaves, _ = jax.tree.flatten_with_path(jax.eval_shape(init, jax.random.key(0)))
    return {
        jax.tree_util.keystr(path, simple=True, separator="."): leaf.shape
        for path, leaf in leaves
    }
