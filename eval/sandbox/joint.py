"""A pipe of the harness, whose ends two wardens take up by name."""

from __future__ import annotations

import os
from types import TracebackType


class End:
    """One end of a pipe; as a context it is closed at the end.

    Attributes:
      path: by which any process of the same user may open it, as long as it is open.
    """

    def __init__(self, descriptor: int):
        self._descriptor: int | None = descriptor
        self.path = f"/proc/{os.getpid()}/fd/{descriptor}"

    def close(self) -> None:
        """Again is nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> End:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Joint:
    """A pipe between two programs; as a context both ends are closed at the end.

    An end must stay open here until the warden that opens it has done so: a number
    that is free soon belongs to another file. So each end is closed after the run of
    the program that holds it.

    Attributes:
      source: to read from.
      sink: to write to.
    """

    def __init__(self) -> None:
        self.source, self.sink = map(End, os.pipe())

    def __enter__(self) -> Joint:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.source.close()
        self.sink.close()
