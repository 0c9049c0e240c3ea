"""One training at a time in a workdir."""

from __future__ import annotations

import contextlib
import fcntl
import pathlib
from collections.abc import Iterator
from typing import TextIO

import jax
import numpy as np
from jax.experimental import multihost_utils

from data_pipeline.schema import UserError

LOCK_FILE = ".train.lock"


@contextlib.contextmanager
def held(workdir: pathlib.Path) -> Iterator[None]:
    """Keeps other trainings out of the workdir, which is made.

    The first process of a job holds it for all. The kernel lets go of it however that
    process ends, so a lock never outlives its holder.

    Raises:
      UserError: another training is there; every process of this job hears it.
    """
    with contextlib.ExitStack() as stack:
        free = True
        if jax.process_index() == 0:
            workdir.mkdir(parents=True, exist_ok=True)
            file = stack.enter_context((workdir / LOCK_FILE).open("a"))
            free = _lock(file)
        if jax.process_count() > 1:
            free = bool(multihost_utils.broadcast_one_to_all(np.int32(free)))
        if not free:
            raise UserError(
                f"Another process is training the run in {workdir}: wait for its end, "
                "or take another --workdir."
            )
        yield


def _lock(file: TextIO) -> bool:
    """False where somebody else holds it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a file system without locks must do without
    return True
