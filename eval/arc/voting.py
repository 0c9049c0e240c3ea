"""Many predictions of one test, made under augmentations, become a few attempts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from data_pipeline.arc.queries import Queries
from eval import runner
from eval.protocol import Predictor, Progress


class Candidate(NamedTuple):
    """Attributes:
    grid: uint8 `[rows columns]`.
    votes: predictions that say so.
    confidence: their mean confidence.
    """

    grid: np.ndarray
    votes: int
    confidence: float


class Votes:
    """What was predicted for each test of each task, counted.

    Attributes:
      without_grid: predictions that begin with no colour, and so can be no answer.
    """

    def __init__(self):
        self.without_grid = 0
        # Of each test: the grid, its votes and the sum of their confidences.
        self._ballots: dict[
            tuple[str, int], dict[tuple, tuple[np.ndarray, int, float]]
        ] = {}

    def add(self, task: str, test: int, grid: np.ndarray, confidence: float) -> None:
        """Counts a prediction for a test, its augmentation undone."""
        ballots = self._ballots.setdefault((task, test), {})
        if grid.size == 0:
            self.without_grid += 1
            return
        key = (grid.shape, grid.tobytes())
        _, votes, total = ballots.get(key, (grid, 0, 0.0))
        ballots[key] = (grid, votes + 1, total + confidence)

    def asked(self, task: str, test: int) -> bool:
        """Whether there is any prediction for a test."""
        return (task, test) in self._ballots

    def ranked(self, task: str, test: int) -> list[Candidate]:
        """The different predictions for a test, best first.

        Those with more votes come first, among equals those with the higher mean
        confidence, and then those that were predicted earlier.
        """
        ballots = self._ballots.get((task, test), {}).values()
        candidates = [Candidate(g, votes, total / votes) for g, votes, total in ballots]
        return sorted(candidates, key=lambda c: (-c.votes, -c.confidence))


def vote(
    predictor: Predictor, queries: Queries, batch_size: int, progress: Progress
) -> Votes:
    """Asks a model everything, and counts what it says.

    Queries are encoded batch by batch: all of an exam would not fit into memory.
    """
    votes, total = Votes(), len(queries)
    for start in range(0, total, batch_size):
        places = np.arange(start, min(start + batch_size, total))
        batch = queries.batch(places)
        prediction = runner.predict(predictor, batch, batch_size, _silent)
        for place, answer, confidence in zip(
            places, prediction.answers, prediction.confidence, strict=True
        ):
            query = queries[int(place)]
            votes.add(
                query.task.id, query.test, query.answer(answer), float(confidence)
            )
        progress(start + len(places), total)
    return votes


def _silent(done: int, total: int) -> None:
    del done, total
