"""Many searches at once: one batch to the network, while programs run beside it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from data_pipeline.progress import OnProgress, silent
from eval.benchmarks.challenge import Challenge
from eval.benchmarks.synthetic.trial import Trial
from hrm_jax.search.candidate import Ask, Write
from hrm_jax.search.journal import Asked, Journal, Ran
from hrm_jax.search.search import Search


class Job(NamedTuple):
    """A program that is to be run."""

    challenge: Challenge
    source: str


Execute = Callable[[Iterable[tuple[Ran, Job]]], Iterator[tuple[Ran, Trial]]]
"""Runs public tests, taking jobs while others run; results as they come."""


@dataclasses.dataclass
class Clock:
    """Where the time went; `seconds` is less than the rest together where the network
    wrote while programs ran.

    Attributes:
      seconds: in all.
      writing: waiting for the network.
      running: of programs, one after the other.
    """

    seconds: float = 0.0
    writing: float = 0.0
    running: float = 0.0


def explore(
    searches: Sequence[Search],
    write: Write,
    execute: Execute,
    known: Journal,
    progress: OnProgress = silent,
) -> Clock:
    """Goes on with all searches until their budgets are spent.

    In rounds: each search begins a batch of candidates; what several ask, or what is
    known, is asked once; then all are settled.

    Args:
      progress: called with how many candidates are there, and of how many at most.

    Raises:
      UserError: the network does not answer; what came before is kept.
    """
    clock, began = Clock(), time.monotonic()
    challenges = {search.challenge.id: search.challenge for search in searches}
    total = sum(search.left for search in searches)
    while rest := [search for search in searches if search.left > 0]:
        done = total - sum(search.left for search in rest)
        progress(done, total)
        asks: dict[Asked, tuple[Search, Ask]] = {}
        for search in rest:
            asks |= {key: (search, ask) for key, ask in search.expand()}
        for ran, trial in execute(_jobs(asks, write, known, clock)):
            known.add_trial(ran, challenges[ran.challenge], trial)
            clock.running += trial.seconds
        for search in rest:
            search.settle(known)
    progress(total, total)
    clock.seconds = time.monotonic() - began
    return clock


def _jobs(
    asks: dict[Asked, tuple[Search, Ask]], write: Write, known: Journal, clock: Clock
) -> Iterator[tuple[Ran, Job]]:
    """Programs to be run, each once, as they are written."""
    running: set[Ran] = set()

    def needed(asked: Asked) -> Iterator[tuple[Ran, Job]]:
        search, _ = asks[asked]
        needs = search.needs(known.samples[asked])
        if needs is None or needs[0] in known.trials or needs[0] in running:
            return
        ran, source = needs
        running.add(ran)
        yield ran, Job(search.challenge, source)

    for asked in asks:
        if asked in known.samples:
            yield from needed(asked)
    new = [
        (asked, ask) for asked, (_, ask) in asks.items() if asked not in known.samples
    ]
    began = time.monotonic()
    for place, sample in write([ask for _, ask in new]):
        clock.writing += time.monotonic() - began
        known.add_sample(new[place][0], sample)
        yield from needed(new[place][0])
        began = time.monotonic()
