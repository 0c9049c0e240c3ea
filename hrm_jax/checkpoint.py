"""Checkpoints of everything: asynchronous, whole or not at all, best and last kept.

A checkpoint holds the train state, the position in the data stream and the loop's own
notes, so that a resumed run is the run that was never stopped.
"""

from __future__ import annotations

import functools
import itertools
import json
import logging
import operator
import os
import pathlib
import re
import sys
import textwrap
from collections.abc import Iterable
from typing import Any, NamedTuple

import jax
import orbax.checkpoint as ocp
from jax.experimental import multihost_utils
from orbax.checkpoint.checkpoint_managers import preservation_policy as policies

from data_pipeline.schema import UserError
from hrm_jax import processes
from hrm_jax.train_state import TrainState

BEST_METRIC = "exact_match"
"""The key under which a checkpoint stores the score used to pick the best one, whatever
score that is (`best_by` of `hrm_jax.train.train`): of text the token accuracy."""
FIRST_NOTES: dict[str, Any] = {"seconds": 0.0, "window": None}
"""What the training loop remembers (`hrm_jax.loop`) before the first step of a run."""


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


class Checkpoints:
    """The checkpoints of one run, in `<workdir>/checkpoints`.

    Use as a context manager: leaving it waits for the last save to reach the disk.
    """

    def __init__(self, workdir: pathlib.Path, keep_last: int | None):
        """Args:
        keep_last: how many of the latest to keep, beside the best. None only reads, and
          leaves a run in peace that is still training.

        Raises:
          UserError: it cannot be told which is the best.
        """
        # Orbax logs every step, and once a thread every error that it also raises.
        for name in ("absl", "asyncio"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        _ignore_what_is_late()
        self.directory = workdir.absolute() / "checkpoints"
        self._writes = keep_last is not None
        score = operator.itemgetter(BEST_METRIC)
        best = policies.BestN(
            get_metric_fn=score,
            n=1,
            keep_checkpoints_without_metrics=False,
        )
        options = ocp.CheckpointManagerOptions(
            best_fn=score,  # the policy below decides what is kept, not what is best
            read_only=not self._writes,
            create=self._writes,
            cleanup_tmp_directories=self._writes,
            preservation_policy=policies.AnyPreservationPolicy(
                [policies.LatestN(keep_last), best]
            ),
        )
        try:
            self._manager = ocp.CheckpointManager(self.directory, options=options)
        except ValueError as error:  # of the metrics, all of which it reads at once
            damaged = filter(_is_damaged, self.directory.glob("*/metrics/metrics"))
            path = next(damaged, None)
            if path is None:
                raise
            raise UserError(
                f"The score of the checkpoint in {path.parent.parent} cannot be read "
                f"({_reason(error)}): move that folder away, and the others count."
            ) from error

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

    def restore(self, target: TrainState, best: bool = False) -> Restored | None:
        """Restores the latest checkpoint that is whole, or the best one.

        Those that cannot be read are moved aside, unless this one only reads.

        Args:
          target: shapes, dtypes and shardings to restore onto; the number of devices
            may differ from the one that saved.
          best: prefer the one whose evaluation was best.

        Returns:
          What it held; None when there is no checkpoint.

        Raises:
          UserError: there are checkpoints, but none can be read.
        """
        reasons: dict[int, str] = {}
        steps = sorted(self._manager.all_steps(), reverse=True)
        first = self._manager.best_step() if best else None
        if first is not None:
            steps.sort(key=lambda step: step != first)
        for step in steps:
            try:
                held = self._restore(step, target)
            except Exception as error:  # whatever a damaged file provokes
                if processes.is_out_of_memory(error):
                    raise
                reasons[step] = _reason(error)
                continue
            places = self._set_aside(reasons) if self._writes and reasons else {}
            return Restored(step, *held, _complaints(reasons, places))
        if steps:
            raise UserError(
                f"None of the checkpoints in {self.directory} can be read; the first "
                f"complaint: {_complaints(reasons, {})[0]} Remove the folder to start "
                "again."
            )
        return None

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
        restored: Any = self._manager.restore(step, args=items)
        jax.block_until_ready(restored.state)
        return restored.state, restored.data, restored.notes

    def _failed(self, error: Exception) -> UserError:
        reason = _reason(error)
        return UserError(
            f"A checkpoint could not be written to {self.directory} ({reason}); "
            "earlier ones are untouched: make room or repair the folder, then run the "
            "same command again to go on."
        )


def _complaints(reasons: dict[int, str], places: dict[int, pathlib.Path]) -> list[str]:
    return [
        f"The checkpoint of step {step} cannot be read ({reason})"
        + (f"; it is now {places[step]}." if step in places else ".")
        for step, reason in reasons.items()
    ]


def _free(path: pathlib.Path) -> pathlib.Path:
    """The path itself, or with a number behind it where it is taken."""
    numbered = (path.with_name(f"{path.name}-{n}") for n in itertools.count(2))
    return next(p for p in itertools.chain([path], numbered) if not p.exists())


def _is_damaged(path: pathlib.Path) -> bool:
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return True
    return False


_TAIL = re.compile(r"\s*\[tensorstore_spec|\.?\s*See full TensorStore details")


def _reason(error: Exception) -> str:
    """What an error says in its first line, or its name where it says nothing.

    TensorStore tells a chain of errors, each the cause of the one before, and then its
    whole configuration: the last cause is kept.
    """
    line = (str(error).strip() or type(error).__name__).splitlines()[0]
    chain = _TAIL.split(line)[0].split(": Error ")
    line = f"error {chain[-1]}" if len(chain) > 1 else chain[0]
    return textwrap.shorten(line, 300, placeholder=" ...")


_LATE = re.compile("Event loop is closed|Encountered error while reading array index")
_READ = "_read_array"
"""The coroutine of Orbax's that reads an array."""


@functools.cache
def _ignore_what_is_late() -> None:
    """Keeps quiet about reads and writes that end when others have failed, and nobody
    waits: Orbax has raised, and closed its event loop, which they find closed.

    Each would print a traceback: from a thread of TensorStore's, or where Python clears
    away the coroutine of a read.
    """
    tell = sys.unraisablehook

    def hook(unraisable: Any) -> None:
        orphan = getattr(unraisable.object, "__name__", "") == _READ
        if not orphan and not _LATE.match(str(unraisable.exc_value)):
            tell(unraisable)

    sys.unraisablehook = hook
