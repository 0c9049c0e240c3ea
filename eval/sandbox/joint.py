"""A pipe of the harness, whose ends two wardens take up by name."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from typing import NamedTuple


class Joint(NamedTuple):
    """A pipe between two programs.

    An end must stay open here until the warden that opens it has done so: a number
    that is free soon belongs to another file. So each end is closed after the run of
    the program that holds it.

    Attributes:
      source: to read from.
      sink: to write to.
    """

    source: io.FileIO
    sink: io.FileIO


@contextlib.contextmanager
def opened() -> Iterator[Joint]:
    """A pipe whose ends are closed afterwards, unless they are already."""
    source, sink = os.pipe()
    with io.FileIO(source, "r") as reading, io.FileIO(sink, "w") as writing:
        yield Joint(reading, writing)


def path_of(end: io.FileIO) -> str:
    """By which any process of the same user may open an end, as long as it is open."""
    return f"/proc/{os.getpid()}/fd/{end.fileno()}"
