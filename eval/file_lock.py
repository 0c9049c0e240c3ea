"""A file that one process at a time has for itself.

The kernel lets go of it however that process ends, so that no lock outlives its holder.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
from collections.abc import Iterator

from data_pipeline.user_error import UserError


class Busy(UserError):
    """Another process has the file."""


class NoLocks(UserError):
    """The file system has no locks."""


@contextlib.contextmanager
def held(path: pathlib.Path, busy: str = "") -> Iterator[int]:
    """Has a file for itself while the block runs; file and folder are made.

    Args:
      busy: what is said where another process has it; "" to wait for that one.

    Yields:
      Its descriptor, to read from and to append to.

    Raises:
      Busy: another process has it.
      NoLocks: nobody can have it alone.
      UserError: it cannot be opened.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
    except OSError as error:
        raise UserError(
            f"{path} cannot be written ({error.strerror or error})."
        ) from error
    try:
        _lock(descriptor, path, busy)
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: pathlib.Path, busy: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (fcntl.LOCK_NB if busy else 0))
    except BlockingIOError as error:
        raise Busy(busy) from error
    except OSError as error:
        raise NoLocks(
            f"{path} cannot be locked ({error.strerror or error}): name a place on a "
            "file system that has locks."
        ) from error
