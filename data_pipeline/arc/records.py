"""An ARC task as a record of a prepared data set: a few flat arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from data_pipeline.arc.tasks import Pair, Task


def encode(task: Task) -> dict[str, Any]:
    """Turns a task into a record.

    "shapes", uint8 `[n 2]`, are rows and columns of its grids: input and output of each
    demonstration, then of each test, 0 and 0 for an output that is not known. "cells",
    uint8, are those of all grids, one after the other.
    """
    grids = [
        grid
        for pair in task.demonstrations + task.tests
        for grid in (pair.input, _NOTHING if pair.output is None else pair.output)
    ]
    return {
        "id": task.id,
        "file": task.file,
        "demonstrations": len(task.demonstrations),
        "shapes": np.array([grid.shape for grid in grids], np.uint8),
        "cells": np.concatenate([grid.ravel() for grid in grids]),
    }


def decode(record: Mapping[str, Any]) -> Task:
    """Turns a record back into the task."""
    shapes = np.asarray(record["shapes"], int)
    ends = np.cumsum(shapes.prod(1))
    parts = np.split(np.asarray(record["cells"], np.uint8), ends[:-1])
    grids = [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
    pairs = tuple(
        Pair(grid, output if output.size else None)
        for grid, output in zip(grids[::2], grids[1::2], strict=True)
    )
    shown = int(record["demonstrations"])
    return Task(
        _text(record["id"]), pairs[:shown], pairs[shown:], _text(record["file"])
    )


_NOTHING = np.empty((0, 0), np.uint8)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
