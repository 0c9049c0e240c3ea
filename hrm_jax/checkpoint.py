"""Checkpoints of everything: asynchronous, whole or not at all, best and last kept.

A checkpoint holds the train state, the position in the data stream and the loop's own
notes, so that a resumed run is the run that was never stopped. Who only answers reads
the weights of one.
"""

from __future__ import annotations

import functools
import itertools
import os
import pathlib
from collections.abc import Iterable
from typing import Any, NamedTuple

import jax
import orbax.checkpoint as ocp
from jax import Array
from jax.experimental import multihost_utils
from jax.sharding import Sharding
from jaxtyping import Float32
from orbax.checkpoint.checkpoint_managers import preservation_policy as policies

from data_pipeline.schema import UserError
from hrm_jax import orbax_files
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.train_state import TrainState, init_weights
from hrm_jax.types import Variables

BEST_METRIC = "exact_match"
"""The key under which a checkpoint stores the score used to pick the best one, whatever
score that is (`best_by` of `hrm_jax.train.train`): of text the token accuracy."""
FIRST_NOTES: dict[str, Any] = {"seconds": 0.0, "window": None}
"""What the training loop remembers (`hrm_jax.loop`) before the first step of a run."""

_FOLDER = "checkpoints"


class Restored(NamedTuple):
    """What a checkpoint held.

    Attributes:
      step: at which it was saved.
      state: the train state.
      data: the state of the data iterator; empty for converted weights.
      notes: what else the training loop remembers, as `FIRST_NOTES`.
      complaints: a sentence for each checkpoint that could not be read.
    """

    step: int
    state: TrainState
    data: dict[str, Any]
    notes: dict[str, Any]
    complaints: list[str]


Table = Float32[Array, "P E"] | None
"""Of the puzzle embeddings, where a model has one."""


class StoredWeights(NamedTuple):
    """What a run answers with.

    Attributes:
      step: at which they were saved.
      variables: with the moving average of the parameters where the run kept one.
      table: of the puzzle embeddings, or None.
      complaints: a sentence for each checkpoint that could not be read.
    """

    step: int
    variables: Variables
    table: Table
    complaints: list[str]


def read_weights(
    workdir: pathlib.Path, model: ReasonerConfig, best: bool, place: Sharding
) -> StoredWeights | None:
    """Reads the weights of a run, and nothing else of what its checkpoint holds.

    A run that is still training is left in peace, and what cannot be read stays where
    it is.

    Args:
      model: whose weights they are.
      best: of the checkpoint whose evaluation was best, where there is one; else of the
        latest that can be read.
      place: where each array is to be.

    Returns:
      None when there is no checkpoint.

    Raises:
      UserError: there are checkpoints, but none can be read, or they are of another
        model.
    """
    directory = workdir.absolute() / _FOLDER
    if not directory.is_dir():
        return None
    target = _placed_weights(model, place)
    with orbax_files.opened(
        directory,
        BEST_METRIC,
        read_only=True,
        create=False,
        cleanup_tmp_directories=False,
    ) as manager:

        def read(step: int) -> tuple[Variables, Table]:
            return _read_weights(manager, directory / str(step) / "state", step, target)

        found = orbax_files.first_readable(manager, best, read)
    if found is None:
        return None
    step, weights, reasons = found
    return StoredWeights(step, *weights, orbax_files.complaints(reasons, {}))


def _placed_weights(
    model: ReasonerConfig, place: Sharding
) -> tuple[Variables, jax.ShapeDtypeStruct | None]:
    shapes = jax.eval_shape(functools.partial(init_weights, model), jax.random.key(0))
    return jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=place),
        shapes,
    )


def _read_weights(
    manager: ocp.CheckpointManager, folder: pathlib.Path, step: int, target: Any
) -> tuple[Variables, Table]:
    """Args: target: shapes and places of the weights, from `_placed_weights`."""
    stored = orbax_files.arrays_in(folder)
    variables, table = target
    wanted = {"variables": {"constants": variables.constants}}
    averaged = any(name.startswith("ema_params.") for name in stored)
    if averaged:
        wanted["ema_params"] = variables.params
    else:
        wanted["variables"]["params"] = variables.params
    if table is not None:
        wanted["puzzle_table"] = table
    # Nothing else of the state has to fit: who answers does not train.
    parts = ("variables.constants.", "puzzle_table")
    parts += ("ema_params." if averaged else "variables.params.",)
    ours = {name: shape for name, shape in stored.items() if name.startswith(parts)}
    orbax_files.require_alike(folder, ours, wanted)
    arguments = ocp.args.PyTreeRestore(
        wanted,
        restore_args=ocp.checkpoint_utils.construct_restore_args(wanted),
        partial_restore=True,
    )
    read: Any = manager.restore(step, args=ocp.args.Composite(state=arguments))
    state = jax.block_until_ready(read.state)
    params = state["ema_params"] if averaged else state["variables"]["params"]
    restored = Variables(params, state["variables"]["constants"])
    return restored, state.get("puzzle_table")


class Checkpoints:
    """The checkpoints of a run that trains, in `<workdir>/checkpoints`.

    Use as a context manager: leaving it waits for the last save to reach the disk.
    """

    def __init__(self, workdir: pathlib.Path, keep_last: int):
        """Args:
        keep_last: how many of the latest to keep, beside the best.

        Raises:
          UserError: it cannot be told which is the best.
        """
        self.directory = workdir.absolute() / _FOLDER
        best = policies.BestN(
            get_metric_fn=lambda metrics: metrics[BEST_METRIC],
            n=1,
            keep_checkpoints_without_metrics=False,
        )
        kept = policies.AnyPreservationPolicy([policies.LatestN(keep_last), best])
        self._manager = orbax_files.opened(
            self.directory,
            BEST_METRIC,  # what is the best; what is kept, the policy decides
            create=True,
            cleanup_tmp_directories=True,
            preservation_policy=kept,
        )

    def __enter__(self) -> Checkpoints:
        return self

    def __exit__(self, kind: type[BaseException] | None, *details: Any) -> None:
        try:
            self._manager.close()
        except Exception as error:
            # What ended the run first is what its user needs to hear.
            if kind is None:
                raise self._failed(error) from error

    def save(
        self,
        step: int,
        state: TrainState,
        data: dict,
        notes: dict,
        metrics: dict[str, float] | None,
    ) -> None:
        """Starts to save; returns as soon as the arrays are copied.

        Args:
          data: the state of the data iterator, as JSON.
          notes: what else the loop must remember, as JSON.
          metrics: of an evaluation at this step; `BEST_METRIC` decides which is best.

        Raises:
          UserError: this save or the one before could not be written.
        """
        if self._manager.latest_step() == step:
            return
        items = ocp.args.Composite(
            state=ocp.args.StandardSave(state),
            data=ocp.args.JsonSave(data),
            notes=ocp.args.JsonSave(notes),
        )
        try:
            self._manager.save(step, args=items, metrics=metrics)
        except Exception as error:
            raise self._failed(error) from error

    def wait(self) -> None:
        """Blocks until the last save is on disk.

        Raises:
          UserError: it could not be written.
        """
        try:
            self._manager.wait_until_finished()
            self._manager.check_for_errors()
        except Exception as error:
            raise self._failed(error) from error

    def restore(self, target: TrainState) -> Restored | None:
        """Restores the latest checkpoint that is whole.

        Those that cannot be read are moved aside.

        Args:
          target: shapes, dtypes and shardings to restore onto; the number of devices
            may differ from the one that saved.

        Returns:
          What it held; None when there is no checkpoint.

        Raises:
          UserError: there are checkpoints, but none can be read, or they are of another
            model or recipe.
        """

        def read(step: int) -> tuple[TrainState, dict, dict]:
            return self._restore(step, target)

        found = orbax_files.first_readable(self._manager, False, read)
        if found is None:
            return None
        step, held, reasons = found
        places = self._set_aside(reasons) if reasons else {}
        return Restored(step, *held, orbax_files.complaints(reasons, places))

    def _set_aside(self, steps: Iterable[int]) -> dict[int, pathlib.Path]:
        """Moves checkpoints to a folder beside, and says where each is now.

        Or Orbax would refuse to save these steps again, and all before them.
        """
        folder = self.directory.with_name(f"{self.directory.name}-unreadable")
        places = {step: _free(folder / str(step)) for step in steps}
        if jax.process_index() == 0:
            folder.mkdir(exist_ok=True)
            for step, place in places.items():
                os.rename(self.directory / str(step), place)
        if jax.process_count() > 1:
            multihost_utils.sync_global_devices("unreadable checkpoints are aside")
        self._manager.reload()
        return places

    def _restore(self, step: int, target: TrainState) -> tuple[TrainState, dict, dict]:
        items = ocp.args.Composite(
            state=ocp.args.StandardRestore(target),
            data=ocp.args.JsonRestore(),
            notes=ocp.args.JsonRestore(),
        )
        try:
            restored: Any = self._manager.restore(step, args=items)
        except Exception:
            # It may be sound, but of another config.
            folder = self.directory / str(step) / "state"
            stored = orbax_files.arrays_in(folder)
            orbax_files.require_alike(folder, stored, target)
            raise
        jax.block_until_ready(restored.state)
        return restored.state, restored.data, restored.notes

    def _failed(self, error: Exception) -> UserError:
        return UserError(
            f"A checkpoint could not be written to {self.directory} "
            f"({orbax_files.reason(error)}); earlier ones are untouched: make room or "
            "repair the folder, then run the same command again to go on."
        )


def _free(path: pathlib.Path) -> pathlib.Path:
    """The path itself, or with a number behind it where it is taken."""
    numbered = (path.with_name(f"{path.name}-{n}") for n in itertools.count(2))
    return next(p for p in itertools.chain([path], numbered) if not p.exists())
