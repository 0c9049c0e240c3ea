"""Checkpoints as Orbax keeps them: opened, tried in turn, faults in a sentence."""

from __future__ import annotations

import functools
import json
import logging
import operator
import pathlib
import re
import sys
import textwrap
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import orbax.checkpoint as ocp

from data_pipeline.schema import UserError
from hrm_jax import processes

Read = TypeVar("Read")


def opened(
    directory: pathlib.Path, metric: str, **options: Any
) -> ocp.CheckpointManager:
    """Opens the checkpoints of a run.

    Args:
      metric: under which a checkpoint keeps the score that the best has most of.

    Raises:
      UserError: it cannot be told which is the best.
    """
    # Orbax logs every step, and once a thread every error that it also raises.
    for name in ("absl", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    _ignore_what_is_late()
    best = operator.itemgetter(metric)
    settings = ocp.CheckpointManagerOptions(best_fn=best, **options)
    try:
        return ocp.CheckpointManager(directory, options=settings)
    except ValueError as error:  # of the metrics, all of which it reads at once
        damaged = filter(_is_damaged, directory.glob("*/metrics/metrics"))
        path = next(damaged, None)
        if path is None:
            raise
        raise UserError(
            f"The score of the checkpoint in {path.parent.parent} cannot be read "
            f"({reason(error)}): move that folder away, and the others count."
        ) from error


def first_readable(
    manager: ocp.CheckpointManager, best: bool, read: Callable[[int], Read]
) -> tuple[int, Read, dict[int, str]] | None:
    """Reads the latest checkpoint that can be read, or the best one.

    Args:
      best: prefer the one whose evaluation was best.
      read: from a step to what is wanted of its checkpoint.

    Returns:
      Its step, what was read, and why those that were tried before could not be read,
      by step. None when there is no checkpoint.

    Raises:
      UserError: there are checkpoints, but none can be read; or `read` raises one.
    """
    reasons: dict[int, str] = {}
    steps = sorted(manager.all_steps(), reverse=True)
    first = manager.best_step() if best else None
    if first is not None:
        steps.sort(key=lambda step: step != first)
    for step in steps:
        try:
            return step, read(step), reasons
        except UserError:
            raise
        except Exception as error:  # whatever a damaged file provokes
            if processes.is_out_of_memory(error):
                raise
            reasons[step] = reason(error)
    if steps:
        raise UserError(
            f"None of the checkpoints in {manager.directory} can be read; the first "
            f"complaint: {complaints(reasons, {})[0]} Move the folder away to train "
            "anew."
        )
    return None


def complaints(
    reasons: Mapping[int, str], places: Mapping[int, pathlib.Path]
) -> list[str]:
    """A sentence for each checkpoint that could not be read.

    Args:
      reasons: why, by step.
      places: where it has been moved to, by step.
    """
    return [
        f"The checkpoint of step {step} cannot be read ({why})"
        + (f"; it is now {places[step]}." if step in places else ".")
        for step, why in reasons.items()
    ]


def arrays_in(folder: pathlib.Path) -> dict[str, tuple[int, ...]]:
    """The shapes of the arrays in a saved tree, by dotted name, without reading them.

    Raises:
      Exception: whatever a damaged file provokes.
    """
    handler: Any = ocp.PyTreeCheckpointHandler()
    try:
        tree = handler.metadata(folder).tree
    finally:
        handler.close()
    return _shapes(tree)


def require_alike(
    folder: pathlib.Path, stored: Mapping[str, tuple[int, ...]], target: Any
) -> None:
    """Are these the arrays that are asked for?

    Args:
      folder: where they are stored, for people.
      stored: see `arrays_in`.
      target: arrays or their shapes, in a tree.

    Raises:
      UserError: some have other shapes, or there are others.
    """
    wanted = _shapes(ocp.tree.serialize_tree(target, keep_empty_nodes=True))
    # Weights first: what else has another shape follows from them.
    names = stored.keys() | wanted.keys()
    for name in sorted(names, key=lambda one: ("params." not in one, one)):
        there, asked = (
            str(list(shapes[name])) if name in shapes else "none"
            for shapes in (stored, wanted)
        )
        if there != asked:
            raise UserError(
                f"The checkpoint in {folder} is of another model or recipe than its "
                f"config: of {name} it holds {there}, where the config asks for "
                f"{asked}; restore the config.json that it was trained with, or take "
                "another --workdir."
            )


def _shapes(tree: Any) -> dict[str, tuple[int, ...]]:
    flat = ocp.tree.to_flat_dict(tree, sep=".")
    found = {}
    for name, leaf in flat.items():
        dtype = getattr(leaf, "dtype", None)
        if dtype is None:  # no array, but its place
            continue
        if jnp.issubdtype(dtype, jax.dtypes.prng_key):  # stored as its data
            leaf = jax.eval_shape(jax.random.key_data, leaf)
        found[name] = tuple(leaf.shape)
    return found


def _is_damaged(path: pathlib.Path) -> bool:
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return True
    return False


_TAIL = re.compile(r"\s*\[tensorstore_spec|\.?\s*See full TensorStore details")


def reason(error: Exception) -> str:
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
