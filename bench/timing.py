"""Contenders timed in turn, round by round: a busy machine is unfair to none."""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax

_SHORTEST = 0.02
"""Seconds: what takes less is done several times in a row, and waited for once."""
_MOST_CALLS = 1000
# What a contender may die of without ending the table: unsupported shapes, and whatever
# a library's compiler or the memory of a device has to say.
FAILURES = (NotImplementedError, ValueError, RuntimeError, ImportError, OSError)


class Run(NamedTuple):
    """What is timed.

    Attributes:
      start: begins the work, and may return before it is done.
      wait: for what `start` returned.
      work: how often `start` does what is counted as one.
    """

    start: Callable[[], Any]
    wait: Callable[[Any], Any] = jax.block_until_ready
    work: int = 1


class Timing(NamedTuple):
    """Attributes:
    seconds: of one piece of work, in each round; empty where it failed.
    failure: the reason, in a line.
    """

    seconds: tuple[float, ...]
    failure: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def spread(self) -> float:
        """Half of the way from the fastest to the slowest round, over the median."""
        return (max(self.seconds) - min(self.seconds)) / 2 / self.median


def in_turn(
    makers: Mapping[str, Callable[[], Run]], rounds: int, title: str
) -> dict[str, Timing]:
    """Makes all contenders and runs each once, then times them in turn.

    Args:
      makers: by name. One that fails, now or later, is left out of the rounds.
      title: told to whoever waits.
    """
    runs: dict[str, tuple[Run, int]] = {}
    failures: dict[str, str] = {}
    seconds: dict[str, list[float]] = {name: [] for name in makers}
    for name, make in makers.items():
        _tell(f"{title}: {name} begins")
        try:
            run = make()
            run.wait(run.start())  # compiles
            calls = math.ceil(_SHORTEST / max(_elapsed(run, 1), 1e-9))
            runs[name] = run, min(calls, _MOST_CALLS)
        except FAILURES as error:
            failures[name] = first_line(error)
    for number in range(rounds):
        _tell(f"{title}: round {number + 1} of {rounds}")
        for name, (run, calls) in runs.items():
            seconds[name].append(_elapsed(run, calls) / calls / run.work)
    return {
        name: Timing(tuple(seconds[name]), failures.get(name, "")) for name in makers
    }


def first_line(error: BaseException) -> str:
    """What went wrong, on one line of a table."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"[:200]


def _elapsed(run: Run, calls: int) -> float:
    begin = time.perf_counter()
    done = None
    for _ in range(calls):
        done = run.start()
    run.wait(done)
    return time.perf_counter() - begin


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
