"""Messages over two pipes, one JSON text a line; standard library alone."""

from __future__ import annotations

import json
import os
import select
import time
from typing import Any

_CHUNK = 2**16


class Gone(BaseException):
    """The other end is closed."""


class Overdue(BaseException):
    """No answer came in time."""


class Garbled(BaseException):
    """What came is no message."""


class Line:
    """Sends and receives messages; never stuck while the other end is gone.

    The errors above derive from `BaseException`, so that no test takes them for the
    submission's own.
    """

    def __init__(self, source: int, sink: int):
        os.set_blocking(sink, False)
        self._source, self._sink = source, sink
        self._received = bytearray()

    def send(self, message: Any, deadline: float | None = None) -> None:
        """Raises:
        Gone, Overdue: it could not be sent before the monotonic clock's deadline.
        """
        view = memoryview(json.dumps(message).encode() + b"\n")
        while view:
            readable, writable, _ = select.select(
                [self._source], [self._sink], [], _left(deadline)
            )
            if writable:
                try:
                    view = view[os.write(self._sink, view[:_CHUNK]) :]
                except BrokenPipeError as error:
                    raise Gone from error
            elif readable:
                self._read()
            else:
                raise Overdue

    def receive(self, deadline: float | None = None) -> Any:
        """Raises:
        Gone, Overdue, Garbled: there is no message by then.
        """
        searched = 0
        while (end := self._received.find(b"\n", searched)) < 0:
            searched = len(self._received)
            if not select.select([self._source], [], [], _left(deadline))[0]:
                raise Overdue
            self._read()
        text = bytes(self._received[:end])
        del self._received[: end + 1]
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise Garbled from error

    def _read(self) -> None:
        chunk = os.read(self._source, _CHUNK)
        if not chunk:
            raise Gone
        self._received += chunk


def taken() -> Line:
    """A line over the standard streams, which are empty and deaf from then on."""
    source, sink = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1):
        os.dup2(null, standard)
    return Line(source, sink)


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - time.monotonic())
