"""Weights to begin with: those of another run, as fine-tuning does."""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Iterator
from typing import Any

import jax

from commands import told
from data_pipeline.datasets import AnyTask
from data_pipeline.schema import UserError
from data_pipeline.text.task import TextTask
from hrm_jax.models import reasoner
from hrm_jax.run import Run
from hrm_jax.text import own_tokenizer
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
    run = Run.of(folder, latest=False)
    if isinstance(task, TextTask):
        if not isinstance(run.task, TextTask):
            raise UserError(
                f"train.start_from names {folder}, whose run was trained on "
                f"{run.task.name} and knows no text: name a run of text."
            )
        path = folder / own_tokenizer.FILE
        if run.tokenizer.sha256 != task.tokenizer.sha256:
            raise UserError(
                f"train.start_from names {folder}, whose run has other tokens than "
                f"these data: take them with --config.data.tokenizer={path}."
            )
    for name, (wanted, found) in _differences(config, run.train_config):
        raise UserError(
            f"train.start_from names {folder}, whose run has {name} of {found}, but "
            f"here it is of {wanted}: give both the same model."
        )
    told.tell_complaints(run)
    return jax.device_get(run.stored.variables)


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
