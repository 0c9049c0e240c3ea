"""Puzzles of a kind side by side, as they are made or read."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Puzzles(NamedTuple):
    """Sudokus or mazes, with their solutions and how hard they are.

    Attributes:
      inputs: `[n cells]`, tokens of the questions; int32 as made, uint8 as read.
      labels: `[n cells]`, tokens of the answers, of the same type.
      rating: int32 `[n]`, more for a harder one, in the unit of their origin: guesses
        that a solver needs, cells of a shortest path.
    """

    inputs: np.ndarray
    labels: np.ndarray
    rating: np.ndarray
