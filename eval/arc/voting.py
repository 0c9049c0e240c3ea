"""Many predictions of one test, made under augmentations, become a few attempts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from data_pipeline.arc.queries import Queries
from data_pipeline.progress import OnProgress, silent
from eval import runner
from eval.protocol import Predictor


class Candidate(NamedTuple):
    """Attributes:
    grid: uint8 `[rows columns]`.
    votes: predictions that say so.
    confidence: their mean confidence.
    """

    grid: np.ndarray
    votes: int
    confidence: float


class Tally(NamedTuple):
    """Attributes:
    votes: predictions that say the same.
    confidence: the sum of their confidences.
    """

    votes: int
    confidence: float


_Key = tuple[tuple[int, ...], bytes]
"""Shape and cells of a grid, in less memory than an array."""


def _grid(key: _Key) -> np.ndarray:
    shape, cells = key
    return np.frombuffer(cells, np.uint8).reshape(shape)


class Votes:
    """What was predicted for each test of each task, counted.

    Attributes:
      done: predictions counted.
      without_grid: those of them that begin with no colour, and so can be no answer.
    """

    def __init__(self):
        self.done = 0
        self.without_grid = 0
        self._tallies: dict[tuple[str, int], dict[_Key, Tally]] = {}

    def add(self, task: str, test: int, grid: np.ndarray, confidence: float) -> None:
        """Counts a prediction for a test, its augmentation undone."""
        self.done += 1
        if grid.size == 0:
            self.without_grid += 1
        else:
            self.put(task, test, grid, Tally(1, confidence))

    def put(self, task: str, test: int, grid: np.ndarray, more: Tally) -> None:
        """Counts predictions of a grid that were tallied before."""
        tallies = self._tallies.setdefault((task, test), {})
        key = (grid.shape, grid.astype(np.uint8).tobytes())
        votes, confidence = tallies.get(key, Tally(0, 0.0))
        tallies[key] = Tally(votes + more.votes, confidence + more.confidence)

    def tallies(self) -> Iterator[tuple[str, int, np.ndarray, Tally]]:
        """Task, test, grid and tally of everything, as first predicted."""
        for (task, test), tallies in self._tallies.items():
            for key, tally in tallies.items():
                yield task, test, _grid(key), tally

    def ranked(self, task: str, test: int) -> list[Candidate]:
        """The different predictions for a test, best first.

        Those with more votes come first, among equals those with the higher mean
        confidence, and then those that were predicted earlier.
        """
        tallies = self._tallies.get((task, test), {})
        candidates = [
            Candidate(_grid(key), tally.votes, tally.confidence / tally.votes)
            for key, tally in tallies.items()
        ]
        return sorted(candidates, key=lambda c: (-c.votes, -c.confidence))


def vote(
    predictor: Predictor,
    queries: Queries,
    batch_size: int,
    progress: OnProgress,
    votes: Votes,
) -> None:
    """Asks a model everything that was not asked yet, and counts what it says.

    Queries are encoded batch by batch: all of an exam would not fit into memory.

    Args:
      progress: called after each batch, when the votes may be written to a file, from
        which another run goes on.
      votes: added to; those of an earlier run are of the first `votes.done` queries.
    """
    total = len(queries)
    for start in range(votes.done, total, batch_size):
        places = np.arange(start, min(start + batch_size, total))
        batch = queries.batch(places)
        prediction = runner.predict(predictor, batch, batch_size, silent)
        for place, answer, confidence in zip(
            places, prediction.answers, prediction.confidence, strict=True
        ):
            query = queries[int(place)]
            grid = query.answer(answer)
            votes.add(query.task.id, query.test, grid, float(confidence))
        progress(votes.done, total)
