"""Proves that puzzles have no second solution, on all processors if there are many."""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import os
import signal
from collections.abc import Callable

import numpy as np

from data_pipeline.schema import BoardShape
from data_pipeline.solver import solve

_BLOCK = 2048
"""Puzzles proved between two words on how far it is."""
_ALONE = 20_000
"""Puzzles that are proved before other processes would have started."""
_PROCESSES = 16


def first_ambiguous(
    inputs: np.ndarray, shape: BoardShape, told: Callable[[int, int], None]
) -> int | None:
    """The row of the first board of `[n cells]` with several solutions, or None.

    Args:
      told: how many are done, and of how many.
    """
    blocks = [inputs[start : start + _BLOCK] for start in range(0, len(inputs), _BLOCK)]
    search = functools.partial(_first_in_block, shape=shape)
    processes = min(os.cpu_count() or 1, _PROCESSES)
    with contextlib.ExitStack() as running:
        found = map(search, blocks)
        if len(inputs) > _ALONE and processes > 1:
            # Spawned: the threads of JAX and Grain do not survive a fork. Ctrl-C is for
            # this process, which ends the others.
            pool = multiprocessing.get_context("spawn").Pool(
                processes, signal.signal, (signal.SIGINT, signal.SIG_IGN)
            )
            found = running.enter_context(pool).imap(search, blocks)
        done = 0
        for block, row in zip(blocks, found, strict=True):
            if row is not None:
                return done + row
            done += len(block)
            told(done, len(inputs))
    return None


def _first_in_block(inputs: np.ndarray, shape: BoardShape) -> int | None:
    several = solve(inputs.astype(np.int32), shape).count > 1
    return int(several.argmax()) if several.any() else None
