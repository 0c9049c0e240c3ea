"""One training at a time in a workdir."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Iterator

import jax
import numpy as np
from jax.experimental import multihost_utils

from eval import file_lock
from eval.file_lock import Busy, NoLocks

LOCK_FILE = ".train.lock"


@contextlib.contextmanager
def held(workdir: pathlib.Path) -> Iterator[None]:
    """Keeps other trainings out of the workdir, which is made.

    The first process of a job holds it for all.

    Raises:
      Busy: another training is there; every process of this job hears it.
      UserError: the workdir cannot be written to.
    """
    busy = (
        f"Another process is training the run in {workdir}: wait for its end, or take "
        "another --workdir."
    )
    with contextlib.ExitStack() as stack:
        free = True
        if jax.process_index() == 0:
            try:
                stack.enter_context(file_lock.held(workdir / LOCK_FILE, busy))
            except Busy:
                free = False
            except NoLocks:
                pass  # such a file system must do without
        if jax.process_count() > 1:
            free = bool(multihost_utils.broadcast_one_to_all(np.int32(free)))
        if not free:
            raise Busy(busy)
        yield
