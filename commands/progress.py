"""How far something is: a bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator

import rich.console
import rich.progress

from eval.protocol import Progress

_SECONDS_BETWEEN_LINES = 10.0


@contextlib.contextmanager
def progress(label: str) -> Iterator[Progress]:
    """Gives a function to be told how many are done, and of how many.

    On standard error, so that results can be piped.
    """
    console = rich.console.Console(stderr=True)
    if not console.is_terminal or console.is_dumb_terminal:
        yield _lines(label)
        return
    columns = (
        rich.progress.TextColumn("{task.description}"),
        rich.progress.BarColumn(),
        rich.progress.MofNCompleteColumn(),
        rich.progress.TimeRemainingColumn(),
    )
    with rich.progress.Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _lines(label: str) -> Progress:
    last = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last > _SECONDS_BETWEEN_LINES:
            last = time.monotonic()
            print(f"{label}: {done:,} of {total:,}", file=sys.stderr, flush=True)

    return tell
