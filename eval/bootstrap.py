"""How far an average over few things can be trusted, by drawing them again."""

from __future__ import annotations

import numpy as np

from eval.statistics import Rate

_NUMBERS = 1 << 22
"""Held in memory at a time."""


def mean_interval(
    values: np.ndarray, coverage: float = 0.95, draws: int = 10_000, seed: int = 0
) -> tuple[float, float]:
    """An interval of the mean of values `[n]`, by the percentile bootstrap.

    The values, independent of each other, are drawn n times with replacement, and this
    `draws` times. Where all values are alike the interval is empty, which says nothing.
    Efron, Ann. Stat. 7 (1979) 1.

    Raises:
      ValueError: there are no values.
    """
    count = len(values)
    if count == 0:
        raise ValueError("there are no values to draw from")
    rng = np.random.default_rng(seed)
    # Equal values are drawn together: many examples have few different scores.
    distinct, often = np.unique(np.asarray(values, np.float64), return_counts=True)
    rows = max(1, _NUMBERS // len(distinct))
    means = np.empty(draws)
    for start in range(0, draws, rows):
        part = means[start : start + rows]
        times = rng.multinomial(count, often / count, size=len(part))
        part[:] = times @ distinct / count
    outside = (1 - coverage) / 2
    low, high = np.quantile(means, [outside, 1 - outside])
    return float(low), float(high)


def share_interval(shares: np.ndarray) -> tuple[float, float]:
    """A 95 % interval of the mean of shares `[n]`, each in [0, 1].

    By the bootstrap; where all shares are 0 or all are 1, and drawing them again says
    nothing, Wilson's for n trials. Shares vary less than trials of the same mean, so
    that one is wide enough.

    Raises:
      ValueError: there are no shares.
    """
    if len(shares) and (np.all(shares == 0) or np.all(shares == 1)):
        return Rate(int(shares.sum()), len(shares)).interval()
    return mean_interval(shares)
