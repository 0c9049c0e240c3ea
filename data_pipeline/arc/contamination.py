"""Finds ARC tasks whose answers were trained on, under whatever id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from data_pipeline.arc.augmentations import DIHEDRALS, turn
from data_pipeline.arc.tasks import COLOURS, Pair, Task
from data_pipeline.schema import UserError


def canonical_form(grids: Sequence[np.ndarray]) -> bytes:
    """Names grids that are augmented together.

    Two sequences of grids have the same name if and only if one augmentation turns all
    grids of the one into those of the other: it is the least of their eight turned
    images, with the colours numbered in the order in which they first occur.
    """
    return min(
        _renamed([turn(grid, dihedral) for grid in grids])
        for dihedral in range(DIHEDRALS)
    )


def _renamed(grids: Sequence[np.ndarray]) -> bytes:
    cells = np.concatenate([np.zeros(1, np.uint8), *(grid.ravel() for grid in grids)])
    colours, first = np.unique(cells, return_index=True)
    names = np.zeros(COLOURS, np.uint8)
    names[colours[np.argsort(first)]] = np.arange(len(colours))
    shapes = bytes(side for grid in grids for side in grid.shape)
    return shapes + names[cells].tobytes()


class Leak(NamedTuple):
    """Attributes:
    task: to be evaluated on.
    trained: a task whose pairs, all trained on, hold an answer of it.
    """

    task: Task
    trained: Task


def leaks(training: Sequence[Task], evaluation: Sequence[Task]) -> list[Leak]:
    """The evaluation tasks with a test that is a pair of a training task.

    Pairs count as the same up to augmentation, since that is how they are trained on.
    Where an answer is not known, the test's input must be among a training task's and
    a demonstration too: small inputs alone coincide by chance. The demonstrations of
    evaluation tasks, which everybody is given, are no leak.
    """
    trained = [
        (task, pair) for task in training for pair in task.demonstrations + task.tests
    ]
    exam = [p for t in evaluation for p in t.demonstrations + t.tests]
    # A canonical form is dear, and needed only where the invariant does not tell.
    wanted = {_invariant(grids) for pair in exam for grids in _views(pair)}
    found: dict[bytes, list[Task]] = {}
    kept = set()
    for task, pair in trained:
        for grids in _views(pair):
            invariant = _invariant(grids)
            if invariant in wanted:
                kept.add(invariant)
                found.setdefault(canonical_form(grids), []).append(task)

    def holders(grids: Sequence[np.ndarray]) -> list[Task]:
        return found.get(canonical_form(grids), []) if _invariant(grids) in kept else []

    leaked = []
    for task in evaluation:
        shown: set[str] | None = None
        for test in task.tests:
            suspects = holders(test.grids)
            if test.output is None and suspects:
                if shown is None:
                    shown = {
                        holder.id
                        for pair in task.demonstrations
                        for holder in holders(pair.grids)
                    }
                suspects = [suspect for suspect in suspects if suspect.id in shown]
            if suspects:
                leaked.append(Leak(task, suspects[0]))
                break
    return leaked


def require_unseen(training: Sequence[Task], evaluation: Sequence[Task]) -> None:
    """Raises: UserError: answers of evaluation tasks are trained on; it names them."""
    found = leaks(training, evaluation)
    if not found:
        return
    shown = ", ".join(
        f"{leak.task.id} (as {leak.trained.id} of {leak.trained.file})"
        for leak in found[:10]
    )
    more = f" and {len(found) - 10} more" if len(found) > 10 else ""
    raise UserError(
        f"Training holds the answers of {len(found)} of {len(evaluation)} "
        f"evaluation tasks, {shown}{more}: leave these out, or the training file."
    )


def _views(pair: Pair) -> tuple[tuple[np.ndarray, ...], ...]:
    """A pair as it is, and its input alone."""
    return (pair.grids, (pair.input,))


def _invariant(grids: Sequence[np.ndarray]) -> tuple:
    """What no augmentation changes: sides, and how often colours occur."""
    counts = [np.bincount(grid.ravel(), minlength=COLOURS) for grid in grids]
    return tuple(
        (*sorted(grid.shape), int(count[0]), *sorted(count[1:].tolist()))
        for grid, count in zip(grids, counts, strict=True)
    )
