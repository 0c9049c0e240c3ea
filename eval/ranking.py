"""How well numbers put what succeeds before what fails."""

from __future__ import annotations

import numpy as np


def auc(scores: np.ndarray, outcomes: np.ndarray) -> float:
    """The probability that a success has a larger score than a failure, a tie counting
    half: the area under the ROC curve (Mann and Whitney, Ann. Math. Stat. 18 (1947)
    50). nan where there is no success, or no failure.

    Args:
      scores: float `[n]`.
      outcomes: bool `[n]`.
    """
    won, lost = np.sort(scores[outcomes]), np.sort(scores[~outcomes])
    if not len(won) or not len(lost):
        return float("nan")
    below = np.searchsorted(lost, won, "left") + np.searchsorted(lost, won, "right")
    return float(below.mean() / 2 / len(lost))


def brier(probabilities: np.ndarray, outcomes: np.ndarray) -> float:
    """Mean of (p - outcome)^2. Brier, Mon. Weather Rev. 78 (1950) 1."""
    return float(np.mean((probabilities - outcomes) ** 2))
