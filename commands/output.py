"""Standard output and error, for as long as somebody reads them."""

from __future__ import annotations

import os
from typing import Any, TextIO, cast


class _Output:
    """A stream that falls silent, without an error, once its reader has gone."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            silence(self._stream)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except BrokenPipeError:
            silence(self._stream)


def for_readers(stream: TextIO) -> TextIO:
    """The stream, but when its reader leaves, whoever writes is to go on with the work.

    Such as `train | head -1`, or a `tee` that Ctrl-C ends before a run is saved.
    """
    return cast(TextIO, _Output(stream))


def silence(stream: TextIO) -> None:
    """What is left in its buffer must not complain at exit, nor what comes later."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
