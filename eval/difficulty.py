"""Do hard puzzles take longer, and how many of them are solved?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from eval.statistics import Rate, rate

NAMES = ("guesses", "length", "size", "blanks")
"""Of the traits of a report, those that say how hard its examples are: guesses that a
solver needs, cells of a path or of an answer, cells to fill in."""


class Bin(NamedTuple):
    """Examples of about the same difficulty.

    Attributes:
      low, high: the least and the largest difficulty among them.
      solved: how many of them are.
      mean_segments: that they took.
    """

    low: int
    high: int
    solved: Rate
    mean_segments: float

    def as_dict(self) -> dict[str, Any]:
        """For a report."""
        return {
            "low": self.low,
            "high": self.high,
            "examples": self.solved.trials,
            "exact_match": self.solved.value,
            "interval_95": self.solved.interval(),
            "mean_segments": self.mean_segments,
        }


def by_difficulty(
    difficulty: np.ndarray, solved: np.ndarray, segments: np.ndarray, bins: int = 5
) -> list[Bin]:
    """Splits examples into at most so many bins, as equal as ties allow, none empty.

    Args:
      difficulty: integers `[n]`, such as the number of blanks; equal ones stay
        together.
      solved: bool `[n]`.
      segments: integers `[n]`.
    """
    values, counts = np.unique(difficulty, return_counts=True)
    starts, left = [], len(difficulty)
    inside = 0
    for value, count in zip(values, counts, strict=True):
        if inside == 0:
            starts.append(value)
        inside += count
        # A bin is full when it has its share of what was left at its beginning.
        if inside * (bins - len(starts) + 1) >= left:
            left, inside = left - inside, 0
    bin_of = np.searchsorted(starts, difficulty, side="right") - 1
    found = []
    for number in range(len(starts)):
        inside = bin_of == number
        found.append(
            Bin(
                int(difficulty[inside].min()),
                int(difficulty[inside].max()),
                rate(solved[inside]),
                float(segments[inside].mean()),
            )
        )
    return found


def most_telling(difficulties: Mapping[str, np.ndarray]) -> str:
    """The name of the difficulty by which examples differ most; the first of equals."""
    return max(difficulties, key=lambda name: len(np.unique(difficulties[name])))
