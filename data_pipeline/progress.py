"""How far something is: a bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import datetime
import sys
import time
from collections.abc import Callable

import rich.console
import rich.progress

OnProgress = Callable[[int, int], None]
"""Called now and then with how many things are done, and of how many."""


def silent(done: int, total: int) -> None:
    """An `OnProgress` that nobody sees."""


class Progress:
    """A context manager, to be called with how much is done, and of how much.

    On standard error, so that results can be piped.
    """

    _SECONDS_BETWEEN_LINES = 10.0

    def __init__(self, label: str, in_bytes: bool = False):
        """Args:
        in_bytes: what is counted are bytes, not things.
        """
        self._label = label
        self._in_bytes = in_bytes
        console = rich.console.Console(stderr=True)
        counts = (
            (rich.progress.DownloadColumn(), rich.progress.TransferSpeedColumn())
            if in_bytes
            else (rich.progress.MofNCompleteColumn(),)
        )
        self._bar = rich.progress.Progress(
            rich.progress.TextColumn("{task.description}"),
            rich.progress.BarColumn(),
            *counts,
            rich.progress.TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal or console.is_dumb_terminal,
        )
        self._task = self._bar.add_task(label, total=None)
        self._spoken = time.monotonic()
        self._first: tuple[float, int] | None = None

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def __call__(self, done: int, total: int | None) -> None:
        """Tells how much is done, and of how much where that is known."""
        self._bar.update(self._task, completed=done, total=total)
        now = time.monotonic()
        if self._first is None or done < self._first[1]:  # it may have started over
            self._first = now, done
        if not self._bar.disable or now - self._spoken < self._SECONDS_BETWEEN_LINES:
            return
        self._spoken = now
        speed = (done - self._first[1]) / max(now - self._first[0], 1e-9)
        print(self._line(done, total, speed), file=sys.stderr, flush=True)

    def _line(self, done: int, total: int | None, speed: float) -> str:
        unit, scale = (" MB", 1e6) if self._in_bytes else ("", 1)
        line = f"{self._label}: {done / scale:,.0f}"
        line += f" of {total / scale:,.0f}{unit}" if total else unit
        if self._in_bytes:
            line += f" at {speed / scale:.1f} MB/s"
        if total and speed:
            left = datetime.timedelta(seconds=round((total - done) / speed))
            line += f", {left} left"
        return line
